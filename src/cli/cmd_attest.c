/*
 * cmd_attest.c - a fenced node comes back: its ticket, and the transaction that puts it on the
 * ledger.
 */
#include "cli/federation.h"

#include <stdio.h>

static int
run_attest(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *via = NULL;
	const char *account = NULL;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "via", CLI_TEXT, &via, 0, 0 },
								  { "account", CLI_TEXT, &account, 0, 0 },
								  { 0 } };
	Target carrier;
	PGconn *connection;
	char *ticket;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("node attest takes no word \"%s\"", argv[1]);
	carrier = target;
	if (via != NULL && target.dir != NULL)
		carrier.node = cli_number("--via", via, 1, FEDERATION_NODES_MAX);
	else if (via != NULL)
		carrier.db = via;
	connection = target_connect(&target);
	ticket = cli_format(
		"%s", PQgetvalue(query_one(connection, "SELECT mes.attest_node()", 0, NULL), 0, 0));
	PQfinish(connection);
	printf("ticket     %s\n", ticket + 2);
	fflush(stdout);
	connection = target_connect(&carrier);
	if (account != NULL)
		query_one(connection, "SELECT set_config('meschain.account', $1, false)", 1, &account);
	query_one(connection, "SELECT mes.rejoin($1)", 1, (const char *const *) &ticket);
	PQfinish(connection);
	printf("handed in  the member votes with its new key from the next epoch on\n");
	return CLI_DONE;
}

const CliCommand cmd_attest[] = {
	{ "node attest", "lets a fenced node return with a new voting key",
	  "usage: mesctl node attest [--dir DIR --node K | --db CONNINFO] [--via K2 | --via CONNINFO]\n"
	  "         [--account NAME]\n\n" TARGET_HELP "\nA node is fenced when its vote log is lost, a "
												  "copy, or of another time than its database:\n"
	  "it may have forgotten what it voted for, so its voting key must never vote again. This "
	  "makes\n"
	  "a new key with an empty vote log on the node, has the identity key sign a ticket for it, "
	  "and\n"
	  "hands that in as a transaction of the account, on the node itself or on the one that --via\n"
	  "names. The node votes again from the next epoch on. identity.key has to be in its\n"
	  "meschain.state_directory for as long as this takes.\n\n"
	  "example:\n  mesctl node attest --dir /var/lib/ledger --node 3\n",
	  run_attest },
	{ 0 },
};
