#!/bin/sh
# run.sh [SEEDS=n] [SEED=s] [N=members] [TRACE=1] [JOBS=j] - the simulator; a failure prints its seed
# and a replay line. Without a seed it runs SEEDS of them from 1 on, a job a core, and two seeds of a
# hundred members, and says what one slow disk leaves of the rate. SAN=1 builds it with the sanitizers,
# at a tenth of the speed. Run from the top of the tree. N=0 leaves the last two out.
SEEDS=${SEEDS:-2000}
for argument in "$@"; do
	case $argument in
		SEEDS=*|SEED=*|N=*|TRACE=*|SAN=*|OUT=*|JOBS=*) eval "$argument" ;;
		*) echo "run.sh: unknown argument $argument" >&2; exit 2 ;;
	esac
done
out=${OUT:-build/sim}
flags="-O3 -march=native -flto=auto -g"
if [ -n "$SAN" ]; then
	flags="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
	out=$out/san
fi
mkdir -p "$out"
# shellcheck disable=SC2086
${CC:-gcc} -std=gnu11 $flags -Wall -Wextra -Isrc -Itest test/sim/*.c src/pbft/*.c \
	src/base/digest.c src/base/status.c -lcrypto -o "$out/mesim" || exit 1
if [ -n "$SEED" ]; then
	exec "$out/mesim" "$SEED" 1 1 "${N:-0}" ${TRACE:+trace}
fi

# sweep NAME MEMBERS SEEDS: job k of j takes the seeds k, k + j, ...; one line of all together
sweep() {
	jobs=${JOBS:-$(nproc)}
	[ "$jobs" -le "$3" ] || jobs=$3
	begun=$(date +%s%N)
	pids=
	for job in $(seq "$jobs"); do
		"$out/mesim" "$job" $((($3 - job) / jobs + 1)) "$jobs" "$2" >"$out/job.$job" 2>&1 &
		pids="$pids $!"
	done
	broken=0
	for pid in $pids; do
		wait "$pid" || broken=1
	done
	wall=$((($(date +%s%N) - begun) / 1000000))
	if [ $broken -ne 0 ]; then
		for job in $(seq "$jobs"); do
			grep -E 'FAIL|replay|Assertion|  node' "$out/job.$job"
		done
		echo "not ok sim $1"
		return 1
	fi
	for job in $(seq "$jobs"); do
		cat "$out/job.$job"
	done | awk -v name="$1" -v wall="$wall" '
		{ seeds += $2; simulated += $3; cpu += $4; steps += $5; blocks += $6; changes += $7
		  fenced += $8; epochs += $10; rejoined += $11; if ($9 > slowest) slowest = $9 }
		END { printf "ok sim %s: %d seeds, %d s simulated in %.1f s, %.0f times real time on a core, ", name,
		  seeds, simulated, wall / 1000, simulated / cpu
		  printf "%d steps, %d blocks, %d epochs, %d view changes, %d fenced, %d rejoined, slowest healing %.1f s\n",
		  steps, blocks, epochs, changes, fenced, rejoined, slowest }'
}

failed=0
if [ "${N:-x}" = 0 ]; then
	sweep "4 to 31 members" 0 "$SEEDS" || failed=1
elif [ -n "$N" ]; then
	sweep "$N members" "$N" "$SEEDS" || failed=1
else
	sweep "4 to 31 members" 0 "$SEEDS" || failed=1
	sweep "100 members" 100 2 || failed=1
	for disk_us in 5000 20000; do
		"$out/mesim" slow 4 $disk_us || failed=1
	done
fi
exit $failed
