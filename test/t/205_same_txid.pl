# 205_same_txid.pl - one transaction under two sets of signatures, handed in on four nodes at once and
# again: it takes effect once, every session gets its answer, and no pool keeps anything of it. A1, A4
use strict;
use warnings;

use IPC::Run ();
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $rounds = 8;
my $bank = MeschainFederation->create(4, parameters => { tau0 => 1000 }, settings => ['meschain.commit_timeout=20s']);
my $home = PostgreSQL::Test::Utils::tempdir();
my %address;

sub mesctl
{
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', @_ ], '<', \undef, '>', \$stdout, '2>', \$stderr) or die "mesctl @_: $stdout$stderr";
	return $stdout;
}

sub field { my ($text, $name) = @_; return $text =~ /^$name +(\S+)$/m ? $1 : die "no $name in $text" }

my @target = ('--dir', $bank->dir, '--node', 1);

sub pay
{
	my ($from, @words) = @_;

	mesctl('tx', 'coins', $address{$from}, @target, '--out', "$home/coins");
	mesctl('tx', 'build', '--coins', "$home/coins", '--out', "$home/tx", @words);
	return;
}

$address{$_} = field(mesctl('key', 'new', "$home/$_.key"), 'address') foreach qw(alice bob carol);
my @keys = map { my $key = mesctl('key', 'show', "$home/$_.key"); $key =~ /^suite +(\d)/m; "$1:" . field($key, 'public_key') }
  qw(alice bob carol);
my $board = mesctl('key', 'address', '--threshold', 2, @keys);
my $condition = field($board, 'condition');
$address{board} = field($board, 'address');
pay('alice', '--from', $address{alice}, 'issue', 'EUR', '1000', '2');
mesctl('tx', 'sign', "$home/tx", '--key', "$home/alice.key");
mesctl('tx', 'submit', "$home/tx", @target);
pay('alice', 'transfer', $address{board}, 'EUR', '100');
mesctl('tx', 'sign', "$home/tx", '--key', "$home/alice.key");
mesctl('tx', 'submit', "$home/tx", @target);

# The same words signed by these two.
sub signed_by
{
	my ($file, @names) = @_;

	append_to_file($file, slurp_file("$home/tx"));
	mesctl('tx', 'sign', $file, '--key', "$home/$_.key", '--condition', $condition) foreach @names;
	return $file;
}

# All at once, each on its node; what they answered.
sub submit_all
{
	my (%file_on) = @_;
	my %answer = map { $_ => '' } keys %file_on;
	my %run = map {
		$_ => IPC::Run::start([ 'mesctl', 'tx', 'submit', $file_on{$_}, '--dir', $bank->dir, '--node', $_ ],
			'<', \undef, '>', \$answer{$_}, '2>', \$answer{$_})
	} keys %file_on;

	IPC::Run::finish($_) foreach values %run;
	return \%answer;
}

my @files;
my $wrong = '';
foreach my $round (1 .. $rounds)
{
	pay('board', 'transfer', $address{carol}, 'EUR', '1');
	my ($one, $two) = (signed_by("$home/one$round", qw(alice bob)), signed_by("$home/two$round", qw(bob carol)));
	my $answer = submit_all(1 => $one, 2 => $two, 3 => $one, 4 => $two);

	# decided; or decided before, or under other signatures on its way: never a wait in vain
	$wrong .= "round $round, node$_: $answer->{$_}" foreach grep { $answer->{$_} !~ /^txid  |^submission |MC218 |MC304 / } sort keys %$answer;
	push @files, [ $one, $two ];
}
is($wrong, '', 'every session is answered');
$bank->wait_equal;
is($bank->sql($_, "SELECT amount::integer FROM mes.balances WHERE address = '$address{carol}' AND asset = 'EUR'"), $rounds,
	"node$_: each took effect once") foreach $bank->nodes;

my $began = time;
$wrong = '';
foreach my $pair (@files)
{
	my $answer = submit_all(1 => $pair->[1], 2 => $pair->[0], 3 => $pair->[1], 4 => $pair->[0]);

	$wrong .= "node$_: $answer->{$_}" foreach grep { $answer->{$_} !~ /MC218 / } sort keys %$answer;
}
is($wrong, '', 'handed in again it is refused');
cmp_ok(time - $began, '<', 15, 'at once');

# ---- one whose door has forgotten takes it in, while the others pass over it: its rows answer for it,
# and nobody thinks that a leader has failed
my $views = join ' ', map { $bank->sql($_, 'SELECT view FROM mes.status') } $bank->nodes;
$bank->switch_on(1, forget => 'on');
$began = time;
like(submit_all(1 => $files[0][0])->{1} // '', qr/^txid |MC218 /m, 'a node that forgot answers all the same');
cmp_ok(time - $began, '<', 3, 'before long');
$bank->switch_on(1, 'forget');
is(join(' ', map { $bank->sql($_, 'SELECT view FROM mes.status') } $bank->nodes), $views, 'no view was left for it');
$bank->wait_equal;
$bank->ledgers_equal('after all that');
$bank->wait_until($_, 'SELECT ready, mempool_count FROM mes.stat_mempool, mes.status', '0|0') foreach $bank->nodes;
$bank->logs_are_clean;
done_testing();
