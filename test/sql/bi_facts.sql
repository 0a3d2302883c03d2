-- bi_facts: what blocks do stands in mes_bi at once, agrees with the ledger, and is read by mes_bi alone.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.create_account('alice', 2) AS alice \gset
SET meschain.account = 'bank';
SELECT mes.issue_asset('EUR', 1000, 2) IS NOT NULL AS submitted;
SELECT mes.issue_asset('FINE', 1, 12, '{}', false) IS NOT NULL AS submitted;
SELECT mes.issue_asset('LATER', 0, 0) IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'EUR', 12.34, 'rent', 'INV-1') IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'FINE', 0.000000015) IS NOT NULL AS submitted;

-- one SQL transaction: two payments, a burn and a document are one transaction, in one block
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1, 'first') = mes.transfer(:'alice', 'EUR', 2, 'second') AS same_submission;
SELECT mes.burn('EUR', 0.66) IS NOT NULL AS submitted;
SELECT mes.notarise(sha256('a contract')) IS NOT NULL AS submitted;
COMMIT;
SELECT mes.issue_more('LATER', 7) IS NOT NULL AS submitted;

-- a refusal is a fact too: the same submission a second time
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000001', 'salary June');
SELECT mes.transfer(:'alice', 'EUR', 5) IS NOT NULL AS submitted;
COMMIT;
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000001', 'salary June');
SELECT mes.transfer(:'alice', 'EUR', 5) IS NOT NULL AS submitted;
\set VERBOSITY sqlstate
COMMIT;
\set VERBOSITY default

CREATE FUNCTION party(key bigint) RETURNS text LANGUAGE sql AS
  $$ SELECT CASE key WHEN 0 THEN 'nobody' ELSE who((SELECT address FROM mes_bi.dim_account WHERE account_key = key)) END $$;
SELECT height, party(from_account_key) AS payer, party(to_account_key) AS payee, code, amount, operation, transfer_index, reference, memo
  FROM mes_bi.fact_transfer JOIN mes_bi.dim_asset USING (asset_key) ORDER BY transfer_key;
SELECT code, decimals, party(issuer_account_key) AS issuer, is_reissuable, issued_height FROM mes_bi.dim_asset ORDER BY asset_key;
SELECT height, party(account_key) AS account, operation, cause, error_code, reference FROM mes_bi.fact_refusal;
SELECT height, tx_count, refused_count, output_count, since_previous_time >= 0 AS later, amount FROM mes_bi.fact_block ORDER BY height;

-- the day of a fact is in dim_date, its hash is the ledger's
SELECT count(*) AS facts, count(*) FILTER (WHERE d.calendar_date = (f.block_time AT TIME ZONE 'UTC')::date) AS on_their_day,
       count(*) FILTER (WHERE f.txid_hex = encode(t.txid, 'hex')) AS of_their_transaction
  FROM mes_bi.fact_transfer AS f JOIN mes_bi.dim_date AS d USING (date_key) JOIN mes.transactions AS t USING (height, position);

-- balances of reports are those of the ledger: no row
WITH moved AS (
  SELECT to_account_key AS account_key, asset_key, amount FROM mes_bi.fact_transfer
  UNION ALL SELECT from_account_key, asset_key, -amount FROM mes_bi.fact_transfer
  UNION ALL SELECT payer_account_key, asset_key, -amount FROM mes_bi.fact_fee
), reported AS (
  SELECT a.address, s.code AS asset, sum(m.amount) AS amount FROM moved AS m
    JOIN mes_bi.dim_account AS a USING (account_key) JOIN mes_bi.dim_asset AS s USING (asset_key)
   WHERE m.account_key > 0 AND s.decimals <= 8 GROUP BY 1, 2 HAVING sum(m.amount) <> 0
)
SELECT * FROM reported FULL JOIN (SELECT * FROM mes.balances WHERE asset <> 'FINE') AS owned USING (address, asset)
 WHERE reported.amount IS DISTINCT FROM owned.amount;
SELECT * FROM mes.verify_reports();

-- the block that a report is true for, and who signed it
SELECT height = (SELECT max(height) FROM mes.blocks) AS newest, signers, length(block_hash), length(state_root), text ~ 'Result signed by 1 of 1 members'
  FROM mes_bi.report_proof();
SELECT p.height, p.block_hash = encode(b.hash, 'hex') AS same_hash, p.state_root = encode(b.state_root, 'hex') AS same_root
  FROM mes_bi.report_proof(3) AS p JOIN mes.blocks AS b USING (height);
SELECT count(*) AS of_no_block FROM mes_bi.report_proof(1000);

-- a snapshot holds one height, however many statements read it
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT max(height) AS shown FROM mes_bi.fact_block \gset
SELECT :shown = (SELECT max(height) FROM mes.blocks) AS same_as_ledger, :shown = (SELECT height FROM mes_bi.report_proof()) AS same_as_proof;
COMMIT;

-- edits of a server's owner are found
BEGIN;
UPDATE mes_bi.fact_transfer SET amount = 99 WHERE memo = 'rent';
DELETE FROM mes_bi.fact_refusal;
INSERT INTO mes_bi.fact_fee SELECT 5, height, block_time, date_key, 1, 1, 0, 'transfer', block_hash_hex, 1 FROM mes_bi.fact_block WHERE height = 2;
SELECT * FROM mes.verify_reports();
SELECT * FROM mes.verify_reports(1, 3);
ROLLBACK;

-- reports that lag, as after a restore without them, are filled from the ledger's rows
BEGIN;
DELETE FROM mes_bi.fact_transfer WHERE height > 2;
DELETE FROM mes_bi.fact_refusal;
DELETE FROM mes_bi.fact_block WHERE height > 2;
SELECT mes_internal.complete_reports();
SELECT * FROM mes.verify_reports();
ROLLBACK;

-- role mes_bi: reads every relation of mes_bi, nothing else, and writes nothing
SET client_min_messages = error;
DROP ROLE IF EXISTS report_tool;
RESET client_min_messages;
SELECT mes.create_report_reader('report_tool', '0 s');
SELECT mes.create_report_reader('report_tool', '5 s');
SELECT unnest(setconfig) AS setting FROM pg_db_role_setting WHERE setrole = 'report_tool'::regrole ORDER BY 1;
SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, pg_has_role('report_tool', 'mes_bi', 'member') AS reads
  FROM pg_roles WHERE rolname = 'report_tool';
SELECT unnest(setconfig) AS group_setting FROM pg_db_role_setting WHERE setrole = 'mes_bi'::regrole ORDER BY 1;
SET ROLE report_tool;
DO $$
DECLARE
  relation regclass;
BEGIN
  FOR relation IN SELECT oid FROM pg_class WHERE relnamespace = 'mes_bi'::regnamespace AND relkind = 'r' LOOP
    EXECUTE format('SELECT count(*) FROM %s', relation);
  END LOOP;
END $$;
SELECT height > 0 AS proof FROM mes_bi.report_proof();
SELECT count(*) FROM mes.transfers;
SELECT count(*) FROM mes.balances;
SELECT count(*) FROM mes_internal.transaction_rows;
SELECT count(*) FROM pg_authid;
SELECT mes.verify_reports();
SELECT mes.transfer('x', 'EUR', 1);
SELECT pg_read_file('PG_VERSION');
INSERT INTO mes_bi.dim_medium VALUES (99, 'x', 'x', 'x');
UPDATE mes_bi.fact_transfer SET amount = 0;
DELETE FROM mes_bi.fact_block;
TRUNCATE mes_bi.fact_fee;
CREATE TABLE mes_bi.mine (a integer);
CREATE TEMP TABLE mine (a integer);
RESET ROLE;
-- what it may read beside mes_bi is what everybody may: the catalogue of refusals
SELECT n.nspname || '.' || c.relname AS readable FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('mes', 'mes_internal') AND c.relkind IN ('r', 'v', 'p')
   AND has_schema_privilege('report_tool', n.oid, 'USAGE') AND has_table_privilege('report_tool', c.oid, 'SELECT');
SELECT c.oid::regclass AS writable FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname LIKE 'mes%' AND c.relkind IN ('r', 'v', 'p')
   AND has_table_privilege('report_tool', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER');
DROP ROLE report_tool;
