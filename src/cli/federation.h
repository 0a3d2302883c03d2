/*
 * federation.h - a federation's directory on this machine, its servers' programs, connections.
 *
 *   DIR/federation        members, one a node, and the first port
 *   DIR/genesis.json      what they agreed to
 *   DIR/.s.PGSQL.PORT     sockets; DIR is its owner's alone
 *   DIR/node1/data        a cluster with database "ledger"
 *   DIR/node1/state       keys, vote log; peer.key and peer.crt for TLS, peers.crt of all members
 *   DIR/node1/server.log
 */
#ifndef MESCHAIN_CLI_FEDERATION_H
#define MESCHAIN_CLI_FEDERATION_H

#include "cli/cli.h"

#include <libpq-fe.h>

#define FEDERATION_PORT 7101
#define FEDERATION_NODES_MAX 100
#define FEDERATION_HOST "127.0.0.1"

typedef struct Federation
{
	char *dir; /* absolute */
	int nodes;
	int base_port;
	const char *members[FEDERATION_NODES_MAX]; /* of node1, node2, ... */
} Federation;

/* ---- the directory ---- */

extern void federation_read(const char *dir, Federation *federation);
extern void federation_write(const Federation *federation);
extern char *federation_path(const Federation *federation, int node, const char *name);
extern int federation_port(const Federation *federation, int node);
/* "node3" is 3, and so is the name of its member. */
extern int federation_node(const Federation *federation, const char *name);
extern char *federation_conninfo(const Federation *federation, int node, const char *database);

/* ---- nodes ---- */

extern void node_start(const Federation *federation, int node);
extern void node_stop(const Federation *federation, int node, const char *mode);
/* As superuser, through the socket. */
extern PGconn *node_connect(const Federation *federation, int node, const char *database);
/* Until it takes submissions, whether or not a quorum is there to decide them. */
extern void node_wait_ready(const Federation *federation, int node);
/* Until all of them vote; ends naming those that do not. */
extern void federation_wait_voting(const Federation *federation, int64_t seconds);

/* ---- who runs a server: never root (P19) ---- */

/* Makes the directory for the user who will own it: the caller, or postgres when root calls. */
extern char *owner_create_directory(const char *dir);
/* From here on this process is the directory's owner; refuses others' directories and root's. */
extern void owner_become(const char *dir);

/* ---- server programs ---- */

/* Runs one of PostgreSQL's programs; its output goes to the end of log. False when it failed. */
extern bool server_run(const char *log, const char *program, ...) __attribute__((sentinel));
/* The same in two steps, so that several run at once. */
extern int server_begin(const char *log, const char *program, ...) __attribute__((sentinel));
extern bool server_end(int child);
/* Path of a program of the server; MESCHAIN_BINDIR, PATH, then Debian's directories. */
extern char *server_program(const char *program);
/* The postmaster, 0 when none runs. */
extern int server_pid(const char *data);
/* Takes away the lock files that a killed server left, when none of its processes lives. */
extern void server_clear_remains(const char *data, const char *socket_lock);
/* Waits until no process of this cluster is left; false after the time. */
extern bool server_wait_gone(const char *data, int64_t seconds);

/* ---- connections ---- */

typedef struct Target
{
	const char *dir;
	const char *db;
	int64_t node;
} Target;

#define TARGET_OPTIONS(target)                                                                     \
	{ "dir", CLI_TEXT, &(target).dir, 0, 0 }, { "db", CLI_TEXT, &(target).db, 0, 0 },              \
	{                                                                                              \
		"node", CLI_NUMBER, &(target).node, 1, 100                                                 \
	}
#define TARGET_INIT                                                                                \
	{                                                                                              \
		NULL, NULL, 1                                                                              \
	}
#define TARGET_HELP                                                                                \
	"  --dir DIR, --node K   node K (default 1) of the federation in DIR\n"                        \
	"  --db CONNINFO         or any server, as libpq takes it; without both the environment\n"

/* chain id in hex, time of the chain in ms, longest window in ms, fee floor in units, fee asset */
#define CHAIN_QUERY                                                                                \
	"SELECT encode(chain_id, 'hex'), (extract(epoch FROM coalesce((SELECT max(block_time) "        \
	"FROM mes.blocks), created_at)) * 1000)::bigint, "                                             \
	"(SELECT value FROM mes.parameters WHERE name = 'tx_window_max'), "                            \
	"(SELECT value FROM mes.parameters WHERE name = 'fee_floor'), fee_asset FROM mes.genesis"

extern char *target_conninfo(const Target *target);
extern PGconn *target_connect(const Target *target);
/* One row and at least one column, or the end with the server's message. */
extern PGresult *query_one(PGconn *connection, const char *sql, int count,
						   const char *const *values);
extern PGresult *query(PGconn *connection, const char *sql, int count, const char *const *values);
extern _Noreturn void query_fail(const char *what, const PGresult *result, PGconn *connection);

#endif
