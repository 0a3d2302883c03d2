#!/bin/sh
# run_fuzz.sh RUNS PROGRAM... - gives each libFuzzer target a fixed number of inputs from a fixed
# seed, after its corpus in test/fuzz/corpus/NAME when there is one. An input that breaks a target
# is kept as build/log/fuzz-NAME-*, its report in build/log/NAME.log.
runs=$1
shift
passed=0 failed=0
mkdir -p build/log
for program in "$@"; do
  name=$(basename "$program")
  corpus=test/fuzz/corpus/$name
  # what the run finds goes to the first directory, a fresh one: the corpus stays as committed
  found=build/corpus/$name
  rm -rf "$found"
  mkdir -p "$found"
  [ -d "$corpus" ] || corpus=
  if "$program" -runs="$runs" -seed="${SEED:-1}" -max_len=65536 -timeout=20 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="build/log/fuzz-$name-" "$found" $corpus \
    > "build/log/$name.log" 2>&1 </dev/null
  then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "== $name"
    tail -n 60 "build/log/$name.log"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
