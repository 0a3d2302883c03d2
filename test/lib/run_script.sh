#!/bin/sh
# run_script.sh LAYER SCRIPT - runs a layer that is one script (model, simulator, mutants). When it
# prints its own count "LAYER: N passed, N failed" that stands, else its lines "ok ..." and "not ok
# ..." are counted, and where there are none its exit status counts as one.
layer=$1 script=$2
if [ ! -e "$script" ]; then
  echo "$layer: 0 passed, 0 failed"
  exit 0
fi
output=$(mktemp)
trap 'rm -f "$output"' EXIT
{ "$script" 2>&1; echo $? > "$output.status"; } | tee "$output"
status=$(cat "$output.status")
rm -f "$output.status"
if ! grep -qE "^$layer: [0-9]+ passed, [0-9]+ failed\$" "$output"; then
  passed=$(grep -c '^ok ' "$output")
  failed=$(grep -c '^not ok ' "$output")
  [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
  [ $((passed + failed)) -gt 0 ] || passed=1
  echo "$layer: $passed passed, $failed failed"
fi
exit "$status"
