# 204_faults.pl - one of each family of faults, under load: the leader stopped and let go, one member cut
# off, one that signs two proposals. The rest go on, and all ledgers are equal at the end (C7). The others
# of each family are in test/t_all. P13, P34
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1000 });

sub goes_on
{
	my ($what, $do, $undo) = @_;

	$bank->under_load($what, sub { $do->(); $bank->wait_blocks(1, 3); pass("$what: blocks go on"); $undo->() },
		seconds => 3);
	return;
}

my $leader = $bank->leader_but_one;
goes_on('the leader stopped for a while', sub { $bank->pause($leader) }, sub { $bank->resume($leader) });
goes_on('three against one', sub { $bank->partition([ 1, 2, 3 ], [4]) }, sub { $bank->heal });
goes_on('a member that signs two proposals', sub { $bank->switch_on(2, lie => 'equivocate') },
	sub { $bank->switch_on(2, 'lie') });
$bank->logs_are_clean;
done_testing();
