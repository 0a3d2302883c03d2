# 203_monitoring.pl - what docker/monitoring gives a DBA: Debian's postgres_exporter shows every column
# that queries.yml names, as a role that may only read, and every alert is about a metric that is there.
use strict;
use warnings;

use IPC::Run;
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $bank = MeschainFederation->create(2, members => [qw(watched other)]);
$bank->sql(1, "SELECT mes.create_account('till')");
$bank->sql(1, "SELECT mes.issue_asset('EUR', 100)");
$bank->sql(1, 'CREATE ROLE exporter LOGIN IN ROLE mes_reader, pg_monitor');
$bank->wait_until(1, 'SELECT count(*) FROM mes.stat_peers WHERE connected AND voting', '1');

my $port = MeschainFederation::free_ports(1);
local $ENV{DATA_SOURCE_NAME} =
  'host=' . $bank->dir . ' port=' . $bank->port(1) . ' dbname=ledger user=exporter sslmode=disable';
my $log = '';
my $exporter = IPC::Run::start(
	[ 'prometheus-postgres-exporter', "--web.listen-address=127.0.0.1:$port",
		'--extend.query-path=docker/monitoring/queries.yml', '--disable-default-metrics' ],
	'<', \undef, '>&', \$log);

# The page of metrics, once the exporter is up.
sub scrape
{
	for (1 .. 200)
	{
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);

		if ($socket)
		{
			print {$socket} "GET /metrics HTTP/1.0\r\n\r\n";
			$socket->flush;
			return join '', <$socket>;
		}
		IPC::Run::pump_nb($exporter);
		sleep 0.05;
	}
	die "no answer from the exporter: $log";
}
my $page = scrape();
my %metrics = map { $_ => 1 } $page =~ /^(meschain_\w+)/mg;

like($page, qr/^meschain_status_applied_height\{.*member="watched".*\} 1$/m, 'the height is there, with its member');
like($page, qr/^meschain_status_voting\{.*\} 1$/m, 'the node votes');
like($page, qr/^meschain_peer_connected\{.*member="other".*\} 1$/m, 'and is connected with the other member');
like($page, qr/^meschain_mode_current\{.*mode="voting".*\} 1$/m, 'and is in the mode of mes.status');
like($page, qr/^meschain_health_exit_code\{.*\} 0$/m, 'and well');

my $queries = slurp_file('docker/monitoring/queries.yml');
my $namespace;
foreach my $line (split /\n/, $queries)
{
	$namespace = $1 if $line =~ /^(meschain_\w+):/;
	next unless $line =~ /^ +- (\w+): \{usage: (?:GAUGE|COUNTER)/;
	ok($metrics{"${namespace}_$1"}, "${namespace}_$1 is exported");
}
foreach my $alert (slurp_file('docker/monitoring/alerts.yml') =~ /- alert: .*\n +expr: (.*)/g)
{
	my @missing = grep { !$metrics{$_} } $alert =~ /\b(meschain_\w+)/g;
	is("@missing", '', "there is what is alerted on: $alert");
}
unlike($page, qr/^pg_exporter_last_scrape_error\{?.*\}? 1$/m, 'no query failed');
unlike($log, qr/error/i, 'and nothing is complained about') or diag $log;
IPC::Run::kill_kill($exporter);

done_testing();
