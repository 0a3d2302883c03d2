# 225_causes.pl - what ends an epoch early and who loses its slots (A2, A10, C9): a fenced member is back
# after some blocks of an idle federation, not after an epoch's time; a member that signs two proposals is
# named on the ledger with the proof and proposes nothing more; a forged proof is refused and names nobody.
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_min_blocks => 24 });

foreach my $node ($bank->nodes)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
}
sub epochs
{
	return $bank->sql(1, 'SELECT max(epoch) FROM mes.epochs');
}

# ---- a member that lost its vote log: nobody submits anything, the blocks come by themselves
$bank->kill9(4);
unlink glob $bank->state_dir(4) . '/votes.*';
$bank->start(4);
$bank->wait_until(4, 'SELECT mode FROM mes.status', 'fenced');
my $ticket = $bank->sql(4, 'SELECT mes.attest_node()');
$bank->sql(2, "SELECT mes.rejoin('$ticket')");
my $handed_in = $bank->height(2);
$bank->wait_until(4, 'SELECT mode, voting FROM mes.status', 'voting|t', 60);
is(epochs(), 1, 'a REJOIN ends the epoch early');
my $anchor = $bank->sql(1, 'SELECT max(anchor_height) FROM mes.epochs');
cmp_ok($anchor, '<=', 24 + $handed_in, 'after the blocks that an epoch must have');

# ---- a member that signs two proposals
my $load = $bank->load_begin(node => 1, clients => 4, seconds => 12);
$bank->switch_on(2, lie => 'equivocate');
$bank->wait_until(1, "SELECT count(*) > 0 FROM mes.evidence WHERE member = 'node2'", 't', 30);
is($bank->sql(1, 'SELECT DISTINCT member, lie FROM mes.evidence'), 'node2|two proposals', 'who lied and how stands on the ledger');
$bank->wait_until($_, "SELECT left_out FROM mes.stat_peers WHERE member = 'node2'", 't', 30) foreach 1, 3;
pass('the others see it left out');
my $named = $bank->sql(1, "SELECT max(reported_height) FROM mes.evidence");
$bank->wait_blocks(1, 12);
is($bank->sql(1, "SELECT count(*) FROM mes.blocks WHERE height > $named + 8 AND proposer = 'node2'
	AND height <= (SELECT min(a) FROM (SELECT anchor_height AS a FROM mes.epochs WHERE anchor_height > $named
		UNION ALL SELECT max(height) FROM mes.blocks) AS s)"), 0, 'and it proposes no block to the end of the epoch');
$bank->switch_on(2, 'lie');
is($bank->sql(1, 'SELECT bool_and(mes.verify_signature(1, k.public_key, substring(e.proof FROM 2 FOR get_byte(e.proof, 0)),
		substring(e.proof FROM 2 + get_byte(e.proof, 0) FOR 64)))
	FROM mes.evidence AS e JOIN mes.keys AS k ON k.number = e.number AND k.purpose = $$voting$$'), 't', 'anybody can check the proof');

# ---- forged proofs
my $proof = $bank->sql(1, 'SELECT proof FROM mes.evidence LIMIT 1');
like($bank->sql_error(3, "SELECT mes.report_evidence('node2', '$proof')"), qr/this of member node2 is on the ledger already/, 'a lie stands once');
like($bank->sql_error(3, "SELECT mes.report_evidence('node3', '$proof')"), qr/not both signed by the voting key of member node3/, 'it is of the member that signed it');
my $half = "substring(p FROM 1 FOR 65 + get_byte(p, 0))";
like($bank->sql_error(3, "SELECT mes.report_evidence('node2', $half || $half) FROM (SELECT '$proof'::bytea AS p) AS s"),
	qr/an honest member may sign both statements/, 'one statement twice is none');
like($bank->sql_error(3, "SELECT mes.report_evidence('node2', set_byte('$proof', 60, get_byte('$proof', 60) # 1))"),
	qr/not both signed/, 'nor is a changed one');
is($bank->sql(1, "SELECT count(*) FROM mes.stat_peers WHERE left_out AND member <> 'node2'"), 0, 'nobody else is named');

my $acked = $bank->load_end($load, 'the load goes on through all of it');
$bank->wait_equal;
$bank->ledgers_equal('with a liar and a member that returned');
$bank->has_acked($acked);
$bank->verifies(1, 4);
$bank->logs_are_clean;
done_testing();
