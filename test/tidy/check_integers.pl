# Integers only: what is hashed or voted on knows no floating point, so no pure file does.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

foreach my $path (grep { is_pure($_) } files(qr/\.([ch]|def)$/, 'src'))
{
	my $number = 0;
	foreach my $line (code_lines($path))
	{
		$number++;
		complain("$path:$number: floating point \"$1\"")
		  if $line =~ /\b(float|double|_Float\w+|\d+\.\d*f?|\d+[eE][-+]?\d+|strtod|atof)\b/
		  && $line !~ /^\s*#\s*include/
		  && !excepted('integers', $path, $1);
	}
}
report('integers: no floating point in pure files', 'integers');
