# 080_bi.pl - reports under pressure: each snapshot holds one height while blocks come, a kill leaves
# no half report, fees and rates are facts, and a report reader is bounded in time.
use strict;
use warnings;

use File::Temp qw(tempdir);
use IPC::Run qw(start kill_kill);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = tempdir(CLEANUP => 1);
my $node = MeschainNode->create('reporting');
$node->create_ledger(fee_asset => '"EUR"'); # the floor is 0: who wants to pays one
my %address = map { $_ => $node->sql("SELECT mes.create_account('$_')") } qw(bank shop);
my $as_bank = "SET meschain.account = 'bank';";
$node->sql("$as_bank SELECT mes.issue_asset('EUR', 1000000, 2)");
$node->sql("$as_bank SELECT mes.transfer('$address{shop}', 'EUR', 500, 'goods', 'INV-7')");

# ---- fees and a rate: two parties pay each other in one transaction, built and signed with mesctl
my $db = 'host=' . $node->host . ' port=' . $node->port . ' dbname=ledger user=postgres';

sub mesctl
{
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', @_ ], '>', \$stdout, '2>', \$stderr) or die "mesctl @_: $stderr";
	return $stdout;
}

sub key
{
	my ($name) = @_;
	my ($made) = mesctl('key', 'new', "$dir/$name.key") =~ /^address +(\S+)/m;

	return $made;
}

sub submit_signed
{
	my ($signers, @words) = @_;
	my @addresses = map { $address{$_} } @$signers;

	mesctl('tx', 'coins', @addresses, '--db', $db, '--out', "$dir/coins");
	my $coins = slurp_file("$dir/coins");
	$coins =~ s/^fee 0\b/fee 5/m or die "no fee in $coins";
	unlink "$dir/coins";
	append_to_file("$dir/coins", $coins);
	mesctl('tx', 'build', '--coins', "$dir/coins", '--out', "$dir/tx", '--from', @words);
	mesctl('tx', 'sign', "$dir/tx", '--key', "$dir/$_.key") foreach @$signers;
	mesctl('tx', 'submit', "$dir/tx", '--db', $db);
	return;
}

$address{$_} = key($_) foreach qw(ann ben);
$node->sql("$as_bank SELECT mes.transfer('$address{$_}', 'EUR', 1000)") foreach qw(ann ben);
submit_signed([ 'ben' ], $address{ben}, 'issue', 'GOLD', '10', '3');
submit_signed([ 'ann', 'ben' ], $address{ann}, 'transfer', $address{ben}, 'EUR', '620.50',
	'as', $address{ben}, 'transfer', $address{ann}, 'GOLD', '0.5');
is($node->sql('SELECT count(*), sum(amount), string_agg(operation, chr(32) ORDER BY fee_key) FROM mes_bi.fact_fee'),
	'2|0.10000000|issue_asset multiple', 'a fee is a fact');
is($node->sql('SELECT amount FROM mes_bi.fact_block ORDER BY height DESC LIMIT 1'), '0.05000000',
	'and the block says what its transactions paid');
is($node->sql('SELECT b.code, q.code, r.amount, r.quote_amount, r.rate FROM mes_bi.fact_rate AS r '
		. 'JOIN mes_bi.dim_asset AS b ON b.asset_key = r.base_asset_key '
		. 'JOIN mes_bi.dim_asset AS q ON q.asset_key = r.quote_asset_key'),
	'GOLD|EUR|0.50000000|620.50000000|1241.00000000', 'what two parties exchanged is a rate');
is($node->sql('SELECT string_agg(a.address, chr(32) ORDER BY f.transfer_index) FROM mes_bi.fact_transfer AS f '
		. 'JOIN mes_bi.dim_account AS a ON a.account_key = f.from_account_key '
		. "WHERE f.height = (SELECT max(height) FROM mes_bi.fact_rate) AND f.operation = 'transfer'"),
	join(' ', @address{qw(ann ben)}), 'and each payment names its own payer');
is($node->sql('SELECT * FROM mes.verify_reports()'), '', 'all of it agrees with the ledger');

# ---- while blocks come: every snapshot holds one height
append_to_file("$dir/pay.sql", "SET meschain.account = 'bank'; SELECT mes.transfer('$address{shop}', 'EUR', 0.01);");

sub start_load
{
	return start [ 'pgbench', '-n', '-c', 4, '-T', 60, '-f', "$dir/pay.sql", '-h', $node->host, '-p', $node->port,
		'-U', 'postgres', 'ledger' ], '>', \my $out, '2>', \my $err;
}

my $load = start_load();
my (%heights, @mixed);
for (my $end = time + 4; time < $end;)
{
	my $row = $node->sql(<<'SQL');
WITH tip AS (SELECT max(height) AS height FROM mes_bi.fact_block)
SELECT t.height, t.height - (SELECT max(height) FROM mes.blocks), t.height - (SELECT height FROM mes_bi.report_proof()),
       (SELECT sum(tx_count) FROM mes_bi.fact_block) - (SELECT count(*) FROM mes.transactions),
       (SELECT sum(amount) FROM mes_bi.fact_transfer WHERE operation <> 'fees') - (SELECT sum(amount) FROM mes.transfers) - 1000010
  FROM tip AS t
SQL
	my ($height, @differences) = split /\|/, $row;
	$heights{$height} = 1;
	push @mixed, $row if grep { $_ != 0 } @differences;
}
is("@mixed", '', 'no statement saw reports and ledger of different heights');
cmp_ok(scalar keys %heights, '>', 3, scalar(keys %heights) . ' heights were seen');

my $two = $node->sql(<<'SQL');
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT max(height) FROM mes_bi.fact_block;
SELECT pg_sleep(1);
SELECT height FROM mes_bi.report_proof();
SELECT max(height) FROM mes_bi.fact_transfer;
COMMIT;
SELECT max(height) FROM mes_bi.fact_block;
SQL
my ($first, undef, $proof, $last, $later) = split /\n/, $two;
is($proof, $first, 'a report of many statements has one proof');
is($last, $first, 'and one height');
cmp_ok($later, '>', $first, 'while the ledger went on');

# ---- kills: no block without its facts, no fact without its block
foreach my $kill (1 .. 3)
{
	sleep 0.3 + rand 0.5;
	$kill == 3 ? $node->crash : $node->kill9_worker('apply');
	$load->kill_kill;
	$node->start if $kill == 3;
	$node->wait_for_server;
	$node->wait_for_workers;
	is($node->sql('SELECT (SELECT max(height) FROM mes_bi.fact_block) - (SELECT max(height) FROM mes.blocks)'),
		'0', "kill $kill: the reports end where the ledger ends");
	$load = start_load();
}
sleep 1;
$load->kill_kill;
is($node->sql('SELECT * FROM mes.verify_reports()'), '', 'after the kills the reports are the ledger\'s');

# ---- a server whose reports are gone fills them when it starts
$node->sql('DELETE FROM mes_bi.fact_transfer WHERE height > 5; DELETE FROM mes_bi.fact_fee WHERE height > 5; '
		. 'DELETE FROM mes_bi.fact_rate; DELETE FROM mes_bi.fact_block WHERE height > 5');
$node->restart;
$node->wait_for_workers;
$node->wait_until('SELECT mode FROM mes.status', 'voting');
is($node->sql('SELECT * FROM mes.verify_reports()'), '', 'reports that were lost are back');
$node->sql("$as_bank SELECT mes.transfer('$address{shop}', 'EUR', 1)");
is($node->sql('SELECT * FROM mes.verify_reports()'), '', 'and go on');

# ---- the reader's login: bounded in time, one snapshot a transaction, read only
$node->sql("SELECT mes.create_report_reader('reader', '500 ms')");
my $as_reader = "host=@{[ $node->host ]} port=@{[ $node->port ]} dbname=ledger user=reader";

sub as_reader
{
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'psql', '-XAtq', '-d', $as_reader, '-c', $_[0] ], '>', \$stdout, '2>', \$stderr);
	return $stdout . $stderr;
}

is(as_reader('SHOW statement_timeout; SHOW transaction_isolation; SHOW transaction_read_only'),
	"500ms\nrepeatable read\non\n", 'its sessions are bounded, of one snapshot, read only');
like(as_reader('SELECT pg_sleep(30)'), qr/canceling statement due to statement timeout/, 'a long statement ends');
like(as_reader('SELECT count(*) FROM mes.transactions'), qr/permission denied/, 'the ledger itself is not its business');
like(as_reader('SET transaction_read_only = off; DELETE FROM fact_block'), qr/permission denied/, 'nor is writing');
like(as_reader('SELECT count(*) FROM fact_transfer'), qr/^[1-9]/, 'and names need no schema');

# the ledger goes on while a reader holds a report open
my $held = start [ 'psql', '-XAtq', '-d', $as_reader, '-c', 'SET statement_timeout = 0', '-c',
	'BEGIN; SELECT count(*) FROM fact_transfer; SELECT pg_sleep(20)' ], '>', \my $out, '2>', \my $err;
sleep 0.5;
my $start = time;
$node->sql("$as_bank SELECT mes.transfer('$address{shop}', 'EUR', 2)");
cmp_ok(time - $start, '<', 5, 'an open report holds up no block');
$held->kill_kill;

$node->log_is_clean;
$node->stop;
done_testing();
