/*
 * cmd_psql.c - psql on a node of a federation.
 */
#include "cli/federation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Options behind the node's name are psql's, so they are left as they stand. */
static int
run_psql(int argc, char **argv)
{
	const char *dir = NULL;
	Federation federation;
	char **arguments = cli_alloc((size_t) (argc + 2) * sizeof(char *));
	int at = 1;
	int count = 0;

	if (at + 1 < argc && strcmp(argv[at], "--dir") == 0)
		dir = argv[at + 1], at += 2;
	else if (at < argc && strncmp(argv[at], "--dir=", 6) == 0)
		dir = argv[at] + 6, at += 1;
	federation_read(cli_required(dir, "--dir"), &federation);
	if (at == argc)
		cli_usage("name the node: mesctl psql --dir %s node1", federation.dir);
	arguments[count++] = "psql";
	arguments[count++] =
		federation_conninfo(&federation, federation_node(&federation, argv[at]), "ledger");
	while (++at < argc)
		arguments[count++] = argv[at];
	execvp("psql", arguments);
	cli_fail("cannot run psql: %s", strerror(errno));
}

const CliCommand cmd_psql[] = {
	{ "psql", "opens psql on a node",
	  "usage: mesctl psql --dir DIR node1 [psql arguments]\n\n"
	  "example:\n  mesctl psql --dir /var/lib/ledger node1 -c 'SELECT * FROM mes.status'\n",
	  run_psql },
	{ 0 },
};
