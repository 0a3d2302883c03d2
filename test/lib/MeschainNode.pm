# MeschainNode.pm - one PostgreSQL server with meschain preloaded, for TAP tests.
#
#   my $node = MeschainNode->create('bank1');         # running, with database "ledger"
#   $node->wait_until('SELECT mode FROM mes.status', 'voting');
#   $node->kill9_worker('apply');                     # SIGKILL; the server restarts itself
#   $node->crash;  $node->start;                      # SIGKILL of every process at one time
#
# A PostgreSQL::Test::Cluster in everything else. Differs from it in three settings: fsync is on
# (without it a node refuses to vote), a server restarts after a crash, and statements are not
# logged (load tests). Knows processes and files only, no rule of the ledger.
package MeschainNode;

use strict;
use warnings;

use parent 'PostgreSQL::Test::Cluster';
use PostgreSQL::Test::Utils;
use Carp qw(croak);
use Test::More;
use Time::HiRes qw(sleep time);

our $DATABASE = 'ledger';

# Options: conf => lines for postgresql.conf; start => 0 leaves it stopped and without database;
# extension => 0 leaves the database empty; allows_streaming, extra as in Cluster's init.
sub create
{
	my ($class, $name, %options) = @_;
	my $node = $class->new($name);

	$node->init(
		extra => [ '--encoding=UTF8', '--no-locale', @{ $options{extra} // [] } ],
		allows_streaming => $options{allows_streaming} // 0);
	mkdir $node->state_directory, 0700 or croak "cannot make the state directory: $!";
	$node->append_conf('postgresql.conf', $node->_settings . ($options{conf} // ''));
	return $node if defined $options{start} && !$options{start};

	$node->start;
	$node->safe_psql('postgres', "CREATE DATABASE $DATABASE TEMPLATE template0");
	$node->sql('CREATE EXTENSION meschain CASCADE')
	  unless defined $options{extension} && !$options{extension};
	return $node;
}

sub _settings
{
	my ($node) = @_;

	return join "\n", 'fsync = on', 'restart_after_crash = on', 'log_statement = none',
	  "shared_preload_libraries = 'meschain'", 'max_worker_processes = 32',
	  'max_connections = 60', 'max_prepared_transactions = 10', "shared_buffers = '64MB'",
	  "min_wal_size = '128MB'", "max_wal_size = '1GB'",
	  "meschain.database = '$DATABASE'", "meschain.node_name = '" . $node->name . "'",
	  "meschain.state_directory = '" . $node->state_directory . "'", '';
}

# Vote log and voting key: beside the data directory, never inside it.
sub state_directory
{
	my ($node) = @_;

	return $node->basedir . '/state';
}

# Result of one statement in the ledger's database; dies with the server's message.
sub sql
{
	my ($node, $statement, %options) = @_;

	return $node->safe_psql($DATABASE, $statement, %options);
}

# The error message of a statement that has to fail, '' when it did not.
sub sql_error
{
	my ($node, $statement, %options) = @_;
	my $stderr = '';

	$node->psql($DATABASE, $statement, stderr => \$stderr, on_error_stop => 1, %options);
	return $stderr;
}

# Polls until the statement returns $expected; a server that is just restarting is asked again.
# Dies after $seconds with the last answer, so that a test says what it waited for.
sub wait_until
{
	my ($node, $statement, $expected, $seconds) = @_;
	my $deadline = time + ($seconds // $PostgreSQL::Test::Utils::timeout_default);
	# not Cluster's psql, which dies of a broken pipe when the server refuses the connection
	my @command = ('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($DATABASE),
		'-c', $statement);
	my ($stdout, $stderr);

	while (1)
	{
		($stdout, $stderr) = run_command(\@command);
		return 1 if $? == 0 && $stdout eq $expected;
		last if time > $deadline;
		sleep 0.05;
	}
	croak "waited in vain for \"$statement\" to be \"$expected\"; last answer \"$stdout\" $stderr";
}

our @WORKERS = qw(launcher order apply housekeeper);

# A federation of this one node: its keys, a genesis with these parameters, the workers at work.
sub create_ledger
{
	my ($node, %parameters) = @_;
	my $json = join ', ', map { "\"$_\": $parameters{$_}" } sort keys %parameters;

	$node->sql('SELECT mes.create_node_key()');
	$node->sql("SELECT mes.create_genesis(parameters => '{$json}') IS NULL");
	return $node->wait_for_workers;
}

# Pids of all workers, once all are there: the node takes submissions.
sub wait_for_workers
{
	my ($node, $seconds) = @_;

	return { map { $_ => $node->wait_for_worker($_, $seconds) } @WORKERS };
}

sub wait_for_server
{
	my ($node, $seconds) = @_;

	return $node->wait_until('SELECT 1', '1', $seconds);
}

sub postmaster_pid
{
	my ($node) = @_;

	open my $file, '<', $node->data_dir . '/postmaster.pid' or return undef;
	chomp(my $pid = <$file>);
	return $pid;
}

# Every child of the postmaster: pid => title. Read from /proc, because a worker without a database
# connection is not in pg_stat_activity.
sub processes
{
	my ($node) = @_;
	my $postmaster = $node->postmaster_pid or return {};
	my %title;

	foreach my $path (glob '/proc/[0-9]*')
	{
		open my $status, '<', "$path/status" or next;
		my ($parent) = map { /^PPid:\s+(\d+)/ ? $1 : () } <$status>;
		next unless defined $parent && $parent == $postmaster;
		open my $cmdline, '<', "$path/cmdline" or next;
		my $text = join '', <$cmdline>;
		$text =~ s/\0.*//s;
		$title{ $path =~ s{^/proc/}{}r } = $text;
	}
	return \%title;
}

# Pid of the only child whose title matches; undef when there is none.
sub process_pid
{
	my ($node, $pattern) = @_;
	my $processes = $node->processes;
	my @found = sort { $a <=> $b } grep { $processes->{$_} =~ $pattern } keys %$processes;

	croak "more than one process matches $pattern: @found" if @found > 1;
	return $found[0];
}

# Types as in the process title: launcher, order, apply, housekeeper.
sub worker_pid
{
	my ($node, $type) = @_;

	return $node->process_pid(qr/: meschain \Q$type\E\b/);
}

sub wait_for_worker
{
	my ($node, $type, $seconds) = @_;
	my $deadline = time + ($seconds // $PostgreSQL::Test::Utils::timeout_default);

	while (time < $deadline)
	{
		my $pid = $node->worker_pid($type);
		return $pid if defined $pid;
		sleep 0.02;
	}
	croak "no worker \"$type\" within the time limit: "
	  . join(', ', sort values %{ $node->processes });
}

# SIGKILL to one process, then waits until the server has restarted itself and answers.
sub kill9_process
{
	my ($node, $pattern) = @_;
	my $pid = $node->process_pid($pattern) // croak "no process matches $pattern";

	kill 'KILL', $pid;
	_wait_gone($pid);
	return $node->wait_for_server;
}

sub kill9_worker
{
	my ($node, $type) = @_;

	return $node->kill9_process(qr/: meschain \Q$type\E\b/);
}

# SIGKILL to the postmaster and all its children at one time, as a machine that dies. Follow with
# start.
sub crash
{
	my ($node) = @_;
	my $postmaster = $node->postmaster_pid // croak 'the server does not run';
	my @children = keys %{ $node->processes };

	note "crash of node " . $node->name;
	kill 'STOP', $postmaster; # starts nothing meanwhile
	kill 'KILL', $postmaster, @children, keys %{ $node->processes };
	_wait_gone($_) foreach $postmaster, @children;
	# In a container whose init reaps nothing the dead postmaster stays a zombie, and its successor
	# would take it for alive.
	unlink $node->data_dir . '/postmaster.pid',
	  $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	$node->{_pid} = undef;
	return;
}

sub _wait_gone
{
	my ($pid) = @_;
	my $deadline = time + 30;

	while (-e "/proc/$pid")
	{
		open my $status, '<', "/proc/$pid/status" or return;
		return if grep { /^State:\s+[ZX]/ } <$status>;
		croak "process $pid does not end" if time > $deadline;
		sleep 0.01;
	}
	return;
}

# A test of its own: docs/operations.md shows this statement with the very output it has here, a txid
# shown as TXID.
sub is_documented
{
	my ($node, $statement) = @_;
	my $output = '';

	IPC::Run::run([ 'psql', '-X', '-v', 'SHOW_CONTEXT=never', '-d', $node->connstr($DATABASE), '-c', $statement ], '>', \$output, '2>&1');
	my ($shown, $docs) = ("ledger=# $statement;\n$output", slurp_file('docs/operations.md'));
	$shown =~ s/\b[0-9a-f]{64}\b/TXID/g;
	s/[ \t]+$//mg foreach $shown, $docs;
	return ok(index($docs, $shown) >= 0, "documented: $statement") || diag($shown);
}

# A test of its own: no assertion failed and nothing panicked since the node was made.
sub log_is_clean
{
	my ($node) = @_;
	my @bad = grep { /TRAP:|PANIC:/ } split /\n/, slurp_file($node->logfile);

	return is(join("\n", @bad), '', 'no failed assertion and no panic in the log of ' . $node->name);
}

1;
