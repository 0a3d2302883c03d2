# 028_governance.pl - governance over restarts: what passed comes into force with the epoch, whatever
# happens to the server on the way, and an identity key that is kept elsewhere signs elsewhere.
use strict;
use warnings;

use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = MeschainNode->create('bank');
$node->create_ledger(epoch_blocks => 12);
$node->sql("SELECT mes.create_account('clerk')");
my $self = $node->sql('SELECT member FROM mes.status');
my $key = $node->state_directory . '/identity.key';

sub in_force
{
	return $node->sql("SELECT value || ' ' || next_value FROM mes.parameters WHERE name = 'tx_bytes_max'");
}

# One block at a time, as far as this height.
sub to_height
{
	my ($height) = @_;

	while ($node->sql('SELECT applied_height FROM mes.status') < $height)
	{
		$node->sql('SELECT mes.notarise(sha256(clock_timestamp()::text::bytea))');
	}
	return;
}

# ---- the identity key is taken away, and signs where it is
system('mv', $key, "$key.away") == 0 or die;
like($node->sql_error("SELECT mes.propose('set_parameter', '{\"name\": \"tx_bytes_max\", \"value\": 1024}')"),
	qr/key file ".*" cannot be used/, 'without its key the node cannot speak for the member');
my @statement = ("'set_parameter', '{\"name\": \"tx_bytes_max\", \"value\": 1024}', '"
		. $node->sql("SELECT date_trunc('second', now()) + interval '1 day'") . "', '$self'");
my $id = $node->sql("SELECT encode(mes.proposal_id(@statement), 'hex')");

sub signature
{
	my (@words) = @_;
	my ($stdout, $stderr) = run_command([ 'mesctl', 'proposal', 'sign', @words, '--key', "$key.away" ]);
	my ($hex) = $stdout =~ /^signature +([0-9a-f]{128})$/m;
	return $hex // die "$stdout$stderr";
}
my $proposed = signature($id, '--propose');
my $approved = signature($id);
isnt($proposed, $approved, 'to propose and to approve are two signatures');
like($node->sql_error("SELECT mes.propose(@statement, '\\x$approved')"), qr/not by the identity key of member $self/,
	'the one does not serve for the other');
is($node->sql("SELECT encode(mes.propose(@statement, '\\x$proposed'), 'hex')"), $id, 'proposed from elsewhere');
like($node->sql_error("SELECT mes.approve('\\x$id', '\\x$proposed', '$self')"), qr/not by the identity key/,
	'nor the other way');
is($node->sql("SELECT mes.approve('\\x$id', '\\x$approved', '$self') IS NOT NULL"), 't', 'approved from elsewhere');
is(in_force(), '1048576 1024', 'passed, not in force');

# ---- a crash before the boundary forgets nothing
$node->crash;
$node->start;
$node->wait_for_workers;
is(in_force(), '1048576 1024', 'still passed, still not in force');

# ---- the block that ends the epoch is committed and the server dies before anybody could act on it
to_height(11);
my $epoch = 'SELECT max(epoch) FROM mes.epochs';
is($node->sql($epoch), '0', 'the first epoch');
$node->sql('SELECT mes.notarise(sha256(clock_timestamp()::text::bytea))');
$node->crash;
$node->start;
$node->wait_for_workers;
is($node->sql($epoch), '1', 'the next epoch');
is(in_force(), '1024 1024', 'and what passed is in force');
like($node->sql_error("SELECT mes.notarise(sha256('long'), jsonb_build_object('text', repeat('x', 1500)))"),
	qr/over the limit of 1024/, 'which a session meets');

# ---- a second change comes into force without anybody's help, while sessions go on
system('mv', "$key.away", $key) == 0 or die;
$id = $node->sql("SELECT encode(mes.propose('set_parameter', '{\"name\": \"tx_bytes_max\", \"value\": 2048}'), 'hex')");
$node->sql("SELECT mes.approve('\\x$id')");
to_height(23);
my $apply = $node->worker_pid('apply');
$node->sql('SELECT mes.notarise(sha256(clock_timestamp()::text::bytea))');
$node->wait_until("SELECT mode FROM mes.status WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $apply)", 'voting');
is(in_force(), '2048 2048', 'in force after the second boundary');
is($node->sql("SELECT mes.notarise(sha256('long'), jsonb_build_object('text', repeat('x', 1500))) IS NOT NULL"), 't',
	'and larger transactions are taken again');

# ---- an epoch in which nothing changed begins without a pause
to_height(35);
$apply = $node->worker_pid('apply');
to_height(37);
is($node->sql($epoch), '3', 'the fourth epoch');
is($node->worker_pid('apply'), $apply, 'has the same workers');

is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'every epoch verifies by its own rules');
is($node->sql('SELECT count(*) FROM mes.verify(14, 30)'), '0', 'from any block on');
is($node->sql('SELECT bool_and(p.valid) FROM mes_internal.transaction_rows AS t, '
		. 'mes.verify_proof(mes.prove_transaction(t.txid)) AS p'), 't', 'and proofs hold over epochs');
$node->stop;
done_testing();
