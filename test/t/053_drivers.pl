# 053_drivers.pl - drivers that programs use: each submits, sees a receipt, a rejection by the ledger
# with its code, one submission a transaction, and hands in a batch. An autocommit statement's
# rejection comes at Sync, after CommandComplete.    # P26
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = MeschainNode->create('drivers', conf => "listen_addresses = '127.0.0.1'\n");
$node->create_ledger;
$node->sql('CREATE ROLE teller LOGIN IN ROLE mes_member, mes_reader');
$node->sql("CREATE PROCEDURE pay(address text) LANGUAGE sql AS \$\$ SELECT mes.transfer(address, 'GOLD', 1) \$\$");
my @as_teller = (extra_params => [ '-U', 'teller' ]);
$node->sql("SELECT mes.create_account('till')", @as_teller);
$node->sql("SELECT mes.issue_asset('GOLD', 100000, 2)", @as_teller);
my $envelope = $node->sql("SELECT encode(envelope, 'hex') FROM mes.audit_envelopes(1)");
my $code = $node->sql("SELECT code FROM mes.error_codes WHERE name = 'already_notarised'");
my $port = $node->port;

# A new payee for each, so that balances count what this driver paid.
my $payees = 0;
sub payee
{
	return $node->sql("SELECT mes.create_account('payee " . ++$payees . "')");
}

sub check
{
	my ($driver, $expected, @command) = @_;
	my ($stdout, $stderr);

	IPC::Run::run(\@command, '>', \$stdout, '2>', \$stderr);
	is($? >> 8, 0, "$driver: its program ends well") or diag $stderr;
	my %said = map { split ' ', $_, 2 } split /\n/, $stdout;
	my %common = (receipt => 'ok', rejected => $code, submissions => 1, balance => '41.00',
		batch => 'duplicate', status => 1);
	is_deeply(\%said, { %common, %$expected }, "$driver: receipt, rejection, one submission a transaction, batch");
	return;
}

my $dsn = "host=127.0.0.1 port=$port user=teller dbname=ledger";
my $python = '/usr/bin/python3'; # where Debian's packages are found
my $psycopg = run_log([ $python, '-c', 'import psycopg' ], '2>', \my $why);

SKIP:
{
	skip 'psycopg 3 is not installed (package python3-psycopg)', 2 unless $psycopg;
	check('psycopg', { again => $code, pipeline => $code,
			wire => 'DataRow CommandComplete ErrorResponse ReadyForQuery' },
		$python, 'test/clients/driver_psycopg.py', $dsn, payee(), $envelope);
}

SKIP:
{
	my $jar = '/usr/share/java/postgresql.jar';
	skip "pgjdbc is not installed (package libpostgresql-jdbc-java)", 2 unless -e $jar;
	my ($java) = grep { -x } glob '/usr/lib/jvm/default-java/bin/javac';
	skip 'no Java compiler is installed (package default-jdk-headless)', 2 unless defined $java;
	check('pgjdbc', { again => $code }, $java =~ s/javac$/java/r, '-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp',
		$jar, 'test/clients/DriverJdbc.java', "jdbc:postgresql://127.0.0.1:$port/ledger?user=teller", payee(), $envelope);
}

SKIP:
{
	local $ENV{NODE_PATH} = join ':', grep { defined } $ENV{NODE_PATH}, '/usr/share/nodejs',
	  '/usr/lib/node_modules', '/usr/local/lib/node_modules';
	my $found = run_log([ 'node', '-e', "require('pg')" ], '2>', \$why);
	skip 'node-postgres is not installed (package node-pg, or npm install -g pg)', 2 unless $found;
	check('node-postgres', { again => $code }, 'node', 'test/clients/driver_node.js', '127.0.0.1', $port, payee(),
		$envelope);
}

# ---- PgBouncer in transaction mode: one server connection serves them all
SKIP:
{
	my $work = tempdir(CLEANUP => 1);
	my ($bouncer) = grep { -x } '/usr/sbin/pgbouncer';
	skip 'PgBouncer is not installed (package pgbouncer)', 4 unless defined $bouncer;
	skip 'psycopg 3 is not installed (package python3-psycopg)', 4 unless $psycopg;
	my $front = PostgreSQL::Test::Cluster::get_free_port();
	append_to_file("$work/users", qq("teller" ""\n));
	append_to_file("$work/ini", <<"INI");
[databases]
ledger = host=127.0.0.1 port=$port dbname=ledger
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $front
unix_socket_dir =
auth_type = trust
auth_file = $work/users
pool_mode = transaction
default_pool_size = 1
logfile = $work/log
INI
	my $pool = IPC::Run::start [ $bouncer, "$work/ini" ], '>', \my $out, '2>', \my $err;
	foreach (1 .. 200)
	{
		last if -e "$work/log" && slurp_file("$work/log") =~ /process up/;
		select undef, undef, undef, 0.05;
	}
	my $through = "host=127.0.0.1 port=$front user=teller dbname=ledger";
	check('PgBouncer', {}, $python, 'test/clients/driver_psycopg.py', $through, payee(), $envelope, 'unprepared');

	# two clients, transactions in turns on one server connection: nothing of one's submission is the other's
	my $address = payee();
	append_to_file("$work/turns", "BEGIN;\nSELECT mes.transfer('$address', 'GOLD', 1);\nCOMMIT;\n");
	local $ENV{PGOPTIONS} = '';
	command_ok([ 'pgbench', '-n', '-f', "$work/turns", '-c', 4, '-t', 10, '-h', '127.0.0.1', '-p', $front, '-U', 'teller',
			'ledger' ], 'PgBouncer: forty submissions of four clients over one connection');
	is($node->sql("SELECT amount FROM mes.balances WHERE address = '$address'"), '40.00', 'PgBouncer: each counts once');
	$pool->kill_kill;
}
is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'the books are right');
$node->log_is_clean;
$node->stop;

done_testing();
