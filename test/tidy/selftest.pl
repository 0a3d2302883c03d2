# selftest.pl - a check that cannot fail checks nothing: each check of this directory is given small
# trees with one fault each and has to name it, and a tree without a fault and has to be content.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use Test::More;

my $tidy = getcwd() . '/test/tidy';
my $tree = getcwd() . '/build/tidy-selftest';

my $card = "/*\n * a.h - a.\n *\n * Room card, tx/: a. Guarded by b.\n */\n";
my %clean = (
	'src/base/b.h' => "/*\n * b.h - b.\n *\n * Room card, base/: b.\n */\n",
	'src/base/b.c' => "/* b.c - b. */\n#include \"base/b.h\"\n#include <sodium.h>\n",
	'src/tx/a.h' => $card,
	'src/tx/a.c' => "/* a.c - a float in a comment. */\n#include \"tx/a.h\"\n#include <string.h>\n"
	  . "int\na(int b)\n{\n\treturn b;\n}\n",
	'src/tx/a_pg.c' => "/* a_pg.c - a. */\n#include \"postgres.h\"\n#include \"node/n_pg.h\"\n",
	'src/node/n_pg.h' => "/*\n * n_pg.h - n.\n *\n * Room card, node/: n.\n */\n",
	'src/node/n_pg.c' => "/* n_pg.c - n. */\n#include \"tx/a.h\"\n",
	'src/cli/m.c' => "/* m.c - m. */\n#include \"tx/a.h\"\n#include <stdio.h>\n",
	'src/cli/m.h' => "/*\n * m.h - m.\n *\n * Room card, cli/: m.\n */\n",
	'test/sql/one.sql' => "-- one (P10): a subject\n", 'expected/one.out' => "-- one\n",
	'test/t/001_one.pl' => "# 001_one.pl - P1, P2\n",
);

# check, path, content, what it has to say
my @faults = (
	[ layering => 'src/tx/x.c', "#include \"pbft/p.h\"\n", qr/may not include/, { 'src/pbft/p.h' => '' } ],
	[ layering => 'src/tx/x.c', "#include <time.h>\n", qr/pure file may not include <time\.h>/ ],
	[ layering => 'src/tx/x.c', "#include <sodium.h>\n", qr/belongs behind a function of base/ ],
	[ layering => 'src/tx/x.c', "#include \"postgres.h\"\n", qr/PostgreSQL's "postgres\.h"/ ],
	[ layering => 'src/tx/x.h', "#include \"node/n_pg.h\"\n", qr/may not include "node/ ],
	[ layering => 'src/tx/x_pg.c', "#include \"base/../pbft/p.h\"\n#include \"pbft/p.h\"\n",
		qr/room tx may not include "pbft/, { 'src/pbft/p.h' => '' } ],
	[ layering => 'src/cli/x.c', "#include \"postgres.h\"\n", qr/client may not/ ],
	[ layering => 'src/tx/x.c', "#include \"a.h\"\n", qr/write the room too/ ],
	[ sizes => 'src/tx/x.c', "int\na(void)\n{\n" . "\n" x 68 . "}\n", qr/function a has 71 lines/ ],
	[ sizes => 'src/tx/x.c', "int a;\n" x 601, qr/601 lines, at most 600/ ],
	[ sizes => 'src/tx/x.h', "int a;\n" x 201, qr/201 lines, at most 200/ ],
	[ sizes => 'src/tx/x.c', "\t" . 'a' x 97 . "\n", qr/101 columns, at most 100/ ],
	[ symbols => 'src/tx/x.c', "long time(long *); long b(void) { return time(0); }\n", qr/calls time,/ ],
	[ symbols => 'src/tx/x.c', "void *malloc(long); void *b(void) { return malloc(1); }\n", qr/calls malloc,/ ],
	[ symbols => 'src/tx/x.c', "int p(void); int b(void) { return p(); }\n", qr/calls p of room pbft/,
		{ 'src/pbft/p.c' => "int p(void) { return 1; }\n" } ],
	[ symbols => 'src/tx/x.c', "int sodium_init(void); int b(void) { return sodium_init(); }\n",
		qr/calls sodium_init,/ ],
	[ integers => 'src/tx/x.c', "static double d;\n", qr/floating point "double"/ ],
	[ integers => 'src/tx/x.c', "int a = 2 * 1.5;\n", qr/floating point "1\.5"/ ],
	[ headers => 'src/tx/x.c', "int a;\n", qr/does not open with/ ],
	[ headers => 'src/pbft/x.c', "/* x.c - x. */\n", qr/no header has a/ ],
	[ headers => 'src/tx/x.h', $card =~ s/a\.h/x.h/r, qr/more than one room card/ ],
	[ tests => 'test/sql/x.sql', "-- x\n", qr/no expected\/x\.out/ ],
	[ tests => 'expected/x.out', "x\n", qr/no test of that name/ ],
	[ tests => 'sql/one.sql', "-- x\n", qr/shares its name/ ],
	[ tests => 'test/specs/x.spec', "# x\n", qr/begins with iso_/, { 'expected/x.out' => "x\n" } ],
	[ tests => 'test/t/x.pl', "# x\n", qr/NNN_subject/ ],
	[ texts => 'docs/x.md', 'no newline', qr/no newline at the end/ ],
	[ texts => 'docs/x.md', "x \n", qr/white space at the end/ ],
	[ texts => 'docs/x.md', 'TO' . "DO later\n", qr/unfinished/ ],
	[ texts => 'docker/x.sh', "#!/bin/sh\nif\n", qr/docker\/x\.sh: .*[Ss]yntax/s ],
	[ texts => 'docker/x.yml', "a: [\n", qr/docker\/x\.yml: / ],
	[ texts => 'META.json', "{\n", qr/META\.json: / ],
	[ rules => 'test/t/x.pl', "# x\n", qr/P17: no test names this rule/ ],
	[ layering => 'test/tidy/exceptions', "layering src/tx/a.c pbft/p.h unused\n", qr/nothing needs/ ],
	[ layering => 'test/tidy/exceptions', "layering src/tx/a.c pbft/p.h\n", qr/needs a reason/ ],
);

sub run_check
{
	my ($check, %files) = @_;
	my @objects;

	remove_tree($tree);
	foreach my $path (sort keys %files)
	{
		make_path("$tree/" . dirname($path));
		open my $file, '>', "$tree/$path" or die "$path: $!";
		print $file $files{$path};
		close $file;
		chmod 0755, "$tree/$path" if $path =~ /\.sh$/;
	}
	foreach my $path (grep { $check eq 'symbols' && m{^src/(tx|pbft)/[a-z]+\.c$} } sort keys %files)
	{
		my $object = $path =~ s{^src/(.*)\.c$}{build/tidy/$1.o}r;
		make_path("$tree/" . dirname($object));
		system("cd $tree && gcc -fno-builtin -Isrc -c $path -o $object") == 0 or die $path;
		push @objects, $object;
	}
	my $said = `cd $tree && TIDY_STRICT=1 perl $tidy/check_$check.pl @objects 2>&1`;
	return ($?, $said);
}

foreach my $check (map { m{check_(\w+)\.pl$} } glob "$tidy/check_*.pl")
{
	ok(scalar(grep { $_->[0] eq $check } @faults), "$check: has a fault to find");
	next if $check eq 'rules'; # its tree without a fault would need a test for every rule
	my ($status, $said) = run_check($check, %clean);
	is($status, 0, "$check: content with a tidy tree") or diag $said;
}
foreach my $fault (@faults)
{
	my ($check, $path, $content, $wanted, $more) = @$fault;
	my ($status, $said) = run_check($check, %clean, $path => $content, %{ $more // {} });
	ok($status != 0 && $said =~ $wanted, "$check: finds " . $wanted) or diag "$status $said";
}
remove_tree($tree);
done_testing();
