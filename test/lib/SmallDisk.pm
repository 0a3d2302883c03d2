# SmallDisk.pm - `use SmallDisk (256);` before everything else: the test runs in a mount namespace of its
# own, where $SmallDisk::path is a disk of so many MB in memory. Where namespaces are not to be had
# the test is skipped and says why. Needs no rights: the user becomes root of a new namespace, mounts,
# and becomes itself again in a second one, since PostgreSQL refuses root.
package SmallDisk;

use strict;
use warnings;

our $path = $ENV{MESCHAIN_SMALL_DISK};

my $mount = <<'SH';
mount -t tmpfs -o "size=$2m,mode=755" tmpfs "$1" || exit 1
user=$3 group=$4
shift 4
exec unshare -U --map-user="$user" --map-group="$group" -- "$@"
SH

sub import
{
	my ($class, $megabytes) = @_;
	my $ids = [ $>, (split / /, $))[0] ];
	my $at = ($ENV{TESTDIR} // '/var/tmp') . "/small_disk.$$";

	return if defined $path;
	mkdir $at or die "cannot make $at: $!";
	my @namespace = ('unshare', '-Urm', '--', 'sh', '-c', $mount, 'sh', $at, $megabytes, @$ids);
	if (system("@{[ map { quotemeta } @namespace, 'true' ]} >/dev/null 2>&1") != 0)
	{
		print "1..0 # SKIP no mount namespace can be made here: a small disk needs one\n";
		exit 0;
	}
	$ENV{MESCHAIN_SMALL_DISK} = $at;
	exec @namespace, $^X, (map { "-I$_" } @INC), $0;
	die "cannot run $namespace[0]: $!";
}

sub fill
{
	open my $ballast, '>', "$path/ballast" or die "cannot write $path/ballast: $!";
	my $block = "\1" x 65536;
	1 while syswrite $ballast, $block;
	close $ballast;
	return;
}

sub free { unlink "$path/ballast" or die "cannot remove $path/ballast: $!"; return }

1;
