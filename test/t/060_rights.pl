# 060_rights.pl - servers and workers die by SIGKILL between an offer and its purchase, and in the
# midst of the purchase: shares and money have both moved or neither, a licence is paid or not sold,
# and what was begun can be done again. P6
use strict;
use warnings;

use MeschainNode;
use IPC::Run qw(start);
use Test::More;
use Time::HiRes qw(sleep);

my $seed = $ENV{SEED} || time;
srand $seed;
note "SEED=$seed";

my $node = MeschainNode->create('rights');
$node->create_ledger;
my %address = map { $_ => $node->sql("SELECT mes.create_account('$_')") } qw(studio buyer);
my $as_studio = "SET meschain.account = 'studio';";
my $as_buyer = "SET meschain.account = 'buyer';";
$node->sql("$as_studio SELECT mes.issue_asset('CNY', 1000000, 2)");
$node->sql("$as_studio SELECT mes.transfer('$address{buyer}', 'CNY', 500000)");
$node->sql("$as_studio SELECT mes.register_work('Film', sha256('Film'))");
my $film = $node->sql("SELECT mes.work_id(sha256('Film'))");
# licensed, but not shared with the buyer, who would earn from it
$node->sql("$as_studio SELECT mes.register_work('Song', sha256('Song'))");
my $song = $node->sql("SELECT mes.work_id(sha256('Song'))");

# The purchase goes its way in a session of its own and may be cut off at any moment.
sub begin_purchase
{
	my ($statement) = @_;

	return start [ 'psql', '-XAtq', '-d', $node->connstr('ledger'), '-c', $as_buyer, '-c', $statement ],
	  '<', \undef, '>', \my $out, '2>', \my $err;
}

sub amounts
{
	return $node->sql(
		"SELECT string_agg(amount::text, ' ' ORDER BY address = '$address{studio}') FROM mes.balances");
}

sub shares_of_buyer
{
	return $node->sql(
		"SELECT coalesce(sum(share_ppm), 0) FROM mes.shares WHERE holder_address = '$address{buyer}'");
}

my @ways = (
	[ 'the whole server', sub { $node->crash; $node->start } ],
	[ 'apply', sub { $node->kill9_worker('apply') } ],
	[ 'order', sub { $node->kill9_worker('order') } ],
);

my ($sold, $paid) = (0, 0);
foreach my $round (1 .. 6)
{
	my ($name, $die) = @{ $ways[ ($round - 1) % @ways ] };
	my $submission = $node->sql("$as_studio SELECT mes.offer_share('$film', 1000, 100, 'CNY')");
	my $offer = $node->sql("SELECT offer_id FROM mes.share_offers WHERE submission = '$submission'");
	$submission = $node->sql("$as_studio SELECT mes.grant_licence('$song', price => 10, asset => 'CNY')");
	my $licence = $node->sql("SELECT licence_id FROM mes.licences WHERE submission = '$submission'");

	# between offer and purchase
	$die->();
	$node->wait_for_server;
	$node->wait_for_workers;
	is($node->sql("SELECT status FROM mes.share_offers WHERE offer_id = '$offer'"),
		'open', "round $round, $name: the offer outlives it");

	# in the midst of two purchases
	my @purchases = (begin_purchase("SELECT mes.buy_share('$offer')"),
		begin_purchase("SELECT mes.buy_licence('$licence')"));
	sleep 0.005 + rand 0.12;
	$die->();
	$_->kill_kill foreach @purchases;
	$node->wait_for_server;
	$node->wait_for_workers;
	# what still stood in the pool is decided by now, or went with the server
	$node->sql("$as_studio SELECT mes.transfer('$address{studio}', 'CNY', 1)");

	my $status = $node->sql("SELECT status FROM mes.share_offers WHERE offer_id = '$offer'");
	$sold++ if $status eq 'sold';
	is(shares_of_buyer(), $sold * 1000, "round $round, $name: $status, and so many shares moved");
	my $bought = $node->sql("SELECT status FROM mes.licences WHERE licence_id = '$licence'");
	$paid++ if $bought eq 'active';
	is(amounts(), sprintf('%.2f %.2f', 500000 - 100 * $sold - 10 * $paid, 500000 + 100 * $sold + 10 * $paid),
		"round $round, $name: the licence is $bought, and so much was paid");

	# nothing is stuck: what did not happen can be done now
	if ($status eq 'open')
	{
		$node->sql("$as_buyer SELECT mes.buy_share('$offer')");
		$sold++;
	}
	if ($bought eq 'offered')
	{
		$node->sql("$as_buyer SELECT mes.buy_licence('$licence')");
		$paid++;
	}
}
is("$sold $paid", '6 6', 'everything is sold once');
is(shares_of_buyer(), '6000', 'and delivered');
is($node->sql("SELECT sum(share_ppm) FROM mes.shares WHERE work_id = mes.work_id(sha256('Film'))"), '1000000', 'the shares are a million');
is($node->sql('SELECT sum(amount) FROM mes.royalties'), '60.00', 'royalties are the price of six licences');
is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'mes.verify() finds nothing');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/TRAP:|PANIC:|is damaged|do not add up/,
	'nothing was damaged');
$node->stop;

done_testing();
