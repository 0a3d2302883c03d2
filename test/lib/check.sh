#!/bin/sh
# check.sh LAYER... - runs the layers of the tests one after the other, here and as this user, and
# counts. A layer is the make target here-LAYER; it ends with a line "LAYER: N passed, N failed".
# One that ends otherwise, or says 0 failed and then fails, counts as one failure. The whole output
# of a layer is kept in build/log/check-LAYER.log. The last line is the sum of all.
passed=0 failed=0
mkdir -p build/log
for layer in "$@"; do
  log=build/log/check-$layer.log
  begun=$(date +%s)
  { make --no-print-directory -j"$(nproc)" "here-$layer" 2>&1 </dev/null; echo "status $?"; } > "$log"
  status=$(sed -n '$s/^status //p' "$log")
  line=$(grep -E "^$layer: [0-9]+ passed, [0-9]+ failed\$" "$log" | tail -n 1)
  counts=${line#"$layer": }
  good=${counts%% passed*}
  bad=${counts##*passed, }
  bad=${bad%% failed}
  [ -n "$line" ] || { good=0 bad=1; }
  [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  if [ "$bad" -ne 0 ]; then
    sed '$d' "$log"
  elif [ "$layer" = tidy ]; then
    grep -E '^  (P[0-9]|no test)' "$log"
  fi
  printf '== %-10s %5d passed, %d failed (%d s)\n' "$layer" "$good" "$bad" \
    $(($(date +%s) - begun))
  passed=$((passed + good))
  failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
