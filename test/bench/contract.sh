#!/bin/sh
# contract.sh - the contract language: instructions a second, compiling, and the holder program
# through mes.acs_evaluate. Prints `bench NAME VALUE UNIT` lines.
#
# Starts a server of its own. One backend and so one core; figures are the best of several runs.
set -eu

if [ "${1:-}" != inside ]; then
  mkdir -p build/bench
  # shellcheck disable=SC2046
  gcc -std=gnu11 -O2 -Isrc test/bench/contract_bench.c $(ls src/contract/*.c | grep -v _pg) \
    src/base/*.c -lcbor -lsodium -lsecp256k1 -lcrypto -o build/bench/contract_bench
  build/bench/contract_bench
  exec test/lib/with_server.sh "$BENCH_BINDIR" bench-contract test/regress.conf "$0" inside
fi

createdb ledger
export PGDATABASE=ledger PGOPTIONS='-c client_min_messages=warning'
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION meschain CASCADE'
psql -X -q -A -t -v ON_ERROR_STOP=1 <<'SQL'
\set properties `cat test/vectors/acs/nbcs.properties`
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE TEMPORARY TABLE bench_holders AS
  SELECT jsonb_build_object('stka', i % 100, 'stkb', 1, 'xdc', 4, 'bl', i::numeric / 100) AS self,
         '{"rate": 0.05, "sprate": 1, "xdc": 7}'::jsonb AS operator
    FROM generate_series(1, 20000) AS i;
SELECT value AS holder FROM mes.acs_properties(:'properties') WHERE key = 'afs.nbcs.acs.holder' \gset
SELECT set_config('bench.holder', :'holder', false) \g /dev/null
DO $$
DECLARE
  source text = current_setting('bench.holder');
  best interval;
  started timestamptz;
  credited numeric;
BEGIN
  FOR run IN 1 .. 9 LOOP
    started = clock_timestamp();
    SELECT sum((mes.acs_evaluate(source, self, operator) #>> '{writes,bl}')::numeric -
               (self ->> 'bl')::numeric) INTO credited FROM bench_holders;
    best = least(best, clock_timestamp() - started);
  END LOOP;
  IF credited <> 20000 * 2.85 THEN
    RAISE 'the holders were credited % in all', credited;
  END IF;
  PERFORM set_config('bench.result', round(extract(epoch FROM best) * 1e6 / 20000, 1)::text, false);
END $$;
SELECT 'bench acs_holder_us ' || current_setting('bench.result') || ' us';
SQL
