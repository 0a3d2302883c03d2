#!/bin/sh
# sizes.sh - processor time a transaction and node with seven nodes over that with four, and the two
# pictures of docs/performance.md: throughput against latency, throughput against nodes.
#
#   TRANSFERS  transfers a round (default 20000)   PICTURES  a folder for the pictures (default build/pictures)
set -eu

transfers=${TRANSFERS:-20000} pictures=${PICTURES:-build/pictures}
base_port=${SIZES_PORT:-28461}
. test/bench/federation.inc
mkdir -p "$pictures"

# at four nodes: more and more clients, past what two cores can serve
curve() {
  for clients in 1 2 4 8 16 32 64; do
    echo "$1 $clients $(transfer 1 $clients "$2" $((clients * $2 * 40 > 6000 ? 6000 : clients * $2 * 40)))"
  done
}
for nodes in 4 7 10; do
  federation $nodes
  measure_cpu "$transfers" > "$work/cpu$nodes"
  echo "$nodes $(best "$work/batched") $(per_second 1 32 1 $((transfers / 5))) $(cat "$work/cpu$nodes")" >> "$work/nodes"
  [ $nodes -gt 4 ] || { curve 'one a submission' 1; curve 'ten a submission' 10; } > "$work/curve"
  end_federation
  rm -f "$work/batched"
done
say seven_vs_four_cpu "$(ratio "$(cat "$work/cpu7")" "$(cat "$work/cpu4")")" ratio
while read -r nodes batched single cpu; do
  say "batched_per_s_$nodes" "$batched" tx/s
  say "single_per_s_$nodes" "$single" tx/s
  say "node_cpu_us_$nodes" "$cpu" us
done < "$work/nodes"
python3 test/bench/draw.py latency "$work/curve" > "$pictures/throughput-latency.svg"
python3 test/bench/draw.py nodes "$work/nodes" > "$pictures/throughput-nodes.svg"
