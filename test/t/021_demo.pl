# 021_demo.pl - what a newcomer does first: the story of `make demo`, twice in one place, and the
# psql session of the README, pasted as it stands.
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainFederation;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $home = tempdir(CLEANUP => 1);
my $dir = "$home/demo";
($ENV{MESCHAIN_BINDIR}) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};
$ENV{DEMO_DIR} = $dir;
$ENV{DEMO_PORT} = MeschainFederation::free_ports(4);
$ENV{DEMO_TRANSACTIONS} = 1000;

my $story;
foreach my $time ('first', 'second')
{
	my $stderr;
	IPC::Run::run([ 'docker/demo.sh', '--installed' ], '>', \$story, '2>', \$stderr);
	is($? >> 8, 0, "the story ends well the $time time") or diag "$story$stderr";
	$story .= $stderr;
}
like($story, qr/alice +\| EUR +\| +1150\.10\n.*bob +\| EUR +\| +849\.90\n/, 'everyone has his due');
like($story, qr/lunch +\| +- +\| +49\.90 +\| +1150\.10/, 'the statement has its lines');
like($story, qr/output_rows" is part of the ledger/, 'a tampering superuser is refused');
is(() = $story =~ /^ERROR/mg, 5, 'five statements are refused, those that should be');
like($story, qr/FROM mes\.verify\(\);\n.*\n[-+]+\n\n/, 'the auditor finds no problem');
like($story, qr/^north> SELECT mode.*can_stop.*\n(.*\n){2} voting +\| +4 +\| +3 +\| f\n/m,
	'while it is away none of the three may be stopped');
like($story, qr/decided_while_away \n-+\n +1\n/, 'a killed bank has what was decided while it was away');
like($story, qr/^west> .*verify.*\n(.*\n){2} +\d+ \| output +\| .*\n/m, 'the edited row is shown to the auditor of that bank');
like($story, qr/^east> .*locate_divergence.*\n(.*\n){2} output_rows +\| output_id = \d+ +\| +\d+ \| differs +\| there\n/m,
	'another bank locates it to the row');
like($story, qr/^west> .*repair_node.*\n(.*\n){2} +\d+ \| output_rows +\| output_id = \d+ .*\| signed block\n/m, 'and it is mended');
is(() = $story =~ / problems \n-+\n +0\n/g, 2, 'no other bank has it, and it goes when it is mended');
like($story, qr/ differences \n-+\n +0\n/, 'the banks have the same rows again');
like($story, qr/stop them +mesctl federation stop --dir \Q$dir\E/, 'it says how to stop');
unlike($story, qr/NOTICE|\r/, 'and nothing that nobody asked for');

# ---- the studio's half, as docs/demo.md shows it
my @shown = slurp_file('docs/demo.md') =~ /^```text\n(.*?)^```/gms;
cmp_ok(scalar @shown, '>=', 5, 'docs/demo.md shows the story');
my $said = $story =~ s/ +$//gmr =~ s{\Q$dir\E-dashboard}{DIR}gr;
ok(index($said, $_) >= 0, 'as it is: ' . (split /\n/)[0]) or diag $_ foreach @shown;
SKIP: {
	# a picture that could be drawn and was not is a failure
	skip 'the picture: npm could not bring Vega-Lite', 3 if $story =~ /^Not drawn: the charts need Vega-Lite/m;
	skip 'the picture: chromium is not installed', 3 unless grep { -x "$_/chromium" } split /:/, $ENV{PATH};
	like($story, qr/^10 charts drawn in \Q$dir\E-dashboard\/dashboard\.png$/m, 'the picture of the dashboard is drawn');
	cmp_ok(-s "$dir-dashboard/dashboard.png", '>', 50_000, 'and there');
	like($story, qr/^  dashboard +\Q$dir\E-dashboard\/index\.html/m, 'it says where the page is');
}

# ---- the README's session
my ($session) = slurp_file('README.md') =~ /^```sql\n(.*?)^```/ms;
ok(defined $session, 'the README has a session');
my $fresh = "$home/readme";
my $port = MeschainFederation::free_ports(4);
command_ok([ 'mesctl', 'federation', 'create', '--dir', $fresh, '--base-port', $port ],
	'a ledger as the README makes it');
command_fails_like([ 'mesctl', 'federation', 'create', '--dir', "$home/second", '--base-port', $port ],
	qr/port $port is taken .*\nhint: .*--base-port/, 'a second one at the same ports is refused before anything is made');
ok(!-e "$home/second", 'and nothing is left of it');
my ($stdout, $stderr) = ('', '');
IPC::Run::run([ 'mesctl', 'psql', '--dir', $fresh, 'node1', '-X' ], '<', \$session, '>', \$stdout, '2>',
	\$stderr);
is($? >> 8, 0, 'psql takes it');
is(() = $stderr =~ /^ERROR/mg, 1, 'one statement is refused, the one that the README says');
like($stderr, qr/^ERROR:  the account has \d+ base units of GOLD/m, 'with what it lacks');
like($stdout, qr/alice +\| GOLD +\| +15\.50/, 'and alice has what was paid to her');

foreach my $made ($dir, $fresh)
{
	command_ok([ 'mesctl', 'federation', 'destroy', '--dir', $made ], 'it goes without a trace');
}
done_testing();
