# 054_sessions.pl - sessions and blocks side by side: what cannot stand beside a submission is refused
# before anything leaves, what a block's transaction takes nobody else can hold, waiting sessions are
# shown, and no wake-up is lost.    # P4 P7 P21 P24 P34
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = MeschainNode->create('sessions');
$node->create_ledger(heartbeat => 120_000);
my $bob = $node->sql("SELECT mes.create_account('bob')");
$node->sql("SELECT mes.create_account('alice')");
my $as_alice = "SET meschain.account = 'alice';";
$node->sql("$as_alice SELECT mes.issue_asset('GOLD', 1000000, 0)");
$node->sql('CREATE TABLE private (a integer); CREATE TABLE core (n integer)');
my $pay = "SELECT mes.transfer('$bob', 'GOLD', 1)";
my $height = sub { $node->sql('SELECT applied_height FROM mes.status') };

# ---- beside a submission (P4)
my $before = $height->();
sub refused
{
	my ($what, $message, $statements) = @_;

	like($node->sql_error("\\set VERBOSITY verbose\n$as_alice $statements"),
		qr/ERROR:  0A000: $message cannot stand beside a submission/, "$what is refused");
	return;
}
refused('a submission after NOTIFY', 'LISTEN, UNLISTEN or NOTIFY', "BEGIN; NOTIFY news; $pay; COMMIT;");
refused('NOTIFY after a submission', 'LISTEN, UNLISTEN or NOTIFY', "BEGIN; $pay; NOTIFY news; COMMIT;");
refused('pg_notify() in the same statement', 'LISTEN, UNLISTEN or NOTIFY', "$pay, pg_notify('news', 'x')");
refused('a private row under SERIALIZABLE', 'private rows written under SERIALIZABLE',
	"BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO private VALUES (1); $pay; COMMIT;");
refused('PREPARE TRANSACTION', 'PREPARE TRANSACTION', "BEGIN; $pay; PREPARE TRANSACTION 'later';");
is($height->(), $before, 'and nothing of all that left');
is($node->sql('SELECT count(*) FROM private'), '0', 'nor stayed');
$node->sql("$as_alice BEGIN; SAVEPOINT s; NOTIFY news; ROLLBACK TO s; $pay; COMMIT;");
$node->sql("$as_alice BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM private; $pay; COMMIT;");
$node->sql("$as_alice BEGIN; INSERT INTO private VALUES (2); $pay; COMMIT;");
is($height->(), $before + 3, 'a NOTIFY taken back, reading under SERIALIZABLE and a plain private row are not');

# ---- one NOTIFY a block, afterwards (P7)
my $listener = $node->background_psql('ledger');
$listener->query_safe('LISTEN mes_blocks');
$node->sql("$as_alice $pay");
my ($heard, $expected) = ('', 'notification "mes_blocks" with payload "' . $height->() . '"');
foreach (1 .. 100)
{
	last if ($heard .= $listener->query('SELECT pg_sleep(0.05)')) =~ $expected;
}
like($heard, qr/$expected/, 'a listener hears of the block');
$listener->quit;

# ---- what a block's transaction holds, looked at from a second session while a hook sleeps in it
$node->sql("CREATE FUNCTION nap(event jsonb) RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(0.7)'");
$node->sql("SELECT mes.add_commit_hook('transfer', 'public.nap(jsonb)')");
my $payer = $node->background_psql('ledger');
$payer->query_safe($as_alice);
$payer->query_until(qr/asked/, "\\echo asked\n$pay;\n");
my $apply = $node->worker_pid('apply');
$node->wait_until("SELECT count(*) > 5 FROM pg_locks WHERE pid = $apply AND mode = 'RowExclusiveLock'", 't');
is($node->sql("SELECT DISTINCT locktype, mode FROM pg_locks WHERE pid = $apply AND granted
	AND (locktype NOT IN ('relation', 'virtualxid', 'transactionid')
	     OR locktype = 'relation' AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock'))"), '',
	'a block takes no lock above ROW EXCLUSIVE, no advisory lock and not the one of NOTIFY');
$payer->query_safe('SELECT 1');
$payer->quit;
$node->sql('SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks');
$node->sql("CREATE FUNCTION shout(event jsonb) RETURNS void LANGUAGE sql AS 'SELECT pg_notify(''news'', ''x'')'");
$node->sql("SELECT mes.add_commit_hook('transfer', 'public.shout(jsonb)')");
$node->sql("$as_alice $pay");
is($node->sql('SELECT sqlstate, message FROM mes.hook_errors'), '0A000|a commit hook cannot run NOTIFY',
	'a hook that notifies by function call fails, the block does not');
$node->sql('SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks');

# ---- more subtransactions in a block than a backend keeps in its entry (P24)
$node->sql("CREATE FUNCTION book(event jsonb) RETURNS void LANGUAGE plpgsql AS \$\$
  DECLARE n integer := event -> 'detail' ->> 'memo';
  BEGIN
    IF n % 3 = 0 THEN RAISE EXCEPTION 'the third'; END IF;
    INSERT INTO public.core VALUES (n);
  END \$\$");
$node->sql("SELECT mes.add_commit_hook('transfer', 'public.book(jsonb)')");
$node->sql("$as_alice SELECT mes.transfer('$bob', 'GOLD', 1, n::text) FROM generate_series(1, 150) AS n");
is($node->sql("SELECT count(*), count(*) FILTER (WHERE n % 3 = 0) FROM core"), '100|0',
	'of 150 hooks of a block those that succeed take effect');
is($node->sql("SELECT count(*), count(DISTINCT height) FROM mes.hook_errors WHERE message = 'the third'"), '50|1',
	'and each of the others is kept');
is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'the block is whole');
$node->sql('SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks');

# ---- waiting sessions (P21): pg_stat_activity knows only "Extension"
$apply = $node->worker_pid('apply');
kill 'STOP', $apply;
my @waiting = map { $node->background_psql('ledger') } 1 .. 2;
foreach my $session (@waiting)
{
	$session->query_safe("SET application_name = 'waiting'; $as_alice");
	$session->query_until(qr/asked/, "\\echo asked\n$pay;\n");
	$node->wait_until("SELECT count(*) FROM mes.stat_submissions WHERE state IN ('queued', 'in block')",
		$session == $waiting[0] ? '1' : '2');
}
is($node->sql("SELECT DISTINCT wait_event FROM pg_stat_activity WHERE application_name = 'waiting'"),
	'Extension', 'PostgreSQL itself cannot say what a waiting session waits for');
is($node->sql('SELECT s.state, s.commit_level, s.usename, s.waiting_since < clock_timestamp(), s.address IS NOT NULL
	FROM mes.stat_submissions AS s JOIN pg_stat_activity AS a USING (pid) ORDER BY s.waiting_since'),
	"in block|final|postgres|t|t\nqueued|final|postgres|t|t", 'mes.stat_submissions does, for each');
kill 'CONT', $apply;
$_->query_safe('SELECT 1') foreach @waiting;
$_->quit foreach @waiting;
is($node->sql('SELECT count(*) FROM mes.stat_submissions'), '0', 'and nobody waits any more');

# ---- change that nobody saw arrive: of a session that was ended while it waited, and of one that waited for
# ---- less. The ledger takes it without its height for 256 blocks
kill 'STOP', $apply;
my $ended = $node->background_psql('ledger', on_error_stop => 0);
$ended->query_safe("SET application_name = 'ended'; $as_alice");
$ended->query_until(qr/asked/, "\\echo asked\n$pay;\n");
$node->wait_until("SELECT count(*) FROM mes.stat_submissions WHERE state IN ('queued', 'in block')", '1');
$node->sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'ended'");
kill 'CONT', $apply;
eval { $ended->quit };
$node->wait_until('SELECT used FROM mes.stat_mempool', '0', 30);
$node->sql("SELECT mes.create_account('clara')");
$node->sql("$as_alice SELECT mes.issue_asset('TIN', 1000, 0); SELECT mes.transfer('$bob', 'TIN', 1)");
$node->sql("SET meschain.commit = 'ordered'; $as_alice SELECT mes.transfer('$bob', 'TIN', 1)");
my $noted = $height->();
$node->sql("SET meschain.account = 'clara'; DO \$\$ BEGIN FOR i IN 1 .. 300 LOOP
	PERFORM mes.notarise(sha256(i::text::bytea)); COMMIT; END LOOP; END \$\$");
cmp_ok($height->() - $noted, '>=', 300, '300 blocks later');
$node->sql("$as_alice $pay");
pass('the change of a session that was ended is spent');
$node->sql("$as_alice SELECT mes.transfer('$bob', 'TIN', 1)");
pass('and that of one that waited for the order alone');

# ---- no wake-up is lost, and no session's end stalls the pool (P34): heartbeats are two minutes apart, so
# ---- nothing but a submission wakes the workers and a lost wake-up would last until the timeout
my $work = tempdir(CLEANUP => 1);
append_to_file("$work/pay.sql", "SET meschain.account = 'alice'; SET meschain.commit_timeout = '20s';\n$pay;\n");
my @pgbench = ('pgbench', '-n', '-f', "$work/pay.sql", '-h', $node->host, '-p', $node->port, '-U', 'postgres', 'ledger');
command_ok([ @pgbench, '-c', 1, '-t', 200 ], '200 submissions one after the other are all answered');
command_ok([ @pgbench, '-c', 5, '-t', 60 ], 'and 300 of five sessions');
my $load = IPC::Run::start [ @pgbench, '-c', 8, '-T', 60, '-C' ], '>', \my $out, '2>', \my $err;
foreach (1 .. 15)
{
	$node->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	  WHERE application_name = 'pgbench' ORDER BY random() LIMIT 1");
	select undef, undef, undef, 0.05;
}
$load->kill_kill;
$node->sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pgbench'");
$node->wait_until('SELECT used FROM mes.stat_mempool', '0', 30);
pass('sessions that are ended at random leave nothing in the pool');
command_ok([ @pgbench, '-c', 2, '-t', 20 ], 'and stall nobody');
is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'the books are right');
$node->log_is_clean;
$node->stop;

done_testing();
