/*
 * peer_session_pg.c - the hooks behind peer_session_pg.h. They cost an ordinary session one
 * comparison a statement.
 */
#include "node/peer_session_pg.h"

#include <sys/resource.h>

#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#undef ENABLE_GSS /* its headers are not everywhere; Port has the same shape without */
#include "libpq/auth.h"
#include "libpq/libpq-be.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "node/shmem_pg.h"
#include "parser/analyze.h"
#include "storage/latch.h"
#include "tcop/cmdtag.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/timeout.h"

/* A member's largest call is a few MiB; a Bind message may claim a GiB. */
#define MEMORY_MAX ((rlim_t) 256 * 1024 * 1024)
/* An open snapshot would hold up vacuum for the whole server. */
#define TRANSACTION_MS_MAX 10000

typedef enum SessionKind
{
	SESSION_UNKNOWN, /* until its first statement */
	SESSION_ORDINARY,
	SESSION_PEER,
} SessionKind;

static SessionKind session_kind;
static TimeoutId transaction_timeout;
static bool transaction_timed;

static emit_log_hook_type previous_log;
static ClientAuthentication_hook_type previous_authentication;
static post_parse_analyze_hook_type previous_analyze;
static ProcessUtility_hook_type previous_utility;
static object_access_hook_type previous_object_access;

/* What a client, ALTER ROLE or ALTER DATABASE say about these reaches no member's session. */
static const char *const pinned[][2] = {
	{ "exit_on_error", "on" }, /* an error loop is no use of the ledger */
	{ "application_name", "meschain peer" },
	{ "default_transaction_isolation", "read committed" },
	{ "default_transaction_read_only", "on" },
	{ "default_transaction_deferrable", "off" },
	{ "statement_timeout", "10s" },
	{ "lock_timeout", "1s" },
	{ "idle_in_transaction_session_timeout", "10s" },
	{ "idle_session_timeout", "0" },
	{ "tcp_keepalives_idle", "10" }, /* a line that died must not keep the member's next one out */
	{ "tcp_keepalives_interval", "5" },
	{ "tcp_keepalives_count", "3" },
	{ "tcp_user_timeout", "30s" },
	{ "search_path", "pg_catalog, pg_temp" },
	{ "local_preload_libraries", "" },
	{ "role", "none" },
	{ "row_security", "on" },
	{ "client_min_messages", "error" },
	{ "debug_print_parse", "off" }, /* the log is not theirs to fill */
	{ "debug_print_rewritten", "off" },
	{ "debug_print_plan", "off" },
	{ "bytea_output", "hex" },
	{ "plan_cache_mode", "auto" },
	{ "jit", "off" },
	{ "work_mem", "4MB" },
	{ "temp_buffers", "100" },
	{ "temp_file_limit", "0" },
	{ "max_parallel_workers_per_gather", "0" },
};

static void
on_transaction_end(XactEvent event, void *argument)
{
	if (!transaction_timed || (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT))
		return;
	disable_timeout(transaction_timeout, false);
	transaction_timed = false;
}

/* In a signal handler: the session ends as by pg_terminate_backend. */
static void
on_transaction_timeout(void)
{
	ProcDiePending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

/* The member whose role this is; PBFT_NODE_MAX when it is none's or no ledger runs. */
static uint32_t
member_of_role(void)
{
	const char *name = MyProcPort->user_name + strlen(PEER_ROLE_PREFIX);
	const NodeGenesis *genesis = &node_shared->running;
	uint32_t found = PBFT_NODE_MAX;

	if (strncmp(MyProcPort->user_name, PEER_ROLE_PREFIX, strlen(PEER_ROLE_PREFIX)) != 0 ||
		LWLockHeldByMe(node_shared->lock))
		return found;
	LWLockAcquire(node_shared->lock, LW_SHARED);
	for (uint32_t i = 0; node_shared->domain_known && i < genesis->peer_count; i++)
		if (strcmp(genesis->document.members[i].name, name) == 0)
			found = i;
	LWLockRelease(node_shared->lock);
	return found;
}

/* Every way in which such a session ends early, but the server's own; a clean end is none. */
static void
on_log(ErrorData *error)
{
	uint32_t number;

	if (previous_log)
		previous_log(error);
	if (session_kind != SESSION_PEER || error->elevel != FATAL ||
		error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN || error->sqlerrcode == ERRCODE_CRASH_SHUTDOWN)
		return;
	number = member_of_role();
	if (number < PBFT_NODE_MAX)
		pg_atomic_fetch_add_u64(&peer_of(number)->sessions_ended, 1);
}

static void
become_peer(void)
{
	struct rlimit memory = { .rlim_cur = MEMORY_MAX, .rlim_max = MEMORY_MAX };

	session_kind = SESSION_PEER;
	(void) setrlimit(RLIMIT_DATA, &memory);
	transaction_timeout = RegisterTimeout(USER_TIMEOUT, on_transaction_timeout);
	RegisterXactCallback(on_transaction_end, NULL);
	for (size_t i = 0; i < lengthof(pinned); i++)
		SetConfigOption(pinned[i][0], pinned[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

/* Before any setting of the session is looked at: what the client asked for is forgotten. */
static void
on_authentication(Port *port, int status)
{
	if (previous_authentication)
		previous_authentication(port, status);
	if (status != STATUS_OK ||
		strncmp(port->user_name, PEER_ROLE_PREFIX, strlen(PEER_ROLE_PREFIX)) != 0)
		return;
	if (strcmp(port->database_name, guc_database) != 0)
		ereport(FATAL, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("role \"%s\" has no business in database \"%s\"", port->user_name,
							   port->database_name)));
	port->cmdline_options = NULL;
	port->guc_options = NIL;
	become_peer();
}

static bool
is_peer(void)
{
	Oid group;

	if (session_kind != SESSION_UNKNOWN)
		return session_kind == SESSION_PEER;
	if (MyProcPort == NULL || !IsTransactionState())
		return false;
	group = get_role_oid("mes_peer", true);
	session_kind = SESSION_ORDINARY;
	if (OidIsValid(group) && !superuser_arg(GetSessionUserId()) &&
		is_member_of_role_nosuper(GetSessionUserId(), group))
		become_peer();
	return session_kind == SESSION_PEER;
}

static void
end_session(const char *attempt)
{
	McProblem problem;
	char message[256];

	status_problem_name(&problem, MC_PEER_SESSION, attempt, strlen(attempt));
	status_message(&problem, message, sizeof(message));
	ereport(FATAL, (errcode(errcode_of(MC_PEER_SESSION)), errmsg("%s", message),
					errhint("%s", status_info(MC_PEER_SESSION)->hint)));
}

/* statement_timeout does not reach a session that waits for its client's next message. */
static void
time_transaction(void)
{
	if (!transaction_timed)
		enable_timeout_after(transaction_timeout, TRANSACTION_MS_MAX);
	transaction_timed = true;
}

/* Under a running portal there is deliver, and what it does itself. */
static bool
within_deliver(void)
{
	return ActivePortal != NULL;
}

static void
on_analyze(ParseState *state, Query *query, JumbleState *jumble)
{
	bool peer = is_peer() && !within_deliver();

	if (peer && strcmp(state->p_sourcetext, PEER_STATEMENT) != 0)
		end_session(query->commandType == CMD_UTILITY
						? GetCommandTagName(CreateCommandTag(query->utilityStmt))
						: "this statement");
	if (peer)
		time_transaction();
	if (previous_analyze)
		previous_analyze(state, query, jumble);
}

static void
on_utility(PlannedStmt *planned, const char *text, bool read_only_tree,
		   ProcessUtilityContext context, ParamListInfo parameters, QueryEnvironment *environment,
		   DestReceiver *destination, QueryCompletion *completion)
{
	if (is_peer())
		end_session(GetCommandTagName(CreateCommandTag(planned->utilityStmt)));
	if (previous_utility)
		previous_utility(planned, text, read_only_tree, context, parameters, environment,
						 destination, completion);
	else
		standard_ProcessUtility(planned, text, read_only_tree, context, parameters, environment,
								destination, completion);
}

/* A function that runs without a portal came by the fast path. */
static void
on_object_access(ObjectAccessType access, Oid class, Oid object, int column, void *argument)
{
	if (previous_object_access)
		previous_object_access(access, class, object, column, argument);
	if (access != OAT_FUNCTION_EXECUTE || !is_peer())
		return;
	if (!within_deliver())
		end_session("a function without a statement");
	time_transaction();
}

void
peer_session_init(void)
{
	previous_log = emit_log_hook;
	emit_log_hook = on_log;
	previous_authentication = ClientAuthentication_hook;
	ClientAuthentication_hook = on_authentication;
	previous_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = on_analyze;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = on_utility;
	previous_object_access = object_access_hook;
	object_access_hook = on_object_access;
}
