#!/bin/sh
# demo.sh - `make demo`: on a bare Debian 12 installs what is missing, builds and installs meschain,
# makes a ledger of one node, tells its story in psql and leaves it running.
#
#   docker/demo.sh               everything
#   docker/demo.sh --installed   the story alone, with the mesctl that PATH finds
#
# DEMO_DIR says where the ledger stands (default: /var/lib/meschain-demo for root, who steps down to
# user postgres, else ~/meschain-demo), DEMO_PORT its port (default 7101). A ledger that an earlier
# demo left there is removed first.
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
mesctl federation create --dir "$dir" --base-port "$port" >/dev/null
mesctl psql --dir "$dir" node1 -X -q -P pager=off -P footer=off -P null=- \
  -v ON_ERROR_STOP=1 < docker/demo.sql

cat <<END

The ledger runs in $dir, port $port.
  talk to it   mesctl psql --dir $dir node1
  its state    mesctl federation status --dir $dir
  try to harm  mesctl federation kill --dir $dir node1
  start again  mesctl federation start --dir $dir
  stop it      mesctl federation stop --dir $dir
  remove it    mesctl federation destroy --dir $dir
END
