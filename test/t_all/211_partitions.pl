# 211_partitions.pl - links cut in the middle, on one side, one way; a clock an hour ahead, a slow disk;
# members that are silent, sign two proposals, or lie about results. The rest go on where a quorum is
# left, stall where none is, and all honest ledgers are equal at the end (C7). P13, P14
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });
my @honest = (1, 2, 3);

sub under_load
{
	my ($what, $do, $undo, @nodes) = @_;
	my $load = $bank->load_begin(node => 1, clients => 4, seconds => 10);

	$bank->wait_blocks(1, 5);
	$do->();
	$bank->wait_blocks(1, 5);
	pass("$what: blocks go on");
	$undo->();
	my $acked = $bank->load_end($load);
	$bank->wait_equal(nodes => [ @nodes ? @nodes : $bank->nodes ]);
	$bank->ledgers_equal($what, @nodes ? @nodes : $bank->nodes);
	$bank->has_acked($acked);
	return;
}

under_load('three against one', sub { $bank->partition([ 1, 2, 3 ], [4]) }, sub { $bank->heal });
under_load('one hears and is not heard', sub { $bank->cut(4, 1 .. 3) }, sub { $bank->heal });
under_load('a clock an hour ahead', sub { $bank->switch_on(3, clock_offset => 3600000) },
	sub { $bank->switch_on(3, 'clock_offset') });
under_load('a slow disk', sub { $bank->switch_on(2, disk_time => 200000) }, sub { $bank->switch_on(2, 'disk_time') });
under_load('a silent member', sub { $bank->switch_on(4, lie => 'silent') }, sub { $bank->switch_on(4, 'lie') });
under_load('a member that signs two proposals', sub { $bank->switch_on(4, lie => 'equivocate') },
	sub { $bank->switch_on(4, 'lie') });

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

# ---- a wrong result stays alone: its books are behind, never wrong
$load = $bank->load_begin(node => 1, clients => 4, seconds => 10);
$bank->wait_blocks(1, 5);
$bank->switch_on(4, lie => 'wrong_result');
$bank->wait_until(4, 'SELECT mode FROM mes.status', 'diverged');
$acked = $bank->load_end($load);
$bank->wait_equal(nodes => \@honest);
$bank->ledgers_equal('one computed something else', @honest);
cmp_ok($bank->height(4), '<', $bank->height(1), 'what it computed is not in its tables');
like($bank->sql(4, 'SELECT reason FROM mes.status'), qr/another result than the quorum/, 'and it says so');
$bank->switch_on(4, 'lie');
$bank->stop(4);
$bank->start(4);
$bank->wait_equal;
$bank->ledgers_equal('the one that lied, started again');

$bank->logs_are_clean;
done_testing();
