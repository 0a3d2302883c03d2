# 213_tampering.pl - the superuser of one bank edits a row, deletes a block: the others neither stop nor
# follow, the bank's own verify names what was touched, and with the rows put back it is one of them
# again, all under load (C7).
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });
my @honest = (1, 2, 3);

$bank->sql(1, "SELECT mes.create_account('treasury')");
$bank->sql(1, "SELECT mes.issue_asset('EUR', 1000000)");
$bank->wait_equal;
my $coin = $bank->sql(4, "SELECT output_id FROM mes_internal.output_rows ORDER BY output_id LIMIT 1");
ok($coin ne '', 'there is a row to edit');

sub tampered
{
	my ($what, $edit, $found, $mend) = @_;

	$bank->under_load(
		$what,
		sub {
			$bank->sql(4, "SET session_replication_role = replica; $edit");
			$bank->wait_blocks(1, 20);
			pass("$what: blocks go on");
		},
		seconds => 6, nodes => \@honest);
	like($bank->sql(4, 'SELECT * FROM mes.verify()'), $found, "$what: the bank's own verify names it");
	$bank->sql(4, "SET session_replication_role = replica; $mend");
	$bank->wait_equal;
	$bank->ledgers_equal("$what, mended");
	$bank->verifies(4);
	return;
}

tampered('a row edited',
	"UPDATE mes_internal.output_rows SET amount_units = amount_units + 1 WHERE output_id = $coin", qr/./,
	"UPDATE mes_internal.output_rows SET amount_units = amount_units - 1 WHERE output_id = $coin");

my $height = $bank->height(4) - 50;
$bank->sql(4, "CREATE TABLE public.kept AS SELECT * FROM mes_internal.block_rows WHERE height = $height");
tampered('a block deleted', "DELETE FROM mes_internal.block_rows WHERE height = $height", qr/\b$height\b/,
	'INSERT INTO mes_internal.block_rows SELECT * FROM public.kept');

$bank->logs_are_clean;
done_testing();
