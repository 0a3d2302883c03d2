/*
 * federation_create.c - `mesctl federation create`: N servers of one machine with keys,
 * certificates and one genesis, by the steps that N banks take.
 */
#include "cli/certificate.h"
#include "cli/federation.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GENESIS_FILE_MAX (256 * 1024)
#define WAIT_SECONDS 60
#define NODES_DEFAULT 4
#define CLUSTERS_AT_ONCE 4

typedef struct Creation
{
	Federation federation;
	const char *parameters; /* JSON */
	CliList settings;       /* name=value, for every postgresql.conf */
	char *descriptors;      /* an array of JSON objects, as SQL takes it */
} Creation;

/* ---- what is asked for -------------------------------------------------------------------------
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

/* As PostgreSQL binds it. */
static bool
is_free(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t) port),
		.sin_addr.s_addr = inet_addr(FEDERATION_HOST),
	};
	int on = 1;
	int end = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound;

	if (end < 0 || setsockopt(end, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		cli_fail("cannot look at port %d: %s", port, strerror(errno));
	bound = bind(end, (struct sockaddr *) &address, sizeof(address)) == 0;
	if (!bound && errno != EADDRINUSE)
		cli_fail("cannot listen on port %d: %s", port, strerror(errno));
	close(end);
	return bound;
}

/* Before anything is made, so that nothing half made is left. */
static void
check_ports(const Federation *federation)
{
	for (int node = 1; node <= federation->nodes; node++)
	{
		int port = federation_port(federation, node);

		if (!is_free(port))
			cli_fail("port %d is taken by another server, perhaps of another federation\n"
					 "hint: Stop that one, or choose other ports with --base-port.",
					 port);
	}
}

static void
check_new(const char *dir)
{
	if (access(cli_format("%s/federation", dir), F_OK) == 0)
		cli_fail("\"%s\" holds a federation already; mesctl federation destroy removes it", dir);
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
	if (!is_empty(federation->dir))
		cli_fail("\"%s\" is not empty", federation->dir);
}

static json_t *
read_genesis_file(const char *path)
{
	McSpan text = cli_read(path, GENESIS_FILE_MAX);
	json_error_t error;
	json_t *root = json_loadb((const char *) text.data, text.size, JSON_REJECT_DUPLICATES, &error);

	if (root == NULL)
		cli_fail("\"%s\" is no JSON: line %d: %s", path, error.line, error.text);
	if (!json_is_object(root))
		cli_fail("\"%s\" is no JSON object", path);
	return root;
}

static void
take_member(Federation *federation, const char *path, const json_t *member)
{
	const char *name = json_string_value(json_object_get(member, "name"));

	if (name == NULL || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0' ||
		name[0] < 'a' || strlen(name) > 40)
		cli_fail("\"%s\": a member needs a \"name\" of a letter and then a-z, 0-9, _", path);
	for (int i = 0; i < federation->nodes; i++)
		if (strcmp(federation->members[i], name) == 0)
			cli_fail("\"%s\": two members are called \"%s\"", path, name);
	federation->members[federation->nodes++] = cli_format("%s", name);
}

/* {"parameters": {...}, "members": [{"name": "bank_a"}, ...]}, both optional; keys are made here.
 */
static void
plan_genesis(Creation *creation, const char *path, int64_t nodes)
{
	Federation *federation = &creation->federation;
	json_t *root = path != NULL ? read_genesis_file(path) : json_object();
	json_t *parameters = json_object_get(root, "parameters");
	json_t *members = json_object_get(root, "members");
	json_t *member;
	size_t index;

	creation->parameters = parameters != NULL ? json_dumps(parameters, JSON_COMPACT) : "{}";
	if (members != NULL && (!json_is_array(members) || json_array_size(members) == 0 ||
							json_array_size(members) > FEDERATION_NODES_MAX))
		cli_fail("\"%s\": \"members\" is no array of 1 to %d members", path, FEDERATION_NODES_MAX);
	json_array_foreach(members, index, member) take_member(federation, path, member);
	if (federation->nodes != 0 && nodes != 0 && nodes != federation->nodes)
		cli_usage("--nodes says %d, \"%s\" has %d members", (int) nodes, path, federation->nodes);
	if (federation->nodes != 0)
		return;
	federation->nodes = nodes != 0 ? (int) nodes : NODES_DEFAULT;
	for (int node = 1; node <= federation->nodes; node++)
		federation->members[node - 1] = cli_format("node%d", node);
}

/* ---- servers -----------------------------------------------------------------------------------
 */

static void
write_file(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		cli_fail("cannot write \"%s\": %s", path, strerror(errno));
}

static char *
extra_settings(const CliList *settings)
{
	char *lines = "";

	for (size_t i = 0; i < settings->count; i++)
	{
		const char *equals = strchr(settings->items[i], '=');

		if (equals == NULL)
			cli_usage("--set takes name=value, not \"%s\"", settings->items[i]);
		lines = cli_format("%s%.*s = '%s'\n", lines, (int) (equals - settings->items[i]),
						   settings->items[i], equals + 1);
	}
	return lines;
}

static void
write_settings(const Creation *creation, int node)
{
	const Federation *federation = &creation->federation;
	char *state = federation_path(federation, node, "state");
	int connections = 3 * federation->nodes + 20;

	write_file(federation_path(federation, node, "data/postgresql.conf"), "a",
			   cli_format("\n# meschain\n"
						  "shared_preload_libraries = 'meschain'\n"
						  "max_worker_processes = 32\n"
						  "max_connections = %d\n"
						  "superuser_reserved_connections = 5\n"
						  "listen_addresses = '" FEDERATION_HOST "'\n"
						  "port = %d\n"
						  "unix_socket_directories = '%s'\n"
						  "unix_socket_permissions = 0700\n"
						  "password_encryption = 'scram-sha-256'\n"
						  "min_wal_size = '256MB'\n"
						  "meschain.database = 'ledger'\n"
						  "meschain.node_name = '%s'\n"
						  "meschain.state_directory = '%s'\n"
						  "\n# members know each other by certificates\n"
						  "ssl = on\n"
						  "ssl_cert_file = '%s/peer.crt'\n"
						  "ssl_key_file = '%s/peer.key'\n"
						  "ssl_ca_file = '%s/peers.crt'\n"
						  "meschain.peer_ssl_cert_file = '%s/peer.crt'\n"
						  "meschain.peer_ssl_key_file = '%s/peer.key'\n"
						  "meschain.peer_ssl_ca_file = '%s/peers.crt'\n%s",
						  connections > 100 ? connections : 100, federation_port(federation, node),
						  federation->dir, federation->members[node - 1], state, state, state,
						  state, state, state, state, extra_settings(&creation->settings)));
	write_file(federation_path(federation, node, "data/pg_hba.conf"), "w",
			   "# a member comes over TLS with its certificate, into the ledger's database alone\n"
			   "hostssl ledger +mes_peer " FEDERATION_HOST "/32 cert map=meschain\n"
			   "host all +mes_peer all reject\n"
			   "local all +mes_peer reject\n"
			   "# the sockets stand in a directory that is the servers' user's alone\n"
			   "local all all trust\n"
			   "host all all all scram-sha-256\n");
	write_file(federation_path(federation, node, "data/pg_ident.conf"), "w",
			   "# the name in a member's certificate leads to its role and to no other\n"
			   "meschain /^([a-z][a-z0-9_]*)$ mes_peer_\\1\n");
}

/* initdb of one node, which goes on while the next one's begins */
static int
begin_cluster(const Federation *federation, int node)
{
	if (mkdir(federation_path(federation, node, ""), S_IRWXU) != 0 ||
		mkdir(federation_path(federation, node, "state"), S_IRWXU) != 0)
		cli_fail("cannot make \"%s\": %s", federation_path(federation, node, "state"),
				 strerror(errno));
	return server_begin(federation_path(federation, node, "server.log"), "initdb", "-D",
						federation_path(federation, node, "data"), "-U", "postgres", "--auth=trust",
						"--encoding=UTF8", "--no-locale", NULL);
}

static void
finish_cluster(const Creation *creation, int node, int initdb)
{
	const Federation *federation = &creation->federation;

	if (!server_end(initdb))
		cli_fail("initdb failed; its output is in \"%s\"",
				 federation_path(federation, node, "server.log"));
	write_settings(creation, node);
	certificate_make(federation->members[node - 1], FEDERATION_HOST,
					 federation_path(federation, node, "state/peer.key"),
					 federation_path(federation, node, "state/peer.crt"));
	printf("node%d made: member %s, port %d\n", node, federation->members[node - 1],
		   federation_port(federation, node));
	fflush(stdout);
}

static void
make_clusters(const Creation *creation)
{
	const Federation *federation = &creation->federation;
	int initdb[FEDERATION_NODES_MAX + 1];
	int begun = 0;

	for (int node = 1; node <= federation->nodes; node++)
	{
		for (; begun < federation->nodes && begun < node + CLUSTERS_AT_ONCE - 1; begun++)
			initdb[begun + 1] = begin_cluster(federation, begun + 1);
		finish_cluster(creation, node, initdb[node]);
	}
}

/* Everybody trusts the certificates of all, as banks do who have exchanged them. */
static void
exchange_certificates(const Federation *federation)
{
	char *all = "";

	for (int node = 1; node <= federation->nodes; node++)
		all = cli_format(
			"%s%s", all,
			(const char *) cli_read(federation_path(federation, node, "state/peer.crt"), 16 * 1024)
				.data);
	for (int node = 1; node <= federation->nodes; node++)
		cli_write(federation_path(federation, node, "state/peers.crt"), span_text(all));
}

/* ---- the ledger --------------------------------------------------------------------------------
 */

static void
make_database(Creation *creation, int node)
{
	const Federation *federation = &creation->federation;
	PGconn *connection = node_connect(federation, node, "postgres");
	char *port = cli_format("%d", federation_port(federation, node));
	PGresult *result;

	query(connection, "CREATE DATABASE ledger TEMPLATE template0", 0, NULL);
	PQfinish(connection);
	connection = node_connect(federation, node, "ledger");
	query(connection, "CREATE EXTENSION meschain CASCADE", 0, NULL);
	query(connection, "SELECT mes.create_node_key()", 0, NULL);
	result = query_one(connection, "SELECT mes.node_descriptor($1, $2::integer)", 2,
					   (const char *const[]){ FEDERATION_HOST, port });
	creation->descriptors =
		cli_format("%s%s%s", creation->descriptors, node > 1 ? "," : "", PQgetvalue(result, 0, 0));
	PQfinish(connection);
}

/* The first node makes it, all sign, and the others join what all have signed. */
static char *
agree_on_genesis(const Creation *creation)
{
	const Federation *federation = &creation->federation;
	char *members = cli_format("[%s]", creation->descriptors);
	char *genesis = NULL;

	for (int node = 1; node <= federation->nodes; node++)
	{
		PGconn *connection = node_connect(federation, node, "ledger");
		PGresult *result;

		if (node == 1)
			result = query_one(connection,
							   "SELECT mes.sign_genesis(mes.create_genesis("
							   "ARRAY(SELECT pg_catalog.jsonb_array_elements($1)), $2))",
							   2, (const char *const[]){ members, creation->parameters });
		else
			result = query_one(connection, "SELECT mes.sign_genesis($1)", 1,
							   (const char *const[]){ genesis });
		genesis = cli_format("%s", PQgetvalue(result, 0, 0));
		PQclear(result);
		PQfinish(connection);
	}
	return genesis;
}

static void
join(const Federation *federation, int node, const char *genesis)
{
	PGconn *connection = node_connect(federation, node, "ledger");

	query(connection, "SELECT mes.join_federation($1)", 1, (const char *const[]){ genesis });
	PQfinish(connection);
}

static void
make_ledger(Creation *creation)
{
	const Federation *federation = &creation->federation;
	char *genesis;

	creation->descriptors = "";
	for (int node = 1; node <= federation->nodes; node++)
		make_database(creation, node);
	genesis = agree_on_genesis(creation);
	cli_write(cli_format("%s/genesis.json", federation->dir),
			  span_text(cli_format("%s\n", genesis)));
	for (int node = 2; node <= federation->nodes; node++)
		join(federation, node, genesis);
	for (int node = 1; node <= federation->nodes; node++)
		node_wait_ready(federation, node);
}

/* ---- the command -------------------------------------------------------------------------------
 */

static void
print_end(const Federation *federation)
{
	if (federation->nodes == 1)
		printf("a ledger of one node runs in %s, port %d\n", federation->dir,
			   federation->base_port);
	else
		printf("a ledger of %d nodes runs in %s, ports %d to %d\n", federation->nodes,
			   federation->dir, federation->base_port,
			   federation_port(federation, federation->nodes));
	printf("connect  mesctl psql --dir %s node1\n"
		   "stop     mesctl federation stop --dir %s\n"
		   "remove   mesctl federation destroy --dir %s\n",
		   federation->dir, federation->dir, federation->dir);
}

static int
run_create(int argc, char **argv)
{
	Creation creation = { 0 };
	Federation *federation = &creation.federation;
	const char *dir = NULL;
	const char *genesis = NULL;
	int64_t nodes = 0;
	int64_t base_port = FEDERATION_PORT;
	int64_t wait = WAIT_SECONDS;
	const CliOption options[] = { { "dir", CLI_TEXT, &dir, 0, 0 },
								  { "nodes", CLI_NUMBER, &nodes, 1, FEDERATION_NODES_MAX },
								  { "base-port", CLI_NUMBER, &base_port, 1024, 65000 },
								  { "genesis", CLI_TEXT, &genesis, 0, 0 },
								  { "set", CLI_LIST, &creation.settings, 0, 0 },
								  { "wait", CLI_NUMBER, &wait, 0, 3600 },
								  { 0 } };

	if (cli_options(argc, argv, options) != 0)
		cli_usage("federation create takes no word \"%s\"", argv[1]);
	cli_required(dir, "--dir");
	plan_genesis(&creation, genesis, nodes);
	extra_settings(&creation.settings);
	server_program("initdb");
	federation->base_port = (int) base_port;
	check_new(dir);
	check_ports(federation);
	federation->dir = owner_create_directory(dir);
	check_room(federation);
	owner_become(federation->dir);
	federation_write(federation);
	make_clusters(&creation);
	exchange_certificates(federation);
	for (int node = 1; node <= federation->nodes; node++)
		node_start(federation, node);
	make_ledger(&creation);
	printf("genesis joined by %d\n", federation->nodes);
	fflush(stdout);
	if (wait > 0)
		federation_wait_voting(federation, wait);
	print_end(federation);
	return CLI_DONE;
}

const CliCommand cmd_federation_create[] = {
	{ "federation create", "makes and starts a ledger on this machine",
	  "usage: mesctl federation create --dir DIR [--nodes 4] [--base-port 7101] [--genesis FILE]\n"
	  "         [--set NAME=VALUE]... [--wait SECONDS]\n\n"
	  "Makes DIR and in it N PostgreSQL servers (default 4) with database \"ledger\", keys,\n"
	  "certificates and one genesis that all members signed, starts them, and waits until all of\n"
	  "them vote: 60 s, or what --wait says. Node K listens on 127.0.0.1, port base+K-1; the "
	  "sockets\n"
	  "stand in DIR. Started by root it steps down to user postgres, or to MESCHAIN_USER.\n\n"
	  "FILE is JSON: {\"parameters\": {...}, \"members\": [{\"name\": \"bank_a\"}, ...]}, either "
	  "part\n"
	  "optional; mes.parameters lists the parameters. --set writes a line into each "
	  "postgresql.conf.\n\n"
	  "example:\n  mesctl federation create --dir /var/lib/ledger\n"
	  "  mesctl psql --dir /var/lib/ledger node1\n",
	  run_create },
	{ 0 },
};
