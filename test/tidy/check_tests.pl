# Tests: every regress and isolation test has its expected output and the other way round; no test
# shares a name with a part of sql/, which pg_regress would run in its place; a TAP test says what
# it is about; fuzz targets and TAP files are named so that the Makefile finds them.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my %expected = map { m{([^/]+?)(?:_\d)?\.out$} ? ($1 => $_) : () } files(qr/\.out$/, 'expected');
my %exact = map { m{([^/]+)\.out$} ? ($1 => $_) : () } files(qr/\.out$/, 'expected');
my %part = map { m{([^/]+)\.sql$} ? ($1 => $_) : () } files(qr/\.sql$/, 'sql');
my %test;

foreach my $path (files(qr/\.(sql|spec)$/, 'test/sql', 'test/specs'))
{
	my ($name) = $path =~ m{([^/]+)\.\w+$};

	complain("$path: no expected/$name.out") unless $exact{$name} || $expected{$name};
	complain("$path: shares its name with $part{$name}") if $part{$name};
	complain("$path: shares its name with $test{$name}") if $test{$name};
	complain("$path: the name of a spec begins with iso_") if $path =~ /spec$/ && $name !~ /^iso_/;
	complain("$path: does not open with a comment that says its subject")
	  unless slurp($path) =~ /^(--|#) \S/;
	$test{$name} = $path;
}
foreach my $name (sort keys %exact)
{
	my $stem = $name =~ s/_\d$//r;
	complain("$exact{$name}: no test of that name") unless $test{$name} || $test{$stem};
}
foreach my $path (files(qr/./, 'test/t'))
{
	complain("$path: the Makefile looks for NNN_subject.pl") unless $path =~ m{/\d\d\d_\w+\.pl$};
	complain("$path: does not open with a comment that says its subject")
	  unless slurp($path) =~ /^# \S/;
}
report('tests: ' . scalar(keys %test) . ' have their expected output');
