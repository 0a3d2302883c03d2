# 223_copies.pl - a node is voted for by one copy of itself: a data directory copied beside the state
# directory and with it, a standby promoted while its primary lives, a base backup recovered to a new
# timeline. Each copy is fenced whatever its owner does, the ledger goes on, and one comes back. A17, X3
use strict;
use warnings;

use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 40 });
my ($spare) = MeschainFederation::free_ports(1);

foreach my $node ($bank->nodes)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
	append_to_file($bank->data_dir($node) . '/pg_hba.conf', "local replication all trust\n");
	$bank->sql($node, 'SELECT pg_reload_conf()');
}

# A cluster somewhere else, as another server; answers of its node by ->().
sub as_server
{
	my ($data, $state, @lines) = @_;

	append_to_file("$data/postgresql.conf",
		join "\n", "port = $spare", "meschain.state_directory = '$state'", @lines, '');
	unlink "$data/postmaster.pid";
	run_log([ 'pg_ctl', '-D', $data, '-l', "$data.log", '-w', '-s', 'start' ]) or die slurp_file("$data.log");
	return sub { return $bank->sql(1, $_[0], conninfo => $bank->conninfo(1, port => $spare)) };
}

sub stop_server { run_log([ 'pg_ctl', '-D', $_[0], '-w', '-s', '-m', 'immediate', 'stop' ]); return }

sub stays_fenced
{
	my ($name, $copy) = @_;
	my $status;

	for (1 .. 100)
	{
		$status = eval { $copy->('SELECT mode, voting FROM mes.status') } // '';
		last if $status eq 'fenced|f';
		sleep 1;
	}
	is($status, 'fenced|f', "$name: the copy is fenced");
	sleep 3;
	is($copy->('SELECT mode, voting FROM mes.status'), 'fenced|f', "$name: and stays so");
	is($bank->sql(1, 'SELECT voting FROM mes.status'), 't', "$name: the node itself votes on");
	return;
}

my $load = $bank->load_begin(node => 2, clients => 2, seconds => 40);
my $dir = $bank->dir;

# ---- the data directory, with the state directory that the node itself uses
$bank->stop(1);
system('cp', '-a', $bank->data_dir(1), "$dir/beside") == 0 or die;
system('cp', '-a', $bank->data_dir(1), "$dir/whole") == 0 or die;
system('cp', '-a', $bank->state_dir(1), "$dir/whole_state") == 0 or die;
$bank->start(1);
$bank->wait_until(1, 'SELECT voting FROM mes.status', 't');
stays_fenced('a copy beside the state directory', as_server("$dir/beside", $bank->state_dir(1)));
like(slurp_file("$dir/beside.log"), qr/another server uses the vote log/, 'because the log is in use');
stop_server("$dir/beside");

# ---- both
stays_fenced('a copy with its state directory', as_server("$dir/whole", "$dir/whole_state"));
like(slurp_file("$dir/whole.log"), qr/the vote log is a copy/, 'because the log lies elsewhere');
stop_server("$dir/whole");

# ---- a standby that somebody promotes while the primary lives
run_log([ 'pg_basebackup', '-D', "$dir/standby", '-h', $dir, '-p', $bank->port(1), '-U', 'postgres', '-R', '-X', 'stream',
		'-c', 'fast' ]) or die;
my $standby = as_server("$dir/standby", $bank->state_dir(1));
is($standby->('SELECT mode FROM mes.status'), 'standby', 'a standby is one');
$standby->('SELECT pg_promote()');
stays_fenced('a promoted standby', $standby);
stop_server("$dir/standby");

# ---- a base backup, recovered to a new timeline in the node's own place
run_log([ 'pg_basebackup', '-D', "$dir/old", '-h', $dir, '-p', $bank->port(3), '-U', 'postgres', '-X', 'stream', '-c',
		'fast' ]) or die;
$bank->next_epochs(3);
$bank->stop(3);
system('rm', '-rf', $bank->data_dir(3)) == 0 or die;
system('mv', "$dir/old", $bank->data_dir(3)) == 0 or die;
append_to_file($bank->data_dir(3) . '/postgresql.conf', "restore_command = 'false'\nrecovery_target_action = 'promote'\n");
append_to_file($bank->data_dir(3) . '/recovery.signal', '');
$bank->start(3);
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'fenced');
pass('a backup recovered to a new timeline is fenced');
$bank->_mesctl('node', 'attest', '--dir', $dir, '--node', 3, '--via', 2);
$bank->next_epochs(1);
$bank->wait_until(3, 'SELECT mode, voting FROM mes.status', 'voting|t');
pass('and comes back by its ticket, handed in elsewhere');

my $acked = $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('after all copies');
$bank->has_acked($acked);
is($bank->sql(2, 'SELECT sum(evidence_seen) FROM mes.stat_consensus'), 0, 'nobody voted twice');
$bank->verifies(1, 3);
$bank->logs_are_clean;
done_testing();
