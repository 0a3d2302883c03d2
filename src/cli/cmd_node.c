/*
 * cmd_node.c - the state of one node for a monitoring system.
 */
#include "cli/federation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum Health
{
	HEALTH_OK = 0,
	HEALTH_WARNING = 1,
	HEALTH_CRITICAL = 2,
	HEALTH_UNKNOWN = 3,
} Health;

static const char *const health_names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

static int
answer(Health health, const char *text)
{
	printf("%s %s\n", health_names[health], text);
	return (int) health;
}

static char *
first_line(const char *text)
{
	return cli_format("%.*s", (int) strcspn(text, "\n"), text);
}

static int
judge(PGconn *connection)
{
	PGresult *result = PQexec(connection, "SELECT exit_code, message FROM mes.health()");
	int code;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return answer(HEALTH_UNKNOWN, first_line(PQerrorMessage(connection)));
	code = atoi(PQgetvalue(result, 0, 0));
	if (PQntuples(result) != 1 || code < HEALTH_OK || code > HEALTH_UNKNOWN)
		return answer(HEALTH_UNKNOWN, "mes.health() does not say how the node is");
	return answer((Health) code, PQgetvalue(result, 0, 1));
}

static int
run_health(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const CliOption options[] = { TARGET_OPTIONS(target), { 0 } };
	PGconn *connection;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("node health takes no word \"%s\"", argv[1]);
	connection = PQconnectdb(target_conninfo(&target));
	if (PQstatus(connection) != CONNECTION_OK)
		return answer(HEALTH_CRITICAL, first_line(PQerrorMessage(connection)));
	return judge(connection);
}

const CliCommand cmd_node[] = {
	{ "node health", "one line and an exit code for monitoring",
	  "usage: mesctl node health [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "\nAsks mes.health(). Exit codes are those of monitoring plug-ins: 0 it votes or follows, 1 "
	  "it\n"
	  "starts, synchronises, is paused, waits for a quorum, or something waits for a hand, 2 it "
	  "does\n"
	  "neither, does not answer or its books have a fault, 3 it cannot be told.\n\n"
	  "example:\n  mesctl node health --dir /var/lib/ledger\n",
	  run_health },
	{ 0 },
};
