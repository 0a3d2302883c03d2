# 225_lost_quorum.pl - two of four servers restored from backups, with blocks in flight that the two others
# have prepared and not applied: mes.status says what to do, the members' statements make a recovery, all
# go on and hold one ledger. docs/operations.md, "A lost quorum", shows these lines. t_all/225_resume has
# the attacks, and three and four of four. C8, A16
use strict;
use warnings;

use MeschainFederation;
use MeschainRecovery;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainRecovery->create(4, parameters => { tau0 => 800, tau_min => 50 });
my $acked = $bank->lose_in_flight(3, 4);

# A test: docs/operations.md has these lines, with other paths and numbers.
sub is_documented
{
	my ($name, $lines) = @_;
	my $docs = slurp_file('docs/operations.md');

	foreach ($lines, $docs)
	{
		s/^ +//mg;
		s{/\S*/}{}g;
		s/\d+/N/g;
		s/\b[0-9a-fN]{20,}\b/HASH/g;
		s/fenced: [^\n]*/fenced: WHY/g;
	}
	return ok(index($docs, $lines) >= 0, "documented: $name") || diag($lines);
}

foreach my $node (1, 2)
{
	$bank->wait_until($node, 'SELECT reason FROM mes.status', '2 of 4 members can vote, 3 are needed', 60);
}
foreach my $node ($bank->nodes)
{
	ok($bank->wait_until($node, 'SELECT hint FROM mes.status', qr/mesctl recovery attest/, 60), "node$node says what to do");
}
is_documented('mesctl recovery status', $bank->_mesctl('recovery', 'status', '--dir', $bank->dir));
is_documented('mesctl recovery attest', $_) foreach $bank->statements(1 .. 4);
is($bank->sql(1, 'SELECT voting FROM mes.status'), 'f', 'who made a statement votes no more');
is_documented('mesctl recovery assemble', $bank->assemble(2, 1 .. 4));
is_documented('mesctl recovery apply', $_) foreach $bank->apply(1 .. 4);
$bank->goes_on('a lost quorum', $acked);
cmp_ok($bank->sql(1, 'SELECT base_height FROM mes.recoveries'), '>', $bank->{applied_before}, 'what was only prepared became final');
$bank->logs_are_clean;
done_testing();
