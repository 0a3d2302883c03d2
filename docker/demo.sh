#!/bin/sh
# demo.sh - `make demo`: on a bare Debian 12 installs what is missing, builds and installs meschain,
# makes a federation of four banks, tells its story and a studio's in psql, draws the dashboard of a film
# market and leaves all of it running.
#
#   docker/demo.sh               everything
#   docker/demo.sh --installed   the story alone, with the mesctl that PATH finds
#
# DEMO_DIR says where the ledger stands (default: /var/lib/meschain-demo for root, who steps down to
# user postgres, else ~/meschain-demo), DEMO_PORT its first port (default 7101). A ledger that an earlier
# demo left there is removed first. DEMO_PICTURE=no leaves out the packages that draw the dashboard.
set -eu

cd "$(dirname "$0")/.."
if [ "$(id -u)" -eq 0 ]; then
  dir=${DEMO_DIR:-/var/lib/meschain-demo}
  sudo=
else
  dir=${DEMO_DIR:-$HOME/meschain-demo}
  sudo=sudo
  [ -t 0 ] || sudo='sudo -n'
fi
port=${DEMO_PORT:-7101}

# The work tree's owner builds, so that sudo leaves no file of root's in it.
build_and_install() {
  docker/setup.sh --build
  [ "${DEMO_PICTURE:-yes}" = no ] || docker/setup.sh --picture ||
    echo "demo.sh: goes on; the dashboard will have no picture"
  echo "demo.sh: building"
  owner=$(stat -c %U .)
  if [ "$(id -u)" -eq 0 ] && [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
    runuser -u "$owner" -- make -s -j"$(nproc)" all
  else
    make -s -j"$(nproc)" all
  fi
  echo "demo.sh: installing"
  $sudo make -s install >/dev/null
  PATH=/usr/local/bin:$PATH
}

case ${1:-} in
  '') build_and_install ;;
  --installed) ;;
  *) echo "demo.sh: unknown argument \"$1\"; known is --installed" >&2; exit 2 ;;
esac

if [ -e "$dir/federation" ]; then
  mesctl federation destroy --dir "$dir"
fi
echo "demo.sh: making four banks"
printf '{"members": [{"name": "north"}, {"name": "east"}, {"name": "south"}, {"name": "west"}]}' |
  mesctl federation create --dir "$dir" --base-port "$port" --genesis - >/dev/null || {
  echo "demo.sh: DEMO_PORT=N make demo takes ports N to N+3, DEMO_DIR another directory" >&2
  exit 1
}

at() {
  bank=$1
  shift
  mesctl psql --dir "$dir" "$bank" -X -q -P pager=off -P footer=off -P null=- -v ON_ERROR_STOP=1 "$@"
}
say() {
  printf '\n== %s\n' "$1"
}
# a statement, its answer at one bank
ask() {
  echo "$1> $2"
  at "$1" -c "$2"
}
height() {
  at "$1" -A -t -c 'SELECT applied_height FROM mes.status'
}
wait_level() {
  for _ in $(seq 600); do
    [ "$(height "$1")" != "$(height north)" ] || return 0
    sleep 0.1
  done
  echo "demo.sh: $1 does not catch up" >&2
  exit 1
}

at north < docker/demo.sql

say 'What was decided at north is read at every other bank, with the same result to the last bit.'
for bank in east south west; do
  wait_level "$bank"
  ask "$bank" "SELECT height, tx_count, encode(substring(state_root, 1, 8), 'hex') AS result
  FROM mes.blocks ORDER BY height DESC LIMIT 1"
done

say 'South is killed with SIGKILL. The three others go on without it.'
mesctl federation kill --dir "$dir" south
ask north "SET meschain.account = 'treasury'; SELECT mes.notarise(sha256('decided while south was away'))"
ask north 'SELECT mode, members_total, quorum, can_stop FROM mes.status'

say 'South comes back, asks the others for what it missed, checks every signature, and is level.'
mesctl federation start --dir "$dir" south
wait_level south
ask south "SELECT count(*) AS decided_while_away FROM mes.notarisations
  WHERE document_hash = sha256('decided while south was away')"

say 'The superuser of west switches the guard off and multiplies what he finds by a thousand.'
at west <<'SQL'
SET session_replication_role = replica;
UPDATE mes_internal.output_rows SET amount_units = amount_units * 1000
 WHERE output_id = (SELECT min(output_id) FROM mes_internal.output_rows);
SQL
say 'It changes nothing for anybody else. East finds the very row from outside, and who is wrong; so does'
echo '   the auditor of west.'
ask east "SELECT relation, row_key, height, problem, at_fault FROM mes.locate_divergence('west')"
ask west 'SELECT height, object, problem FROM mes.verify()'
ask east 'SELECT count(*) AS problems FROM mes.verify()'

say 'West mends the row from the block that a quorum signed, and the repair is on record.'
ask west 'SELECT height, relation, row_key, problem, source FROM mes.repair_node()'
ask west 'SELECT count(*) AS problems FROM mes.verify()'
ask east "SELECT count(*) AS differences FROM mes.locate_divergence('west')"

. docker/demo_film.sh
film_story
dashboard

cat <<END

The four banks run in $dir, ports $port to $((port + 3)): north, east, south and west.
  talk to one  mesctl psql --dir $dir east
  their state  mesctl federation status --dir $dir
  try to harm  mesctl federation kill --dir $dir south
  start again  mesctl federation start --dir $dir
  stop them    mesctl federation stop --dir $dir
  remove them  mesctl federation destroy --dir $dir
END
[ ! -e "$dir-dashboard/index.html" ] ||
  echo "  dashboard    $dir-dashboard/index.html, which stays when they are removed"
