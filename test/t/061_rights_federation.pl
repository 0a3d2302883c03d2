# 061_rights_federation.pl - four nodes attack the rules of rights at once: duels that exactly one may
# win, then a melee of trades, licences, derivations and royalties in which a server dies by SIGKILL.
# At the end, and at every height before, shares add up to a million, exclusive licences do not meet,
# nothing derives from itself, no money is made or lost, and all ledgers and reports are equal. And
# sealed terms stand in clear on the parties' nodes only. C7
use strict;
use warnings;

use File::Temp qw(tempdir);
use IPC::Run ();
use MIME::Base64 ();
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $seed = $ENV{SEED} || time;
srand $seed;
note "SEED=$seed";
my $deeds = 60 * ($ENV{KILLS} // 10) / 10; # statements a session

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });

# ---- everybody is a party on a node of his own; the studio's key is on all four
my %address = map { $_ => $bank->sql($_, "SELECT mes.create_account('party')") } $bank->nodes;
my $dir = tempdir(CLEANUP => 1);

sub mesctl
{
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', @_ ], '>', \$stdout, '2>', \$stderr) or die "mesctl @_: $stderr";
	return $stdout;
}

my ($studio) = mesctl('key', 'new', "$dir/studio.key") =~ /^address +(\S+)/m;
is(mesctl('account', 'import', 'studio', '--key', "$dir/studio.key", '--dir', $bank->dir, '--node', $_), "$studio\n",
	"node$_ acts for the studio") foreach $bank->nodes;
my $as_studio = "SET meschain.account = 'studio';";
my $as_party = "SET meschain.account = 'party';";
my $shares = join ', ', "'$studio', 600000", map { "'$address{$_}', 100000" } $bank->nodes;
my @works = map { "W$_" } 0 .. 11;

sub id { my ($name) = @_; return "mes.work_id(sha256('$name'))" }

$bank->sql(1, "$as_studio SELECT mes.issue_asset('CNY', 1000000, 2)");
$bank->sql(1, join "\n", $as_studio, 'BEGIN;',
	(map { "SELECT mes.transfer('$address{$_}', 'CNY', 100000);" } $bank->nodes),
	(map { "SELECT mes.register_work('Work $_', sha256('$_'), shares => jsonb_build_object($shares));" } @works),
	'COMMIT;');
$bank->wait_equal;

# ---- duels: one statement a node, at the same moment; how many took effect
sub psql_begin
{
	my ($node, @statements) = @_;
	my %psql = (out => '', err => '');

	$psql{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $bank->conninfo($node), '-c', "SET meschain.commit_timeout = '60s'",
			map { ('-c', $_) } @statements ], '<', \undef, '>', \$psql{out}, '2>', \$psql{err});
	return \%psql;
}

sub duel
{
	my ($name, $most, %statements) = @_;
	my %psql = map { $_ => psql_begin($_, split /(?<=;) /, $statements{$_}, 2) } keys %statements;
	my @lost;

	IPC::Run::finish($_->{run}) foreach values %psql;
	push @lost, $_->{err} =~ /ERROR: +(MC\d{3}):/ ? $1 : "no code: $_->{err}" foreach grep { $_->{err} ne '' } values %psql;
	my $won = keys(%statements) - @lost;
	ok($won >= 1 && $won <= $most, "$name: $won took effect");
	is(join(' ', grep { !/^MC/ } @lost), '', 'the others were refused with a code: ' . join ' ', sort @lost);
	$bank->wait_equal;
	return;
}

sub on_every_node { my ($statement) = @_; return map { $_ => $statement } $bank->nodes }

$bank->sql(1, "$as_studio SELECT mes.offer_share(" . id('W0') . ", 5000, 10, 'CNY')");
$bank->wait_equal;
my $offer = $bank->sql(1, 'SELECT offer_id FROM mes.share_offers');
duel('four buy the same shares', 1, on_every_node("$as_party SELECT mes.buy_share('$offer')"));
is($bank->sql(2, "SELECT sum(share_ppm) FROM mes.shares WHERE work_id = " . id('W0') . " AND holder_address <> '$studio'"),
	'405000', 'they are delivered once');

my @territories = qw(WORLD CN CN-GD CN);
duel('four exclusive licences that meet', 1,
	map { $_ => "$as_studio SELECT mes.grant_licence(" . id('W0') . ", '$territories[$_ - 1]', 'cinema', 50, 'CNY', exclusive => true)" } $bank->nodes);
my $licence = $bank->sql(1, "SELECT licence_id FROM mes.licences WHERE status = 'offered'");
duel('four buy the one that stands', 1, on_every_node("$as_party SELECT mes.buy_licence('$licence')"));
duel('derivations in a ring', 3,
	1 => "$as_studio SELECT mes.derive_work(" . id('W1') . ', ' . id('W2') . ', 1000)',
	2 => "$as_studio SELECT mes.derive_work(" . id('W2') . ', ' . id('W3') . ', 1000)',
	3 => "$as_studio SELECT mes.derive_work(" . id('W3') . ', ' . id('W1') . ', 1000)',
	4 => "$as_studio SELECT mes.derive_work(" . id('W2') . ', ' . id('W1') . ', 1000)');
my $all = $bank->sql(1, "SELECT amount FROM mes.balances WHERE address = '$studio'");
duel('the studio spends all it has, four times', 1,
	map { $_ => "$as_studio SELECT mes.transfer('$address{$_}', 'CNY', $all)" } $bank->nodes);

# ---- the melee
my @deeds = (
	sub { my ($w) = @_; "$as_studio SELECT mes.offer_share($w, " . (1 + int rand 20000) . ', ' . (1 + int rand 50) . ", 'CNY');" },
	sub { my ($w) = @_; "$as_party SELECT mes.offer_share($w, " . (1 + int rand 90000) . ', ' . (1 + int rand 50) . ", 'CNY');" },
	sub { "$as_party SELECT mes.buy_share(offer_id) FROM (SELECT offer_id FROM mes.share_offers WHERE status = 'open' ORDER BY offer_id LIMIT 1) AS o;" },
	sub { my ($w, $to) = @_; "$as_party SELECT mes.transfer_share($w, '$to', " . (1 + int rand 120000) . ');' },
	sub { my ($w) = @_; "$as_studio SELECT mes.grant_licence($w, '" . $territories[rand 3] . "', '" . (qw(cinema television all))[rand 3]
		. "', " . int(rand 40) . ".01, 'CNY', exclusive => " . (qw(true true false))[rand 3] . ', royalty_ppm => 50000, sublicence_depth => 1);' },
	sub { "$as_party SELECT mes.buy_licence(licence_id) FROM (SELECT licence_id FROM mes.licences WHERE status = 'offered' ORDER BY licence_id LIMIT 1) AS l;" },
	sub { my (undef, undef, $me) = @_; "$as_party SELECT mes.sublicense(licence_id, 'CN-GD', exclusive => true) FROM (SELECT licence_id FROM mes.licences "
		. "WHERE licensee_address = '$me' AND status = 'active' AND sublicence_depth_left > 0 ORDER BY licence_id LIMIT 1) AS l;" },
	sub { my ($w) = @_; "$as_party SELECT mes.pay_royalty($w, " . (1 + int rand 90) . ".07, 'CNY');" },
	sub { my ($w) = @_; "$as_studio SELECT mes.derive_work($w, " . id($works[rand @works]) . ', 10000);' },
	sub { my ($w, $to) = @_; "$as_party SELECT mes.transfer('$to', 'CNY', " . (1 + int rand 300) . ');' },
	sub { my ($w) = @_; "$as_studio SELECT mes.fund_reward($w, 'CNY', " . (5 - int rand 8) . ', 100000);' },
	sub { "$as_studio SELECT mes.withdraw_offer(licence_id) FROM (SELECT licence_id FROM mes.licences WHERE status = 'offered' ORDER BY licence_id DESC LIMIT 1) AS l;" },
);

sub melee_begin
{
	my ($node) = @_;

	return psql_begin($node, map {
			my $w = id($works[ rand() < 0.5 ? 0 : rand @works ]);
			split /(?<=;) /, $deeds[rand @deeds]->($w, $address{ 1 + int rand 4 }, $address{$node}), 2
	} 1 .. $deeds);
}

# parties paid the studio's coins away; it needs some to fund rewards
$bank->sql(1, "$as_party SELECT mes.transfer('$studio', 'CNY', 1000)");
my $from = $bank->height(1);
my @fighting = map { melee_begin($_) } 1 .. 4, 1 .. 4;
$bank->wait_blocks(1, 8);
$bank->kill9(3);
$bank->wait_blocks(1, 4);
pass('three fight on without the one that was killed');
$bank->start(3);
$bank->wait_voting(3);
push @fighting, map { melee_begin(3) } 1 .. 2;
IPC::Run::finish($_->{run}) foreach @fighting;
my %refused;
$refused{$_}++ foreach join('', map { $_->{err} } @fighting) =~ /ERROR: +(MC7\d\d):/g;
note "refused: $_ $refused{$_} times" foreach sort keys %refused;
cmp_ok(scalar keys %refused, '>=', 4, scalar(keys %refused) . ' rules of rights were attacked');
is(scalar(grep { $_->{err} =~ /MC\d\d\d.*(?:damaged|do not add up)/ } @fighting), 0, 'and none of them gave way');
$bank->wait_equal;
$bank->ledgers_equal('after the melee');
note $bank->sql(1, "SELECT string_agg(s || ' ' || n, ', ') FROM (SELECT status AS s, count(*) AS n FROM mes.receipts WHERE height > $from GROUP BY 1) AS r");

# ---- what must hold, on every node
sub holds
{
	my ($name, $violations) = @_;
	my %found = $bank->on_all($violations);

	is(join('', values %found), '', $name);
	return;
}

holds('shares of every work add up to a million at every height', <<'SQL');
SELECT s.key, s.height, sum(r.share_ppm) FROM mes_internal.state_rows AS s, LATERAL mes_internal.share_rows(s.value) AS r
 WHERE s.table_number = 17 GROUP BY 1, 2 HAVING sum(r.share_ppm) <> 1000000 OR min(r.share_ppm) < 1
SQL
holds('no two exclusive licences meet', <<'SQL');
WITH exclusive AS (
  SELECT licence_id, coalesce(parent_licence_id, work_id) AS owner, territory, medium, valid_from, coalesce(valid_until, 'infinity') AS valid_until
    FROM mes.licences WHERE exclusive AND status <> 'withdrawn')
SELECT a.licence_id, b.licence_id FROM exclusive AS a JOIN exclusive AS b ON a.owner = b.owner AND a.licence_id < b.licence_id
 WHERE (a.medium = b.medium OR 'all' IN (a.medium, b.medium))
   AND (a.territory = b.territory OR 'WORLD' IN (a.territory, b.territory)
        OR a.territory LIKE b.territory || '-%' OR b.territory LIKE a.territory || '-%')
   AND a.valid_from < b.valid_until AND b.valid_from < a.valid_until
SQL
holds('nothing derives from itself', <<'SQL');
WITH RECURSIVE above AS (
  SELECT work_id, source_work_id FROM mes.work_sources
  UNION SELECT a.work_id, s.source_work_id FROM above AS a JOIN mes.work_sources AS s ON s.work_id = a.source_work_id)
SELECT work_id FROM above WHERE work_id = source_work_id
SQL
holds('what was issued is there: in balances and in pools of rewards', <<'SQL');
SELECT a.supply, sum(b.amount), p.amount
  FROM mes.assets AS a JOIN mes.balances AS b USING (asset), (SELECT coalesce(sum(amount), 0) AS amount FROM mes.reward_pools) AS p
 GROUP BY 1, 3 HAVING a.supply <> sum(b.amount) OR a.supply + p.amount <> 1000000
SQL
holds('each royalty is a transfer of its amount', <<'SQL');
SELECT r.height, r.position FROM mes.royalties AS r LEFT JOIN mes.transfers AS t USING (height, position, transfer_index)
 WHERE (r.payer_address, r.payee_address, r.amount) IS DISTINCT FROM (t.from_address, t.to_address, t.amount)
SQL
holds('reports say what the ledger says', 'SELECT * FROM mes.verify_reports()');
$bank->verifies;

# ---- terms that two members share: their clear text is nowhere on the others' machines
my $secret = 'guarantee-' . join '', map { chr(97 + rand 26) } 1 .. 20;
my $key = $bank->sql(2, "SELECT public_key FROM mes.accounts WHERE name = 'party'");
$bank->sql(1, "$as_studio SELECT mes.seal_terms(" . id('W0') . ", '{\"minimum\": \"$secret\"}', ARRAY['$key'::bytea])");
$bank->wait_equal;
my $hash = $bank->sql(2, 'SELECT terms_hash FROM mes.sealed_terms');
like($bank->sql(2, "$as_party SELECT mes.open_terms('$hash')"), qr/$secret/, 'the other party opens them');
like($bank->sql_error(3, "$as_party SELECT mes.open_terms('$hash')"), qr/MC746/, 'a third member does not');
$bank->on_all('CHECKPOINT');

# as text, in the digits of bytea, in base64 at each of its three alignments
my @forms = ($secret, unpack('H*', $secret));
foreach my $skip (0 .. 2)
{
	my $encoded = MIME::Base64::encode_base64(substr($secret, $skip, 18), '');
	push @forms, substr $encoded, 0, 24;
}

sub files_with_secret
{
	my ($node) = @_;
	my ($found, $stderr) = ('', '');

	IPC::Run::run([ 'grep', '-rlaF', (map { ('-e', $_) } @forms), $bank->dir . "/node$node" ], '>', \$found, '2>', \$stderr);
	return map { s{.*/node$node/}{}r } split /\n/, $found;
}

sub dump_with_secret
{
	my ($node) = @_;
	my ($dump, $stderr) = ('', '');

	IPC::Run::run([ 'pg_dump', '-d', $bank->conninfo($node) ], '>', \$dump, '2>', \$stderr) or die "pg_dump: $stderr";
	return scalar grep { index($dump, $_) >= 0 } @forms;
}

foreach my $node (1, 2)
{
	my @files = files_with_secret($node);

	ok((grep { m{^data/pg_wal/} } @files) && (grep { m{^data/base/} } @files), "the search finds them on node$node, a party: @files");
	cmp_ok(dump_with_secret($node), '>', 0, 'and in its dump');
}
foreach my $node (3, 4)
{
	is(join(' ', files_with_secret($node)), '', "nowhere in data, write-ahead log, state and server log of node$node");
	is(dump_with_secret($node), 0, 'nor in its dump');
}
$bank->logs_are_clean;

done_testing();
