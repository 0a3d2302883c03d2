#!/bin/sh
# run.sh PURE_OBJECT... - runs every check of this directory at the top of the work tree and prints
# the count. A check is test/tidy/check_NAME.pl; the objects are for check_symbols.pl.
passed=0 failed=0
for check in test/tidy/check_*.pl; do
  if perl "$check" "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
if said=$(perl test/tidy/selftest.pl 2>&1); then
  echo "ok selftest: the checks find $(printf '%s\n' "$said" | grep -c ': finds') planted faults"
  passed=$((passed + 1))
else
  printf '%s\n' "$said" | grep -v '^ok'
  failed=$((failed + 1))
fi
echo "tidy: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
