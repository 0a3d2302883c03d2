# 221_members.pl - members come and go while the ledger goes on: a fifth is admitted, fetches the ledger
# as a guest and votes from the next epoch on; a voting key is rotated; an address changes; one member
# is removed and finds the doors closed. A2, A18, A25
use strict;
use warnings;

use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 40 });
my @four = (1, 2, 3, 4);

foreach my $node (@four)
{
	$bank->sql($node, "SELECT mes.create_account('clerk$node')");
	$bank->sql($node, "ALTER DATABASE ledger SET meschain.account = 'clerk$node'");
}

# Proposed by the first and approved by the first four: enough of four, and of five.
sub decide
{
	my ($kind, $body) = @_;
	my $id = $bank->sql(1, "SELECT encode(mes.propose('$kind', '$body'), 'hex')");

	foreach my $node (@four)
	{
		last if $bank->sql($node, "SELECT state FROM mes.proposals WHERE proposal = '\\x$id'") =~ /passed|force/;
		$bank->wait_until($node, "SELECT count(*) FROM mes.proposals WHERE proposal = '\\x$id'", '1');
		$bank->sql($node, "SELECT mes.approve('\\x$id')");
	}
	return;
}

my $load = $bank->load_begin(node => 1, clients => 1, seconds => 18, rate => 40);

# ---- a fifth: admitted by the four, it joins without a seat and fetches everything
my $fifth = $bank->add_server;
my $hash = $bank->sql(1, "SELECT encode(genesis_hash, 'hex') FROM mes.genesis");
my $genesis = $bank->sql(1, 'SELECT document FROM mes.genesis');
my $descriptor = $bank->sql($fifth, "SELECT mes.node_descriptor('127.0.0.1', @{[ $bank->port($fifth) ]})");
$bank->sql($fifth, qq(SELECT mes.join_federation('$genesis', '{"observer": true, "genesis_hash": "$hash"}')));
$bank->wait_until($fifth, 'SELECT mode FROM mes.status', 'following');
decide('admit_member', $descriptor);
$bank->wait_until(1, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'mes_peer_node5'", 't');
$bank->next_epochs(1);
$bank->wait_until($fifth, 'SELECT member, voting, members_total FROM mes.status', 'node5|t|5', 60);
pass('the fifth fetched the ledger and votes');
is($bank->sql(2, 'SELECT members_total, quorum FROM mes.status'), '5|4', 'among five, four decide');

# ---- a new voting key on node2, with a log of its own
my $before = $bank->sql(2, "SELECT encode(voting_key, 'hex') FROM mes.members WHERE member = 'node2'");
my $key = $bank->sql(2, "SELECT encode(mes.rotate_node_key(), 'hex')");
is($bank->sql(2, "SELECT encode(mes.rotate_node_key(), 'hex')"), $key, 'asked again it is the same key');
decide('rotate_keys', qq({"member": "node2", "voting_key": "$key"}));
ok(-e $bank->state_dir(2) . '/voting_next.key', 'until the epoch ends the old key votes');
$bank->next_epochs(2);
sleep 1; # the key follows the block's commit
ok(!-e $bank->state_dir(2) . '/voting_next.key', 'the new key is in place');
$bank->wait_until(2, 'SELECT voting FROM mes.status', 't');
is(join(' ', map { s/.*votes\.//r } sort glob $bank->state_dir(2) . '/votes.*'),
	join(' ', map { substr($key, 0, 16) . ".$_" } 0, 1), 'with its log; the old log is gone');
isnt($key, $before, 'it is another key');

# ---- where a member is reached, said on one node alone
my $link = "SELECT connected FROM mes.stat_peers WHERE member = 'node2'";
$bank->sql(3, "SELECT mes.set_peer_address('node2', '127.0.0.1', 1)");
$bank->wait_until(3, $link, 'f');
pass('a link follows an address that leads nowhere');
$bank->sql(3, "SELECT mes.set_peer_address('node2', NULL, NULL)");
$bank->wait_until(3, $link, 't');
pass('and the one that the roll has');
decide('change_address', qq({"member": "node3", "host": "localhost", "port": @{[ $bank->port(3) ]}}));
$bank->wait_until(1, "SELECT host, connected FROM mes.stat_peers WHERE member = 'node3'", 'localhost|t');
pass('an address that the members changed is used at once');

# ---- one is removed: the others shut their doors, its books end with the epoch
decide('remove_member', '{"member": "node4"}');
$bank->next_epochs(1);
$bank->wait_until(1, 'SELECT members_total, members_voting FROM mes.status', '4|4');
$bank->wait_until(1, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'mes_peer_node4'", 'f');
$bank->wait_until(4, 'SELECT mode, reason FROM mes.status', 'following|this node is no member of this epoch');
my $acked = $bank->load_end($load, 'the load goes on through all of it');
my @now = (1, 2, 3, $fifth);
$bank->wait_equal(nodes => \@now);
$bank->ledgers_equal('after all changes', @now);
$bank->has_acked($acked, @now);
$bank->sql(1, "SELECT mes.notarise(sha256('behind closed doors'))"); # the load may have ended with the last word it heard
$bank->wait_equal(nodes => \@now);
cmp_ok($bank->height(4), '<', $bank->height(1), 'who was removed hears no more');
is($bank->sql(1, "SELECT count(*) FROM mes.block_signatures WHERE member IS NULL"), 0, 'every signature has a name');
cmp_ok($bank->sql(1, "SELECT count(*) FROM mes.blocks WHERE proposer = 'node5'"), '>', 0, 'the fifth proposed blocks');
my %reported = $bank->on_all("SELECT string_agg(d.member || ' ' || d.standing, ', ' ORDER BY d.member_key), "
	  . "bool_and(d.voting_key_hex = encode(m.voting_key, 'hex')) FROM mes_bi.dim_member AS d JOIN mes.members AS m ON m.number = d.member_key", @now);
is(join("\n", keys %{ { reverse %reported } }), 'node1 active, node2 active, node3 active, node4 removed, node5 active|t',
	'reports know who came and went, and the new key');
$bank->verifies(@now);
$bank->logs_are_clean;
done_testing();
