-- 00_schemas.sql - the three schemas of the extension.
--
-- The control file says schema = pg_catalog and every part qualifies every name: were the schema
-- of the control file one of ours, DROP EXTENSION would leave it behind (rule P10).

\echo Use "CREATE EXTENSION meschain" to load this file. \quit

CREATE SCHEMA mes;
COMMENT ON SCHEMA mes IS
  'meschain: the ledger for people and programs; functions that submit, relations that show';

CREATE SCHEMA mes_bi;
COMMENT ON SCHEMA mes_bi IS
  'meschain: facts and dimensions for reports; hashes as hex text, amounts as numeric(28,8)';

CREATE SCHEMA mes_internal;
COMMENT ON SCHEMA mes_internal IS
  'meschain: the engine''s own relations; their shape may change with any release';
