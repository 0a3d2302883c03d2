# 031_leaves.pl - leaves are cut by what they hold and made ahead of need, closed ones get closing
# balances, and balances, balances_at and statements from closing and tail are those of the whole
# history, added up by another hand from outputs and spends.    # P15
use strict;
use warnings;

use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = MeschainNode->create('leafy');

# a layout for a test: leaves of a dozen blocks, then of about 60 outputs, closed in many steps
$node->sql('CREATE OR REPLACE FUNCTION mes_internal.leaf_limits(OUT outputs bigint, OUT age interval,
	OUT first_blocks bigint, OUT fewest_blocks bigint, OUT step_rows bigint, OUT tail_rows bigint)
	RETURNS record LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (60::bigint, interval \'30 days\', 12::bigint, 5::bigint, 7::bigint, 9::bigint)');
$node->sql('SELECT mes.create_node_key()');
my %address = map { $_ => $node->sql("SELECT mes.create_account('$_')") } qw(till bank alice bob);
$node->sql("SET client_min_messages = error; SELECT mes.create_genesis(
	ARRAY[mes.node_descriptor() || jsonb_build_object('fee_address', '$address{till}')],
	'{\"fee_asset\": \"MES\", \"fee_floor\": 3}')");
$node->wait_until('SELECT mode FROM mes.status', 'voting');

sub as
{
	my ($name, $statement) = @_;

	return $node->sql("SET meschain.account = '$name'; $statement");
}

as('bank', "SELECT mes.issue_asset('MES', 100000, 2)");
as('bank', "SELECT mes.issue_asset('EUR', 5000, 2)");
as('bank', "SELECT mes.transfer('$address{$_}', 'MES', 1000)") foreach qw(alice bob till);
as('bank', "SELECT mes.transfer('$address{$_}', 'EUR', 100)") foreach qw(alice bob);

# two keys that no server holds pay each other in one transaction: an actor beside the sender
my $home = PostgreSQL::Test::Utils::tempdir;
my $db = $node->connstr($MeschainNode::DATABASE) . ' user=' . (getpwuid $<)[0];

sub mesctl
{
	my ($stdout, $stderr) = run_command([ 'mesctl', @_ ]);

	die "mesctl @_: $stderr" if $?;
	return $stdout;
}

foreach my $name (qw(carol dave))
{
	($address{$name}) = mesctl('key', 'new', "$home/$name.key") =~ /^address +(\S+)/m;
	as('bank', "SELECT mes.transfer('$address{$name}', 'MES', 50)");
	as('bank', "SELECT mes.transfer('$address{$name}', 'EUR', 50)");
}

sub swap
{
	my ($round) = @_;
	my @pair = $round % 2 ? qw(carol dave) : qw(dave carol);

	mesctl('tx', 'coins', @address{@pair}, '--db', $db, '--out', "$home/coins");
	mesctl('tx', 'build', '--coins', "$home/coins", '--out', "$home/tx", '--from', $address{ $pair[0] },
		'transfer', $address{ $pair[1] }, 'EUR', '0.5', 'as', $address{ $pair[1] },
		'transfer', $address{ $pair[0] }, 'MES', '0.25', 'burn', 'MES', '0.01');
	mesctl('tx', 'sign', "$home/tx", '--key', "$home/$_.key") foreach @pair;
	mesctl('tx', 'submit', "$home/tx", '--db', $db);
	return;
}

# the same transactions in every run; blocks of one and of many outputs
foreach my $round (1 .. 40)
{
	my ($from, $to) = (qw(alice bob till bank))[ $round % 4, ($round + 1 + $round % 3) % 4 ];

	as($from, "SELECT mes.transfer('$address{$to}', 'MES', $round / 10.0)");
	as('bank', "SELECT count(mes.transfer('$address{bob}', 'EUR', i)) FROM generate_series(1, $round) AS i")
	  if $round % 5 == 0;
	as('bob', "SELECT mes.burn('EUR', 1)") if $round % 7 == 0;
	as('bank', "SELECT mes.issue_more('EUR', 3)") if $round % 9 == 0;
	as($from, "SELECT mes.transfer('$address{$from}', 'MES', 1, 'to oneself')") if $round % 11 == 0;
	swap($round) if $round % 4 == 0;
}

my $m = 'mes_internal';
my $tip = $node->sql("SELECT max(height) FROM $m.block_rows");
my $closed = "SELECT count(*) FILTER (WHERE k.reached = k.height) = count(*) FROM $m.leaves AS l
	LEFT JOIN $m.closings AS k ON k.height = l.to_height - 1 WHERE l.to_height <= $tip";

# ---- leaves
$node->wait_until($closed, 't', 60);
cmp_ok($node->sql("SELECT count(*) FROM $m.closings"), '>=', 4, 'several leaves are closed');
$node->wait_until("SELECT count(*) FROM $m.closings WHERE reached < height", '1', 30);
pass('and the open one is added up as far as it goes');
is($node->sql("SELECT count(*) FROM $m.leaves AS a JOIN $m.leaves AS b ON b.from_height > a.from_height
	AND b.from_height < a.to_height"), '0', 'no two leaves overlap');
is($node->sql("SELECT max(to_height) - min(from_height) = sum(to_height - from_height) FROM $m.leaves"), 't',
	'nor is there a gap between them');
$node->wait_until("SELECT count(*) >= 2 FROM $m.leaves WHERE from_height > (SELECT max(height) FROM $m.block_rows)",
	't', 30);
pass('two leaves are there ahead of the blocks');
cmp_ok($node->sql("SELECT max(n) FROM (SELECT count(*) AS n FROM $m.output_rows AS o JOIN $m.leaves AS l
	ON o.output_id >= l.from_height << 20 AND o.output_id < l.to_height << 20
	WHERE l.from_height > 24 GROUP BY l.from_height) AS c"), '<=', 240,
	'a leaf that was measured before it was cut holds about what it should');
is($node->sql("SELECT count(DISTINCT to_height - from_height) > 1 FROM $m.leaves"), 't',
	'widths follow what blocks hold');

# what leaf_width says of other layouts, on the blocks that are there
sub width_under
{
	my ($outputs, $age, $first) = @_;

	return $node->sql("BEGIN; CREATE OR REPLACE FUNCTION $m.leaf_limits(OUT outputs bigint, OUT age interval,
	    OUT first_blocks bigint, OUT fewest_blocks bigint, OUT step_rows bigint, OUT tail_rows bigint)
	    RETURNS record LANGUAGE sql IMMUTABLE PARALLEL SAFE
	    RETURN ($outputs\::bigint, interval '$age', $first\::bigint, 5::bigint, 7::bigint, 9::bigint);
	  SELECT $m.leaf_width($tip); ROLLBACK");
}
is(width_under(1, '30 days', 12), '5', 'no leaf has fewer blocks than the least');
is(width_under(60, '30 days', 1000000), '1000000', 'the first leaves have a width of their own');
is(width_under("(SELECT 100 * sum(output_count) FROM $m.block_rows)", '1000 years', 12),
	100 * $tip, 'a hundred times as many outputs take a hundred times as many blocks');
is(width_under('1000000000000', '1 microsecond', 12), '5', 'and a leaf ends by its age too');

# ---- balances, by another hand
my $brute = "SELECT $m.address_text(a.address) AS address, c.code AS asset,
    $m.whole_units(sum(o.amount_units)::bigint, c.decimals) AS amount
  FROM $m.output_rows AS o JOIN $m.address_rows AS a USING (address_id) JOIN $m.asset_rows AS c USING (asset_id)
  LEFT JOIN $m.spend_rows AS s ON s.output_id = o.output_id
 WHERE o.output_id < (HEIGHT + 1) << 20 AND (s.output_id IS NULL OR s.spent_tx_id >= (HEIGHT + 1) << 20)
 GROUP BY a.address, c.code, c.decimals";

sub differences
{
	my ($left, $right) = @_;

	return $node->sql("SELECT count(*) FROM ((TABLE l EXCEPT ALL TABLE r) UNION ALL (TABLE r EXCEPT ALL TABLE l)) AS d"
		  =~ s/^/WITH l AS ($left), r AS ($right) /r);
}

is(differences('SELECT address, asset, amount FROM mes.balances', $brute =~ s/HEIGHT/$tip/gr), '0',
	'balances are those of unspent outputs');
is(differences("SELECT amount FROM mes.balances WHERE address = '$address{carol}'",
		"SELECT amount FROM ($brute) AS b WHERE address = '$address{carol}'" =~ s/HEIGHT/$tip/gr), '0',
	'of one address too');
is(differences("SELECT h, b.* FROM generate_series(0, $tip) AS h, mes.balances_at(h) AS b",
		"SELECT h, b.* FROM generate_series(0, $tip) AS h, LATERAL ($brute) AS b" =~ s/HEIGHT/h/gr), '0',
	'balances_at every block as well, in closed leaves and at their cuts');

# ---- mes.verify adds closing balances up by the other hand, whatever part it is asked for
my ($cut, $later) = split /\|/, $node->sql("SELECT min(height), max(height) FROM $m.closings WHERE reached = height");
my ($open, $reached) = split /\|/, $node->sql("SELECT height, reached FROM $m.closings WHERE reached < height");

sub closing_problems
{
	my ($edit, $range) = @_;

	return $node->sql("BEGIN; SET LOCAL session_replication_role = replica; $edit;
	  SELECT string_agg(height || ' ' || object || ': ' || problem || ': ' || detail, E'\\n')
	    FROM mes.verify($range); ROLLBACK");
}
is(closing_problems('SELECT', ''), '', 'closing balances are right');
is(closing_problems('SELECT', "$cut + 1"), '', 'those after the first closing too');
my $wrong = 'a closing balance is not what was made less what was spent';
my $row = "address_id = (SELECT address_id FROM $m.address_rows WHERE address = $m.address_bytes('$address{bob}'))
  AND asset_id = (SELECT asset_id FROM $m.asset_rows WHERE code = 'EUR')";
my $more = "UPDATE $m.closing_rows SET amount_units = amount_units + 1 WHERE $row AND height";
like(closing_problems("$more = $later", ''),
	qr/^$later closing: $wrong: EUR of $address{bob}: stored (\d+), computed (\d+)(??{ $1 == $2 + 1 ? '' : '(?!)' })$/,
	'found: a closing balance');
like(closing_problems("$more = $later", "$cut + 1"), qr/^$later closing: $wrong/, 'in a part as well');
is(closing_problems("$more = $later", "1, $later - 1"), '', 'which is not asked about what comes after it');
like(closing_problems("UPDATE $m.closing_rows SET amount_units = amount_units + 1 WHERE height = $open", ''),
	qr/^$reached closing: $wrong/, 'found: what is added up so far in the leaf that takes blocks');
is(closing_problems("UPDATE $m.closings SET reached = $tip + 1 WHERE height = $open", ''),
	"$open closing: nothing was added up for this row: closings says " . ($tip + 1), 'found: blocks that are not there');
like(closing_problems("UPDATE $m.closings SET reached = reached - 1 WHERE height = $open", ''),
	qr/^\d+ closing: $wrong/, 'found: a block added up twice');
like(closing_problems("DELETE FROM $m.closing_rows WHERE $row AND height = $later", ''), qr/^$later closing: $wrong/,
	'found: one that is missing');
like(closing_problems("INSERT INTO $m.closing_rows SELECT 1, 1, $cut - 1, 7", ''),
	qr/^${\ ($cut - 1)} closing: nothing was added up for this row: /, 'found: one in the middle of a leaf');
like(closing_problems("INSERT INTO $m.closing_rows SELECT address_id, 99, $later, 7 FROM $m.address_rows LIMIT 1", ''),
	qr/^$later closing: $wrong: asset 99 of mes1\w+: stored 7, computed 0$/, 'found: one of an account that never moved');

# ---- statements and movements, by the whole history
my $lines = "SELECT tx_id >> 20 AS height, (tx_id & 1048575)::integer AS position, line, side, kind, address, asset, amount_units,
    $m.whole_units(sum(CASE side WHEN 1 THEN amount_units ELSE -amount_units END)
      OVER (PARTITION BY address, asset ORDER BY tx_id, line, side)::bigint, decimals) AS balance_after,
    counterparty, block_time, memo
  FROM (SELECT r.*, $m.output_memo(r.txid, r.body, r.transfer_index) AS memo FROM $m.movement_rows AS r) AS r";
my $shown = 'height, position, line, side, kind, asset, balance_after, counterparty, memo';
my $said = "height, position, line, (amount_in IS NOT NULL)::integer AS side, kind, asset, balance_after, counterparty, memo";

is(differences("SELECT address, $said FROM mes.movements", "SELECT address, $shown FROM ($lines) AS w"), '0',
	'movements have the balances of the whole history');
is(differences("SELECT * FROM (SELECT address, $said FROM mes.movements ORDER BY height DESC LIMIT 1000000) AS d",
		"SELECT address, $shown FROM ($lines) AS w"), '0', 'read backwards too');
foreach my $part ("height = $tip / 2", "height BETWEEN $tip / 3 AND $tip / 2", "address = '$address{bob}' AND height > $tip / 2")
{
	is(differences("SELECT address, $said FROM mes.movements WHERE $part",
			"SELECT address, $shown FROM ($lines) AS w WHERE $part"), '0', "and where $part") ;
}
foreach my $name (sort keys %address)
{
	is(differences("SELECT $said FROM mes.account_statement('$address{$name}')",
			"SELECT $shown FROM ($lines) AS w WHERE address = '$address{$name}'"), '0',
		"$name\'s statement is its movements, from the first on");
}
# every tenth block begins a statement, and every seventh ends one
my @times = split /\n/, $node->sql("SELECT block_time FROM $m.block_rows WHERE height % 10 = 0 ORDER BY height");
foreach my $from (0 .. $#times)
{
	my $until = $from + 2 > $#times ? "'infinity'" : "'$times[$from + 2]'";

	is(differences(join(' UNION ALL ', map { "SELECT '$_' AS name, $said FROM mes.account_statement('$address{$_}', '$times[$from]', $until)" } qw(bob carol till)),
			join(' UNION ALL ', map { "SELECT '$_', $shown FROM ($lines) AS w WHERE address = '$address{$_}' AND block_time >= '$times[$from]' AND block_time < $until" } qw(bob carol till))),
		'0', "statements from block " . 10 * ($from + 1));
}
is($node->sql("SELECT count(*) FROM (SELECT DISTINCT ON (address, asset, height) address, asset, height, balance_after
	  FROM mes.movements ORDER BY address, asset, height, position DESC, line DESC, amount_in NULLS LAST) AS l
	 WHERE balance_after <> coalesce((SELECT b.amount FROM (" . ($brute =~ s/HEIGHT/l.height/gr) . ") AS b
	   WHERE b.address = l.address AND b.asset = l.asset), 0)"), '0',
	'the last line of a block leaves what unspent outputs say');

# ---- the rest holds
is($node->sql('SELECT * FROM mes.verify(jobs => 2)'), '', 'and all of it verifies');
$node->log_is_clean;
$node->stop;

done_testing();
