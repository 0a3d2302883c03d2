# 027_unanswered_commit.pl - a COMMIT that ends without an answer: cancelled, timed out, or its server
# gone. The error names the submission, whose receipt is asked for later (P3, P4).
use strict;
use warnings;

use MeschainNode;
use Test::More;
use Time::HiRes qw(sleep);

my $node = MeschainNode->create('bank');
my $workers = $node->create_ledger;
$node->sql("SELECT mes.create_account('bank')");
$node->sql("SELECT mes.issue_asset('MES', 1000, 0)");
my $payee = $node->sql("SELECT mes.create_account('payee')");
$node->sql("ALTER ROLE CURRENT_USER SET meschain.account = 'bank'");
my $uuid = '00000000-0000-4000-8000-00000000000';

# A session that pays under a name of its own; what it says ends up in the two references.
sub paying
{
	my ($number, $before, $out, $err) = @_;
	return IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('ledger'), '-c', $before, '-c',
			"SELECT mes.begin_submission('$uuid$number'), mes.transfer('$payee', 'MES', 1)" ],
		'<', \'', '>', $out, '2>', $err);
}

sub waiting_pid
{
	$node->wait_until('SELECT count(*) FROM mes.stat_submissions', '1');
	return $node->sql('SELECT pid FROM mes.stat_submissions');
}

sub received
{
	return $node->sql("SELECT coalesce((SELECT amount FROM mes.balances WHERE address = '$payee'), 0)");
}

# ---- cancelled while it waits: the transfer may still become final, and does
kill STOP => $workers->{apply};
my ($out, $err) = ('', '');
my $session = paying(1, 'SELECT 1', \$out, \$err);
$node->sql('SELECT pg_cancel_backend(' . waiting_pid() . ')');
IPC::Run::finish($session);
like($err, qr/MC303: outcome unknown: submission ${uuid}1 may still become final/, 'a cancelled wait says which');
like($err, qr/cancelled/, 'and why');
is($node->sql("SELECT count(*) FROM mes.receipt_of('${uuid}1')"), '0', 'no receipt yet');
kill CONT => $workers->{apply};
is($node->sql("SELECT status FROM mes.wait_for_receipt('${uuid}1')"), 'ok', 'it became final');
is(received(), '1', 'and moved');

# ---- statement_timeout and commit_timeout end the wait, not the transfer
kill STOP => $workers->{apply};
foreach my $case ([ 2, 'statement_timeout', 700 ], [ 3, 'meschain.commit_timeout', 500 ])
{
	my ($number, $name, $limit) = @$case;
	my $setting = "SET $name = '${limit}ms'";
	$session = paying($number, $setting, \$out, \$err);
	IPC::Run::finish($session);
	like($err, qr/MC303: .*$uuid$number/, $setting);
	like($err, qr/timed out after $limit ms; see \Q$name\E\./, 'says why');
}
kill CONT => $workers->{apply};
is($node->sql("SELECT status FROM mes.wait_for_receipt('$uuid$_')"), 'ok', "submission $_ became final") foreach (2, 3);
is(received(), '3', 'each once');

# ---- the server restarts in the middle of COMMIT: once it is there again, asking tells, and handing
# in again under the same name moves the money once
kill STOP => $workers->{apply};
$session = paying(4, 'SELECT 1', \$out, \$err);
waiting_pid();
$node->stop('immediate');
IPC::Run::finish($session);
isnt($err, '', 'the client lost its server');
$node->start;
$node->wait_for_workers;
my $told = $node->sql("SELECT count(*) FROM mes.receipt_of('${uuid}4')");
my $before = received();
is($before, 3 + $told, 'the receipt is there exactly when the money moved');
my $again = $node->sql_error("SELECT mes.begin_submission('${uuid}4'), mes.transfer('$payee', 'MES', 1)");
like($again, $told ? qr/decided already/ : qr/^$/, 'handed in again');
is(received(), '4', 'the money moved once');

# ---- and the books are in order
is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'verified');
$node->stop;
done_testing();
