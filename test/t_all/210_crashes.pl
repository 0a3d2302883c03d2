# 210_crashes.pl - servers and workers of a federation killed and stopped under load: a follower, the
# leader, order and apply alone, all at once, two of four, the leader again and again. Nothing
# acknowledged is lost, and all have equal ledgers at the end (C7). P1, P29, P34
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });

$bank->under_load('a follower killed', sub { $bank->kill9(3); $bank->wait_blocks(1, 5); $bank->start(3) });
$bank->under_load(
	'the leader killed',
	sub {
		my $leader = $bank->leader_but_one;

		$bank->kill9($leader);
		$bank->wait_blocks(1, 5);
		$bank->start($leader);
	});
$bank->under_load('order killed on one, apply on another',
	sub { $bank->kill9_worker(2, 'order'); $bank->kill9_worker(4, 'apply'); $bank->wait_blocks(1, 5) });
# what blocks had ordered goes back to its place in the pool, or is told what became of it
$bank->under_load(
	'workers ended under waiting sessions',
	sub {
		foreach my $type (qw(order apply housekeeper))
		{
			$bank->end_worker(1, $type);
			$bank->wait_blocks(1, 3);
		}
	},
	clients => 16);
$bank->under_load('all killed at once', sub { $bank->kill9; $bank->start });
$bank->under_load(
	'the leader stopped for a while',
	sub {
		my $leader = $bank->leader_but_one;

		$bank->pause($leader);
		$bank->wait_blocks(1, 5);
		$bank->resume($leader);
	});

# ---- two of four: no block, no fork; then they go on where they stopped
$bank->kill9(3, 4);
my $load = $bank->load_begin(node => 1, clients => 2, seconds => 4);
my $height = $bank->height(1);
sleep 4;
cmp_ok($bank->height(1), '<=', $height + 1, 'two of four decide nothing');
$bank->start(3, 4);
my $acked = $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('two of four killed and back');
$bank->has_acked($acked);

$bank->under_load(
	'the leader killed every two seconds for a minute',
	sub {
		my $end = time + 60;

		while (time < $end)
		{
			my $leader = $bank->leader_but_one;

			$bank->kill9($leader);
			sleep 2;
			$bank->start($leader);
		}
	},
	seconds => 62);

$bank->verifies($_) foreach $bank->nodes;
$bank->logs_are_clean;
done_testing();
