# 023_two_owners.pl - payment against payment: two owners sign one transaction, built and signed away
# from the server; both payments happen or neither does.
use strict;
use warnings;

use Mesctl;
use PostgreSQL::Test::Utils;
use Test::More;

found();
make_key('buyer');
make_key('seller', '--suite', 2);

coins('buyer');
build('the buyer has euros', '--from', $address{buyer}, 'issue', 'EUR', '1000', '2');
sign('buyer');
submit('issued');
coins('seller');
build('the seller has gold', '--from', $address{seller}, 'issue', 'GOLD', '10', '0');
sign('seller');
submit('issued too');

sub swap
{
	coins(qw(buyer seller));
	return build('a hundred euros against gold', '--from', $address{buyer},
		'transfer', $address{seller}, 'EUR', '100',
		'as', $address{seller}, 'transfer', $address{buyer}, 'GOLD', '1');
}

# who has what, as one line
sub books
{
	return sql(<<"SQL");
SELECT string_agg(format('%s %s %s', CASE address WHEN '$address{buyer}' THEN 'buyer' ELSE 'seller' END,
                         trim_scale(amount), asset), ', ' ORDER BY asset, address = '$address{seller}')
  FROM mes.balances WHERE amount <> 0
SQL
}

my $before = 'buyer 1000 EUR, seller 10 GOLD';
is(books(), $before, 'each has his own');

# ---- neither: one has not signed
my $shown = swap();
like($shown, qr/^actor +$address{seller}$/m, 'who has to sign besides the sender is shown');
sign('buyer');
refused('signed by one', 1, qr/$address{seller} has not signed/, 'tx', 'submit', "$home/tx", '--dir', $dir);
is(books(), $before, 'nothing moved');

# ---- neither: what the other signed is not what is handed in
append_to_file("$home/other", slurp_file("$home/tx"));
sleep 1; # another window, so another transaction with the same words
swap();
sign('seller');
my ($signature) = slurp_file("$home/tx") =~ /^(signature .*)$/m;
append_to_file("$home/other", "$signature\n");
refused('a signature of another transaction', 1, qr/MC\d+ bad_signature/, 'tx', 'submit', "$home/other",
	'--dir', $dir);
is(books(), $before, 'nothing moved');

# ---- both
sign('buyer');
my $txid = submit('signed by both');
is(books(), 'buyer 900 EUR, seller 100 EUR, buyer 1 GOLD, seller 9 GOLD', 'both moved');
is(sql("SELECT string_agg(operation || ' ' || (address = '$address{seller}'), ', ' ORDER BY operation_index) "
		. "FROM mes.transaction_operations WHERE txid = '\\x$txid'"),
	'transfer false, transfer true', 'two payments of two owners in one transaction');

# ---- neither: one spends his part before the other hands in
swap();
sign('buyer');
sign('seller');
rename "$home/tx", "$home/late" or die;
coins('seller');
build('the seller sells all gold to himself', 'transfer', $address{seller}, 'GOLD', '9');
sign('seller');
submit('first come');
refused('a swap of spent gold', 1, qr/MC\d+ .*spent/, 'tx', 'submit', "$home/late", '--dir', $dir);
is(books(), 'buyer 900 EUR, seller 100 EUR, buyer 1 GOLD, seller 9 GOLD', 'nothing moved');
is(sql("SELECT status FROM mes.receipts ORDER BY height DESC, position DESC LIMIT 1"), 'spent_output',
	'the refusal stands on the ledger');

# ---- each pays his own: what one takes in, he cannot pay the other's debts with
coins(qw(buyer seller));
refused('more than the seller has', 1, qr/$address{seller} has 9 GOLD and needs 10/, 'tx', 'build', '--coins',
	"$home/coins", '--out', "$home/tx", '--from', $address{buyer}, 'transfer', $address{seller}, 'EUR', '1',
	'as', $address{seller}, 'transfer', $address{buyer}, 'GOLD', '10');

is(sql('SELECT count(*) FROM mes.verify()'), '0', 'the books are in order');
done('stop', 'federation', 'stop', '--dir', $dir);
done('destroy', 'federation', 'destroy', '--dir', $dir);
done_testing();
