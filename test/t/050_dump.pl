# 050_dump.pl - a ledger moves to another server as a dump. It is the same ledger there: the same
# state root over other object ids, verified before the first new block, refused when tampered with,
# and made blocks on only by the node that has the key.    # P9 P10 P18
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $work = tempdir(CLEANUP => 1);

my $old = MeschainNode->create('old');
$old->create_ledger;
my $bob = $old->sql("SELECT mes.create_account('bob')");
$old->sql("SELECT mes.create_account('alice')");
my $as_alice = "SET meschain.account = 'alice';";
$old->sql("$as_alice SELECT mes.issue_asset('GOLD', 1000, 2)");
$old->sql("$as_alice SELECT mes.notarise(sha256('a contract'), '{\"pages\": 3}')");
$old->sql("$as_alice DO \$\$ BEGIN FOR i IN 1..20 LOOP
  PERFORM mes.transfer('$bob', 'GOLD', i, 'memo ' || i); COMMIT; END LOOP; END \$\$");
$old->sql('CREATE TABLE core (height bigint, operation text)');
$old->sql("CREATE FUNCTION book(event jsonb) RETURNS void LANGUAGE sql AS
  \$\$ INSERT INTO public.core VALUES ((event ->> 'height')::bigint, event ->> 'operation') \$\$");
$old->sql("SELECT mes.add_commit_hook('transfer', 'public.book(jsonb)')");
$old->sql("$as_alice SELECT mes.transfer('$bob', 'GOLD', 0.5)");
$old->sql('CALL mes.run_verify()');
my $oids = "SELECT 'mes_internal.output_rows'::regclass::oid";
my $roots = 'SELECT height, state_root FROM mes.blocks ORDER BY height';
my $balances = 'SELECT address, asset, amount FROM mes.balances ORDER BY 1, 2';
my $root = $old->sql('SELECT state_root FROM mes.status');
my %before = (roots => $old->sql($roots), balances => $old->sql($balances),
	oids => $old->sql($oids));

command_ok([ 'pg_dump', '-Fc', '-f', "$work/dump", $old->connstr('ledger') ], 'the ledger is dumped');
my $state = $old->state_directory;
$old->stop;

# A server with an empty database "ledger"; other object ids than the first one's.
sub fresh
{
	my ($name) = @_;
	my $node = MeschainNode->create($name, extension => 0);

	$node->sql('CREATE TABLE filler' . $_ . ' (a integer)') foreach 1 .. 3;
	return $node;
}

sub restore
{
	my ($node, $dump) = @_;
	local $ENV{PGOPTIONS} = '-c meschain.restore=on';

	return command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('ledger'), $dump ],
		'it is restored with meschain.restore = on');
}

sub carry_state
{
	my ($node) = @_;

	system_or_bail('cp', '-a', "$state/.", $node->state_directory);
	return;
}

my $new = fresh('new');
my $refused = run_log([ 'pg_restore', '--exit-on-error', '-d', $new->connstr('ledger'), "$work/dump" ],
	'2>', \my $complaint);
like($complaint, qr/is part of the ledger and only its engine writes to it/,
	'without the setting the guard refuses the second half of a dump');
$new->safe_psql('postgres', 'DROP DATABASE ledger');
$new->safe_psql('postgres', 'CREATE DATABASE ledger TEMPLATE template0');
$new->sql('CREATE TABLE filler (a integer)');
restore($new, "$work/dump");

isnt($new->sql($oids), $before{oids}, 'object ids are others');
is($new->sql($roots), $before{roots}, 'every state root is the same');
is($new->sql($balances), $before{balances}, 'and so are the balances');
$new->wait_until('SELECT mode, reason FROM mes.status',
	'offline|this database was restored and the restore is not finished');
pass('the workers stay down');
$new->is_documented('SELECT mode, reason, hint FROM mes.status');
$new->restart;
is($new->worker_pid('order'), undef, 'after a restart too');
$new->wait_until('SELECT mode, hint FROM mes.status',
	'offline|Run mes.finish_restore(); it verifies the ledger first.');
like($new->sql_error("$as_alice SELECT mes.transfer('$bob', 'GOLD', 1)"),
	qr/the node is not running: this database was restored/, 'nobody submits');

# ---- the key
like($new->sql_error('SELECT mes.finish_restore()'), qr/key file ".*voting.key" cannot be used/,
	'without the node\'s key the restore is not finished');
$new->sql('SELECT mes.create_node_key()');
like($new->sql_error('SELECT mes.finish_restore()'),
	qr/the voting key in ".*" is none of this ledger's members'/, 'nor with a new one');
is($new->sql('SELECT count(*) FROM mes.verify()'), '0', 'to look and to verify needs no key');
carry_state($new);
is($new->sql('SELECT height, state_root FROM mes.finish_restore()'), "23|$root",
	'with it the restore is verified and finished');
$new->wait_until('SELECT mode FROM mes.status', 'voting');
is($new->sql('SELECT has_database_privilege(r.rolname, current_database(), \'CONNECT\')
	FROM pg_roles AS r WHERE rolname = \'pg_monitor\''), 'f', 'and strangers are kept out of the database');

$new->sql("$as_alice SELECT mes.transfer('$bob', 'GOLD', 0.25)");
is($new->sql('SELECT height, proposer FROM mes.blocks ORDER BY height DESC LIMIT 1'), '24|old',
	'the node goes on making blocks with its key');
is($new->sql('SELECT * FROM core ORDER BY height'), "23|transfer\n24|transfer", 'the commit hook came along');
$new->sql('CALL mes.run_verify()');
is($new->sql('SELECT run_id, problem_count FROM mes.verify_runs ORDER BY 1'), "1|0\n2|0",
	'and so did the numbers of runs');
is($new->sql('SELECT * FROM mes.verify()'), '', 'all of it is intact');
like($new->sql_error('SET meschain.restore = on; DELETE FROM mes_internal.spend_rows'),
	qr/is part of the ledger/, 'meschain.restore opens nothing once the restore is finished');
like($new->sql_error('SELECT mes.finish_restore()'), qr/serves a node that runs/,
	'nor is there anything left to finish');
$new->sql('DROP EXTENSION meschain CASCADE');
is($new->sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'mes%'"), '0',
	'the restored extension is dropped without a trace');
$new->stop;

# ---- dumps that somebody edited
command_ok([ 'pg_restore', '-f', "$work/dump.sql", "$work/dump" ], 'a dump is text');
my $text = slurp_file("$work/dump.sql");

sub tampered
{
	my ($what, $expected, $edit) = @_;
	(my $name = $what) =~ s/\W/_/g;
	my $node = fresh($name);
	local $_ = $text;

	$edit->();
	isnt($_, $text, "$what: the edit is there");
	append_to_file("$work/$name.sql", $_);
	{
		local $ENV{PGOPTIONS} = '-c meschain.restore=on';
		command_ok([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-o', "$work/out", '-f', "$work/$name.sql",
				'-d', $node->connstr('ledger') ], "$what: restored all the same");
	}
	carry_state($node);
	like($node->sql_error('SELECT mes.finish_restore()'), $expected, "$what: refused by name");
	$node->is_documented('SELECT mes.finish_restore()') if $what eq 'an amount';
	is($node->sql('SELECT mode FROM mes.status'), 'offline', 'and the workers stay down');
	$node->stop('immediate');
	return;
}

tampered('an amount', qr/block 5, output: /, sub {
	s/^(COPY mes_internal\.output_rows_\w+ [^;]*;\n(?:.*\n)*?${\ (5 << 20)}\t\d+\t)(\d+)/$1 . ($2 + 1)/me });
tampered('a report', qr/block 5, mes_bi\.fact_transfer: 1 row/, sub {
	s/^(COPY mes_bi\.fact_transfer [^;]*;\n(?:.*\n)*?\d+\t5\t(?:.*\t)?)(\d+)(\.\d{8}\b)/$1 . ($2 + 1) . $3/me });
tampered('a trigger', qr/relation mes_internal.output_rows_\w+ has a trigger gift/, sub {
	$_ .= "CREATE TRIGGER gift BEFORE INSERT ON mes_internal.output_rows_000000000001 FOR EACH ROW "
	  . "EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger();\n" });

# ---- a dump that is older than what the node acknowledged
my $behind = fresh('behind');
restore($behind, "$work/dump");
system_or_bail('cp', '-a', $new->state_directory . '/.', $behind->state_directory);
like($behind->sql_error('SELECT mes.finish_restore()'),
	qr/this database ends at block 23, its state directory has seen block 24/,
	'a dump that lacks acknowledged blocks is refused');
like($behind->sql_error('SELECT mes.finish_restore(go_on_from_height => 20)'),
	qr/go_on_from_height is 20, this database ends at block 23/, 'unless they are given up, in so many words');
$behind->is_documented('SELECT mes.finish_restore()');
is($behind->sql('SELECT height FROM mes.finish_restore(go_on_from_height => 23)'), '23', 'as here');
$behind->wait_until('SELECT mode FROM mes.status', 'voting');
$_->log_is_clean foreach $new, $behind;
$behind->stop;

done_testing();
