# 202_entrypoint.pl - four servers made by the image's entry point, as docker compose starts them: they
# exchange what they need through a directory and hold one genesis, signed by all.
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $home = PostgreSQL::Test::Utils::tempdir_short();
my $base = MeschainFederation::free_ports(4);
my ($bin) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};
my @members = map { "bank$_" } 1 .. 4;
mkdir "$home/exchange", 0700;

my @pids;
foreach my $number (1 .. 4)
{
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		%ENV = (%ENV, MESCHAIN_DIR => "$home/bank$number", MESCHAIN_NODE => "bank$number",
			MESCHAIN_PORT => $base + $number - 1, MESCHAIN_LISTEN => '127.0.0.1', MESCHAIN_HOST => '127.0.0.1',
			MESCHAIN_BINDIR => $bin, MESCHAIN_MEMBERS => "@members", MESCHAIN_EXCHANGE => "$home/exchange");
		open STDOUT, '>>', "$home/log$number";
		open STDERR, '>>', "$home/log$number";
		exec 'docker/entrypoint.sh', 'run';
	}
	push @pids, $pid;
}

END { my $status = $?; kill 'INT', @pids; waitpid $_, 0 foreach @pids; $? = $status }

sub ask
{
	my ($number, $statement) = @_;
	my ($stdout) = run_command([ 'psql', '-XAtq', '-d',
		"host=$home/bank$number port=" . ($base + $number - 1) . ' dbname=ledger user=postgres', '-c', $statement ]);
	return $stdout;
}

my $deadline = time + 120;
my %hash;
foreach my $number (1 .. 4)
{
	my $answer = '';
	while ($answer !~ /^\w{64} 4$/ && time < $deadline)
	{
		sleep 0.2;
		$answer = ask($number, "SELECT encode(genesis_hash, 'hex') || ' ' || members_total FROM mes.genesis");
	}
	like($answer, qr/^\w{64} 4$/, "bank$number has joined a genesis of four") or diag slurp_file("$home/log$number");
	$hash{$answer} = 1;
}
is(keys %hash, 1, 'it is the same everywhere');
is(ask(4, "SELECT array_length(mes_internal.genesis_signers('" . slurp_file("$home/exchange/genesis.bank4") . "'), 1)"),
	4, 'and all have signed it');
is(ask(2, "SELECT string_agg(member || ':' || host || ':' || port, ' ' ORDER BY number) FROM mes.members"),
	join(' ', map { "bank$_:127.0.0.1:" . ($base + $_ - 1) } 1 .. 4), 'with the address of each');
is((stat "$home/bank1/state/peer.key")[2] & 0777, 0600, 'the TLS key is its owner\'s alone');
is(() = slurp_file("$home/bank3/state/peers.crt") =~ /BEGIN CERTIFICATE/g, 4, 'each trusts the certificates of all');

my $tls = "$home/bank2/state";
my ($stdout, $stderr) = run_command([ 'psql', '-XAtq', '-d',
	"host=bank1 hostaddr=127.0.0.1 port=$base dbname=ledger user=mes_peer_bank2 sslmode=verify-full gssencmode=disable"
	  . " sslcert=$tls/peer.crt sslkey=$tls/peer.key sslrootcert=$tls/peers.crt", '-c', 'SELECT 1' ]);
like($stderr, qr/the session of a member cannot run/, 'a member gets in with its certificate, and can deliver only');

done_testing();
