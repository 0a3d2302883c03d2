# MeschainFederation.pm - N servers of one federation, for TAP tests; made by mesctl as a user makes
# them, so that its commands are tested on the way.
#
#   my $bank = MeschainFederation->create(4, settings => ['meschain.commit_timeout=20s']);
#   $bank->sql(2, 'SELECT mode FROM mes.status');
#   my $load = $bank->load_begin(node => 2, clients => 4);
#   $bank->kill9(3);  $bank->start(3);
#   my $acked = $bank->load_end($load);
#   $bank->wait_equal;                          # same height everywhere, nothing under way
#   $bank->ledgers_equal('after the kill');     # a test: every ledger relation, row by row (C7)
#   $bank->has_acked($acked);                   # a test: nothing acknowledged is lost, on any node
#   $bank->under_load('a kill', sub { ... });   # all of that around what the block does
#
# Nodes have numbers from 1, members from 0. Faults: kill9, kill9_worker, pause and resume (SIGSTOP,
# SIGCONT of all processes of a node), partition and heal, switch_on for the test build's settings.
# Knows processes, files and SQL, no rule of the protocol.
package MeschainFederation;

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(realpath);
use IO::Socket::INET;
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our $TIMEOUT = $ENV{PG_TEST_TIMEOUT_DEFAULT} || 180;

# Small servers: fifteen of them have to fit on two cores.
my @SETTINGS = (
	'shared_buffers=32MB', 'max_wal_size=512MB', 'min_wal_size=80MB', 'restart_after_crash=on',
	'autovacuum_naptime=10s', 'log_line_prefix=%m [%p] %b %q%u ', 'meschain.mempool_size=16MB',
	'meschain.utxo_cache_size=16MB');

my @made;

# Options: settings => ['name=value'], parameters and members as in genesis, wait => seconds for all
# nodes to vote (0: do not wait).
sub create
{
	my ($class, $count, %options) = @_;
	my $home = PostgreSQL::Test::Utils::tempdir_short();
	my $self = bless {
		dir => "$home/f", count => $count, port => free_ports($count), home => $home, paused => {},
		pid => $$
	}, $class;
	push @made, $self;
	my @words = ('--nodes', $count, '--base-port', $self->{port}, '--wait', $options{wait} // 60);

	($ENV{MESCHAIN_BINDIR}) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};
	push @words, '--set', $_ foreach @SETTINGS, @{ $options{settings} // [] };
	if ($options{parameters} || $options{members})
	{
		push @words, '--genesis', $self->_write_genesis(%options);
	}
	$self->_mesctl('federation', 'create', '--dir', $self->{dir}, @words);
	return $self;
}

sub _write_genesis
{
	my ($self, %options) = @_;
	my %parameters = %{ $options{parameters} // {} };
	my $members = join ', ', map { qq({"name": "$_"}) } @{ $options{members} // [] };
	my $text = '"parameters": {' . join(', ', map { qq("$_": $parameters{$_}) } sort keys %parameters) . '}';

	$text .= ", \"members\": [$members]" if $members ne '';
	append_to_file("$self->{home}/genesis", "{$text}");
	return "$self->{home}/genesis";
}

# The first of so many ports in a row that nobody has.
sub free_ports
{
	my ($count) = @_;

	for (1 .. 200)
	{
		my $base = 20000 + int rand 10000;
		my @held = map {
			IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $base + $_, Listen => 1) // ()
		} 0 .. $count - 1;
		my $free = @held == $count;

		close $_ foreach @held;
		return $base if $free;
	}
	croak "no $count free ports in a row";
}

sub dir { return $_[0]{dir} }
sub nodes { return 1 .. $_[0]{count} }
sub quorum { my $n = $_[0]{count}; return int(($n + int(($n - 1) / 3)) / 2) + 1 }
sub port { return $_[0]{port} + $_[1] - 1 }
sub data_dir { return "$_[0]{dir}/node$_[1]/data" }
sub state_dir { return "$_[0]{dir}/node$_[1]/state" }
sub log_file { return "$_[0]{dir}/node$_[1]/server.log" }
sub running { my ($self) = @_; return grep { defined $self->postmaster_pid($_) && !$self->{paused}{$_} } $self->nodes }

# Runs mesctl; dies with its words when it fails.
sub _mesctl
{
	my ($self, @words) = @_;
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', @words ], '<', \undef, '>', \$stdout, '2>', \$stderr);
	croak "mesctl @words: $stdout$stderr" . $self->log_tails if $? != 0;
	note $stdout =~ s/\n\z//r if $stdout ne '';
	return $stdout;
}

sub log_tails
{
	my ($self) = @_;

	return join '', map { -e $self->log_file($_) ? "== node$_\n" . `tail -n 15 '@{[ $self->log_file($_) ]}'` : '' }
	  $self->nodes;
}

# One more server beside the others, with keys and a certificate that all trust; its node is no member
# yet and holds no ledger. Returns its number.
sub add_server
{
	my ($self) = @_;
	my $node = ++$self->{count};
	my $name = "node$node";
	my $conf = slurp_file($self->data_dir(1) . '/postgresql.conf');

	mkdir "$self->{dir}/$name", 0700 or croak "cannot make $name: $!";
	mkdir $self->state_dir($node), 0700 or croak "cannot make the state directory of $name: $!";
	run_log([ 'initdb', '-D', $self->data_dir($node), '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '-N' ])
	  or croak 'initdb failed';
	$conf =~ s/.*\n(# meschain\n)/$1/s;
	$conf =~ s{\Q$self->{dir}\E/node1/}{$self->{dir}/$name/}g;
	$conf =~ s/^(meschain.node_name = )'.*'$/$1'$name'/m;
	$conf =~ s/^(port = )\d+$/$1@{[ $self->port($node) ]}/m;
	append_to_file($self->data_dir($node) . '/postgresql.conf', $conf);
	system('cp', $self->data_dir(1) . "/$_", $self->data_dir($node)) == 0 or croak "cannot copy $_"
	  foreach 'pg_hba.conf', 'pg_ident.conf';
	$self->_mesctl('node', 'certificate', $name, '127.0.0.1', '--out', $self->state_dir($node));
	append_to_file("$self->{dir}/federation", "member $name\n");
	my $all = join '', map { slurp_file($self->state_dir($_) . '/peer.crt') } $self->nodes;
	foreach my $other ($self->nodes)
	{
		open my $out, '>', $self->state_dir($other) . '/peers.crt' or croak "cannot write peers.crt: $!";
		print {$out} $all;
		close $out;
		$self->sql($other, 'SELECT pg_reload_conf()') if $other != $node;
	}
	run_log([ 'pg_ctl', '-D', $self->data_dir($node), '-l', $self->log_file($node), '-w', '-s', 'start' ])
	  or croak "$name does not start";
	$self->sql($node, "CREATE DATABASE ledger TEMPLATE template0 ENCODING 'UTF8'",
		conninfo => $self->conninfo($node, dbname => 'postgres'));
	$self->sql($node, 'CREATE EXTENSION meschain CASCADE');
	$self->sql($node, 'SELECT mes.create_node_key()');
	return $node;
}

# ---- SQL ---------------------------------------------------------------------------------------

# As superuser through the socket; user and options as libpq has them, for sessions over TLS and others.
sub conninfo
{
	my ($self, $node, %options) = @_;
	my %words = (
		host => realpath($self->{dir}), port => $self->port($node), dbname => 'ledger', user => 'postgres',
		connect_timeout => 10, %options);

	return join ' ', map { "$_='$words{$_}'" } sort keys %words;
}

# Result of statements run one by one in a session: (exit status, stdout, stderr).
sub psql
{
	my ($self, $node, $statement, %options) = @_;
	my ($stdout, $stderr) = ('', '');
	my $conninfo = $options{conninfo} // $self->conninfo($node);
	my $file = "$self->{home}/statement.sql"; # not a pipe, which breaks when the server refuses

	open my $out, '>', $file or croak "cannot write $file: $!";
	print {$out} "$statement\n";
	close $out;
	IPC::Run::run(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', '-d', $conninfo, '-f', $file ],
		'<', \undef, '>', \$stdout, '2>', \$stderr, IPC::Run::timeout($options{timeout} // $TIMEOUT));
	my $status = $? >> 8;
	chomp $stdout;
	return ($status, $stdout, $stderr);
}

sub sql
{
	my ($self, $node, $statement, %options) = @_;
	my ($status, $stdout, $stderr) = $self->psql($node, $statement, %options);

	croak "node$node: $statement: $stderr" if $status != 0;
	return $stdout;
}

# The message of a statement that has to fail, '' when it did not.
sub sql_error
{
	my ($self, $node, $statement, %options) = @_;
	my ($status, undef, $stderr) = $self->psql($node, $statement, %options);

	return $status == 0 ? '' : $stderr;
}

# One statement on these nodes (default: those that run): its answers by node.
sub on_all
{
	my ($self, $statement, @nodes) = @_;

	@nodes = $self->running unless @nodes;
	return map { $_ => $self->sql($_, $statement) } @nodes;
}

# A psql that stays open: ->query(statements) gives their output, ->quit ends it.
sub session
{
	my ($self, $node) = @_;

	return MeschainFederation::Session->new($self->conninfo($node));
}

# Polls until a statement returns $expected there (a text or a pattern); a server that is just
# starting is asked again. Dies with the last answer.
sub wait_until
{
	my ($self, $node, $statement, $expected, $seconds) = @_;
	my $deadline = time + ($seconds // $TIMEOUT);
	my ($status, $stdout, $stderr);

	while (1)
	{
		($status, $stdout, $stderr) = $self->psql($node, $statement);
		return $stdout if $status == 0 && (ref $expected ? $stdout =~ $expected : $stdout eq $expected);
		last if time > $deadline;
		sleep 0.1;
	}
	croak "node$node: waited in vain for \"$statement\" to be \"$expected\"; last answer \"$stdout\" $stderr"
	  . $self->log_tails;
}

sub wait_voting
{
	my ($self, @nodes) = @_;

	$self->wait_until($_, 'SELECT voting FROM mes.status', 't') foreach @nodes ? @nodes : $self->running;
	return;
}

sub height { my ($self, $node) = @_; return $self->sql($node, 'SELECT applied_height FROM mes.status') }

# Until a node's height has grown by so many blocks.
sub wait_blocks
{
	my ($self, $node, $blocks, $seconds) = @_;
	my $goal = $self->height($node) + $blocks;

	return $self->wait_until($node, "SELECT applied_height >= $goal FROM mes.status", 't', $seconds);
}

# A node that leads now, as node 1 sees it, and is not node 1, which carries the load: then another.
sub leader_but_one { my ($self) = @_; my $leader = $self->leader(1) // 1; return $leader == 1 ? 2 : $leader }

# Until a node is so many epochs further; this node's blocks help when there is no load. It needs an
# account of its own.
sub next_epochs
{
	my ($self, $node, $count) = @_;
	my $deadline = time + $TIMEOUT;
	my $epoch = 'SELECT max(epoch) FROM mes.epochs';
	my $goal = $self->sql($node, $epoch) + ($count // 1);

	while (time < $deadline)
	{
		my ($status, $now) = $self->psql($node, $epoch);
		return $now if $status == 0 && $now >= $goal;
		$self->psql($node, "SET meschain.commit_timeout = '2s'; SELECT mes.notarise(sha256(clock_timestamp()::text::bytea));");
	}
	croak "node$node: waited in vain for epoch $goal" . $self->log_tails;
}

# Number of the node that leads now, as this node sees it.
sub leader
{
	my ($self, $node) = @_;
	my $member = $self->sql($node // ($self->running)[0],
		'SELECT m.number FROM mes.stat_consensus AS s JOIN mes.members AS m ON m.member = s.leader');

	return $member eq '' ? undef : $member + 1;
}

# ---- a node's life --------------------------------------------------------------------------------

sub start
{
	my ($self, @nodes) = @_;

	$self->_mesctl('federation', 'start', '--dir', $self->{dir}, "node$_") foreach @nodes ? @nodes : $self->nodes;
	return;
}

sub stop
{
	my ($self, @nodes) = @_;

	$self->_mesctl('federation', 'stop', '--dir', $self->{dir}, "node$_") foreach @nodes ? @nodes : $self->nodes;
	return;
}

# SIGKILL of postmasters; without a node of all of them at once.
sub kill9
{
	my ($self, @nodes) = @_;

	$self->_mesctl('federation', 'kill', '--dir', $self->{dir}, $_) foreach @nodes ? map { "node$_" } @nodes : ();
	$self->_mesctl('federation', 'kill', '--dir', $self->{dir}) unless @nodes;
	return;
}

sub postmaster_pid
{
	my ($self, $node) = @_;

	open my $file, '<', $self->data_dir($node) . '/postmaster.pid' or return undef;
	chomp(my $pid = <$file>);
	open my $status, '<', "/proc/$pid/status" or return undef;
	return (grep { /^State:\s+[ZX]/ } <$status>) ? undef : $pid;
}

# All processes of a node: pid => title. Every one of them stands in the data directory.
sub processes
{
	my ($self, $node) = @_;
	my $data = realpath($self->data_dir($node));
	my %title;

	foreach my $path (glob '/proc/[0-9]*')
	{
		next unless (readlink("$path/cwd") // '') eq $data;
		open my $cmdline, '<', "$path/cmdline" or next;
		my $text = join '', <$cmdline>;
		$text =~ s/\0.*//s;
		$title{ $path =~ s{^/proc/}{}r } = $text;
	}
	return \%title;
}

# launcher, order, apply or housekeeper.
sub worker_pid
{
	my ($self, $node, $type) = @_;
	my $processes = $self->processes($node);
	my @found = grep { $processes->{$_} =~ /: meschain \Q$type\E\b/ } keys %$processes;

	return $found[0];
}

sub kill9_worker
{
	my ($self, $node, $type) = @_;
	my $pid = $self->worker_pid($node, $type) // croak "node$node has no worker \"$type\"";

	kill 'KILL', $pid;
	sleep 0.01 while -e "/proc/$pid" && !grep { /^State:\s+[ZX]/ } _lines("/proc/$pid/status");
	$self->wait_until($node, 'SELECT 1', '1');
	return;
}

# SIGTERM: the worker goes, the server stays, and with it what its sessions wait for.
sub end_worker
{
	my ($self, $node, $type) = @_;
	my $pid = $self->worker_pid($node, $type) // croak "node$node has no worker \"$type\"";

	kill 'TERM', $pid;
	sleep 0.01 while -e "/proc/$pid";
	sleep 0.05 until defined $self->worker_pid($node, $type);
	return;
}

sub _lines { open my $file, '<', $_[0] or return; return <$file> }

# SIGSTOP of every process of a node: it is there and says nothing.
sub pause
{
	my ($self, $node) = @_;
	my $postmaster = $self->postmaster_pid($node) // croak "node$node does not run";

	kill 'STOP', $postmaster; # starts nothing meanwhile
	kill 'STOP', keys %{ $self->processes($node) };
	$self->{paused}{$node} = 1;
	return;
}

sub resume
{
	my ($self, $node) = @_;

	kill 'CONT', keys %{ $self->processes($node) };
	delete $self->{paused}{$node};
	return;
}

# ---- faults of the test build ---------------------------------------------------------------------

# $bank->switch_on(2, disk_time => 200000): meschain.test_disk_time. Without a value: off.
sub switch_on
{
	my ($self, $node, $name, $value) = @_;
	my $command = defined $value ? "SET meschain.test_$name = '$value'" : "RESET meschain.test_$name";

	$self->sql($node, "ALTER SYSTEM $command");
	$self->sql($node, 'SELECT pg_reload_conf()');
	return;
}

# Groups of nodes that hear each other only: partition([1, 2], [3, 4]). A node in no group is alone.
sub partition
{
	my ($self, @groups) = @_;

	foreach my $node ($self->running)
	{
		my ($own) = grep { grep { $_ == $node } @$_ } @groups;
		my %near = map { $_ => 1 } $node, @{ $own // [] };

		$self->switch_on($node, 'block_peers', join ',', map { $_ - 1 } grep { !$near{$_} } $self->nodes);
	}
	return;
}

# Only this direction is cut.
sub cut
{
	my ($self, $from, @to) = @_;

	return $self->switch_on($from, 'block_peers', join ',', map { $_ - 1 } @to);
}

sub heal
{
	my ($self) = @_;

	$self->switch_on($_, 'block_peers') foreach $self->running;
	return;
}

# ---- load -----------------------------------------------------------------------------------------

# Signed transfers in the background; options node, clients, seconds, rate, batch, suite.
sub load_begin
{
	my ($self, %options) = @_;
	my $acked = "$self->{home}/acked" . ++$self->{loads};
	my ($stdout, $stderr) = ('', '');
	my %words = (node => 1, clients => 4, seconds => 10, %options);
	my $run = IPC::Run::start(
		[ 'mesctl', 'load', '--dir', $self->{dir}, '--acked', $acked, map { ("--$_", $words{$_}) } sort keys %words ],
		'<', \undef, '>', \$stdout, '2>', \$stderr);

	return { run => $run, acked => $acked, stdout => \$stdout, stderr => \$stderr };
}

# Waits for its end; a test that it ended well. Returns the file of what was acknowledged.
sub load_end
{
	my ($self, $load, $name) = @_;

	IPC::Run::finish($load->{run});
	is($? >> 8, 0, $name // 'the load ends well') or diag ${ $load->{stdout} } . ${ $load->{stderr} } . $self->log_tails;
	note ${ $load->{stdout} };
	return $load->{acked};
}

# Lines that the load has written so far.
sub acked_count
{
	my ($self, $load) = @_;

	return scalar(() = _lines($load->{acked}));
}

# A test: every transfer in the file is in mes.transactions of these nodes, once and accepted.
sub has_acked
{
	my ($self, $file, @nodes) = @_;
	my @txids = map { (split / /)[0] } _lines($file);
	my $list = join ',', @txids;

	@nodes = $self->running unless @nodes;
	cmp_ok(scalar @txids, '>', 0, 'something was acknowledged');
	foreach my $node (@nodes)
	{
		my $found = $self->sql($node,
			"SELECT count(*) FROM unnest(string_to_array('$list', ',')) AS acked"
			  . " JOIN mes.transactions AS t ON t.txid = decode(acked, 'hex') WHERE t.status = 'ok'");
		is($found, scalar @txids, "node$node has every acknowledged transfer");
	}
	return scalar @txids;
}

# ---- equal ledgers (C7) -----------------------------------------------------------------------------

# Until these nodes stand at one height and nothing waits, twice in a row.
sub wait_equal
{
	my ($self, %options) = @_;
	my @nodes = @{ $options{nodes} // [ $self->running ] };
	my $deadline = time + ($options{seconds} // $TIMEOUT);
	my $state = "SELECT applied_height || ' ' || (SELECT count(*) FROM mes.pending_transactions) FROM mes.status";
	my ($before, @now) = ('');

	while (1)
	{
		@now = map { my (undef, $answer) = $self->psql($_, $state); $answer } @nodes;
		my %distinct = map { $_ => 1 } @now;
		my ($first) = keys %distinct;
		return (split / /, $first)[0] if keys %distinct == 1 && $first =~ / 0$/ && $first eq $before;
		$before = keys %distinct == 1 ? $first : '';
		last if time > $deadline;
		sleep 0.3;
	}
	croak 'nodes do not become equal: ' . join(', ', map { "node$nodes[$_]: $now[$_]" } 0 .. $#nodes) . "\n"
	  . $self->log_tails;
}

# What is a node's own affair, and columns that are (C7). Every other relation is the ledger's.
my %LOCAL = map { $_ => 1 } qw(account_rows home_rows peer_addresses outbox_rows hook_rows hook_call_rows
  hook_error_rows verify_run_rows leaves state_sums node_event_rows shard_maps shard_addresses);
my %LOCAL_COLUMNS = (block_rows => ['commit_certificate', 'result_certificate'], genesis_rows => ['joined_at']);

# Relation => "rows digest" of one node.
sub ledger_digests
{
	my ($self, $node) = @_;
	my @relations = grep { !$LOCAL{$_} } split /\n/, $self->sql($node,
		"SELECT relname FROM pg_class WHERE relnamespace = 'mes_internal'::regnamespace"
		  . " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1");
	my %digests;

	foreach my $relation (@relations)
	{
		my $row = join ' - ', 'to_jsonb(r)', map { "'$_'" } @{ $LOCAL_COLUMNS{$relation} // [] };

		$digests{$relation} = $self->sql($node,
			"SELECT count(*) || ' ' || coalesce(md5(string_agg(d, '' ORDER BY d)), '-')"
			  . " FROM (SELECT md5(($row)::text) AS d FROM mes_internal.$relation AS r) AS rows");
	}
	return \%digests;
}

# A test: every ledger relation has the same rows on these nodes.
sub ledgers_equal
{
	my ($self, $name, @nodes) = @_;

	@nodes = $self->running unless @nodes;
	my ($first, @others) = @nodes;
	my $expected = $self->ledger_digests($first);
	my $same = 1;

	foreach my $node (@others)
	{
		$same &= is_deeply($self->ledger_digests($node), $expected, "$name: node$node holds the ledger of node$first");
	}
	return $same;
}

# A story: $do happens while blocks are made, the load ends, and then every one of these nodes
# (nodes => [...], default all) has the same ledger with all in it that was acknowledged. Options of
# load_begin go through.
sub under_load
{
	my ($self, $what, $do, %options) = @_;
	my @nodes = @{ delete $options{nodes} // [ $self->nodes ] };
	my $load = $self->load_begin(%options);

	$self->wait_blocks($options{node} // 1, 5);
	$do->();
	my $acked = $self->load_end($load, "$what: the load ends well");
	$self->wait_equal(nodes => \@nodes);
	$self->ledgers_equal($what, @nodes);
	$self->has_acked($acked, @nodes);
	return;
}

# A test: a node proves its own ledger from the hashes up.
sub verifies
{
	my ($self, @nodes) = @_;

	foreach my $node (@nodes ? @nodes : $self->running)
	{
		is($self->sql($node, 'SELECT * FROM mes.verify()'), '', "node$node finds no problem in its ledger");
	}
	return;
}

# A test of its own: no assertion failed and nothing panicked.
sub logs_are_clean
{
	my ($self, @nodes) = @_;

	foreach my $node (@nodes ? @nodes : $self->nodes)
	{
		my @bad = grep { /TRAP:|PANIC:|terminated by signal (6|11)/ } split /\n/, slurp_file($self->log_file($node));
		is(join("\n", @bad), '', "no failed assertion and no panic in the log of node$node");
	}
	return;
}

sub destroy
{
	my ($self) = @_;

	return if $self->{gone} || !-e "$self->{dir}/federation" || $self->{pid} != $$;
	$self->{gone} = 1;
	$self->resume($_) foreach keys %{ $self->{paused} };
	$self->_mesctl('federation', 'destroy', '--dir', $self->{dir});
	return;
}

# At the end of the test, however it ends: keeps the logs, and the test's own verdict.
END
{
	local ($?, $@);
	foreach my $self (grep { $_->{pid} == $$ && !$_->{gone} } @made)
	{
		my $test = $0 =~ s{.*/}{}r =~ s{\.pl$}{}r;

		foreach my $node (grep { -e $self->log_file($_) } $self->nodes)
		{
			system('cp', $self->log_file($node), "$PostgreSQL::Test::Utils::log_path/${test}_node$node.log");
		}
		eval { $self->destroy; 1 } or warn $@;
	}
}

package MeschainFederation::Session;

use Carp qw(croak);

sub new
{
	my ($class, $conninfo) = @_;
	my $self = bless { in => '', out => '', err => '', asked => 0 }, $class;

	$self->{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $conninfo ], '<', \$self->{in}, '>', \$self->{out},
		'2>', \$self->{err}, IPC::Run::timeout($MeschainFederation::TIMEOUT));
	return $self;
}

sub query
{
	my ($self, $statements) = @_;
	my $end = 'answered ' . ++$self->{asked};

	$self->{in} .= "$statements\n\\echo $end\n";
	IPC::Run::pump($self->{run}) until $self->{out} =~ /^$end$/m || !$self->{run}->pumpable;
	$self->{out} =~ s/\A(.*?)^$end\n//ms or croak "the session ended: $self->{err}";
	return $1 =~ s/\n\z//r;
}

sub quit { my ($self) = @_; $self->{in} .= "\\q\n"; return IPC::Run::finish($self->{run}) }

1;
