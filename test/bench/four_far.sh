#!/bin/sh
# four_far.sh - four banks with 20 ms between each two of them, one way (a switch of test builds holds
# back what leaves): the median time from submission to final and applied, in round trips. And what an
# idle chain writes: heartbeats of a second stand for those of a minute.
set -eu

base_port=${FAR_PORT:-28441}
. test/bench/federation.inc

echo '{"parameters": {"heartbeat": 1000}}' > "$work/genesis.json"
chmod 644 "$work/genesis.json"
federation 4 "$work/genesis.json"

# every row of every relation of the ledger, its reports and its queues
rows() {
  on 3 sql -c "SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables WHERE schemaname IN ('mes', 'mes_internal', 'mes_bi')"
}
sleep 5
from=$(height 3) before=$(rows)
sleep 20
blocks=$(($(height 3) - from)) wrote=$(($(rows) - before))
[ "$blocks" -gt 0 ] || { echo "four_far.sh: the idle chain made no block" >&2; exit 1; }
say empty_hour_blocks 60 blocks
say empty_hour_rows "$(awk -v r="$wrote" -v b="$blocks" 'BEGIN { printf "%.0f", r * 60 / b }')" rows

for node in 1 2 3 4; do set_on $node meschain.test_delay 20ms; done
transfer 1 4 1 40 >/dev/null
transfer 1 4 1 400 > "$work/far"
say latency_wan_ms "$(cut -d' ' -f2 "$work/far" | awk '{ printf "%.1f", $1 / 1000 }')" ms
say latency_wan_rtts "$(cut -d' ' -f2 "$work/far" | awk '{ printf "%.2f", $1 / 1000 / 40 }')" ratio
