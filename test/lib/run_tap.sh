#!/bin/sh
# run_tap.sh LAYER BINDIR FILE.pl... - runs TAP tests with PostgreSQL's own test modules on the
# server programs in BINDIR, as many at a time as there are cores: they mostly wait (PROVE_FLAGS=-j1: one
# by one). Servers' and tests' logs stay in build/log/LAYER; prints the count.
[ $# -gt 2 ] || { echo "$1: 0 passed, 0 failed"; exit 0; }
layer=$1 bindir=$2
shift 2
modules=$(dirname "$(${PG_CONFIG:-pg_config} --pgxs)")/../test/perl
pg_regress=$(dirname "$(${PG_CONFIG:-pg_config} --pgxs)")/../test/regress/pg_regress
work=$PWD/build/tap
rm -rf "$work"
log=build/log/$layer.log
mkdir -p "$work" build/log
export PATH="$bindir:$PWD/build/tmp_install/usr/local/bin:$PATH" TESTDIR="$work" TESTDATADIR="$work/data" TESTLOGDIR="$work/log"
export PG_REGRESS="$pg_regress"
export PG_TEST_PORT_DIR=/var/tmp/meschain-ports-$(id -u)
prove -I "$modules" -I test/lib ${PROVE_FLAGS:--j$(nproc)} "$@" > "$log" 2>&1
status=$?
rm -rf "build/log/$layer"
cp -R "$work/tmp_check/log" "build/log/$layer" 2>/dev/null
all=$(sed -nE 's/^Files=[0-9]+, Tests=([0-9]+),.*/\1/p' "$log")
failed=$(sed -nE 's/^ *Failed tests?: .*//p; s/.*Failed: ([0-9]+)\)$/\1/p' "$log" |
  awk '{ n += $1 } END { print n + 0 }')
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
passed=$((${all:-0} - failed))
[ "$passed" -lt 0 ] && passed=0
if [ "$failed" -ne 0 ]; then
  cat "$log"
  for file in "build/log/$layer"/regress_log_*; do
    grep -q -e 'not ok' -e 'Bail out' -e 'Looks like your test' "$file" && echo "== $file" && tail -n 40 "$file"
  done
fi
echo "$layer: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
