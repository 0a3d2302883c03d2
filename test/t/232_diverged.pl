# 232_diverged.pl - a bank whose rows were edited while nobody looked: where apply finds it, it stays
# down and says so; where it does not, the bank computes another result than the quorum, stops voting
# and is behind, never wrong. Both are mended from the signed blocks, and the bank follows again.
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, members => [qw(ash birch cedar elm)], parameters => { tau0 => 1500 });
my $m = 'mes_internal';

$bank->sql(1, "SELECT mes.create_account('treasury')");
$bank->sql(1, "SELECT mes.issue_asset('EUR', 1000000, 2)");
my $treasury = $bank->sql(1, "SELECT address FROM mes.accounts WHERE name = 'treasury'");
my $till = $bank->sql(2, "SELECT mes.create_account('till')");
my $shop = $bank->sql(2, "SELECT mes.create_account('shop')");
$bank->sql(1, "SELECT mes.transfer('$till', 'EUR', 5000)");
$bank->wait_equal;
my $output = $bank->sql(1, "SELECT output_id FROM $m.output_rows WHERE amount_units = 500000");

# The workers begin anew and know nothing but the rows.
sub raise_amount
{
	$bank->sql(3, "SET session_replication_role = replica; UPDATE $m.output_rows SET amount_units = 900000 WHERE output_id = $output;"
		  . ' SELECT mes_internal.restart_workers()');
	return;
}

# ---- a young row: apply adds up the state when it starts
raise_amount();
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'offline');
$bank->wait_until(3, 'SELECT reason FROM mes.status', qr/^the ledger's rows do not add up to the state of block \d+$/);
like($bank->sql(3, 'SELECT hint FROM mes.status'), qr/mesctl node repair/, 'a bank whose rows do not add up stays down and says what to do');
is($bank->sql(3, 'SELECT row_key, problem FROM mes.repair_node()'), "output_id = $output|differed", 'it is mended without its workers');
$bank->wait_voting(3);
$bank->wait_equal;

# ---- an old row: nothing is noticed before it is spent
$bank->sql(1, "DO \$\$ BEGIN FOR i IN 1 .. 300 LOOP PERFORM mes.transfer('$treasury', 'EUR', 1); COMMIT; END LOOP; END \$\$");
$bank->wait_equal;
raise_amount();
$bank->wait_voting(3);
pass('an old row that is wrong does not keep a bank from voting');

# It is spent while the bank is away: what comes before is committed several blocks at a time, and must be
# there although the bank never agrees to the block that spends it.
$bank->stop(3);
$bank->sql(1, "DO \$\$ BEGIN FOR i IN 1 .. 60 LOOP PERFORM mes.transfer('$treasury', 'EUR', 1); COMMIT; END LOOP; END \$\$");
$bank->sql(2, "SET meschain.account = 'till'; SELECT mes.transfer('$shop', 'EUR', 4000)");
my $spent = $bank->sql(2, "SELECT max(height) FROM mes.transactions WHERE operation = 'transfer'");
$bank->sql(1, "DO \$\$ BEGIN FOR i IN 1 .. 20 LOOP PERFORM mes.transfer('$treasury', 'EUR', 1); COMMIT; END LOOP; END \$\$");
$bank->start(3);
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'diverged');
$bank->wait_until(3, "SELECT applied_height >= $spent - 1 FROM mes.status", 't');
is($bank->height(3), $spent - 1, 'when it is spent the bank is behind by that block and what follows, never wrong');
cmp_ok($bank->sql(3, "SELECT count(DISTINCT xmin::text) FROM $m.block_rows WHERE height > $spent - 60"), '<', 40, 'what came before came by fewer commits');
my $height = $bank->height(1);
is($bank->sql(1, "SELECT amount::integer FROM mes.balances WHERE address = '$shop'"), 4000, 'the others go on');
is($bank->sql(3, "SELECT relation, row_key, at_fault FROM mes.locate_divergence('ash')"), "output_rows|output_id = $output|here",
	'it finds the row by itself');
# beside the row it may take blocks anew, whose certificates are those of later ones that it never applied
is($bank->sql(3, "SELECT row_key, problem FROM mes.repair_node() WHERE relation <> 'block_rows'"), "output_id = $output|differed",
	'and mends it');
$bank->wait_until(3, 'SELECT reason FROM mes.status', 'this node signed another result than the quorum');
is($bank->sql(3, 'SELECT mode, voting FROM mes.status'), 'fenced|f', 'it does not vote on what it signed wrongly');
$bank->sql(1, "SELECT mes.transfer('$shop', 'EUR', 1)");
$bank->wait_equal(seconds => 30);
$bank->ledgers_equal('a bank that had diverged');
$bank->verifies;
$bank->logs_are_clean;

done_testing();
