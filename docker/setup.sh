#!/bin/sh
# setup.sh - installs what meschain needs to build, run and test on Debian 12. Used by make demo,
# make check, make bench, .ci/run and the Dockerfile alike.
#
#   docker/setup.sh            everything, tests included
#   docker/setup.sh --build    what building and installing needs (the first stage of the image)
#   docker/setup.sh --bench    everything, and what the benchmarks compare with
#   docker/setup.sh --run      what a running node needs (the second stage of the image)
#   docker/setup.sh --picture  what draws the dashboard of docs/dashboard
#
# Says nothing and is quick when all is there. Works as root or through sudo; asks no question.
# No cluster "main" is created: the ledger gets a server of its own.
set -eu

run='postgresql-15 libcbor0.8 libsodium23 libsecp256k1-1 libisal2 libjansson4 openssl procps'
build='make gcc libc6-dev postgresql-15 postgresql-server-dev-15 libpq-dev libssl-dev libcbor-dev
  libsodium-dev libsecp256k1-dev libisal-dev libjansson-dev openssl procps'
check="$build git perl libipc-run-perl clang-14 libclang-rt-14-dev libfuzzer-14-dev
  universal-ctags python3 python3-yaml patch bc
  prometheus-postgres-exporter"
# npm brings Vega-Lite; whoever has it from elsewhere keeps that
picture='chromium fonts-noto-cjk'
command -v npm >/dev/null || picture="$picture npm"
# what reports are read with (test/t/08*.pl); a test of what is missing is skipped and says so
readers="libpostgresql-jdbc-java default-jdk-headless odbc-postgresql python3-pyodbc python3-sqlalchemy
  python3-psycopg2 postgresql-15-wal2json $picture"
# what programs submit with (test/t/053_drivers.pl). Debian's node-pg wants Debian's nodejs; beside
# another one npm brings it, below
clients='python3-psycopg pgbouncer'
foreign_node=
case $(dpkg-query -W -f '${Version}' nodejs 2>/dev/null || true) in
  '' | *dfsg*) clients="$clients node-pg" ;;
  *) [ -d /usr/lib/node_modules/pg ] || [ -d /usr/local/lib/node_modules/pg ] || foreign_node=pg@8.8.0 ;;
esac
case "${1:-}" in
  --run) packages=$run ;;
  --build) packages=$build ;;
  --picture) packages=$picture ;;
  --bench) packages="$check $readers $clients nghttp2-client" ;;
  '') packages="$check $readers $clients" ;;
  *) echo "setup.sh: unknown argument \"$1\"; known are --build, --bench, --run and --picture" >&2; exit 2 ;;
esac

missing=
for package in $packages; do
  case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
    'install ok installed') ;;
    *) missing="$missing $package" ;;
  esac
done
case ${1:-} in --build | --run | --picture) foreign_node= ;; esac
[ -n "$missing$foreign_node" ] || exit 0

name=$(sed -nE 's/^PRETTY_NAME="?([^"]*)"?$/\1/p' /etc/os-release 2>/dev/null)
case $name in
  'Debian GNU/Linux 12 '*) ;;
  *)
    echo "setup.sh: this installs packages of Debian 12, and here is \"$name\"" >&2
    echo "setup.sh: install by hand what corresponds to:$missing" >&2
    exit 1
    ;;
esac

sudo=
if [ "$(id -u)" -ne 0 ]; then
  sudo=sudo
  [ -t 0 ] || sudo='sudo -n' # nobody there to type a password
  if ! command -v sudo >/dev/null 2>&1 || ! $sudo true; then
    echo "setup.sh: neither root nor sudo; run as root: apt-get install$missing" >&2
    exit 1
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

apt_get() {
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 \
    -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    echo "setup.sh: apt-get $* failed" >&2
    exit 1
  }
}
install_packages() {
  apt_get install -y --no-install-recommends "$@"
}

if [ -n "$foreign_node" ]; then
  echo "setup.sh: installing $foreign_node"
  $sudo npm install --global --no-audit --no-fund "$foreign_node" </dev/null >"$log" 2>&1 ||
    echo "setup.sh: npm could not; the test of node-postgres will be skipped" >&2
fi
[ -n "$missing" ] || exit 0
echo "setup.sh: installing$missing"
apt_get update
case "$missing " in *' postgresql-15 '*) server=1 ;; *) server= ;; esac
if [ -n "$server" ]; then
  # Debian would make a cluster "main" and start it; this machine's own setting comes back after
  settings=/etc/postgresql-common/createcluster.conf
  install_packages postgresql-common
  $sudo cp -p "$settings" "$settings.meschain"
  $sudo sed -i -E 's/^#? *create_main_cluster *=.*/create_main_cluster = false/' "$settings"
  status=0
  (install_packages postgresql-15) || status=$?
  $sudo mv "$settings.meschain" "$settings"
  [ "$status" -eq 0 ] || exit "$status"
fi
# shellcheck disable=SC2086
install_packages $missing
