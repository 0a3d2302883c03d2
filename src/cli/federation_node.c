/*
 * federation_node.c - one node of a federation as a server: starts, stops and waits for it.
 */
#include "cli/federation.h"

#include <string.h>
#include <unistd.h>

#define LOG_NAME "server.log"
#define START_SECONDS "60"
#define READY_SECONDS 60
#define POLL_US 20000

void
node_start(const Federation *federation, int node)
{
	char *data = federation_path(federation, node, "data");
	char *log = federation_path(federation, node, LOG_NAME);

	server_clear_remains(data, cli_format("%s/.s.PGSQL.%d.lock", federation->dir,
										  federation_port(federation, node)));
	if (!server_run(log, "pg_ctl", "-D", data, "-l", log, "-w", "-s", "-t", START_SECONDS, "start",
					NULL))
		cli_fail("node%d does not start; its log is \"%s\"", node, log);
}

void
node_stop(const Federation *federation, int node, const char *mode)
{
	char *data = federation_path(federation, node, "data");
	char *log = federation_path(federation, node, LOG_NAME);

	if (server_pid(data) == 0)
		return;
	if (!server_run(log, "pg_ctl", "-D", data, "-w", "-s", "-m", mode, "stop", NULL))
		cli_fail("node%d does not stop; its log is \"%s\"", node, log);
}

PGconn *
node_connect(const Federation *federation, int node, const char *database)
{
	char *conninfo = federation_conninfo(federation, node, database);
	PGconn *connection = PQconnectdb(conninfo);

	if (PQstatus(connection) != CONNECTION_OK)
		cli_fail("node%d: %s", node, PQerrorMessage(connection));
	PQclear(PQexec(connection, "SET client_min_messages = error"));
	return connection;
}

/*
 * An empty submission is refused as too short by a node that runs, and with another code before; it
 * changes nothing.
 */
void
node_wait_ready(const Federation *federation, int node)
{
	PGconn *connection = node_connect(federation, node, "ledger");
	int64_t deadline = cli_now_us() + READY_SECONDS * 1000000;

	PQclear(PQexec(connection, "SET log_min_messages = fatal"));
	for (;;)
	{
		PGresult *result = PQexec(connection, "SELECT mes.submit('')");
		const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		bool waiting = code != NULL && strcmp(code, "MC301") == 0;

		if (!waiting && PQstatus(connection) == CONNECTION_OK)
		{
			PQclear(result);
			break;
		}
		if (!waiting || cli_now_us() > deadline)
			query_fail(cli_format("node%d does not become ready", node), result, connection);
		PQclear(result);
		usleep(POLL_US);
	}
	PQfinish(connection);
}

/* NULL when it votes, else what keeps it. */
static char *
why_not_voting(const Federation *federation, int node)
{
	PGconn *connection = PQconnectdb(federation_conninfo(federation, node, "ledger"));
	PGresult *result = PQexec(connection, "SELECT mode, voting, coalesce(': ' || reason, '') "
										  "FROM mes.status");
	char *why = NULL;

	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
		why = cli_format("node%d does not answer: %s", node, PQerrorMessage(connection));
	else if (strcmp(PQgetvalue(result, 0, 1), "t") != 0)
		why =
			cli_format("node%d is %s%s", node, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 2));
	PQclear(result);
	PQfinish(connection);
	return why;
}

void
federation_wait_voting(const Federation *federation, int64_t seconds)
{
	int64_t deadline = cli_now_us() + seconds * 1000000;
	int node = 1;

	while (node <= federation->nodes)
	{
		char *why = why_not_voting(federation, node);

		if (why == NULL)
			node++;
		else if (cli_now_us() < deadline)
			usleep(5 * POLL_US);
		else
		{
			char *all = "";

			for (node = 1; node <= federation->nodes; node++)
				if ((why = why_not_voting(federation, node)) != NULL)
					all = cli_format("%s\n  %s", all, why);
			cli_fail("not all nodes vote after %d s; they go on running:%s", (int) seconds, all);
		}
	}
}
