# 224_barriers.pl - an epoch every eight blocks, and somebody dies all the time: servers, order and apply
# by SIGKILL, wherever in a barrier that falls. Nobody is fenced by it, nobody votes twice, the books
# are equal. A8, A17, A19, P6, P29
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $seed = $ENV{BARRIER_SEED} // 7;
my $rounds = $ENV{BARRIER_ROUNDS} // 24;
my $bank = MeschainFederation->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 8 });

srand $seed;
foreach my $node ($bank->nodes)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
}
my $load = $bank->load_begin(node => 1, clients => 2, seconds => 4 * $rounds);
my %evidence;

foreach my $round (1 .. $rounds)
{
	my $victim = 2 + int rand 3;
	my $how = int rand 3;

	select undef, undef, undef, rand 0.5;
	if ($how == 0)
	{
		$bank->kill9($victim);
		$bank->next_epochs(1, 1 + int rand 2) if rand() < 0.5;
		$bank->start($victim);
	}
	else
	{
		$bank->kill9_worker($victim, $how == 1 ? 'order' : 'apply');
	}
	$bank->wait_until($victim, 'SELECT mode FROM mes.status', qr/voting|fenced|diverged/);
	$evidence{$_} += $bank->sql($_, 'SELECT evidence_seen FROM mes.stat_consensus') || 0 foreach 1;
}
my $acked = $bank->load_end($load, "the load goes on through $rounds kills (seed $seed)");
$bank->next_epochs(1);
$bank->wait_until($_, 'SELECT mode, voting FROM mes.status', 'voting|t') foreach $bank->nodes;
pass('nobody is fenced, all vote');
$bank->wait_equal;
$bank->ledgers_equal('after all kills');
$bank->has_acked($acked);
is($evidence{1}, 0, 'and nobody signed two things');
cmp_ok($bank->sql(1, 'SELECT max(epoch) FROM mes.epochs'), '>', 20, 'over many epochs');
$bank->verifies;
$bank->logs_are_clean;
done_testing();
