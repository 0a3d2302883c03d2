# 025_account_keys.pl - keys that come to a node, leave it, or rest in it behind a passphrase: none is
# ever to be read in SQL text or a log (P11).
use strict;
use warnings;

use Mesctl;
use PostgreSQL::Test::Utils;
use Test::More;

my $passphrase = 'correct horse battery staple';

found();
sql("ALTER SYSTEM SET log_statement = 'all'");
sql("ALTER SYSTEM SET log_parameter_max_length = -1");
sql('SELECT pg_reload_conf()');

# ---- made with a passphrase
my ($status, $stdout, $stderr) = mesctl(\"$passphrase\n", 'account', 'create', 'safe', '--passphrase', '--dir', $dir);
is($status, 0, 'account create --passphrase') or diag $stderr;
like($stdout, qr/^mes1\w{58}$/, 'prints the address');
chomp($address{safe} = $stdout);
is(sql("SELECT address, locked FROM mes.accounts WHERE name = 'safe'"), "$address{safe}|t", 'the node keeps it locked');
($status, undef, $stderr) = mesctl(\"\n", 'account', 'create', 'empty', '--passphrase', '--dir', $dir);
is($status, 1, 'an empty passphrase is refused');
like(sql_refused("SET meschain.account = 'safe'; SELECT mes.notarise(sha256('x'))"),
	qr/MC321: account "safe" is locked/, 'of no use without it');

# ---- opened for one session of psql, as the help says
sub unlocking
{
	my ($given, @then) = @_;
	my $script = join "\n", "SET meschain.account = 'safe';",
		"SELECT encode(mes.session_key(), 'hex') AS key \\gset",
		"\\set code `echo '$given' | mesctl account unlock safe --session-key :key`",
		"SELECT mes.unlock_account('safe', :'code');", @then;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'ON_ERROR_STOP=1', '-d',
			"host=$dir port=$port dbname=ledger" ], '<', \$script, '>', \$out, '2>', \$err);
	return ($out, $err);
}

my ($out, $err) = unlocking('wrong horse');
like($err, qr/MC316: the passphrase does not open the key of account "safe"/, 'a wrong passphrase has its own code');
($out, $err) = unlocking($passphrase, "SELECT mes.notarise(sha256('opened')) IS NOT NULL;");
like($out, qr/^t$/m, 'the right one opens the account') or diag $err;
($out, $err) = unlocking($passphrase, 'SELECT mes.lock_accounts();', "SELECT mes.notarise(sha256('closed'));");
like($err, qr/MC321/, 'and lock_accounts closes it');
# what one session was given is of no use to another
my $other = sql("SELECT encode(mes.session_key(), 'hex')");
(undef, $stdout) = mesctl(\"$passphrase\n", 'account', 'unlock', 'safe', '--session-key', $other);
chomp $stdout;
like(sql_refused("SELECT mes.unlock_account('safe', '$stdout')"), qr/MC322/, 'sealed to a session that is gone');
like(sql_refused("SELECT mes.session_key(), mes.unlock_account('safe', '$stdout')"), qr/MC322/, 'or to another');

# ---- taken out
($status, undef, $stderr) = mesctl(\"wrong\n", 'account', 'export', 'safe', '--out', "$home/no.key", '--dir', $dir);
is($status, 1, 'a wrong passphrase exports nothing');
like($stderr, qr/MC316 wrong_passphrase/, 'with the same code');
ok(!-e "$home/no.key", 'and leaves no file');
($status) = mesctl(\"$passphrase\n", 'account', 'export', 'safe', '--out', "$home/safe.key", '--dir', $dir);
is($status, 0, 'export');
is((stat "$home/safe.key")[2] & 0777, 0600, 'into a file of the owner\'s alone');
is(field(done('the same key', 'key', 'show', "$home/safe.key"), 'address'), $address{safe}, 'of that address');
chomp($address{till} = done('an account without passphrase', 'account', 'create', 'till', '--dir', $dir, '--suite', 2));
done('export it', 'account', 'export', 'till', '--out', "$home/till.key", '--dir', $dir);
is(field(done('its key', 'key', 'show', "$home/till.key"), 'address'), $address{till}, 'a key of suite 2');

# ---- brought in, and used by the role that did
make_key('mine');
is(done('import', 'account', 'import', 'mine', '--key', "$home/mine.key", '--dir', $dir), "$address{mine}\n",
	'the address of the key');
is(sql("SET meschain.account = 'mine'; SELECT mes.notarise(sha256('mine')) IS NOT NULL"), 't', 'it signs');
refused('the same key twice', 1, qr/MC324 there is an account of address $address{mine} already/, 'account',
	'import', 'again', '--key', "$home/mine.key", '--dir', $dir);
make_key('kept');
($status) = mesctl(\"$passphrase\n", 'account', 'import', 'kept', '--key', "$home/kept.key", '--passphrase', '--dir', $dir);
is($status, 0, 'import behind a passphrase');
is(sql("SELECT locked FROM mes.accounts WHERE name = 'kept'"), 't', 'is locked');

# ---- bytes that are no key
like(sql_refused("SELECT mes.import_account('bad', 1, '\\x00')"), qr/MC322/, 'no sealed key');
like(sql_refused("SELECT mes.import_account('bad', 1, decode(repeat('07', 80), 'hex'))"), qr/MC322/, 'sealed to nobody');
like(sql_refused("SELECT mes.import_account('bad', 1, decode(repeat('07', 89), 'hex'), decode(repeat('00', 32), 'hex'))"),
	qr/MC322/, 'no public key');
like(sql_refused("SELECT mes.import_account('bad', 9, '\\x00')"), qr/MC\d+: .*suite/, 'an unknown suite');
like(sql_refused("SELECT mes.export_account('till', '\\x00')"), qr/22023: the recipient is no X25519/, 'no recipient');

# ---- another role's accounts are not there
sql('CREATE ROLE clerk LOGIN IN ROLE mes_member');
foreach my $statement ("mes.export_account('till', mes.wrapping_key())", "mes.unlock_account('safe', '\\x00')")
{
	like(sql_refused("SET ROLE clerk; SELECT $statement"), qr/MC306/, 'not a clerk\'s');
}

# ---- no secret was in any statement
my $log = slurp_file("$dir/node1/server.log");
like($log, qr/mes\.unlock_account/, 'statements are logged');
unlike($log, qr/\Q$passphrase/, 'the passphrase is not among them');
foreach my $name (qw(safe till mine kept))
{
	my ($seed) = slurp_file("$home/$name.key") =~ /([0-9a-f]{64})$/m;
	unlike($log, qr/$seed/, "nor the key of $name");
}

done('stop', 'federation', 'stop', '--dir', $dir);
done_testing();
