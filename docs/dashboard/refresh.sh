#!/bin/sh
# refresh.sh OUT [psql arguments] - fills the dashboard from mes_bi: every NN_name.sql beside this script in
# one snapshot, with the proof of its block, and writes OUT/index.html, which any browser opens.
#
#   NODE_MODULES=DIR    where vega, vega-lite and vega-embed are (default: node_modules here, `npm ci`)
#   NAMES=FILE          lines "address,name": how the charts call accounts
#
#   docs/dashboard/refresh.sh /tmp/film -h localhost -d ledger -U tool
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: refresh.sh OUT [psql arguments]}
shift
modules=${NODE_MODULES:-$here/node_modules}
mkdir -p "$out"
for library in vega vega-lite vega-embed; do
  cp "$modules/$library/build/$library.min.js" "$out"
done
cp "$here/page.html" "$out/index.html"

# one transaction: no chart is of another block than the next
{
  echo '\set ON_ERROR_STOP 1'
  echo 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;'
  for query in "$here"/[0-9]*.sql; do
    echo "SELECT coalesce(json_agg(q), '[]') AS rows FROM ("
    sed '$s/;[[:space:]]*$//' "$query"
    echo ') AS q'
    echo "\\g (tuples_only=on format=unaligned) '$out/$(basename "$query" .sql).json'"
  done
  echo "SELECT to_json(coalesce((SELECT text FROM mes_bi.report_proof()), 'no block holds these rows')) \\g (tuples_only=on format=unaligned) '$out/proof.json'"
  echo 'COMMIT;'
} | psql -X -q "$@"

{
  printf 'const dashboard = {"names": {'
  [ -z "${NAMES:-}" ] || sed 's/["\\]//g; s/^\([^,]*\),\(.*\)$/"\1": "\2",/; $s/,$//' "$NAMES"
  printf '}, "charts": {'
  separator=
  for query in "$here"/[0-9]*.sql; do
    name=$(basename "$query" .sql)
    printf '%s"%s": {"spec": ' "$separator" "$name"
    cat "$here/$name.vl.json"
    printf ', "rows": '
    cat "$out/$name.json"
    printf '}'
    separator=,
  done
  printf '}, "proof": '
  cat "$out/proof.json"
  echo '};'
} > "$out/data.js"
rm -f "$out"/*.json
