# Tidy.pm - what the checks of `make tidy` share: finding files, reading C without its comments,
# exceptions with their reasons, and the report. Every check runs at the top of the work tree.
package Tidy;

use strict;
use warnings;

use Exporter 'import';
use File::Find ();

our @EXPORT = qw(files slurp code_lines is_pure room_of may_stand_on excepted complain report);

my @complaints;
my @exceptions;
binmode STDOUT, ':utf8';

# Paths under the given directories whose name matches, sorted; build output left out.
sub files
{
	my ($pattern, @directories) = @_;
	my @found;

	@directories = grep { -e $_ } @directories;
	return () unless @directories;
	File::Find::find(
		{
			no_chdir => 1,
			wanted => sub {
				my $path = $File::Find::name =~ s{^\./}{}r;
				$File::Find::prune = 1 if $path =~ m{^(build|results|\.git)$};
				push @found, $path if -f $_ && $path =~ $pattern;
			}
		},
		@directories);
	return sort @found;
}

sub slurp
{
	my ($path) = @_;

	open my $file, '<:utf8', $path or die "cannot read $path: $!\n";
	local $/;
	return <$file> // '';
}

# Lines of a C file with comments and the insides of literals blanked, line numbers kept.
sub code_lines
{
	my ($path) = @_;
	my $text = slurp($path);

	$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{_blank($1)}gse;
	return split /\n/, $text, -1;
}

sub _blank
{
	my ($piece) = @_;

	return $piece =~ /^["']/ ? substr($piece, 0, 1) x 2 : $piece =~ s/[^\n]//gr;
}

# Pure: builds without PostgreSQL, files or a clock. Clients in src/cli and the like are not.
# Rooms that execute transactions stand on tx/, whose TxWorld they implement (docs/decisions.md).
# Reports are made of what ledger/ executed.
my %stands_on = (ledger => 'tx', rights => 'tx', bi => 'tx ledger rights');

sub may_stand_on
{
	my ($room, $other) = @_;

	return grep { $_ eq $other } split / /, $stands_on{$room} // '';
}

sub is_pure
{
	my ($path) = @_;

	return $path =~ m{^src/[^/]+/} && $path !~ m{^src/(cli|gateway|sdk)/} && $path !~ m{_pg\.[ch]$};
}

sub room_of
{
	my ($path) = @_;

	return $path =~ m{^src/([^/]+)/} ? $1 : '';
}

# True when test/tidy/exceptions lets this path off this rule for this subject.
sub excepted
{
	my ($rule, $path, $subject) = @_;

	@exceptions = _read_exceptions() unless @exceptions;
	foreach my $exception (@exceptions)
	{
		next unless $exception->{rule} eq $rule;
		next unless $path =~ $exception->{path} && $subject =~ $exception->{subject};
		$exception->{used} = 1;
		return 1;
	}
	return 0;
}

sub _read_exceptions
{
	my $path = 'test/tidy/exceptions';
	my @read;

	return () unless -e $path;
	foreach my $line (split /\n/, slurp($path))
	{
		next if $line =~ /^\s*(#|$)/;
		my ($rule, $glob, $subject, $reason) = split ' ', $line, 4;
		die "$path: an exception needs a reason: $line\n" unless defined $reason;
		push @read,
		  { rule => $rule, path => _glob($glob), subject => _glob($subject), line => $line };
	}
	return @read;
}

sub _glob
{
	my ($glob) = @_;
	my $pattern = join '.*', map { quotemeta } split /\*/, $glob, -1;

	return qr/^$pattern$/;
}

sub complain
{
	my ($message) = @_;

	push @complaints, $message;
	return;
}

# Ends a check: one line when all is well, else every complaint and exit status 1. An exception to
# this check's rule that nothing needed is a complaint too.
sub report
{
	my ($subject, $rule) = @_;

	@exceptions = _read_exceptions() unless @exceptions;
	complain("test/tidy/exceptions: nothing needs \"$_->{line}\" any more")
	  foreach grep { defined $rule && $_->{rule} eq $rule && !$_->{used} } @exceptions;
	print "  $_\n" foreach @complaints;
	print @complaints ? 'not ok' : 'ok', " $subject\n";
	exit(@complaints ? 1 : 0);
}

1;
