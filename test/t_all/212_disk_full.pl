# 212_disk_full.pl - the disk of one node's write-ahead log fills up under load: that server stops, the
# others go on, and with room again it starts and is level (C7). P29
use strict;
use warnings;

use SmallDisk (256);
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(4, parameters => { tau0 => 1500 });
my $log = $bank->data_dir(4) . '/pg_wal';

$bank->stop(4);
system_or_bail('cp', '-a', $log, "$SmallDisk::path/pg_wal");
system_or_bail('rm', '-r', $log);
symlink "$SmallDisk::path/pg_wal", $log or BAIL_OUT("symlink: $!");
$bank->start(4);
$bank->wait_voting(4);

$bank->under_load(
	'a full disk',
	sub {
		SmallDisk::fill();
		# the load would need some seconds for what is left of the file
		my $error = '';
		$error = $bank->sql_error(4, 'SELECT pg_switch_wal(), pg_sleep(0.1)') foreach 1 .. 20;
		isnt($error, '', 'the server with the full disk stops');
		$bank->wait_blocks(1, 20);
		pass('the others go on');
		SmallDisk::free();
		# by itself when it was about to recover just now
		$bank->start(4) unless defined $bank->postmaster_pid(4);
	},
	seconds => 15);
like(slurp_file($bank->log_file(4)), qr/No space left on device/, 'its log says why');
$bank->wait_voting(4);
pass('and it votes again');
$bank->verifies(4);
$bank->logs_are_clean(1 .. 3);
done_testing();
