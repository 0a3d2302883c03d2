# Mesctl.pm - mesctl as a user calls it: a federation of one in a directory of its own, keys and
# transactions in files beside it.
package Mesctl;
use strict;
use warnings;

use Exporter 'import';
use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw($home $dir $port %address mesctl done refused field sql sql_refused found make_key public_key
	coins build sign submit);

our $home = tempdir(CLEANUP => 1);
our $dir = "$home/ledger";
our $port;
our %address; # by name of the key file
($ENV{MESCHAIN_BINDIR}) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};

# Exit status, output, complaints; the words are mesctl's. A reference is what it reads from stdin.
sub mesctl
{
	my ($input, $stdout, $stderr) = ('', '', '');
	$input = ${ shift() } if ref $_[0];
	IPC::Run::run([ 'mesctl', @_ ], '<', \$input, '>', \$stdout, '2>', \$stderr);
	return ($? >> 8, $stdout, $stderr);
}

sub done
{
	my ($name, @words) = @_;
	my ($status, $stdout, $stderr) = mesctl(@words);

	is($status, 0, $name) or diag "$stdout$stderr";
	return $stdout;
}

sub refused
{
	my ($name, $status, $message, @words) = @_;
	my ($got, $stdout, $stderr) = mesctl(@words);

	is($got, $status, "$name: exit code $status");
	like($stderr, $message, "$name: says why");
	return;
}

sub field
{
	my ($text, $name) = @_;
	return $text =~ /^$name +(\S+)$/m ? $1 : '';
}

sub sql
{
	my ($status, $stdout, $stderr) = mesctl('psql', '--dir', $dir, 'node1', '-XAtq', '-c', @_);

	is($stderr, '', 'psql has nothing to complain about') if $status != 0;
	chomp $stdout;
	return $stdout;
}

# The complaint of a statement that must fail.
sub sql_refused
{
	my ($status, undef, $stderr) = mesctl('psql', '--dir', $dir, 'node1', '-XAtq', '-v', 'VERBOSITY=verbose',
		'-c', @_);

	isnt($status, 0, "refused: $_[0]");
	return $stderr;
}

sub found
{
	$port = PostgreSQL::Test::Cluster::get_free_port();
	done('create', 'federation', 'create', '--dir', $dir, '--base-port', $port);
	return;
}

sub make_key
{
	my ($name, @options) = @_;
	$address{$name} = field(done("key of $name", 'key', 'new', "$home/$name.key", @options), 'address');
	return;
}

sub public_key
{
	my $key = done("key of $_[0] again", 'key', 'show', "$home/$_[0].key");
	my ($suite) = $key =~ /^suite +(\d)/m;

	return "$suite:" . field($key, 'public_key');
}

sub coins
{
	return done('coins', 'tx', 'coins', @address{@_}, '--dir', $dir, '--out', "$home/coins");
}

sub build
{
	my ($name, @words) = @_;
	return done($name, 'tx', 'build', '--coins', "$home/coins", '--out', "$home/tx", @words);
}

sub sign
{
	my ($name, @more) = @_;
	return done("$name signs", 'tx', 'sign', "$home/tx", '--key', "$home/$name.key", @more);
}

sub submit
{
	my ($name) = @_;
	return field(done($name, 'tx', 'submit', "$home/tx", '--dir', $dir), 'txid');
}

1;
