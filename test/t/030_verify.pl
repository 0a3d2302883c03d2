# 030_verify.pl - mes.verify finds every edit that the owner of a server can make to the ledger's
# rows, and names its place; proofs of transactions stand on their own.    # P15 P16 P17
use strict;
use warnings;

use MeschainNode;
use Test::More;

my $node = MeschainNode->create('audited', conf => "max_parallel_workers = 8\n");

$node->sql('SELECT mes.create_node_key()');
$node->sql("SET client_min_messages = error; SELECT mes.create_genesis()");
$node->wait_until('SELECT mode FROM mes.status', 'voting');

# some hundred transactions: issues, transfers in chains, a notarisation, refusals, a burn
my $bob = $node->sql("SELECT mes.create_account('bob')");
my $alice = $node->sql("SELECT mes.create_account('alice')");
my $as_alice = "SET meschain.account = 'alice';";
$node->sql("$as_alice SELECT mes.issue_asset('GOLD', 100000, 2)");
$node->sql("$as_alice SELECT mes.notarise(sha256('a contract'))");
$node->sql("$as_alice DO \$\$ BEGIN FOR i IN 1..150 LOOP
  PERFORM mes.transfer('$bob', 'GOLD', i); COMMIT; END LOOP; END \$\$");
$node->sql("SET meschain.account = 'bob'; SELECT mes.transfer('$alice', 'GOLD', 0.5)");
$node->sql_error("SET meschain.account = 'bob'; SELECT mes.notarise(sha256('a contract'))");
$node->sql("SET meschain.account = 'bob'; SELECT mes.burn('GOLD', 2)");
$node->sql("$as_alice SELECT mes.issue_more('GOLD', 5)");
$node->sql("$as_alice SELECT mes.issue_asset('SILVER', 10, 0)");

is($node->sql('SELECT * FROM mes.verify()'), '', 'an intact ledger has no problems');
is($node->sql('SELECT * FROM mes.verify(jobs => 2)'), '', 'nor with two processes');
is($node->sql('SELECT * FROM mes.verify(20, 60)'), '', 'nor a part of it');
is($node->sql('SELECT * FROM mes.verify(100)'), '', 'nor its end, with the whole current state');

sub flip
{
	my ($column, $byte) = @_;

	return "$column = set_byte($column, $byte, get_byte($column, $byte) # 1)";
}

# What verify says inside a transaction that edited rows by the one door a superuser has.
sub verified_after
{
	my ($edit, $jobs) = @_;

	return $node->sql("BEGIN; SET LOCAL session_replication_role = replica; $edit;
	  SELECT string_agg(height || ' ' || object, ', ' ORDER BY height, object)
	    FROM mes.verify(jobs => $jobs); ROLLBACK");
}

my $m = 'mes_internal';
my $parent = 'set_byte(header, 40, get_byte(header, 40) # 1)';
my @edits = (
	[ 'a byte of a header', '7 block', "UPDATE $m.block_rows SET ${\ flip('header', 60)} WHERE height = 7" ],
	[ 'a parent, with a hash that fits', '7 block, 7 certificate',
		"UPDATE $m.block_rows SET header = $parent, hash = sha256($parent) WHERE height = 7" ],
	[ 'a state root', '9 block', "UPDATE $m.block_rows SET ${\ flip('state_root', 3)} WHERE height = 9" ],
	[ 'a state digest', '9 block', "UPDATE $m.block_rows SET ${\ flip('state_digest', 3)} WHERE height = 9" ],
	[ 'a stored sum of the state', '9 state', "INSERT INTO $m.state_sums VALUES (9, decode(repeat('07', 2048), 'hex'))" ],
	[ 'a receipts root', '9 block', "UPDATE $m.block_rows SET ${\ flip('receipts_root', 3)} WHERE height = 9" ],
	[ 'a block time', '9 block, 9 transaction',
		"UPDATE $m.block_rows SET block_time = block_time + interval '1 s' WHERE height = 9" ],
	[ 'the amount of an output that was spent', '1 output',
		"UPDATE $m.output_rows SET amount_units = amount_units + 1 WHERE output_id = 1 << 20" ],
	[ 'the owner of an output', '5 output',
		"UPDATE $m.output_rows SET address_id = 3 - address_id WHERE output_id = 5::bigint << 20" ],
	[ 'an output deleted', '5 output', "DELETE FROM $m.output_rows WHERE output_id = 5::bigint << 20" ],
	[ 'an output invented', '5 output', "INSERT INTO $m.output_rows SELECT output_id + 9, address_id,
	    amount_units, asset_id, position_in_block, 9, actor, kind FROM $m.output_rows
	   WHERE output_id = 5::bigint << 20" ],
	[ 'a spend deleted', '8 spend', "DELETE FROM $m.spend_rows WHERE spent_tx_id >> 20 = 8" ],
	[ 'a spend repeated for another output', '8 spend', "INSERT INTO $m.spend_rows
	  SELECT max(o.output_id), 8::bigint << 20, 0 FROM $m.output_rows o WHERE NOT EXISTS
	   (SELECT FROM $m.spend_rows s WHERE s.output_id = o.output_id)" ],
	[ 'a spend by another transaction', '8 spend, 99 spend',
		"UPDATE $m.spend_rows SET spent_tx_id = 99::bigint << 20 WHERE spent_tx_id >> 20 = 8" ],
	[ 'a byte of a body', '11 transaction',
		"UPDATE $m.transaction_rows SET ${\ flip('body', 70)} WHERE tx_id >> 20 = 11" ],
	[ 'a transaction deleted', '11 transaction', "DELETE FROM $m.transaction_rows WHERE tx_id >> 20 = 11" ],
	[ 'a byte of a witness', '12 transaction',
		"UPDATE $m.witness_rows SET ${\ flip('witnesses', 80)} WHERE height = 12" ],
	[ 'the witnesses of one block deleted', '12 transaction', "DELETE FROM $m.witness_rows WHERE height = 12" ],
	[ 'a receipt', '13 receipt', "UPDATE $m.transaction_rows SET status = 202 WHERE tx_id >> 20 = 13" ],
	[ 'the sender of a transaction', '13 transaction',
		"UPDATE $m.transaction_rows SET sender_id = 3 - sender_id WHERE tx_id >> 20 = 13" ],
	[ 'decimals of an asset', '1 asset', "UPDATE $m.asset_rows SET decimals = 3 WHERE code = 'GOLD'" ],
	[ 'an asset invented', '3 asset',
		"INSERT INTO $m.asset_rows SELECT 99, 'LEAD', 2, 3::bigint << 20" ],
	[ 'the value of a state row', '1 asset',
		"UPDATE $m.state_rows SET ${\ flip('value', 3)} WHERE table_number = 1 AND height = 1" ],
	[ 'a notarisation deleted', '2 notarisation', "DELETE FROM $m.state_rows WHERE table_number = 2" ],
	[ 'an address', '1 address', "UPDATE $m.address_rows SET ${\ flip('address', 3)} WHERE address_id = 1" ],
	[ 'a certificate of the order', '14 certificate',
		"UPDATE $m.block_rows SET ${\ flip('commit_certificate', 90)} WHERE height = 14" ],
	[ 'a certificate of the result', '14 certificate',
		"UPDATE $m.block_rows SET ${\ flip('result_certificate', 120)} WHERE height = 14" ],
	[ 'a block\'s own row deleted', '15 block', "DELETE FROM $m.block_rows WHERE height = 15" ],
	[ 'a whole block deleted', '15 block', "DELETE FROM $m.block_rows WHERE height = 15;
	  DELETE FROM $m.transaction_rows WHERE tx_id >> 20 = 15;
	  DELETE FROM $m.output_rows WHERE output_id >> 20 = 15;
	  DELETE FROM $m.spend_rows WHERE spent_tx_id >> 20 = 15;
	  DELETE FROM $m.witness_rows WHERE height = 15" ],
);
foreach my $edit (@edits)
{
	my ($what, $place, $statement) = @$edit;

	is(verified_after($statement, 1), $place, "found: $what");
	is(verified_after($statement, 3), $place, 'by three processes alike');
}

# surplus rows are named, whatever their block holds besides
sub detail_after
{
	my ($edit, $object) = @_;

	return $node->sql("BEGIN; SET LOCAL session_replication_role = replica; $edit;
	  SELECT problem || ': ' || detail FROM mes.verify() WHERE object = '$object'; ROLLBACK");
}
my $none = 'no transaction wrote this row';
my $unspent = $node->sql("SELECT max(o.output_id) FROM $m.output_rows o WHERE NOT EXISTS
  (SELECT FROM $m.spend_rows s WHERE s.output_id = o.output_id)");
my $stranger = $node->sql("SELECT $m.address_text(sha256('a stranger'))");
is(detail_after("INSERT INTO $m.spend_rows VALUES ($unspent, 8::bigint << 20, 0)", 'spend'),
	"$none: output $unspent by position 0, input 0", 'a spend of its own');
is(detail_after("INSERT INTO $m.state_rows VALUES (2, sha256('forged'), 2, 2::bigint << 20, sha256(''))", 'state'),
	"$none: table 2, key " . $node->sql("SELECT encode(sha256('forged'), 'hex')"), 'a state row beside one of its block');
is(detail_after("INSERT INTO $m.asset_rows VALUES (99, 'LEAD', 2, 1::bigint << 20)", 'asset'),
	"$none: \"LEAD\"", 'an asset beside one of its block');
is(detail_after("INSERT INTO $m.address_rows VALUES (99, sha256('a stranger'), 1)", 'address'),
	"$none: number 99, $stranger", 'an address beside one of its block');

# archived witnesses: green, and said once
my $stderr = '';
$node->psql($MeschainNode::DATABASE,
	"BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM $m.witness_rows;
	 SELECT 'problems', count(*) FROM mes.verify(); ROLLBACK",
	stdout => \my $stdout, stderr => \$stderr);
like($stdout, qr/problems\|0/, 'without any witness of a leaf the rest is verified');
is(() = $stderr =~ /witnesses of \d+ blocks are archived/g, 1, 'and the notice comes once');

# cancel
like($node->sql_error("SET statement_timeout = '20ms'; SELECT count(*) FROM mes.verify(jobs => 2)"),
	qr/canceling statement due to statement timeout/, 'a run can be cancelled');
is($node->sql('SELECT * FROM mes.verify()'), '', 'and leaves nothing behind');

# chunks with a commit each
$node->sql('CALL mes.run_verify(chunk_blocks => 40)');
is($node->sql('SELECT from_height, verified_height = to_height, finished_at IS NOT NULL, problem_count,
	problems FROM mes.verify_runs'), '1|t|t|0|[]', 'run_verify keeps what it found');
like($node->sql_error('SELECT * FROM mes.verify(0)'), qr/from_height cannot be 0/, 'a height below the first');
like($node->sql_error('SELECT * FROM mes.verify(jobs => 0)'), qr/jobs cannot be 0/, 'no process');

# proofs
my $txid = $node->sql("SELECT txid FROM $m.transaction_rows WHERE tx_id >> 20 = 5");
my $proof = $node->sql("SELECT mes.prove_transaction('$txid')");
is($node->sql("SELECT valid, kind, height, content ->> 'status', problem FROM mes.verify_proof('$proof')"),
	't|final|5|ok|self-signed: trust from anchor', 'a proof of effect, by one member');
is($node->sql("SELECT valid, kind, problem FROM mes.verify_proof(mes.prove_transaction('$txid', 20),
	mes.trust_anchor(20) - 'voting_keys')"), 't|final|self-signed: trust from anchor',
	'a proof for one who knows the hash of a later block');
is($node->sql("SELECT valid, problem FROM mes.verify_proof(mes.prove_transaction('$txid', 20),
	mes.trust_anchor(21) - 'voting_keys')"),
	'f|the proof ends at another block than the trusted one: height 20, trusted 21',
	'and for nobody who trusts another');
is($node->sql("SELECT count(*) FILTER (WHERE valid), count(*) > 500 FROM
	(SELECT v.valid FROM (SELECT '$proof'::bytea AS proof) AS p,
	   generate_series(0, 8 * octet_length(proof) - 1, 13) AS bit,
	   mes.verify_proof(set_bit(proof, bit, 1 - get_bit(proof, bit))) AS v) AS flipped"),
	'0|t', 'a proof with one bit changed is refused');
is($node->sql("SELECT mes.proof_json('$proof') ->> 'height'"), '5', 'a proof is shown to people');
like($node->sql_error("SELECT mes.prove_transaction(sha256('nothing'))"), qr/is not in a block/,
	'what is not there has no proof');

# rights
$node->sql('CREATE ROLE auditor LOGIN IN ROLE mes_auditor; CREATE ROLE teller LOGIN IN ROLE mes_member');
is($node->sql('SELECT count(*) FROM mes.verify(jobs => 2)', extra_params => [ '-U', 'auditor' ]), '0',
	'an auditor verifies');
is($node->sql("SELECT valid FROM mes.verify_proof(mes.prove_transaction('$txid'))",
	extra_params => [ '-U', 'auditor' ]), 't', 'and proves');
$node->sql('CALL mes.run_verify(150)', extra_params => [ '-U', 'auditor' ]);
like($node->sql_error('SELECT * FROM mes.verify()', extra_params => [ '-U', 'teller' ]),
	qr/permission denied for function verify/, 'others do not');

$node->log_is_clean;
$node->stop;

done_testing();
