# 225_resume.pl - a lost quorum: two, three and four of four servers restored from backups of data and
# state directory. The members' statements make a recovery, every node goes on from it, nothing is lost
# that a surviving member had, and in words what may be. Statements that lie, too few of them, of another
# ledger, replayed: refused. C8, A16
use strict;
use warnings;

use MeschainFederation;
use MeschainRecovery;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainRecovery->create(4, parameters => { tau0 => 800, tau_min => 50, epoch_blocks => 60 });
my $dir = $bank->dir;

# ---- two of four, with blocks in flight that the two survivors have prepared and not applied
my $acked = $bank->lose_in_flight(3, 4);
$bank->wait_until(1, 'SELECT reason FROM mes.status', '2 of 4 members can vote, 3 are needed', 60);
foreach my $node (1, 3)
{
	ok($bank->wait_until($node, 'SELECT hint FROM mes.status', qr/mesctl recovery attest/, 60), "node$node says what to do");
}
my @said = $bank->statements(1 .. 4);
like($said[1], qr/vote log whole/, 'a survivor is a witness');
like($said[3], qr/vote log lost/, 'who was restored is none');
is($bank->sql(1, 'SELECT voting FROM mes.status'), 'f', 'who made a statement votes no more');
my $first = slurp_file($bank->statement_file(1));
$bank->kill9(1);
$bank->start(1);
$bank->wait_until(1, 'SELECT reason FROM mes.status', 'this node made a statement for a recovery', 60);
$bank->statements(1);
ok($first eq slurp_file($bank->statement_file(1)), 'over a restart its statement is the same');

# attacks on the document
like($bank->refused('assemble', 2, 1, 3), qr/2 members signed, 3 are needed/, 'too few statements make no recovery');
my $forged = $bank->altered(4, -121, sub { $_[0] ^ "\1" });
like($bank->refused('assemble', 2, 1, 2, 3, $forged), qr/signature of member 3 does not verify/, 'an altered statement is refused');
system('cp', $bank->state_dir(4) . '/identity.key', "$dir/stolen.key") == 0 or die;
chmod 0600, "$dir/stolen.key";
my $lie = $bank->signed($forged, "$dir/stolen.key");
like($bank->refused('assemble', 2, 1 .. 4, $lie), qr/member 3 made two statements for recovery 1/, 'two statements of one member are no secret');
my $proof = $bank->signed($bank->altered(4, 40, sub { $_[0] ^ "\1" }), "$dir/stolen.key", fresh => 1);
like($bank->refused('assemble', 2, 1, 2, 3, $proof), qr/signature of member 3 does not verify/, 'a member that forges what it proves is named');
like($bank->refused('sign', $forged, "$dir/stolen.key"), qr/has signed for recovery 1 and signs nothing else/, 'a key remembers what it signed');

my $words = $bank->assemble(2, 1 .. 4);
like($words, qr/statements 4 of 4 members, 2 of them without/, 'assembled');
like($words, qr/may be lost, but only if a member whose vote log was whole lied/, 'says what may be lost');
$bank->altered_recovery("$dir/foreign", 12, sub { $_[0] ^ "\1" }, $bank->state_dir(2) . '/identity.key');
like($bank->refused('apply', 1, "$dir/foreign"), qr/another epoch or chain/, 'a recovery of another ledger is refused');
$bank->altered_recovery("$dir/unsigned", 12 + 20, sub { $_[0] ^ "\1" });
like($bank->refused('apply', 1, "$dir/unsigned"), qr/not signed by the identity key/, 'one that its issuer did not sign too');
$bank->apply(1 .. 4);
system('cp', $bank->recovery_file, "$dir/first.recovery") == 0 or die;
$bank->goes_on('two of four', $acked);
my $base = $bank->sql(1, 'SELECT base_height FROM mes.recoveries');
cmp_ok($base, '>', $bank->{applied_before}, 'what was only prepared became final');
my ($again) = $bank->apply(1);
like($again, qr/block $base;/, 'applied again it changes nothing');
is($bank->sql(1, 'SELECT count(*) FROM mes.recoveries'), 1, 'and is there once');
$bank->kill9;
$bank->start;
$bank->goes_on('a restart of all', $acked);

# ---- three of four; the statement of a restored one is left out, and the survivor says nothing at all
$acked = $bank->lose(1, 2, 3);
$bank->statements(1 .. 4);
$bank->recover(1, 3, 4);
$bank->apply(2);
$bank->wait_until($_, 'SELECT mode, voting FROM mes.status', 'voting|t', 60) foreach 1, 3, 4;
is($bank->sql(2, 'SELECT mode FROM mes.status'), 'fenced', 'whose statement was left out is fenced');
$bank->_mesctl('node', 'attest', '--dir', $dir, '--node', 2, '--via', 4);
$bank->next_epochs(4, 2);
$bank->goes_on('three of four', $acked);
like($bank->refused('apply', 3, "$dir/first.recovery"), qr/recovery 1 is over: this node has gone on to 2/, 'an old recovery is refused');

# ---- four of four, from backups of different age
my %kept = $bank->lose_all;
$bank->statements(1 .. 4);
$words = $bank->recover(1 .. 4);
like($words, qr/statements 4 of 4 members, 4 of them without/, 'no log is left');
like($words, qr/acknowledged blocks above block \d+ may be lost; results from block/, 'and that is said');
$bank->goes_on('four of four');
is($bank->sql($_, "SELECT encode(hash, 'hex') FROM mes.blocks WHERE height = $kept{height}"), $kept{hash}, "node$_ has the last block that a backup had")
  foreach 1 .. 4;
is($bank->sql(2, 'SELECT sum(evidence_seen) FROM mes.stat_consensus'), 0, 'nobody voted twice');
$bank->logs_are_clean;
done_testing();
