#!/bin/sh
# build_load.sh OUT - builds ledger_load.c, the client of the benchmarks, with the pure rooms it needs.
set -eu
# shellcheck disable=SC2046
exec gcc -std=gnu11 -O2 -Isrc -I"$(pg_config --includedir)" -I/usr/include/postgresql test/bench/ledger_load.c \
  $(find src/base src/tx src/rights src/ledger src/pbft -name '*.c' ! -name '*_pg.c') \
  -lcbor -lsodium -lsecp256k1 -lcrypto -lpq -lpthread -o "$1"
