# 200_federation.pl - four banks agree: what is submitted on one is read on all; one is killed under
# load and catches up; two of them stall the ledger and say so; all four die at once and come back.
# C7, P38
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, members => [qw(ash birch cedar elm)], parameters => { tau0 => 1500 });

# ---- one genesis, four members that hear each other
my %genesis = $bank->on_all("SELECT encode(genesis_hash, 'hex') || document::text FROM mes.genesis");
is(keys %{ { reverse %genesis } }, 1, 'all hold the same genesis');
is($bank->sql(3, "SELECT value FROM mes.parameters WHERE name = 'tau0'"), 1500, 'with the parameters it was given');
foreach my $node ($bank->nodes)
{
	$bank->wait_until($node, 'SELECT count(*) FROM mes.stat_peers WHERE connected AND voting', '3');
	is($bank->sql($node, 'SELECT members_total, members_voting, quorum, faults_tolerated, can_stop, peers_connected FROM mes.status'),
		'4|4|3|1|t|3', "node$node sees four members vote, three decide, and can be stopped");
}
is($bank->sql(2, "SELECT member || ' ' || host FROM mes.stat_peers ORDER BY number"),
	"ash 127.0.0.1\ncedar 127.0.0.1\nelm 127.0.0.1", 'the others have names and addresses');
is($bank->sql(1, "SELECT certificate_expires_at > now() + interval '9 years' FROM mes.status"), 't',
	'the certificate is good for years, and status says until when');

# ---- submitted on one, read on all
$bank->sql(1, "SELECT mes.create_account('treasury')");
$bank->sql(1, "SELECT mes.issue_asset('EUR', 1000000)");
my %address = map { $_ => $bank->sql($_, "SELECT mes.create_account('till$_')") } 2 .. 4;
$bank->sql(1, join ' ', 'BEGIN;', (map { "SELECT mes.transfer('$address{$_}', 'EUR', 100$_);" } 2 .. 4), 'COMMIT;');
$bank->wait_equal;
foreach my $node ($bank->nodes)
{
	is($bank->sql($node, "SELECT amount::integer FROM mes.balances WHERE address IN ('$address{2}', '$address{3}', '$address{4}') ORDER BY 1"),
		"1002\n1003\n1004", "node$node shows what everybody got");
}
# and each of them submits
$bank->sql($_, "SELECT mes.transfer('$address{2}', 'EUR', 1)") foreach 2 .. 4;
$bank->wait_equal;
is($bank->sql(1, "SELECT amount::integer FROM mes.balances WHERE address = '$address{2}'"), 1004, 'each of them submits');
$bank->ledgers_equal('at rest');

# ---- one is killed under load, the others go on, it comes back and is level
my $load = $bank->load_begin(node => 2, clients => 4, seconds => 8);
$bank->wait_blocks(2, 5);
$bank->kill9(3);
$bank->wait_blocks(2, 20);
pass('three go on without the fourth');
$bank->wait_until(1, "SELECT connected FROM mes.stat_peers WHERE member = 'cedar'", 'f');
is($bank->sql(1, 'SELECT members_voting, can_stop FROM mes.status'), '3|f',
	'a member whose connection is gone votes no more, and no other may be stopped');
$bank->start(3);
my $acked = $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('after a kill');
$bank->has_acked($acked);
is($bank->sql(1, 'SELECT count(*) FROM mes.stat_peers WHERE frames_late > 0'), '3',
	'votes on what was settled are passed over unread');

# ---- two of four: nothing is decided, nothing is lost, and status says who is missing
$bank->stop(3, 4);
$bank->wait_until(1, 'SELECT reason FROM mes.status', '2 of 4 members vote, 3 are needed');
is($bank->sql(1, "SELECT string_agg(member, ' ' ORDER BY number) FROM mes.stat_peers WHERE NOT voting"), 'cedar elm',
	'mes.stat_peers names who is missing');
is($bank->sql(1, 'SELECT exit_code, message FROM mes.health()') =~ s/,.*//r, '1|voting: 2 of 4 members vote',
	'to monitoring it is a warning');
my $height = $bank->height(1);
like($bank->sql_error(1, "SET meschain.commit_timeout = '2s'; SELECT mes.transfer('$address{2}', 'EUR', 7)"),
	qr/outcome unknown/, 'a submission is not decided');
is($bank->height(1), $height, 'no block is made');
$bank->start(3, 4);
$bank->wait_until(1, 'SELECT coalesce(reason, \'fine\') FROM mes.status', 'fine');
$bank->wait_until(4, "SELECT count(*) FROM mes.transfers WHERE to_address = '$address{2}' AND amount = 7", '1');
pass('when they are back what waited is decided');

# ---- all four at once
$load = $bank->load_begin(node => 1, clients => 4, seconds => 8);
$bank->wait_blocks(1, 5);
$bank->kill9;
$bank->start(1);
$bank->wait_until(1, "SELECT reason ~ '^[01] of 4 members vote, 3 are needed|: 1 of 4 members are heard, 3 ' FROM mes.status", 't');
pass('one alone says how many are missing');
$bank->start(2 .. 4);
$acked = $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('after all four were killed');
$bank->has_acked($acked);
$bank->verifies;
$bank->logs_are_clean;

done_testing();
