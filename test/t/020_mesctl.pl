# 020_mesctl.pl - mesctl: a federation of one from create to destroy (P19), keys in files,
# transactions built and signed away from the server, load whose acknowledged transfers are there
# after a kill.
use strict;
use warnings;

use Mesctl;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$port = PostgreSQL::Test::Cluster::get_free_port();

# ---- help
like(done('help lists commands', 'help'), qr/^  tx sign +\w/m, 'each with its purpose');
like(done('help explains one', 'help', 'tx', 'build'), qr/^example/m, 'with an example');
like(done('help of a family lists it', 'help', 'tx'), qr/^  tx build +\w.*^  tx sign +\w/ms, 'each of its commands');
is(done('as --help does', 'federation', '--help'), done('and help', 'help', 'federation'), 'in the same words');
refused('a family is no command', 2, qr/^  key new +\w/m, 'key');
like(done('help of storage', 'storage', '--help'), qr/^mesctl storage - .*^example:/ms, 'summary and example');
refused('an unknown command', 2, qr/no command "tx fly"/, 'tx', 'fly');
refused('an unknown option', 2, qr/no option --colour/, 'key', 'show', '--colour', 'x');

# ---- a federation of one
refused('too many nodes', 2, qr/101/, 'federation', 'create', '--dir', $dir, '--nodes', 101);
refused('a setting without a value', 2, qr/name=value/, 'federation', 'create', '--dir', $dir, '--set', 'jit');
refused('a path no socket fits in', 2, qr/too long a path/, 'federation', 'create', '--dir',
	"$home/" . 'x' x 100, '--nodes', 1, '--base-port', $port);
like(done('create', 'federation', 'create', '--dir', $dir, '--nodes', 1, '--base-port', $port), qr/^stop +mesctl/m,
	'says how to stop it');
is((stat $dir)[2] & 0777, 0700, 'the directory is its owner\'s alone');
isnt((stat "$dir/node1/data")[4], 0, 'and no server runs as root');
refused('create where one is', 1, qr/holds a federation already/, 'federation', 'create', '--dir', $dir);
like(done('status', 'federation', 'status', '--dir', $dir), qr/^node1  running  port $port/, 'runs');
like(done('health', 'node', 'health', '--dir', $dir), qr/^OK voting/, 'is well');
SKIP:
{
	skip 'root may read everything', 1 if $> == 0;
	mkdir "$home/closed", 0000;
	refused('a directory of someone else', 1, qr/cannot read .*Permission denied/, 'psql', '--dir', "$home/closed", 'node1');
}
refused('a directory without one', 1, qr/there is no federation/, 'psql', '--dir', $home, 'node1');
refused('a node that is not there', 2, qr/no "node2"/, 'psql', '--dir', $dir, 'node2');
is(sql('SHOW meschain.node_name'), 'node1', 'psql reaches it');
like(done('account create', 'account', 'create', 'till', '--dir', $dir), qr/^mes1\w{58}$/, 'an address');

# ---- keys
foreach my $name (qw(alice bob carol))
{
	my $shown = done("key of $name", 'key', 'new', "$home/$name.key", '--suite', $name eq 'bob' ? 2 : 1);
	$address{$name} = field($shown, 'address');
	is((stat "$home/$name.key")[2] & 0777, 0600, 'the file is its owner\'s alone');
	is(done('shown again', 'key', 'show', "$home/$name.key"), $shown, 'the same address and key');
}
refused('an account twice', 1, qr/MC324 there is an account "till" already\nhint: Choose another name/, 'account', 'create', 'till',
	'--dir', $dir);
refused('a key file that exists', 1, qr/exists already and is not overwritten; name a new file/, 'key', 'new', "$home/alice.key");
chmod 0644, "$home/carol.key";
refused('a key that others can read', 1, qr/chmod 600/, 'key', 'show', "$home/carol.key");
chmod 0600, "$home/carol.key";

# ---- build, sign, submit
coins('alice');
my $shown = build('issue and notarise', '--from', $address{alice}, '--metadata', 'isin=XS0',
	'issue', 'EUR', '1000.50', '2', 'notarise', '11' x 32);
like($shown, qr/supply +100050 base units of EUR/, 'what is built is shown');
like($shown, qr/isin: XS0/, 'with its metadata');
like($shown, qr/^valid      from 20\d\d-\d\d-\d\d [\d:]{8}\.\d{3} UTC to 20.* UTC$/m, 'times as people read them');
like($shown, qr/^submission \w{8}(-\w{4}){3}-\w{12}$/m, 'its submission as SQL writes it');
unlike($shown, qr/^ *\w+ *$/m, 'and nothing that is empty');
refused('a transaction without signature', 1, qr/$address{alice} has not signed/, 'tx', 'submit',
	"$home/tx", '--dir', $dir);
refused('a signature by someone else', 1, qr/$address{bob} has no part/, 'tx', 'sign', "$home/tx",
	'--key', "$home/bob.key");
sign('alice');
refused('a second signature by the same key', 1, qr/signed for $address{alice} already/, 'tx', 'sign',
	"$home/tx", '--key', "$home/alice.key");
my $txid = submit('submitted');
is($txid, field($shown, 'txid'), 'under the txid that was shown when it was built');
is(sql("SELECT status FROM mes.receipts WHERE txid = '\\x$txid'"), 'ok', 'it took effect');
refused('the same again', 1, qr/MC218 .*$txid/, 'tx', 'submit', "$home/tx", '--dir', $dir);

append_to_file("$home/forged", slurp_file("$home/tx") =~ s/^(body .{40})(.)/$1 . ($2 eq '0' ? 1 : 0)/emr);
my ($status, undef, $stderr) = mesctl('tx', 'submit', "$home/forged", '--dir', $dir);
isnt($status, 0, 'one changed digit of a signed body is found before it is sent');
like($stderr, qr/MC\d\d\d \w+: /, 'with a code');

coins('alice');
refused('more than there is', 1, qr/has 1000\.50 EUR and needs 2000\.00/, 'tx', 'build', '--coins',
	"$home/coins", '--out', "$home/tx", 'transfer', $address{bob}, 'EUR', '2000');
refused('too many decimals', 2, qr/more decimals than its asset's 2/, 'tx', 'build', '--coins',
	"$home/coins", '--out', "$home/tx", 'transfer', $address{bob}, 'EUR', '0.001');
build('a transfer', '--memo', 'lunch', 'transfer', $address{bob}, 'EUR', '100.25', 'burn', 'EUR', '0.25');
sign('alice');
submit('a transfer and a burn');
is(sql("SELECT amount FROM mes.balances WHERE address = '$address{bob}'"), '100.25', 'bob has it');
is(sql("SELECT amount FROM mes.balances WHERE address = '$address{alice}'"), '900.00', 'alice has the rest');

coins('carol');
build('another asset', '--from', $address{carol}, 'issue', 'GOLD', '10', '0');
sign('carol');
submit('carol issues');
coins(qw(bob carol));
build('payment against payment', '--from', $address{bob}, 'transfer', $address{carol}, 'EUR', '50',
	'as', $address{carol}, 'transfer', $address{bob}, 'GOLD', '1');
sign('bob');
refused('half signed', 1, qr/$address{carol} has not signed/, 'tx', 'submit', "$home/tx", '--dir', $dir);
sign('carol');
submit('signed by both');
is(sql("SELECT string_agg(asset || amount, ' ' ORDER BY asset) FROM mes.balances "
		. "WHERE address = '$address{bob}'"), 'EUR50.25 GOLD1', 'both payments happened');

# ---- two of three keys
my @keys = map { public_key($_) } qw(alice bob carol);
$shown = done('an address of two of three', 'key', 'address', '--threshold', 2, @keys);
$address{board} = field($shown, 'address');
my $condition = field($shown, 'condition');
coins('alice');
build('to the board', 'transfer', $address{board}, 'EUR', '5');
sign('alice');
submit('alice pays the board');
coins('board');
build('from the board', 'transfer', $address{alice}, 'EUR', '2');
sign('bob', '--condition', $condition);
refused('one of two signatures', 1, qr/$address{board} has 1 of 2/, 'tx', 'submit', "$home/tx", '--dir', $dir);
sign('carol', '--condition', $condition);
submit('two of three have signed');
is(sql("SELECT amount FROM mes.balances WHERE address = '$address{board}'"), '3.00', 'the board paid');

# ---- a clerk who is no superuser
sql('CREATE ROLE clerk LOGIN IN ROLE mes_member, mes_reader');
my @as_clerk = ('--db', "host=$dir port=$port dbname=ledger user=clerk");
done('a reader fetches coins', 'tx', 'coins', $address{alice}, @as_clerk, '--out', "$home/coins");
build('for the clerk', 'transfer', $address{bob}, 'EUR', '1');
sign('alice');
done('a member hands in', 'tx', 'submit', "$home/tx", @as_clerk);

# ---- load, and a kill in the middle of it
sub missing
{
	my ($file) = @_;
	my @lines = split /\n/, slurp_file($file);
	my $list = join ',', map { /^([0-9a-f]{64}) \d{16}$/ ? "'\\x$1'::bytea" : 'NULL' } @lines;

	cmp_ok(scalar @lines, '>', 0, 'transfers were acknowledged');
	return sql("SELECT count(*) FROM unnest(ARRAY[$list]) AS acked (txid) WHERE NOT EXISTS "
		. '(SELECT FROM mes_internal.transaction_rows AS t WHERE t.txid = acked.txid AND t.status = 0)');
}

my $summary = done('load at a rate', 'load', '--dir', $dir, '--clients', 4, '--seconds', 2, '--rate', 50,
	'--suite', 2, '--acked', "$home/acked");
cmp_ok(field($summary, 'acknowledged'), '<=', 110, 'the rate is kept');
is(missing("$home/acked"), '0', 'every acknowledged transfer is on the ledger');

$summary = done('load in batches', 'load', '--dir', $dir, '--clients', 2, '--seconds', 2, '--batch', 10,
	'--rate', 200, '--acked', "$home/acked");
cmp_ok(field($summary, 'acknowledged'), '>=', 10, 'a batch at least');
is(missing("$home/acked"), '0', 'every transfer of every batch is on the ledger');

my $load = IPC::Run::start([ 'mesctl', 'load', '--dir', $dir, '--clients', 4, '--seconds', 4, '--rate',
		100, '--acked', "$home/acked2" ], '>', \my $said, '2>&1');
sleep 2;
like(done('kill', 'federation', 'kill', '--dir', $dir, 'node1'), qr/^node1 killed/, 'it is dead');
is((mesctl('federation', 'status', '--dir', $dir))[0], 1, 'status says so in its exit code');
is((mesctl('node', 'health', '--dir', $dir))[0], 2, 'health is critical');
done('start', 'federation', 'start', '--dir', $dir);
ok(IPC::Run::finish($load), 'the load goes on and ends well') or diag $said;
like($said, qr/^reconnected +[1-9]/m, 'over new connections');
is(missing("$home/acked2"), '0', 'nothing acknowledged was lost');
is(sql('SELECT count(*) FROM mes.verify()'), '0', 'and the ledger verifies');

done('stop', 'federation', 'stop', '--dir', $dir);
done('destroy', 'federation', 'destroy', '--dir', $dir);
ok(!-e $dir, 'nothing is left');
refused('start where nothing is', 1, qr/no federation in/, 'federation', 'start', '--dir', $dir);

done_testing();
