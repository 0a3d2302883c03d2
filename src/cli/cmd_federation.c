/*
 * cmd_federation.c - makes, starts, stops and removes the servers of a federation on this machine.
 */
#include "cli/federation.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_NAME "server.log"
#define START_SECONDS "60"
#define READY_SECONDS 60

/* ---- create ------------------------------------------------------------------------------------
 */

static bool
is_empty(const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	bool empty = true;

	if (entries == NULL)
		cli_fail("cannot read \"%s\": %s", dir, strerror(errno));
	while (empty && (entry = readdir(entries)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(entries);
	return empty;
}

static void
check_room(const Federation *federation)
{
	struct sockaddr_un address;
	char *socket = cli_format("%s/.s.PGSQL.%d", federation->dir, federation->base_port);

	if (strlen(socket) >= sizeof(address.sun_path))
		cli_usage("\"%s\" is too long a path for a socket, %zu bytes are the limit; "
				  "choose a shorter --dir",
				  socket, sizeof(address.sun_path) - 1);
	if (access(cli_format("%s/federation", federation->dir), F_OK) == 0)
		cli_fail("\"%s\" holds a federation already; mesctl federation destroy removes it",
				 federation->dir);
	if (!is_empty(federation->dir))
		cli_fail("\"%s\" is not empty", federation->dir);
}

static void
append_file(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		cli_fail("cannot write \"%s\": %s", path, strerror(errno));
}

static void
write_settings(const Federation *federation, int node)
{
	append_file(federation_path(federation, node, "data/postgresql.conf"), "a",
				cli_format("\n# meschain\n"
						   "shared_preload_libraries = 'meschain'\n"
						   "max_worker_processes = 32\n"
						   "listen_addresses = 'localhost'\n"
						   "port = %d\n"
						   "unix_socket_directories = '%s'\n"
						   "unix_socket_permissions = 0700\n"
						   "password_encryption = 'scram-sha-256'\n"
						   "min_wal_size = '256MB'\n"
						   "meschain.database = 'ledger'\n"
						   "meschain.node_name = 'node%d'\n"
						   "meschain.state_directory = '%s'\n",
						   federation_port(federation, node), federation->dir, node,
						   federation_path(federation, node, "state")));
	append_file(federation_path(federation, node, "data/pg_hba.conf"), "w",
				"# the sockets stand in a directory that is the servers' user's alone\n"
				"local all all trust\n"
				"host all all all scram-sha-256\n");
}

static void
start_node(const Federation *federation, int node)
{
	char *data = federation_path(federation, node, "data");
	char *log = federation_path(federation, node, LOG_NAME);

	server_clear_remains(data, cli_format("%s/.s.PGSQL.%d.lock", federation->dir,
										  federation_port(federation, node)));
	if (!server_run(log, "pg_ctl", "-D", data, "-l", log, "-w", "-s", "-t", START_SECONDS, "start",
					NULL))
		cli_fail("node%d does not start; its log is \"%s\"", node, log);
}

static void
make_cluster(const Federation *federation, int node)
{
	char *log = federation_path(federation, node, LOG_NAME);

	if (mkdir(federation_path(federation, node, ""), S_IRWXU) != 0 ||
		mkdir(federation_path(federation, node, "state"), S_IRWXU) != 0)
		cli_fail("cannot make \"%s\": %s", federation_path(federation, node, "state"),
				 strerror(errno));
	if (!server_run(log, "initdb", "-D", federation_path(federation, node, "data"), "-U",
					"postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", NULL))
		cli_fail("initdb failed; its output is in \"%s\"", log);
	write_settings(federation, node);
}

static PGconn *
connect_node(const Federation *federation, int node, const char *database)
{
	char *conninfo = federation_conninfo(federation, node, database);
	PGconn *connection = PQconnectdb(conninfo);

	if (PQstatus(connection) != CONNECTION_OK)
		cli_fail("node%d: %s", node, PQerrorMessage(connection));
	PQclear(PQexec(connection, "SET client_min_messages = error"));
	return connection;
}

/*
 * Until the node takes submissions. An empty one is refused as too short by a node that runs, and
 * with another code before; it changes nothing.
 */
static void
wait_ready(PGconn *connection)
{
	int64_t deadline = cli_now_us() + READY_SECONDS * 1000000;

	PQclear(PQexec(connection, "SET log_min_messages = fatal"));
	for (;;)
	{
		PGresult *result = PQexec(connection, "SELECT mes.submit('')");
		const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		bool waiting = code != NULL && strcmp(code, "MC301") == 0;

		if (!waiting && PQstatus(connection) == CONNECTION_OK)
			return;
		if (!waiting || cli_now_us() > deadline)
			query_fail("the node does not become ready", result, connection);
		PQclear(result);
		usleep(20000);
	}
}

static void
make_ledger(const Federation *federation, int node)
{
	PGconn *connection = connect_node(federation, node, "postgres");

	query(connection, "CREATE DATABASE ledger TEMPLATE template0", 0, NULL);
	PQfinish(connection);
	connection = connect_node(federation, node, "ledger");
	query(connection, "CREATE EXTENSION meschain CASCADE", 0, NULL);
	query(connection, "SELECT mes.create_node_key()", 0, NULL);
	query(connection, "SELECT mes.create_genesis()", 0, NULL);
	wait_ready(connection);
	PQfinish(connection);
}

static void
print_ways(const Federation *federation)
{
	printf("connect  mesctl psql --dir %s node1\n"
		   "stop     mesctl federation stop --dir %s\n"
		   "remove   mesctl federation destroy --dir %s\n",
		   federation->dir, federation->dir, federation->dir);
}

static int
run_create(int argc, char **argv)
{
	const char *dir = NULL;
	int64_t nodes = 1;
	int64_t base_port = FEDERATION_PORT;
	const CliOption options[] = { { "dir", CLI_TEXT, &dir, 0, 0 },
								  { "nodes", CLI_NUMBER, &nodes, 1, 100 },
								  { "base-port", CLI_NUMBER, &base_port, 1024, 65000 },
								  { 0 } };
	Federation federation;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("federation create takes no word \"%s\"", argv[1]);
	cli_required(dir, "--dir");
	if (nodes > 1)
		cli_usage("this version runs a federation of one node; several nodes come with the "
				  "federation protocol. Leave --nodes out, or say --nodes 1");
	server_program("initdb");
	federation = (Federation){ .dir = owner_create_directory(dir),
							   .nodes = (int) nodes,
							   .base_port = (int) base_port };
	check_room(&federation);
	owner_become(federation.dir);
	federation_write(&federation);
	make_cluster(&federation, 1);
	start_node(&federation, 1);
	make_ledger(&federation, 1);
	printf("a ledger of one node runs in %s, port %d\n", federation.dir, federation.base_port);
	print_ways(&federation);
	return CLI_DONE;
}

/* ---- the others --------------------------------------------------------------------------------
 */

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

	owner_become(chosen.federation.dir);
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		bool running = server_pid(federation_path(&chosen.federation, node, "data")) != 0;

		PGconn *connection;

		if (!running)
			start_node(&chosen.federation, node);
		connection = connect_node(&chosen.federation, node, "ledger");
		wait_ready(connection);
		PQfinish(connection);
		printf("node%d %s\n", node, running ? "runs already" : "started");
	}
	return CLI_DONE;
}

static void
stop_node(const Federation *federation, int node, const char *mode)
{
	char *data = federation_path(federation, node, "data");
	char *log = federation_path(federation, node, LOG_NAME);

	if (server_pid(data) == 0)
		return;
	if (!server_run(log, "pg_ctl", "-D", data, "-w", "-s", "-m", mode, "stop", NULL))
		cli_fail("node%d does not stop; its log is \"%s\"", node, log);
}

static int
run_stop(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);

	owner_become(chosen.federation.dir);
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		stop_node(&chosen.federation, node, "fast");
		printf("node%d stopped\n", node);
	}
	return CLI_DONE;
}

static int
run_kill(int argc, char **argv)
{
	Chosen chosen = choose(argc, argv);

	if (argc < 2 || chosen.first != chosen.last)
		cli_usage("name the node to kill: node1");
	owner_become(chosen.federation.dir);
	for (int node = chosen.first; node <= chosen.last; node++)
	{
		char *data = federation_path(&chosen.federation, node, "data");
		int pid = server_pid(data);

		if (pid == 0)
			cli_fail("node%d does not run", node);
		if (kill(pid, SIGKILL) != 0)
			cli_fail("cannot kill process %d: %s", pid, strerror(errno));
		if (!server_wait_gone(data, 60))
			cli_fail("processes of node%d outlive their postmaster %d", node, pid);
		printf("node%d killed, process %d\n", node, pid);
	}
	return CLI_DONE;
}

static int
print_status(const Federation *federation, int node)
{
	const char *heights = "SELECT coalesce(max(height), 0) FROM mes.blocks";
	int port = federation_port(federation, node);
	PGconn *connection;
	PGresult *result;

	if (server_pid(federation_path(federation, node, "data")) == 0)
	{
		printf("node%d  stopped  port %d\n", node, port);
		return CLI_FAILED;
	}
	connection = PQconnectdb(federation_conninfo(federation, node, "ledger"));
	result = PQexec(connection, heights);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		printf("node%d  does not answer  port %d: %s", node, port, PQerrorMessage(connection));
	else
		printf("node%d  running  port %d  height %s\n", node, port, PQgetvalue(result, 0, 0));
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

		stop_node(federation, node, "immediate");
		if (access(dir, F_OK) == 0)
			nftw(dir, remove_entry, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
	if (unlink(cli_format("%s/federation", federation->dir)) != 0)
		cli_fail("cannot remove \"%s/federation\": %s", federation->dir, strerror(errno));
	if (rmdir(federation->dir) != 0 && errno != EACCES && errno != ENOTEMPTY)
		cli_fail("cannot remove \"%s\": %s", federation->dir, strerror(errno));
	printf("the ledger in %s is gone\n", federation->dir);
	return CLI_DONE;
}

const CliCommand cmd_federation[] = {
	{ "federation create", "makes and starts a ledger on this machine",
	  "usage: mesctl federation create --dir DIR [--nodes 1] [--base-port 7101]\n\n"
	  "Makes DIR and in it a PostgreSQL server with database \"ledger\", keys and genesis, and\n"
	  "starts it. Started by root it steps down to user postgres, or to MESCHAIN_USER. This\n"
	  "version runs one node; several come with the federation protocol.\n\n"
	  "example:\n  mesctl federation create --dir /var/lib/ledger\n"
	  "  mesctl psql --dir /var/lib/ledger node1\n",
	  run_create },
	{ "federation start", "starts its servers",
	  "usage: mesctl federation start --dir DIR [node1]\n", run_start },
	{ "federation stop", "stops its servers", "usage: mesctl federation stop --dir DIR [node1]\n",
	  run_stop },
	{ "federation status", "shows which servers run and how far they are",
	  "usage: mesctl federation status --dir DIR [node1]\n\n"
	  "Exit code 0 when all of them run, else 1.\n",
	  run_status },
	{ "federation kill", "kills a server with SIGKILL, to see that nothing is lost",
	  "usage: mesctl federation kill --dir DIR node1\n", run_kill },
	{ "federation destroy", "removes servers, keys and ledger",
	  "usage: mesctl federation destroy --dir DIR\n\n"
	  "Stops the servers and removes all that federation create made. There is no way back.\n",
	  run_destroy },
	{ 0 },
};
