/*
 * guc_pg.c - defines the settings. Those of the postmaster exist only where the library is
 * preloaded; the others everywhere, so that a session can set them before anything else.
 */
#include "node/guc_pg.h"

#include "node/switches_pg.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/guc.h"

char *guc_database;
char *guc_node_name;
char *guc_state_directory;
int guc_mempool_size_kb;
int guc_utxo_cache_size_kb;
int guc_inbox_size_kb;
int guc_peer_message_rate;
int guc_peer_byte_rate_kb;
int guc_commit_hook_timeout_ms;
int guc_apply_lock_wait_ms;
bool guc_restore;
int guc_commit;
int guc_commit_timeout_ms;
char *guc_account;
char *guc_peer_ssl_cert_file;
char *guc_peer_ssl_key_file;
char *guc_peer_ssl_ca_file;

static const struct config_enum_entry commit_levels[] = {
	{ "local", COMMIT_LOCAL, false },
	{ "ordered", COMMIT_ORDERED, false },
	{ "final", COMMIT_FINAL, false },
	{ NULL, 0, false },
};

static void
define_postmaster(void)
{
	DefineCustomStringVariable("meschain.database", "Database that holds the ledger.",
							   "The workers connect to it; sessions elsewhere cannot submit.",
							   &guc_database, "ledger", PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("meschain.node_name",
							   "Name of this member's node in logs and views.",
							   "Empty: the member's name in genesis.", &guc_node_name, "",
							   PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("meschain.state_directory",
							   "Directory of the voting key, the wrapping key and the vote log.",
							   "Must be outside the data directory and readable by the server "
							   "only, so that no base backup "
							   "carries a key.",
							   &guc_state_directory, "", PGC_POSTMASTER, GUC_SUPERUSER_ONLY, NULL,
							   NULL, NULL);
	DefineCustomIntVariable(
		"meschain.mempool_size", "Memory for submissions that wait for a block.",
		"When it is full, submitting fails with a hint to try again.", &guc_mempool_size_kb,
		64 * 1024, 1024, 8 * 1024 * 1024, PGC_POSTMASTER, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("meschain.utxo_cache_size", "Memory for the cache of unspent outputs.",
							"What does not fit is looked up in the tables.",
							&guc_utxo_cache_size_kb, 128 * 1024, 1024, 64 * 1024 * 1024,
							PGC_POSTMASTER, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("meschain.inbox_size", "Memory for messages of the other members.",
							"Shared out equally: no member can take another's part.",
							&guc_inbox_size_kb, 32 * 1024, 1024, 1024 * 1024, PGC_POSTMASTER,
							GUC_UNIT_KB, NULL, NULL, NULL);
}

static void
define_workers(void)
{
	DefineCustomIntVariable("meschain.commit_hook_timeout", "Longest run of one commit hook.",
							"A hook over it is stored in mes.hook_errors and tried again.",
							&guc_commit_hook_timeout_ms, 1000, 1, 60000, PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable(
		"meschain.apply_lock_wait", "How long the apply worker waits for a session's lock.",
		"After that the session is cancelled, or terminated when it is idle in a transaction.",
		&guc_apply_lock_wait_ms, 100, 10, 60000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomBoolVariable(
		"meschain.restore", "Lets a superuser fill an empty ledger from a dump.",
		"After it the workers stay down until mes.finish_restore() has verified.", &guc_restore,
		false, PGC_SUSET, 0, NULL, NULL, NULL);
}

static void
define_links(void)
{
	DefineCustomStringVariable("meschain.peer_ssl_cert_file",
							   "Certificate that this node shows to the other members.",
							   "Its common name is this member's name.", &guc_peer_ssl_cert_file,
							   "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomStringVariable("meschain.peer_ssl_key_file", "Key of that certificate.",
							   "Readable by the server's user only, outside the data directory.",
							   &guc_peer_ssl_key_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL,
							   NULL, NULL);
	DefineCustomStringVariable(
		"meschain.peer_ssl_ca_file", "Certificates of the members, or of who issued them.",
		"A member whose server shows another is not connected to.", &guc_peer_ssl_ca_file, "",
		PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

static void
define_limits(void)
{
	DefineCustomIntVariable(
		"meschain.peer_message_rate", "Messages a second that another member may deliver here.",
		"What comes beyond is dropped, counted in mes.stat_peers, and said again by an honest "
		"member. 0: any number.",
		&guc_peer_message_rate, 30000, 0, 10000000, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"meschain.peer_byte_rate", "Bytes a second that another member may deliver and ask for.",
		"The blocks that it fetches count too. 0: any number.", &guc_peer_byte_rate_kb, 128 * 1024,
		0, 1024 * 1024 * 1024, PGC_SIGHUP, GUC_UNIT_KB, NULL, NULL, NULL);
}

static void
define_sessions(void)
{
	DefineCustomEnumVariable(
		"meschain.commit", "When COMMIT of a submission returns.",
		"final: a quorum signed the result and it is applied here. ordered: its "
		"order is decided. local: it stands in this node's outbox.",
		&guc_commit, COMMIT_FINAL, commit_levels, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"meschain.commit_timeout", "Longest wait of COMMIT for the ledger.",
		"After it the outcome is unknown, and mes.receipt_of() answers later. 0 "
		"waits for ever.",
		&guc_commit_timeout_ms, 60000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomStringVariable("meschain.account", "Local account that this session submits for.",
							   "Empty: the only account that this role owns.", &guc_account, "",
							   PGC_USERSET, 0, NULL, NULL, NULL);
}

void
guc_init(void)
{
	if (process_shared_preload_libraries_in_progress)
		define_postmaster();
	define_workers();
	define_links();
	define_limits();
	define_sessions();
	switches_init();
	MarkGUCPrefixReserved("meschain");
}
