/*
 * cmd_account.c - accounts whose keys a node holds.
 */
#include "cli/federation.h"

#include "base/suite.h"

#include <stdio.h>

static int
run_create(int argc, char **argv)
{
	Target target = TARGET_INIT;
	int64_t suite = SUITE_ED25519;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "suite", CLI_NUMBER, &suite, 1, SUITE_MAX },
								  { 0 } };
	PGresult *result;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("account create takes one NAME; add --help to see how it is used");
	result = query_one(target_connect(&target), "SELECT mes.create_account($1, $2::integer)", 2,
					   (const char *[]){ argv[1], cli_format("%d", (int) suite) });
	printf("%s\n", PQgetvalue(result, 0, 0));
	return CLI_DONE;
}

const CliCommand cmd_account[] = {
	{ "account create", "makes an account whose key the node holds",
	  "usage: mesctl account create NAME [--suite 1|2] [--dir DIR | --db CONNINFO]\n\n" TARGET_HELP
	  "\nPrints the address. The key is encrypted under the node's own and of use to the role\n"
	  "that made it only. A client that keeps its keys itself uses key new and tx sign.\n\n"
	  "example:\n  mesctl account create alice --dir /var/lib/ledger\n",
	  run_create },
	{ 0 },
};
