-- ledger_relations: what each relation shows of a few known transactions, and that they agree with each other.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.create_account('alice') AS alice \gset
SET meschain.account = 'bank';
SELECT mes.issue_asset('EUR', 1000, 2, '{"name": "euro"}', false) IS NOT NULL AS submitted;
SELECT mes.issue_asset('GOLD', 5, 3) IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'EUR', 100, 'first', 'INV-1') IS NOT NULL AS submitted;
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 20.5, 'second', 'INV-2') IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'GOLD', 0.125) IS NOT NULL AS submitted;
SELECT mes.burn('GOLD', 0.005) IS NOT NULL AS submitted;
COMMIT;
SELECT mes.transfer(:'bank', 'EUR', 1) IS NOT NULL AS submitted;
SET meschain.account = 'alice';
SELECT mes.transfer(:'bank', 'EUR', 60) IS NOT NULL AS submitted;
SELECT mes.notarise(sha256('deed'), '{"pages": 2}') IS NOT NULL AS submitted;

-- ids of one run become the same in every run
CREATE FUNCTION plain(detail jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(detail::text, 'mes1[a-z0-9]{58}', 'ADDRESS', 'g') $$;
CREATE VIEW turns AS SELECT height, dense_rank() OVER (ORDER BY height) AS turn FROM mes.transactions;

SELECT n.turn, position, who(address) AS sender, operation, operation_count AS n, reference, memo, fee, status
  FROM mes.transactions AS t JOIN turns AS n USING (height) ORDER BY 1, 2;
SELECT n.turn, plain(detail) FROM mes.transactions AS t JOIN turns AS n USING (height) ORDER BY 1;
SELECT n.turn, operation_index AS i, who(address) AS actor, operation, plain(detail), status
  FROM mes.transaction_operations JOIN turns AS n USING (height) ORDER BY 1, 2;
SELECT n.turn, output_index AS i, who(address) AS owner, asset, amount, kind, s.turn AS spent
  FROM mes.outputs AS o JOIN turns AS n USING (height) LEFT JOIN turns AS s ON s.height = o.spent_height ORDER BY 1, 2;
SELECT n.turn, position, transfer_index AS i, who(from_address) AS payer, who(to_address) AS payee, asset, amount, reference, memo
  FROM mes.transfers JOIN turns AS n USING (height) ORDER BY 1, 3;
SELECT who(address) AS owner, n.turn, kind, transfer_index AS i, asset, amount, amount_in, amount_out, balance_after,
       who(counterparty) AS other, who(from_address) AS payer, who(to_address) AS payee, memo
  FROM mes.movements JOIN turns AS n USING (height) ORDER BY 1, 2, line, amount_in NULLS FIRST;
SELECT who(address) AS owner, asset, amount FROM mes.balances ORDER BY 1, 2;
SELECT asset, decimals, supply, who(issuer) AS issuer, metadata FROM mes.assets ORDER BY asset;
SELECT who(address) AS by, metadata, document_hash = sha256('deed') AS found FROM mes.notarisations;
SELECT name, suite, length(public_key) AS key_size, owner, n.turn AS last_turn
  FROM mes.accounts AS a LEFT JOIN turns AS n ON n.height = a.last_active_height ORDER BY name;
SELECT count(*) AS receipts, count(message) AS messages, min(status) AS status FROM mes.receipts;

SELECT count(*) AS found, count(*) FILTER (WHERE f.height = t.height AND f.txid = t.txid) AS right_ones
  FROM mes.transactions AS t, mes.find_transaction(t.txid) AS f;
SELECT count(*) AS found FROM mes.find_transaction('\x00');

-- a statement is the account's movements, and closes with its balance
SELECT n.turn, kind, who(counterparty) AS other, asset, amount_in, amount_out, balance_after, reference, memo
  FROM mes.account_statement(:'bank') JOIN turns AS n USING (height) ORDER BY height, line, amount_in NULLS FIRST;
SELECT count(*) AS differences FROM (
  (SELECT height, line, asset, amount_in, amount_out, balance_after, counterparty, reference, memo
     FROM mes.movements WHERE address = :'alice'
   EXCEPT
   SELECT height, line, asset, amount_in, amount_out, balance_after, counterparty, reference, memo
     FROM mes.account_statement(:'alice'))) AS d;
SELECT count(*) AS balances, count(*) FILTER (WHERE b.amount = m.balance_after) AS closings
  FROM mes.balances AS b FULL JOIN (
    SELECT DISTINCT ON (address, asset) address, asset, balance_after FROM mes.movements
     ORDER BY address, asset, height DESC, position DESC, line DESC, amount_in NULLS LAST) AS m USING (address, asset);
SELECT count(*) FROM mes.account_statement(:'bank', 'infinity') UNION ALL
SELECT count(*) FROM mes.account_statement(:'bank', NULL, (SELECT max(block_time) FROM mes.transactions)) UNION ALL
SELECT count(*) FROM mes.account_statement(mes.address_of(1, '\x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'));
SELECT count(*) FROM mes.account_statement('mes1nobody');

-- balances at every block from the transfers up to it
SELECT n.turn, who(address) AS owner, asset, amount
  FROM (SELECT DISTINCT height, turn FROM turns) AS n, mes.balances_at(n.height) ORDER BY 1, 2, 3;
SELECT mes.height_at('-infinity') AS before, mes.height_at('infinity') = max(height) AS now,
       bool_and(mes.height_at(block_time) = height) AS exact FROM mes.blocks;

-- blocks form a chain, from genesis on; one member signs alone
SELECT count(*) AS broken FROM mes.blocks AS b
  LEFT JOIN mes.blocks AS p ON p.height = b.height - 1
 WHERE b.parent_hash <> coalesce(p.hash, (SELECT genesis_hash FROM mes.genesis)) OR b.block_time <= p.block_time;
SELECT count(*) AS other_hashes FROM mes_internal.block_rows WHERE hash <> sha256(header);
SELECT count(DISTINCT proposer) AS proposers, sum(tx_count) = (SELECT count(*) FROM mes.transactions) AS all_counted,
       sum(output_count) = (SELECT count(*) FROM mes.outputs) AS outputs_counted FROM mes.blocks;
SELECT count(*) = (SELECT count(*) FROM mes.blocks) AS one_each, min(member) AS member,
       bool_and(length(result_signature) = 64 AND length(order_signature) = 64) AS signed FROM mes.block_signatures;
SELECT member, number, length(identity_key) AS identity, length(voting_key) AS voting, host FROM mes.members;
SELECT substring(genesis_hash, 1, 16) = chain_id AS chain, fee_asset, members_total FROM mes.genesis;

-- the node of itself
SELECT node, member, mode, voting, reason, view, epoch, members_total, members_voting, quorum, faults_tolerated,
       can_stop, peers_connected, mempool_count, history_from_height, version = mes.version() AS this_version FROM mes.status;
SELECT final_height = applied_height AS final, applied_height = (SELECT max(height) FROM mes.blocks) AS applied,
       state_root = (SELECT state_root FROM mes.blocks ORDER BY height DESC LIMIT 1) AS root, block_age < '1 minute' AS young
  FROM mes.status;
SELECT mode, voting, leader, quorum, stable_height = applied_height AS stable, view_changes FROM mes.stat_consensus;
SELECT blocks > 0 AS blocks, transactions, refused, cache_hit_ratio BETWEEN 0 AND 1 AS ratio FROM mes.stat_apply;
SELECT used, ready, bytes, submissions, refused, full_count FROM mes.stat_mempool;
SELECT mes.stat_reset('apply'), mes.stat_reset('mempool');
SELECT transactions, cache_hits, cache_misses, cache_hit_ratio FROM mes.stat_apply;
SELECT submissions, stats_reset > now() - interval '1 minute' AS reset_now FROM mes.stat_mempool;
SELECT mes.stat_reset('everything');
TABLE mes.pending_transactions;
TABLE mes.stat_submissions;
SELECT mes.can_stop();

-- keys of one's own: RFC 8032, test 2
SELECT mes.verify_signature(1, k, '\x72', s) AS good, mes.verify_signature(1, k, '\x73', s) AS other_message,
       mes.verify_signature(1, k, '\x72', set_byte(s, 9, 1)) AS other_signature, mes.verify_signature(2, k, '\x72', s) AS other_suite
  FROM (VALUES ('\x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'::bytea,
    '\x92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'::bytea))
       AS v (k, s);
SELECT address = mes.address_of(suite, public_key) AS same FROM mes.accounts ORDER BY name;
SELECT mes.address_of(3, '\x00');
SELECT mes.address_of(1, '\x00');
SELECT mes.address_of(1, decode(repeat('00', 32), 'hex'));
SELECT mes_internal.address_text('\x00');
