# 204_faults.pl - one of each family of faults, under load: the leader stopped and let go, one member cut
# off, one that signs two proposals, one that was away. The rest go on, and all ledgers are equal at the end
# (C7). The others of each family are in test/t_all. P13, P29, P34
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

# ---- one comes back when nothing is going on: no new block is needed for it to be level. Its blocks share
# database transactions, where no commit hook ran; a hook that fails fails for its own call, and a kill in
# the middle loses or keeps whole transactions
$bank->sql(4, <<'SQL');
CREATE FUNCTION public.refuse(event jsonb) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$;
SQL
$bank->sql(4, "SELECT mes.add_commit_hook('issue_asset', 'public.refuse(jsonb)')");
$bank->stop(4);
my $left = $bank->height(1);
my $goal = $left + 400;
my @acked;
push @acked, $bank->load_end($bank->load_begin(clients => 2, seconds => 3)) while $bank->height(1) < $goal;
$bank->start(4);
$bank->wait_until(4, "SELECT applied_height >= $left + 50 FROM mes.status", 't', 60);
$bank->kill9(4);
my $began = time;
$bank->start(4);
$bank->wait_until(4, "SELECT applied_height >= $goal FROM mes.status", 't', 60);
cmp_ok(time - $began, '<', 12, 'one that was away for 400 blocks has them in seconds');
$bank->wait_equal;
cmp_ok($bank->sql(4, "SELECT count(DISTINCT xmin::text) FROM mes_internal.block_rows WHERE height > $left AND height <= $goal"),
	'<', 200, 'by commits of several blocks each');
my $issues = $bank->sql(4, "SELECT count(*) FROM mes.transactions WHERE height > $left AND operation = 'issue_asset' AND status = 'ok'");
cmp_ok($issues, '>', 0, 'with operations that a hook is for');
is($bank->sql(4, "SELECT count(*) FROM mes.hook_errors WHERE height > $left"), $issues, 'whose failure is that of each one of them');
$bank->ledgers_equal('one that was away');
$bank->has_acked($_) foreach @acked;
$bank->logs_are_clean;
done_testing();
