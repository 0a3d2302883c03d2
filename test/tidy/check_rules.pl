# Rules: prints which test guards which rule of PostgreSQL's ground (docs/testing.md). A test names
# its rules in a comment, "# P17" or "-- P9, P15". A rule without a test is listed as missing; with
# TIDY_STRICT=1 that fails.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my @wanted = (1 .. 11, 15 .. 21, 24, 26 .. 35, 37, 40);
my %tests;

foreach my $path (files(qr/\.(sql|spec|pl|c|sh)$/, map { "test/$_" }
		qw(sql specs t t_all unit fuzz sim bench model clients)))
{
	foreach my $line (split /\n/, slurp($path))
	{
		my ($comment) = $line =~ m{(?:^\s*\*|--|#|/\*|//)\s(.*)} or next;
		$tests{$1}{$path} = 1 while $comment =~ /\bP(\d{1,2})\b/g;
	}
}
my @missing = grep { !$tests{$_} } @wanted;
foreach my $rule (sort { $a <=> $b } keys %tests)
{
	printf "  P%-3d %s\n", $rule, join ' ', map { s{^test/}{}r } sort keys %{ $tests{$rule} };
}
print '  no test yet: ', join(' ', map { "P$_" } @missing), "\n" if @missing;
if ($ENV{TIDY_STRICT})
{
	complain("P$_: no test names this rule") foreach @missing;
}
report(sprintf 'rules: %d of %d have a test', @wanted - @missing, scalar @wanted);
