-- ledger_roles (P10): a plain role can do nothing, mes_reader reads, mes_member submits for its own accounts.
\i test/lib/fresh_ledger.sql
SET client_min_messages = error;
DROP ROLE IF EXISTS plain_role, reading_role, paying_role, other_role;
RESET client_min_messages;
CREATE ROLE plain_role;
CREATE ROLE reading_role IN ROLE mes_reader;
CREATE ROLE paying_role IN ROLE mes_member;
CREATE ROLE other_role IN ROLE mes_member;

-- nobody by default
SET ROLE plain_role;
SELECT count(*) FROM mes.blocks;
SELECT count(*) FROM mes_internal.block_rows;
SELECT mes.create_account('mine');
SELECT mes.transfer('x', 'EUR', 1);
SELECT mes.receipt_of('00000000-0000-4000-8000-000000000001');
SELECT mes.create_node_key();
SELECT mes.stat_reset();
SELECT count(*) > 100 AS errors_are_public FROM mes.error_codes;
RESET ROLE;

-- a member submits for the accounts that it owns, and for no other
SET ROLE paying_role;
SELECT mes.create_account('paying') AS paying \gset
SELECT mes.issue_asset('GOLD', 10, 3) AS submission \gset
SELECT status FROM mes.receipt_of(:'submission');
SELECT count(*) FROM mes.blocks;
SELECT wrapped_key FROM mes_internal.account_rows;
SELECT mes.stat_reset();
SET ROLE other_role;
SET meschain.account = 'paying';
SELECT mes.transfer(:'paying', 'GOLD', 1);
RESET meschain.account;
SELECT mes.transfer(:'paying', 'GOLD', 1);
RESET ROLE;

-- a reader reads every relation of mes, and cannot submit
SET ROLE reading_role;
DO $$
DECLARE
  relation regclass;
BEGIN
  FOR relation IN SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'mes' AND c.relkind IN ('v', 'r') AND has_table_privilege(c.oid, 'SELECT')
                   ORDER BY c.relname LOOP
    EXECUTE format('SELECT count(*) FROM (SELECT * FROM %s OFFSET 0) AS r', relation);
  END LOOP;
END $$;
SELECT relname AS not_for_readers FROM pg_class
 WHERE relnamespace = 'mes'::regnamespace AND relkind IN ('v', 'r') AND NOT has_table_privilege(oid, 'SELECT') ORDER BY 1;
SELECT asset, amount FROM mes.balances_at(mes.height_at('infinity'));
SELECT kind, amount_in, balance_after FROM mes.account_statement(:'paying');
SELECT wrapped_key FROM mes_internal.account_rows;
SELECT mes.burn('GOLD', 1);
SELECT mes.submit_batch('{}');
RESET ROLE;

-- nobody writes but the engine
SET ROLE reading_role;
DELETE FROM mes_internal.block_rows;
SET ROLE mes_auditor;
UPDATE mes_internal.output_rows SET amount_units = 0;
RESET ROLE;
DROP OWNED BY plain_role, reading_role, paying_role, other_role;
DROP ROLE plain_role, reading_role, paying_role, other_role;
