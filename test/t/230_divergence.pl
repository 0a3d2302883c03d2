# 230_divergence.pl - a bank's row edited by its superuser is located from another bank to the very row,
# and mended on the bank that lied: from its own signed blocks, or, where these were damaged too, from
# another bank's, which count only under a quorum's signatures.
use strict;
use warnings;

use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, members => [qw(ash birch cedar elm)], parameters => { tau0 => 1500 });
my $m = 'mes_internal';

$bank->sql(1, "SELECT mes.create_account('treasury')");
$bank->sql(1, "SELECT mes.issue_asset('EUR', 1000000, 2)");
$bank->sql(1, "SELECT mes.notarise(sha256('a contract'))");
my $till = $bank->sql(2, "SELECT mes.create_account('till')");
$bank->sql(1, "SELECT mes.transfer('$till', 'EUR', $_)") foreach 1 .. 12;
$bank->wait_equal;

# ---- nothing differs
foreach my $member (qw(birch cedar elm))
{
	is($bank->sql(1, "SELECT * FROM mes.locate_divergence('$member')"), '', "ash and $member have the same rows");
}
like($bank->sql_error(1, "SELECT mes.locate_divergence('oak')"), qr/MC344: there is no member "oak"/, 'a stranger is not asked');
like($bank->sql_error(1, "SELECT mes.locate_divergence('ash')"), qr/MC348: member "ash" is this node itself/, 'nor is this node itself');

# the one door a superuser has to the ledger's rows
sub edit
{
	my ($node, $statement) = @_;

	return $bank->sql($node, "SET session_replication_role = replica; $statement");
}

# What a node sees of another: relation, problem, who is at fault; of each row.
sub located
{
	my ($from, $member) = @_;

	return $bank->sql($from, "SELECT relation, row_key, problem, at_fault FROM mes.locate_divergence('$member') ORDER BY relation, row_key");
}

# A test of its own: docs/operations.md shows this statement with the output it has here. The number of
# the block depends on how transfers fell into blocks.
sub is_documented
{
	my ($node, $statement, %numbers) = @_;
	my ($output, $docs) = ('', slurp_file('docs/operations.md'));

	IPC::Run::run([ 'psql', '-X', '-d', $bank->conninfo($node), '-c', $statement ], '>', \$output, '2>&1');
	$output =~ s/\b$_\b/$numbers{$_}/g foreach keys %numbers;
	my $shown = "ledger=# $statement;\n$output";
	s/[ \t]+$//mg, s/-{5,}/-----/g, s/ +/ /g foreach $shown, $docs;
	return ok(index($docs, $shown) >= 0, "documented: $statement") || diag($shown);
}

# ---- the story of docs/operations.md: an amount on one bank
like($bank->sql_error(3, "UPDATE $m.output_rows SET amount_units = 1"), qr/MC314/, 'the guard stands');
my $output = $bank->sql(1, "SELECT output_id FROM $m.output_rows WHERE amount_units = 700");
my ($height, $txid) = split /\|/, $bank->sql(1, "SELECT $output >> 20, encode(txid, 'hex') FROM $m.transaction_rows WHERE tx_id >> 20 = $output >> 20");
edit(3, "UPDATE $m.output_rows SET amount_units = 70000 WHERE output_id = $output");
is($bank->sql(1, "SELECT relation, row_key, height, encode(txid, 'hex'), problem, at_fault FROM mes.locate_divergence('cedar')"),
	"output_rows|output_id = $output|$height|$txid|differs|there", 'ash names the row, its transaction, and who is wrong');
my %numbers = ($output => 9437185, $height => 9);
is_documented(1, "SELECT relation, row_key, height, problem, at_fault FROM mes.locate_divergence('cedar')", %numbers);
is(located(3, 'elm'), "output_rows|output_id = $output|differs|here", 'so does cedar itself, and knows that it is wrong');
is(located(2, 'elm'), '', 'between the others there is nothing to find');
is($bank->sql(3, 'SELECT height, relation, row_key, problem, source FROM mes.repair_node(dry_run => true)'),
	"$height|output_rows|output_id = $output|differed|signed block", 'a dry run says what would be mended');
is(located(1, 'cedar'), "output_rows|output_id = $output|differs|there", 'and mends nothing');
is_documented(3, 'SELECT * FROM mes.repair_node()', %numbers); # mends it
$bank->wait_voting(3);
is(located(1, 'cedar'), '', 'and ash finds no difference any more');
is($bank->sql(3, 'SELECT kind, height, message FROM mes.node_events'),
	"repair|$height|output_rows where output_id = $output: the row differed", 'the repair is on record');
like($bank->sql_error(3, "UPDATE $m.output_rows SET amount_units = 1"), qr/MC314/, 'the guard stands again');
$bank->wait_equal;
$bank->ledgers_equal('after a repair');

# ---- every relation, and rows that are missing or too many
my @edits = (
	[ 'a spend deleted', "DELETE FROM $m.spend_rows WHERE spent_tx_id >> 20 = $height" ],
	[ 'an output invented', "INSERT INTO $m.output_rows SELECT output_id + 5, address_id, 5, asset_id, position_in_block, 5, actor, kind FROM $m.output_rows WHERE output_id = $output" ],
	[ 'an owner changed', "UPDATE $m.output_rows SET address_id = 3 - address_id WHERE output_id = $output" ],
	[ 'a state row changed', "UPDATE $m.state_rows SET value = set_byte(value, 3, 7) WHERE table_number = 2" ],
	[ 'an address replaced', "UPDATE $m.address_rows SET address = sha256('x') WHERE address_id = 2" ],
	[ 'an asset renamed', "UPDATE $m.asset_rows SET code = 'USD'" ],
	[ 'a sender changed', "UPDATE $m.transaction_rows SET sender_id = 2 WHERE tx_id >> 20 = $height" ],
	[ 'a number of outputs changed', "UPDATE $m.block_rows SET output_count = 9 WHERE height = $height" ],
	[ 'a stored sum changed', "INSERT INTO $m.state_sums SELECT $height, set_byte(lthash, 9, 1) FROM (SELECT decode(repeat('00', 2048), 'hex') AS lthash) AS s" ]);
foreach my $edit (@edits)
{
	edit(3, $edit->[1]);
	isnt($bank->sql(1, "SELECT count(*) FROM mes.locate_divergence('cedar') WHERE at_fault = 'there'"), 0, "$edit->[0]: located")
	  unless $edit->[0] =~ /sum/;
	isnt($bank->sql(3, "SELECT count(*) FROM mes.repair_node() WHERE source = 'signed block'"), 0, 'and mended by its own blocks');
	$bank->wait_voting(3);
	is($bank->sql(3, 'SELECT count(*) FROM mes.verify()'), 0, 'nothing is left of it');
}

# ---- signed parts: other banks have them
my @damages = (
	[ 'a block deleted', "DELETE FROM $m.block_rows WHERE height = $height" ],
	[ 'a body changed', "UPDATE $m.transaction_rows SET body = set_byte(body, 70, get_byte(body, 70) # 1) WHERE tx_id >> 20 = $height" ],
	[ 'a transaction deleted', "DELETE FROM $m.transaction_rows WHERE tx_id >> 20 = $height" ],
	[ 'a signature changed', "UPDATE $m.witness_rows SET witnesses = set_byte(witnesses, 80, get_byte(witnesses, 80) # 1) WHERE height = $height" ],
	[ 'a header changed', "UPDATE $m.block_rows SET header = set_byte(header, 60, get_byte(header, 60) # 1) WHERE height = $height" ],
	[ 'a certificate emptied', "UPDATE $m.block_rows SET commit_certificate = '' WHERE height = $height" ],
	[ 'a block and its witnesses gone', "DELETE FROM $m.block_rows WHERE height = $height; DELETE FROM $m.witness_rows WHERE height = $height" ],
	[ 'two blocks and what they made', "DELETE FROM $m.block_rows WHERE height IN ($height, $height + 1);
	    DELETE FROM $m.output_rows WHERE output_id >> 20 IN ($height, $height + 1)" ]);
foreach my $damage (@damages)
{
	edit(3, $damage->[1]);
	like($bank->sql(3, "SELECT string_agg(DISTINCT source, ',') FROM mes.repair_node() WHERE problem = 'was damaged'"),
		qr/^(ash|birch|elm)\b/, "$damage->[0]: mended from another bank");
	$bank->wait_voting(3);
	is($bank->sql(3, 'SELECT count(*) FROM mes.verify()'), 0, 'and verified');
}
is($bank->sql(1, "SELECT count(*) FROM mes.locate_divergence('cedar')"), 0, 'all is as on the others');

# ---- a bank that has the same forgery: refused, the next one is asked
edit($_, "UPDATE $m.transaction_rows SET body = set_byte(body, 70, get_byte(body, 70) # 1) WHERE tx_id >> 20 = $height") foreach 1, 3;
$bank->sql(3, 'SELECT count(*) FROM mes.repair_node()');
$bank->wait_voting(3);
is($bank->sql(3, 'SELECT count(*) FROM mes.verify()'), 0, 'a forged body of another bank is not taken');
is(located(3, 'ash'), "transaction_rows|tx_id = @{[ $height << 20 ]}|differs|there", 'and shown as what it is');
edit($_, "UPDATE $m.transaction_rows SET body = set_byte(body, 70, get_byte(body, 70) # 1) WHERE tx_id >> 20 = $height") foreach 2, 3, 4;
like($bank->sql_error(3, 'SELECT mes.repair_node()'), qr/MC346: block $height cannot be mended/, 'where all have it nothing is mended');
edit($_, "UPDATE $m.transaction_rows SET body = set_byte(body, 70, get_byte(body, 70) # 1) WHERE tx_id >> 20 = $height") foreach 1 .. 4;
$bank->wait_equal;
$bank->ledgers_equal('at the end');
$bank->verifies;

# ---- rights
$bank->sql(2, 'CREATE ROLE auditor LOGIN IN ROLE mes_auditor');
$bank->sql(2, 'CREATE ROLE dba LOGIN IN ROLE mes_admin');
is($bank->sql(2, "SELECT count(*) FROM mes.locate_divergence('ash')", conninfo => $bank->conninfo(2, user => 'auditor')), 0, 'an auditor may compare');
like($bank->sql_error(2, 'SELECT mes.repair_node()', conninfo => $bank->conninfo(2, user => 'auditor')), qr/42501/, 'and mends nothing');
is($bank->sql(2, 'SELECT count(*) FROM mes.repair_node()', conninfo => $bank->conninfo(2, user => 'dba')), 0, 'mes_admin may');

# ---- a member that asks without end, or nonsense, costs its share and no more
my $state = $bank->state_dir(1);
append_to_file("$bank->{home}/deliver.py", <<'END');
import sys, psycopg
calls, count, frame = int(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4])
session = psycopg.connect(sys.argv[1], autocommit=True)
for i in range(calls):
    session.execute("SELECT mes_internal.deliver(%b)", [[frame] * count], prepare=False)
END
my $refused = "SELECT frames_refused FROM mes.stat_peers WHERE member = 'ash'";
my $before = $bank->sql(2, $refused);
my $question = join '', '06', '0000000000000007', '02', '00', '00', map { sprintf '%016x', $_ } 1, 4096, 1 << 40, 0;
sub flood
{
	my ($calls, $count, $frame) = @_;
	my $output = '';
	my $session = $bank->conninfo(2, host => '127.0.0.1', user => 'mes_peer_ash', sslmode => 'require',
		sslcert => "$state/peer.crt", sslkey => "$state/peer.key", sslrootcert => "$state/peers.crt");

	IPC::Run::run([ 'python3', "$bank->{home}/deliver.py", $session, $calls, $count, $frame ], '>', \$output, '2>&1');
	return $output;
}
SKIP:
{
skip 'psycopg 3 is not installed (package python3-psycopg)', 10 if system('python3 -c "import psycopg" 2>/dev/null') != 0;
is(flood(10, 1000, $question), '', 'ten thousand questions are taken');
is($bank->sql(2, $refused), $before, 'and none is refused');
is(flood(1, 10, $_), '', 'nonsense ends no session') foreach '06', '0600', substr($question, 0, -2), $question . '00', '07' . '00' x 30, '0801', '08' . 'ff' x 300;
is($bank->sql(2, $refused), $before + 70, 'what is no question, answer or notice is');
}
$bank->sql(1, "SELECT mes.transfer('$till', 'EUR', 1)");
is($bank->sql(2, "SELECT count(*) FROM mes.locate_divergence('cedar')"), 0, 'the others are answered as before');

# ---- a member that is away
$bank->stop(4);
$bank->wait_until(1, "SELECT connected FROM mes.stat_peers WHERE member = 'elm'", 'f');
like($bank->sql_error(1, "SELECT mes.locate_divergence('elm')"), qr/MC345: member "elm" does not answer/, 'a member that is away is named');
$bank->start(4);
$bank->logs_are_clean;

done_testing();
