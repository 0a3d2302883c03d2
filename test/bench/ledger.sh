#!/bin/sh
# ledger.sh - one node against PostgreSQL's own commits, in one run on one server: the two sides of
# each ratio alternate, the tables are warm (P40), fsync is on, every signature is verified.
#
#   TRANSFERS  transfers a round (default 30000)   ROUNDS  rounds a side (default 3)
#   MILLION    transfers that fill the tables before the last figures (default 1000000; 0 leaves out)
#
# Prints `bench NAME VALUE UNIT`. A side's value is the best of its rounds: noise only slows.
set -eu

transfers=${TRANSFERS:-30000} rounds=${ROUNDS:-3} million=${MILLION:-1000000}
seconds=${SECONDS_A_SIDE:-6}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
load=$work/ledger_load
one_row=$work/one_row.sql

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
say() { printf 'bench %s %s %s\n' "$1" "$2" "$3"; }
best() { sort -g "$1" | tail -n 1; }
least() { sort -g "$1" | head -n 1; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

test/lib/build_load.sh "$load"

sql -c 'SELECT mes.create_node_key()' >/dev/null
sql -c "SET client_min_messages = error; SELECT mes.create_genesis() IS NULL" >/dev/null
psql -X -q -d postgres -c 'CREATE DATABASE pgbench' >/dev/null
pgbench -q -i -s 20 pgbench >/dev/null 2>&1
sql -d pgbench -c 'CREATE TABLE one_row (a bigint)'
echo 'INSERT INTO one_row VALUES (1)' > "$one_row"
until [ "$(sql -c 'SELECT count(*) FROM mes_internal.leaves')" -ge 2 ] && "$load" WARM 1 4 1 200 >/dev/null 2>&1
do sleep 0.3; done

tpcb() {
  for clients in 8 32; do
    pgbench -n -M prepared -c $clients -j 2 -T "$seconds" pgbench 2>/dev/null |
      sed -n 's/^tps = \([0-9.]*\).*/\1/p'
  done | sort -g | tail -n 1
}

# counted in a file: $(asset) is a subshell, which a variable would not leave
asset() { echo >> "$work/assets"; printf 'B%s' "$(wc -l < "$work/assets")"; }
apply_cpu() { sql -c 'SELECT cpu_time, transactions FROM mes.stat_apply' | tr '|' ' '; }

# what the write-ahead log takes a transaction, and how many whole pages of it: the load begins with a
# checkpoint, after which the first change of each page is logged as a whole page
wal() { sleep 1.1; sql -c "SELECT wal_bytes, wal_fpi FROM pg_stat_wal" | tr '|' ' '; }
say_wal() { # name, before, after
  echo "$2 $3 $transfers" | awk -v name="$1" '{ printf "bench wal_per_tx_%s %.0f bytes\nbench wal_pages_per_tx_%s %.3f pages\n",
    name, ($3 - $1) / $5, name, ($4 - $2) / $5 }'
}

round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  sql -c CHECKPOINT
  tpcb >> "$work/tpcb"
  "$load" "$(asset)" 1 32 1 "$transfers" | cut -d' ' -f1 >> "$work/single"
  logged=$(wal)
  "$load" "$(asset)" 1 8 50 "$transfers" | cut -d' ' -f1 >> "$work/batched"
  [ "$round" -gt 1 ] || say_wal few "$logged" "$(wal)"
  "$load" "$(asset)" 2 8 50 "$transfers" | cut -d' ' -f1 >> "$work/schnorr"
  "$load" "$(asset)" 1 1 1 3000 | cut -d' ' -f2 >> "$work/latency"
  pgbench -n -M prepared -c 1 -T 3 -f "$one_row" -l --log-prefix="$work/commit" pgbench >/dev/null 2>&1
  cat "$work"/commit.* | awk '{ print $3 }' | sort -n | awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }' >> "$work/commit_p50"
  rm -f "$work"/commit.*
done
say single_vs_pgbench "$(ratio "$(best "$work/single")" "$(best "$work/tpcb")")" ratio
say single_batched_vs_pgbench "$(ratio "$(best "$work/batched")" "$(best "$work/tpcb")")" ratio
say single_batched_vs_pgbench_schnorr "$(ratio "$(best "$work/schnorr")" "$(best "$work/tpcb")")" ratio
say single_latency_vs_commit "$(ratio "$(least "$work/latency")" "$(least "$work/commit_p50")")" ratio
say single_per_s "$(best "$work/single")" tx/s
say single_batched_per_s "$(best "$work/batched")" tx/s
say pgbench_tpcb_per_s "$(best "$work/tpcb" | cut -d. -f1)" tx/s
say single_latency_p50_us "$(least "$work/latency")" us

# P32: CPU of apply in large blocks against INSERT ... SELECT of the same rows into twins of the tables
before=$(apply_cpu)
"$load" "$(asset)" 1 16 200 "$transfers" >/dev/null
after=$(apply_cpu)
sql -f test/bench/bulk_twin.sql -v rows="$transfers" > "$work/bulk_us"
apply_us=$(echo "$before $after" | awk '{ printf "%.2f", ($3 - $1) * 1000 / ($4 - $2) }')
say apply_cpu_us "$apply_us" us
say bulk_us "$(cat "$work/bulk_us")" us
say apply_cpu_vs_bulk "$(ratio "$apply_us" "$(cat "$work/bulk_us")")" ratio

# what a transaction costs on disk, and the signatures' part of it
transactions=$(sql -c 'SELECT count(*) FROM mes_internal.transaction_rows')
size_of() {
  sql -c "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE c.relnamespace = 'mes_internal'::regnamespace AND c.relkind = 'r' AND c.relname ~ '$1'"
}
all=$(size_of '^(block|transaction|witness|output|spend|address)_rows')
say bytes_per_tx "$((all / transactions))" bytes
say witness_share "$(ratio "$(size_of '^witness_rows')" "$all")" ratio

# more clients than keep two cores busy: the rate must not fall
say overload_vs_peak "$(ratio "$("$load" "$(asset)" 1 64 1 "$transfers" | cut -d' ' -f1)" "$(best "$work/single")")" ratio

[ "$million" -gt 0 ] || exit 0
# batched throughput again with a million transactions in the tables. They come in slices: all of
# them signed beforehand would take a gigabyte. Statistics are those of a server that has run a while
filled=0
while [ "$filled" -lt "$million" ]; do
  "$load" "$(asset)" 1 8 50 100000 >/dev/null
  filled=$((filled + 100000))
done
sql -c 'ANALYZE' >/dev/null
round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  logged=$(wal)
  "$load" "$(asset)" 1 8 50 "$transfers" | cut -d' ' -f1 >> "$work/million"
  [ "$round" -gt 1 ] || say_wal million "$logged" "$(wal)"
done
say million_vs_ten_thousand "$(ratio "$(best "$work/million")" "$(best "$work/batched")")" ratio

# a statement of 1,000 lines; the middle one of fifteen in a session, which takes other plans from the sixth on
of_asset=$(asset)
"$load" "$of_asset" 1 1 1 333 >/dev/null # three lines a transfer: a coin split off, both its sides, and paid
sql -c 'ANALYZE' >/dev/null
payer=$(sql -c "SELECT address FROM mes.outputs WHERE asset = '$of_asset' ORDER BY height LIMIT 1")
for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  echo "SELECT count(*) FROM mes.account_statement('$payer');"
done | { printf '%s\n' '\timing on'; cat; } | sql | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' > "$work/statement"
say statement_lines "$(sql -c "SELECT count(*) FROM mes.account_statement('$payer')")" lines
say statement_ms "$(sort -g "$work/statement" | sed -n 8p)" ms
