/*
 * hooks_pg.c - finds and calls commit hooks.
 *
 * All of a block's hooks run in one subtransaction; only when one raises is the set rolled back and
 * run one by one, each in its own. As the role that registered it, with time limits of the engine's
 * own, and with deferred constraints checked before the subtransaction ends: otherwise one would
 * fail the block at COMMIT, and its triggers would run as the worker there. What fails is a row of
 * hook_error_rows, which the housekeeper or mes.retry_hook_error() tries again.
 */
#include "node/hooks_pg.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/describe_pg.h"
#include "ledger/tables_pg.h"
#include "miscadmin.h"
#include "node/accounts_pg.h"
#include "node/beside_pg.h"
#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "node/shmem_pg.h"
#include "node/submission_pg.h"
#include "portability/instr_time.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define HOOKS_MAX 64
#define HOOK_LOCK_TIMEOUT "100ms"
/* Of any ten seconds of the block's transactions, hooks may use a tenth. */
#define BUDGET_PERIOD_MS 10000.0
#define BUDGET_SHARE 0.1

typedef struct Hook
{
	int64 id;
	char operation[NAMEDATALEN]; /* empty: every operation */
	char *signature;
	Jsonb *filter; /* NULL: all */
	char *owner;
} Hook;

typedef struct HookCall
{
	const Hook *hook;
	int64 tx_id;
	int32 operation_index;
	Jsonb *event;
} HookCall;

static struct
{
	uint32_t generation; /* of the list below; 0: never read */
	int count;
	Hook *hooks;
	MemoryContext context;
	bool running;
	bool in_block;
	double block_start_ms;
	double period_start_ms;
	double used_ms; /* by earlier blocks of the period */
} hooks;

bool
hooks_running(void)
{
	return hooks.running;
}

/* ---- the list ----------------------------------------------------------------------------------
 */

static void
read_hook(HeapTuple row, TupleDesc desc, Hook *hook)
{
	bool isnull;
	Datum filter = SPI_getbinval(row, desc, 4, &isnull);

	memset(hook, 0, sizeof(*hook));
	if (!isnull)
		hook->filter = DatumGetJsonbPCopy(filter);
	hook->id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	if (!SPI_getbinval(row, desc, 2, &isnull) || isnull)
		hook->operation[0] = '\0';
	else
		strlcpy(hook->operation, SPI_getvalue(row, desc, 2), NAMEDATALEN);
	hook->signature = MemoryContextStrdup(CurrentMemoryContext, SPI_getvalue(row, desc, 3));
	hook->owner = MemoryContextStrdup(CurrentMemoryContext, SPI_getvalue(row, desc, 5));
}

static void
load_hooks(void)
{
	uint32_t generation = pg_atomic_read_u32(&node_shared->hook_generation);
	MemoryContext old;

	if (generation == hooks.generation)
		return;
	if (hooks.context == NULL)
		hooks.context =
			AllocSetContextCreate(TopMemoryContext, "meschain hooks", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(hooks.context);
	if (SPI_execute("SELECT hook_id, operation, function_signature, filter, owner "
					"FROM mes_internal.hook_rows WHERE enabled ORDER BY hook_id",
					true, HOOKS_MAX) != SPI_OK_SELECT)
		elog(ERROR, "could not read commit hooks");
	old = MemoryContextSwitchTo(hooks.context);
	hooks.count = (int) SPI_processed;
	hooks.hooks = palloc0(sizeof(Hook) * (Size) Max(hooks.count, 1));
	for (int i = 0; i < hooks.count; i++)
		read_hook(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, &hooks.hooks[i]);
	MemoryContextSwitchTo(old);
	hooks.generation = generation;
}

/* ---- events ------------------------------------------------------------------------------------
 */

static void
push(JsonbParseState **state, const char *key, JsonbValue value)
{
	JsonbValue name = { .type = jbvString };

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static JsonbValue
number_value(int64 number)
{
	JsonbValue value = { .type = jbvNumeric };

	value.val.numeric = int64_to_numeric(number);
	return value;
}

static JsonbValue
text_value(char *text)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = text;
	value.val.string.len = (int) strlen(text);
	return value;
}

static JsonbValue
binary_value(Jsonb *json)
{
	JsonbValue value = { .type = jbvBinary };

	value.val.binary.data = &json->root;
	value.val.binary.len = (int) VARSIZE(json) - VARHDRSZ;
	return value;
}

static Jsonb *
event_of(const LedgerTx *tx, const TxOperation *operation, Jsonb *detail, int64 tx_id,
		 uint64_t block_time_ms)
{
	JsonbParseState *state = NULL;
	char *txid = palloc(2 * HASH_SIZE + 1);
	char *address = palloc(ADDRESS_TEXT_SIZE + 1);
	pg_uuid_t submission;
	Datum time = TimestampTzGetDatum(tables_timestamp(block_time_ms));

	hex_format(tx->view->txid.bytes, HASH_SIZE, txid);
	address_format(&operation->actor_address, address);
	memcpy(submission.data, tx->view->submission, UUID_LEN);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push(&state, "height", number_value(tx_id >> OUTPUT_ID_SHIFT));
	push(&state, "position", number_value(tx_id & ((1 << OUTPUT_ID_SHIFT) - 1)));
	push(&state, "operation_index", number_value(operation->index));
	push(&state, "block_time",
		 text_value(DatumGetCString(DirectFunctionCall1(timestamptz_out, time))));
	push(&state, "txid", text_value(txid));
	push(&state, "submission",
		 text_value(DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&submission)))));
	push(&state, "operation",
		 text_value(unconstify(char *, operation_kind(operation->kind)->name)));
	push(&state, "address", text_value(address));
	push(&state, "detail", binary_value(detail));
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static bool
hook_wants(const Hook *hook, const char *operation, Jsonb *detail)
{
	if (hook->operation[0] != '\0' && strcmp(hook->operation, operation) != 0)
		return false;
	return hook->filter == NULL ||
		   DatumGetBool(DirectFunctionCall2(jsonb_contains, JsonbPGetDatum(detail),
											JsonbPGetDatum(hook->filter)));
}

static List *
calls_of_transaction(const LedgerTx *tx, int64 tx_id, uint64_t block_time_ms, List *calls)
{
	WireReader reader;
	TxOperation operation = { 0 };

	wire_reader_init(&reader, tx->view->operations);
	while (tx_next_operation(&reader, tx->view, &operation))
	{
		const char *name = operation_kind(operation.kind)->name;
		Jsonb *detail = NULL;
		Jsonb *event = NULL;

		for (int i = 0; i < hooks.count; i++)
		{
			const Hook *hook = &hooks.hooks[i];
			HookCall *call;

			if (hook->operation[0] != '\0' && strcmp(hook->operation, name) != 0)
				continue;
			if (detail == NULL)
				detail = describe_operation(&operation);
			if (!hook_wants(hook, name, detail))
				continue;
			if (event == NULL)
				event = event_of(tx, &operation, detail, tx_id, block_time_ms);
			call = palloc(sizeof(HookCall));
			*call = (HookCall){ hook, tx_id, (int32) operation.index, event };
			calls = lappend(calls, call);
		}
	}
	return calls;
}

/* ---- calling -----------------------------------------------------------------------------------
 */

static double
now_ms(void)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_MILLISEC(now);
}

static const char deferred_message[] = "deferred: commit hooks used up their share of time";

/* True when the hooks have used up their share of the current period, this block's included. */
static bool
over_budget(double now)
{
	if (!hooks.in_block && now - hooks.period_start_ms >= BUDGET_PERIOD_MS)
	{
		hooks.period_start_ms = now;
		hooks.used_ms = 0;
	}
	return hooks.used_ms + (hooks.in_block ? now - hooks.block_start_ms : 0) >=
		   BUDGET_PERIOD_MS * BUDGET_SHARE;
}

/* The registering role must own the function still: a new owner could run code in its name. */
static Oid
resolve(const Hook *hook, Oid owner)
{
	Oid function =
		DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(hook->signature)));

	if (!pg_proc_ownercheck(function, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" does not own function %s", hook->owner, hook->signature)));
	return function;
}

static void
record_call(const HookCall *call)
{
	if (SPI_execute_with_args("INSERT INTO mes_internal.hook_call_rows VALUES ($1, $2, $3)", 3,
							  (Oid[]){ INT8OID, INT8OID, INT4OID },
							  (Datum[]){ Int64GetDatum(call->hook->id), Int64GetDatum(call->tx_id),
										 Int32GetDatum(call->operation_index) },
							  NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not record a hook's call");
}

/* A void function in SQL returns null, so the result is not looked at. */
static void
invoke(Oid function, Jsonb *event)
{
	LOCAL_FCINFO(arguments, 1);
	FmgrInfo info;

	fmgr_info(function, &info);
	InitFunctionCallInfoData(*arguments, &info, 1, InvalidOid, NULL, NULL);
	arguments->args[0].value = JsonbPGetDatum(event);
	arguments->args[0].isnull = false;
	(void) FunctionCallInvoke(arguments);
}

/* In the caller's subtransaction. What the hook sets, locks or becomes ends with it. */
static void
call_hook(const HookCall *call)
{
	ConstraintsSetStmt immediate = { .type = T_ConstraintsSetStmt };
	Oid user;
	int context;
	int level;
	Oid owner = get_role_oid(call->hook->owner, false);
	Oid function;
	bool notifies = beside_notify_queued();

	if (over_budget(now_ms()))
		ereport(ERROR, (errcode(errcode_of(MC_HOOK_DEFERRED)), errmsg("%s", deferred_message)));
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE);
	function = resolve(call->hook, owner); /* with its rights: its schema may be its own */
	level = NewGUCNestLevel();
	(void) set_config_option("lock_timeout", HOOK_LOCK_TIMEOUT, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	hooks.running = true;
	PG_TRY();
	{
		enable_timeout_after(STATEMENT_TIMEOUT, guc_commit_hook_timeout_ms);
		invoke(function, call->event);
		AfterTriggerSetState(&immediate);
		if (!notifies && beside_notify_queued()) /* P7: by pg_notify(), which is no command */
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("a commit hook cannot run NOTIFY")));
		submission_leave();
		disable_timeout(STATEMENT_TIMEOUT, false);
	}
	PG_FINALLY();
	{
		submission_drop();
		hooks.running = false;
		if (get_timeout_active(STATEMENT_TIMEOUT))
			disable_timeout(STATEMENT_TIMEOUT, true);
	}
	PG_END_TRY();
	AtEOXact_GUC(false, level); /* set for the session too, by set_config() (X9) */
	SetUserIdAndSecContext(user, context);
	LockReleaseAll(USER_LOCKMETHOD, true);
	record_call(call);
}

static void
store_error(const HookCall *call, const char *sqlstate, const char *message)
{
	if (SPI_execute_with_args(
			"INSERT INTO mes_internal.hook_error_rows (hook_id, tx_id, operation_index, event, "
			"sqlstate, message) VALUES ($1, $2, $3, $4, $5, $6)",
			6, (Oid[]){ INT8OID, INT8OID, INT4OID, JSONBOID, TEXTOID, TEXTOID },
			(Datum[]){ Int64GetDatum(call->hook->id), Int64GetDatum(call->tx_id),
					   Int32GetDatum(call->operation_index), JsonbPGetDatum(call->event),
					   CStringGetTextDatum(sqlstate), CStringGetTextDatum(message) },
			NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store a hook's error");
	pg_atomic_fetch_add_u64(&node_shared->stats.hook_errors, 1);
}

/* Runs the calls in one subtransaction; NULL, or the error that rolled all of them back. */
static ErrorData *
try_calls(List *calls)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Oid user;
	int context;
	ErrorData *volatile error = NULL;
	ListCell *cell;

	GetUserIdAndSecContext(&user, &context);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(old);
	PG_TRY();
	{
		foreach (cell, calls)
			call_hook(lfirst(cell));
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		SetUserIdAndSecContext(user, context);
		QueryCancelPending = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	CurrentResourceOwner = owner;
	return error;
}

static bool
worth_another_try(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE ||
		   error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED ||
		   error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}

static void
run_one(HookCall *call)
{
	ErrorData *error = try_calls(list_make1(call));

	if (error != NULL && worth_another_try(error))
		error = try_calls(list_make1(call));
	if (error == NULL)
		return;
	store_error(call, unpack_sql_state(error->sqlerrcode), error->message);
	ereport(LOG, (errmsg("commit hook %s failed: %s", call->hook->signature, error->message),
				  errhint("Mend it and call mes.retry_hook_error(); see mes.hook_errors.")));
}

static void
run_calls(List *calls)
{
	ListCell *cell;

	(void) over_budget(now_ms()); /* a new period may begin */
	hooks.block_start_ms = now_ms();
	hooks.in_block = true;
	pg_atomic_fetch_add_u64(&node_shared->stats.hook_calls, list_length(calls));
	if (try_calls(calls) != NULL)
		foreach (cell, calls)
			run_one(lfirst(cell));
	hooks.in_block = false;
	hooks.used_ms += now_ms() - hooks.block_start_ms;
}

bool
hooks_run(const LedgerBlock *block, uint64_t height, uint64_t block_time_ms)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);
	List *calls = NIL;

	load_hooks();
	if (hooks.count == 0)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (txs[i].problem.status == MC_OK)
			calls =
				calls_of_transaction(&txs[i], (int64) OUTPUT_ID(height, i), block_time_ms, calls);
	if (calls != NIL)
	{
		CommandCounterIncrement();
		pg_atomic_write_u32(&node_shared->apply_in_hooks, 1);
		run_calls(calls);
		pg_atomic_write_u32(&node_shared->apply_in_hooks, 0);
	}
	return calls != NIL;
}

/* ---- SQL ---------------------------------------------------------------------------------------
 */

static void
wake_hooks(XactEvent event, void *argument)
{
	bool *changed = argument;

	if (event == XACT_EVENT_COMMIT && *changed)
		pg_atomic_fetch_add_u32(&node_shared->hook_generation, 1);
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		*changed = false;
}

/* The list changed; apply reads it anew once this transaction commits. */
static void
hooks_changed(void)
{
	static bool registered;
	static bool changed;

	shmem_require();
	if (!registered)
		RegisterXactCallback(wake_hooks, &changed);
	registered = true;
	changed = true;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_hooks_changed);
Datum
mes_internal_hooks_changed(PG_FUNCTION_ARGS)
{
	hooks_changed();
	PG_RETURN_VOID();
}

static char *
own_hook_function(const char *signature)
{
	Oid function = DatumGetObjectId(
		DirectFunctionCall1(regprocedurein, CStringGetDatum(unconstify(char *, signature))));
	Oid *arguments;
	int count;
	Oid result = get_func_signature(function, &arguments, &count);

	if (!pg_proc_ownercheck(function, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FUNCTION, signature);
	if (result != VOIDOID || count != 1 || arguments[0] != JSONBOID)
		ereport(ERROR, (errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
						errmsg("function %s is not f(event jsonb) returns void", signature)));
	return format_procedure_qualified(function);
}

static int64
store_hook(const char *operation, const char *signature, Datum filter, bool no_filter)
{
	char nulls[4] = { operation == NULL ? 'n' : ' ', ' ', no_filter ? 'n' : ' ', ' ' };
	const char *owner = GetUserNameFromId(GetUserId(), false);
	EngineRights saved;
	bool isnull;
	int64 id;

	engine_rights_take(&saved);
	SPI_connect();
	if (SPI_execute_with_args(
			"INSERT INTO mes_internal.hook_rows (operation, function_signature, filter, owner) "
			"VALUES ($1, $2, $3, $4) RETURNING hook_id",
			4, (Oid[]){ TEXTOID, TEXTOID, JSONBOID, TEXTOID },
			(Datum[]){ operation == NULL ? (Datum) 0 : CStringGetTextDatum(operation),
					   CStringGetTextDatum(signature), filter, CStringGetTextDatum(owner) },
			nulls, false, 0) != SPI_OK_INSERT_RETURNING)
		elog(ERROR, "could not store a commit hook");
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	engine_rights_return(&saved);
	return id;
}

/* (operation, function_signature, filter) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_add_commit_hook);
Datum
mes_add_commit_hook(PG_FUNCTION_ARGS)
{
	char *operation = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *signature;

	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("\"function_signature\" must not be null")));
	signature = own_hook_function(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	hooks_changed();
	PG_RETURN_INT64(store_hook(operation, signature,
							   PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2), PG_ARGISNULL(2)));
}

/* (hook_id, signature, owner, tx_id, operation_index, event): the error's text, null when it ran.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_call_hook);
Datum
mes_internal_call_hook(PG_FUNCTION_ARGS)
{
	Hook hook = { .id = PG_GETARG_INT64(0),
				  .signature = text_to_cstring(PG_GETARG_TEXT_PP(1)),
				  .owner = text_to_cstring(PG_GETARG_TEXT_PP(2)) };
	HookCall call = { &hook, PG_GETARG_INT64(3), PG_GETARG_INT32(4), PG_GETARG_JSONB_P(5) };
	ErrorData *error;

	submission_require_none("a call of a commit hook");
	SPI_connect();
	error = try_calls(list_make1(&call));
	SPI_finish();
	if (error == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(
		cstring_to_text(psprintf("%s %s", unpack_sql_state(error->sqlerrcode), error->message)));
}
