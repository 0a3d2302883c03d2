-- The ledger's relations are append-only, for superusers too; what a DBA needs stays open.  -- P9
\set VERBOSITY sqlstate
-- rows
INSERT INTO mes_internal.leaves VALUES (1, 2, 'x');
UPDATE mes_internal.genesis_rows SET joined_at = now();
DELETE FROM mes_internal.genesis_rows;
COPY mes_internal.address_rows FROM stdin;
\.
SELECT * FROM mes_internal.genesis_rows FOR UPDATE;
MERGE INTO mes_internal.leaves l USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE;
-- relations
TRUNCATE mes_internal.output_rows;
DROP TABLE mes_internal.output_rows_000000000001;
ALTER TABLE mes_internal.output_rows ADD COLUMN extra int;
ALTER TABLE mes_internal.output_rows DETACH PARTITION mes_internal.output_rows_000000000001;
ALTER TABLE mes_internal.leaves RENAME TO leafs;
ALTER TABLE mes_internal.leaves SET SCHEMA public;
CREATE TABLE mes_internal.child PARTITION OF mes_internal.output_rows FOR VALUES FROM (-9) TO (0);
CREATE TRIGGER veto BEFORE INSERT ON mes_internal.output_rows_000000000001
  FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE nothing AS ON INSERT TO mes_internal.leaves DO INSTEAD NOTHING;
CREATE UNIQUE INDEX veto ON mes_internal.output_rows_000000000001 (address_id);
\set VERBOSITY default
DELETE FROM mes_internal.leaves;
-- what a DBA may do
ANALYZE mes_internal.output_rows;
VACUUM mes_internal.leaves;
REINDEX TABLE CONCURRENTLY mes_internal.leaves;
ALTER TABLE mes_internal.output_rows_000000000001 SET (fillfactor = 90);
ALTER TABLE mes_internal.output_rows_000000000001 ALTER amount_units SET STATISTICS 500;
CREATE INDEX plain ON mes_internal.output_rows_000000000001 (amount_units);
DROP INDEX mes_internal.plain;
GRANT SELECT ON mes_internal.leaves TO mes_reader;
COMMENT ON TABLE mes_internal.leaves IS 'cuts of the partitioned relations; local layout, no part of consensus';
-- the owner of a server can always edit, on purpose by this one door; mes.verify finds it
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM mes_internal.leaves WHERE from_height = 1048576;
ROLLBACK;
