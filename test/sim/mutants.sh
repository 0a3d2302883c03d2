#!/bin/sh
# mutants.sh [ONLY=name] [LIMIT=seconds] [QUICK=1] - protocol mutants: each patch reverses one rule in
# a copy of the tree; the unit tests or the simulator must notice. Prints what killed it and when; a
# survivor is a failure. QUICK runs few seeds, as many on a busy machine as on a quiet one. Run from
# the top.
for argument in "$@"; do
	case $argument in
		QUICK=*|ONLY=*|LIMIT=*) eval "$argument" ;;
		*) echo "mutants.sh: unknown argument $argument" >&2; exit 2 ;;
	esac
done
LIMIT=${LIMIT:-60}
seeds=1000000
[ -n "$QUICK" ] && seeds=300
top=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=gnu11 -O1 -w -Isrc -Itest"
sources="src/pbft/*.c src/base/digest.c src/base/status.c"
mkdir -p "$work/clean/test"
cp -r src "$work/clean/"
cp -r test/sim test/unit "$work/clean/test/"

object() {
	echo "$1" | tr / _ | sed 's/c$/o/'
}

# shellcheck disable=SC2086
(cd "$work/clean" && for file in $sources test/sim/*.c test/unit/pbft_*.c; do
	${CC:-gcc} $flags -c "$file" -o "$(object "$file")" || exit 1
done) || exit 1

compile() {
	for file; do
		# shellcheck disable=SC2086
		${CC:-gcc} $flags -c "$file" -o "$(object "$file")" || return 1
	done
}

# One after the other until one fails; says which on standard output.
kill_it() {
	for test in test_unit_pbft_*.o; do
		${CC:-gcc} src_*.o "$test" -lcrypto -o unit || return 3
		if ! timeout "$LIMIT" ./unit >out 2>&1; then
			name=${test#test_unit_}
			echo "${name%.o}: $(grep -m1 '^not ok\|Assertion' out | cut -c1-90)"
			return 0
		fi
	done
	${CC:-gcc} src_*.o test_sim_*.o -lcrypto -o mesim || return 3
	timeout "$LIMIT" ./mesim 1 $seeds >out 2>&1
	case $? in
		0|124) return 1 ;;
	esac
	echo "simulator: $(grep -m1 -o 'FAIL.*\|Assertion.*' out | cut -c1-90)"
}

killed=0
survived=0
for patch in test/sim/mutants/${ONLY:-*}.patch; do
	name=$(basename "$patch" .patch)
	files=$(sed -n 's|^+++ b/||p' "$patch")
	rm -rf "$work/tree"
	cp -r "$work/clean" "$work/tree"
	cd "$work/tree" || exit 1
	# shellcheck disable=SC2086
	if ! patch -s -p1 <"$top/$patch" || ! compile $files; then
		echo "not ok mutant $name does not apply"
		survived=$((survived + 1))
	else
		begun=$(date +%s%N)
		if by=$(kill_it 2>/dev/null); then
			killed=$((killed + 1))
			took=$((($(date +%s%N) - begun) / 1000000))
			echo "ok mutant $name killed in $took ms by $by"
		else
			survived=$((survived + 1))
			echo "not ok mutant $name lives after $LIMIT s or $seeds seeds"
		fi
	fi
	cd "$top" || exit 1
done
echo "$killed mutants killed, $survived not"
[ $survived -eq 0 ]
