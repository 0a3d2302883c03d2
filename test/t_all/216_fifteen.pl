# 216_fifteen.pl - fifteen members: every block carries the signatures of ten, on its order and on its
# result; four are killed and it goes on, with six gone it stands still. A13, C7
use strict;
use warnings;

use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(15, parameters => { tau0 => 5000 }, wait => 300,
	settings => [ 'max_connections=80', 'shared_buffers=16MB', 'meschain.commit_timeout=170s' ]);

is($bank->sql(1, 'SELECT members_total, quorum, faults_tolerated FROM mes.status'), '15|10|4', 'ten of fifteen decide');
$bank->under_load('at rest', sub { $bank->wait_blocks(1, 10) }, clients => 2);

foreach my $certificate (qw(commit_certificate result_certificate))
{
	is($bank->sql(3, <<"SQL"), '0', "every $certificate is signed by ten members or more");
SELECT count(*) FROM mes_internal.block_rows AS b
 WHERE (SELECT count(DISTINCT s.member) FROM mes_internal.certificate_signers(b.$certificate) AS s) < 10
SQL
}
cmp_ok($bank->sql(3, 'SELECT count(*) FROM mes_internal.block_rows'), '>', 10, 'of more than ten blocks');

my @four = (12 .. 15);
$bank->under_load(
	'four killed',
	sub {
		$bank->kill9(@four);
		$bank->wait_blocks(1, 5);
		pass('eleven go on');
		$bank->start(@four);
	},
	clients => 2);

# ten are a quorum, nine are none
$bank->kill9(10 .. 15);
my $load = $bank->load_begin(clients => 2, seconds => 5);
my $height = $bank->height(1);
sleep 5;
cmp_ok($bank->height(1), '<=', $height + 1, 'nine decide nothing');
$bank->start(10 .. 15);
my $acked = $bank->load_end($load);
$bank->wait_equal;
$bank->ledgers_equal('six killed and back');
$bank->has_acked($acked);
$bank->logs_are_clean;
done_testing();
