/*
 * cmd_federation.c - makes, starts, stops and removes the servers of a federation on this machine.
 */
#include "cli/federation.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Chosen
{
	Federation federation;
	int first;
	int last;
} Chosen;

/* --dir and at most one node; all of them without a name. */
static Chosen
choose(int argc, char **argv)
{
	const char *dir = NULL;
	const CliOption options[] = { { "dir", CLI_TEXT, &dir, 0, 0 }, { 0 } };
	int words = cli_options(argc, argv, options);
	Chosen chosen;

	if (words > 1)
		cli_usage("this takes one node, or none for all of them; not \"%s\"", argv[2]);
	federation_read(cli_required(dir, "--dir"), &chosen.federation);
	chosen.first = words == 0 ? 1 : federation_node(&chosen.federation, argv[1]);
	chosen.last = words == 0 ? chosen.federation.nodes : chosen.first;
	return chosen;
}

static int
run_start(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);
	bool running[FEDERATION_NODES_MAX + 1] = { false };

	owner_become(chosen.federation.dir);
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		running[node] = server_pid(federation_path(&chosen.federation, node, "data")) != 0;
		if (!running[node])
			node_start(&chosen.federation, node);
	}
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		node_wait_ready(&chosen.federation, node);
		printf("node%d %s\n", node, running[node] ? "runs already" : "started");
	}
	return CLI_DONE;
}

static int
run_stop(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);

	owner_become(chosen.federation.dir);
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		node_stop(&chosen.federation, node, "fast");
		printf("node%d stopped\n", node);
	}
	return CLI_DONE;
}

/* All postmasters at once, as when the power goes. */
static int
run_kill(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);
	int pids[FEDERATION_NODES_MAX + 1] = { 0 };

	owner_become(chosen.federation.dir);
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		pids[node] = server_pid(federation_path(&chosen.federation, node, "data"));
		if (pids[node] == 0 && chosen.first == chosen.last)
			cli_fail("node%d does not run", node);
	}
	for (int node = chosen.first; node <= chosen.last; node++)
		if (pids[node] != 0 && kill(pids[node], SIGKILL) != 0)
			cli_fail("cannot kill process %d: %s", pids[node], strerror(errno));
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		if (pids[node] == 0)
			continue;
		if (!server_wait_gone(federation_path(&chosen.federation, node, "data"), 60))
			cli_fail("processes of node%d outlive their postmaster %d", node, pids[node]);
		printf("node%d killed, process %d\n", node, pids[node]);
	}
	return CLI_DONE;
}

static int
print_status(const Federation *federation, int node)
{
	const char *state = "SELECT applied_height, mode, coalesce(': ' || reason, '') FROM mes.status";
	int port = federation_port(federation, node);
	PGconn *connection;
	PGresult *result;

	if (server_pid(federation_path(federation, node, "data")) == 0)
	{
		printf("node%d  stopped  port %d\n", node, port);
		return CLI_FAILED;
	}
	connection = PQconnectdb(federation_conninfo(federation, node, "ledger"));
	result = PQexec(connection, state);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		printf("node%d  does not answer  port %d: %s", node, port, PQerrorMessage(connection));
	else
		printf("node%d  running  port %d  height %s  %s%s\n", node, port, PQgetvalue(result, 0, 0),
			   PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 2));
	PQfinish(connection);
	return PQresultStatus(result) == PGRES_TUPLES_OK ? CLI_DONE : CLI_FAILED;
}

static int
run_status(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);
	int worst = CLI_DONE;

	for (int node = chosen.first; node <= chosen.last; node++)
		if (print_status(&chosen.federation, node) != CLI_DONE)
			worst = CLI_FAILED;
	return worst;
}

static int
remove_entry(const char *path, const struct stat *found, int kind, struct FTW *place)
{
	(void) found;
	(void) kind;
	(void) place;
	if (remove(path) != 0)
		cli_fail("cannot remove \"%s\": %s", path, strerror(errno));
	return 0;
}

static int
run_destroy(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);
	const Federation *federation = &chosen.federation;

	if (argc > 1 && chosen.first == chosen.last && federation->nodes > 1)
		cli_usage("destroy removes a whole federation, not one node of it");
	owner_become(federation->dir);
	for (int node = 1; node <= federation->nodes; node++)
	{
		char *dir = federation_path(federation, node, "");

		node_stop(federation, node, "immediate");
		if (access(dir, F_OK) == 0)
			nftw(dir, remove_entry, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
	if (unlink(cli_format("%s/genesis.json", federation->dir)) != 0 && errno != ENOENT)
		cli_fail("cannot remove \"%s/genesis.json\": %s", federation->dir, strerror(errno));
	if (unlink(cli_format("%s/federation", federation->dir)) != 0)
		cli_fail("cannot remove \"%s/federation\": %s", federation->dir, strerror(errno));
	printf("the ledger in %s is gone\n", federation->dir);
	/* its place may be root's, and other files in it are not ours */
	if (rmdir(federation->dir) != 0)
		printf("the directory itself stays: %s\n", strerror(errno));
	return CLI_DONE;
}

const CliCommand cmd_federation[] = {
	{ "federation start", "starts its servers", "usage: mesctl federation start --dir DIR [NODE]\n",
	  run_start },
	{ "federation stop", "stops its servers", "usage: mesctl federation stop --dir DIR [NODE]\n",
	  run_stop },
	{ "federation status", "shows which servers run and how far they are",
	  "usage: mesctl federation status --dir DIR [NODE]\n\n"
	  "Exit code 0 when all of them run, else 1.\n",
	  run_status },
	{ "federation kill", "kills servers with SIGKILL, to see that nothing is lost",
	  "usage: mesctl federation kill --dir DIR [NODE]\n\n"
	  "NODE is node3 or the name of its member; without it all of them are killed at once.\n",
	  run_kill },
	{ "federation destroy", "removes servers, keys and ledger",
	  "usage: mesctl federation destroy --dir DIR\n\n"
	  "Stops the servers and removes all that federation create made. There is no way back.\n",
	  run_destroy },
	{ 0 },
};
