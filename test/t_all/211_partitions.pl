# 211_partitions.pl - links cut in the middle, on one side, one way; a clock an hour ahead, a slow disk;
# members that are silent, sign two proposals, or lie about results. The rest go on where a quorum is
# left, stall where none is, and all honest ledgers are equal at the end (C7). P13, P14
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });
my @honest = (1, 2, 3);

sub goes_on
{
	my ($what, $do, $undo) = @_;

	$bank->under_load($what, sub { $do->(); $bank->wait_blocks(1, 5); pass("$what: blocks go on"); $undo->() });
	return;
}

sub switched
{
	my ($what, $node, $name, $value) = @_;

	goes_on($what, sub { $bank->switch_on($node, $name => $value) }, sub { $bank->switch_on($node, $name) });
	return;
}

goes_on('three against one', sub { $bank->partition([ 1, 2, 3 ], [4]) }, sub { $bank->heal });
goes_on('one hears and is not heard', sub { $bank->cut(4, 1 .. 3) }, sub { $bank->heal });
goes_on('one is heard and does not hear', sub { $bank->cut($_, 4) foreach 1 .. 3 }, sub { $bank->heal });
switched('a clock an hour ahead', 3, clock_offset => 3600000);
switched('a clock an hour behind', 3, clock_offset => -3600000);
switched('a slow disk', 2, disk_time => 200000);
switched('a silent member', 4, lie => 'silent');
switched('a member that signs two proposals', 4, lie => 'equivocate');

# ---- no side has a quorum: nothing is decided until the halves hear each other
my $load = $bank->load_begin(node => 1, clients => 2, seconds => 5);
$bank->wait_blocks(1, 5);
$bank->partition([ 1, 2 ], [ 3, 4 ]);
sleep 1;
my %before = map { $_ => $bank->height($_) } $bank->nodes;
sleep 4;
cmp_ok($bank->height($_), '<=', $before{$_} + 1, "node$_ decides nothing with half of the members") foreach $bank->nodes;
$bank->heal;
my $acked = $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('two against two, healed');
$bank->has_acked($acked);

# ---- a wrong result stays alone: its books end before it and are never wrong. It does not vote again
# in this epoch, and the others do without it.
$bank->under_load(
	'one computed something else',
	sub {
		$bank->switch_on(4, lie => 'wrong_result');
		$bank->wait_until(4, 'SELECT mode FROM mes.status', 'diverged');
	},
	nodes => \@honest);
my $stood = $bank->height(4);
cmp_ok($stood, '<', $bank->height(1), 'what it computed is not in its tables');
like($bank->sql(4, 'SELECT reason FROM mes.status'), qr/another result than the quorum/, 'and it says so');
$bank->verifies(4);
is($bank->sql(4, "SELECT encode(hash, 'hex') FROM mes_internal.block_rows WHERE height = $stood"),
	$bank->sql(1, "SELECT encode(hash, 'hex') FROM mes_internal.block_rows WHERE height = $stood"),
	'what it has is what the others have');

$bank->logs_are_clean;
done_testing();
