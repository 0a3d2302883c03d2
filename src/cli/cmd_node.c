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

static Health
health_of_mode(const char *mode, bool voting)
{
	static const char *const passing[] = { "starting", "syncing", "paused" };

	if (voting || strcmp(mode, "following") == 0 || strcmp(mode, "standby") == 0)
		return HEALTH_OK;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strcmp(mode, passing[i]) == 0)
			return HEALTH_WARNING;
	return HEALTH_CRITICAL;
}

static int
judge(PGconn *connection)
{
	PGresult *result =
		PQexec(connection, "SELECT mode, voting, coalesce(reason, ''), final_height, "
						   "applied_height, mempool_count FROM mes.status");
	const char *mode;
	bool voting;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return answer(HEALTH_UNKNOWN, first_line(PQerrorMessage(connection)));
	if (PQntuples(result) != 1)
		return answer(HEALTH_UNKNOWN, "mes.status has no row");
	mode = PQgetvalue(result, 0, 0);
	voting = strcmp(PQgetvalue(result, 0, 1), "t") == 0;
	return answer(health_of_mode(mode, voting),
				  cli_format("%s%s%s, final height %s, applied %s, %s waiting", mode,
							 PQgetvalue(result, 0, 2)[0] != '\0' ? ": " : "",
							 PQgetvalue(result, 0, 2), PQgetvalue(result, 0, 3),
							 PQgetvalue(result, 0, 4), PQgetvalue(result, 0, 5)));
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
	  "\nExit codes are those of monitoring plug-ins: 0 it votes or follows, 1 it starts,\n"
	  "synchronises or is paused, 2 it does neither or does not answer, 3 it cannot be told.\n\n"
	  "example:\n  mesctl node health --dir /var/lib/ledger\n",
	  run_health },
	{ 0 },
};
