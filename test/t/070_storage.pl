# 070_storage.pl - what `mesctl storage` makes is what SQL verifies: sectors sealed, resumed and
# proven, files split, lost, audited and joined.
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my @tool = qw(mesctl storage);
my $dir = tempdir(CLEANUP => 1);
my $chain = '01' . '00' x 15;
my $key = '02' . '00' x 31;
my @identity = ('--chain-id', $chain, '--node-key', $key);
my $node = MeschainNode->create('storage');

sub run_tool
{
	my ($stdout, $stderr) = run_command([ @tool, @_ ]);

	diag($stderr) if $stderr ne '';
	return $stdout;
}

sub value_of
{
	my ($text, $name) = @_;

	return $text =~ /^\Q$name\E (.*)$/m ? $1 : '';
}

sub bytes_of
{
	my ($path) = @_;

	return "pg_read_binary_file('$path')";
}

# A sector by name: its directory and the SQL literals of what stands on the chain.
sub sector
{
	my ($path) = @_;
	my $text = slurp_file("$path/sector");
	my %found = (path => $path);

	$found{$_} = "'\\x" . value_of($text, $_) . "'" foreach qw(sector_id root_c root_r data_root);
	return \%found;
}

# ---- the sealer makes what the definition says, alone and side by side ----

my $fixed = "sector_id 97842074528560ac2408d2834de36eb1bb38284cf82cd6cc219c35210dfb1601\n"
  . "root_c 468a93262d0bd27e130f5a196f7869830bd0d246e95d22abaa6f6ba5c56b5eda\n"
  . "root_r 8276d8efebfc5d81ae27f11d7df588d42595ba01fa291a554ed8f3c4dc3d31ac";
like(run_tool('seal', '--dir', "$dir/alone", @identity, '--sector', 7, '--lg-n', 10),
	qr/\Q$fixed\E/, 'one sector: the roots of the unit test');
like(
	run_tool('seal', '--dir', "$dir/pairs", @identity, '--sector', 5, '--sectors', 4, '--lg-n', 10,
		'--jobs', 1),
	qr/\Q$fixed\E/, 'in a pair: the same roots');

# ---- an interrupted run goes on ----

run_tool('seal', '--dir', "$dir/whole", @identity, '--sector', 1, '--lg-n', 20);
my $whole = slurp_file("$dir/whole/sector-1/sector");
chomp $whole;
mkdir "$dir/broken" or die;
mkdir "$dir/broken/sector-1" or die;
foreach my $layer (0 .. 3)
{
	my $bytes = slurp_file(sprintf "$dir/whole/sector-1/layer%03d", $layer);

	# the last one stopped in its second chunk of 16 MiB, with bytes that are no label's
	$bytes = substr($bytes, 0, 16 << 20) . 'x' x 1000 if $layer == 3;
	append_to_file(sprintf("$dir/broken/sector-1/layer%03d", $layer), $bytes);
}
is(run_tool('seal', '--dir', "$dir/broken", @identity, '--sector', 1, '--lg-n', 20), $whole,
	'a 32 MiB sector resumed from its fourth layer has the same roots');
is(run_tool('seal', '--dir', "$dir/broken", @identity, '--sector', 1, '--lg-n', 20), '',
	'a finished sector is not sealed again');

# ---- seal, prove, verify a sector of 32 MiB in SQL ----

my $sector = sector("$dir/whole/sector-1");
is( $node->sql("SELECT mes.seal_sector_id('\\x$chain', '\\x$key', 1, 20) = $sector->{sector_id}"),
	't', 'SQL gives the sector the same identity');
my $indexes = value_of(
	run_tool('prove', '--sector-dir', $sector->{path}, '--seed', 'c0ffee', '--count', 66, '--out',
		"$dir/leaves"),
	'indexes');
is($node->sql("SELECT mes.seal_challenge('\\xc0ffee', 1048576, 66)"), $indexes,
	'SQL draws the challenge the prover answered');
is( $node->sql("SELECT mes.seal_status($sector->{root_r}, 20, '$indexes', ${\ bytes_of(\"$dir/leaves\")})"),
	'ok', 'SQL verifies 66 leaves');
is( $node->sql("SELECT mes.seal_status($sector->{root_r}, 20, mes.seal_challenge('other', 1048576, 66), "
		  . bytes_of("$dir/leaves") . ')'),
	'proof_other_challenge', 'and not for another challenge');
foreach my $index (0, 1, 524288, 1048575)
{
	run_tool('prove', '--sector-dir', $sector->{path}, '--column', $index, '--out', "$dir/column");
	is( $node->sql("SELECT mes.seal_column_status($sector->{sector_id}, $sector->{root_c}, "
			  . "$sector->{root_r}, 20, $index, " . bytes_of("$dir/column") . ')'),
		'ok', "SQL verifies column $index and its parents");
}

# ---- a challenge over all sectors of a node, of different sizes ----

run_tool('seal', '--dir', "$dir/pairs", @identity, '--sector', 12, '--lg-n', 11);
my $answers = run_tool('prove', '--dir', "$dir/pairs", '--seed', 'c0ffee', '--count', 40, '--out', "$dir/answers");
is( $node->sql("SELECT string_agg(format('sector %s indexes %s', number, at), E'\\n' ORDER BY number) FROM ("
		  . 'SELECT number, array_agg(i - first ORDER BY i) AS at '
		  . "FROM unnest(mes.seal_challenge('\\xc0ffee', 4 * 1024 + 2048, 40)) AS i, "
		  . '(VALUES (5, 0, 1024), (6, 1024, 1024), (7, 2048, 1024), (8, 3072, 1024), (12, 4096, 2048)) '
		  . 'AS s (number, first, size) WHERE i >= first AND i < first + size GROUP BY number) AS s'),
	$answers, 'SQL finds the same leaves in the same sectors');
foreach my $answer (split /\n/, $answers)
{
	my ($number, $at) = $answer =~ /^sector (\d+) indexes (.*)$/ or die $answer;
	my $one = sector("$dir/pairs/sector-$number");

	is( $node->sql("SELECT mes.seal_status($one->{root_r}, ${\ ($number == 12 ? 11 : 10)}, '$at', "
			  . bytes_of("$dir/answers/sector-$number") . ')'),
		'ok', "sector $number answers its part");
}

# ---- a file sector ----

append_to_file("$dir/text", join '', map { "line $_ of a file to be kept\n" } 1 .. 500);
run_tool('seal', '--dir', "$dir/kept", @identity, '--sector', 3, '--lg-n', 10, '--data', "$dir/text");
my $kept = sector("$dir/kept/sector-3");
run_tool('prove', '--sector-dir', $kept->{path}, '--column', 40, '--out', "$dir/column");
my $arguments = "$kept->{sector_id}, $kept->{root_c}, $kept->{root_r}, 10, 40, " . bytes_of("$dir/column");
is($node->sql("SELECT mes.seal_column_status($arguments, $kept->{data_root})"),
	'ok', 'a file sector opens against the root of its file');
is($node->sql("SELECT mes.seal_column_status($arguments, sha256('another file'))"),
	'replica_label', 'and not against another file');

# ---- files: split, lose, join, audit ----

append_to_file("$dir/file", join '', map { pack 'N*', map { $_ * 2654435761 % 4294967296 } $_ .. $_ + 255 } 1 .. 3000);
my $listed = run_tool('split', '--file', "$dir/file", '--dir', "$dir/shares", '--data', 4, '--shares', 8);
my $size = -s "$dir/file";
my $file = slurp_file("$dir/file");
is(run_tool('split', '--file', "$dir/file", '--dir', "$dir/shares", '--data', 4, '--shares', 8),
	$listed, 'splitting again says the same');
is( $node->sql("SELECT array_agg(s ORDER BY n) = mes.rs_encode((array_agg(s ORDER BY n))[1:4], 8) "
		  . "FROM generate_series(0, 7) AS n, pg_read_binary_file('$dir/shares/share-00' || n) AS s"),
	't', 'the extension makes the same shares as ISA-L');
is( $node->sql("SELECT mes.por_file_root(4, $size, array_agg(mes.por_share_root(s) ORDER BY n)) "
		  . "= '\\x${\ value_of($listed, 'file_root')}' "
		  . "FROM generate_series(0, 7) AS n, pg_read_binary_file('$dir/shares/share-00' || n) AS s"),
	't', 'and the same roots');
foreach my $share (0, 7)
{
	run_tool('prove', '--share', "$dir/shares/share-00$share", '--number', $share, '--shares',
		"$dir/shares/shares", '--seed', 'beac04', '--count', 20, '--out', "$dir/audit");
	is( $node->sql("SELECT mes.por_status('\\x${\ value_of($listed, 'file_root')}', 4, 8, $size, "
			  . "$share, '\\xbeac04', 20, " . bytes_of("$dir/audit") . ')'),
		'ok', "share $share answers its audit");
}
unlink "$dir/shares/share-000", "$dir/shares/share-002", "$dir/shares/share-005" or die;
run_tool('join', '--dir', "$dir/shares", '--file', "$dir/joined");
ok(slurp_file("$dir/joined") eq $file, 'three shares of eight lost: the file comes back');

open my $damaged, '+<', "$dir/shares/share-001" or die;
seek $damaged, 5000, 0;
print $damaged 'damage';
close $damaged;
my ($stdout, $stderr) = run_command([ @tool, 'join', '--dir', "$dir/shares", '--file', "$dir/joined2" ]);
like($stderr, qr/share-001" is damaged, left out/, 'a damaged share is named');
ok(slurp_file("$dir/joined2") eq $file, 'and the file comes back from the others');
unlink "$dir/shares/share-003" or die;
($stdout, $stderr) = run_command([ @tool, 'join', '--dir', "$dir/shares", '--file', "$dir/joined3" ]);
like($stderr, qr/3 whole shares are in .*, 4 are needed/, 'one less and it says how many are there');

# ---- a prover finds out before the verifier does ----

open $damaged, '+<', "$dir/pairs/sector-6/replica" or die;
seek $damaged, 40, 0;
print $damaged 'damage';
close $damaged;
($stdout, $stderr) = run_command(
	[ @tool, 'prove', '--sector-dir', "$dir/pairs/sector-6", '--index', 1, '--out', "$dir/none" ]);
like($stderr, qr/sector-6" is damaged/, 'a damaged sector is named');
ok(!-e "$dir/none", 'and nothing is written');

# ---- arguments ----

($stdout, $stderr) = run_command([ @tool, 'seal', '--dir', $dir, @identity, '--sector', 1, '--lg-n', 33 ]);
like($stderr, qr/--lg-n 33 is not a number from 10 to 32/, 'a sector too large is refused');
($stdout, $stderr) = run_command([ @tool, 'split', '--file', "$dir/none", '--dir', $dir, '--data', 4, '--shares', 6 ]);
like($stderr, qr/"\Q$dir\E\/none" is missing, empty/, 'a file that is not there is named');

$node->log_is_clean;
$node->stop;
done_testing();
