#!/bin/sh
# with_server.sh BINDIR NAME CONF COMMAND... - runs COMMAND beside a PostgreSQL server of its own.
#
# The server's data stands in build/server/NAME/data, its log in build/log/NAME.server.log, its
# socket in a short path of its own (PGHOST); it listens on no network address. CONF is appended to
# postgresql.conf with @STATE_DIR@ replaced by build/server/NAME/state. Unlike pg_regress's own
# temp instance the server runs with fsync on, without which a node refuses to vote.
# Fails with COMMAND's status, or when the server lost a process or an assertion meanwhile.
set -eu

bindir=$1 name=$2 conf=$3
shift 3
base=$PWD/build/server/$name
log=$PWD/build/log/$name.server.log
rm -rf "$base"
mkdir -p "$base" "$PWD/build/log"
mkdir -m 700 "$base/state"
PGHOST=$(mktemp -d /tmp/mes.XXXXXX)
export PGHOST PGPORT=5432 PGUSER=postgres

stop_server() {
  "$bindir/pg_ctl" -D "$base/data" -m fast -w stop >/dev/null 2>&1 ||
    "$bindir/pg_ctl" -D "$base/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$PGHOST"
}
trap stop_server EXIT
trap 'exit 130' INT TERM HUP

"$bindir/initdb" -D "$base/data" -U postgres -A trust -E UTF8 --no-locale --no-sync \
  > "$log" 2>&1 || { cat "$log"; exit 1; }
sed "s|@STATE_DIR@|$base/state|g" "$conf" >> "$base/data/postgresql.conf"
{
  echo "listen_addresses = ''"
  echo "unix_socket_directories = '$PGHOST'"
} >> "$base/data/postgresql.conf"
: > "$log"
"$bindir/pg_ctl" -D "$base/data" -l "$log" -w -s start || { tail -n 40 "$log"; exit 1; }

status=0
PATH=$bindir:$PWD/build/tmp_install/usr/local/bin:$PATH "$@" || status=$?
if grep -nE 'TRAP:|PANIC:|was terminated by signal' "$log"; then
  echo "with_server.sh: the server of $name lost a process, see build/log/$name.server.log"
  [ "$status" -ne 0 ] || status=1
fi
exit "$status"
