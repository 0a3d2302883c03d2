# 022_proof.pl - mesctl proof verify: a proof put together by a second hand, in Perl from the rows
# of a ledger, is believed by who trusts its genesis or a later block, and by nobody after any
# change.
use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $home = tempdir(CLEANUP => 1);
my $dir = "$home/ledger";
($ENV{MESCHAIN_BINDIR}) = grep { -x "$_/initdb" } split /:/, $ENV{PATH};

sub mesctl
{
	my ($stdout, $stderr) = ('', '');
	IPC::Run::run([ 'mesctl', @_ ], '>', \$stdout, '2>', \$stderr);
	return ($? >> 8, $stdout, $stderr);
}

sub sql
{
	my ($status, $stdout, $stderr) = mesctl('psql', '--dir', $dir, 'node1', '-XAtq', map { ('-c', $_) } @_);

	die $stderr if $status != 0;
	chomp $stdout;
	return $stdout;
}

# ---- just enough CBOR
sub head
{
	my ($major, $number) = @_;

	return pack('C', $major << 5 | $number) if $number < 24;
	return pack('CC', $major << 5 | 24, $number) if $number < 256;
	return pack('Cn', $major << 5 | 25, $number) if $number < 65536;
	return pack('CN', $major << 5 | 26, $number);
}
sub integer { my ($value) = @_; return $value < 0 ? head(1, -1 - $value) : head(0, $value) }
sub bytes { my ($value) = @_; return head(2, length $value) . $value }
sub text { my ($value) = @_; return head(3, length $value) . $value }
sub array { return head(4, scalar @_) . join('', @_) }
sub map_of { return head(5, @_ / 2) . join('', @_) }

# The proof of the only transaction of a block, certified by that block's own certificate.
sub prove
{
	my ($height) = @_;
	my ($body, $witnesses, $txid) = map { pack 'H*', $_ } split /\|/, sql(
		"SELECT encode(t.body, 'hex'), encode(w.witnesses, 'hex'), encode(t.txid, 'hex') "
		. 'FROM mes_internal.transaction_rows AS t JOIN mes_internal.witness_rows AS w '
		. "ON w.height = t.tx_id >> 20 WHERE t.tx_id = ${height}::bigint << 20");
	my ($header, $certificate, @roots) = map { pack 'H*', $_ } split /\|/, sql(
		"SELECT encode(b.header, 'hex'), encode(b.result_certificate, 'hex'), "
		. "encode(p.state_root, 'hex'), encode(b.receipts_root, 'hex'), encode(b.writeset_root, 'hex'), "
		. "encode(b.state_digest, 'hex'), encode(b.next_valset_hash, 'hex') "
		. 'FROM mes_internal.block_rows AS b JOIN mes_internal.block_rows AS p ON p.height = b.height - 1 '
		. "WHERE b.height = $height");
	my $receipt = array(bytes($txid), integer(0), integer(-1), integer(0), integer(0), text(''));
	my $alone = bytes(array(integer(1), integer(0), array()));
	my $protected = map_of(integer(1), integer(-70001), integer(16), text('mes-proof-1'), integer(395), integer(1));
	my $unprotected = map_of(
		integer(396), map_of(integer(-1), array($alone, $alone)),
		integer(-70002), bytes($header),
		integer(-70003), array(bytes($receipt), (map { bytes($_) } @roots), array()),
		integer(-70004), array(), integer(-70005), array());

	# a block's witnesses are an array of one transaction's here
	return head(6, 18) . array(bytes($protected), $unprotected,
		bytes(array($body, substr $witnesses, 1)), bytes($certificate));
}

sub write_file
{
	my ($name, $content) = @_;

	unlink "$home/$name";
	append_to_file("$home/$name", $content);
	return "$home/$name";
}

sub verify
{
	my ($proof, $trust) = @_;
	return mesctl('proof', 'verify', write_file('proof', $proof), '--trust', write_file('trust', $trust));
}

my $port = PostgreSQL::Test::Cluster::get_free_port();
is((mesctl('federation', 'create', '--dir', $dir, '--nodes', 1, '--base-port', $port))[0], 0, 'a ledger');
sql("SELECT mes.create_account('till')", "SELECT mes.issue_asset('EUR', 100)");
my $till = sql('SELECT address FROM mes.accounts');
sql("SELECT mes.transfer('$till', 'EUR', 7, memo => 'proved')");
my $txid = sql("SELECT encode(txid, 'hex') FROM mes.transactions WHERE height = 2");
my $hash = sql("SELECT encode(hash, 'hex') FROM mes.blocks WHERE height = 2");
my $genesis = sql('SELECT document FROM mes_internal.genesis_rows');
my ($chain_id) = $genesis =~ /"genesis_hash": "([0-9a-f]{32})/;
my $proof = prove(2);

my ($status, $stdout, $stderr) = verify($proof, $genesis);
is($status, 0, 'who trusts the genesis believes it') or diag $stderr;
like($stdout, qr/^valid +final$/m, 'that it is final');
like($stdout, qr/^block +2, position 0\nblock_hash $hash$/m, 'where it stands');
like($stdout, qr/^effect +ok$/m, 'that it took effect');
like($stdout, qr/^signed_by +1 of 1 members/m, 'who vouches');
like($stdout, qr/no quorum of several members vouches/, 'what one member is worth');
like($stdout, qr/^txid +$txid\n.*memo +proved\n/ms, 'and what it says');
is((verify('\x' . unpack('H*', $proof) . "\n", $genesis))[0], 0, 'hex as psql prints it will do');

# ---- one changed bit in each of many places, and other trusts
my $believed = 0;
foreach my $place (map { int($_ * length($proof) / 40) } 0 .. 39)
{
	my $changed = $proof;
	substr($changed, $place, 1) ^= "\x01";
	$believed++ if (verify($changed, $genesis))[0] == 0;
}
is($believed, 0, 'no changed proof is believed');
($status, undef, $stderr) = verify(substr($proof, 0, -1), $genesis);
like($stderr, qr/^mesctl: MC260 /, 'nor a shortened one');
($status, undef, $stderr) = verify($proof, $genesis =~ s/("voting_key": ".)(.)/$1 . ($2 eq '0' ? 1 : 0)/er);
is($status, 1, 'a genesis with another key is not taken');
like($stderr, qr/was changed|MC\d\d\d/, 'and why is said');
($status, undef, $stderr) = verify($proof, '{"chain_id": "' . '0' x 32 . "\", \"height\": 2, \"block_hash\": \"$hash\"}");
is($status, 1, 'nor is a proof of another chain');
like($stderr, qr/MC266 /, 'with its code');
($status, undef, $stderr) = verify($proof, "{\"chain_id\": \"$chain_id\", \"height\": 0}");
like($stderr, qr/height 0 is no block/, 'a trust in nothing is refused');
($status, undef, $stderr) = verify($proof, '{"chain_id": ');
like($stderr, qr/line 1: /, 'and one that is no JSON');

is((mesctl('federation', 'destroy', '--dir', $dir))[0], 0, 'gone');
done_testing();
