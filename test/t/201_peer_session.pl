# 201_peer_session.pl - P12, X5: what a member's session can do on another member's server: deliver.
# Everything else ends the session, and nothing of it stays.
use strict;
use warnings;

use IO::Socket::UNIX;
use MeschainFederation;
use PostgreSQL::Test::Utils;
use Test::More;

my $bank = MeschainFederation->create(2, wait => 0, settings => ['autovacuum=off']);
my $state = $bank->state_dir(2);
my %tls = (
	host => 'node1', hostaddr => '127.0.0.1', user => 'mes_peer_node2', sslmode => 'verify-full',
	sslcert => "$state/peer.crt", sslkey => "$state/peer.key", sslrootcert => "$state/peers.crt",
	gssencmode => 'disable');

# ---- who gets in: with its own certificate, over TLS, into the ledger's database
sub connects
{
	my ($name, $pattern, %options) = @_;
	my (undef, undef, $error) = $bank->psql(1, '\q', conninfo => $bank->conninfo(1, %tls, %options));

	like($error, $pattern, $name);
	return;
}
$bank->sql(1, 'CREATE ROLE mes_peer_node3 LOGIN IN ROLE mes_peer');
connects('a member with its certificate', qr/^$/);
connects('a server that shows another member\'s name', qr/does not match host name "node2"/, host => 'node2');
connects('a member as another', qr/certificate authentication failed/, user => 'mes_peer_node3');
connects('a member as superuser', qr/password|no password supplied/, user => 'postgres');
connects('a member without a certificate', qr/requires a valid client certificate/, sslcert => '/nowhere', sslkey => '/nowhere');
connects('a member without TLS', qr/pg_hba.conf rejects/, sslmode => 'disable');
connects('a member in another database', qr/pg_hba.conf rejects/, dbname => 'postgres');
connects('a member through the socket', qr/pg_hba.conf rejects/, host => $bank->dir, hostaddr => '');

# ---- statements
sub ends
{
	my ($statement, $code, %options) = @_;
	my ($status, $stdout, $stderr) = $bank->psql(1, $statement, conninfo => $bank->conninfo(1, %tls, %options));

	$code //= 'MC342';
	ok($status != 0 && $stdout eq '' && $stderr =~ /FATAL:  $code:/, "ended: $statement") or diag "$status $stdout $stderr";
	return;
}
foreach my $statement ('SELECT 1', 'SELECT mes_internal.deliver(NULL)',
	'SELECT mes_internal.deliver(ARRAY[]::bytea[])', 'BEGIN', 'SET statement_timeout = 0', 'SET ROLE mes_peer', 'RESET ALL',
	'SHOW port', 'CREATE TEMP TABLE t (a int)', 'CREATE TABLE mes_internal.t ()', 'SELECT 1 INTO TEMP t',
	'DO $$ BEGIN END $$', 'LISTEN x', 'NOTIFY x', 'UNLISTEN *', 'COPY (SELECT 1) TO STDOUT', 'COPY pg_class TO PROGRAM \'true\'',
	'LOCK TABLE pg_class', 'SELECT * FROM mes.status', 'SELECT * FROM mes_internal.account_rows', 'TABLE pg_authid',
	'SELECT pg_sleep(100)', 'SELECT lo_create(0)', 'SELECT pg_advisory_lock(1)', 'SELECT pg_notify(\'a\', \'b\')',
	'SELECT set_config(\'statement_timeout\', \'0\', false)', 'PREPARE p AS SELECT 1', 'EXECUTE p', 'DECLARE c CURSOR FOR SELECT 1',
	'VALUES (1)', 'EXPLAIN SELECT 1', 'CHECKPOINT', 'DISCARD ALL', 'GRANT mes_peer TO PUBLIC', 'DROP EXTENSION meschain',
	'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS \'SELECT 1\'', 'ALTER ROLE mes_peer_node2 SET jit = on', 'LOAD \'meschain\'',
	'SELECT mes.version()', 'SELECT repeat(\'x\', 100000000)', 'PREPARE TRANSACTION \'x\'', 'VACUUM')
{
	ends($statement);
}
ends('SELEC 1', '42601');
ends('SELECT nothing()', '42883');
ends('SELECT mes_internal.deliver($1)', '42P02');
# settings of the client do not reach it, those of the role and the database neither
ends('SELEC 1', '42601', options => '-c exit_on_error=off');
$bank->sql(1, "ALTER ROLE mes_peer_node2 SET exit_on_error = off");
ends('SELEC 1', '42601');
$bank->sql(1, "ALTER ROLE mes_peer_node2 RESET exit_on_error");
# a role that is put into the group by hand is in the same boat
$bank->sql(1, 'CREATE ROLE odd LOGIN IN ROLE mes_peer');

# ---- the protocol below SQL, through a socket that lets it in
my $hba = slurp_file($bank->data_dir(1) . '/pg_hba.conf');
append_to_file($bank->data_dir(1) . '/pg_hba.conf.new', "local all mes_peer_node2,odd trust\n$hba");
rename $bank->data_dir(1) . '/pg_hba.conf.new', $bank->data_dir(1) . '/pg_hba.conf';
$bank->sql(1, 'SELECT pg_reload_conf()');
ends('SELECT 1', 'MC342', user => 'odd', host => $bank->dir, hostaddr => '');
connects('not even then into another database', qr/has no business in database "postgres"/, host => $bank->dir,
	hostaddr => '', dbname => 'postgres');

# A connection that has said who it is; ready for messages.
sub raw
{
	my (%options) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $bank->dir . '/.s.PGSQL.' . $bank->port(1)) or die "no socket: $!";
	my $start = pack('N', 196608)
	  . join('', map { "$_\0" } user => 'mes_peer_node2', database => 'ledger', %options) . "\0";

	print {$socket} pack('N', length($start) + 4) . $start;
	$socket->flush;
	return $socket;
}

sub message { my ($type, $body) = @_; return $type . pack('N', length($body) + 4) . $body }

# What the server says until it is ready, closes, or is silent for so long: [type, body], ...
sub answers
{
	my ($socket, $seconds) = @_;
	my ($got, @answers) = ('');

	local $SIG{ALRM} = sub { die "silent\n" };
	eval {
		alarm($seconds // 20);
		while (sysread $socket, $got, 65536, length $got)
		{
			while (length $got >= 5 && length $got > unpack 'N', substr $got, 1, 4)
			{
				my $size = unpack 'N', substr $got, 1, 4;
				push @answers, [ substr($got, 0, 1), substr($got, 5, $size - 4) ];
				substr($got, 0, 1 + $size) = '';
				return 1 if $answers[-1][0] eq 'Z';
			}
		}
		push @answers, [ 'end', '' ];
		1;
	} or push @answers, [ 'silent', '' ];
	alarm 0;
	return @answers;
}

sub said
{
	my ($socket, @messages) = @_;

	local $SIG{PIPE} = 'IGNORE';
	print {$socket} join '', @messages;
	$socket->flush;
	my @answers = answers($socket);
	my ($error) = map { $_->[1] } grep { $_->[0] eq 'E' } @answers;
	my ($severity, $code) = ('', '');
	($severity) = $error =~ /V(\w+)\0/ if defined $error;
	($code) = $error =~ /C(\w+)\0/ if defined $error;
	return $severity eq '' ? join '', map { $_->[0] } @answers : "$severity $code";
}

sub ready { my ($socket) = @_; my @answers = answers($socket); return $answers[-1][0] eq 'Z' }

my $deliver = $bank->sql(1, "SELECT 'mes_internal.deliver'::regproc::oid");
my %function = map { split /\|/ } split /\n/, $bank->sql(1, <<'SQL');
SELECT p.oid || '|' || p.oid::regprocedure FROM pg_proc AS p
 WHERE p.prokind = 'f' AND NOT p.proretset AND has_function_privilege('public', p.oid, 'EXECUTE') AND (p.provolatile = 'v' OR p.oid::integer % 40 = 0)
SQL
cmp_ok(keys %function, '>', 150, 'functions that everybody may run: ' . keys %function);
$function{$deliver} = 'deliver itself';
foreach my $oid (sort { $a <=> $b } keys %function)
{
	my $socket = raw();
	ready($socket);
	my $said = said($socket, message('F', pack('N n n n', $oid, 0, 0, 0)));
	like($said, qr/^FATAL (MC342|42501)$/, "ended: the fast path to $function{$oid}");
}

sub parse { return message('P', "$_[0]\0$_[1]\0" . pack('n', 0)) }
sub bind_frames { my ($name, $array) = @_; return message('B', "\0$name\0" . pack('n n', 1, 1) . pack('n N', 1, length $array) . $array . pack('n', 0)) }
sub execute { return message('E', "\0" . pack('N', $_[0] // 0)) }
my $sync = message('S', '');
my $empty = pack('N N N', 0, 0, 17);
my $statement = 'SELECT mes_internal.deliver($1)';

my $socket = raw();
ready($socket);
is(said($socket, message('Q', "\0")), 'IZ', 'an empty query does nothing');
is(said($socket, parse('', $statement), $sync), '1Z', 'the one statement can be prepared');
is(said($socket, parse('x', $statement), $sync), '1Z', 'under a name too');
is(said($socket, parse('y', "$statement "), $sync), 'FATAL MC342', 'another cannot');
close $socket;

# what it asks for in its first packet is not heard
foreach my $wish (['options', '-c exit_on_error=off'], ['exit_on_error', 'off'], ['debug_print_parse', 'on'], ['role', 'mes_admin'])
{
	$socket = raw(@$wish);
	ready($socket);
	is(said($socket, parse('', 'SELEC'), $sync), 'FATAL 42601', "the wish $wish->[0]=$wish->[1] is not heard");
	close $socket;
}

# what goes beyond its share of a second is passed over unread, and counted (A24)
sub frames { my (@frames) = @_; return pack('N5', 1, 0, 17, scalar @frames, 1) . join '', map { pack('N', length) . $_ } @frames }
sub counted { return split /\|/, $bank->sql(1, "SELECT frames_refused, frames_over FROM mes.stat_peers WHERE member = 'node2'") }
$bank->sql(1, 'ALTER SYSTEM SET meschain.peer_message_rate = 100');
$bank->sql(1, 'SELECT pg_reload_conf()');
$bank->stop(2); # its own worker has the same share
sleep 3;
$socket = raw();
ready($socket);
my @before = counted();
is(said($socket, parse('', $statement), bind_frames('', frames(('junk') x 5000)), execute(), $sync), '12DCZ',
	'five thousand messages at once are taken');
my @after = counted();
cmp_ok($after[0] - $before[0], '<=', 210, 'what two seconds allow is read, and refused here');
is($after[0] - $before[0] + $after[1] - $before[1], 5000, 'the rest is over its share');
sleep 1;
said($socket, parse('', $statement), bind_frames('', frames(('junk') x 5000)), execute(), $sync);
@before = @after;
@after = counted();
cmp_ok($after[0] - $before[0], '>=', 90, 'a second later there is another share');
cmp_ok($after[0] - $before[0], '<=', 210, 'and no more');
close $socket;
$bank->sql(1, 'ALTER SYSTEM RESET meschain.peer_message_rate');
$bank->sql(1, 'ALTER SYSTEM SET meschain.peer_byte_rate = \'10kB\'');
$bank->sql(1, 'SELECT pg_reload_conf()');
sleep 3;
$socket = raw();
ready($socket);
@before = counted();
said($socket, parse('', $statement), bind_frames('', frames(('x' x 1000) x 100)), execute(), $sync);
@after = counted();
cmp_ok($after[1] - $before[1], '>=', 75, 'bytes are counted as well');
close $socket;
$bank->sql(1, 'ALTER SYSTEM RESET meschain.peer_byte_rate');
$bank->sql(1, 'SELECT pg_reload_conf()');
$bank->start(2);

# a message that claims a gigabyte gets no memory for it
$socket = raw();
ready($socket);
print {$socket} 'B' . pack('N', 0x3fffff00);
print {$socket} 'x' x 100_000;
$socket->flush;
my @answers = answers($socket, 20);
ok((grep { $_->[0] eq 'E' && $_->[1] =~ /C53200/ } @answers), 'a message of a gigabyte ends the session for want of memory')
  or diag explain \@answers;
close $socket;

# a transaction that is begun and left open ends by itself
$socket = raw();
ready($socket);
is(said($socket, parse('', $statement)), 'FATAL 57P01', 'a transaction left open ends in seconds');
close $socket;

# more sessions than a member needs
my @open = map { my $one = raw(); ready($one); $one } 1 .. 2;
like(join('', map { $_->[1] } answers(raw())), qr/too many connections for role/, 'a member has two places');
close $_ foreach @open;

# ---- what is left of all that
my $ended = $bank->sql(1, "SELECT sessions_ended FROM mes.stat_peers WHERE member = 'node2'");
cmp_ok($ended, '>', 300, "counted against the member: $ended sessions ended");
is($bank->sql(1, "SELECT count(*) FROM pg_largeobject_metadata"), 0, 'no large object');
is($bank->sql(1, "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"), 0, 'no temporary table');
is($bank->sql(1, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0, 'no lock');
is($bank->sql(1, 'SELECT pg_notification_queue_usage()'), 0, 'no notification');
$bank->logs_are_clean;
unlike(slurp_file($bank->log_file(1)), qr/parse tree:/, 'nothing printed into the log');
unlike(slurp_file($bank->log_file(1)), qr/all server processes terminated|was terminated by signal/, 'and the server never went down');

done_testing();
