# soak.pl - `make soak MINUTES=n [SEED=s] [NODES=n]`: faults drawn at random, one after the other and two at
# once where the federation bears it, under load, for as long as it is told to. After each round nothing
# acknowledged is lost and all ledgers are equal (C7). The seed is printed; with it the faults repeat.
use strict;
use warnings;

use List::Util qw(shuffle);
use MeschainFederation;
use Test::More;
use Time::HiRes qw(sleep time);

my $minutes = $ENV{MINUTES} || 10;
my $seed = $ENV{SEED} || time % 1000000;
my $nodes = $ENV{NODES} || 4;
srand $seed;
diag "soak: $minutes minutes, $nodes nodes, SEED=$seed";

my $bank = MeschainFederation->create($nodes, parameters => { tau0 => 1500 * ($nodes > 7 ? 4 : 1) }, wait => 300);
my $faulty = int(($nodes - 1) / 3);

sub some { my ($count) = @_; return (shuffle(2 .. $nodes))[ 0 .. $count - 1 ] }

sub switched
{
	my ($node, $name, $value) = @_;

	$bank->switch_on($node, $name => $value);
	return sub { $bank->switch_on($node, $name) };
}

# Of one node: does it, and returns what undoes it.
my %on_one = (
	killed => sub { my ($node) = @_; $bank->kill9($node); return sub { $bank->start($node) } },
	stopped => sub { my ($node) = @_; $bank->stop($node); return sub { $bank->start($node) } },
	paused => sub { my ($node) = @_; $bank->pause($node); return sub { $bank->resume($node) } },
	order_killed => sub { my ($node) = @_; $bank->kill9_worker($node, 'order'); return sub { } },
	apply_killed => sub { my ($node) = @_; $bank->kill9_worker($node, 'apply'); return sub { } },
	order_ended => sub { my ($node) = @_; $bank->end_worker($node, 'order'); return sub { } },
	unheard => sub { my ($node) = @_; $bank->cut($node, grep { $_ != $node } $bank->nodes); return sub { $bank->heal } },
	silent => sub { return switched($_[0], lie => 'silent') },
	equivocating => sub { return switched($_[0], lie => 'equivocate') },
	slow_disk => sub { return switched($_[0], disk_time => 100000 + int rand 400000) },
	fast_clock => sub { return switched($_[0], clock_offset => 3600000) },
	slow_clock => sub { return switched($_[0], clock_offset => -3600000) },
);

# More than the federation bears: it stands still, and goes on when it is over.
my %on_all = (
	all_killed => sub { $bank->kill9; return sub { $bank->start } },
	halves => sub {
		my @order = (1, some($nodes - 1));
		my @half = splice @order, 0, int($nodes / 2);

		$bank->partition(\@half, \@order);
		return sub { $bank->heal };
	},
	too_many_killed => sub { my @those = some($faulty + 1); $bank->kill9(@those); return sub { $bank->start(@those) } },
	too_many_paused => sub {
		my @those = some($faulty + 1);

		$bank->pause($_) foreach @those;
		return sub { $bank->resume($_) foreach @those };
	},
);

my $end = time + 60 * $minutes;
my ($round, $acknowledged) = (0, 0);
while (time < $end)
{
	my $seconds = 3 + int rand 5;
	my $bears = rand() < 0.8;
	my @kinds = (shuffle sort keys %on_one)[ 0 .. $faulty - 1 ];
	my ($all) = shuffle sort keys %on_all;
	my @nodes = some($faulty);
	my $what = $bears ? join ', ', map { "node$nodes[$_] $kinds[$_]" } 0 .. $#kinds : $all;

	$round++;
	note "round $round: $what for $seconds s";
	my $load = $bank->load_begin(clients => 1 + int rand 8, seconds => $seconds + 4);
	$bank->wait_blocks(1, 2);
	my @undo = $bears ? map { $on_one{ $kinds[$_] }->($nodes[$_]) } 0 .. $#kinds : $on_all{$all}->();
	sleep $seconds;
	$bank->wait_blocks(1, 2) if $bears;
	$_->() foreach @undo;
	my $acked = $bank->load_end($load, "round $round, $what: the load ends well");
	$bank->wait_equal;
	$bank->ledgers_equal("round $round, $what");
	$acknowledged += $bank->has_acked($acked);
	last if !Test::More->builder->is_passing;
}
$bank->verifies;
$bank->logs_are_clean;
diag "soak: $round rounds, $acknowledged transfers acknowledged and found on every node";
done_testing();
