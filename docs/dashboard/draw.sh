#!/bin/sh
# draw.sh PAGE PICTURE - draws a page that refresh.sh wrote into a PNG, with a headless browser, and says
# how many charts it drew. Fails when no browser is there or when a chart could not be drawn.
#
#   docs/dashboard/draw.sh /tmp/film/index.html /tmp/film/dashboard.png
set -eu

page=${1:?usage: draw.sh PAGE PICTURE}
picture=${2:?usage: draw.sh PAGE PICTURE}
for browser in chromium chromium-browser google-chrome ''; do
  [ -n "$browser" ] || { echo 'draw.sh: no browser; on Debian: apt-get install chromium fonts-noto-cjk' >&2; exit 1; }
  ! command -v "$browser" >/dev/null || break
done
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

# the browser's own settings and caches stay in its profile
browse() {
  HOME=$profile "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile/user" \
    --window-size=1500,2400 --virtual-time-budget=20000 "$@" "file://$page" 2>"$profile/log"
}
browse --dump-dom > "$profile/page.html"
drawn=$(sed -n 's/.*<body data-drawn="\([0-9]*\)".*/\1/p' "$profile/page.html")
if [ -z "$drawn" ]; then
  echo "draw.sh: the page was not drawn: $(sed -n 's/.*data-failed="\([^"]*\)".*/\1/p' "$profile/page.html")" >&2
  tail -n 3 "$profile/log" >&2
  exit 1
fi
browse --screenshot="$picture" > /dev/null
cp "$profile/page.html" "${picture%.png}.html"
echo "$drawn charts drawn in $picture"
