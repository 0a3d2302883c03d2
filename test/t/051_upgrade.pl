# 051_upgrade.pl - the extension's life in a database: updated while a ledger lives in it, dropped and
# made again, its database renamed and dropped; and the cluster through pg_upgrade.    # P1 P8 P10 P23
use strict;
use warnings;

use File::Temp qw(tempdir);
use MeschainNode;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

# ---- a version before this one, and the script that leads from it: what a release adds as
# ---- sql/meschain--OLD--NEW.sql
my ($sharedir) = run_command([ 'pg_config', '--sharedir' ]);
my $version = slurp_file('meschain.control') =~ /^default_version = '(.*)'/m ? $1 : die;
my $script = slurp_file("$sharedir/extension/meschain--$version.sql");
my $ago = '0.0.1';
my ($later) = $script =~ /^(CREATE FUNCTION mes\.finish_restore\(.*?^GRANT EXECUTE ON FUNCTION mes\.finish_restore.*?;\n)/ms;
my %file = (
	"$sharedir/extension/meschain--$ago.sql" => $script =~ s/\Q$later\E//r,
	"$sharedir/extension/meschain--$ago--$version.sql" => $later,
	"$sharedir/extension/meschain--$version--$ago.sql" => 'DROP FUNCTION mes.finish_restore(bigint, integer);');
foreach my $path (keys %file)
{
	unlink $path;
	append_to_file($path, $file{$path});
}
END { unlink keys %file }

my $node = MeschainNode->create('upgraded', extension => 0);
my $down = "offline|the extension is version $ago, the library $version|Run ALTER EXTENSION meschain UPDATE, "
  . 'or install the library that fits.';
my $where = 'SELECT mode, reason, hint FROM mes.status';

# Every member of the extension with its definition: two ways to a version have to end alike.
sub members
{
	return $node->sql("SELECT pg_describe_object(classid, objid, 0),
	    CASE WHEN classid = 'pg_proc'::regclass THEN pg_get_functiondef(objid) END,
	    CASE WHEN classid = 'pg_proc'::regclass THEN (SELECT proacl FROM pg_proc WHERE oid = objid) END,
	    obj_description(objid, classid::regclass::name)
	  FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'meschain')
	    AND NOT EXISTS (SELECT FROM pg_aggregate WHERE aggfnoid = objid) ORDER BY 1");
}

$node->sql("CREATE EXTENSION meschain VERSION '$ago' CASCADE");
$node->sql('SELECT mes.create_node_key()');
$node->sql("SET client_min_messages = error; SELECT mes.create_genesis() IS NULL");
$node->wait_until($where, $down);
pass('an older SQL version keeps the workers down and says what to do');
$node->is_documented('SELECT mode, reason, hint FROM mes.status');
$node->sql('ALTER EXTENSION meschain UPDATE');
$node->wait_until('SELECT mode FROM mes.status', 'voting');
pass('ALTER EXTENSION UPDATE lets them start');
my $updated = members();

$node->sql("SELECT mes.create_account('alice')");
$node->sql("SELECT mes.issue_asset('GOLD', 10)");
my $root = $node->sql('SELECT state_root FROM mes.status');
$node->sql("ALTER EXTENSION meschain UPDATE TO '$ago'");
$node->wait_until($where, $down);
pass('the workers of a living ledger stop when the SQL version leaves them');
like($node->sql_error("SELECT mes.issue_asset('LEAD', 10)"), qr/the node is not running: the extension is version/,
	'and nobody submits');
$node->sql('ALTER EXTENSION meschain UPDATE');
$node->wait_until('SELECT mode FROM mes.status', 'voting');
is($node->sql('SELECT state_root FROM mes.status'), $root, 'back again, with the same state');
$node->sql("SELECT mes.issue_asset('LEAD', 10)");
is($node->sql('SELECT count(*) FROM mes.verify()'), '0', 'all intact');

# ---- DROP DATABASE, RENAME, DROP EXTENSION: the workers let go first, and come back when it failed
my $before = $node->wait_for_workers;
my $begun = time;
$node->safe_psql('postgres', 'ALTER DATABASE ledger RENAME TO books');
cmp_ok(time - $begun, '<', 4, 'RENAME does not wait for the workers in vain');
is($node->worker_pid('order'), undef, 'they are gone');
$node->safe_psql('postgres', 'ALTER DATABASE books RENAME TO ledger');
$node->restart;
$node->wait_for_workers;

my $guest = $node->background_psql('ledger');
$guest->query_safe('SELECT 1');
my $stderr;
$node->psql('postgres', 'DROP DATABASE ledger', stderr => \$stderr);
like($stderr, qr/is being accessed by other users/, 'a DROP DATABASE that somebody else stands in the way of');
$guest->quit;
$before = $node->wait_for_workers;
pass('the workers are back after it');
$node->sql('BEGIN; DROP EXTENSION meschain; ROLLBACK');
my $after = $node->wait_for_workers;
isnt($after->{apply}, $before->{apply}, 'a DROP EXTENSION that is rolled back stops them too, and they come back');
$node->wait_until('SELECT mode FROM mes.status', 'voting');

my $leftovers = "SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'mes%'
  UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relname ~ '_rows(_\\d+)?\$'
  UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE probin LIKE '%meschain%'";
$node->sql('DROP EXTENSION meschain');
is($node->sql($leftovers), '', 'DROP EXTENSION needs no CASCADE and leaves nothing');
is($node->sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'mes\\_%'"), '7', 'but the roles');
is($node->worker_pid('order'), undef, 'the workers are gone');
$node->sql('CREATE EXTENSION meschain');
is(members(), $updated, 'made anew it is what the update led to');
$node->create_ledger;
$node->wait_until('SELECT mode, applied_height FROM mes.status', 'voting|0');
pass('a second ledger starts from nothing');
$node->sql("SELECT mes.create_account('alice')");
$node->sql("SELECT mes.issue_asset('GOLD', 10)");

$begun = time;
$node->safe_psql('postgres', 'DROP DATABASE ledger');
cmp_ok(time - $begun, '<', 4, 'DROP DATABASE does not wait for the workers in vain');
sleep 2;
my @fatal = grep { /FATAL:  database "ledger" does not exist/ } split /\n/, slurp_file($node->logfile);
cmp_ok(scalar @fatal, '<=', 3, 'and a worker looks once each at start, RENAME and DROP, not again and again');
ok(defined $node->worker_pid('launcher'), 'the launcher waits for another');
$node->safe_psql('postgres', 'CREATE DATABASE ledger TEMPLATE template0');
$node->sql('CREATE EXTENSION meschain CASCADE');
$node->create_ledger;
$node->sql("SELECT mes.create_account('alice')");
$node->sql("SELECT mes.issue_asset('GOLD', 10)");

# ---- pg_upgrade
is($node->sql("SELECT attrelid::regclass, attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname LIKE 'mes%' AND c.relkind IN ('r', 'p', 'm') AND a.attnum > 0
     AND a.atttypid::regtype::text LIKE 'reg%'"), '', 'no table holds an object id as reg*');
$root = $node->sql('SELECT state_root FROM mes.status');
my $rows = 'SELECT height, hash, state_root FROM mes.blocks ORDER BY height';
my $blocks = $node->sql($rows);
$node->stop;
my $new = MeschainNode->create('fifteen', start => 0);
my $bin = $ENV{PATH} =~ s/:.*//r;
my $work = tempdir(CLEANUP => 1);
my @upgrade = ('pg_upgrade', '--no-sync', '-d', $node->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin,
	'-s', $new->host, '-p', $node->port, '-P', $new->port);
chdir $work;
command_ok([ @upgrade, '--check' ], 'pg_upgrade --check has nothing against the cluster');
command_ok([ @upgrade, '--link' ], 'and pg_upgrade moves it');
system_or_bail('cp', '-a', $node->state_directory . '/.', $new->state_directory);
$new->start;
$new->wait_until('SELECT mode, reason FROM mes.status',
	'fenced|this cluster has another system identifier than the one that voted last');
is($new->sql($rows), $blocks, 'the blocks are there, the node waits for a word');
is($new->sql('SELECT state_root FROM mes.finish_restore()'), $root, 'verified, it has the same state');
$new->wait_until('SELECT mode FROM mes.status', 'voting');
$new->sql("SELECT mes.issue_asset('LEAD', 10)");
is($new->sql('SELECT * FROM mes.verify()'), '', 'and goes on');
$_->log_is_clean foreach $node, $new;
$new->stop;

done_testing();
