# 215_seven.pl - seven members bear two that are faulty: one signs two proposals and one is silent; one
# is killed and one clock is an hour ahead; one lies about results while another stands still. P13
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(7, parameters => { tau0 => 3000 }, wait => 120);

is($bank->sql(1, 'SELECT quorum, faults_tolerated FROM mes.status'), '5|2', 'five of seven decide');
sub goes_on
{
	my ($what, $do, $undo, @nodes) = @_;

	$bank->under_load(
		$what,
		sub { $do->(); $bank->wait_blocks(1, 5); pass("$what: blocks go on"); $undo->() },
		nodes => [ @nodes ? @nodes : $bank->nodes ]);
	return;
}

goes_on(
	'one equivocates, one is silent',
	sub { $bank->switch_on(6, lie => 'equivocate'); $bank->switch_on(7, lie => 'silent') },
	sub { $bank->switch_on($_, 'lie') foreach 6, 7 });
goes_on(
	'one is killed, one clock is wrong',
	sub { $bank->kill9(5); $bank->switch_on(4, clock_offset => 3600000) },
	sub { $bank->start(5); $bank->switch_on(4, 'clock_offset') });
goes_on(
	'one computes something else, one stands still',
	sub { $bank->switch_on(7, lie => 'wrong_result'); $bank->pause(6) },
	sub { $bank->resume(6) }, 1 .. 6);
$bank->logs_are_clean;
done_testing();
