# 000_node.pl - the tests' own ground: a node starts preloaded, and survives the ways of dying that
# later tests rely on.
use strict;
use warnings;

use MeschainNode;
use Test::More;

my $node = MeschainNode->create('ground');

is($node->sql('SHOW shared_preload_libraries'), 'meschain', 'the library is preloaded');
is($node->sql('SHOW fsync'), 'on', 'fsync is on, unlike in stock test clusters');
is((stat $node->state_directory)[2] & 0777, 0700, 'the state directory is the owner\'s alone');
unlike($node->state_directory, qr/^\Q${\ $node->data_dir}\E/, 'and outside the data directory');
like($node->sql_error('SELECT 1/0'), qr/division by zero/, 'an error is handed to the test');

$node->sql('CREATE TABLE kept AS SELECT 1 AS a');
my $before = $node->process_pid(qr/walwriter/);
$node->kill9_process(qr/walwriter/);
isnt($node->process_pid(qr/walwriter/), $before, 'a killed process has a successor');
is($node->sql('SELECT a FROM kept'), '1', 'and what was committed is there');

$node->sql('CREATE TABLE kept2 AS SELECT 2 AS a');
$node->crash;
is_deeply($node->processes, {}, 'after a crash no process is left');
$node->start;
is($node->sql('SELECT a FROM kept2'), '2', 'and what was committed is there');
like(
	eval { $node->wait_until('SELECT 1', '2', 0.2); 1 } ? '' : $@,
	qr/last answer "1"/,
	'a wait in vain says what it saw');
$node->log_is_clean;
$node->stop;

done_testing();
