#!/bin/sh
# four_faults.sh - what a member that is gone, slow or a liar costs the other three, how long they pause
# for a leader that is killed, and how fast a node that was away comes back. A build with the switches
# of test builds, without assertions.
#
#   TRANSFERS  transfers a round (default 20000)   ROUNDS  rounds a side (default 2)
#   AWAY       blocks for a node that was away (default 10000; 0 leaves it out)
set -eu

transfers=${TRANSFERS:-20000} rounds=${ROUNDS:-2} away=${AWAY:-10000}
base_port=${FAULTS_PORT:-28421}
. test/bench/federation.inc
# members that are close, as docs/pbft.md advises for them
echo '{"parameters": {"tau_min": 50}}' > "$work/genesis.json"
chmod 644 "$work/genesis.json"
federation 4 "$work/genesis.json"

# the sides alternate: all well, node 4 with a disk that takes 20 ms a sync, node 4 a liar
round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  per_second 1 32 10 "$transfers" >> "$work/batched"
  set_on 4 meschain.test_disk_time 20000
  per_second 1 32 10 "$transfers" >> "$work/slow"
  set_on 4 meschain.test_disk_time
  level_all
  set_on 4 meschain.test_lie equivocate
  per_second 1 32 10 "$transfers" >> "$work/equivocating"
  set_on 4 meschain.test_lie
  level_all
done
say four_batched_slow "$(ratio "$(best "$work/slow")" "$(best "$work/batched")")" ratio
say four_batched_equivocating "$(ratio "$(best "$work/equivocating")" "$(best "$work/batched")")" ratio

mesctl federation kill --dir "$bank" node4 >/dev/null
from=$(height 1)
per_second 1 32 10 "$transfers" > "$work/crashed"
say four_batched_crashed "$(ratio "$(best "$work/crashed")" "$(best "$work/batched")")" ratio
live_from=$(height 1) live_began=$(now)
while [ $(($(height 1) - from)) -lt "$away" ]; do
  transfer 1 4 1 4000 >/dev/null
done
live=$(($(height 1) - live_from)) live_s=$(echo "$live_began $(now)" | awk '{ print $2 - $1 }')
made=$(($(height 1) - from))
began=$(now)
mesctl federation start --dir "$bank" node4 >/dev/null
level_all
took=$(echo "$began $(now)" | awk '{ printf "%.1f", $2 - $1 }')
if [ "$away" -gt 0 ]; then
  say recover_blocks "$made" blocks
  say recover_10k_s "$(awk -v s="$took" -v b="$made" 'BEGIN { printf "%.1f", s * 10000 / b }')" s
  say catchup_vs_live "$(awk -v b="$made" -v s="$took" -v l="$live" -v t="$live_s" 'BEGIN { printf "%.2f", (b / s) / (l / t) }')" ratio
fi

# the leader is killed under load: the longest time in which no block became final
kill_from=$(height 1)
transfer 1 4 1 6000 >/dev/null &
busy=$!
sleep 2
leader=$(on 1 sql -c "SELECT m.number + 1 FROM mes.stat_consensus AS s JOIN mes.members AS m ON m.member = s.leader")
[ "$leader" = 1 ] && leader=2
mesctl federation kill --dir "$bank" "node$leader" >/dev/null
wait "$busy"
say leader_kill_s "$(on 1 sql -c "SELECT round(extract(epoch FROM max(gap))::numeric, 2) FROM (SELECT block_time - lag(block_time) OVER (ORDER BY height) AS gap FROM mes.blocks WHERE height >= $kill_from) AS g")" s
say leader_kill_view_timeout_s "$(on 1 sql -c "SELECT value::numeric / 1000 FROM mes.parameters WHERE name = 'tau0'")" s
