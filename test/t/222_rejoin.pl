# 222_rejoin.pl - a node that may have forgotten what it voted for never votes with that key again, over
# restarts and epochs, and comes back with a new one: its vote log lost, and an old base backup put in
# place of its database. A17, A18, A19, C9
use strict;
use warnings;

use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 40 });

foreach my $node ($bank->nodes)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
}
sub incarnation
{
	my ($node) = @_;

	return $bank->sql(1, "SELECT incarnation FROM mes.members WHERE member = 'node$node'");
}

my $load = $bank->load_begin(node => 1, clients => 1, seconds => 20, rate => 40);
append_to_file($bank->data_dir(3) . '/pg_hba.conf', "local replication all trust\n");
$bank->sql(3, 'SELECT pg_reload_conf()');
sleep 1;
run_log([ 'pg_basebackup', '-D', $bank->dir . '/backup', '-h', $bank->dir, '-p', $bank->port(3), '-U', 'postgres',
		'-X', 'stream', '-c', 'fast' ]) or die 'no base backup';

# ---- the vote log of node4 is gone
$bank->kill9(4);
unlink glob $bank->state_dir(4) . '/votes.*';
$bank->start(4);
$bank->wait_until(4, 'SELECT mode FROM mes.status', 'fenced');
$bank->next_epochs(4);
is($bank->sql(4, 'SELECT mode, voting FROM mes.status'), 'fenced|f', 'without its log a node follows and never votes');
like($bank->sql_error(4, "SELECT mes.rejoin('\\x00')"), qr/a ticket has 140 bytes, not 1/, 'a ticket is a ticket');
my $ticket = $bank->sql(4, 'SELECT mes.attest_node()');
is($bank->sql(4, 'SELECT mes.attest_node()'), $ticket, 'asked again it is the same one');
$bank->sql(2, "SELECT mes.rejoin('$ticket')");
is(incarnation(4), 1, 'another member handed it in');
like($bank->sql_error(2, "SELECT mes.rejoin('$ticket')"), qr/ticket of incarnation 1, the next one is 2/, 'it is good once');
my $forged = $ticket =~ s/(.)$/$1 eq '0' ? '1' : '0'/er;
like($bank->sql_error(2, "SELECT mes.rejoin('$forged')"), qr/not by the identity key of member node4/, 'and nobody else can make one');
$bank->next_epochs(1);
$bank->wait_until(4, 'SELECT mode, voting FROM mes.status', 'voting|t', 60);
pass('from the next epoch on it votes');

# ---- the database of node3 goes back in time, its vote log does not
$bank->stop(3);
system('rm', '-rf', $bank->data_dir(3)) == 0 or die;
system('mv', $bank->dir . '/backup', $bank->data_dir(3)) == 0 or die;
$bank->start(3);
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'fenced');
like(slurp_file($bank->log_file(3)), qr/meschain is fenced: the vote log is of another epoch than the tables/, 'the log says why');
$bank->kill9(3);
$bank->start(3);
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'fenced');
pass('and so after another start');
rename $bank->state_dir(3) . '/identity.key', $bank->dir . '/safe.key' or die;
like($bank->sql_error(2, "SELECT mes.rejoin('@{[ $bank->sql(3, 'SELECT mes.attest_node()') ]}')"), qr/not by the identity key of member node3/,
	'without its identity key a node cannot sign its ticket');
$bank->_mesctl('node', 'attest', '--dir', $bank->dir, '--node', 3, '--key', $bank->dir . '/safe.key');
$bank->next_epochs(1);
$bank->wait_until(3, 'SELECT mode, voting FROM mes.status', 'voting|t', 60);
is(incarnation(3), 1, 'mesctl node attest brings it back');

my $acked = $bank->load_end($load, 'the load goes on through all of it');
$bank->wait_equal;
$bank->ledgers_equal('after both came back');
$bank->has_acked($acked);
$bank->kill9(3, 4);
$bank->start(3, 4);
$bank->wait_until($_, 'SELECT mode, voting FROM mes.status', 'voting|t', 60) foreach 3, 4;
pass('a restart later they still vote');
$bank->verifies(3, 4);
$bank->logs_are_clean;
done_testing();
