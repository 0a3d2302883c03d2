#!/bin/sh
# run_unit.sh PROGRAM... - runs each unit test; a program prints "ok N NAME" and "not ok N NAME" lines
# and exits non-zero when one failed. Ends with the count of all.
passed=0 failed=0
for program in "$@"; do
  output=$("$program" 2>&1); status=$?
  passed=$((passed + $(printf '%s\n' "$output" | grep -c '^ok ')))
  bad=$(printf '%s\n' "$output" | grep -c '^not ok ')
  [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  if [ "$status" -ne 0 ] || [ "$bad" -ne 0 ]; then
    printf '== %s (exit %s)\n%s\n' "$program" "$status" "$output"
  fi
  failed=$((failed + bad))
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
