# 218_hostile_peer.pl - what a faulty member's server may do to the others' links: answer with rows or with
# one row without end, take and never read, greet and hang up. The others go on, no memory grows, and
# the member itself comes back as if nothing had been. X11, P14
use strict;
use warnings;

use Cwd qw(realpath);
use MeschainFederation;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });
my $data = $bank->data_dir(4);
my @certificate = map { my $file = $bank->sql(4, "SHOW $_"); $file =~ m{^/} ? $file : "$data/$file" } qw(ssl_cert_file ssl_key_file);
my $server = realpath('test/lib/hostile_server.py');

# kB that the order worker has for itself
sub order_memory
{
	my ($node) = @_;

	open my $status, '<', '/proc/' . $bank->worker_pid($node, 'order') . '/status' or die "no order worker: $!";
	my ($anonymous) = map { /^RssAnon:\s+(\d+)/ } <$status>;
	return $anonymous;
}

$bank->under_load('before', sub { $bank->wait_blocks(1, 20) }, seconds => 5);
my %before = map { $_ => order_memory($_) } 1 .. 3;
my %worker = map { $_ => $bank->worker_pid($_, 'order') } 1 .. 3;
foreach my $what (qw(rows_without_end row_without_end never_reads hangs_up))
{
	$bank->stop(4);
	my ($out, $error) = ('', '');
	my $false = IPC::Run::start([ $server, $bank->port(4), @certificate, $what ], '<', \undef, '>', \$out, '2>', \$error);
	IPC::Run::pump($false) until $out =~ /ready/ || $error ne '';
	is($error, '', "$what: a false server stands in the member's place");

	$bank->under_load($what, sub { sleep 5; $bank->wait_blocks(1, 5); pass("$what: blocks go on") },
		seconds => 8, nodes => [ 1 .. 3 ]);
	IPC::Run::pump_nb($false);
	like($out, qr/greeted\n(?:.*\n)*greeted/, "$what: it was connected to");
	foreach my $node (1 .. 3)
	{
		is($bank->worker_pid($node, 'order'), $worker{$node}, "$what: node$node has the same worker");
		cmp_ok(order_memory($node) - $before{$node}, '<', 32 * 1024, "$what: with at most 32 MB more");
	}
	$false->kill_kill;
	$bank->start(4);
	$bank->wait_voting(4);
	$bank->wait_equal;
}
$bank->ledgers_equal('with its own server again');
$bank->logs_are_clean;
done_testing();
