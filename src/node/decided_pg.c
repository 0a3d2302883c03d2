/*
 * decided_pg.c - the pool against the rows: a block may be committed and its sessions not told.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/execute.h"
#include "node/decided_pg.h"
#include "node/pool_pg.h"
#include "tx/receipt.h"

#define LOOKED_UP_MAX 100

/* A submission that stands in a committed block already: its receipt is the outcome. */
static bool
decided_already(const McHash *hash, PoolOutcome *outcome)
{
	Datum txid = PointerGetDatum(palloc(VARHDRSZ + HASH_SIZE));
	int64 tx_id;
	bool isnull;
	Datum receipt;
	HeapTuple row;

	SET_VARSIZE(DatumGetPointer(txid), VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(DatumGetPointer(txid)), hash->bytes, HASH_SIZE);
	if (SPI_execute_with_args("SELECT tx_id, receipt FROM mes_internal.transaction_rows "
							  "WHERE txid = $1 ORDER BY tx_id LIMIT 1",
							  1, (Oid[]){ BYTEAOID }, &txid, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a submission");
	if (SPI_processed == 0)
		return false;
	row = SPI_tuptable->vals[0];
	tx_id = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
	receipt = SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull);
	status_problem(&outcome->problem, MC_OK, 0, 0);
	if (!isnull)
	{
		bytea *bytes = DatumGetByteaPP(receipt);
		McProblem unused;
		McHash named;

		if (receipt_read(span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), &named,
						 &outcome->problem, &unused) != MC_OK)
			elog(ERROR, "a receipt is damaged");
	}
	outcome->height = OUTPUT_ID_HEIGHT(tx_id);
	outcome->position = (uint32_t) (tx_id & ((1 << OUTPUT_ID_SHIFT) - 1));
	return true;
}

/* Other members may still spread what stands in the last blocks. */
static void
note_decided(void)
{
	bool isnull;

	if (SPI_execute(
			"SELECT txid FROM mes_internal.transaction_rows ORDER BY tx_id DESC LIMIT 20000", true,
			0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the last transactions");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bytea *txid = DatumGetByteaPP(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));

		pool_note_decided((const McHash *) VARDATA_ANY(txid));
	}
}

void
decided_recall(void)
{
	pool_requeue(decided_already);
	note_decided();
}

void
decided_look_up(int64 before_us)
{
	McHash *txids = palloc(sizeof(McHash) * LOOKED_UP_MAX);
	uint32_t count = pool_waiting(txids, LOOKED_UP_MAX, before_us);
	PoolOutcome outcome;

	for (uint32_t i = 0; i < count; i++)
		if (decided_already(&txids[i], &outcome))
			pool_settle_waiting(&txids[i], &outcome);
}
