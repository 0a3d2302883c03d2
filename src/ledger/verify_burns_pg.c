/*
 * verify_burns_pg.c - the rows of what was burned, against execution. Both are in order of
 * transaction and number, so a merge names what is missing and what is too much.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"

void
verify_load_burns(ItemRows *rows, const VerifyItem *item)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[5] = { Int64GetDatum((int64) OUTPUT_ID(item->from_height, 0)),
						Int64GetDatum((int64) OUTPUT_ID(item->to_height + 1, 0)) };
	bool nulls[5];

	if (SPI_execute_with_args("SELECT address_id, tx_id, burn_number, asset_id, amount_units "
							  "FROM mes_internal.burn_rows WHERE tx_id >= $1 AND tx_id < $2 "
							  "ORDER BY tx_id, burn_number",
							  2, (Oid[]){ INT8OID, INT8OID }, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read burns");
	MemoryContextSwitchTo(context);
	rows->burn_count = (uint32_t) SPI_processed;
	rows->burns = palloc0((SPI_processed + 1) * sizeof(BurnRow));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		rows->burns[i] =
			(BurnRow){ DatumGetInt64(values[0]), DatumGetInt64(values[1]), DatumGetInt32(values[2]),
					   DatumGetInt32(values[3]), DatumGetInt64(values[4]) };
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
report(Verifier *verifier, const BlockRow *block, int64 tx_id, int number, const char *problem)
{
	verify_report(verifier, block->height, VERIFY_BURN, 0, problem, "number %d of position %d",
				  number, (int) (tx_id & ((1 << OUTPUT_ID_SHIFT) - 1)));
}

static void
compare(Verifier *verifier, const BlockRow *block, const BurnRow *row, const LedgerBurn *burn,
		VerifyBlock *result)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(verifier->block, &count);
	McAddress address;

	tx_actor_address(txs[burn->position].view, burn->actor, &address);
	if (row->amount != burn->amount ||
		strcmp(verify_asset(verifier, row->asset_id)->code, burn->asset.code) != 0 ||
		!verify_address_agrees(verifier, block, row->address_id, &address, result))
		report(verifier, block, row->tx_id, row->number, "a burn is not what was executed");
}

/* Negative when the row stands before the burn. */
static int
order(const BurnRow *row, int64 tx_id, uint32_t number)
{
	if (row->tx_id != tx_id)
		return row->tx_id < tx_id ? -1 : 1;
	return (row->number > (int32) number) - (row->number < (int32) number);
}

void
verify_compare_burns(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	const BurnRow *row = verifier->rows.burns;
	const BurnRow *end = row + verifier->rows.burn_count;
	uint32_t count;
	const LedgerBurn *burns = ledger_block_burns(verifier->block, &count);
	uint32_t i = 0;

	while (row < end && OUTPUT_ID_HEIGHT(row->tx_id) < block->height)
		row++;
	while (end > row && OUTPUT_ID_HEIGHT(end[-1].tx_id) > block->height)
		end--;
	while (i < count || row < end)
	{
		int64 tx_id = i < count ? (int64) OUTPUT_ID(block->height, burns[i].position) : 0;
		int where = i == count ? -1 : row == end ? 1 : order(row, tx_id, burns[i].number);

		if (where < 0)
			report(verifier, block, row->tx_id, row->number, "nothing was burned here");
		else if (where > 0)
			report(verifier, block, tx_id, (int) burns[i].number, "a burn is missing");
		else
			compare(verifier, block, row, &burns[i], result);
		row += where <= 0;
		i += where >= 0;
	}
}
