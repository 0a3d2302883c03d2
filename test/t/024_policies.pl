# 024_policies.pl - addresses with several ways to spend: m of n, from a block on, with a secret. A
# spend reveals one branch, and what does not fit is refused with a code.
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Mesctl;
use PostgreSQL::Test::Utils;
use Test::More;

found();
make_key($_) foreach qw(bank clerk manager);
make_key('heir', '--suite', 2);
my %key = map { $_ => public_key($_) } qw(bank clerk manager heir);

coins('bank');
build('money', '--from', $address{bank}, 'issue', 'EUR', '1000', '2');
sign('bank');
submit('issued');
coins('bank');
build('issue_more', '--from', $address{bank}, 'issue_more', 'EUR', '0.50');
sign('bank');
submit('more of it');
is(sql("SELECT supply FROM mes.assets WHERE asset = 'EUR'"), '1000.50', 'the supply grew');

# ---- a vault: two of three at any time, the heir alone from a block on, the clerk with a secret
my $secret = '5e' x 32;
my $late = sql('SELECT applied_height FROM mes.status') + 12;
my $hash = sha256_hex(pack 'H*', $secret);
my $shown = done('key policy', 'key', 'policy', "2/$key{bank}/$key{clerk}/$key{manager}",
	"1/$key{heir}/height=$late", "1/$key{clerk}/hash=$hash");
my @branch = $shown =~ /^branch +(\S+)$/mg;
$address{vault} = field($shown, 'address');
is(scalar @branch, 3, 'a branch each');
isnt($address{vault}, field(done('without the heir', 'key', 'policy',
			"2/$key{bank}/$key{clerk}/$key{manager}", "1/$key{clerk}/hash=$hash"), 'address'),
	'every branch is part of the address');
refused('three of two keys', 2, qr/asks for 3 signatures of 2 keys/, 'key', 'policy', "3/$key{bank}/$key{clerk}");
refused('no threshold', 2, qr/threshold/, 'key', 'policy', "x/$key{bank}");

coins('bank');
build('into the vault', 'transfer', $address{vault}, 'EUR', '500');
sign('bank');
submit('filled');

sub withdraw
{
	my ($amount) = @_;
	coins('vault');
	return build("$amount out of the vault", 'transfer', $address{bank}, 'EUR', $amount);
}

sub vault
{
	return sql("SELECT amount FROM mes.balances WHERE address = '$address{vault}'");
}

# ---- two of three
withdraw(100);
sign('clerk', '--condition', $branch[0]);
refused('one of two', 1, qr/$address{vault} has 1 of 2 signatures/, 'tx', 'submit', "$home/tx", '--dir', $dir);
sign('manager', '--condition', $branch[0]);
submit('two of three');
is(vault(), '400.00', 'paid');
my $witnesses = sql('SELECT encode(witnesses, \'hex\') FROM mes_internal.witness_rows ORDER BY height DESC LIMIT 1');
my ($revealed, $hidden) = map { /^([0-9a-f]+)/ } @branch[ 0, 1 ];
like($witnesses, qr/$revealed/, 'the branch that was used is on the ledger');
unlike($witnesses, qr/$hidden/, 'the others are not');

# ---- signatures for two branches do not add up
withdraw(10);
sign('bank', '--condition', $branch[0]);
sign('clerk', '--condition', $branch[2], '--preimage', $secret);
like(slurp_file("$home/tx"), qr/^signature .*signature .* $secret$/ms, 'both are in the file');
submit('the branch that is complete is taken');
is(vault(), '390.00', 'paid by the secret');

# ---- the secret
withdraw(20);
refused('another secret', 1, qr/the branch asks for $hash/, 'tx', 'sign', "$home/tx", '--key', "$home/clerk.key",
	'--condition', $branch[2], '--preimage', '5f' x 32);
refused('a secret where none is asked for', 1, qr/no hash lock/, 'tx', 'sign', "$home/tx", '--key',
	"$home/clerk.key", '--condition', $branch[0], '--preimage', $secret);
sign('clerk', '--condition', $branch[2]);
refused('no secret', 1, qr/opens with a preimage/, 'tx', 'submit', "$home/tx", '--dir', $dir);

# ---- the heir waits for the block
withdraw(30);
sign('heir', '--condition', $branch[1]);
cmp_ok(sql('SELECT applied_height FROM mes.status') + 1, '<', $late, 'it is early');
refused('before the block', 1, qr/MC\d+ .*lock/, 'tx', 'submit', "$home/tx", '--dir', $dir);
is(vault(), '390.00', 'nothing moved');
until (sql('SELECT applied_height FROM mes.status') + 1 >= $late)
{
	coins('bank');
	build('the chain goes on', 'transfer', $address{bank}, 'EUR', '0.01');
	sign('bank');
	submit('a block');
}
withdraw(30);
sign('heir', '--condition', $branch[1]);
submit('from the block on');
is(vault(), '360.00', 'paid to the heir\'s order');

# ---- a branch that is none of the address
my ($position, $path) = $branch[1] =~ /:(\d+):([0-9a-f]+)$/;
my $forged = field(done('a branch of one\'s own', 'key', 'address', $key{heir}), 'condition') . ":$position:$path";
withdraw(40);
refused('a condition under another\'s path', 1, qr/has no part in this transaction/, 'tx', 'sign', "$home/tx",
	'--key', "$home/heir.key", '--condition', $forged);
refused('a key that is none of the branch', 1, qr/none of the 3 keys/, 'tx', 'sign', "$home/tx", '--key',
	"$home/heir.key", '--condition', $branch[0]);
refused('a branch cut short', 1, qr/CONDITION:POSITION:PATH/, 'tx', 'sign', "$home/tx", '--key',
	"$home/heir.key", '--condition', substr($branch[1], 0, length($branch[1]) - length($path) - 1));

# ---- the whole ledger, with a bar that shows how far it is
my ($status, $stdout, $stderr) = mesctl('verify', '--dir', $dir, '--chunk', 2, '--progress');
is($status, 0, 'verified') or diag $stderr;
like($stdout, qr/^intact +blocks 1 to \d+$/, 'and intact');
sql('SET session_replication_role = replica; UPDATE mes_internal.output_rows SET amount_units = amount_units + 1 '
	. 'WHERE output_id = (SELECT min(output_id) FROM mes_internal.output_rows)');
($status, $stdout, $stderr) = mesctl('verify', '--dir', $dir, '--quiet');
is($status, 1, 'a changed row ends it with 1');
like($stdout, qr/^block \d+, output: /m, 'and is named');
is($stderr, '', 'without a bar when quiet');
is((mesctl('node', 'health', '--dir', $dir))[0], 2, 'and health knows');

done('stop', 'federation', 'stop', '--dir', $dir);
done_testing();
