# 081_readers.pl - the tools of business people read mes_bi through their own drivers: psql, JDBC
# (Metabase, Tableau), ODBC (Power BI, Excel), SQLAlchemy (Superset), node-postgres and an ORM; and a
# consumer follows its facts by logical decoding. What is not installed is skipped and says so.
use strict;
use warnings;

use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $readers = 'test/readers';
my $node = MeschainNode->create('read', conf => <<'CONF');
listen_addresses = '127.0.0.1'
wal_level = logical
max_replication_slots = 4
CONF
append_to_file($node->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
$node->reload;
$node->create_ledger;
# minor releases of 2026 ask for a list of the plugins that may decode
if ($node->sql("SELECT count(*) FROM pg_settings WHERE name = 'output_plugin_libraries'") eq '1')
{
	$node->sql("ALTER SYSTEM SET output_plugin_libraries = 'wal2json'");
	$node->reload;
}
my $shop = $node->sql("SELECT mes.create_account('bank') IS NULL; SELECT mes.create_account('shop')");
$shop =~ s/.*\n//s;
my $as_bank = "SET meschain.account = 'bank';";
$node->sql("$as_bank SELECT mes.issue_asset('EUR', 1000000, 2)");
$node->sql("$as_bank SELECT mes.transfer('$shop', 'EUR', 123.45, '房租', 'INV-7')");
$node->sql("SELECT mes.create_report_reader('tool')");
my $port = $node->port;

# Output of a reader as lines; '' and a diagnosis when it failed.
sub run_reader
{
	my (@command) = @_;
	my ($stdout, $stderr) = ('', '');

	local $ENV{LC_ALL} = 'C.UTF-8';
	local $ENV{PYTHONIOENCODING} = 'utf-8';
	local $ENV{JAVA_TOOL_OPTIONS} = '-Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8';
	my $done = IPC::Run::run(\@command, '<', \undef, '>', \$stdout, '2>', \$stderr);
	diag "$command[0]: $stderr" unless $done;
	return $done ? $stdout : '';
}

sub has
{
	my ($command) = @_;

	return !system("$command >/dev/null 2>&1");
}

# Every foreign key of fact_transfer, as a tool prints it.
sub all_keys
{
	my ($said) = @_;
	my @wanted = ('asset_key to dim_asset.asset_key', 'date_key to dim_date.date_key',
		'from_account_key to dim_account.account_key', 'to_account_key to dim_account.account_key');

	return is(join("\n", sort $said =~ /^foreign key (.*)$/mg), join("\n", @wanted), 'it sees each foreign key');
}

my $tables = $node->sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'mes_bi'::regnamespace AND relkind = 'r'");

subtest 'psql' => sub {
	my $said = run_reader('psql', '-X', '-d', "host=127.0.0.1 port=$port dbname=ledger user=tool",
		'-c', '\dt+ mes_bi.*', '-c', '\d+ mes_bi.fact_transfer', '-c', '\df+ mes_bi.*');
	is(scalar(() = $said =~ /^ mes_bi \| (?:dim|fact|agg)_\w+ +\| table/mg), $tables, 'lists every relation');
	like($said, qr/dim_territory .*国家与地区/, 'with its comment');
	like($said, qr/amount +\| numeric\(28,8\) .*金额/, 'and columns with theirs');
	like($said, qr/report_proof/, 'and the proof');
};

SKIP: {
	my ($jar) = grep { -e } '/usr/share/java/postgresql.jar';
	skip 'JDBC: no libpostgresql-jdbc-java, or no java that runs a source file', 1
	  unless $jar && has('java --version') && has('javac --version');
	subtest 'JDBC: DatabaseMetaData and a query' => sub {
		my $said = run_reader('java', '-cp', $jar, "$readers/ReadSchema.java",
			"jdbc:postgresql://127.0.0.1:$port/ledger?user=tool");
		is(scalar(() = $said =~ /^table /mg), $tables, 'it lists every relation');
		like($said, qr/^table fact_transfer: .*每笔资产变动一行/m, 'with its comment');
		like($said, qr/^column amount NUMERIC 28\.8 NO: amount in whole units/m, 'an amount is a decimal');
		like($said, qr/^column block_time TIMESTAMP 35\.\d NO/m, 'a time is a timestamp');
		like($said, qr/^column transfer_key BIGINT /m, 'a key is a bigint');
		like($said, qr/^primary key transfer_key$/m, 'it finds the primary key');
		all_keys($said);
		like($said, qr/^row String 123\.45000000 time$/m, 'a parameter finds the invoice');
	};
}

my $python = '/usr/bin/python3';
SKIP: {
	my ($driver) = glob '/usr/lib/*/odbc/psqlodbcw.so';
	skip 'ODBC: no odbc-postgresql or no python3-pyodbc', 1 unless $driver && has("$python -c 'import pyodbc'");
	subtest 'ODBC: catalogue calls and a query' => sub {
		my $said = run_reader($python, "$readers/read_odbc.py",
			"DRIVER=$driver;SERVER=127.0.0.1;PORT=$port;DATABASE=ledger;UID=tool");
		is(scalar(() = $said =~ /^table \S+ TABLE/mg), $tables, 'SQLTables lists every relation');
		like($said, qr/^column amount numeric 28 8 /m, 'SQLColumns: an amount is a decimal');
		like($said, qr/^column block_time timestamptz /m, 'a time is a timestamp');
		like($said, qr/^primary key transfer_key$/m, 'SQLPrimaryKeys');
		all_keys($said);
		like($said, qr/^row Decimal 123\.45000000 datetime 房租$/m, 'and the query');
	};
}

SKIP: {
	skip 'SQLAlchemy: no python3-sqlalchemy or no python3-psycopg2', 1
	  unless has("$python -c 'import sqlalchemy, psycopg2'");
	subtest 'SQLAlchemy: inspection and reflected models' => sub {
		my $said = run_reader($python, "$readers/read_sqlalchemy.py", "postgresql+psycopg2://tool\@127.0.0.1:$port/ledger");
		is(scalar(() = $said =~ /^table /mg), $tables, 'it lists every relation');
		like($said, qr/^column amount NUMERIC\(28, 8\) not null amount in whole units.*金额/m, 'types and comments');
		like($said, qr/^column block_time TIMESTAMP not null/m, 'a time is a timestamp');
		like($said, qr/^primary key transfer_key$/m, 'the primary key');
		all_keys($said);
		like($said, qr/^row EUR Decimal 123\.45000000$/m, 'a join that the foreign keys make by themselves');
	};
}

SKIP: {
	my ($modules, $reason) = ('', '');
	IPC::Run::run([ 'test/lib/node_modules.sh', $readers ], '>', \$modules, '2>', \$reason)
	  or skip "node-postgres and Sequelize: $reason", 1;
	chomp $modules;
	subtest 'node-postgres, and introspection by Sequelize' => sub {
		local $ENV{NODE_PATH} = $modules;
		my $said = run_reader('node', "$readers/read_node.js", '127.0.0.1', $port, 'tool', 'postgres');
		like($said, qr/^row string 123\.45000000 true 房租$/m, 'bigint and decimal keep every digit, a time is a Date');
		like($said, qr/^column amount NUMERIC\(28,8\)|^column amount NUMERIC/m, 'the ORM reads types');
		like($said, qr/^column transfer_key BIGINT true /m, 'and the primary key');
		all_keys($said);
		like($said, qr/^model 123\.45000000 房租$/m, 'and its model finds the invoice');
	};
}

SKIP: {
	my ($bin) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};
	# the servers of the tests run from a copy, which may be older than the package
	my $plugin = -e "$bin/../lib/wal2json.so";
	skip 'logical decoding: no postgresql-15-wal2json', 1 unless $plugin;
	subtest 'logical decoding: a consumer follows the facts' => sub {
		$node->sql("SELECT pg_create_logical_replication_slot('facts', 'wal2json')");
		$node->sql("$as_bank SELECT mes.transfer('$shop', 'EUR', 5, 'decoded', 'INV-8')");
		my $said = $node->sql("SELECT data FROM pg_logical_slot_get_changes('facts', NULL, NULL, "
			. "'add-tables', 'mes_bi.*', 'format-version', '2', 'include-types', 'false')");
		like($said, qr/"table":"fact_transfer".*"amount","value":5\.00000000.*"decoded"/, 'a payment arrives');
		like($said, qr/"action":"B"\}\n.*"fact_transfer".*"fact_block".*"action":"C"/s,
			'in one transaction with its block');
		unlike($said, qr/mes_internal/, 'and nothing of the engine');
		is(scalar(() = $said =~ /"table":"fact_block"/g), 1, 'each block once');
		$node->sql("SELECT pg_drop_replication_slot('facts')");
	};
}

$node->log_is_clean;
$node->stop;
done_testing();
