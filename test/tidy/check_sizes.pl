# Sizes: a function fits a screen (70 lines), a .c file 600 lines, a header 200, a line 100 columns.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my %line_limit = (c => 600, h => 200);
my $function_limit = 70;
my $column_limit = 100;

my @paths = files(qr/\.[ch]$/, 'src', 'test');
foreach my $path (@paths)
{
	my ($kind) = $path =~ /\.([ch])$/;
	my @lines = split /\n/, slurp($path);
	my $number = 0;

	complain(sprintf '%s: %d lines, at most %d', $path, scalar @lines, $line_limit{$kind})
	  if @lines > $line_limit{$kind} && !excepted('size', $path, 'lines');
	foreach my $line (@lines)
	{
		$number++;
		1 while $line =~ s/^([^\t]*)\t/$1 . ' ' x (4 - length($1) % 4)/e;
		complain(sprintf '%s:%d: %d columns, at most %d', $path, $number, length $line, $column_limit)
		  if length $line > $column_limit;
	}
}

open my $ctags, '-|', 'ctags', '-x', '--_xformat=%F %n %e %N', '--kinds-C=f', '--fields=+ne',
  '--language-force=C', @paths
  or die "check_sizes.pl: ctags does not run (package universal-ctags): $!\n";
my $functions = 0;
while (my $line = <$ctags>)
{
	my ($path, $from, $to, $name) = $line =~ /^(\S+) (\d+) (\d+) (\S+)$/ or next;
	my $size = $to - $from + 1;

	$functions++;
	complain("$path:$from: function $name has $size lines, at most $function_limit")
	  if $size > $function_limit && !excepted('size', $path, $name);
}
complain('ctags finds no function at all') unless $functions;
report("sizes: $functions functions in " . scalar(@paths) . ' files', 'size');
