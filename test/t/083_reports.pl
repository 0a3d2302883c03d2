# 083_reports.pl - the queries of docs/reports.md run on a small film market, and the outputs that stand
# under them are what they give. REWRITE=FILE writes the document anew with today's outputs.
use strict;
use warnings;

use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = MeschainNode->create('reports');
$node->create_ledger;
my ($said, $failed) = ('', '');
IPC::Run::run([ 'psql', '-Xq', '-d', $node->connstr('ledger'), '-f', 'test/readers/reports_setup.sql' ],
	'>', \$said, '2>', \$failed) or die $failed;
like($failed, qr/\A\S*: ERROR: [^\n]*decided already[^\n]*\n/, 'the market is made, with one refusal') or diag $failed;
unlike($failed =~ s/\A\S*: ERROR.*\n//r, qr/ERROR/, 'and no other');

my $document = slurp_file('docs/reports.md');
my $number = 0;
my $rewritten = '';
while ($document =~ /\G(.*?^### (\d+)\. ([^\n]*)\n.*?^```sql\n(.*?)^```\n)(?:\n^```text\n(.*?)^```\n)?/gmsc)
{
	my ($text, $its_number, $title, $query, $shown) = ($1, $2, $3, $4, $5 // '');
	my ($output, $error) = ('', '');

	IPC::Run::run([ 'psql', '-Xq', '-d', $node->connstr('ledger'), '-v', 'ON_ERROR_STOP=1' ],
		'<', \$query, '>', \$output, '2>', \$error);
	$output =~ s/\n+\z/\n/;
	$output =~ s/[ ]+$//gm;
	is($error, '', "question $its_number, $title: the query runs");
	is($output, $shown, 'and gives what the document shows') unless $ENV{REWRITE};
	cmp_ok(length $query, '<', 1800, 'it is readable') if $its_number == ++$number;
	$rewritten .= "$text\n```text\n$output```\n";
}
is($number, 10, 'ten questions, in order');
append_to_file($ENV{REWRITE}, $rewritten . substr($document, pos($document) // 0)) if $ENV{REWRITE};
is($node->sql('SELECT * FROM mes.verify_reports()'), '', 'the reports are the ledger\'s');
is($node->sql('SELECT * FROM mes.verify()'), '', 'and the ledger is intact');

$node->stop;
done_testing();
