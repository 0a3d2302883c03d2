/*
 * submission_pg.c - the session's side of the ledger: a list of operations that follows savepoints,
 * handed in at PRE_COMMIT, waited for before the local commit (P2, P3, A26).
 */
#include "node/submission_pg.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "node/amounts_pg.h"
#include "node/beside_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/handoff_pg.h"
#include "node/hooks_pg.h"
#include "node/keys_pg.h"
#include "node/outbox_pg.h"
#include "node/pause_pg.h"
#include "node/wallet_pg.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "tx/build.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* Assets whose decimals this SQL transaction has met; one statement may ask for them a thousand
 * times. */
#define ASSETS_NOTED 8
typedef struct NotedAsset
{
	TxAsset asset;
	uint8_t decimals;
} NotedAsset;

typedef struct PendingOperation
{
	WalletOperation operation;
	SubTransactionId subtransaction;
} PendingOperation;

static struct
{
	bool begun; /* an account is chosen and the uuid is known */
	Account account;
	uint8_t submission[SUBMISSION_SIZE];
	bool submission_given;
	char *reference;
	NodeGenesis *genesis;
	int count;
	int capacity;
	PendingOperation *operations;
	int noted_count;
	NotedAsset noted[ASSETS_NOTED];
	uint32_t slot; /* claimed or waited for, POOL_NONE when none */
	bool published;
	TxView *promised; /* meschain.commit = local: to be published after the commit */
	Coin *coins;      /* reserved for what is on its way */
	uint32_t coin_count;
	McHash txid;
	McHash last_txid;
	bool has_last_txid;
} session = { .slot = POOL_NONE };

static MemoryContext
transaction_memory(void)
{
	return TopTransactionContext;
}

/* ---- the list ----------------------------------------------------------------------------------
 */

static void
new_uuid(uint8_t uuid[SUBMISSION_SIZE])
{
	int64 unix_ms = GetCurrentTimestamp() / 1000 +
					(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000);

	keys_random(uuid, SUBMISSION_SIZE);
	tx_name_submission((uint64_t) unix_ms, uuid);
}

static void
begin(void)
{
	MemoryContext old;

	beside_check_writable();
	if (session.begun)
		return;
	beside_check_notify();
	old = MemoryContextSwitchTo(transaction_memory());
	session.genesis = palloc(sizeof(NodeGenesis));
	genesis_running(session.genesis);
	account_current(&session.account);
	if (!session.submission_given)
		new_uuid(session.submission);
	session.count = 0;
	session.capacity = 16;
	session.operations = palloc(sizeof(PendingOperation) * (Size) session.capacity);
	session.begun = true;
	MemoryContextSwitchTo(old);
}

bool
submission_pending(void)
{
	return session.begun && session.count > 0;
}

const McAddress *
submission_address(void)
{
	begin();
	return &session.account.address;
}

static void
check_account(void)
{
	McProblem problem;
	const char *name = NameStr(session.account.name);

	if (guc_account == NULL || guc_account[0] == '\0' || strcmp(guc_account, name) == 0)
		return;
	problem_check(status_problem_name(&problem, MC_ONE_ACCOUNT, name, strlen(name)), &problem);
}

const uint8_t *
submission_add(uint16_t kind, McSpan arguments)
{
	PendingOperation *added;
	McProblem problem;
	uint32_t outputs;
	MemoryContext old;

	begin();
	check_account();
	problem_check(operation_kind(kind)->check(arguments, &outputs, &problem), &problem);
	if (session.count == TX_OPERATIONS_MAX)
		problem_check(
			status_problem(&problem, MC_TOO_MANY_OPERATIONS, session.count + 1, TX_OPERATIONS_MAX),
			&problem);
	old = MemoryContextSwitchTo(transaction_memory());
	if (session.count == session.capacity)
	{
		session.capacity *= 2;
		session.operations =
			repalloc(session.operations, sizeof(PendingOperation) * (Size) session.capacity);
	}
	added = &session.operations[session.count++];
	added->operation.kind = kind;
	added->operation.arguments = span_of(palloc(arguments.size), arguments.size);
	memcpy(unconstify(uint8_t *, added->operation.arguments.data), arguments.data, arguments.size);
	added->subtransaction = GetCurrentSubTransactionId();
	MemoryContextSwitchTo(old);
	return session.submission;
}

void
submission_set_reference(const char *reference)
{
	if (session.reference != NULL && strcmp(session.reference, reference) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this submission has reference \"%s\" already", session.reference),
						errhint("One SQL transaction is one submission with one reference.")));
	session.reference = MemoryContextStrdup(transaction_memory(), reference);
}

void
submission_note_asset(const TxAsset *asset, uint8_t decimals)
{
	session.noted[session.noted_count++ % ASSETS_NOTED] =
		(NotedAsset){ .asset = *asset, .decimals = decimals };
}

uint8_t
submission_asset_decimals(const TxAsset *asset)
{
	uint8_t decimals;

	begin();
	for (int i = 0; i < Min(session.noted_count, ASSETS_NOTED); i++)
		if (strcmp(session.noted[i].asset.code, asset->code) == 0)
			return session.noted[i].decimals;
	decimals = asset_decimals(asset);
	submission_note_asset(asset, decimals);
	return decimals;
}

/* ---- handing in and waiting --------------------------------------------------------------------
 */

static void
outcome_unknown(const char *why)
{
	McProblem problem;
	char message[256];
	pg_uuid_t uuid;
	char *text;

	memcpy(uuid.data, session.submission, UUID_LEN);
	text = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&uuid)));
	status_problem_name(&problem, MC_OUTCOME_UNKNOWN, text, strlen(text));
	status_message(&problem, message, sizeof(message));
	ereport(ERROR, (errcode(errcode_of(MC_OUTCOME_UNKNOWN)), errmsg("%s", message),
					errdetail("%s", why), errhint("%s", status_info(MC_OUTCOME_UNKNOWN)->hint)));
}

/* P3: PostgreSQL has disarmed statement_timeout by now, so the wait keeps both limits itself. */
static int64
wait_limit_ms(void)
{
	int64 limit = guc_commit_timeout_ms > 0 ? guc_commit_timeout_ms : PG_INT32_MAX;

	return StatementTimeout > 0 ? Min(limit, StatementTimeout) : limit;
}

static void
timed_out(void)
{
	int64 limit_ms = wait_limit_ms();

	outcome_unknown(
		psprintf("The wait timed out after %lld ms; see %s.", (long long) limit_ms,
				 limit_ms == StatementTimeout ? "statement_timeout" : "meschain.commit_timeout"));
}

static void
wait_for_outcome(void)
{
	PoolSlot *slot = pool_slot(session.slot);
	TimestampTz start = GetCurrentTimestamp();
	int64 limit_ms = wait_limit_ms();

	for (;;)
	{
		uint32_t state;
		int64 left_ms;

		ResetLatch(MyLatch);
		state = pg_atomic_read_u32(&slot->state);
		if (state == POOL_DONE || (state == POOL_ORDERED && guc_commit == COMMIT_ORDERED))
			break;
		if (QueryCancelPending)
		{
			QueryCancelPending = false; /* answered by this error */
			outcome_unknown("The wait was cancelled.");
		}
		CHECK_FOR_INTERRUPTS();
		left_ms = limit_ms - (GetCurrentTimestamp() - start) / 1000;
		if (left_ms <= 0)
			timed_out();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) Min(left_ms, 1000), PG_WAIT_EXTENSION);
	}
	pg_read_barrier();
}

static void
add_change_coins(const TxView *view)
{
	WireReader reader;
	TxChange change;
	uint32_t index = view->output_count - view->change_count;

	wire_reader_init(&reader, view->change);
	while (tx_next_change(&reader, &change))
	{
		McAddress owner;

		tx_actor_address(view, change.actor, &owner);
		coins_add_change(&view->txid, index++, &owner, &change.asset, change.amount);
	}
}

static void
drop_change_coins(const TxView *view)
{
	for (uint32_t i = view->output_count - view->change_count; i < view->output_count; i++)
		coins_drop_change(&view->txid, i);
}

static void
settle(const TxView *view)
{
	const PoolSlot *slot = pool_slot(session.slot);
	McProblem problem = slot->outcome.problem;
	/* ordered is all that was asked for: its coins are counted when its rows are there */
	bool done = pg_atomic_read_u32(unconstify(pg_atomic_uint32 *, &slot->state)) == POOL_DONE;

	pool_release(session.slot);
	session.slot = POOL_NONE;
	if (done)
		drop_change_coins(view);
	if (done && problem.status != MC_OK)
		coins_refused(session.coins, session.coin_count);
	else if (done)
		coins_spent(session.coins, session.coin_count);
	session.coin_count = 0;
	if (done)
		problem_check(problem.status, &problem);
	session.last_txid = view->txid;
	session.has_last_txid = true;
}

static void
publish(const TxView *view)
{
	session.slot = pool_publish(session.slot, view, guc_commit, true);
	if (session.slot == POOL_NONE)
	{
		McProblem problem;
		char name[2 * HASH_SIZE + 1];

		hex_format(view->txid.bytes, HASH_SIZE, name);
		problem_check(status_problem_name(&problem, MC_PENDING, name, sizeof(name) - 1), &problem);
	}
	session.published = true;
	handoff_bring();
	pg_atomic_fetch_add_u64(&node_shared->stats.submissions, 1);
}

static void
claim(size_t size)
{
	McProblem problem;

	pause_refuse();
	session.published = false;
	session.slot = pool_claim(size);
	if (session.slot == POOL_NONE)
	{
		pg_atomic_fetch_add_u64(&node_shared->stats.pool_full, 1);
		problem_check(status_problem(&problem, MC_POOL_FULL, 0, 0), &problem);
	}
}

/* The place in the pool is ours; the envelope follows once the local commit is durable. */
static void
promise(const TxView *view)
{
	outbox_store(view);
	session.promised = MemoryContextAlloc(transaction_memory(), sizeof(TxView));
	*session.promised = *view;
}

/* After the local commit: nothing here may raise, and nothing does but for a broken pool. */
static void
keep_promise(void)
{
	if (session.promised == NULL)
		return;
	(void) pool_publish(session.slot, session.promised, COMMIT_LOCAL, false);
	session.slot = POOL_NONE;
	handoff_bring();
	pg_atomic_fetch_add_u64(&node_shared->stats.submissions, 1);
	if (session.coin_count > 0)
		add_change_coins(session.promised);
}

static void
hand_in(McSpan envelope, const NodeGenesis *genesis)
{
	TxView view;
	McProblem problem;

	if (genesis->document.member_count == 1)
		handoff_announce();
	if (tx_read(envelope, &view, &problem) != MC_OK ||
		tx_check_rules(&view, &genesis->rules, &problem) != MC_OK ||
		tx_verify(&view, &problem) != MC_OK || pool_check_decided(&view, &problem) != MC_OK)
	{
		pg_atomic_fetch_add_u64(&node_shared->stats.submissions_refused, 1);
		problem_raise(&problem);
	}
	memcpy(session.submission, view.submission, SUBMISSION_SIZE);
	if (!hooks_running())
	{
		beside_check_notify();
		beside_check_rows();
	}
	else
	{
		outbox_leave(&view, session.coins, session.coin_count);
		session.coin_count = 0;
		return;
	}
	claim(envelope.size);
	if (guc_commit == COMMIT_LOCAL)
	{
		promise(&view);
		return;
	}
	publish(&view);
	if (session.coin_count > 0)
		add_change_coins(&view);
	if (!node_lives())
		outcome_unknown("The node stopped meanwhile.");
	wait_for_outcome();
	settle(&view);
}

const uint8_t *
submission_hand_in(McSpan envelope)
{
	beside_check_writable();
	if (submission_pending() || session.promised != NULL)
		beside_refuse("mes.submit()");
	hand_in(envelope, genesis_in_force());
	return session.submission;
}

/* ---- the transaction's end ---------------------------------------------------------------------
 */

static void
forget(void)
{
	suite_wipe(&session.account, sizeof(session.account));
	session.begun = false;
	session.submission_given = false;
	session.reference = NULL;
	session.operations = NULL;
	session.genesis = NULL;
	session.coins = NULL;
	session.coin_count = 0;
	session.count = 0;
	session.noted_count = 0;
	session.promised = NULL;
}

/*
 * After an error nothing waits: a claim goes back, what is published goes its way without us. Coins
 * are free again unless a published submission may still spend them.
 */
static void
give_up(void)
{
	bool on_its_way = session.slot != POOL_NONE && session.published;

	if (session.slot != POOL_NONE)
		pool_release(session.slot);
	if (!on_its_way && session.coin_count > 0)
		coins_release(session.coins, session.coin_count);
	session.slot = POOL_NONE;
}

static void
submit_list(void)
{
	WalletPlan plan = {
		.genesis = session.genesis,
		.account = &session.account,
		.submission = session.submission,
		.reference = session.reference,
		.operation_count = session.count,
	};
	WalletOperation *operations =
		MemoryContextAlloc(transaction_memory(), sizeof(WalletOperation) * (Size) session.count);
	MemoryContext old = MemoryContextSwitchTo(transaction_memory());

	for (int i = 0; i < session.count; i++)
		operations[i] = session.operations[i].operation;
	plan.operations = operations;
	PG_TRY();
	{
		wallet_build(&plan);
	}
	PG_CATCH();
	{
		coins_release(plan.coins, plan.coin_count);
		PG_RE_THROW();
	}
	PG_END_TRY();
	session.coins = plan.coins;
	session.coin_count = plan.coin_count;
	hand_in(plan.envelope, session.genesis);
	MemoryContextSwitchTo(old);
}

void
submission_leave(void)
{
	if (submission_pending())
		submit_list();
}

void
submission_drop(void)
{
	Assert(session.slot == POOL_NONE);
	give_up();
	forget();
}

bool
submission_last_txid(McHash *txid)
{
	*txid = session.last_txid;
	return session.has_last_txid;
}

void
submission_require_none(const char *what)
{
	if (session.begun || session.promised != NULL)
		beside_refuse(what);
}

static void
on_transaction(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			if (submission_pending())
				submit_list();
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (submission_pending() || session.promised != NULL)
				beside_refuse("PREPARE TRANSACTION");
			break;
		case XACT_EVENT_COMMIT:
			keep_promise();
			forget();
			break;
		case XACT_EVENT_ABORT:
			give_up();
			forget();
			break;
		default:
			break;
	}
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId child, SubTransactionId parent,
				  void *argument)
{
	int kept = 0;

	if (!session.begun)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		for (int i = 0; i < session.count; i++)
			if (session.operations[i].subtransaction == child)
				session.operations[i].subtransaction = parent;
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		for (int i = 0; i < session.count; i++)
			if (session.operations[i].subtransaction != child)
				session.operations[kept++] = session.operations[i];
		session.count = kept;
	}
}

void
submission_init(void)
{
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
}

/* ---- SQL ----------------------------------------------------------------------------------------
 */

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_begin_submission);
Datum
mes_begin_submission(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0))
	{
		if (session.begun && memcmp(session.submission, PG_GETARG_UUID_P(0)->data, UUID_LEN) != 0)
			ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
							errmsg("this SQL transaction has a submission already"),
							errhint("Call mes.begin_submission() first in the transaction.")));
		memcpy(session.submission, PG_GETARG_UUID_P(0)->data, UUID_LEN);
		session.submission_given = true;
	}
	begin();
	if (!PG_ARGISNULL(1))
		submission_set_reference(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_UUID_P((pg_uuid_t *) memcpy(palloc(UUID_LEN), session.submission, UUID_LEN));
}
