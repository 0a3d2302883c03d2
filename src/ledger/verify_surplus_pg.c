/*
 * verify_surplus_pg.c - which rows a block did not write, once their number has said that there are
 * some: the block is executed again and its rows are compared the other way round.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define POSITION_OF(tx_id) ((int) ((tx_id) & ((1 << OUTPUT_ID_SHIFT) - 1)))

/* ---- what the block wrote --------------------------------------------------------------------
 */

static bool
wrote_spend(const Verifier *verifier, const Datum *values)
{
	uint32_t count;
	const LedgerSpend *spends = ledger_block_spends(verifier->block, &count);
	int64 tx_id = DatumGetInt64(values[1]);

	for (uint32_t i = 0; i < count; i++)
		if ((int64) spends[i].output_id == DatumGetInt64(values[0]) &&
			(int) spends[i].position == POSITION_OF(tx_id) &&
			(int32) spends[i].input == DatumGetInt32(values[2]))
			return true;
	return false;
}

static bool
wrote_row(const Verifier *verifier, int table, McSpan key)
{
	uint32_t count;
	const LedgerRow *rows = ledger_block_rows(verifier->block, &count);

	for (uint32_t i = 0; i < count; i++)
		if ((int) rows[i].table == table && span_compare(rows[i].key, key) == 0)
			return true;
	return false;
}

static bool
wrote_address(const Verifier *verifier, McSpan address)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(verifier->block, &count);
	const LedgerOutput *outputs;

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t actor = 0; actor < txs[i].view->actor_count; actor++)
		{
			McAddress acting;

			tx_actor_address(txs[i].view, actor, &acting);
			if (span_compare(span_hash(&acting), address) == 0)
				return true;
		}
	outputs = ledger_block_outputs(verifier->block, &count);
	for (uint32_t i = 0; i < count; i++)
		if (span_compare(span_hash(&outputs[i].address), address) == 0)
			return true;
	return false;
}

/* ---- one stored row --------------------------------------------------------------------------
 */

/* Says what the row is when the block did not write it, else null. */
static char *
name_spend(const Verifier *verifier, const Datum *values)
{
	return wrote_spend(verifier, values)
			   ? NULL
			   : psprintf("output " INT64_FORMAT " by position %d, input %d",
						  DatumGetInt64(values[0]), POSITION_OF(DatumGetInt64(values[1])),
						  DatumGetInt32(values[2]));
}

static char *
name_row(const Verifier *verifier, const Datum *values)
{
	McSpan key = verify_bytes(values[1], false);
	char *hex;

	if (wrote_row(verifier, DatumGetInt16(values[0]), key))
		return NULL;
	hex = palloc(2 * key.size + 1);
	hex_format(key.data, key.size, hex);
	return psprintf("table %d, key %.130s", DatumGetInt16(values[0]), hex);
}

static char *
name_asset(const Verifier *verifier, const Datum *values)
{
	char *code = TextDatumGetCString(values[0]);

	return wrote_row(verifier, TX_TABLE_ASSETS, span_text(code)) ? NULL : psprintf("\"%s\"", code);
}

static char *
name_address(const Verifier *verifier, const Datum *values)
{
	McSpan bytes = verify_bytes(values[1], false);
	char text[ADDRESS_TEXT_SIZE + 1] = "not of 32 bytes";
	McAddress address;

	if (wrote_address(verifier, bytes))
		return NULL;
	if (bytes.size == HASH_SIZE)
	{
		memcpy(address.bytes, bytes.data, HASH_SIZE);
		address_format(&address, text);
	}
	return psprintf("number " INT64_FORMAT ", %s", DatumGetInt64(values[0]), text);
}

/* ---- one block -------------------------------------------------------------------------------
 */

typedef struct StoredRelation
{
	VerifyObject object;
	const char *query; /* the rows that say they are of block $1 */
	char *(*name)(const Verifier *verifier, const Datum *values);
} StoredRelation;

static const StoredRelation relations[] = {
	{ VERIFY_SPEND,
	  "SELECT output_id, spent_tx_id, input_index FROM mes_internal.spend_rows "
	  "WHERE spent_tx_id >= $1 << 20 AND spent_tx_id < ($1 + 1) << 20 ORDER BY 2, 3, 1",
	  name_spend },
	{ VERIFY_STATE,
	  "SELECT table_number, key FROM mes_internal.state_rows WHERE height = $1 ORDER BY 1, 2",
	  name_row },
	{ VERIFY_ASSET,
	  "SELECT code FROM mes_internal.asset_rows "
	  "WHERE tx_id >= $1 << 20 AND tx_id < ($1 + 1) << 20 ORDER BY asset_id",
	  name_asset },
	{ VERIFY_ADDRESS,
	  "SELECT address_id, address FROM mes_internal.address_rows WHERE first_height = $1 "
	  "ORDER BY 1",
	  name_address },
};

static void
execute_again(Verifier *verifier, uint64_t height)
{
	VerifyItem item = { height, height };
	uint32_t archived = verifier->findings->archived;

	verify_load_item(verifier, &item);
	verify_read_transactions(verifier);
	verify_find_sources(verifier);
	verify_find_submissions(verifier);
	verify_find_addresses(verifier);
	verifier->findings->archived = archived; /* it was counted the first time */
	verifier->epoch_height = 0;
	verify_execute(verifier, &verifier->rows.blocks[0], palloc0(sizeof(VerifyBlock)));
}

static bool
name_rows(Verifier *verifier, uint64_t height, const StoredRelation *relation)
{
	MemoryContext context = CurrentMemoryContext;
	bool named = false;
	Datum values[3];
	bool nulls[3];

	if (SPI_execute_with_args(relation->query, 1, (Oid[]){ INT8OID },
							  (Datum[]){ Int64GetDatum((int64) height) }, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the rows of a block");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *name;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		name = relation->name(verifier, values);
		if (name == NULL)
			continue;
		verify_report(verifier, height, relation->object, 0, "no transaction wrote this row", "%s",
					  name);
		named = true;
	}
	SPI_freetuptable(SPI_tuptable);
	return named;
}

bool
verify_name_surplus(Verifier *verifier, uint64_t height, VerifyObject object)
{
	MemoryContext old = MemoryContextSwitchTo(verifier->item_context);
	bool named = false;

	execute_again(verifier, height);
	for (size_t i = 0; i < lengthof(relations); i++)
		if (relations[i].object == object)
			named = name_rows(verifier, height, &relations[i]);
	MemoryContextSwitchTo(old);
	MemoryContextReset(verifier->item_context);
	return named;
}
