# Headers: every C file opens with its name and purpose; every room has one room card, which says
# what lives there, what it may include, which tests guard it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tidy;

my (%rooms, %cards);
foreach my $path (files(qr/\.[ch]$/, 'src', 'test'))
{
	my ($name) = $path =~ m{([^/]+)$};
	my $text = slurp($path);

	complain("$path: does not open with \"/* $name - its purpose\"")
	  unless $text =~ m{^/\*\s+(?:\*\s+)?\Q$name\E - \S};
	my $room = room_of($path) or next;
	$rooms{$room} = 1;
	push @{ $cards{$room} }, $path if $path =~ /\.h$/ && $text =~ /^ \* Room card, \Q$room\E\/:/m;
}
foreach my $room (sort keys %rooms)
{
	my @found = @{ $cards{$room} // [] };
	next if excepted('card', "src/$room", $room);

	complain("src/$room: no header has a \" * Room card, $room/: ...\"") unless @found;
	complain("src/$room: more than one room card: @found") if @found > 1;
}
report('headers: ' . scalar(keys %rooms) . ' rooms have their card, files their purpose', 'card');
