#!/bin/sh
# bi.sh - what reports cost: apply's time for mes_bi, the slowest query of the dashboard over a million
# payments, and what its refreshes take from the chain. Prints `bench NAME VALUE UNIT`.
#
#   BI_TRANSFERS  transfers a round (default 30000)   ROUNDS  rounds a side (default 3)
#   BI_ROWS       rows of fact_royalty, and again of fact_transfer (default 1000000)
#   BI_REFRESH    seconds from the end of one refresh to the next (default 10, the shortest that Superset
#                 offers; Metabase's is a minute)
set -eu

if [ "${1:-}" != inside ]; then
  exec test/lib/with_server.sh "$BENCH_BINDIR" bench-bi test/bench/server.conf "$0" inside
fi

transfers=${BI_TRANSFERS:-30000} rounds=${ROUNDS:-3} rows=${BI_ROWS:-1000000} refresh=${BI_REFRESH:-10}
work=$(mktemp -d)
refreshing=
trap '[ -z "$refreshing" ] || kill "$refreshing" 2>/dev/null; rm -rf "$work"' EXIT
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
say() { printf 'bench %s %s %s\n' "$1" "$2" "$3"; }
best() { sort -g "$1" | tail -n 1; }
least() { sort -g "$1" | head -n 1; }

test/lib/build_load.sh "$work/load"
createdb ledger
export PGDATABASE=ledger PGOPTIONS='-c client_min_messages=error'
sql -c 'CREATE EXTENSION meschain CASCADE'
sql -c 'SELECT mes.create_node_key()' >/dev/null
sql -c 'SELECT mes.create_genesis() IS NULL' >/dev/null
until "$work/load" WARM 1 4 1 200 >/dev/null 2>&1; do sleep 0.3; done

# of apply's processor time, the part that mes_bi takes; a fresh asset each time
# (counted in a file: a pipe is a subshell, which a variable would not leave)
load() {
  echo >> "$work/assets"
  "$work/load" "R$(wc -l < "$work/assets")" 1 "$1" "$2" "$transfers"
}
for clients in '8 50' '32 1'; do
  round=0
  while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    sql -c 'SELECT mes.stat_reset()' >/dev/null
    # shellcheck disable=SC2086
    load $clients >/dev/null
    sql -c 'SELECT round(report_time / cpu_time, 3) FROM mes.stat_apply' >> "$work/share"
    sql -c 'SELECT round(report_time * 1000 / transactions, 2) FROM mes.stat_apply' >> "$work/report_us"
  done
done
say bi_share "$(best "$work/share")" ratio # the worst round counts
say bi_report_us "$(best "$work/report_us")" us

# the same while royalties come in: each usage report pays four holders and a source, and is summed up
round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  sql -c 'SELECT mes.stat_reset()' >/dev/null
  mesctl sample load --db 'dbname=ledger' --transactions "$transfers" --seed "$round" --asset "S$round" --quiet >/dev/null
  sql -c 'SELECT round(report_time / cpu_time, 3) FROM mes.stat_apply' >> "$work/share_royalties"
done
say bi_share_royalties "$(best "$work/share_royalties")" ratio

# the dashboard's queries as a report reader sends them, over a million royalties and payments
sql -v royalties="$rows" -v works=60 -f test/lib/film_market.sql >/dev/null
sql -c "SELECT mes.create_report_reader('tool')" >/dev/null
sql -c 'VACUUM ANALYZE' -c CHECKPOINT
for query in docs/dashboard/[0-9]*.sql; do
  for run in 1 2 3; do
    { printf '%s\n' '\timing on'; cat "$query"; } | sql -U tool | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
  done > "$work/times"
  echo "# $(basename "$query" .sql): $(least "$work/times") ms"
  least "$work/times" >> "$work/slowest"
done
say dashboard_s "$(awk -v ms="$(best "$work/slowest")" 'BEGIN { printf "%.3f", ms / 1000 }')" s

# the chain's rate alone and beside a dashboard that refreshes; the sides alternate, and each lasts
# several times as long as a refresh
transfers=$((transfers * 4))
# as refresh.sh does it: all charts of one snapshot over one connection
refresh_for_ever() {
  { echo 'BEGIN;'; cat docs/dashboard/[0-9]*.sql; echo 'COMMIT;'; } > "$work/refresh.sql"
  while :; do
    sql -U tool -f "$work/refresh.sql"
    sleep "$refresh"
  done >/dev/null 2>&1
}
round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  load 8 50 | cut -d' ' -f1 >> "$work/alone"
  refresh_for_ever &
  refreshing=$!
  load 8 50 | cut -d' ' -f1 >> "$work/beside"
  # a refresher that died on the way would flatter the figure
  kill "$refreshing" || { echo "the dashboard stopped refreshing" >&2; exit 1; }
  wait "$refreshing" 2>/dev/null || true
  refreshing=
done
say dashboard_effect "$(awk -v b="$(best "$work/beside")" -v a="$(best "$work/alone")" 'BEGIN { printf "%.2f", b / a }')" ratio
