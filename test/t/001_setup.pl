# 001_setup.pl - docker/setup.sh and docker/entrypoint.sh: what make demo, make check and the image
# share. P19: nothing of ours runs a server as root or lets the packages create a cluster "main".
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Utils;
use Test::More;

my $stubs = tempdir(CLEANUP => 1);
my $record = "$stubs/record";

# Programs that only write down how they were called; dpkg-query knows the packages it is told.
sub with_stubs
{
	my ($installed, $sudo_works, @command) = @_;

	append_to_file("$stubs/dpkg-query", "#!/bin/sh\n"
		. "case ' $installed ' in *\" \$4 \"*) echo 'install ok installed' ;; *) exit 1 ;; esac\n");
	append_to_file("$stubs/sudo", "#!/bin/sh\n[ \"\$1\" = -n ] && shift\n"
		. "[ \"\$1\" = true ] && exit " . ($sudo_works ? 0 : 1) . "\necho \"\$*\" >> $record\n");
	chmod 0755, "$stubs/dpkg-query", "$stubs/sudo";
	local $ENV{PATH} = "$stubs:$ENV{PATH}";
	my ($stdout, $stderr) = run_command(\@command);
	my $calls = -e $record ? slurp_file($record) : '';
	unlink glob "$stubs/*";
	return ($calls, "$stdout\n$stderr");
}

isnt($>, 0, 'tests do not run as root');
is(join('', run_command([ 'docker/setup.sh' ])), '', 'where all is installed setup says nothing');

my ($calls, $said) = with_stubs('', 1, 'docker/setup.sh', '--run');
like($said, qr/^setup.sh: installing .*postgresql-15/, 'what is missing is named');
like($calls, qr/apt-get .*update\n/, 'the package lists are fetched');
unlike($calls, qr/^(?!env DEBIAN_FRONTEND=noninteractive).*apt-get/m, 'no question is asked');
like(
	$calls,
	qr/create_main_cluster = false.*\n(.*\n)*.*install .*postgresql-15/,
	'no cluster "main" is to be created, said before the server is installed');
like($calls, qr/install .* postgresql-15\n(.*\n)*mv .*createcluster/, 'the setting comes back after');

($calls, $said) = with_stubs('postgresql-15', 1, 'docker/setup.sh', '--run');
unlike($calls, qr/create_main_cluster/, 'a server that is there already is left as it is set');
like($calls, qr/install .*libsodium23/, 'and the rest is installed');

($calls) = with_stubs('', 1, 'docker/setup.sh', '--picture');
like($calls, qr/install .*chromium fonts-noto-cjk/, 'a browser and fonts for the picture of the dashboard');
unlike($calls, qr/postgresql/, 'and no server');
($calls, $said) = with_stubs('', 0, 'docker/setup.sh');
like($said, qr/neither root nor sudo; run as root: apt-get install .*postgresql-15/,
	'without root and sudo setup says what to do');
is($calls, '', 'and does nothing');

# one member's server, made and run by the image's entry point
my $dir = tempdir(CLEANUP => 1);
my ($bin) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};
append_to_file("$dir/password", 'three small words');
local %ENV = (%ENV, MESCHAIN_DIR => "$dir/node", MESCHAIN_NODE => 'bank1', MESCHAIN_BINDIR => $bin,
	MESCHAIN_PORT => 5433, MESCHAIN_PASSWORD_FILE => "$dir/password", PGHOST => "$dir/node",
	PGPORT => 5433, PGUSER => 'postgres', PGDATABASE => 'ledger');

mkdir "$dir/node";
mkdir "$dir/node/data.new"; # as an init that was cut short leaves it
command_ok([ 'docker/entrypoint.sh', 'init' ], 'a server is made');
ok(!-e "$dir/node/init", 'the socket of the making is gone');
is((stat "$dir/node/state")[2] & 0777, 0700, 'its state directory is the owner\'s alone');
command_fails([ 'docker/entrypoint.sh', 'ready' ], 'init leaves no server running');

sub start_server
{
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>>', "$dir/log";
		open STDERR, '>>', "$dir/log";
		exec 'docker/entrypoint.sh', 'run';
	}
	foreach (1 .. 600)
	{
		last if system('docker/entrypoint.sh', 'ready') == 0;
		select undef, undef, undef, 0.05;
	}
	return $pid;
}

sub answer
{
	my ($stdout) = run_command([ 'psql', '-XAt', '-c', shift ]);
	return $stdout;
}

my $pid = start_server();
is(answer("SELECT extname FROM pg_extension WHERE extname = 'meschain'"), 'meschain',
	'the server runs with the extension in database "ledger"');
like(answer("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'"), qr/^SCRAM-SHA-256\$/,
	'the password is stored as a verifier');
unlike(slurp_file("$dir/node/init.log"), qr/three small words/, 'and no log holds it');
is(answer("SELECT count(*) FROM pg_hba_file_rules WHERE type <> 'local' AND auth_method = 'trust'"),
	'0', 'nobody gets in over the network without proof');
answer('CREATE TABLE kept AS SELECT 1 AS a');
kill 'INT', $pid;
waitpid $pid, 0;
is($?, 0, 'SIGINT stops it cleanly');

$pid = start_server();
is(answer('SELECT a FROM kept'), '1', 'a second start keeps the data');
kill 'INT', $pid;
waitpid $pid, 0;

done_testing();
