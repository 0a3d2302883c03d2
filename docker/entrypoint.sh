#!/bin/sh
# entrypoint.sh - makes and runs one member's PostgreSQL server with meschain. The image's entry
# point, and usable on any machine where meschain is installed:
#
#   MESCHAIN_DIR=DIR [MESCHAIN_NODE=bank1] [MESCHAIN_PORT=5432] entrypoint.sh run | init | join | ready
#
# init   makes DIR/data (the cluster, with database "ledger" and the extension) and DIR/state (keys,
#        TLS certificate, vote log); does nothing when they are there
# run    init, then the server in the foreground, and join beside it; SIGINT stops it
# join   with MESCHAIN_MEMBERS, the names of all members, and MESCHAIN_EXCHANGE, a directory that all
#        of them see: exchanges descriptors and certificates, and joins the genesis that all sign
# ready  succeeds when the server answers
#
# MESCHAIN_LISTEN is the address to listen on (default: the socket in DIR alone), MESCHAIN_HOST the
# name by which the others reach it (default: that of the node). Who comes over the network needs a
# member's certificate or a password: with MESCHAIN_PASSWORD_FILE the superuser "postgres" gets the
# password in that file, without it nobody can log in but through the socket.
#
# The exchange is for servers of one machine: whoever can write there decides who is a member. Banks
# exchange descriptors and certificates by a way they trust; docs/operations.md has the steps.
set -eu

dir=${MESCHAIN_DIR:?says where the data goes}
node=${MESCHAIN_NODE:-$(hostname)}
port=${MESCHAIN_PORT:-5432}
host=${MESCHAIN_HOST:-$node}
bin=${MESCHAIN_BINDIR:-/usr/lib/postgresql/15/bin}
members=${MESCHAIN_MEMBERS:-}
exchange=${MESCHAIN_EXCHANGE:-}
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
superuser_reserved_connections = 5
listen_addresses = '${MESCHAIN_LISTEN:-}'
port = $port
unix_socket_directories = '$dir'
password_encryption = 'scram-sha-256'
min_wal_size = '256MB'
meschain.database = 'ledger'
meschain.node_name = '$node'
meschain.state_directory = '$dir/state'

# members know each other by certificates
ssl = on
ssl_cert_file = '$dir/state/peer.crt'
ssl_key_file = '$dir/state/peer.key'
ssl_ca_file = '$dir/state/peers.crt'
meschain.peer_ssl_cert_file = '$dir/state/peer.crt'
meschain.peer_ssl_key_file = '$dir/state/peer.key'
meschain.peer_ssl_ca_file = '$dir/state/peers.crt'
SETTINGS
  cat > "$1/pg_hba.conf" <<RULES
# a member comes over TLS with its certificate, into the ledger's database alone
hostssl ledger +mes_peer all cert map=meschain
host all +mes_peer all reject
local all +mes_peer reject
# the socket stands in a directory that is the server user's alone
local all all trust
host all all all scram-sha-256
RULES
  cat > "$1/pg_ident.conf" <<'RULES'
# the name in a member's certificate leads to its role and to no other
meschain /^([a-z][a-z0-9_]*)$ mes_peer_\1
RULES
}

ask() {
  "$bin/psql" -X -A -t -q -v ON_ERROR_STOP=1 -d ledger "$@"
}

# Made aside and renamed when complete, so that a start that was cut short is begun anew. The server
# that helps with it has a socket of its own: nobody takes it for the real one.
init_node() {
  [ ! -d "$dir/data" ] || return 0
  mkdir -p -m 700 "$dir" "$dir/state" "$dir/init"
  rm -rf "$dir/data.new"
  "$bin/initdb" -D "$dir/data.new" -U postgres --auth=trust --encoding=UTF8 --no-locale >/dev/null
  [ -e "$dir/state/peer.crt" ] || {
    rm -f "$dir/state/peer.key"
    mesctl node certificate "$node" "$host" --out "$dir/state" >/dev/null
  }
  [ -e "$dir/state/peers.crt" ] || cp "$dir/state/peer.crt" "$dir/state/peers.crt"
  write_settings "$dir/data.new"
  "$bin/pg_ctl" -D "$dir/data.new" -w -s -l "$dir/init.log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$dir/init'" start ||
    { cat "$dir/init.log" >&2; exit 1; }
  export PGHOST="$dir/init"
  "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE ledger TEMPLATE template0'
  ask -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION meschain CASCADE'
  if [ -n "${MESCHAIN_PASSWORD_FILE:-}" ]; then
    # through a variable, so that no command line shows it; a stored verifier, never the password
    printf '\\set secret `cat "$MESCHAIN_PASSWORD_FILE"`\n%s\n' \
      "SET log_statement = 'none'; ALTER ROLE postgres PASSWORD :'secret';" | ask
  fi
  "$bin/pg_ctl" -D "$dir/data.new" -m fast -w -s stop
  mv "$dir/data.new" "$dir/data"
  rm -rf "$dir/init"
  export PGHOST="$dir"
}

# A file of the exchange appears whole or not at all.
publish() {
  cat > "$exchange/$1.$node.new"
  mv "$exchange/$1.$node.new" "$exchange/$1"
}
wait_for() {
  until [ -e "$exchange/$1" ]; do sleep 0.2; done
}

# The statement reads $document, a file, as the variable "document".
ask_about() {
  # shellcheck disable=SC2016
  printf '\\set document `cat "$document"`\n%s\n' "SET client_min_messages = error; $1" | ask
}

join_members() {
  [ -n "$members" ] && [ -n "$exchange" ] || return 0
  until "$bin/pg_isready" -q -d ledger; do sleep 0.2; done
  [ "$(ask -c 'SELECT count(*) FROM mes.genesis')" = 0 ] || [ ! -e "$exchange/genesis.$node" ] || return 0
  ask -c 'SELECT mes.create_node_key()' >/dev/null
  ask -c "SELECT mes.node_descriptor('$host', $port)" | publish "$node.json"
  publish "$node.crt" < "$dir/state/peer.crt"
  for member in $members; do wait_for "$member.json"; wait_for "$member.crt"; done
  for member in $members; do cat "$exchange/$member.crt"; done > "$dir/state/peers.crt.new"
  mv "$dir/state/peers.crt.new" "$dir/state/peers.crt"
  ask -c 'SELECT pg_reload_conf()' >/dev/null

  # the first makes the document, each signs what the one before has signed
  export document=/dev/null
  last=
  for member in $members; do
    if [ "$member" = "$node" ] && [ -z "$last" ]; then
      document=$exchange/descriptors
      for one in $members; do cat "$exchange/$one.json"; done | paste -s -d , | publish descriptors
      ask_about "SELECT mes.sign_genesis(coalesce((SELECT document FROM mes.genesis), mes.create_genesis(ARRAY(
        SELECT jsonb_array_elements(('[' || :'document' || ']')::jsonb)))));" | publish "genesis.$node"
    elif [ "$member" = "$node" ]; then
      wait_for "genesis.$last"
      document=$exchange/genesis.$last
      ask_about "SELECT mes.sign_genesis(:'document');" | publish "genesis.$node"
    fi
    last=$member
  done
  wait_for "genesis.$last"
  document=$exchange/genesis.$last
  ask_about "SELECT mes.join_federation(:'document');" >/dev/null
  echo "entrypoint.sh: $node has joined the federation of $members"
}

case ${1:-run} in
  init) init_node ;;
  join) join_members ;;
  run)
    init_node
    (join_members &) # nobody's child: the postmaster would take its end for a backend's
    exec "$bin/postgres" -D "$dir/data"
    ;;
  ready) exec "$bin/pg_isready" -q -d ledger ;;
  *)
    echo "entrypoint.sh: unknown command \"$1\"; known are init, run, join, ready" >&2
    exit 2
    ;;
esac
