/*
 * verify_count_pg.c - rows that no block wrote. Each block says how many rows it found as executed;
 * one pass over each relation says how many there are, and where there are more the block is
 * executed once more to name them.
 */
#include "ledger/verify_item_pg.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

VerifyCounts *
verify_counts_create(uint64_t from_height, uint64_t to_height)
{
	VerifyCounts *counts = palloc0(sizeof(VerifyCounts));

	counts->from_height = from_height;
	counts->capacity = to_height - from_height + 1;
	counts->blocks =
		MemoryContextAllocExtended(CurrentMemoryContext, counts->capacity * sizeof(*counts->blocks),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	return counts;
}

void
verify_counts_round(VerifyCounts *counts, const VerifyRound *round)
{
	for (uint64_t height = round->from_height; height <= round->to_height; height++)
	{
		const VerifyBlock *block = &round->blocks[height - round->from_height];
		struct VerifyBlockCounts *count = &counts->blocks[height - counts->from_height];

		count->spends = block->spends;
		count->rows = block->rows;
		count->assets = block->assets;
		count->addresses = block->addresses;
		count->uncertain = block->uncertain;
	}
}

typedef struct CountedRelation
{
	const char *query; /* height and number of rows of it, between $1 and $2 */
	VerifyObject object;
	size_t offset; /* of the count in VerifyBlockCounts */
	const char *name;
} CountedRelation;

static const CountedRelation counted[] = {
	{ "SELECT spent_tx_id >> 20, count(*) FROM mes_internal.spend_rows "
	  "WHERE spent_tx_id >= $1 << 20 AND spent_tx_id < ($2 + 1) << 20 GROUP BY 1",
	  VERIFY_SPEND, offsetof(struct VerifyBlockCounts, spends), "spends" },
	{ "SELECT height, count(*) FROM mes_internal.state_rows "
	  "WHERE height BETWEEN $1 AND $2 GROUP BY 1",
	  VERIFY_STATE, offsetof(struct VerifyBlockCounts, rows), "state rows" },
	{ "SELECT tx_id >> 20, count(*) FROM mes_internal.asset_rows "
	  "WHERE tx_id >= $1 << 20 AND tx_id < ($2 + 1) << 20 GROUP BY 1",
	  VERIFY_ASSET, offsetof(struct VerifyBlockCounts, assets), "assets" },
	{ "SELECT first_height, count(*) FROM mes_internal.address_rows "
	  "WHERE first_height BETWEEN $1 AND $2 GROUP BY 1",
	  VERIFY_ADDRESS, offsetof(struct VerifyBlockCounts, addresses), "addresses" },
};

/* Blocks of a relation that are executed once more; beyond them the count is said. */
#define SURPLUS_NAMED_MAX 20

typedef struct Surplus
{
	uint64_t height;
	int64 stored;
	uint32_t executed;
} Surplus;

/* One that is missing was named already, and so was a block that disagrees. */
static void
compare_count(const VerifyCounts *counts, const CountedRelation *relation, uint64_t height,
			  int64 stored, List **found)
{
	const struct VerifyBlockCounts *count = &counts->blocks[height - counts->from_height];
	uint32_t executed = *(const uint32_t *) ((const char *) count + relation->offset);
	Surplus *surplus;

	if (count->uncertain || stored <= (int64) executed)
		return;
	surplus = palloc(sizeof(Surplus));
	*surplus = (Surplus){ height, stored, executed };
	*found = lappend(*found, surplus);
}

static List *
find_surplus(const VerifyCounts *counts, const CountedRelation *relation, uint64_t to_height)
{
	MemoryContext context = CurrentMemoryContext;
	List *found = NIL;
	bool isnull;
	Portal portal = SPI_cursor_open_with_args(
		NULL, relation->query, 2, (Oid[]){ INT8OID, INT8OID },
		(Datum[]){ Int64GetDatum((int64) counts->from_height), Int64GetDatum((int64) to_height) },
		NULL, true, 0);

	do
	{
		SPI_cursor_fetch(portal, true, 1000);
		MemoryContextSwitchTo(context);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			HeapTuple row = SPI_tuptable->vals[i];
			TupleDesc desc = SPI_tuptable->tupdesc;

			compare_count(counts, relation,
						  (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull)),
						  DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull)), &found);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	return found;
}

static void
check_relation(const VerifyCounts *counts, Verifier *verifier, const CountedRelation *relation,
			   uint64_t to_height)
{
	List *found = find_surplus(counts, relation, to_height);
	int named = 0;
	ListCell *cell;

	foreach (cell, found)
	{
		const Surplus *surplus = lfirst(cell);

		if (named++ < SURPLUS_NAMED_MAX &&
			verify_name_surplus(verifier, surplus->height, relation->object))
			continue;
		verify_report(verifier, surplus->height, relation->object, 0,
					  "there are more rows than the block wrote",
					  "%s: " INT64_FORMAT " stored, %u executed", relation->name, surplus->stored,
					  surplus->executed);
	}
	list_free_deep(found);
}

/* Rows above the last block, or of no block at all, and spends of outputs that are not there. */
static const struct
{
	const char *query;
	VerifyObject object;
} strays[] = {
	{ "SELECT tx_id >> 20 FROM mes_internal.transaction_rows "
	  "WHERE tx_id >= ($1 + 1) << 20 ORDER BY tx_id LIMIT 1",
	  VERIFY_TRANSACTION },
	{ "SELECT height FROM mes_internal.witness_rows WHERE height > $1 ORDER BY height LIMIT 1",
	  VERIFY_TRANSACTION },
	{ "SELECT output_id >> 20 FROM mes_internal.output_rows "
	  "WHERE output_id >= ($1 + 1) << 20 ORDER BY output_id LIMIT 1",
	  VERIFY_OUTPUT },
	{ "SELECT spent_tx_id >> 20 FROM mes_internal.spend_rows "
	  "WHERE spent_tx_id >= ($1 + 1) << 20 OR spent_tx_id < 1 << 20 LIMIT 1",
	  VERIFY_SPEND },
	{ "SELECT height FROM mes_internal.state_rows WHERE height > $1 OR height < 1 LIMIT 1",
	  VERIFY_STATE },
	{ "SELECT tx_id >> 20 FROM mes_internal.asset_rows "
	  "WHERE tx_id >= ($1 + 1) << 20 OR tx_id < 1 << 20 LIMIT 1",
	  VERIFY_ASSET },
	{ "SELECT first_height FROM mes_internal.address_rows "
	  "WHERE first_height > $1 OR first_height < 1 LIMIT 1",
	  VERIFY_ADDRESS },
	{ "SELECT tx_id >> 20 FROM mes_internal.actor_rows "
	  "WHERE tx_id >= ($1 + 1) << 20 OR tx_id < 1 << 20 LIMIT 1",
	  VERIFY_ACTOR },
	{ "SELECT tx_id >> 20 FROM mes_internal.burn_rows "
	  "WHERE tx_id >= ($1 + 1) << 20 OR tx_id < 1 << 20 LIMIT 1",
	  VERIFY_BURN },
	{ "SELECT height FROM mes_internal.state_sums WHERE height > $1 OR height < 1 LIMIT 1",
	  VERIFY_STATE },
};

static void
check_strays(Verifier *verifier, uint64_t tip)
{
	for (size_t i = 0; i < lengthof(strays); i++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		if (SPI_execute_with_args(strays[i].query, 1, (Oid[]){ INT8OID },
								  (Datum[]){ Int64GetDatum((int64) tip) }, NULL, true,
								  1) != SPI_OK_SELECT)
			elog(ERROR, "could not look for stray rows");
		if (SPI_processed == 1)
			verify_report(verifier,
						  (uint64_t) DatumGetInt64(SPI_getbinval(
							  SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)),
						  strays[i].object, 0, "a row belongs to no block",
						  "the last block is " UINT64_FORMAT, tip);
		SPI_freetuptable(SPI_tuptable);
	}
}

void
verify_check_surplus(const VerifyCounts *counts, Verifier *verifier, uint64_t to_height,
					 bool to_tip)
{
	for (size_t i = 0; i < lengthof(counted); i++)
		check_relation(counts, verifier, &counted[i], to_height);
	if (to_tip)
		check_strays(verifier, to_height);
}
