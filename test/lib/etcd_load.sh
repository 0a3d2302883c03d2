#!/bin/sh
# etcd_load.sh DIR N - writes a second of N etcd servers from Debian's package, 256 bytes each, asked
# by h2load over gRPC: the better of 32 and 320 requests under way. Prints nothing where they cannot be
# had. (Not a benchmark of its own: four.sh calls it.)
set -eu

dir=$1 members=$2 base=${ETCD_PORT:-28480}
command -v h2load >/dev/null || exit 0
mkdir -p "$dir"
# unpacked, not installed: a package's service would start
(cd "$dir" && apt-get download etcd-server >/dev/null 2>&1 && dpkg-deb -x etcd-server*.deb .) || exit 0
servers=
trap 'kill $servers 2>/dev/null || true' EXIT

cluster=$(for i in $(seq "$members"); do printf 'e%s=http://127.0.0.1:%s,' "$i" "$((base + 2 * i + 1))"; done)
for i in $(seq "$members"); do
  "$dir/usr/bin/etcd" --name "e$i" --data-dir "$dir/data$i" --log-level error \
    --listen-client-urls "http://127.0.0.1:$((base + 2 * i))" \
    --advertise-client-urls "http://127.0.0.1:$((base + 2 * i))" \
    --listen-peer-urls "http://127.0.0.1:$((base + 2 * i + 1))" \
    --initial-advertise-peer-urls "http://127.0.0.1:$((base + 2 * i + 1))" \
    --initial-cluster "${cluster%,}" > "$dir/log$i" 2>&1 &
  servers="$servers $!"
done
sleep 4

# a gRPC message: no compression, length, PutRequest {key, value}
perl -e 'my $put = "\x0a\x11meschain-key-0001" . "\x12\x80\x02" . "v" x 256; print "\0" . pack("N", length $put) . $put' \
  > "$dir/put"
puts() {
  perl -MHTTP::Tiny -e 'my $r = HTTP::Tiny->new->get($ARGV[0]); print $r->{content} =~ /^etcd_mvcc_put_total ([0-9.e+]+)/m ? int $1 : 0' \
    "http://127.0.0.1:$((base + 2))/metrics"
}
# who answers may answer with an error: what counts is what the server wrote
rate() {
  before=$(puts) began=$(date +%s.%N)
  h2load -n "$1" -c 32 -m "$2" -d "$dir/put" -H 'content-type: application/grpc' -H 'te: trailers' \
    "http://127.0.0.1:$((base + 2))/etcdserverpb.KV/Put" > "$dir/h2load" 2>&1
  echo "$before $(puts) $began $(date +%s.%N)" | awk '{ printf "%.0f\n", ($2 - $1) / ($4 - $3) }'
}
{ rate 20000 1; rate 40000 10; rate 20000 1; rate 40000 10; } | sort -g | tail -n 1 | grep -v '^0$'
