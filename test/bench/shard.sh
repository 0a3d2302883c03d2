#!/bin/sh
# shard.sh - what routing costs inside a query. Prints `bench NAME VALUE UNIT` lines.
#
# Starts a server of its own. One backend and so one core; each figure is the best of several runs
# over warm keys, since what is measured is the code and not the neighbours of the machine.
set -eu

if [ "${1:-}" != inside ]; then
  exec test/lib/with_server.sh "$BENCH_BINDIR" bench-shard test/regress.conf "$0" inside
fi

createdb ledger
export PGDATABASE=ledger PGOPTIONS='-c client_min_messages=warning'
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION meschain CASCADE'
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

CREATE TEMPORARY TABLE bench_some_keys ON COMMIT DROP AS TABLE bench_keys LIMIT 100000;
ANALYZE bench_some_keys;

CREATE FUNCTION pg_temp.best_seconds(runs integer, query text) RETURNS numeric
  LANGUAGE plpgsql AS $$
DECLARE
  best interval;
  started timestamptz;
BEGIN
  FOR run IN 1 .. runs LOOP
    started = clock_timestamp();
    EXECUTE query;
    best = least(best, clock_timestamp() - started);
  END LOOP;
  RETURN extract(epoch FROM best);
END $$;

SELECT 'bench bucket_million_s ' || round(pg_temp.best_seconds(5,
  'SELECT count(mes.bucket_of(key)) FROM bench_keys'), 3) || ' s';
SELECT 'bench shard_of_million_s ' || round(pg_temp.best_seconds(5,
  'SELECT count(mes.shard_of(key)) FROM bench_keys'), 3) || ' s';
-- all rows of every call are made and counted: four members, so four rows a key
SELECT 'bench route_us ' || round(10 * pg_temp.best_seconds(30,
  'SELECT count(*) FROM (SELECT mes.route(key) FROM bench_some_keys OFFSET 0) AS r'), 3) || ' us';
SELECT 'bench route_lateral_us ' || round(10 * pg_temp.best_seconds(30,
  'SELECT count(*) FROM bench_some_keys, LATERAL mes.route(key) WHERE preference = 1'), 3)
  || ' us';
ROLLBACK;
SQL
