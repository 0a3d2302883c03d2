#!/bin/sh
# storage.sh - the speeds of storage proofs: verifying, sealing, plotting, Reed-Solomon. Needs no
# server. BENCH_SECTOR_LG is the size of the sealed sectors, 2^LG labels of 32 bytes.
set -eu
directory=$(mktemp -d /var/tmp/mes.bench.XXXXXX)
trap 'rm -rf "$directory"' EXIT
make -s build/storage_bench
build/storage_bench "$directory" "${BENCH_SECTOR_LG:-20}" | grep '^bench '
