/*
 * verify_sources_pg.c - the outputs that an item's transactions spend: of the item itself from
 * memory, of earlier blocks in one query for transactions, outputs and spends each.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/memutils.h"

static Datum
hash_datum(const McHash *hash)
{
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);

	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), hash->bytes, HASH_SIZE);
	return PointerGetDatum(bytes);
}

/* The output of a transaction of this item, straight from the rows in memory. */
static void
find_in_item(Verifier *verifier, const ItemTx *made, Source *source)
{
	const ItemRows *rows = &verifier->rows;
	const TxRow *tx = &rows->txs[made->row];
	uint64_t height = OUTPUT_ID_HEIGHT(tx->tx_id);
	const BlockRow *block = &rows->blocks[height - rows->from_height];
	int64 wanted = (int64) OUTPUT_ID(height, tx->first_output) + source->key.index;
	uint32_t low = block->first_output;
	uint32_t high = block->first_output + block->output_rows;

	if (source->key.index >= (uint32_t) tx->output_count)
		return;
	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (rows->outputs[middle].output_id < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < block->first_output + block->output_rows && rows->outputs[low].output_id == wanted)
	{
		source->found = true;
		source->row = rows->outputs[low];
	}
}

/* The fees of a block of this item: its last output. */
static void
find_fees_in_item(const ItemRows *rows, Source *source)
{
	uint64_t at = source->key.height - rows->from_height;
	const OutputRow *last;

	if (at >= rows->block_count || rows->blocks[at].output_rows == 0)
		return;
	last = &rows->outputs[rows->blocks[at].first_output + rows->blocks[at].output_rows - 1];
	source->found = last->kind == LEDGER_OUTPUT_FEES;
	source->row = *last;
}

/* An input whose transaction is of an earlier item, and between which ids that is. */
typedef struct WantedInput
{
	Source *source;
	int64 low;
	int64 high;
} WantedInput;

/* A transaction that made outputs; rows with one txid are chained. */
typedef struct OldTx
{
	McHash txid;
	int64 tx_id;
	int32 first_output;
	int32 output_count;
	struct OldTx *next;
} OldTx;

typedef struct OldSources
{
	List *wanted;
	HTAB *txs;          /* txid -> OldTx */
	VerifyColumn txids; /* each once */
	int64 low;          /* of all that are wanted */
	VerifyColumn fees;  /* heights of blocks whose fees are spent */
	VerifyColumn fees_sources;
} OldSources;

static void
want_old(OldSources *old, const SourceKey *key, Source *source, int64 low, int64 high)
{
	WantedInput *wanted = palloc(sizeof(WantedInput));
	bool found;
	OldTx *tx = hash_search(old->txs, &key->txid, HASH_ENTER, &found);

	*wanted = (WantedInput){ source, low, high };
	old->wanted = lappend(old->wanted, wanted);
	old->low = Min(old->low, low);
	if (found)
		return;
	verify_push(&old->txids, hash_datum(&key->txid));
	tx->tx_id = 0;
	tx->next = NULL;
}

static void
want_input(Verifier *verifier, OldSources *old, uint64_t height, const TxInput *input)
{
	SourceKey key = { .txid = input->txid, .index = input->output_index, .height = input->height };
	bool found;
	Source *source = hash_search(verifier->sources, &key, HASH_ENTER, &found);
	const ItemTx *made;
	uint64_t low = input->height;
	uint64_t high = input->height + 1;

	if (found)
		return;
	source->found = false;
	made = hash_search(verifier->item_txs, &input->txid, HASH_FIND, NULL);
	if (made != NULL)
		find_in_item(verifier, made, source);
	if (source->found) /* else the item has only a duplicate of what made it */
		return;
	if (ledger_input_is_fees(input))
	{
		if (input->height >= verifier->rows.from_height)
			find_fees_in_item(&verifier->rows, source);
		else
		{
			verify_push(&old->fees, Int64GetDatum((int64) input->height));
			verify_push(&old->fees_sources, PointerGetDatum(source));
		}
		return;
	}
	if (input->height >= verifier->rows.from_height || input->output_index > BLOCK_OUTPUTS_MAX)
		return;
	if (input->height == 0)
	{
		low = height > INPUT_HEIGHT_WINDOW ? height - INPUT_HEIGHT_WINDOW : 1;
		high = verifier->rows.from_height;
	}
	want_old(old, &key, source, (int64) OUTPUT_ID(low, 0), (int64) OUTPUT_ID(high, 0));
}

static OutputRow
output_of_columns(const Datum *values)
{
	return (OutputRow){ DatumGetInt64(values[0]), DatumGetInt64(values[1]),
						DatumGetInt64(values[2]), DatumGetInt32(values[3]),
						DatumGetInt32(values[4]), DatumGetInt32(values[5]),
						DatumGetInt16(values[6]), DatumGetInt16(values[7]) };
}

static void
find_old_fees(const OldSources *old, VerifyColumn *ids)
{
	Datum values[9];
	bool nulls[9];

	verify_select("SELECT i.n, o.output_id, o.address_id, o.amount_units, o.asset_id, "
				  "o.position_in_block, o.output_index, o.actor, o.kind "
				  "FROM unnest($1) WITH ORDINALITY AS i (height, n) "
				  "JOIN mes_internal.output_rows o ON o.output_id >= i.height << 20 "
				  "AND o.output_id < (i.height + 1) << 20 AND o.kind = 3",
				  1, (Oid[]){ INT8ARRAYOID }, (Datum[]){ verify_array_of(&old->fees, INT8OID) });
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Source *source;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		source = (Source *) DatumGetPointer(old->fees_sources.values[DatumGetInt64(values[0]) - 1]);
		source->found = true;
		source->row = output_of_columns(&values[1]);
		verify_push(ids, values[1]);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Each transaction once, whatever the number of its outputs that are spent. */
static void
find_old_txs(Verifier *verifier, const OldSources *old)
{
	Datum values[4];
	bool nulls[4];

	verify_look_up(verifier->txs_plan,
				   (Datum[]){ verify_array_of(&old->txids, BYTEAOID), Int64GetDatum(old->low) });
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		OldTx *tx;
		OldTx *chained;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		tx = hash_search(old->txs, verify_bytes(values[0], false).data, HASH_FIND, NULL);
		if (tx->tx_id != 0)
		{
			chained = MemoryContextAlloc(verifier->item_context, sizeof(OldTx));
			*chained = *tx;
			tx->next = chained;
		}
		tx->tx_id = DatumGetInt64(values[1]);
		tx->first_output = DatumGetInt32(values[2]);
		tx->output_count = DatumGetInt32(values[3]);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* The id of the output that an input names; 0 when there is none. */
static int64
output_of(const OldSources *old, const WantedInput *wanted)
{
	const SourceKey *key = &wanted->source->key;
	const OldTx *tx = hash_search(old->txs, &key->txid, HASH_FIND, NULL);

	for (; tx != NULL; tx = tx->next)
		if (tx->tx_id >= wanted->low && tx->tx_id < wanted->high &&
			key->index < (uint32_t) tx->output_count)
			return (int64) OUTPUT_ID(OUTPUT_ID_HEIGHT(tx->tx_id), tx->first_output) + key->index;
	return 0;
}

static HTAB *
outputs_by_id(Verifier *verifier, const VerifyColumn *ids)
{
	HASHCTL control = { .keysize = sizeof(int64),
						.entrysize = sizeof(OutputRow),
						.hcxt = verifier->item_context };
	HTAB *outputs = hash_create("meschain outputs", Max(ids->count, 16), &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	Datum values[8];
	bool nulls[8];
	OutputRow row;

	verify_look_up(verifier->outputs_plan, (Datum[]){ verify_array_of(ids, INT8OID) });
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		row = output_of_columns(values);
		*(OutputRow *) hash_search(outputs, &row.output_id, HASH_ENTER, NULL) = row;
	}
	SPI_freetuptable(SPI_tuptable);
	return outputs;
}

static void
find_spends(Verifier *verifier, const VerifyColumn *ids)
{
	Datum values[3];
	bool nulls[3];

	verify_look_up(verifier->spends_plan, (Datum[]){ verify_array_of(ids, INT8OID) });
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		SpendEntry *spend;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		spend = hash_search(verifier->spends, &values[0], HASH_ENTER, NULL);
		spend->spent_tx_id = DatumGetInt64(values[1]);
		spend->input_index = DatumGetInt32(values[2]);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
find_old_sources(Verifier *verifier, const OldSources *old, VerifyColumn *ids)
{
	ListCell *cell;
	HTAB *outputs;

	find_old_txs(verifier, old);
	foreach (cell, old->wanted)
	{
		int64 id = output_of(old, lfirst(cell));

		if (id != 0)
			verify_push(ids, Int64GetDatum(id));
	}
	if (ids->count == 0)
		return;
	outputs = outputs_by_id(verifier, ids);
	foreach (cell, old->wanted)
	{
		WantedInput *wanted = lfirst(cell);
		int64 id = output_of(old, wanted);
		const OutputRow *row = hash_search(outputs, &id, HASH_FIND, NULL);

		wanted->source->found = row != NULL;
		if (row != NULL)
			wanted->source->row = *row;
	}
}

void
verify_find_sources(Verifier *verifier)
{
	ItemRows *rows = &verifier->rows;
	MemoryContext context = MemoryContextSwitchTo(verifier->item_context);
	HASHCTL control = { .keysize = HASH_SIZE,
						.entrysize = sizeof(OldTx),
						.hcxt = verifier->item_context };
	OldSources old = { .low = PG_INT64_MAX };
	VerifyColumn ids = { 0 };

	old.txs = hash_create("meschain old transactions", 1024, &control,
						  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (uint32_t i = 0; i < rows->tx_count; i++)
	{
		WireReader reader;
		TxInput input;

		if (!rows->txs[i].readable)
			continue;
		wire_reader_init(&reader, rows->txs[i].view.inputs);
		while (tx_next_input(&reader, &input))
			want_input(verifier, &old, OUTPUT_ID_HEIGHT(rows->txs[i].tx_id), &input);
	}
	if (old.wanted != NIL)
		find_old_sources(verifier, &old, &ids);
	if (old.fees.count > 0)
		find_old_fees(&old, &ids);
	if (ids.count > 0)
		find_spends(verifier, &ids);
	MemoryContextSwitchTo(context);
}
