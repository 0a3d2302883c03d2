/*
 * verify_actors_pg.c - the rows of those who act beside a sender, against the transactions.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"

void
verify_load_actors(ItemRows *rows, const VerifyItem *item)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[3] = { Int64GetDatum((int64) OUTPUT_ID(item->from_height, 0)),
						Int64GetDatum((int64) OUTPUT_ID(item->to_height + 1, 0)) };
	bool nulls[3];

	if (SPI_execute_with_args("SELECT address_id, tx_id, actor FROM mes_internal.actor_rows "
							  "WHERE tx_id >= $1 AND tx_id < $2 ORDER BY tx_id, actor",
							  2, (Oid[]){ INT8OID, INT8OID }, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read actors");
	MemoryContextSwitchTo(context);
	rows->actor_count = (uint32_t) SPI_processed;
	rows->actors = palloc0((SPI_processed + 1) * sizeof(ActorRow));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		rows->actors[i] = (ActorRow){ DatumGetInt64(values[0]), DatumGetInt64(values[1]),
									  DatumGetInt16(values[2]) };
	}
	SPI_freetuptable(SPI_tuptable);
}

/* The first row that is not before (tx_id, actor). */
static uint32_t
first_from(const ItemRows *rows, int64 tx_id, int16 actor)
{
	uint32_t low = 0;
	uint32_t high = rows->actor_count;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;
		const ActorRow *row = &rows->actors[middle];

		if (row->tx_id < tx_id || (row->tx_id == tx_id && row->actor < actor))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
report(Verifier *verifier, const BlockRow *block, int64 tx_id, int actor, const char *problem)
{
	verify_report(verifier, block->height, VERIFY_ACTOR, 0, problem, "actor %d of position %d",
				  actor, (int) (tx_id & ((1 << OUTPUT_ID_SHIFT) - 1)));
}

static void
compare_tx(Verifier *verifier, const BlockRow *block, const LedgerTx *tx, int64 tx_id,
		   VerifyBlock *result)
{
	const ItemRows *rows = &verifier->rows;

	for (uint32_t actor = 1; tx->problem.status == MC_OK && actor < tx->view->actor_count; actor++)
	{
		uint32_t at = first_from(rows, tx_id, (int16) actor);
		McAddress address;

		tx_actor_address(tx->view, actor, &address);
		if (at == rows->actor_count || rows->actors[at].tx_id != tx_id ||
			rows->actors[at].actor != (int16) actor)
			report(verifier, block, tx_id, (int) actor, "an actor is missing");
		else if (!verify_address_agrees(verifier, block, rows->actors[at].address_id, &address,
										result))
			report(verifier, block, tx_id, (int) actor, "an actor is not the transaction's");
	}
}

void
verify_compare_actors(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	const ItemRows *rows = &verifier->rows;
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(verifier->block, &count);
	uint32_t at = first_from(rows, (int64) OUTPUT_ID(block->height, 0), 0);

	for (uint32_t i = 0; i < count; i++)
		compare_tx(verifier, block, &txs[i], (int64) OUTPUT_ID(block->height, i), result);
	for (; at < rows->actor_count && OUTPUT_ID_HEIGHT(rows->actors[at].tx_id) == block->height;
		 at++)
	{
		const ActorRow *row = &rows->actors[at];
		uint32_t position = (uint32_t) (row->tx_id & ((1 << OUTPUT_ID_SHIFT) - 1));

		if (position >= count || txs[position].problem.status != MC_OK || row->actor < 1 ||
			row->actor >= (int16) txs[position].view->actor_count)
			report(verifier, block, row->tx_id, row->actor, "nobody acts under this number");
	}
}
