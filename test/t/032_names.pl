# 032_names.pl - a submission's name is taken for as long as the window says and free afterwards, for
# the node and for who verifies it alike.    # P17
use strict;
use warnings;

use MeschainNode;
use Test::More;

my $node = MeschainNode->create('names');

$node->sql('SELECT mes.create_node_key()');
$node->sql("SET client_min_messages = error; SELECT mes.create_genesis(parameters => '{\"tx_window_max\": 13000}')");
$node->wait_until('SELECT mode FROM mes.status', 'voting');
my $bob = $node->sql("SELECT mes.create_account('bob')");
$node->sql("SELECT mes.create_account('alice')");
$node->sql("SET meschain.account = 'alice'; SELECT mes.issue_asset('GOLD', 100, 0)");

my $name = '0197c4be-1111-7111-8111-111111111111';
my $pay = "BEGIN; SET LOCAL meschain.account = 'alice'; SELECT mes.begin_submission('$name');
	SELECT mes.transfer('$bob', 'GOLD', 1); COMMIT";

sub outcomes
{
	return $node->sql("SELECT string_agg(CASE status WHEN 0 THEN 'ok' ELSE 'refused' END, ' ' ORDER BY tx_id)
	  FROM mes_internal.transaction_rows WHERE submission = '$name'");
}

$node->sql($pay);
like($node->sql_error($pay), qr/was decided already/, 'a name is taken');
# the chain's own time stands still meanwhile, and the next transfer is in time all the same
$node->wait_until("SELECT clock_timestamp() > max(block_time) + interval '13.1 seconds' FROM mes_internal.transaction_rows", 't');
$node->sql($pay);
like($node->sql_error($pay), qr/was decided already/, 'free after the window, and taken again');
is(outcomes(), 'ok refused ok refused', 'as the ledger has it');
is($node->sql('SELECT * FROM mes.verify()'), '', 'verified, each by the window before it');
is($node->sql('SELECT * FROM mes.verify((SELECT max(height) FROM mes.blocks))'), '', 'and the last block alone');

$node->log_is_clean;
$node->stop;

done_testing();
