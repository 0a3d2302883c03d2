#!/bin/sh
# sim.sh - what agreement costs a member at 4, 7, 31 and 100 members, counted in the simulator:
# signatures made and checked, and bytes sent, for a block. With the price of a signature and of a
# transfer that is the processor time of a transaction against that at 4 members, for a block of
# BLOCK transfers. Also the simulator's speed. Prints `bench NAME VALUE UNIT` lines; needs no server.
#
# Prices in microseconds: Ed25519 by libsodium, and one transfer verified and written in bulk, as
# docs/performance.md has them for one quiet core.
set -eu
BLOCK=${BLOCK:-500} SIGN_US=${SIGN_US:-24} VERIFY_US=${VERIFY_US:-50} TRANSFER_US=${TRANSFER_US:-72}
out=build/bench/sim
test/sim/run.sh SEEDS="${SEEDS:-400}" N=0 OUT="$out" |
	sed -n 's/^ok sim .* \([0-9]*\) times real time.*/bench sim_speed \1 times_real_time/p'
for run in "4 400" "7 400" "31 100" "100 20"; do
	# shellcheck disable=SC2086
	"$out/mesim" cost $run
done | awk -v block="$BLOCK" -v sign="$SIGN_US" -v verify="$VERIFY_US" -v transfer="$TRANSFER_US" '
	{ printf "bench signatures_made_n%d %s per_block\n", $2, $3
	  printf "bench signatures_checked_n%d %s per_block\n", $2, $4
	  printf "bench vote_messages_n%d %s per_block\n", $2, $5
	  printf "bench vote_bytes_n%d %s B_per_block\n", $2, $6
	  votes = $3 * sign + $4 * verify
	  printf "bench vote_cpu_n%d %.0f us_per_block\n", $2, votes
	  cost = transfer + votes / block
	  if ($2 == 4) least = cost
	  printf "bench model_cpu_n%d_vs_n4 %.3f ratio\n", $2, cost / least }'
