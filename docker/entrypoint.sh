#!/bin/sh
# entrypoint.sh - makes and runs one member's PostgreSQL server with meschain. The image's entry
# point, and usable on any machine where meschain is installed:
#
#   MESCHAIN_DIR=DIR [MESCHAIN_NODE=bank1] [MESCHAIN_PORT=5432] entrypoint.sh run | init | ready
#
# init   makes DIR/data (the cluster, with database "ledger" and the extension) and DIR/state (vote
#        log and voting key); does nothing when they are there
# run    init, then the server in the foreground; SIGINT stops it
# ready  succeeds when the server answers
#
# MESCHAIN_LISTEN is the address to listen on (default: the socket in DIR alone). Who comes over the
# network needs TLS or a password: with MESCHAIN_PASSWORD_FILE the superuser "postgres" gets the
# password in that file, without it nobody can log in but through the socket.
set -eu

dir=${MESCHAIN_DIR:?says where the data goes}
node=${MESCHAIN_NODE:-$(hostname)}
port=${MESCHAIN_PORT:-5432}
bin=${MESCHAIN_BINDIR:-/usr/lib/postgresql/15/bin}
export PGHOST="$dir" PGPORT="$port" PGUSER=postgres

[ "$(id -u)" -ne 0 ] || {
  echo "entrypoint.sh: PostgreSQL does not run as root; start this as another user" >&2
  exit 1
}

write_settings() {
  cat >> "$1/postgresql.conf" <<SETTINGS

# meschain
shared_preload_libraries = 'meschain'
max_worker_processes = 32
listen_addresses = '${MESCHAIN_LISTEN:-}'
port = $port
unix_socket_directories = '$dir'
password_encryption = 'scram-sha-256'
min_wal_size = '256MB'
meschain.database = 'ledger'
meschain.node_name = '$node'
meschain.state_directory = '$dir/state'
SETTINGS
  cat > "$1/pg_hba.conf" <<RULES
# the socket stands in a directory that is the server user's alone
local all all trust
host all all all scram-sha-256
RULES
}

# Made aside and renamed when complete, so that a start that was cut short is begun anew. The server
# that helps with it has a socket of its own: nobody takes it for the real one.
init_node() {
  [ ! -d "$dir/data" ] || return 0
  mkdir -p -m 700 "$dir" "$dir/state" "$dir/init"
  rm -rf "$dir/data.new"
  "$bin/initdb" -D "$dir/data.new" -U postgres --auth=trust --encoding=UTF8 --no-locale >/dev/null
  write_settings "$dir/data.new"
  "$bin/pg_ctl" -D "$dir/data.new" -w -s -l "$dir/init.log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$dir/init'" start ||
    { cat "$dir/init.log" >&2; exit 1; }
  export PGHOST="$dir/init"
  "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE ledger TEMPLATE template0'
  "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d ledger \
    -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION meschain CASCADE'
  if [ -n "${MESCHAIN_PASSWORD_FILE:-}" ]; then
    # through a variable, so that no command line shows it; a stored verifier, never the password
    printf '\\set secret `cat "$MESCHAIN_PASSWORD_FILE"`\n%s\n' \
      "SET log_statement = 'none'; ALTER ROLE postgres PASSWORD :'secret';" |
      "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d postgres
  fi
  "$bin/pg_ctl" -D "$dir/data.new" -m fast -w -s stop
  mv "$dir/data.new" "$dir/data"
  rm -rf "$dir/init"
  export PGHOST="$dir"
}

case ${1:-run} in
  init) init_node ;;
  run)
    init_node
    exec "$bin/postgres" -D "$dir/data"
    ;;
  ready) exec "$bin/pg_isready" -q -d ledger ;;
  *)
    echo "entrypoint.sh: unknown command \"$1\"; known are init, run, ready" >&2
    exit 2
    ;;
esac
