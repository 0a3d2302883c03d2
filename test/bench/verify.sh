#!/bin/sh
# verify.sh - how fast a ledger is verified, all of it, against how fast it was taken in: on the
# same server, one after the other. Prints `bench NAME VALUE UNIT`.
#
#   VERIFY_TRANSFERS  transfers of 8 clients in batches of 50 (default 60000)
#   ROUNDS            rounds (default 3); each side's value is the best of them
set -eu

if [ "${1:-}" != inside ]; then
  exec test/lib/with_server.sh "$BENCH_BINDIR" bench-verify test/bench/server.conf "$0" inside
fi

transfers=${VERIFY_TRANSFERS:-60000} rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

test/lib/build_load.sh "$work/load"
createdb ledger
export PGDATABASE=ledger PGOPTIONS='-c client_min_messages=error'
sql -c 'CREATE EXTENSION meschain CASCADE'
sql -c 'SELECT mes.create_node_key()' >/dev/null
sql -c 'SELECT mes.create_genesis() IS NULL' >/dev/null
until "$work/load" WARM 1 4 1 200 >/dev/null 2>&1; do sleep 0.3; done

round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  "$work/load" "V$round" 1 8 50 "$transfers" | cut -d' ' -f1 >> "$work/taken"
  sql -v jobs="$(nproc)" >> "$work/verified" <<'SQL'
SELECT clock_timestamp() AS started \gset
SELECT count(*) AS problems FROM mes.verify(jobs => :jobs) \gset
SELECT CASE WHEN :problems = 0
            THEN round(count(*) / extract(epoch FROM clock_timestamp() - :'started')) ELSE 0 END
  FROM mes_internal.transaction_rows;
SQL
done
taken=$(sort -g "$work/taken" | tail -n 1)
verified=$(sort -g "$work/verified" | tail -n 1)
echo "bench verified_per_s $verified tx/s"
ratio=$(awk -v v="$verified" -v t="$taken" 'BEGIN { printf "%.2f", v / t }')
echo "bench verify_vs_ingest $ratio ratio"
