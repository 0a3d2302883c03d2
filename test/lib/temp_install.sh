#!/bin/sh
# temp_install.sh DIR - keeps a private copy of the installed PostgreSQL server under DIR.
#
# A server finds its library and share directories relative to its own program file, so a copied
# tree works, and `make install DESTDIR=DIR` adds the extension to the copy. Nobody has to write
# into the system's directories and any number of work trees can be tested at the same time.
# Prints the copy's bin directory. Must not start a server nor touch anything outside DIR.
set -eu

dir=$1
pg_config=${PG_CONFIG:-pg_config}
bin=$("$pg_config" --bindir)
lib=$("$pg_config" --pkglibdir)
share=$("$pg_config" --sharedir)
# a package that adds a library makes the copy old, too
version="$("$pg_config" --version) $(stat -c '%s %Y' "$bin/postgres") $(stat -c %Y "$lib")"

if [ "$(cat "$dir/.version" 2>/dev/null)" != "$version" ]; then
  rm -rf "$dir"
  for tree in "$bin" "$lib" "$share"; do
    [ -d "$dir$tree" ] && continue # one of them may lie inside another
    mkdir -p "$dir$tree"
    cp -R --preserve=mode,timestamps "$tree/." "$dir$tree"
  done
  # a copy of meschain that someone installed on this machine is not what is tested here
  rm -f "$dir$lib"/meschain* "$dir$share"/extension/meschain*
  echo "$version" > "$dir/.version"
fi
echo "$dir$bin"
