#!/bin/sh
# shard.sh - what routing costs inside a query. Prints `bench NAME VALUE UNIT` lines.
#
# Needs a server with the extension in the database that PGHOST, PGPORT, PGUSER and PGDATABASE name.
# One backend and so one core; each figure is the best of five runs over warm keys, since what is
# measured is the code and not the neighbours of the machine. Leaves nothing behind.
set -eu

psql -X -q -A -t -v ON_ERROR_STOP=1 <<'SQL'
BEGIN;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL jit = off;
INSERT INTO mes_internal.shard_addresses
  SELECT 'member' || i, 'node' || i, 'host' || i || '.example', 7100 + i
    FROM generate_series(1, 4) AS i;
CREATE TEMPORARY TABLE bench_keys ON COMMIT DROP AS
  SELECT sha256(int4send(i)) AS key FROM generate_series(1, 1000000) AS i;
ANALYZE bench_keys;

CREATE FUNCTION pg_temp.best_seconds(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  best interval;
  started timestamptz;
BEGIN
  FOR run IN 1 .. 5 LOOP
    started = clock_timestamp();
    EXECUTE query;
    best = least(best, clock_timestamp() - started);
  END LOOP;
  RETURN extract(epoch FROM best);
END $$;

SELECT 'bench bucket_million_s ' || round(pg_temp.best_seconds(
  'SELECT count(mes.bucket_of(key)) FROM bench_keys'), 3) || ' s';
SELECT 'bench shard_of_million_s ' || round(pg_temp.best_seconds(
  'SELECT count(mes.shard_of(key)) FROM bench_keys'), 3) || ' s';
-- all rows of every call are made and counted: four members, so four rows a key
SELECT 'bench route_us ' || round(pg_temp.best_seconds(
  'SELECT count(*) FROM (SELECT mes.route(key) FROM bench_keys OFFSET 0) AS r'), 3) || ' us';
SELECT 'bench route_lateral_us ' || round(pg_temp.best_seconds(
  'SELECT count(*) FROM bench_keys, LATERAL mes.route(key) WHERE preference = 1'), 3) || ' us';
ROLLBACK;
SQL
