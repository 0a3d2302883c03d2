# 233_observer.pl - a server without a seat: admitted and at once suspended, it follows over epochs,
# verifies, answers readers and other members' questions, and its vote is never counted or missed.
use strict;
use warnings;

use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, members => [qw(ash birch cedar elm)],
	parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 40 });
my @four = (1, 2, 3, 4);

foreach my $node (@four)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
}
$bank->sql(1, "SELECT mes.issue_asset('EUR', 1000, 2)");
my $till = $bank->sql(2, "SELECT address FROM mes.accounts");
$bank->sql(1, "SELECT mes.transfer('$till', 'EUR', $_)") foreach 1 .. 5;

sub decide
{
	my ($kind, $body) = @_;
	my $id = $bank->sql(1, "SELECT encode(mes.propose('$kind', '$body'), 'hex')");

	foreach my $node (@four)
	{
		last if $bank->sql($node, "SELECT state FROM mes.proposals WHERE proposal = '\\x$id'") =~ /passed|force/;
		$bank->wait_until($node, "SELECT count(*) FROM mes.proposals WHERE proposal = '\\x$id'", '1');
		$bank->sql($node, "SELECT mes.approve('\\x$id')");
	}
	return;
}

sub bootstrap
{
	my (@words) = @_;
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', 'node', 'bootstrap', '--dir', $bank->dir, '--node', 5, @words ], '<', \undef, '>', \$stdout, '2>', \$stderr);
	return ($? >> 8, $stdout . $stderr);
}

# ---- it joins what it can trust, and waits for the members to let it in
my $fifth = $bank->add_server;
my $hash = $bank->sql(1, "SELECT encode(genesis_hash, 'hex') FROM mes.genesis");
my $genesis = $bank->dir . '/genesis.json';
my ($code, $words) = bootstrap('--genesis', $genesis, '--wait', 1);
isnt($code, 0, 'a server that is no member of the genesis does not join by mistake');
like($words, qr/this node is no member of the genesis/, 'and is told so');
($code, $words) = bootstrap('--genesis', $genesis, '--observer', '--trust', '00' x 32, '--wait', 1);
like($words, qr/genesis differs from the trusted one/, 'nor by a document that is not the trusted one');
($code, $words) = bootstrap('--genesis', $genesis, '--observer', '--trust', $hash, '--wait', 0);
is($code, 0, 'as an observer it joins') or diag $words;
my $descriptor = $bank->sql($fifth, "SELECT mes.node_descriptor('127.0.0.1', @{[ $bank->port($fifth) ]})");
my $name = $bank->sql($fifth, "SELECT mes.node_descriptor() ->> 'name'");
decide('admit_member', $descriptor);
decide('suspend_member', qq({"member": "$name", "suspended": 1}));
$bank->wait_until($fifth, 'SELECT applied_height >= 5 FROM mes.status', 't', 60);

# ---- it follows
($code, $words) = bootstrap('--genesis', $genesis, '--observer', '--trust', $hash, '--wait', 60);
is($code, 0, 'asked again it waits until it is level') or diag $words;
$bank->next_epochs(1, 2);
$bank->wait_equal;
is($bank->sql($fifth, 'SELECT mode, voting FROM mes.status'), 'following|f', 'over epochs it follows and does not vote');
is($bank->sql(1, 'SELECT members_total, members_voting, quorum FROM mes.status'), '4|4|3', 'four decide as before');
$bank->ledgers_equal('with an observer');

# ---- verifies and serves
is($bank->sql($fifth, 'SELECT count(*) FROM mes.verify()'), 0, 'it verifies what it has');
is($bank->sql($fifth, "SELECT amount::integer FROM mes.balances WHERE address = '$till'"), 15, 'readers read it');
is($bank->sql($fifth, "SELECT (mes.verify_proof(mes.prove_transaction(txid))).valid FROM mes.transfers WHERE amount = 3 LIMIT 1"), 't', 'it proves');
is($bank->sql($fifth, "SELECT count(*) FROM mes.locate_divergence('ash')"), 0, 'it compares its rows with a member\'s');
$bank->sql(2, "SET session_replication_role = replica; UPDATE mes_internal.output_rows SET amount_units = 7 WHERE output_id = (SELECT min(output_id) FROM mes_internal.output_rows)");
is($bank->sql($fifth, "SELECT at_fault FROM mes.locate_divergence('birch')"), 'there', 'and is a witness from outside');
is($bank->sql(2, "SELECT at_fault FROM mes.locate_divergence('$name')"), 'here', 'whom members can ask too');
$bank->sql(2, 'SELECT count(*) FROM mes.repair_node()');
$bank->wait_voting(2);

# ---- it is not missed
$bank->kill9($fifth);
$bank->sql(1, "SELECT mes.transfer('$till', 'EUR', 6)");
is($bank->sql(1, 'SELECT can_stop FROM mes.status'), 't', 'nobody waits for it');
$bank->start($fifth);
$bank->wait_equal;
is($bank->sql($fifth, "SELECT amount::integer FROM mes.balances WHERE address = '$till'"), 21, 'back again it catches up');
$bank->ledgers_equal('at the end');
$bank->logs_are_clean;

done_testing();
