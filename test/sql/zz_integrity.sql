-- The ledger that the other tests filled: verified, and recomputed by another hand.   -- P11 P16 P17
-- every row, root, signature and certificate, with one process and with several
SELECT * FROM mes.verify();
SELECT * FROM mes.verify(jobs => 3);
SELECT count(*) AS problems FROM mes.verify(2, 5, sample_ppm => 0);
CALL mes.run_verify(chunk_blocks => 7);
SELECT from_height, verified_height = to_height AS complete, finished_at IS NOT NULL AS finished, problem_count
  FROM mes.verify_runs;
SELECT count(*) AS running FROM mes.stat_progress_verify;
-- pgcrypto and SQL agree with the library                                              -- P11
SELECT bool_and(mes.audit_txid(body) = txid) AS txids_agree FROM mes_internal.transaction_rows;
SELECT bool_and(mes.audit_block_hash(height) = hash) AS block_hashes_agree,
       bool_and(mes.audit_tx_root(height) = substr(header, 69, 32)) AS tx_roots_agree,
       bool_and(mes.audit_exec_root(height) = state_root) AS exec_roots_agree
  FROM mes_internal.block_rows;
SELECT bool_and(mes.audit_merkle_root(leaves) = mes.merkle_root(data)) AS merkle_roots_agree
  FROM (SELECT n, array_agg(sha256('\x00'::bytea || int4send(i)) ORDER BY i) AS leaves,
               array_agg(int4send(i) ORDER BY i) AS data
          FROM generate_series(1, 33) AS n, generate_series(1, n) AS i GROUP BY n) AS trees;
-- state stands in the set hash: the rows of the current state add up to the last block's digest, and
-- one changed row is found                                                              -- P16
SELECT mes.create_account('zz_issuer') IS NOT NULL AS made;
SET meschain.account = 'zz_issuer';
SELECT mes.issue_asset('ZZ.ROW', 1) IS NOT NULL AS issued;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE mes_internal.output_rows SET amount_units = amount_units + 1
 WHERE output_id = (SELECT min(output_id) FROM mes_internal.output_rows);
SELECT object, problem FROM mes.verify();
ROLLBACK;
-- proofs, of what took effect and of a refusal
SELECT mes.create_account('zz_notary') IS NOT NULL AS made;
SET meschain.account = 'zz_notary';
\set VERBOSITY sqlstate
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-00000000abcd');
SELECT mes.notarise(sha256('zz first')) IS NOT NULL AS handed_in;
COMMIT;
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-00000000abcd');
SELECT mes.notarise(sha256('zz second')) IS NOT NULL AS handed_in;
COMMIT;
SELECT count(*) AS problems FROM mes.verify();
SELECT bool_and(p.valid) AS all_valid, array_agg(DISTINCT p.kind) AS kinds, array_agg(DISTINCT p.problem) AS trust
  FROM (SELECT txid FROM mes_internal.transaction_rows ORDER BY tx_id LIMIT 20) AS t,
       mes.verify_proof(mes.prove_transaction(t.txid)) AS p;
SELECT bool_and(p.kind = 'final' AND p.content ->> 'status' <> 'ok' AND p.content ? 'message') AS refusals_proved
  FROM (SELECT txid FROM mes_internal.transaction_rows WHERE status <> 0 ORDER BY tx_id LIMIT 5) AS t,
       mes.verify_proof(mes.prove_transaction(t.txid)) AS p;
\set VERBOSITY terse
SELECT mes.verify_proof('\x00', '{}');
SELECT valid, problem FROM mes.verify_proof('\x00');
SELECT * FROM mes.verify(from_height => 0);
