# Symbols: what the pure objects call. A pure room reaches libc's string handling, its own room,
# base/ and, from base/ alone, the libraries of base/. Anything else (a clock, randomness, files,
# streams, memory, another room) is refused because it is not on the list below.
# Arguments: the pure objects, build/tidy/ROOM/NAME.o.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my %libc = map { $_ => 1 } qw(
  abort __assert_fail bcmp bsearch memchr memcmp memcpy memmove memset qsort snprintf strchr
  strcmp strcpy strcspn strlen strncmp strnlen strrchr strspn strstr vsnprintf __ctype_b_loc
  _GLOBAL_OFFSET_TABLE_ __divti3 __modti3 __udivti3 __umodti3);
my $library = qr/^(cbor_|crypto_|sodium_|secp256k1_|EVP_|OPENSSL_)/;
my (%home, %wanted);

foreach my $object (@ARGV)
{
	my ($source, $room) = $object =~ m{^build/tidy/(([^/]+)/.*)\.o$} or die "odd object: $object\n";
	open my $nm, '-|', 'nm', '-P', $object or die "nm does not run: $!\n";
	while (my $line = <$nm>)
	{
		my ($name, $type) = split ' ', $line;
		if ($type eq 'U') { push @{ $wanted{"src/$source.c"} }, $name; }
		elsif ($type =~ /^[A-Z]$/) { $home{$name} = $room; }
	}
}
foreach my $path (sort keys %wanted)
{
	my $room = room_of($path);
	foreach my $name (sort @{ $wanted{$path} })
	{
		my $home = $home{$name} // '';
		next if $home ? $home eq $room || $home eq 'base' || may_stand_on($room, $home) : $libc{$name};
		next if $name =~ $library && $room eq 'base';
		next if excepted('symbol', $path, $name);
		complain($home
			? "$path: calls $name of room $home"
			: "$path: calls $name, which a pure file may not");
	}
}
complain('no object to look at') unless @ARGV;
report('symbols: ' . scalar(@ARGV) . ' pure objects call nothing impure', 'symbol');
