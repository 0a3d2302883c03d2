#!/bin/sh
# mutants.sh [QUICK=1] [ONLY=name] - protocol mutants: each patch reverses one rule in a copy of the
# tree; the simulator must notice. Prints the time to kill; a survivor is a failure.
# Run from the top of the tree.
for argument in "$@"; do
	case $argument in
		QUICK=*|ONLY=*|LIMIT=*) eval "$argument" ;;
		*) echo "mutants.sh: unknown argument $argument" >&2; exit 2 ;;
	esac
done
top=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
killed=0
survived=0
for patch in test/sim/mutants/${ONLY:-*}.patch; do
	name=$(basename "$patch" .patch)
	# the quick set: those that die within a second or two
	if [ -n "$QUICK" ] && ! grep -q '^quick' "$patch"; then
		continue
	fi
	rm -rf "$work/tree"
	mkdir -p "$work/tree/test"
	cp -r src "$work/tree/"
	cp -r test/sim test/unit "$work/tree/test/"
	if ! (cd "$work/tree" && patch -s -p1 < "$top/$patch"); then
		echo "not ok mutant $name does not apply"
		survived=$((survived + 1))
		continue
	fi
	if ! (cd "$work/tree" && ${CC:-gcc} -std=gnu11 -O1 -w -Isrc -Itest test/sim/*.c src/pbft/*.c \
		src/base/digest.c src/base/status.c -lcrypto -o mesim) 2>"$work/build"; then
		echo "not ok mutant $name does not build"
		survived=$((survived + 1))
		continue
	fi
	begun=$(date +%s.%N)
	if timeout "${LIMIT:-60}" "$work/tree/mesim" 1 1000000 >"$work/out" 2>&1; then
		code=0
	else
		code=$?
	fi
	took=$(echo "$(date +%s.%N) - $begun" | bc)
	if [ $code -ne 0 ] && [ $code -ne 124 ]; then
		killed=$((killed + 1))
		printf 'ok mutant %s killed in %.1f s: %s\n' "$name" "$took" \
			"$(grep -m1 -o 'FAIL.*\|.*Assertion.*' "$work/out" | cut -c1-110)"
	else
		survived=$((survived + 1))
		printf 'not ok mutant %s lives after %.1f s\n' "$name" "$took"
	fi
done
echo "$killed mutants killed, $survived not"
[ $survived -eq 0 ]
