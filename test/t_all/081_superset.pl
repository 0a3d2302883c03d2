# 081_superset.pl - Apache Superset, when it can be installed: the ledger as its database, tables and
# comments, charts over sums and over time, and the dashboard's queries in its SQL Lab.
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my ($venv, $reason) = ('', '');
IPC::Run::run([ 'test/lib/superset.sh' ], '>', \$venv, '2>', \$reason) or plan skip_all => $reason;
chomp $venv;

my $node = MeschainNode->create('superset', conf => "listen_addresses = '127.0.0.1'\nmax_parallel_workers = 8\n");
append_to_file($node->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
$node->reload;
$node->create_ledger;
my $db = 'host=' . $node->host . ' port=' . $node->port . ' dbname=ledger user=postgres';
command_ok([ 'mesctl', 'sample', 'load', '--db', $db, '--transactions', 1000, '--quiet' ], 'a film market');
$node->sql("SELECT mes.create_report_reader('tool')");

# its own home: metadata, settings, logs
my $home = tempdir(CLEANUP => 1);
append_to_file("$home/superset_config.py", <<"PYTHON");
SECRET_KEY = 'a key of this test alone, long enough for its tokens'
SQLALCHEMY_DATABASE_URI = 'sqlite:///$home/superset.db'
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
PYTHON
local %ENV = (%ENV, HOME => $home, SUPERSET_HOME => $home, SUPERSET_CONFIG_PATH => "$home/superset_config.py",
	FLASK_APP => 'superset', LC_ALL => 'C.UTF-8', PYTHONIOENCODING => 'utf-8');

sub superset
{
	my ($name, @words) = @_;
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ @words ], '<', \undef, '>', \$stdout, '2>', \$stderr);
	is($? >> 8, 0, $name) or diag substr($stderr, -1500);
	return $stdout;
}

superset('Superset makes its own database', "$venv/bin/superset", 'db', 'upgrade');
superset('an administrator', "$venv/bin/superset", qw(fab create-admin --username admin --firstname A --lastname B),
	'--email', 'a@example.com', '--password', 'secret');
superset('and its roles', "$venv/bin/superset", 'init');

my @queries = glob 'docs/dashboard/[0-9]*.sql';
my $said = superset('a session with it', "$venv/bin/python", 'test/readers/read_superset.py',
	'postgresql+psycopg2://tool@127.0.0.1:' . $node->port . '/ledger', @queries);
my $tables = $node->sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'mes_bi'::regnamespace AND relkind = 'r'");
like($said, qr/^schemas .*\bmes_bi\b/m, 'it finds the schema');
is(scalar(() = $said =~ /^table \w+ table$/mg), $tables, 'and each of its tables');
like($said, qr/^column fact_royalty block_time TIMESTAMP WITH TIME ZONE time .*区块时间/m, 'a time is a time, with its comment');
like($said, qr/^column fact_royalty amount NUMERIC\(28, 8\) - .*金额/m, 'an amount a decimal');
my $sums = $node->sql("SELECT string_agg(format('chart reason %s %s', reason, amount), ' ' ORDER BY reason) FROM "
	  . '(SELECT reason, sum(amount)::float8 AS amount FROM mes_bi.agg_revenue_day GROUP BY 1) AS s');
is(join(' ', $said =~ /^(chart reason .*)$/mg) =~ s/\.0\b//gr, $sums, 'a chart over sums has the ledger\'s numbers');
is(scalar(() = $said =~ /^chart day /mg), $node->sql('SELECT count(DISTINCT date_key) FROM mes_bi.fact_royalty'),
	'a chart over time a point a day');
is(scalar(() = $said =~ /^query \w+ \d+ \w+/mg), scalar @queries, 'each query of the dashboard runs in SQL Lab');
like($said, qr/^query 01_revenue_by_title 20 title title_zh label revenue$/m, 'with its rows and columns');

$node->stop;
done_testing();
