#!/bin/sh
# run.sh [SEEDS=n] [SEED=s] [TRACE=1] - the simulator; a failure prints its seed and a replay line.
# SAN=1 builds it with the sanitizers, at a tenth of the speed. Run from the top of the tree.
set -e
SEEDS=${SEEDS:-2000}
for argument in "$@"; do
	case $argument in
		SEEDS=*|SEED=*|TRACE=*|SAN=*|OUT=*) eval "$argument" ;;
		*) echo "run.sh: unknown argument $argument" >&2; exit 2 ;;
	esac
done
out=${OUT:-build/sim}
mkdir -p "$out"
flags="-O2 -g"
if [ -n "$SAN" ]; then
	flags="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
	out=$out/san
	mkdir -p "$out"
fi
# shellcheck disable=SC2086
${CC:-gcc} -std=gnu11 $flags -Wall -Wextra -Isrc -Itest test/sim/*.c src/pbft/*.c \
	src/base/digest.c src/base/status.c -lcrypto -o "$out/mesim"
if [ -n "$SEED" ]; then
	exec "$out/mesim" "$SEED" "${COUNT:-1}" ${TRACE:+trace}
fi
exec "$out/mesim" 1 "$SEEDS"
