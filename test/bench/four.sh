#!/bin/sh
# four.sh - four banks and their clients on one machine, against one stock server: every signature is
# verified on every node, fsync is on everywhere, links are TLS. The sides of a ratio alternate.
#
#   TRANSFERS  transfers a round (default 20000)   ROUNDS  rounds a side (default 3)
#   AWAY       blocks for a node that was away (default 10000; 0 leaves out)
set -eu

transfers=${TRANSFERS:-20000} rounds=${ROUNDS:-3} away=${AWAY:-10000} seconds=${SECONDS_A_SIDE:-6}
work=$(mktemp -d)
bank=$work/bank
load=$work/ledger_load
base_port=${FOUR_PORT:-28401}
export MESCHAIN_BINDIR="$BENCH_BINDIR"
trap 'mesctl federation destroy --dir "$bank" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
chmod 711 "$work"

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
say() { printf 'bench %s %s %s\n' "$1" "$2" "$3"; }
best() { sort -g "$1" | tail -n 1; }
least() { sort -g "$1" | head -n 1; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

test/lib/build_load.sh "$load"

psql -X -q -d postgres -c 'CREATE DATABASE pgbench' >/dev/null
pgbench -q -i -s 20 pgbench >/dev/null 2>&1
mesctl federation create --dir "$bank" --nodes 4 --base-port "$base_port" \
  --set max_wal_size=4GB --set min_wal_size=1GB --set shared_buffers=256MB >/dev/null

# node K of the bank: on 2 psql …
on() {
  node=$1
  shift
  PGHOST=$bank PGPORT=$((base_port + node - 1)) PGDATABASE=ledger PGUSER=postgres "$@"
}
tpcb() {
  for clients in 8 32; do
    pgbench -n -M prepared -c $clients -j 2 -T "$seconds" pgbench 2>/dev/null |
      sed -n 's/^tps = \([0-9.]*\).*/\1/p'
  done | sort -g | tail -n 1
}
asset() { echo >> "$work/assets"; printf 'F%s' "$(wc -l < "$work/assets")"; }
height() { on "$1" sql -c 'SELECT applied_height FROM mes.status'; }
# one and the same height on these nodes
level() {
  while :; do
    seen=$(for k in "$@"; do height "$k"; done | sort -u | wc -l)
    [ "$seen" = 1 ] && return
    sleep 0.2
  done
}
# ticks of all processes of a node so far
ticks() {
  for pid in $(pgrep -P "$(head -n 1 "$bank/node$1/data/postmaster.pid")"); do
    awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || true
  done | awk '{ s += $1 } END { print s }'
}

on 1 "$load" WARM 1 4 1 500 >/dev/null
round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  sql -d postgres -c CHECKPOINT
  tpcb >> "$work/tpcb"
  level 1 2 3 4
  before=$(ticks 3)
  on 1 "$load" "$(asset)" 1 32 10 "$transfers" | cut -d' ' -f1 >> "$work/batched"
  level 1 2 3 4
  echo "$before $(ticks 3)" | awk -v n="$transfers" -v hz="$(getconf CLK_TCK)" \
    '{ printf "%.1f\n", ($2 - $1) * 1000000 / hz / n }' >> "$work/cpu"
  on 1 "$load" "$(asset)" 2 32 10 "$transfers" | cut -d' ' -f1 >> "$work/schnorr"
  on 1 "$load" "$(asset)" 1 32 1 $((transfers / 4)) | cut -d' ' -f1 >> "$work/single"
  on 1 "$load" "$(asset)" 1 16 1 4000 >> "$work/latency"
done
say four_batched_vs_pgbench "$(ratio "$(best "$work/batched")" "$(best "$work/tpcb")")" ratio
say four_batched_vs_pgbench_schnorr "$(ratio "$(best "$work/schnorr")" "$(best "$work/tpcb")")" ratio
say four_vs_pgbench "$(ratio "$(best "$work/single")" "$(best "$work/tpcb")")" ratio
say four_batched_per_s "$(best "$work/batched")" tx/s
say four_per_s "$(best "$work/single")" tx/s
say four_node_cpu_us "$(least "$work/cpu")" us
say latency_p50_ms "$(cut -d' ' -f2 "$work/latency" | sort -g | head -n 1 | awk '{ printf "%.1f", $1 / 1000 }')" ms
say latency_p99_ms "$(cut -d' ' -f3 "$work/latency" | sort -g | head -n 1 | awk '{ printf "%.1f", $1 / 1000 }')" ms

# ---- a node that is gone: what it costs, how long the others pause, and how it comes back
mesctl federation kill --dir "$bank" node4 >/dev/null
from=$(height 1)
on 1 "$load" "$(asset)" 1 32 10 "$transfers" | cut -d' ' -f1 > "$work/crashed"
say four_batched_crashed "$(ratio "$(best "$work/crashed")" "$(best "$work/batched")")" ratio
if [ "$away" -gt 0 ]; then
  while [ $(($(height 1) - from)) -lt "$away" ]; do
    on 1 "$load" "$(asset)" 1 4 1 4000 >/dev/null
  done
  made=$(($(height 1) - from))
  began=$(date +%s.%N)
  mesctl federation start --dir "$bank" node4 >/dev/null
  level 1 2 3 4
  took=$(echo "$began $(date +%s.%N)" | awk '{ printf "%.1f", $2 - $1 }')
  say recover_blocks "$made" blocks
  say recover_10k_s "$(awk -v s="$took" -v b="$made" 'BEGIN { printf "%.1f", s * 10000 / b }')" s
else
  mesctl federation start --dir "$bank" node4 >/dev/null
  level 1 2 3 4
fi

# the leader is killed under load: the longest time in which no block became final
on 1 "$load" "$(asset)" 1 4 1 6000 >/dev/null &
busy=$!
sleep 2
leader=$(on 1 sql -c "SELECT m.number + 1 FROM mes.stat_consensus AS s JOIN mes.members AS m ON m.member = s.leader")
[ "$leader" = 1 ] && leader=2
mesctl federation kill --dir "$bank" "node$leader" >/dev/null
wait "$busy"
say leader_kill_s "$(on 1 sql -c "SELECT round(extract(epoch FROM max(gap))::numeric, 2) FROM (SELECT block_time - lag(block_time) OVER (ORDER BY height) AS gap FROM mes.blocks ORDER BY height DESC LIMIT 2000) AS g")" s
say leader_kill_view_timeout_s "$(on 1 sql -c "SELECT value::numeric / 1000 FROM mes.parameters WHERE name = 'tau0'")" s
