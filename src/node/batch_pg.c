/*
 * batch_pg.c - mes.submit_batch: independent envelopes, decided each by itself, waited for within
 * the statement. All are verified, then all have a place in the pool, then all are published:
 * between the last two nothing can raise (P34), so a batch goes in whole or not at all.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "node/beside_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/handoff_pg.h"
#include "node/pause_pg.h"
#include "node/submission_pg.h"
#include "pgstat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define BATCH_MAX 4096
#define BATCH_COLUMNS 7

typedef struct BatchItem
{
	TxView view;
	uint32_t slot; /* POOL_NONE: refused at the door, or decided */
	bool was_read; /* txid and submission are known */
	McProblem problem;
	uint64_t height; /* 0: no block decided it */
	uint32_t position;
} BatchItem;

/* What an abort has to give back; the items live as long as the SQL transaction. */
static struct
{
	int count;
	BatchItem *items;
} batch;

static void
leave_item(BatchItem *item)
{
	if (item->slot == POOL_NONE)
		return;
	pool_release(item->slot);
	item->slot = POOL_NONE;
}

static void
on_transaction(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT)
		return;
	for (int i = 0; i < batch.count; i++)
		leave_item(&batch.items[i]);
	batch.count = 0;
	batch.items = NULL;
}

/* ---- taking in
 * -----------------------------------------------------------------------------------
 */

static void
check_place(void)
{
	static bool registered = false;
	McProblem problem;

	beside_check_writable();
	pause_refuse();
	PreventInTransactionBlock(true, "mes.submit_batch()");
	if (submission_pending() || batch.count > 0)
		problem_check(
			status_problem_name(&problem, MC_NOT_SUPPORTED_HERE, "mes.submit_batch()", 18),
			&problem);
	if (!registered)
		RegisterXactCallback(on_transaction, NULL);
	registered = true;
}

static void
verify_item(BatchItem *item, McSpan envelope, const TxRules *rules)
{
	item->slot = POOL_NONE;
	status_problem(&item->problem, MC_OK, 0, 0);
	item->was_read = tx_read(envelope, &item->view, &item->problem) == MC_OK;
	if (!item->was_read || tx_check_rules(&item->view, rules, &item->problem) != MC_OK ||
		tx_verify(&item->view, &item->problem) != MC_OK ||
		pool_check_decided(&item->view, &item->problem) != MC_OK)
		pg_atomic_fetch_add_u64(&node_shared->stats.submissions_refused, 1);
}

static void
verify_all(ArrayType *array, const TxRules *rules)
{
	Datum *values;
	bool *nulls;
	int count;
	BatchItem *items;

	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	if (count > BATCH_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a batch of %d transactions is over the limit of %d", count, BATCH_MAX)));
	items = MemoryContextAllocZero(TopTransactionContext, sizeof(BatchItem) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		bytea *envelope;

		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("transaction %d of the batch must not be null", i + 1)));
		envelope = DatumGetByteaPP(values[i]);
		verify_item(&items[i], span_of(VARDATA_ANY(envelope), VARSIZE_ANY_EXHDR(envelope)), rules);
		CHECK_FOR_INTERRUPTS();
	}
	batch.items = items;
	batch.count = count;
}

static void
claim_all(void)
{
	McProblem problem;

	for (int i = 0; i < batch.count; i++)
	{
		BatchItem *item = &batch.items[i];

		if (item->problem.status != MC_OK)
			continue;
		item->slot = pool_claim(item->view.bytes.size);
		if (item->slot != POOL_NONE)
			continue;
		pg_atomic_fetch_add_u64(&node_shared->stats.pool_full, 1);
		problem_check(status_problem(&problem, MC_POOL_FULL, 0, 0), &problem);
	}
}

/* One that waits already, here or in another session, is that one's to answer. */
static void
refuse_pending(BatchItem *item)
{
	char name[2 * HASH_SIZE + 1];

	hex_format(item->view.txid.bytes, HASH_SIZE, name);
	status_problem_name(&item->problem, MC_PENDING, name, sizeof(name) - 1);
	item->slot = POOL_NONE;
}

static void
publish_all(void)
{
	int published = 0;

	for (int i = 0; i < batch.count; i++)
	{
		BatchItem *item = &batch.items[i];

		if (item->slot == POOL_NONE)
			continue;
		item->slot = pool_publish(item->slot, &item->view, guc_commit, true);
		if (item->slot == POOL_NONE)
		{
			refuse_pending(item);
			continue;
		}
		published++;
	}
	handoff_bring();
	pg_atomic_fetch_add_u64(&node_shared->stats.submissions, published);
}

/* ---- waiting
 * -------------------------------------------------------------------------------------
 */

static bool
take_outcome(BatchItem *item)
{
	const PoolSlot *slot;

	if (item->slot == POOL_NONE)
		return true;
	slot = pool_slot(item->slot);
	if (pg_atomic_read_u32(unconstify(pg_atomic_uint32 *, &slot->state)) != POOL_DONE)
		return false;
	pg_read_barrier();
	item->problem = slot->outcome.problem;
	item->height = slot->outcome.height;
	item->position = slot->outcome.position;
	pool_release(item->slot);
	item->slot = POOL_NONE;
	return true;
}

static void
give_up_on(BatchItem *item)
{
	pg_uuid_t uuid;
	char *text;

	leave_item(item);
	memcpy(uuid.data, item->view.submission, UUID_LEN);
	text = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&uuid)));
	status_problem_name(&item->problem, MC_OUTCOME_UNKNOWN, text, strlen(text));
}

/* Items are decided in any order; the first that is not is where the next look begins. */
static void
wait_for_all(void)
{
	TimestampTz start = GetCurrentTimestamp();
	int64 limit_ms = guc_commit_timeout_ms > 0 ? guc_commit_timeout_ms : PG_INT32_MAX;
	int first = 0;

	for (;;)
	{
		int64 left_ms;

		ResetLatch(MyLatch);
		while (first < batch.count && take_outcome(&batch.items[first]))
			first++;
		if (first == batch.count)
			return;
		CHECK_FOR_INTERRUPTS();
		left_ms = limit_ms - (GetCurrentTimestamp() - start) / 1000;
		if (left_ms <= 0 || !node_lives())
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) Min(left_ms, 1000), PG_WAIT_EXTENSION);
	}
	for (int i = first; i < batch.count; i++)
		if (!take_outcome(&batch.items[i]))
			give_up_on(&batch.items[i]);
}

/* ---- the answer
 * ----------------------------------------------------------------------------------
 */

static void
put_item(ReturnSetInfo *result, int number, const BatchItem *item)
{
	Datum values[BATCH_COLUMNS] = { 0 };
	bool nulls[BATCH_COLUMNS] = { false };
	pg_uuid_t uuid;
	bytea *txid = palloc(VARHDRSZ + HASH_SIZE);
	char message[512];

	SET_VARSIZE(txid, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(txid), item->view.txid.bytes, HASH_SIZE);
	memcpy(uuid.data, item->view.submission, UUID_LEN);
	values[0] = Int32GetDatum(number);
	values[1] = PointerGetDatum(txid);
	values[2] = UUIDPGetDatum(&uuid);
	nulls[1] = nulls[2] = !item->was_read;
	values[3] = Int64GetDatum((int64) item->height);
	values[4] = Int32GetDatum((int32) item->position);
	nulls[3] = nulls[4] = item->height == 0;
	values[5] = CStringGetTextDatum(
		item->problem.status == MC_OK ? "ok" : status_info(item->problem.status)->name);
	nulls[6] = item->problem.status == MC_OK;
	if (!nulls[6])
	{
		status_message(&item->problem, message, sizeof(message));
		values[6] = CStringGetTextDatum(message);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_submit_batch);
Datum
mes_submit_batch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));

	check_place();
	genesis_running(genesis);
	InitMaterializedSRF(fcinfo, 0);
	verify_all(PG_GETARG_ARRAYTYPE_P(0), &genesis->rules);
	claim_all();
	publish_all();
	wait_for_all();
	for (int i = 0; i < batch.count; i++)
		put_item(result, i + 1, &batch.items[i]);
	batch.count = 0;
	batch.items = NULL;
	return (Datum) 0;
}
