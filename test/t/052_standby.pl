# 052_standby.pl - copies of the data directory: a hot standby reads and verifies and never submits;
# whatever was promoted or put back from a backup is fenced until someone who knows says that it may
# make blocks.    # P17 P20 P27
use strict;
use warnings;

use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = MeschainNode->create('primary', allows_streaming => 1, conf => "wal_keep_size = '64MB'\n");
$primary->create_ledger;
my $bob = $primary->sql("SELECT mes.create_account('bob')");
$primary->sql("SELECT mes.create_account('alice')");
my $as_alice = "SET meschain.account = 'alice';";
$primary->sql("$as_alice SELECT mes.issue_asset('GOLD', 1000, 2)");
$primary->backup('early');

sub copy_of_primary
{
	my ($name, $backup, %options) = @_;
	my $node = MeschainNode->new($name);

	$node->init_from_backup($primary, $backup, %options);
	mkdir $node->state_directory, 0700;
	$node->append_conf('postgresql.conf', "meschain.state_directory = '" . $node->state_directory . "'\n");
	return $node;
}

sub pay
{
	my ($node) = @_;

	return $node->sql("$as_alice SELECT mes.transfer('$bob', 'GOLD', 1) IS NOT NULL");
}

my $standby = copy_of_primary('standby', 'early', has_streaming => 1);
$standby->start;
pay($primary) foreach 1 .. 5;
$primary->wait_for_catchup($standby, 'replay');

# ---- while it is a standby
is($standby->sql('SELECT mode, voting, reason FROM mes.status'), 'standby|f|this server is a standby',
	'it says what it is');
is($standby->sql('SELECT amount FROM mes.balances ORDER BY 1'), "5.00\n995.00", 'people read the ledger there');
foreach my $submission ("mes.transfer('$bob', 'GOLD', 1)", "mes.submit('\\x00')", 'mes.begin_submission()',
	"mes.notarise(sha256('x'))", "mes.submit_batch('{}')")
{
	like($standby->sql_error("\\set VERBOSITY verbose\n$as_alice SELECT $submission"),
		qr/ERROR:  25006: .*standby/, "$submission is refused with 25006");
}
is($standby->sql('SELECT * FROM mes.verify()'), '', 'mes.verify works there and writes nothing');
is($standby->sql('SELECT * FROM mes.verify(jobs => 2)'), '', 'with two processes too');
is($standby->worker_pid('order'), undef, 'no worker runs');
$standby->is_documented('SELECT mode, reason, hint FROM mes.status');

# ---- a synchronous standby that is down holds up the ledger, and status says so (P27)
$standby->stop;
$primary->sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
$primary->reload;
like($primary->sql_error("SET meschain.commit_timeout = '1s'; $as_alice SELECT mes.transfer('$bob', 'GOLD', 1)"),
	qr/outcome unknown/, 'without its synchronous standby the primary makes no block');
is($primary->sql('SELECT reason FROM mes.status'), 'a block waits for a synchronous standby', 'and says why');
$primary->sql('ALTER SYSTEM RESET synchronous_standby_names');
$primary->reload;
$primary->wait_until("SELECT max(height) FROM mes.blocks", '7');
is(pay($primary), 't', 'it goes on when the name is off the list');
$standby->start;
$primary->wait_for_catchup($standby, 'replay');
$primary->backup('late');

# ---- promoted
my $root = $primary->sql('SELECT state_root FROM mes.status');
$standby->promote;
$standby->wait_until('SELECT mode, reason FROM mes.status',
	"fenced|this node's voting key is not in the state directory");
like($standby->sql_error("$as_alice SELECT mes.transfer('$bob', 'GOLD', 1)"), qr/the node is not running/,
	'promoted, without the node\'s key: fenced, nobody submits');
$standby->append_conf('postgresql.conf', "meschain.state_directory = '" . $primary->state_directory . "'\n");
$standby->restart;
$standby->wait_until('SELECT mode, reason FROM mes.status',
	'fenced|the state directory serves another node that runs');
like($standby->sql_error('SELECT mes.finish_restore()'), qr/serves a node that runs/,
	'with the living primary\'s state directory: neither');
is(pay($primary), 't', 'the primary is not disturbed');
$primary->stop;
$standby->restart;
$standby->wait_until('SELECT mode, reason FROM mes.status',
	'fenced|this cluster was promoted or recovered to a point in time');
$standby->is_documented('SELECT mode, reason, hint FROM mes.status');
like($standby->sql_error('SELECT mes.finish_restore()'), qr/ends at block 8, its state directory has seen block 9/,
	'what the primary acknowledged later is missed');
is($standby->sql("SELECT height, state_root = '$root' FROM mes.finish_restore(go_on_from_height => 8)"), '8|t',
	'given up by name, the new primary verifies and takes over');
$standby->wait_until('SELECT mode FROM mes.status', 'voting');
is(pay($standby), 't', 'and makes blocks');
$primary->start;
$primary->wait_until('SELECT mode FROM mes.status', 'fenced');
pass('the old primary, back from the dead, is fenced');
$standby->stop;
$primary->restart;
$primary->wait_until('SELECT mode, reason FROM mes.status',
	'fenced|the state directory belongs to another copy of this database');
pass('though its rival is down and nothing but the stamp tells them apart');

# ---- a base backup put back, on the same timeline
my $backup = copy_of_primary('backup', 'late');
system_or_bail('cp', '-a', $primary->state_directory . '/.', $backup->state_directory);
$backup->start;
$backup->wait_until('SELECT mode FROM mes.status', 'fenced');
like($backup->sql('SELECT hint FROM mes.status'), qr/Stop every other copy of this node, then run mes.finish_restore/,
	'a base backup that was put back is fenced and says what to do');

$_->log_is_clean foreach $primary, $standby, $backup;
$_->stop foreach $primary, $backup;

done_testing();
