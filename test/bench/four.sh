#!/bin/sh
# four.sh - four banks and their clients on one machine, against one stock server: every signature is
# verified on every node, fsync is on everywhere, links are TLS. The sides of a ratio alternate.
#
#   TRANSFERS  transfers a round (default 20000)   ROUNDS  rounds a side (default 3)
set -eu

transfers=${TRANSFERS:-20000} rounds=${ROUNDS:-3} seconds=${SECONDS_A_SIDE:-6}
base_port=${FOUR_PORT:-28401}
. test/bench/federation.inc

psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS pgbench' -c 'CREATE DATABASE pgbench' >/dev/null 2>&1
pgbench -q -i -s 20 pgbench >/dev/null 2>&1
federation 4

tpcb() {
  for clients in 8 32; do
    pgbench -n -M prepared -c $clients -j 2 -T "$seconds" pgbench 2>/dev/null |
      sed -n 's/^tps = \([0-9.]*\).*/\1/p'
  done | sort -g | tail -n 1
}

round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  sql -d postgres -c CHECKPOINT
  tpcb >> "$work/tpcb"
  measure_cpu "$transfers" >> "$work/cpu"
  echo >> "$work/cpu"
  per_second 2 32 10 "$transfers" >> "$work/schnorr"
  per_second 1 32 1 $((transfers / 4)) >> "$work/single"
  transfer 1 16 1 4000 >> "$work/latency"
done
say four_batched_vs_pgbench "$(ratio "$(best "$work/batched")" "$(best "$work/tpcb")")" ratio
say four_batched_vs_pgbench_schnorr "$(ratio "$(best "$work/schnorr")" "$(best "$work/tpcb")")" ratio
say four_vs_pgbench "$(ratio "$(best "$work/single")" "$(best "$work/tpcb")")" ratio
say four_batched_per_s "$(best "$work/batched")" tx/s
say four_per_s "$(best "$work/single")" tx/s
say four_pgbench_per_s "$(best "$work/tpcb" | cut -d. -f1)" tx/s
say latency_p50_ms "$(cut -d' ' -f2 "$work/latency" | sort -g | head -n 1 | awk '{ printf "%.1f", $1 / 1000 }')" ms
say latency_p99_ms "$(cut -d' ' -f3 "$work/latency" | sort -g | head -n 1 | awk '{ printf "%.1f", $1 / 1000 }')" ms

# what a node cannot do without: each signature once, each row once
verify_us=$("$load" --verify 1)
bulk_us=$(on 1 sql -f test/bench/bulk_twin.sql -v rows="$transfers" | grep -v '^$')
grep -v '^$' "$work/cpu" > "$work/cpu_us"
say four_node_cpu_us "$(least "$work/cpu_us")" us
say node_bound_us "$(awk -v a="$verify_us" -v b="$bulk_us" 'BEGIN { printf "%.1f", a + b }')" us
say node_cpu_vs_bound "$(awk -v c="$(least "$work/cpu_us")" -v a="$verify_us" -v b="$bulk_us" 'BEGIN { printf "%.2f", c / (a + b) }')" ratio

# what one would take for replication alone: crash faults only, nothing signed
etcd_per_s=$(test/lib/etcd_load.sh "$work/etcd" 4)
if [ -z "$etcd_per_s" ]; then
  echo "# etcd or h2load cannot be had: four_batched_vs_etcd is not measured"
else
  say etcd_per_s "$etcd_per_s" writes/s
  say four_batched_vs_etcd "$(ratio "$(best "$work/batched")" "$etcd_per_s")" ratio
fi
