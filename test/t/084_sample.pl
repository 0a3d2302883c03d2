# 084_sample.pl - mesctl sample load fills a ledger with a film market, each transaction signed by its
# party: the ledger verifies, its reports agree, and the same market cannot be loaded twice.
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $node = MeschainNode->create('market', conf => "max_parallel_workers = 8\n");
$node->create_ledger;
my $db = 'host=' . $node->host . ' port=' . $node->port . ' dbname=ledger user=postgres';

sub load
{
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', 'sample', 'load', '--db', $db, @_ ], '>', \$stdout, '2>', \$stderr);
	return ($? >> 8, $stdout, $stderr);
}

my ($status, $said, $progress) = load('--transactions', 1500, '--names', "$dir/names.csv");
is($status, 0, 'a market is loaded') or diag $progress;
like($said, qr/^transactions +1500$/m, 'of as many transactions as were asked for');
is($progress, '', 'without a word where nobody looks on');
is($node->sql('SELECT count(*), count(*) FILTER (WHERE title_zh IS NULL) FROM mes.works'), '20|0',
	'works have titles in English and Chinese');
is($node->sql("SELECT count(DISTINCT d.year_month) FROM mes_bi.fact_royalty AS f JOIN mes_bi.dim_date AS d ON d.date_key = f.period_date_key"),
	'12', 'royalties are of a year');
is($node->sql("SELECT string_agg(DISTINCT cause, ' ') FROM mes_bi.fact_refusal"), 'spent_output',
	'and some transactions were refused');
is($node->sql('SELECT count(*) FROM mes_bi.fact_royalty AS f FULL JOIN mes.royalties AS r USING (height, position, transfer_index) '
		. 'WHERE f.amount IS DISTINCT FROM r.amount OR f.reason IS DISTINCT FROM r.reason'), '0', 'the royalties of reports are the ledger\'s');
is($node->sql("SELECT (SELECT sum(amount) FROM mes_bi.$_) - (SELECT sum(amount) FROM mes_bi.fact_royalty)"),
	'0.00000000', "and their sums are kept in $_") foreach qw(agg_revenue_day agg_payee_month);
is($node->sql('SELECT * FROM mes.verify_reports()'), '', 'every report agrees with the ledger');
is($node->sql('SELECT * FROM mes.verify()'), '', 'which verifies');
like(slurp_file("$dir/names.csv"), qr/^mes1\w{58},Lotus Pictures/m, 'the parties\' names are written for the dashboard');

my (undef, undef, $again) = load('--transactions', 1500, '--quiet');
like($again, qr/^hint: .*--asset .*--seed /m, 'the same market is refused a second time, with what helps');
IPC::Run::run([ qw(mesctl sample load --transactions 1000 --seed 2 --asset EUR --db), $db ], '>pty>', \$progress);
is($?, 0, 'another one is not') or diag $progress;
like($progress, qr/\[#{40}\] 100 %  1000 of 1000/, 'with a progress bar on a terminal');

$node->stop;
done_testing();
