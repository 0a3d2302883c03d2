# Texts: nothing unfinished, no stray white space, one newline at the end; scripts parse, META.json
# and the compose file too.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my $unfinished = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'XX' . 'X';
my $text_name = qr{(^|/)(Makefile|Dockerfile|run|[^/]+\.(c|h|def|sql|spec|md|sh|pl|pm|mk|control|
  conf|json|ya?ml|py|cpp|java|js|out|txt))$}x;

foreach my $path (files($text_name, '.'))
{
	my $text = slurp($path);
	my $number = 0;

	next if $path =~ m{^(meschain--|regression\.|core)};
	complain("$path: no newline at the end") if length $text && $text !~ /\n\z/;
	next if $path =~ m{^expected/|/corpus/|/vectors/};
	complain("$path: blank lines at the end") if $text =~ /\n\n\z/;
	foreach my $line (split /\n/, $text)
	{
		$number++;
		complain("$path:$number: white space at the end of the line") if $line =~ /[ \t\r]$/;
		complain("$path:$number: unfinished: $1") if $line =~ /\b($unfinished)\b/;
	}
}

foreach my $path (files(qr{(\.sh|^\.ci/run)$}, '.'))
{
	my ($shell) = slurp($path) =~ m{^#!\s*(?:/usr)?/bin/(?:env )?(sh|bash)\b};
	complain("$path: no #!/bin/sh or bash") or next unless $shell;
	my $said = `$shell -n '$path' 2>&1`;
	complain("$path: $said") if $?;
	complain("$path: not executable") unless -x $path;
}
foreach my $path (grep { -e $_ } 'META.json')
{
	require JSON::PP;
	complain("$path: $@") unless eval { JSON::PP->new->decode(slurp($path)); 1 };
}
foreach my $path (files(qr/\.ya?ml$/, '.'))
{
	next if system('python3 -c "import yaml" 2>/dev/null') != 0;
	my $said = `python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' '$path' 2>&1`;
	complain("$path: $said") if $?;
}
report('texts: finished, clean, and parse');
