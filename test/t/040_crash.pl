# 040_crash.pl - servers and single processes die by SIGKILL at random points under load; what was
# acknowledged stands, nothing stands twice, the books balance. P6 P28 P30
use strict;
use warnings;

use MeschainNode;
use File::Temp qw(tempdir);
use IPC::Run qw(start finish kill_kill);
use Test::More;
use Time::HiRes qw(sleep);

my $kills = $ENV{KILLS} // 10;
my $seed = $ENV{SEED} || time;
my $clients = 4;
my $supply = 1_000_000_000;
srand $seed;
note "SEED=$seed";

my $node = MeschainNode->create('crash', conf => "checkpoint_timeout = '30s'\n");
$node->create_ledger;
$node->sql("SELECT mes.create_account('payer')");
$node->sql("SELECT mes.issue_asset('MES', $supply, 0)");
my $payee = $node->sql("SELECT mes.node_descriptor() ->> 'fee_address'");

# One submission a pgbench transaction, its uuid made of kill, client and number; pgbench's log has a
# line for each COMMIT that returned, so the log is the list of what was acknowledged.
my $dir = tempdir(CLEANUP => 1);
my $script = "$dir/pay.sql";
PostgreSQL::Test::Utils::append_to_file($script, <<"SQL");
\\set n :n + 1
SELECT mes.begin_submission(('00000000-0000-4' || lpad(:kill::text, 3, '0') || '-8' || lpad(:client_id::text, 3, '0') || '-' || lpad(:n::text, 12, '0'))::uuid), mes.transfer('$payee', 'MES', 1);
SQL

sub start_load
{
	my ($kill) = @_;

	return start [
		'pgbench', '-n', '-c', $clients, '-j', 1, '-T', 60, '-f', $script, '-D', 'n=0',
		'-D', "kill=$kill", '-l', '--log-prefix', "$dir/acked$kill", '-h', $node->host, '-p',
		$node->port, '-U', 'postgres', 'ledger'
	  ],
	  '>', \my $out, '2>', \my $err;
}

sub acked
{
	my ($kill) = @_;
	my %highest;

	foreach my $file (glob "$dir/acked$kill.*")
	{
		foreach my $line (split /\n/, PostgreSQL::Test::Utils::slurp_file($file))
		{
			my ($client, $number) = split ' ', $line;
			$highest{$client} = $number if ($highest{$client} // 0) < $number;
		}
	}
	return map {
		my $client = $_;
		map { sprintf '00000000-0000-4%03d-8%03d-%012d', $kill, $client, $_ } 1 .. $highest{$client}
	} keys %highest;
}

my @ways = (
	[ 'the whole server', sub { $node->crash; $node->start } ],
	[ 'apply', sub { $node->kill9_worker('apply') } ],
	[ 'order', sub { $node->kill9_worker('order') } ],
	[ 'the housekeeper', sub { $node->kill9_worker('housekeeper') } ],
	[ 'the launcher', sub { $node->kill9_worker('launcher') } ],
	[ 'the WAL writer', sub { $node->kill9_process(qr/walwriter/) } ],
	[ 'apply by SIGTERM', sub { kill 'TERM', $node->worker_pid('apply'); sleep 0.3 } ],
	[ 'order by SIGTERM', sub { kill 'TERM', $node->worker_pid('order'); sleep 0.3 } ],
	[ 'an immediate shutdown', sub { $node->stop('immediate'); $node->start } ],
);

my $all_acked = 0;
foreach my $kill (1 .. $kills)
{
	my ($name, $die) = @{ $ways[ ($kill - 1) % @ways ] };
	my $load = start_load($kill);

	sleep 0.4 + rand 0.8;
	$die->();
	$load->kill_kill;
	$node->wait_for_server;
	$node->wait_for_workers;
	my @acked = acked($kill);
	$all_acked += @acked;
	my $list = join ',', map { "('$_'::uuid)" } @acked;
	is( @acked ? $node->sql("SELECT count(*) FROM (VALUES $list) a (submission) WHERE NOT EXISTS (SELECT FROM mes_internal.transaction_rows t WHERE t.submission = a.submission AND t.status = 0)") : 0,
		'0',
		"kill $kill, $name: every one of " . @acked . ' acknowledged submissions stands');
	$node->sql("SELECT mes.transfer('$payee', 'MES', 1)");
}
cmp_ok($all_acked, '>', 10 * $kills, 'the load was real');

# at meschain.commit = local a commit is a promise, which a crash does not break
my $promised = $node->sql("SET meschain.commit = local; SELECT mes.transfer('$payee', 'MES', 1)");
$node->crash;
$node->start;
ok( $node->wait_until(
		"SELECT status FROM mes_internal.transaction_rows WHERE submission = '$promised'", '0'),
	'what stood in the outbox when the server died is decided after it is back');

is($node->sql('SELECT count(*) FROM (SELECT submission FROM mes_internal.transaction_rows WHERE status = 0 GROUP BY submission HAVING count(*) > 1) d'),
	'0', 'no submission took effect twice');
is($node->sql('SELECT sum(amount_units) FROM mes_internal.output_rows o WHERE NOT EXISTS (SELECT FROM mes_internal.spend_rows s WHERE s.output_id = o.output_id)'),
	$supply, 'value is conserved');
is($node->sql('SELECT count(*) FROM (SELECT height, lag(height) OVER (ORDER BY height) AS before FROM mes_internal.block_rows) b WHERE before IS NOT NULL AND before <> height - 1'),
	'0', 'no height is missing');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/TRAP:|PANIC:|is damaged|do not add up/,
	'nothing was damaged');
$node->stop;

done_testing();
