# 026_signed_refusals.pl - transactions that are well formed and truly signed, and wrong for the
# ledger: each is refused under its own name and moves nothing.
use strict;
use warnings;

use Mesctl;
use PostgreSQL::Test::Utils;
use Test::More;

found();
make_key($_) foreach qw(alice bob carol);
coins('alice');
build('money', '--from', $address{alice}, 'issue', 'EUR', '1000', '2', 'issue', 'GOLD', '5', '0');
sign('alice');
submit('issued');
coins('alice');
build('to bob', 'transfer', $address{bob}, 'EUR', '100');
sign('alice');
submit('paid');

# Coins as the ledger has them, with some of their words changed; false words are for the server.
sub coins_with
{
	my ($change, @owners) = @_;
	coins(@owners);
	local $_ = slurp_file("$home/coins");
	$change->();
	unlink "$home/coins";
	append_to_file("$home/coins", $_);
	return;
}

sub submit_refused
{
	my ($name, $code) = @_;
	my $number = sql("SELECT code FROM mes.error_codes WHERE name = '$code'");
	refused($name, 1, qr/not accepted: $number /, 'tx', 'submit', "$home/tx", '--dir', $dir);
	return;
}

my @pay = ('transfer', $address{carol}, 'EUR', '1');

# ---- outputs
coins_with(sub { s/^(coin )[0-9a-f]{64}/$1 . 'ab' x 32/mge }, 'alice');
build('an output that is none', @pay);
sign('alice');
submit_refused('an unknown output', 'unknown_output');

coins_with(sub { s/^(coin [0-9a-f]{64} )\d+/${1}77/mg }, 'alice');
build('a number that is none', @pay);
sign('alice');
submit_refused('an output beyond the last of its transaction', 'unknown_output');

coins_with(sub { s/^(coin [0-9a-f]{64} \d+ )(\d+)/$1 . ($2 + 1)/mge }, 'alice');
build('another height', @pay);
sign('alice');
submit_refused('an output at another height', 'unknown_output');

coins_with(sub { s/$address{bob}/$address{alice}/g }, 'bob');
build('bob\'s coin', @pay);
sign('alice');
submit_refused('someone else\'s output', 'not_owner');

coins('alice');
my $spent = slurp_file("$home/coins");
build('for now', @pay);
sign('alice');
submit('spent');
unlink "$home/coins";
append_to_file("$home/coins", $spent);
build('once more', @pay);
sign('alice');
submit_refused('a spent output', 'spent_output');

coins_with(sub { s/^(coin .* EUR )\d+$/${1}50/m; my $line = (/^(coin .* EUR .*\n)/m)[0]; $_ .= $line }, 'alice');
refused('an output twice in one transaction', 1, qr/MC\d{3} duplicate_input: /, 'tx', 'build', '--coins', "$home/coins",
	'--out', "$home/tx", @pay);

coins_with(sub { s/^(coin .* EUR )\d+$/${1}99999999/mg }, 'alice');
build('more than the output holds', 'transfer', $address{carol}, 'EUR', '5000');
sign('alice');
submit_refused('outputs over inputs', 'not_covered');
coins_with(sub { s/^(coin .* EUR )\d+$/${1}200/mg }, 'alice');
build('less than the output holds', 'transfer', $address{carol}, 'EUR', '1');
sign('alice');
submit_refused('inputs over outputs', 'not_conserved');

# ---- time
sub shifted
{
	my ($name, $seconds, $code, @options) = @_;
	# the file's time is the chain's, which goes before this machine's clock when it is later
	coins_with(sub { s/^time (\d+)/'time ' . ($1 + $seconds * 1000)/me }, 'alice');
	build($name, @options, @pay);
	sign('alice');
	submit_refused($name, $code);
	return;
}
shifted('not yet valid', 7200, 'not_yet_valid');
coins('alice');
build('a window of a second', '--valid-for', 1, @pay); # it opens a minute ago, for clocks that differ
sign('alice');
submit_refused('expired', 'expired');
coins_with(sub { s/^window \d+/window 999999999/m }, 'alice');
build('a window of days', @pay);
sign('alice');
submit_refused('a window too long', 'window_too_long');

# ---- the wrong ledger
coins_with(sub { s/^chain (.)/'chain ' . ($1 eq '0' ? 1 : 0)/me }, 'alice');
build('of another chain', @pay);
sign('alice');
submit_refused('another chain', 'wrong_chain');

# ---- one submission, once
my @mine = ('--submission', '6ba7b810-9dad-41d1-80b4-00c04fd430c8');
coins('alice');
build('named by the client', @mine, @pay);
sign('alice');
my $first = submit('taken');
coins('alice');
build('another under the same name', @mine, 'transfer', $address{carol}, 'EUR', '2');
sign('alice');
refused('a submission twice', 1, qr/MC218 .*$first/, 'tx', 'submit', "$home/tx", '--dir', $dir);

# ---- one txid, other signatures: two of three sign, then another two
my @keys = map { public_key($_) } qw(alice bob carol);
my $shown = done('an address of two of three', 'key', 'address', '--threshold', 2, @keys);
my $condition = field($shown, 'condition');
$address{board} = field($shown, 'address');
coins('alice');
build('to the board', 'transfer', $address{board}, 'EUR', '5');
sign('alice');
submit('the board has money');
coins('board');
build('from the board', 'transfer', $address{carol}, 'EUR', '5');
append_to_file("$home/again", slurp_file("$home/tx"));
sign('alice', '--condition', $condition);
sign('bob', '--condition', $condition);
my $txid = submit('signed by two');
rename "$home/again", "$home/tx" or die;
sign('bob', '--condition', $condition);
sign('carol', '--condition', $condition);
refused('the same txid with other signatures', 1, qr/MC218 .*$txid/, 'tx', 'submit', "$home/tx",
	'--dir', $dir);
is(sql("SELECT count(*) FROM mes.transactions WHERE txid = '\\x$txid' AND status = 'ok'"), '1', 'took effect once');

# ---- amounts that add up to more than there can be
coins('alice');
my $much = '92233720368547758';
refused('a sum that overflows', 1, qr/add up to more than there can be/, 'tx', 'build', '--coins', "$home/coins",
	'--out', "$home/tx", 'transfer', $address{bob}, 'EUR', $much, 'transfer', $address{bob}, 'EUR', $much);

is(sql("SELECT string_agg(amount::text, ' ' ORDER BY amount) FROM mes.balances WHERE asset = 'EUR'"),
	'7.00 100.00 893.00', 'nothing but what was accepted moved');
is(sql('SELECT count(*) FROM mes.verify()'), '0', 'the books are in order');
done('stop', 'federation', 'stop', '--dir', $dir);
done_testing();
