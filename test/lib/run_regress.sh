#!/bin/sh
# run_regress.sh LAYER PG_REGRESS BINDIR TEST... - runs pg_regress or pg_isolation_regress against
# the server that PGHOST names, keeps its results in build/results/LAYER, prints the count.
[ $# -gt 3 ] || { echo "$1: 0 passed, 0 failed"; exit 0; }
layer=$1 pg_regress=$2 bindir=$3
shift 3
# 00_install.sql makes the extension for regress; a spec finds it there
load=
[ "$layer" = isolation ] && load='--load-extension=pgcrypto --load-extension=meschain'
kept=build/results/$layer
rm -rf results regression.diffs regression.out "$kept"
# shellcheck disable=SC2086
output=$("$pg_regress" --inputdir=test --outputdir=. --bindir="$bindir" --host="$PGHOST" \
  --port="$PGPORT" --user=postgres --dbname=ledger $load "$@" 2>&1)
status=$?
mkdir -p "$kept"
printf '%s\n' "$output" > "$kept/output.txt"
mv results regression.out "$kept" 2>/dev/null
[ -f regression.diffs ] && mv regression.diffs "$kept"

passed=$(printf '%s\n' "$output" | grep -cE '^(test |     )[^ ]+ +\.\.\. ok')
failed=$(($# - passed))
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
if [ "$failed" -ne 0 ]; then
  printf '%s\n' "$output"
  [ -s "$kept/regression.diffs" ] && head -n 200 "$kept/regression.diffs"
fi
echo "$layer: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
