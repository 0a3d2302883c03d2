/*
 * verify_find_pg.c - in one query each, what an item's transactions refer to: earlier submissions
 * of the same name, addresses, assets. A column + 0 is out of reach of its index: without
 * statistics the planner would take that one and read a sender's whole history.
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

void
verify_push(VerifyColumn *column, Datum value)
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

Datum
verify_array_of(const VerifyColumn *column, Oid type)
{
	int16 size;
	bool by_value;
	char align;

	get_typlenbyvalalign(type, &size, &by_value, &align);
	return PointerGetDatum(
		construct_array(column->values, column->count, type, size, by_value, align));
}

void
verify_select(const char *query, int count, Oid *types, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;

	if (SPI_execute_with_args(query, count, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", query);
	MemoryContextSwitchTo(context);
}

void
verify_look_up(SPIPlanPtr plan, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;

	if (SPI_execute_plan(plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up what a block refers to");
	MemoryContextSwitchTo(context);
}

/* ---- submissions -----------------------------------------------------------------------------
 */

/* Transactions below this id took names that are free again: leaves of them are not looked at. */
static int64
names_taken_from(const Verifier *verifier)
{
	int64 until = verifier->rows.txs[0].block_time - (int64) verifier->rules.window_max_ms * 1000;
	int64 height = 0;
	bool isnull;

	verify_select("SELECT height FROM mes_internal.block_rows WHERE block_time < $1 "
				  "ORDER BY block_time DESC LIMIT 1",
				  1, (Oid[]){ TIMESTAMPTZOID }, (Datum[]){ TimestampTzGetDatum(until) });
	if (SPI_processed == 1)
		height =
			DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return (int64) OUTPUT_ID(height, 0);
}

/* Of earlier blocks; the executor itself sees those of the same block. */
void
verify_find_submissions(Verifier *verifier)
{
	ItemRows *rows = &verifier->rows;
	MemoryContext context = MemoryContextSwitchTo(verifier->item_context);
	VerifyColumn submissions = { 0 };
	VerifyColumn senders = { 0 };
	VerifyColumn before = { 0 };
	Datum values[3];
	bool nulls[3];

	for (uint32_t i = 0; i < rows->tx_count; i++)
	{
		TxRow *tx = &rows->txs[i];

		verify_push(&submissions, UUIDPGetDatum((pg_uuid_t *) tx->submission));
		verify_push(&senders, Int64GetDatum(tx->sender_id));
		verify_push(&before, Int64GetDatum((int64) OUTPUT_ID(OUTPUT_ID_HEIGHT(tx->tx_id), 0)));
	}
	if (rows->tx_count == 0)
	{
		MemoryContextSwitchTo(context);
		return;
	}
	verify_look_up(verifier->names_plan,
				   (Datum[]){ verify_array_of(&submissions, UUIDOID),
							  verify_array_of(&senders, INT8OID), verify_array_of(&before, INT8OID),
							  Int64GetDatum(names_taken_from(verifier)) });
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		EarlierTx *earlier = palloc0(sizeof(EarlierTx));
		McSpan txid;
		TxRow *tx;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		tx = &rows->txs[DatumGetInt64(values[0]) - 1];
		txid = verify_bytes(values[1], nulls[1]);
		if (txid.size == HASH_SIZE)
			memcpy(earlier->txid.bytes, txid.data, HASH_SIZE);
		earlier->block_time = DatumGetInt64(values[2]);
		earlier->next = tx->earlier; /* the first ends at the head */
		tx->earlier = earlier;
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
}

/* ---- addresses and assets --------------------------------------------------------------------
 */

static void
want_address(Verifier *verifier, VerifyColumn *wanted, int64 id)
{
	bool found;
	AddressEntry *entry = hash_search(verifier->addresses, &id, HASH_ENTER, &found);

	if (found)
		return;
	memset(entry, 0, sizeof(*entry));
	entry->id = id;
	verify_push(wanted, Int64GetDatum(id));
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
	VerifyColumn wanted = { 0 };
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
	verify_select("SELECT address_id, address, first_height FROM mes_internal.address_rows "
				  "WHERE address_id = ANY ($1)",
				  1, (Oid[]){ INT8ARRAYOID }, (Datum[]){ verify_array_of(&wanted, INT8OID) });
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
	verify_select("SELECT code FROM mes_internal.asset_rows WHERE asset_id = $1", 1,
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
