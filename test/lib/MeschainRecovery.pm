# MeschainRecovery.pm - a federation that loses its quorum, for TAP tests: members restored from
# backups of data and state directory, statements, recoveries.
package MeschainRecovery;

use strict;
use warnings;

use parent -norequire, 'MeschainFederation';

use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

sub create
{
	my ($class, @options) = @_;
	my $self = $class->SUPER::create(@options);

	foreach my $node ($self->nodes)
	{
		$self->sql($node, "SELECT mes.create_account('clerk$node')");
		$self->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
	}
	return $self;
}

# The machine of a node as it was: everything it has on disk, while it is down.
sub back_up
{
	my ($self, @nodes) = @_;

	foreach my $node (@nodes)
	{
		$self->stop($node);
		system('rm', '-rf', $self->dir . "/backup$node") == 0 or die;
		system('cp', '-a', $self->dir . "/node$node", $self->dir . "/backup$node") == 0 or die;
		$self->start($node);
		$self->wait_until($node, 'SELECT voting FROM mes.status', 't');
	}
	return;
}

# Who waits for a lock of a killed process would wait for ever: no postmaster is left to end it.
sub wait_gone
{
	my ($self, $node) = @_;

	for (my $tries = 0; my @left = keys %{ $self->processes($node) }; $tries++)
	{
		kill 'KILL', @left if $tries > 2;
		sleep 1;
	}
	return;
}

sub restore
{
	my ($self, @nodes) = @_;
	my @running = grep { defined $self->postmaster_pid($_) } @nodes;

	$self->kill9(@running) if @running;
	foreach my $node (@nodes)
	{
		rename $self->data_dir($node) =~ s{/data$}{}r, $self->dir . "/gone$node." . ++$self->{gone_count} or die;
		system('cp', '-a', $self->dir . "/backup$node", $self->dir . "/node$node") == 0 or die;
	}
	$self->start(@nodes);
	$self->wait_until($_, 'SELECT mode FROM mes.status', 'fenced') foreach @nodes;
	return;
}

# Backups, blocks, and under load these nodes are their backups again. Returns what was acknowledged.
sub lose
{
	my ($self, @nodes) = @_;

	$self->back_up(@nodes);
	my $load = $self->load_begin(node => 1, clients => 4, seconds => 600);
	$self->wait_blocks(1, 20);
	$self->restore(@nodes);
	$self->wait_level;
	$load->{run}->signal('TERM');
	IPC::Run::finish($load->{run});
	return $load->{acked};
}

# The same with blocks in flight: all agree on their order while nobody executes them, so that the
# survivors alone never have a quorum's word on their results.
sub lose_in_flight
{
	my ($self, @nodes) = @_;
	my @others = grep { my $node = $_; !grep { $_ == $node } @nodes } $self->nodes;

	$self->back_up(@nodes);
	my $load = $self->load_begin(node => $others[0], clients => 4, seconds => 600);
	$self->wait_blocks($others[0], 20);
	my %held = map { $_ => $self->worker_pid($_, 'apply') } $self->nodes;
	kill 'STOP', values %held;
	sleep 1;
	# the load may wait for a block that all have executed: this one comes after it
	$self->sql($others[0], "SET meschain.commit = 'local'; SELECT mes.notarise(sha256('in flight'))");
	sleep 1;
	kill 'KILL', $self->postmaster_pid($_), $held{$_} foreach @nodes; # who is stopped does not notice
	$self->wait_gone($_) foreach @nodes;
	kill 'CONT', @held{@others};
	sleep 1;
	$self->{applied_before} = (sort { $b <=> $a } map { $self->height($_) } @others)[0];
	$self->restore(@nodes);
	$self->wait_level;
	$load->{run}->signal('TERM');
	IPC::Run::finish($load->{run});
	return $load->{acked};
}

# Every server is a backup of its own age. What the newest of them had: height and hash.
sub lose_all
{
	my ($self) = @_;
	my ($newest) = reverse $self->nodes;

	foreach my $node ($self->nodes)
	{
		$self->back_up($node);
		$self->load_end($self->load_begin(node => $node == 1 ? 2 : 1, clients => 2, seconds => 2));
	}
	$self->kill9;
	$self->restore($self->nodes);
	my $height = $self->wait_level;
	return (height => $height,
		hash => $self->sql($newest, "SELECT encode(hash, 'hex') FROM mes.blocks WHERE height = $height"));
}

# Until what is certified has come to all of them.
sub wait_level
{
	my ($self) = @_;
	my $height = (sort { $b <=> $a } map { $self->height($_) } $self->nodes)[0];

	$self->wait_until($_, 'SELECT applied_height FROM mes.status', $height, 60) foreach $self->nodes;
	return $height;
}

sub statement_file { my ($self, $node) = @_; return $self->dir . "/node$node.statement" }
sub recovery_file { my ($self) = @_; return $self->dir . '/the.recovery' }

sub statements
{
	my ($self, @nodes) = @_;

	return map {
		$self->_mesctl('recovery', 'attest', '--dir', $self->dir, '--node', $_, '--out', $self->statement_file($_))
	} @nodes;
}

# Of the statements that are there, by the member whose turn it is.
sub assemble
{
	my ($self, $issuer, @nodes) = @_;

	return $self->_mesctl('recovery', 'assemble', '--dir', $self->dir, '--node', $issuer, '--out', $self->recovery_file,
		map { $self->statement_file($_) } @nodes);
}

sub apply
{
	my ($self, @nodes) = @_;

	return map { $self->_mesctl('recovery', 'apply', '--dir', $self->dir, '--node', $_, $self->recovery_file) } @nodes;
}

# What a command says when it fails; '' when it does not.
sub refused
{
	my ($self, $what, $node, @rest) = @_;
	my @words = ('recovery', $what, '--dir', $self->dir, '--node', $node);

	push @words, '--out', $self->dir . '/refused', map { /^\d+$/ ? $self->statement_file($_) : $_ } @rest if $what eq 'assemble';
	push @words, @rest if $what eq 'apply';
	@words = ('recovery', 'sign', '--key', $rest[0], '--out', $self->dir . '/signed.again', $node) if $what eq 'sign';
	return eval { $self->_mesctl(@words); 1 } ? '' : $@;
}

sub _write_bytes
{
	my ($path, $bytes) = @_;

	open my $out, '>:raw', $path or die "cannot write $path: $!";
	print {$out} $bytes;
	close $out;
	return $path;
}

sub _read_bytes { my ($path) = @_; open my $in, '<:raw', $path or die; local $/; return <$in> }

# A copy of a node's statement with one byte changed, counted from the start of what is signed or from
# its end; where it is.
sub altered
{
	my ($self, $node, $at, $change) = @_;
	my $bytes = _read_bytes($self->statement_file($node));
	my $size = unpack 'N', substr $bytes, 8, 4;
	my $place = 12 + ($at < 0 ? $size + $at : $at);

	substr($bytes, $place, 1) = $change->(substr $bytes, $place, 1);
	return _write_bytes($self->statement_file($node) . '.altered' . ++$self->{altered_count}, $bytes);
}

# Signed by a thief who left the record of the key behind.
sub signed
{
	my ($self, $file, $key, %options) = @_;

	unlink "$key.recovery" if $options{fresh};
	$self->_mesctl('recovery', 'sign', '--key', $key, '--out', "$file.signed", $file);
	return "$file.signed";
}

# The recovery with one byte changed, and signed by its issuer when a key is given.
sub altered_recovery
{
	my ($self, $out, $place, $change, $key) = @_;
	my $bytes = _read_bytes($self->recovery_file);

	substr($bytes, $place, 1) = $change->(substr $bytes, $place, 1);
	_write_bytes($out, $bytes);
	return unless defined $key;
	rename $out, "$out.unsigned" or die;
	$self->_mesctl('recovery', 'sign', '--key', $key, '--out', $out, "$out.unsigned");
	return;
}

sub next_number { my ($self) = @_; return $self->sql(1, 'SELECT coalesce(max(number), 0) + 1 FROM mes.recoveries') }

# All of it; returns what assemble said.
sub recover
{
	my ($self, @nodes) = @_;
	my $said = $self->assemble(1 + $self->next_number % 4, @nodes);

	$self->apply(@nodes);
	return $said;
}

# Tests: every node votes again, blocks are made, the ledgers are equal and have what was acknowledged.
sub goes_on
{
	my ($self, $name, $acked) = @_;

	foreach my $node ($self->nodes)
	{
		$self->wait_until($node, 'SELECT mode, voting FROM mes.status', 'voting|t', 60);
	}
	pass("$name: all vote again");
	$self->load_end($self->load_begin(node => 2, clients => 2, seconds => 3), "$name: blocks go on");
	$self->wait_equal;
	$self->ledgers_equal($name);
	$self->has_acked($acked) if defined $acked;
	$self->verifies;
	return;
}

1;
