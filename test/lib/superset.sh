#!/bin/sh
# superset.sh - installs Apache Superset from the Python package index, once, into a directory of this
# user's under /var/tmp, and prints the venv there. Fails, saying why on stderr, where python3-venv is not
# installed or the index cannot be reached.
#
# The versions are those the test was written for. Superset 6.1.0 imports rich and cachetools and does not
# ask for them; Flask-Caching 2.4 and later call its metadata cache with an argument that it does not know.
set -eu
packages='apache-superset==6.1.0 psycopg2-binary==2.9.10 rich cachetools flask-caching==2.3.1'
kept=/var/tmp/meschain-superset-$(id -u)-$(echo "$packages" | cksum | cut -d' ' -f1)
if [ ! -f "$kept/complete" ]; then
  mkdir -p -m 700 "$kept"
  [ -O "$kept" ] || { echo "$kept belongs to somebody else" >&2; exit 1; }
  # shellcheck disable=SC2086
  (python3 -m venv "$kept/venv" && HOME=$kept timeout 600 "$kept/venv/bin/pip" install --no-input \
    --disable-pip-version-check --no-cache-dir $packages) > "$kept/log" 2>&1 </dev/null ||
    { echo "pip could not install Superset: $(grep -v '^$' "$kept/log" | tail -n 1)" >&2; exit 1; }
  : > "$kept/complete"
fi
echo "$kept/venv"
