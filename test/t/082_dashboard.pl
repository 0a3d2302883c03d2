# 082_dashboard.pl - the dashboard of docs/dashboard: filled by its plain SQL as a report reader, in one
# snapshot, drawn by Vega-Lite in a headless browser, with the proof of its block under it.
use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = MeschainNode->create('charts');
$node->create_ledger;
my $payee = $node->sql("SELECT mes.create_account('bank')");
$node->sql("SET meschain.account = 'bank'; SELECT mes.issue_asset('CNY', 1000, 2); SELECT mes.transfer('$payee', 'CNY', 1)");
$node->sql("SELECT mes.create_report_reader('tool')");

# a market behind the last block, so that the proof is of a block that is there
command_ok([ 'psql', '-Xq', '-d', $node->connstr('ledger'), '-v', 'royalties=2000', '-v', 'works=30', '-f',
		'test/lib/film_market.sql' ], 'a film market of 2,000 royalties');
$node->sql('DELETE FROM mes_bi.fact_block WHERE height > (SELECT max(height) FROM mes.blocks)');

my @queries = glob 'docs/dashboard/[0-9]*.sql';
cmp_ok(scalar @queries, '>=', 8, scalar(@queries) . ' charts');
foreach my $file (@queries)
{
	(my $name = $file) =~ s/.*\/|\.sql$//g;
	my $spec = decode_json(slurp_file("docs/dashboard/$name.vl.json"));
	my $query = slurp_file($file);
	my $rows = decode_json($node->sql("SET ROLE mes_bi; SELECT coalesce(json_agg(q), '[]') FROM ("
			. $query =~ s/;\s*$//r . "\n) AS q"));
	my @wanted = slurp_file("docs/dashboard/$name.vl.json") =~ /"field": "(\w+)"/g;
	my %made = map { $_ => 1 } grep { $_ !~ /^(?:outcome|transactions)$/ } @wanted;

	like($spec->{'$schema'}, qr/vega-lite/, "$name: a Vega-Lite chart");
	like($spec->{title}{text}, qr/[a-z].* \x{b7} .*[^\x00-\xff]/, 'with a title in English and Chinese');
	next if $name =~ /ledger_health|refusals/;
	cmp_ok(scalar @$rows, '>', 0, 'its query finds rows');
	is(join(' ', grep { !exists $rows->[0]{$_} } sort keys %made), '', 'and gives each field that is drawn');
}

SKIP: {
	my ($modules, $reason) = ('', '');
	IPC::Run::run([ 'test/lib/node_modules.sh', 'docs/dashboard' ], '>', \$modules, '2>', \$reason)
	  or skip "drawing: $reason", 1;
	chomp $modules;
	skip 'drawing: no browser', 1 unless grep { -x } map { "/usr/bin/$_" } qw(chromium chromium-browser google-chrome);
	subtest 'drawn by a browser' => sub {
		my $out = tempdir(CLEANUP => 1);
		local $ENV{NODE_MODULES} = $modules;
		local $ENV{HOME} = $out;
		append_to_file("$out/names.csv", "$payee,The bank \"一\"\n");
		local $ENV{NAMES} = "$out/names.csv";
		command_ok([ 'docs/dashboard/refresh.sh', "$out/page", '-h', $node->host, '-p', $node->port, '-U', 'tool', '-d', 'ledger' ],
			'refreshed as a report reader');
		my ($said, $stderr) = ('', '');
		IPC::Run::run([ 'docs/dashboard/draw.sh', "$out/page/index.html", "$out/shot.png" ], '>', \$said, '2>', \$stderr);
		is($said, scalar(@queries) . " charts drawn in $out/shot.png\n", 'every chart is drawn') or diag $stderr;
		my $page = slurp_file("$out/shot.html");
		is(scalar(() = $page =~ /<svg /g), scalar @queries, 'each as a picture of its own');
		unlike($page, qr/>NaN</, 'with numbers on its axes');
		like($page, qr/灯河/, 'titles stand in both languages');
		like($page, qr/True for block \d+ of .*Result signed by 1 of 1 members/, 'and the page says for which block it is true');
		cmp_ok(-s "$out/shot.png", '>', 50_000, 'a screenshot shows it');
	};
}

$node->stop;
done_testing();
