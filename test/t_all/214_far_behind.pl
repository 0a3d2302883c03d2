# 214_far_behind.pl - a node is away for ten thousand blocks (BLOCKS in the environment says how many)
# and is level again while the others go on (C7). P29
use strict;
use warnings;

use MeschainFederation;
use Test::More;
use Time::HiRes qw(time);

my $blocks = $ENV{BLOCKS} // 10000;
my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });

# one client: each block holds one transfer, so blocks are as cheap as they get
my $load = $bank->load_begin(clients => 1, seconds => 1);
$bank->load_end($load);
$bank->wait_equal;
$bank->stop(4);
my $left = $bank->height(1);
my @acked;
while ($bank->height(1) < $left + $blocks)
{
	push @acked, $bank->load_end($bank->load_begin(clients => 1, seconds => 20));
}
my $goal = $bank->height(1);

$load = $bank->load_begin(clients => 1, seconds => 10);
my $began = time;
$bank->start(4);
$bank->wait_until(4, "SELECT applied_height >= $goal FROM mes.status", 't', 600);
my $took = time - $began;
note sprintf '%d blocks in %.1f s, under load', $goal - $left, $took;
push @acked, $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('after so long');
$bank->has_acked($_) foreach @acked;
$bank->logs_are_clean;
done_testing();
