/*
 * cmd_bootstrap.c - node bootstrap: an empty server becomes a node of a federation, from its
 * genesis document and the others' addresses; what it then has came as blocks under a quorum's
 * signatures.
 */
#include "cli/federation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GENESIS_MAX (256 * 1024)
#define POLL_US 500000

typedef struct Bootstrap
{
	Target target;
	const char *genesis; /* the document */
	const char *trust;   /* hash in hex, NULL: all members signed it */
	CliList peers;       /* NAME=HOST:PORT */
	bool observer;
	int64_t wait;
} Bootstrap;

static void
set_address(PGconn *connection, const char *peer)
{
	const char *equals = strchr(peer, '=');
	const char *colon = strrchr(peer, ':');

	if (equals == NULL || colon == NULL || colon < equals || equals == peer)
		cli_usage("--peer takes NAME=HOST:PORT, not \"%s\"", peer);
	query(connection, "SELECT mes.set_peer_address($1, $2, $3::integer)", 3,
		  (const char *[]){ cli_format("%.*s", (int) (equals - peer), peer),
							cli_format("%.*s", (int) (colon - equals - 1), equals + 1),
							colon + 1 });
}

/* What the caller says it trusts, as mes.join_federation takes it; NULL: the signatures. */
static const char *
trust_of(const Bootstrap *bootstrap)
{
	if (bootstrap->trust == NULL && !bootstrap->observer)
		return NULL;
	if (bootstrap->trust == NULL)
		return "{\"observer\": true}";
	return cli_format("{\"genesis_hash\": \"%s\"%s}", bootstrap->trust,
					  bootstrap->observer ? ", \"observer\": true" : "");
}

static void
join(const Bootstrap *bootstrap, PGconn *connection)
{
	query(connection, "SET client_min_messages = error", 0, NULL);
	query(connection, "CREATE EXTENSION IF NOT EXISTS meschain CASCADE", 0, NULL);
	query(connection, "SELECT mes.create_node_key()", 0, NULL);
	query(connection, "SELECT mes.join_federation($1::jsonb, $2::jsonb)", 2,
		  (const char *[]){ bootstrap->genesis, trust_of(bootstrap) });
	for (size_t i = 0; i < bootstrap->peers.count; i++)
		set_address(connection, bootstrap->peers.items[i]);
}

static const char *const progress_query =
	"SELECT s.applied_height, coalesce((SELECT max(p.committed_height) FROM mes.stat_peers AS p), "
	"0), "
	"s.mode, coalesce(': ' || s.reason, ''), s.peers_connected FROM mes.status AS s";

/* Level: as far as the one that is farthest of those that answer. */
static bool
level(PGconn *connection, bool last)
{
	PGresult *found = query_one(connection, progress_query, 0, NULL);
	int64_t applied = strtoll(PQgetvalue(found, 0, 0), NULL, 10);
	int64_t others = strtoll(PQgetvalue(found, 0, 1), NULL, 10);
	bool reached = strcmp(PQgetvalue(found, 0, 4), "0") != 0;

	if (last)
		printf("block      %" PRId64 " of %" PRId64 "\nmode       %s%s\n", applied, others,
			   PQgetvalue(found, 0, 2), PQgetvalue(found, 0, 3));
	PQclear(found);
	return reached && others > 0 && applied >= others;
}

static int
catch_up(const Bootstrap *bootstrap, PGconn *connection)
{
	int64_t deadline = cli_now_us() + bootstrap->wait * 1000000;

	while (!level(connection, false))
	{
		if (cli_now_us() > deadline)
		{
			(void) level(connection, true);
			cli_fail("not level after %d s; it goes on by itself, mesctl node check says what "
					 "it lacks",
					 (int) bootstrap->wait);
		}
		usleep(POLL_US);
	}
	(void) level(connection, true);
	return CLI_DONE;
}

static int
run_bootstrap(int argc, char **argv)
{
	Bootstrap bootstrap = { .target = TARGET_INIT, .wait = 600 };
	const char *file = NULL;
	const CliOption options[] = { TARGET_OPTIONS(bootstrap.target),
								  { "genesis", CLI_TEXT, &file, 0, 0 },
								  { "trust", CLI_TEXT, &bootstrap.trust, 0, 0 },
								  { "peer", CLI_LIST, &bootstrap.peers, 0, 0 },
								  { "observer", CLI_FLAG, &bootstrap.observer, 0, 0 },
								  { "wait", CLI_NUMBER, &bootstrap.wait, 0, 1000000 },
								  { 0 } };
	PGconn *connection;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("node bootstrap takes no word \"%s\"", argv[1]);
	bootstrap.genesis = (const char *) cli_read(cli_required(file, "--genesis"), GENESIS_MAX).data;
	connection = target_connect(&bootstrap.target);
	join(&bootstrap, connection);
	printf("genesis    joined\n");
	fflush(stdout);
	return bootstrap.wait > 0 ? catch_up(&bootstrap, connection) : CLI_DONE;
}

const CliCommand cmd_bootstrap[] = {
	{ "node bootstrap", "makes an empty server a node of a federation",
	  "usage: mesctl node bootstrap --genesis FILE [--trust HASH] [--peer NAME=HOST:PORT]...\n"
	  "         [--observer] [--wait SECONDS] [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "  --genesis FILE        the federation's document, \"-\" for stdin\n"
	  "  --trust HASH          its hash as another member says it; not needed when all members\n"
	  "                        signed the document\n"
	  "  --peer NAME=HOST:PORT where a member is reached, if not where genesis says\n"
	  "  --observer            without a seat in genesis\n"
	  "  --wait SECONDS        until it is level with the others (default 600, 0: do not wait)\n"
	  "\nThe server has meschain preloaded and set up as docs/operations.md says. The keys in its\n"
	  "state directory say who it is: bring a member's own to make this its new home, or none to\n"
	  "make new ones. Blocks come from the other members, each under a quorum's signatures.\n\n"
	  "example:\n  mesctl node bootstrap --genesis genesis.json --db 'dbname=ledger'\n",
	  run_bootstrap },
	{ 0 },
};
