/*
 * guc_pg.h - the settings. None of them can change what a block means (law 6).
 *
 * Room card, node/: what makes a server a member: settings, shared memory, workers, keys, guards,
 * sessions' submissions. All files are _pg; rooms meet here. Guarded by test/sql/node_*.sql,
 * test/t/.
 */
#ifndef MESCHAIN_NODE_GUC_PG_H
#define MESCHAIN_NODE_GUC_PG_H

#include "postgres.h"

typedef enum CommitLevel
{
	COMMIT_LOCAL,
	COMMIT_ORDERED,
	COMMIT_FINAL,
} CommitLevel;

extern char *guc_database;
extern char *guc_node_name;
extern char *guc_state_directory;
extern int guc_mempool_size_kb;
extern int guc_utxo_cache_size_kb;
extern int guc_inbox_size_kb;
extern int guc_peer_message_rate;
extern int guc_peer_byte_rate_kb;
extern int guc_commit_hook_timeout_ms;
extern int guc_apply_lock_wait_ms;
extern bool guc_restore;
extern int guc_commit;
extern int guc_commit_timeout_ms;
extern char *guc_account;
extern char *guc_peer_ssl_cert_file;
extern char *guc_peer_ssl_key_file;
extern char *guc_peer_ssl_ca_file;

extern void guc_init(void);

#endif
