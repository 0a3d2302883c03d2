#!/bin/sh
# demo_film.sh - the second half of `make demo`: a studio's rights over four banks, then a year of a film
# market and its dashboard as a picture. Read by demo.sh, whose at, ask, say and wait_level it uses.
# docs/tutorial-film-rights.md walks through more of it; docs/demo.md holds what is printed here.
#
#   DEMO_TRANSACTIONS   size of the market (default 5000)

# a statement whose answer is a submission's random number
tell() {
  echo "$1> $2"
  at "$1" -o /dev/null -c "$2"
}
# one that has to be refused
refused() {
  echo "$1> $2"
  at "$1" -v VERBOSITY=verbose -c "$2" 2>&1 | sed -e '/^LOCATION/d' -e 's/[0-9a-f]\{64\}/.../'
}
account() {
  at "$1" -A -t -c "SELECT mes.create_account('$2')"
}

film_story() {
  author=$(account west author)
  studio=$(account east studio)
  channel=$(account south channel)
  at north -o /dev/null -c "SET meschain.account = 'treasury'; SELECT mes.transfer('$channel', 'EUR', 5000)"
  # what the bank of the north calls them is its own affair: a table of its own, joined to the ledger
  at north -c "CREATE TABLE address_book (address text PRIMARY KEY, name text);
    INSERT INTO address_book VALUES ('$author', 'author'), ('$studio', 'studio'), ('$channel', 'channel')"

  say 'An author banks at west and registers a novel. A studio at east films it and owes the novel a tenth.'
  tell west "SET meschain.account = 'author';
SELECT mes.register_work('The River Remembers', sha256('manuscript'), 'book', '江河记得')"
  wait_level east
  tell east "SET meschain.account = 'studio';
SELECT mes.register_work('The River Remembers', sha256('master copy'), 'film', '江河记得',
  sources => jsonb_build_object(encode(mes.work_id(sha256('manuscript')), 'hex'), 100000))"

  say 'The studio offers one exclusive licence: television in China. Nobody can be sold what meets it.'
  tell east "SET meschain.account = 'studio';
SELECT mes.grant_licence(mes.work_id(sha256('master copy')), 'CN', 'television', 2000, 'EUR',
  exclusive => true, royalty_ppm => 100000, valid_until => '2098-12-31 00:00+00')"
  refused east "SET meschain.account = 'studio';
SELECT mes.grant_licence(mes.work_id(sha256('master copy')), 'CN-GD', 'all', 100, 'EUR', exclusive => true)"

  say 'A channel at south buys it. The price is split and paid to the last cent in the same transaction.'
  wait_level south
  tell south "SET meschain.account = 'channel';
SELECT mes.buy_licence(licence_id) FROM mes.licences WHERE status = 'offered'"
  wait_level north
  ask north "SELECT w.kind AS work, n.name AS payee, r.amount, r.reason
  FROM mes.royalties AS r JOIN mes.works AS w USING (work_id)
  JOIN address_book AS n ON n.address = r.payee_address ORDER BY r.amount DESC"

  say 'It reports what the film earned, and pays what that makes due, under the month that it is for.'
  tell south "BEGIN;
SET LOCAL meschain.account = 'channel';
SELECT mes.begin_submission(gen_random_uuid(), '2026-03 television');
SELECT mes.report_usage(licence_id, revenue => 5000) FROM mes.licences WHERE status = 'active';
COMMIT"
  wait_level north

  say 'Business people read the same numbers with their own tools, from tables of facts and dimensions.'
  ask north "SELECT w.title, w.title_zh, t.name_en AS territory, d.year_month, r.reason, sum(r.amount) AS revenue
  FROM mes_bi.agg_revenue_day AS r JOIN mes_bi.dim_work AS w ON w.work_key = r.source_work_key
  JOIN mes_bi.dim_territory AS t USING (territory_key) JOIN mes_bi.dim_date AS d USING (date_key)
 WHERE r.reason = 'revenue' GROUP BY 1, 2, 3, 4, 5"
  ask north 'SELECT count(*) AS differences FROM mes.verify_reports()'
}

# Whatever of it is not installed: the page without a picture, or neither, and how to get them.
dashboard() {
  out=$dir-dashboard
  mkdir -p "$out"
  say "A year of a film market: ${DEMO_TRANSACTIONS:-5000} transactions, each signed by its party."
  mesctl sample load --dir "$dir" --transactions "${DEMO_TRANSACTIONS:-5000}" --names "$out/names.csv"
  at north -o /dev/null -c "SELECT mes.create_report_reader('dashboard')"

  say 'The dashboard: ten charts of one block, drawn from those tables by a plain report reader.'
  if ! modules=$(test/lib/node_modules.sh docs/dashboard); then
    echo "Not drawn: the charts need Vega-Lite, which npm brings. docker/setup.sh --picture installs both."
    return
  fi
  NODE_MODULES=$modules NAMES=$out/names.csv docs/dashboard/refresh.sh "$out" -h "$dir" -p "$port" -d ledger -U dashboard
  echo "the page    $out/index.html"
  docs/dashboard/draw.sh "$out/index.html" "$out/dashboard.png" ||
    echo "No picture of it; any browser opens the page. docker/setup.sh --picture brings one."
}
