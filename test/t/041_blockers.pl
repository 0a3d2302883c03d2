# 041_blockers.pl - a session that locks what apply needs is ended, not the ledger held up. P2
use strict;
use warnings;

use MeschainNode;
use Test::More;

my $node = MeschainNode->create('blockers', conf => "max_prepared_transactions = 5\n");
$node->create_ledger;
$node->sql("SELECT mes.create_account('payer')");
$node->sql("SELECT mes.issue_asset('MES', 1000, 0)");
$node->sql('CREATE TABLE core (memo text UNIQUE)');
$node->sql('CREATE FUNCTION hook_core(event jsonb) RETURNS void LANGUAGE sql AS $$ INSERT INTO public.core VALUES (event -> \'detail\' ->> \'memo\') $$');
my $payee = $node->sql("SELECT mes.node_descriptor() ->> 'fee_address'");

sub pay
{
	my ($memo) = @_;

	return $node->sql("SET statement_timeout = '30s'; SELECT mes.transfer('$payee', 'MES', 1, '$memo') IS NOT NULL");
}

sub blocked_by
{
	my ($name, @statements) = @_;
	my $session = $node->background_psql('ledger', on_error_stop => 0);

	$session->query_safe($_) foreach @statements[ 0 .. $#statements - 1 ];
	$session->query_until(qr/asked/, "\\echo asked\n" . $statements[-1] . "\n");
	is(pay($name), 't', "$name: a payment becomes final all the same");
	eval { $session->quit };
	return;
}

blocked_by('LOCK TABLE, idle in transaction', 'BEGIN;', 'LOCK TABLE mes_internal.output_rows IN SHARE MODE;', "SELECT 1;");
blocked_by('LOCK TABLE of a leaf', 'BEGIN;', 'LOCK TABLE mes_internal.spend_rows_000000000001 IN SHARE MODE;', 'SELECT 1;');
blocked_by('LOCK TABLE and a long statement', 'BEGIN;', 'LOCK TABLE mes_internal.transaction_rows IN SHARE MODE;', 'SELECT pg_sleep(600);');
blocked_by('CREATE INDEX, uncommitted', 'BEGIN;', 'CREATE INDEX extra ON mes_internal.output_rows_000000000001 (kind);', 'SELECT 1;');

# a lock that only a hook needs costs the hook, never the block nor the session
$node->sql("SELECT mes.add_commit_hook('transfer', 'public.hook_core(jsonb)')");
my $session = $node->background_psql('ledger');
$session->query_safe('BEGIN;');
$session->query_safe("INSERT INTO core VALUES ('same key');");
is(pay('same key'), 't', 'an uncommitted row with the hook\'s key does not hold up the block');
is($node->sql('SELECT sqlstate FROM mes.hook_errors'), '55P03', 'the hook met the lock and is kept');
$session->query_safe('ROLLBACK;');
$session->quit;
$node->wait_until('SELECT memo FROM core', 'same key', 30);
pass('and the housekeeper called it again');

# a prepared transaction has no session to end: it is shown
$node->sql('SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks');
$node->sql("BEGIN; LOCK TABLE mes_internal.output_rows IN SHARE MODE; PREPARE TRANSACTION 'kept'");
like($node->sql_error("SET meschain.commit_timeout = '2s'; SELECT mes.transfer('$payee', 'MES', 1)"),
	qr/outcome unknown/, 'a prepared transaction can hold up the ledger');
like($node->sql('SELECT reason FROM mes.status'), qr/prepared transaction/, 'and status says so');
$node->sql("ROLLBACK PREPARED 'kept'");
is(pay('after'), 't', 'and goes on when it is gone');
cmp_ok($node->sql('SELECT sessions_cancelled + sessions_terminated FROM mes.stat_apply'), '>=', 4, 'counted');
$node->stop;

done_testing();
