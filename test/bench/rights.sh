#!/bin/sh
# rights.sh - buying a licence whose price is split four ways against a plain transfer, both as a
# session's own statement and COMMIT, signed, ordered and applied. The two sides alternate in one run
# on one server; a side's value is the best of its rounds. Prints `bench NAME VALUE UNIT` lines.
#
#   ROUNDS  rounds a side (default 3)   SECONDS_A_SIDE  seconds of each (default 6)
set -eu

if [ "${1:-}" != inside ]; then
  exec test/lib/with_server.sh "$BENCH_BINDIR" bench-rights test/bench/server.conf "$0" inside
fi

rounds=${ROUNDS:-3} seconds=${SECONDS_A_SIDE:-6} clients=16
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
createdb ledger
export PGDATABASE=ledger PGOPTIONS='-c client_min_messages=warning -c meschain.account=studio'
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
say() { printf 'bench %s %s %s\n' "$1" "$2" "$3"; }
best() { sort -g "$1" | tail -n 1; }

sql -c 'CREATE EXTENSION meschain CASCADE' -c 'SELECT mes.create_node_key()' \
  -c "SELECT mes.create_genesis() IS NULL" -c "SELECT mes.create_account('studio')" >/dev/null
until [ "$(sql -c "SELECT mode = 'voting' FROM mes.status")" = t ]; do sleep 0.1; done
sql >/dev/null <<'SQL'
SELECT mes.create_account(name) FROM (VALUES ('buyer'), ('a'), ('b'), ('c'), ('d')) AS n (name);
SELECT mes.issue_asset('CNY', 1000000000, 2);
SELECT count(mes.transfer(address, 'CNY', 10000)) FROM mes.accounts, generate_series(1, 400) WHERE name = 'buyer';
SELECT mes.register_work('Film', sha256('Film'), shares =>
  (SELECT jsonb_object_agg(address, 250000) FROM mes.accounts WHERE length(name) = 1));
SELECT mes.grant_licence(mes.work_id(sha256('Film')), 'WORLD', 'streaming', 10, 'CNY', standing => true);
SQL
payee=$(sql -c "SELECT address FROM mes.accounts WHERE name = 'a'")
licence=$(sql -c 'SELECT licence_id FROM mes.licences')
echo "SELECT mes.transfer('$payee', 'CNY', 10);" > "$work/transfer.sql"
echo "SELECT mes.buy_licence('$licence');" > "$work/licence.sql"
PGOPTIONS='-c client_min_messages=warning -c meschain.account=buyer'

rate() {
  pgbench -n -M prepared -c $clients -j 2 -T "$seconds" -f "$work/$1.sql" 2>"$work/errors" |
    sed -n 's/^tps = \([0-9]*\).*/\1/p'
  if [ -s "$work/errors" ] && grep -q ERROR "$work/errors"; then cat "$work/errors" >&2; return 1; fi
}
apply_cpu() { sql -c 'SELECT cpu_time, transactions FROM mes.stat_apply' | tr '|' ' '; }
cpu_us() { echo "$1 $2" | awk '{ printf "%.1f", ($3 - $1) * 1000 / ($4 - $2) }'; }

round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  before=$(apply_cpu)
  rate transfer >> "$work/transfers"
  between=$(apply_cpu)
  rate licence >> "$work/licences"
  cpu_us "$before" "$between" >> "$work/transfer_cpu"; echo >> "$work/transfer_cpu"
  cpu_us "$between" "$(apply_cpu)" >> "$work/licence_cpu"; echo >> "$work/licence_cpu"
done
say licence_vs_transfer "$(awk -v a="$(best "$work/licences")" -v b="$(best "$work/transfers")" 'BEGIN { printf "%.2f", a / b }')" ratio
say licence_per_s "$(best "$work/licences")" tx/s
say licence_transfer_per_s "$(best "$work/transfers")" tx/s
say licence_apply_cpu_us "$(grep . "$work/licence_cpu" | sort -g | head -n 1)" us
say licence_transfer_apply_cpu_us "$(grep . "$work/transfer_cpu" | sort -g | head -n 1)" us
# what was paid is what was sold
sql -c "SELECT CASE WHEN sum(amount) = 10 * (SELECT count(*) FROM mes.licences WHERE NOT standing) THEN 'sums are exact' ELSE 'SUMS DIFFER' END FROM mes.royalties" |
  grep -q exact
