/*
 * verify_find_pg.c - in one query each, what an item's transactions refer to: outputs of earlier
 * blocks, earlier submissions of the same name, addresses, assets. A column + 0 is out of reach of
 * its index: without statistics the planner would take that one and read a sender's whole history.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* Addresses kept from item to item; over it all are forgotten. */
#define ADDRESSES_KEPT_MAX 500000

typedef struct Column
{
	Datum *values;
	int count;
	int capacity;
} Column;

static void
push(Column *column, Datum value)
{
	if (column->count == column->capacity)
	{
		column->capacity = column->capacity == 0 ? 1024 : 2 * column->capacity;
		column->values = column->values == NULL
							 ? palloc(column->capacity * sizeof(Datum))
							 : repalloc(column->values, column->capacity * sizeof(Datum));
	}
	column->values[column->count++] = value;
}

static Datum
array_of(const Column *column, Oid type)
{
	int16 size;
	bool by_value;
	char align;

	get_typlenbyvalalign(type, &size, &by_value, &align);
	return PointerGetDatum(
		construct_array(column->values, column->count, type, size, by_value, align));
}

static Datum
hash_datum(const McHash *hash)
{
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);

	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), hash->bytes, HASH_SIZE);
	return PointerGetDatum(bytes);
}

static void
select_rows(const char *query, int count, Oid *types, Datum *values)
{
	if (SPI_execute_with_args(query, count, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", query);
}

/* ---- where inputs come from ------------------------------------------------------------------
 */

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

typedef struct InputColumns
{
	Column txids;
	Column indexes;
	Column lows;
	Column highs;
	Column sources; /* pointers, in the same order */
	Column fees;    /* heights of blocks whose fees are spent */
	Column fees_sources;
} InputColumns;

static void
want_input(Verifier *verifier, InputColumns *columns, uint64_t height, const TxInput *input)
{
	SourceKey key = { .txid = input->txid, .index = input->output_index, .height = input->height };
	bool found;
	Source *source = hash_search(verifier->sources, &key, HASH_ENTER, &found);
	const ItemTx *made;
	uint64_t window_start = height > INPUT_HEIGHT_WINDOW ? height - INPUT_HEIGHT_WINDOW : 1;

	if (found)
		return;
	source->found = false;
	made = hash_search(verifier->item_txs, &input->txid, HASH_FIND, NULL);
	if (made != NULL)
	{
		find_in_item(verifier, made, source);
		return;
	}
	if (ledger_input_is_fees(input))
	{
		if (input->height >= verifier->rows.from_height)
			find_fees_in_item(&verifier->rows, source);
		else
		{
			push(&columns->fees, Int64GetDatum((int64) input->height));
			push(&columns->fees_sources, PointerGetDatum(source));
		}
		return;
	}
	if (input->height >= verifier->rows.from_height || input->output_index > BLOCK_OUTPUTS_MAX)
		return;
	push(&columns->txids, hash_datum(&input->txid));
	push(&columns->indexes, Int32GetDatum((int32) input->output_index));
	push(&columns->lows,
		 Int64GetDatum((int64) OUTPUT_ID(input->height > 0 ? input->height : window_start, 0)));
	push(&columns->highs,
		 Int64GetDatum((int64) OUTPUT_ID(
			 input->height > 0 ? input->height + 1 : verifier->rows.from_height, 0)));
	push(&columns->sources, PointerGetDatum(source));
}

static void
keep_source(Verifier *verifier, Source *source, HeapTuple row, TupleDesc desc)
{
	Datum values[11];
	bool nulls[11];

	heap_deform_tuple(row, desc, values, nulls);
	source->found = true;
	source->row =
		(OutputRow){ DatumGetInt64(values[1]), DatumGetInt64(values[2]), DatumGetInt64(values[3]),
					 DatumGetInt32(values[4]), DatumGetInt32(values[5]), DatumGetInt32(values[6]),
					 DatumGetInt16(values[7]), DatumGetInt16(values[8]) };
	if (!nulls[9])
	{
		SpendEntry *spend = hash_search(verifier->spends, &source->row.output_id, HASH_ENTER, NULL);

		spend->spent_tx_id = DatumGetInt64(values[9]);
		spend->input_index = DatumGetInt32(values[10]);
	}
}

static void
keep_sources(Verifier *verifier, const Column *sources)
{
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		HeapTuple row = SPI_tuptable->vals[i];
		int64 n = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));

		keep_source(verifier, (Source *) DatumGetPointer(sources->values[n - 1]), row,
					SPI_tuptable->tupdesc);
	}
	SPI_freetuptable(SPI_tuptable);
}

#define SOURCE_COLUMNS                                                                             \
	"SELECT i.n, o.output_id, o.address_id, o.amount_units, o.asset_id, o.position_in_block, "     \
	"o.output_index, o.actor, o.kind, s.spent_tx_id, s.input_index "

static void
find_old_fees(Verifier *verifier, const InputColumns *columns)
{
	select_rows(SOURCE_COLUMNS "FROM unnest($1) WITH ORDINALITY AS i (height, n) "
							   "JOIN mes_internal.output_rows o ON o.output_id >= i.height << 20 "
							   "AND o.output_id < (i.height + 1) << 20 AND o.kind = 3 "
							   "LEFT JOIN mes_internal.spend_rows s ON s.output_id = o.output_id",
				1, (Oid[]){ INT8ARRAYOID }, (Datum[]){ array_of(&columns->fees, INT8OID) });
	keep_sources(verifier, &columns->fees_sources);
}

static void
find_old_sources(Verifier *verifier, const InputColumns *columns)
{
	Oid types[4] = { BYTEAARRAYOID, INT4ARRAYOID, INT8ARRAYOID, INT8ARRAYOID };
	Datum values[4] = { array_of(&columns->txids, BYTEAOID), array_of(&columns->indexes, INT4OID),
						array_of(&columns->lows, INT8OID), array_of(&columns->highs, INT8OID) };

	select_rows(SOURCE_COLUMNS
				"FROM unnest($1, $2, $3, $4) WITH ORDINALITY "
				"AS i (txid, index, low, high, n) "
				"JOIN mes_internal.transaction_rows t ON t.txid = i.txid "
				"AND t.tx_id + 0 >= i.low AND t.tx_id + 0 < i.high AND i.index < t.output_count "
				"JOIN mes_internal.output_rows o ON o.output_id = (t.tx_id >> 20 << 20) + "
				"t.first_output + i.index "
				"LEFT JOIN mes_internal.spend_rows s ON s.output_id = o.output_id",
				4, types, values);
	keep_sources(verifier, &columns->sources);
}

void
verify_find_sources(Verifier *verifier)
{
	ItemRows *rows = &verifier->rows;
	MemoryContext context = CurrentMemoryContext;
	InputColumns columns = { 0 };

	for (uint32_t i = 0; i < rows->tx_count; i++)
	{
		WireReader reader;
		TxInput input;

		if (!rows->txs[i].readable)
			continue;
		wire_reader_init(&reader, rows->txs[i].view.inputs);
		while (tx_next_input(&reader, &input))
			want_input(verifier, &columns, OUTPUT_ID_HEIGHT(rows->txs[i].tx_id), &input);
	}
	if (columns.txids.count > 0)
		find_old_sources(verifier, &columns);
	if (columns.fees.count > 0)
		find_old_fees(verifier, &columns);
	MemoryContextSwitchTo(context);
}

/* ---- submissions -----------------------------------------------------------------------------
 */

/* Of earlier blocks; the executor itself sees those of the same block. */
void
verify_find_submissions(Verifier *verifier)
{
	ItemRows *rows = &verifier->rows;
	MemoryContext context = CurrentMemoryContext;
	Column submissions = { 0 };
	Column senders = { 0 };
	Column before = { 0 };
	Datum values[3];
	bool nulls[3];

	for (uint32_t i = 0; i < rows->tx_count; i++)
	{
		TxRow *tx = &rows->txs[i];

		push(&submissions, UUIDPGetDatum((pg_uuid_t *) tx->submission));
		push(&senders, Int64GetDatum(tx->sender_id));
		push(&before, Int64GetDatum((int64) OUTPUT_ID(OUTPUT_ID_HEIGHT(tx->tx_id), 0)));
	}
	if (rows->tx_count == 0)
		return;
	select_rows("SELECT DISTINCT ON (i.n) i.n, e.txid, e.block_time "
				"FROM unnest($1, $2, $3) WITH ORDINALITY AS i (submission, sender, before, n) "
				"JOIN mes_internal.transaction_rows e ON e.submission = i.submission "
				"AND e.sender_id + 0 = i.sender AND e.tx_id + 0 < i.before ORDER BY i.n, e.tx_id",
				3, (Oid[]){ UUIDARRAYOID, INT8ARRAYOID, INT8ARRAYOID },
				(Datum[]){ array_of(&submissions, UUIDOID), array_of(&senders, INT8OID),
						   array_of(&before, INT8OID) });
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		TxRow *tx;
		McSpan txid;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		tx = &rows->txs[DatumGetInt64(values[0]) - 1];
		txid = verify_bytes(values[1], nulls[1]);
		tx->seen = true;
		tx->seen_time = DatumGetInt64(values[2]);
		if (txid.size == HASH_SIZE)
			memcpy(tx->first_txid.bytes, txid.data, HASH_SIZE);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* ---- addresses and assets --------------------------------------------------------------------
 */

static void
want_address(Verifier *verifier, Column *wanted, int64 id)
{
	bool found;
	AddressEntry *entry = hash_search(verifier->addresses, &id, HASH_ENTER, &found);

	if (found)
		return;
	memset(entry, 0, sizeof(*entry));
	entry->id = id;
	push(wanted, Int64GetDatum(id));
}

static void
forget_addresses(Verifier *verifier)
{
	HASH_SEQ_STATUS scan;
	AddressEntry *entry;

	if (hash_get_num_entries(verifier->addresses) < ADDRESSES_KEPT_MAX)
		return;
	hash_seq_init(&scan, verifier->addresses);
	while ((entry = hash_seq_search(&scan)) != NULL)
		hash_search(verifier->addresses, &entry->id, HASH_REMOVE, NULL);
}

/* Everything that the item's rows name by number, and what its inputs come from. */
void
verify_find_addresses(Verifier *verifier)
{
	const ItemRows *rows = &verifier->rows;
	MemoryContext context = CurrentMemoryContext;
	Column wanted = { 0 };
	HASH_SEQ_STATUS scan;
	const Source *source;
	Datum values[3];
	bool nulls[3];

	forget_addresses(verifier);
	for (uint32_t i = 0; i < rows->tx_count; i++)
		want_address(verifier, &wanted, rows->txs[i].sender_id);
	for (uint32_t i = 0; i < rows->output_count; i++)
		want_address(verifier, &wanted, rows->outputs[i].address_id);
	for (uint32_t i = 0; i < rows->actor_count; i++)
		want_address(verifier, &wanted, rows->actors[i].address_id);
	for (uint32_t i = 0; i < rows->burn_count; i++)
		want_address(verifier, &wanted, rows->burns[i].address_id);
	hash_seq_init(&scan, verifier->sources);
	while ((source = hash_seq_search(&scan)) != NULL)
		if (source->found)
			want_address(verifier, &wanted, source->row.address_id);
	if (wanted.count == 0)
		return;
	select_rows("SELECT address_id, address, first_height FROM mes_internal.address_rows "
				"WHERE address_id = ANY ($1)",
				1, (Oid[]){ INT8ARRAYOID }, (Datum[]){ array_of(&wanted, INT8OID) });
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		AddressEntry *entry;
		McSpan address;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		address = verify_bytes(values[1], nulls[1]);
		entry = hash_search(verifier->addresses, &values[0], HASH_FIND, NULL);
		if (entry == NULL || address.size != HASH_SIZE)
			continue;
		entry->found = true;
		memcpy(entry->address.bytes, address.data, HASH_SIZE);
		entry->first_height = (uint64_t) DatumGetInt64(values[2]);
	}
	SPI_freetuptable(SPI_tuptable);
}

AddressEntry *
verify_address(const Verifier *verifier, int64 id)
{
	AddressEntry *entry = hash_search(verifier->addresses, &id, HASH_FIND, NULL);

	return entry != NULL && entry->found ? entry : NULL;
}

/* Few, read when they are met; a number without a row has an empty code. */
const TxAsset *
verify_asset(Verifier *verifier, int32 id)
{
	MemoryContext context = CurrentMemoryContext;
	bool found;
	AssetEntry *entry = hash_search(verifier->assets, &id, HASH_ENTER, &found);
	bool isnull;

	if (found)
		return &entry->asset;
	memset(&entry->asset, 0, sizeof(entry->asset));
	select_rows("SELECT code FROM mes_internal.asset_rows WHERE asset_id = $1", 1,
				(Oid[]){ INT4OID }, (Datum[]){ Int32GetDatum(id) });
	if (SPI_processed == 1)
		strlcpy(entry->asset.code,
				TextDatumGetCString(
					SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)),
				sizeof(entry->asset.code));
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return &entry->asset;
}
