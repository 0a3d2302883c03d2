# 217_hooks.pl - four banks with four commit hooks of their own for the same payments: one plain, one that
# keeps sums, one slow, one that fails until it is mended; servers are killed meanwhile. Each bank's core
# tables equal the ledger at the end, and no hook held the ledger up. P8, C7
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });
my %outputs = (
	lines => "SELECT (event ->> 'height')::bigint, (o ->> 'amount')::numeric, o ->> 'to_address'",
	from => "FROM jsonb_array_elements(event -> 'detail' -> 'outputs') AS o");
my %body = (
	1 => "INSERT INTO public.core $outputs{lines} $outputs{from};",
	2 => <<"SQL",
INSERT INTO public.core AS c SELECT 0, sum((o ->> 'amount')::numeric), o ->> 'to_address' $outputs{from} GROUP BY o ->> 'to_address'
    ON CONFLICT (address) DO UPDATE SET amount = c.amount + excluded.amount;
SQL
	3 => "PERFORM pg_sleep(0.02); INSERT INTO public.core $outputs{lines} $outputs{from};",
	4 => <<"SQL");
IF EXISTS (SELECT FROM public.broken) AND (event ->> 'height')::bigint % 3 = 0 THEN
    RAISE EXCEPTION 'the core is closed';
  END IF;
  INSERT INTO public.core $outputs{lines} $outputs{from};
SQL

foreach my $node ($bank->nodes)
{
	$bank->sql($node, <<"SQL");
CREATE TABLE public.core (height bigint, amount numeric, address text);
CREATE TABLE public.broken ();
INSERT INTO public.broken DEFAULT VALUES;
CREATE FUNCTION public.book(event jsonb) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
  $body{$node}
END \$\$;
SQL
	$bank->sql($node, 'CREATE UNIQUE INDEX ON public.core (address)') if $node == 2;
	$bank->sql($node, "SELECT mes.add_commit_hook('transfer', 'public.book(jsonb)')");
}

$bank->under_load(
	'four hooks under kill -9',
	sub {
		foreach my $node (3, 2, 4)
		{
			$bank->kill9($node);
			$bank->wait_blocks(1, 5);
			$bank->start($node);
			$bank->wait_blocks($node, 3);
		}
		$bank->kill9(1);
		$bank->start(1);
	},
	rate => 50, seconds => 25);
cmp_ok($bank->sql(4, 'SELECT count(*) FROM mes.hook_errors WHERE resolved_at IS NULL'), '>', 0, 'one bank has calls that failed');
$bank->sql(4, 'DELETE FROM public.broken');

# The bank that keeps sums has one line an address.
my %lines = (map({ $_ => "SELECT address || ' ' || sum(amount)::text FROM public.core GROUP BY address ORDER BY 1" } 1, 3, 4),
	2 => "SELECT address || ' ' || amount::text FROM public.core ORDER BY 1");
my $ledger = "SELECT to_address || ' ' || sum(amount)::text FROM mes.transfers GROUP BY to_address ORDER BY 1";
foreach my $node ($bank->nodes)
{
	my $hook = $bank->sql($node, 'SELECT hook_id FROM mes.commit_hooks');

	$bank->sql($node, "SELECT mes.retry_hook_error(error_id) FROM mes.hook_errors WHERE resolved_at IS NULL");
	$bank->sql($node, "SELECT * FROM mes.replay_hook($hook, 1, (SELECT applied_height FROM mes.status))");
	is($bank->sql($node, 'SELECT count(*) FROM mes.hook_errors WHERE resolved_at IS NULL'), '0', "node$node: no call is open");
	is($bank->sql($node, $lines{$node}), $bank->sql($node, $ledger), "node$node: the core equals the ledger");
}
isnt($bank->sql(1, $ledger), '', 'which has payments');
$bank->verifies;
$bank->logs_are_clean;
done_testing();
