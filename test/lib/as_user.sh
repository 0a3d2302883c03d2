#!/bin/sh
# as_user.sh MAKE_TARGET... - makes targets as an unprivileged user, since PostgreSQL refuses root.
#
# Anyone but root: plain make, here. Root: the work tree (tracked and untracked files, not the
# ignored ones) is mirrored into a directory of its own under /var/tmp, owned by MESCHAIN_USER
# (default postgres), and make runs there. The mirror keeps modification times and its build
# directory, so a second run builds only what changed. What a run leaves in build/results, build/log
# and build/*.json comes back into this tree's build directory.
# FLAVOUR (default "check") names the mirror, so that builds with different flags do not mix.
# Root only reads: every byte in the mirror is written by the unprivileged user.
set -eu

cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ]; then
  exec make --no-print-directory "$@"
fi

user=${MESCHAIN_USER:-postgres}
id "$user" >/dev/null 2>&1 || {
  echo "as_user.sh: there is no user \"$user\"; run docker/setup.sh first" >&2
  exit 1
}
# pyenv and the like under /root are out of that user's reach
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
mirror=/var/tmp/meschain-$(pwd -P | cksum | cut -d' ' -f1)-${FLAVOUR:-check}
as_user="runuser -u $user --"
(cd / && $as_user mkdir -p -m 700 "$mirror")
if [ -L "$mirror" ] || [ "$(stat -c %U "$mirror")" != "$user" ]; then
  echo "as_user.sh: \"$mirror\" is not a directory of user \"$user\"" >&2
  exit 1
fi

exec 9<"$mirror"
flock -n 9 || { echo "as_user.sh: waiting for another run in $mirror" >&2; flock 9; }

list_files() {
  git -c safe.directory='*' ls-files -z --cached --others --exclude-standard 2>/dev/null ||
    find . -type f ! -path './build/*' ! -path './.git/*' ! -name '*.o' ! -name '*.so' \
      ! -name '*.bc' -printf '%P\0'
}
list_existing() {
  list_files | perl -0ne 'chomp; print "$_\0" if -e $_ || -l $_' | LC_ALL=C sort -zu
}
# shellcheck disable=SC2016
mirror_files() {
  { list_existing | tr '\0' '\n' | $as_user sh -c '
      cd "$1" && cat > .files.new && touch .files &&
      LC_ALL=C comm -23 .files .files.new | while read -r gone; do rm -f "$gone"; done &&
      mv .files.new .files' - "$mirror"; } &&
    list_existing | tar --null --no-recursion -T - -cf - | $as_user tar -C "$mirror" -xf -
}
mirror_files

status=0
(
  cd "$mirror"
  export HOME="$mirror" USER="$user" LOGNAME="$user"
  unset PGDATA PGHOST PGPORT PGUSER PGDATABASE PGSERVICE PGPASSFILE
  $as_user make --no-print-directory "$@" 9<&- # a server left behind must not hold the lock
) || status=$?

mkdir -p build
# shellcheck disable=SC2016
$as_user sh -c 'cd "$1"/build && tar -cf - $(ls -d results log pictures *.json 2>/dev/null)' - "$mirror" \
  2>/dev/null | tar -C build --no-same-owner -xf - 2>/dev/null || true
chown -R --reference=. build # sudo in someone's work tree leaves nothing of root's there
exit "$status"
