# 231_new_home.pl - a DBA's hand on one bank of four: what mesctl node check says, data and state
# moved to another place, an old copy of the vote log, a machine that is lost and set up anew.    # P23
use strict;
use warnings;

use File::Path qw(remove_tree);
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, members => [qw(ash birch cedar elm)], parameters => { tau0 => 1500 });

$bank->sql(1, "SELECT mes.create_account('treasury')");
$bank->sql(1, "SELECT mes.issue_asset('EUR', 1000000, 2)");
my $till = $bank->sql(2, "SELECT mes.create_account('till')");

sub some_blocks
{
	$bank->sql(1, "SELECT mes.transfer('$till', 'EUR', $_)") foreach 1 .. 5;
	$bank->wait_equal;
	return;
}
some_blocks();

# Exit code and words of mesctl node ...
sub node_command
{
	my ($node, @words) = @_;
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'mesctl', 'node', @words, '--dir', $bank->dir, '--node', $node ], '<', \undef, '>', \$stdout, '2>', \$stderr);
	return ($? >> 8, $stdout . $stderr);
}

# A test of its own: docs/operations.md shows these lines, with other paths and numbers.
sub are_documented
{
	my ($name, $lines, %masks) = @_;
	my $docs = slurp_file('docs/operations.md');

	$lines =~ s/^wrong +member (?!elm)[^\n]*\n[^\n]*\n//mg;
	$lines =~ s/$_/$masks{$_}/g foreach keys %masks;
	s/^ +//mg foreach $lines, $docs;
	return ok(index($docs, $lines) >= 0, "documented: $name") || diag($lines);
}

# ---- check
foreach my $node ($bank->nodes)
{
	$bank->wait_until($node, 'SELECT count(*) FROM mes.stat_peers WHERE connected AND heard', '3');
}
my ($code, $words) = node_command(2, 'check');
is($code, 0, 'a node in order') or diag $words;
unlike($words, qr/^wrong/m, 'has nothing wrong');
like($words, qr/^ok +$_/m, "and says so of $_") foreach 'library: extension', 'voting.key: .*, mode 0600', 'state directory: .*, mode 0700',
  'pg_hba.conf: line \d+ lets members in by cert', 'genesis: [0-9a-f]{64}, member birch', 'node: voting', 'clock: ',
  'certificate\'s end: it expires on', 'member cedar: connected, votes, block \d+ is the same', 'max_connections|setting max_connections';
my $voting = $bank->state_dir(2) . '/voting.key';
chmod 0644, $voting;
($code, $words) = node_command(2, 'check');
is($code, 1, 'a key that others can read ends it with 1');
like($words, qr/^wrong    voting\.key: \Q$voting\E, mode 0644\n         -> Give it to the server's user and set its mode to 0600\.$/m, 'and is named with what to do');
my ($shown) = $words =~ /^(wrong    voting.*\n.*\n)/m;
chmod 0600, $voting;
$bank->stop(4);
$bank->wait_until(2, "SELECT connected FROM mes.stat_peers WHERE member = 'elm'", 'f');
($code, $words) = node_command(2, 'check');
is($code, 1, 'a member that is away ends it with 1');
like($words, qr/^wrong    member elm: no connection to 127\.0\.0\.1, port \d+\n         -> Is its server up/m, 'and is named');
are_documented('mesctl node check', $shown . ($words =~ /^(wrong    member elm.*\n.*\n)/m)[0],
	qr/\S+voting\.key, / => '/var/lib/meschain/state/voting.key, ', qr/port \d+/ => 'port 7104');
$bank->start(4);
$bank->sql(2, 'CREATE ROLE auditor LOGIN IN ROLE mes_auditor');
is($bank->sql(2, "SELECT count(*) FROM mes.check_setup() WHERE state = 'wrong' AND item !~ '^member'",
		conninfo => $bank->conninfo(2, user => 'auditor')), 0, 'mes_auditor may ask');

# ---- paused: the others know why, and lose nothing by it; whether a node may be stopped is another matter
$bank->wait_until($_, 'SELECT members_voting FROM mes.status', '4') foreach $bank->nodes;
my $views = $bank->sql(1, 'SELECT view FROM mes.stat_consensus');
$bank->sql(3, "SELECT mes.pause_node('new memory')");
$bank->wait_until($_, "SELECT paused FROM mes.stat_peers WHERE member = 'cedar'", 'new memory') foreach 1, 2, 4;
like($bank->sql_error(3, "SELECT mes.submit_batch(ARRAY['\\x00'::bytea])"), qr/MC319/, 'a paused node takes no submissions');
is($bank->sql(3, 'SELECT mode, voting, reason, can_stop FROM mes.status'), 'paused|t|new memory|t', 'and votes');
some_blocks() foreach 1 .. 3;
is($bank->sql(1, 'SELECT view FROM mes.stat_consensus'), $views, 'its turns cost the others no view');
is($bank->sql(3, 'SELECT mes.can_stop()'), 't', 'it may be stopped');
$bank->stop(4);
$bank->wait_until(3, 'SELECT mes.can_stop()', 'f');
pass('not when another one is down: paused or not, its vote is needed');
$bank->start(4);
is($bank->sql(3, 'SELECT mes.resume_node()'), 't', 'the pause ends');
$bank->wait_until(1, "SELECT paused IS NULL FROM mes.stat_peers WHERE member = 'cedar'", 't');
$bank->wait_until(3, 'SELECT mes.can_stop()', 't');

# ---- moved: data and state directory are copies, the old ones are gone
sub replace_by_copy
{
	my ($directory) = @_;

	system_or_bail('cp', '-a', $directory, "$directory.copy");
	remove_tree($directory);
	rename "$directory.copy", $directory or die "cannot rename: $!";
	return;
}

$bank->stop(3);
my $stale = $bank->dir . '/stale';
system_or_bail('cp', '-a', $bank->state_dir(3), $stale);
replace_by_copy($_) foreach $bank->data_dir(3), $bank->state_dir(3);
$bank->start(3);
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'fenced');
like($bank->sql(3, 'SELECT reason || hint FROM mes.status'), qr/vote log is a copy.*mesctl node rehome/s, 'a moved node is fenced and says why');
($code, $words) = node_command(3, 'rehome');
is($code, 0, 'it is made at home where it is') or diag $words;
like($words, qr/^verified   blocks 1 to \d+$/m, 'after it was verified');
are_documented('mesctl node rehome', $words, qr/to \d+/ => 'to 12', qr/[0-9a-f]{64}/ => '9f0c...');
$bank->wait_voting(3);
is($bank->sql(3, "SELECT count(*) FROM mes.node_events WHERE kind = 'rehome'"), 1, 'which is on record');
some_blocks();
$bank->ledgers_equal('after a move');

# ---- an old copy of the state directory: the others know what it has forgotten
$bank->stop(3);
remove_tree($bank->state_dir(3));
rename $stale, $bank->state_dir(3) or die "cannot rename: $!";
$bank->start(3);
$bank->wait_until(3, 'SELECT mode FROM mes.status', 'fenced');
node_command(3, 'rehome');
$bank->wait_until(3, "SELECT mode FROM mes.status WHERE reason ~ 'forgot|another copy'", 'fenced');
pass('an old vote log does not vote, whatever its DBA says');
some_blocks();
is($bank->sql(3, 'SELECT voting FROM mes.status'), 'f', 'the node follows');
$bank->ledgers_equal('with a fenced node');
($code, $words) = node_command(3, 'rehome');
is($code, 1, 'and cannot be made at home again');
like($words, qr/MC347|may have forgotten a vote/, 'its log says why');

# ---- a machine is lost: a new cluster, the state directory from the old one
sub new_cluster
{
	my ($node) = @_;
	my $data = $bank->data_dir($node);
	my %kept = map { $_ => slurp_file("$data/$_") } qw(postgresql.conf pg_hba.conf pg_ident.conf);

	remove_tree($data);
	system_or_bail('initdb', '-D', $data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '-N');
	foreach my $file (keys %kept)
	{
		unlink "$data/$file";
		append_to_file("$data/$file", $kept{$file});
	}
	return;
}

$bank->stop(4);
new_cluster(4);
system_or_bail('pg_ctl', '-D', $bank->data_dir(4), '-l', $bank->log_file(4), '-w', '-s', 'start');
$bank->sql(4, 'CREATE DATABASE ledger TEMPLATE template0', conninfo => $bank->conninfo(4, dbname => 'postgres'));
($code, $words) = node_command(4, 'bootstrap', '--genesis', $bank->dir . '/genesis.json', '--wait', 60);
is($code, 0, 'an empty server becomes a node') or diag $words . $bank->log_tails;
like($words, qr/^genesis    joined\nblock      (\d+) of \1$/m, 'and fetches every block');
are_documented('mesctl node bootstrap', $words, qr/\d+ of \d+/ => '22 of 22');
is($bank->sql(4, 'SELECT count(*) FROM mes.verify()'), 0, 'which it can verify');
$bank->wait_equal;
$bank->ledgers_equal('on the new machine');
is($bank->sql(4, 'SELECT voting FROM mes.status'), 'f', 'it does not vote yet: its vote log is another machine\'s');
is((node_command(4, 'rehome'))[0], 0, 'until it is made at home');
$bank->wait_voting(4);
some_blocks();
$bank->ledgers_equal('after the new machine votes');
$bank->verifies;
$bank->logs_are_clean;

done_testing();
