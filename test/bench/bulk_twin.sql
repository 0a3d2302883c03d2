-- bulk_twin.sql - CPU in microseconds a transaction of INSERT ... SELECT of the rows that the last
-- :rows transactions wrote, into tables of the same shape, indexes and fill as the ledger's, lines of
-- the reports included.
-- Backend CPU comes from the kernel's own account of this process.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA twin;
SELECT tx_id AS first_tx, (tx_id >> 20) AS first_height FROM mes_internal.transaction_rows
  ORDER BY tx_id DESC OFFSET (:rows - 1) LIMIT 1 \gset
CREATE TABLE twin.transactions (LIKE mes_internal.transaction_rows_000000000001 INCLUDING STORAGE INCLUDING INDEXES);
CREATE TABLE twin.witnesses (LIKE mes_internal.witness_rows_000000000001 INCLUDING STORAGE INCLUDING INDEXES);
CREATE TABLE twin.outputs (LIKE mes_internal.output_rows_000000000001 INCLUDING STORAGE INCLUDING INDEXES);
CREATE TABLE twin.spends (LIKE mes_internal.spend_rows_000000000001 INCLUDING STORAGE INCLUDING INDEXES);
CREATE TABLE twin.facts (LIKE mes_bi.fact_transfer INCLUDING STORAGE INCLUDING INDEXES);
INSERT INTO twin.transactions SELECT * FROM mes_internal.transaction_rows WHERE tx_id < :first_tx;
INSERT INTO twin.outputs SELECT * FROM mes_internal.output_rows WHERE output_id >> 20 < :first_height;
INSERT INTO twin.spends SELECT * FROM mes_internal.spend_rows WHERE spent_tx_id < :first_tx;
INSERT INTO twin.facts SELECT * FROM mes_bi.fact_transfer WHERE height < :first_height;
CREATE FUNCTION pg_temp.cpu_us() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT (f[12]::bigint + f[13]::bigint) * 10000
  FROM string_to_array(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\) ', ''), ' ') f $$;
SELECT pg_temp.cpu_us() AS before \gset
INSERT INTO twin.transactions SELECT * FROM mes_internal.transaction_rows WHERE tx_id >= :first_tx;
INSERT INTO twin.witnesses SELECT * FROM mes_internal.witness_rows WHERE height >= :first_height;
INSERT INTO twin.outputs SELECT * FROM mes_internal.output_rows WHERE output_id >> 20 >= :first_height;
INSERT INTO twin.spends SELECT * FROM mes_internal.spend_rows WHERE spent_tx_id >= :first_tx;
INSERT INTO twin.facts SELECT * FROM mes_bi.fact_transfer WHERE height >= :first_height;
SELECT round((pg_temp.cpu_us() - :before)::numeric / :rows, 2);
DROP SCHEMA twin CASCADE;
