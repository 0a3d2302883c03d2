#!/bin/sh
# run_bench.sh BINDIR SCRIPT... - runs the benchmarks in order against the server programs in BINDIR
# and the server that PGHOST names, and collects their lines "bench NAME VALUE UNIT" in
# build/bench.json with what the figures depend on: cores, memory, versions. A script finds database
# "ledger" with the extension in PGDATABASE; one that wants a server of its own starts it with
# test/lib/with_server.sh "$BENCH_BINDIR". Fails when one script fails.
bindir=$1
shift
export BENCH_BINDIR="$bindir"
PATH="$bindir:$(cd build/tmp_install && pwd)/usr/local/bin:$PATH"
mkdir -p build/log
lines=build/log/bench.txt
: > "$lines"
failed=0
export PGDATABASE=ledger PGOPTIONS='-c client_min_messages=warning'
psql -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE ledger TEMPLATE template0' || exit 1
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION meschain CASCADE' || exit 1
unset PGOPTIONS
for script in "$@"; do
  echo "# $script"
  { "$script" 2>&1 </dev/null; echo "status $?"; } | tee "build/log/$(basename "$script").log" |
    grep -v '^status '
  status=$(sed -n '$s/^status //p' "build/log/$(basename "$script").log")
  grep '^bench [^ ]* [^ ]* [^ ]*$' "build/log/$(basename "$script").log" >> "$lines"
  [ "$status" = 0 ] || { echo "# $script failed, status $status"; failed=1; }
done
"$bindir/postgres" --version > build/log/bench.version
perl -MJSON::PP -e '
  my ($lines, $version, $extension) = @ARGV;
  my $read = sub { open my $f, "<", $_[0] or return ""; local $/; return <$f> };
  my ($cpu) = $read->("/proc/cpuinfo") =~ /^model name\s*:\s*(.*)$/m;
  my $cores = () = $read->("/proc/cpuinfo") =~ /^processor\s*:/mg;
  my ($kib) = $read->("/proc/meminfo") =~ /^MemTotal:\s+(\d+)/m;
  my ($kernel) = $read->("/proc/version") =~ /^(\S+ \S+ \S+)/;
  chomp(my $postgresql = $read->($version));
  chomp(my $compiler = (split /\n/, `gcc --version`)[0]);
  my @results = map { my (undef, $name, $value, $unit) = split;
      { name => $name, value => $value + 0, unit => $unit } } split /\n/, $read->($lines);
  open my $out, ">", "build/bench.json" or die;
  print $out JSON::PP->new->canonical->pretty->encode({
      machine => { cores => $cores, cpu => $cpu // "", memory_mb => int($kib / 1024),
        kernel => $kernel },
      versions => { postgresql => $postgresql, meschain => $extension, compiler => $compiler },
      measured_at => scalar(gmtime) . " UTC", results => \@results });
' "$lines" build/log/bench.version "$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" meschain.control)"
exit "$failed"
