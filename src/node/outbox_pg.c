/*
 * outbox_pg.c - rows of mes_internal.outbox_rows. The pool holds one envelope a txid, so handing
 * one over twice is harmless, and the ledger decides one submission once.
 */
#include "node/outbox_pg.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "node/accounts_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/handoff_pg.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

/* A round takes so many; the next one the rest. */
#define RESEND_MAX "100"

/* What hooks of this transaction submitted: whose coins to free when their part is undone. */
typedef struct Departure
{
	SubTransactionId subtransaction;
	const Coin *coins;
	uint32_t coin_count;
} Departure;

static List *departures; /* in TopTransactionContext */

static void
store(const TxView *view, const char *due_at)
{
	bytea *envelope = palloc(VARHDRSZ + view->bytes.size);
	pg_uuid_t *submission = palloc(sizeof(pg_uuid_t));
	EngineRights saved;

	SET_VARSIZE(envelope, VARHDRSZ + view->bytes.size);
	memcpy(VARDATA(envelope), view->bytes.data, view->bytes.size);
	memcpy(submission->data, view->submission, UUID_LEN);
	engine_rights_take(&saved);
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_execute_with_args(
			psprintf("INSERT INTO mes_internal.outbox_rows (submission, envelope, due_at) "
					 "VALUES ($1, $2, %s)",
					 due_at),
			2, (Oid[]){ UUIDOID, BYTEAOID },
			(Datum[]){ UUIDPGetDatum(submission), PointerGetDatum(envelope) }, NULL, false,
			0) != SPI_OK_INSERT)
		elog(ERROR, "could not write the outbox");
	PopActiveSnapshot();
	SPI_finish();
	engine_rights_return(&saved);
}

void
outbox_store(const TxView *view)
{
	store(view, "clock_timestamp() + interval '2 seconds'");
}

void
outbox_leave(const TxView *view, const Coin *coins, uint32_t coin_count)
{
	MemoryContext old;
	Departure *departure;

	store(view, "clock_timestamp()");
	old = MemoryContextSwitchTo(TopTransactionContext);
	departure = palloc(sizeof(Departure));
	*departure = (Departure){ GetCurrentSubTransactionId(), coins, coin_count };
	departures = lappend(departures, departure);
	MemoryContextSwitchTo(old);
}

static void
on_transaction(XactEvent event, void *argument)
{
	ListCell *cell;

	if (departures == NIL || (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT))
		return;
	if (event == XACT_EVENT_COMMIT)
	{
		pg_atomic_write_u32(&node_shared->outbox_due, 1);
		node_wake(&node_shared->housekeeper_latch);
	}
	else
		foreach (cell, departures)
			coins_release(((Departure *) lfirst(cell))->coins,
						  ((Departure *) lfirst(cell))->coin_count);
	departures = NIL;
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId child, SubTransactionId parent,
				  void *argument)
{
	ListCell *cell;

	foreach (cell, departures)
	{
		Departure *departure = lfirst(cell);

		if (departure->subtransaction != child)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			departure->subtransaction = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
		{
			coins_release(departure->coins, departure->coin_count);
			departures = foreach_delete_current(departures, cell);
		}
	}
}

void
outbox_init(void)
{
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
}

static void
hand_over(bytea *envelope)
{
	static NodeGenesis genesis;
	TxView view;
	McProblem problem;
	uint32_t slot;

	genesis_running(&genesis);
	if (tx_read(span_of(VARDATA_ANY(envelope), VARSIZE_ANY_EXHDR(envelope)), &view, &problem) !=
			MC_OK ||
		tx_check_rules(&view, &genesis.rules, &problem) != MC_OK ||
		tx_verify(&view, &problem) != MC_OK)
	{
		ereport(WARNING, (errmsg("a row of the outbox holds no valid envelope")));
		return;
	}
	slot = pool_claim(view.bytes.size);
	if (slot == POOL_NONE)
		return; /* full: the next round tries again */
	(void) pool_publish(slot, &view, COMMIT_LOCAL, false);
	handoff_bring();
}

void
outbox_resend(void)
{
	if (SPI_execute("DELETE FROM mes_internal.outbox_rows o USING mes_internal.transaction_rows t "
					"WHERE t.submission = o.submission",
					false, 0) != SPI_OK_DELETE ||
		SPI_execute("SELECT envelope FROM mes_internal.outbox_rows "
					"WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT " RESEND_MAX,
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the outbox");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;

		hand_over(DatumGetByteaPP(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)));
	}
}
