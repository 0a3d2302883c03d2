# 220_epochs.pl - four banks over many epochs: the barrier under load, a parameter that changes, a
# member that slept over barriers and is carried over each, members killed where an epoch ends. The
# books are equal and every certificate is verified by the keys of its own epoch. A2, A7, A8, A17, P29
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 40 });

foreach my $node ($bank->nodes)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
}

# ---- epochs follow each other under load, without new workers
my %order = map { $_ => $bank->worker_pid($_, 'order') } $bank->nodes;
my $load = $bank->load_begin(node => 1, clients => 4, seconds => 4);
$bank->next_epochs(1, 2);
my $acked = $bank->load_end($load, 'the load goes on over epochs');
$bank->wait_equal;
$bank->ledgers_equal('after some epochs');
$bank->has_acked($acked);
is($bank->worker_pid($_, 'order'), $order{$_}, "node$_ has the workers it had") foreach $bank->nodes;
is($bank->sql(2, 'SELECT count(*) FROM mes.blocks WHERE proposer IS NULL'), 0, 'every proposer is known');

# ---- one sleeps over two barriers at least, with a parameter changed meanwhile
$bank->kill9(3);
my $id = $bank->sql(1, "SELECT encode(mes.propose('set_parameter', '{\"name\": \"epoch_blocks\", \"value\": 30}'), 'hex')");
$bank->wait_equal(nodes => [ 1, 2, 4 ]);
$bank->sql($_, "SELECT mes.approve('\\x$id')") foreach 1, 2, 4;
$load = $bank->load_begin(node => 1, clients => 4, seconds => 14);
$bank->next_epochs(1, 2);
is($bank->sql(1, "SELECT value FROM mes.parameters WHERE name = 'epoch_blocks'"), 30, 'a parameter came into force');
$bank->start(3);
$bank->wait_until(3, 'SELECT voting FROM mes.status', 't', 60);
pass('who slept votes again');

# ---- a server dies, and another's workers, while epochs go on
$bank->kill9(2);
$bank->kill9_worker(4, 'order');
$bank->start(2);
$bank->next_epochs(1);
$acked = $bank->load_end($load, 'and the load ends well');
$bank->wait_equal;
$bank->ledgers_equal('after kills around barriers');
$bank->has_acked($acked);
is($bank->sql($_, 'SELECT mode FROM mes.status'), 'voting', "node$_ votes") foreach $bank->nodes;
$bank->verifies;
is($bank->sql(4, 'SELECT bool_and(p.valid) FROM (SELECT txid FROM mes.transactions ORDER BY height DESC LIMIT 20) AS t,'
		. ' mes.verify_proof(mes.prove_transaction(t.txid)) AS p'), 't', 'proofs from genesis pass all epochs');
$bank->logs_are_clean;
done_testing();
