# Layering: a pure file includes libc, its own room and base/; only base/ includes libraries; a
# *_pg file includes its own room, base/ and node/*_pg.h; PostgreSQL's headers stay in *_pg files
# and src/meschain.c. Rooms meet in node/.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my %libc = map { $_ => 1 } qw(assert.h ctype.h errno.h inttypes.h limits.h stdalign.h stdarg.h
  stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h);
my $library = qr{^(cbor|cbor/.*|sodium|sodium/.*|openssl/.*|secp256k1\w*)(\.h)?$};

foreach my $path (files(qr/\.[ch]$/, 'src'))
{
	my $number = 0;
	foreach my $line (split /\n/, slurp($path))
	{
		$number++;
		next unless $line =~ /^\s*#\s*include\s+([<"])([^>"]+)[>"]/;
		my ($problem) = $1 eq '<' ? system_include($path, $2) : own_include($path, $2);
		complain("$path:$number: $problem")
		  if $problem && !excepted('layering', $path, $2);
	}
}
report('layering: rooms include only what they may', 'layering');

sub system_include
{
	my ($path, $name) = @_;

	return '' unless is_pure($path);
	return '' if $libc{$name};
	return room_of($path) eq 'base' ? '' : "<$name> belongs behind a function of base/"
	  if $name =~ $library;
	return "a pure file may not include <$name>";
}

sub own_include
{
	my ($path, $name) = @_;
	my $room = room_of($path);
	my ($other) = $name =~ m{^([^/]+)/};

	return '' if $path eq 'src/meschain.c';
	return "\"$name\": write the room too, \"ROOM/$name\"" if -e "src/$room/$name";
	if (!-e "src/$name")
	{
		return is_pure($path) ? "a pure file may not include PostgreSQL's \"$name\"" : ''
		  unless $path =~ m{^src/(cli|gateway|sdk)/};
		return $name =~ /^(postgres|fmgr)\.h$/ ? "a client may not include \"$name\"" : '';
	}
	return '' if $path =~ m{^src/(cli|gateway|sdk)/};
	return "a pure file may not include \"$name\"" if is_pure($path) && $name =~ /_pg\.h$/;
	return '' if $other eq $room || $other eq 'base' || may_stand_on($room, $other);
	return '' if !is_pure($path) && ($room eq 'node' || $name =~ m{^node/\w+_pg\.h$});
	return "room $room may not include \"$name\"";
}
