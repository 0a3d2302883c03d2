/*
 * federation.c - where things stand in a federation's directory, and connections to its nodes.
 */
#include "cli/federation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define FEDERATION_FORMAT "mes-federation-2"

char *
federation_path(const Federation *federation, int node, const char *name)
{
	return cli_format("%s/node%d%s%s", federation->dir, node, name[0] != '\0' ? "/" : "", name);
}

int
federation_port(const Federation *federation, int node)
{
	return federation->base_port + node - 1;
}

static char *
marker_path(const char *dir)
{
	return cli_format("%s/federation", dir);
}

void
federation_write(const Federation *federation)
{
	char *text = cli_format("%s\nbase_port %d\n", FEDERATION_FORMAT, federation->base_port);

	for (int i = 0; i < federation->nodes; i++)
		text = cli_format("%smember %s\n", text, federation->members[i]);
	cli_write_secret(marker_path(federation->dir), span_text(text));
}

void
federation_read(const char *dir, Federation *federation)
{
	char *text;
	char *line;
	char *words[2];

	federation->dir = realpath(dir, NULL);
	if (federation->dir == NULL || access(marker_path(federation->dir), R_OK) != 0)
	{
		if (errno != ENOENT && errno != ENOTDIR)
			cli_fail("cannot read the federation in \"%s\": %s", dir, strerror(errno));
		cli_fail("there is no federation in \"%s\"; mesctl federation create makes one", dir);
	}
	text = (char *) cli_read(marker_path(federation->dir), 16 * 1024).data;
	line = cli_next_line(&text);
	if (line == NULL || strcmp(line, FEDERATION_FORMAT) != 0)
		cli_fail("\"%s\" was made by another version of mesctl", marker_path(dir));
	federation->nodes = 0;
	federation->base_port = 0;
	while ((line = cli_next_line(&text)) != NULL)
	{
		if (cli_split(line, words, 2) == 2 && strcmp(words[0], "member") == 0 &&
			federation->nodes < FEDERATION_NODES_MAX)
			federation->members[federation->nodes++] = words[1];
		else if (strcmp(line, "base_port") == 0)
			federation->base_port = (int) cli_number("base_port", words[1], 1024, 65535);
	}
	if (federation->nodes == 0 || federation->base_port == 0)
		cli_fail("\"%s\" is damaged", marker_path(dir));
}

int
federation_node(const Federation *federation, const char *name)
{
	for (int node = 1; node <= federation->nodes; node++)
		if (strcmp(name, cli_format("node%d", node)) == 0)
			return node;
	for (int node = 1; node <= federation->nodes; node++)
		if (strcmp(name, federation->members[node - 1]) == 0)
			return node;
	if (federation->nodes == 1)
		cli_usage("there is no \"%s\" in \"%s\"; its only node is node1", name, federation->dir);
	cli_usage("there is no \"%s\" in \"%s\"; it has node1 to node%d", name, federation->dir,
			  federation->nodes);
}

char *
federation_conninfo(const Federation *federation, int node, const char *database)
{
	char *dir = cli_alloc(2 * strlen(federation->dir) + 1);
	size_t used = 0;

	for (const char *at = federation->dir; *at != '\0'; at++)
	{
		if (*at == '\'' || *at == '\\')
			dir[used++] = '\\';
		dir[used++] = *at;
	}
	return cli_format("host='%s' port=%d dbname=%s user=postgres", dir,
					  federation_port(federation, node), database);
}

char *
target_conninfo(const Target *target)
{
	Federation federation;

	if (target->db != NULL && target->dir != NULL)
		cli_usage("--dir and --db are two ways to say the same; give one");
	if (target->db != NULL)
		return cli_format("%s", target->db);
	if (target->dir == NULL)
		return "";
	federation_read(target->dir, &federation);
	return federation_conninfo(
		&federation, federation_node(&federation, cli_format("node%d", (int) target->node)),
		"ledger");
}

PGconn *
target_connect(const Target *target)
{
	PGconn *connection = PQconnectdb(target_conninfo(target));

	if (PQstatus(connection) != CONNECTION_OK)
		cli_fail("%s", PQerrorMessage(connection));
	PQclear(PQexec(connection, "SET application_name = 'mesctl'"));
	return connection;
}

void
query_fail(const char *what, const PGresult *result, PGconn *connection)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

	if (message == NULL)
		cli_fail("%s: %s", what, PQerrorMessage(connection));
	cli_fail("%s: %s %s%s%s", what, code != NULL ? code : "", message,
			 hint != NULL ? "\nhint: " : "", hint != NULL ? hint : "");
}

PGresult *
query(PGconn *connection, const char *sql, int count, const char *const *values)
{
	PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		query_fail("refused", result, connection);
	return result;
}

PGresult *
query_one(PGconn *connection, const char *sql, int count, const char *const *values)
{
	PGresult *result = query(connection, sql, count, values);

	if (PQntuples(result) != 1)
		cli_fail("%d rows instead of one from: %s", PQntuples(result), sql);
	return result;
}
