# 010_workers.pl - P1: launcher, order, apply and housekeeper come when there is a genesis, and
# come back after any of them was killed; what was acknowledged before is not lost.
use strict;
use warnings;

use MeschainNode;
use Test::More;

my $node = MeschainNode->create('bank1');

is($node->worker_pid('order'), undef, 'without a genesis nobody orders');
ok(defined $node->wait_for_worker('launcher'), 'but the launcher waits for one');
$node->create_ledger;
pass('with a genesis all four workers are there');

$node->sql("SELECT mes.create_account('treasury')");
my $acknowledged = 0;

# One transfer a call, answered when it is final and applied.
sub submit
{
	my ($name) = @_;

	$node->sql("SET meschain.account = 'treasury'; SELECT mes.issue_asset('$name', 10)");
	return ++$acknowledged;
}

sub applied
{
	return $node->sql('SELECT count(*) FROM mes_internal.transaction_rows');
}

submit('A0');
is(applied(), $acknowledged, 'a submission is answered when it is applied');

foreach my $worker (@MeschainNode::WORKERS)
{
	my $before = $node->worker_pid($worker);

	submit('B' . uc substr($worker, 0, 1));
	$node->kill9_worker($worker);
	my $after = $node->wait_for_workers;
	isnt($after->{$worker}, $before, "$worker: killed, it has a successor");
	is(applied(), $acknowledged, "$worker: what was acknowledged is there");
	submit('C' . uc substr($worker, 0, 1));
	is(applied(), $acknowledged, "$worker: and the ledger goes on");
}

# P37: without statistics of what the worker wrote autovacuum would never come
$node->wait_until(
	q{SELECT sum(n_tup_ins) > 0 FROM pg_stat_user_tables WHERE relname ~ '^transaction_rows_\d+$'},
	't');

# P5: settings of the database and of the role reach clients, and workers too unless they pin theirs
foreach my $setting (
	'default_transaction_read_only = on', "default_transaction_isolation = 'serializable'",
	'lock_timeout = 1', 'statement_timeout = 1', "search_path = 'nowhere'", "DateStyle = 'German'",
	'synchronous_commit = off', 'row_security = off')
{
	$node->safe_psql('postgres', "ALTER DATABASE ledger SET $setting");
}
local $ENV{PGOPTIONS} = '-c default_transaction_read_only=off -c lock_timeout=0 '
  . '-c statement_timeout=0 -c search_path=public -c default_transaction_isolation=read\ committed';
$node->crash;
$node->start;
$node->wait_for_workers;
is(applied(), $acknowledged, 'the machine dies: what was acknowledged is there');
submit('D');
is(applied(), $acknowledged, 'and the ledger goes on, whatever the database\'s settings');

$node->log_is_clean;
$node->stop;

done_testing();
