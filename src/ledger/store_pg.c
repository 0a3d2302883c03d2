/*
 * store_pg.c - the LedgerStore of the apply worker. Every answer is a function of committed rows;
 * the cache and the filter only save look-ups.
 */
#include "ledger/store_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/cache_pg.h"
#include "ledger/row_cache_pg.h"
#include "ledger/tables_pg.h"
#include "lib/bloomfilter.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* Submissions that one generation of the filter is laid out for; more only cost look-ups. */
#define FILTER_SUBMISSIONS 2000000
#define FILTER_KB 4096
#define ADDRESSES_CACHED_MAX 500000
#define ROW_CACHE_BYTES (32 * 1024 * 1024)

typedef struct AddressEntry
{
	McAddress address;
	int64 id;
} AddressEntry;

typedef struct AssetEntry
{
	TxAsset asset;
	int32 id;
} AssetEntry;

static struct
{
	uint64_t height;
	uint64_t block_time_ms;
	uint64_t window_ms;
	uint64_t generation_start_ms;
	bloom_filter *seen_now;
	bloom_filter *seen_before;
	HTAB *addresses;
	HTAB *assets;
	int64 next_address_id;
	int32 next_asset_id;
	StoreStats stats;
	SPIPlanPtr output_plan;
	SPIPlanPtr fees_plan;
	SPIPlanPtr row_plan;
	SPIPlanPtr submission_plan;
	SPIPlanPtr address_plan;
	SPIPlanPtr asset_plan;
} store;

static Datum
bytea_datum(McSpan span)
{
	bytea *bytes = palloc(VARHDRSZ + span.size);

	SET_VARSIZE(bytes, VARHDRSZ + span.size);
	if (span.size > 0)
		memcpy(VARDATA(bytes), span.data, span.size);
	return PointerGetDatum(bytes);
}

static Datum
uuid_datum(const uint8_t submission[SUBMISSION_SIZE])
{
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

	memcpy(uuid->data, submission, UUID_LEN);
	return UUIDPGetDatum(uuid);
}

static SPIPlanPtr
prepare(const char *query, int count, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare(query, count, types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

#define OUTPUT_COLUMNS                                                                             \
	"SELECT o.output_id, o.amount_units, c.code, a.address, "                                      \
	"EXISTS (SELECT 1 FROM mes_internal.spend_rows s WHERE s.output_id = o.output_id), o.kind "

static void
prepare_all(void)
{
	store.output_plan = prepare(
		OUTPUT_COLUMNS "FROM mes_internal.transaction_rows t "
					   "JOIN mes_internal.output_rows o ON o.output_id = (t.tx_id >> 20 << 20) + "
					   "t.first_output + $4 "
					   "JOIN mes_internal.address_rows a ON a.address_id = o.address_id "
					   "JOIN mes_internal.asset_rows c ON c.asset_id = o.asset_id "
					   "WHERE t.txid = $1 AND t.tx_id >= $2 AND t.tx_id < $3 "
					   "AND $4 < t.output_count",
		4, (Oid[]){ BYTEAOID, INT8OID, INT8OID, INT4OID });
	store.fees_plan =
		prepare(OUTPUT_COLUMNS "FROM mes_internal.output_rows o "
							   "JOIN mes_internal.address_rows a ON a.address_id = o.address_id "
							   "JOIN mes_internal.asset_rows c ON c.asset_id = o.asset_id "
							   "WHERE o.output_id >= $1 AND o.output_id < $2 AND o.kind = 3",
				2, (Oid[]){ INT8OID, INT8OID });
	store.row_plan = prepare("SELECT value FROM mes_internal.state_rows "
							 "WHERE table_number = $1 AND key = $2 ORDER BY height DESC LIMIT 1",
							 2, (Oid[]){ INT2OID, BYTEAOID });
	store.submission_plan =
		prepare("SELECT t.txid FROM mes_internal.transaction_rows t "
				"JOIN mes_internal.address_rows a ON a.address_id = t.sender_id "
				"WHERE t.submission = $1 AND a.address = $2 AND t.block_time >= $3 "
				"ORDER BY t.tx_id LIMIT 1",
				3, (Oid[]){ UUIDOID, BYTEAOID, TIMESTAMPTZOID });
	store.address_plan =
		prepare("SELECT address_id FROM mes_internal.address_rows WHERE address = $1", 1,
				(Oid[]){ BYTEAOID });
	store.asset_plan = prepare("SELECT asset_id FROM mes_internal.asset_rows WHERE code = $1", 1,
							   (Oid[]){ TEXTOID });
}

static bloom_filter *
filter_new(void)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	bloom_filter *filter = bloom_create(FILTER_SUBMISSIONS, FILTER_KB, 0);

	MemoryContextSwitchTo(old);
	return filter;
}

static int64
query_integer(const char *query)
{
	bool isnull;
	Datum value;

	if (SPI_execute(query, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not run \"%s\"", query);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? 0 : DatumGetInt64(value);
}

#define FILTER_KEY_SIZE (HASH_SIZE + SUBMISSION_SIZE)

static void
filter_key(const McAddress *sender, const uint8_t submission[SUBMISSION_SIZE],
		   uint8_t key[FILTER_KEY_SIZE])
{
	memcpy(key, sender->bytes, HASH_SIZE);
	memcpy(key + HASH_SIZE, submission, SUBMISSION_SIZE);
}

static void
filter_add(const McAddress *sender, const uint8_t submission[SUBMISSION_SIZE])
{
	uint8_t key[FILTER_KEY_SIZE];

	filter_key(sender, submission, key);
	bloom_add_element(store.seen_now, key, sizeof(key));
}

/* The window's submissions, so that a restart forgets none. */
static void
load_window(void)
{
	Portal portal;
	const char *query =
		psprintf("SELECT a.address, t.submission FROM mes_internal.transaction_rows t "
				 "JOIN mes_internal.address_rows a ON a.address_id = t.sender_id "
				 "WHERE t.block_time >= (SELECT max(block_time) FROM mes_internal.block_rows) - "
				 "interval '1 millisecond' * " UINT64_FORMAT,
				 store.window_ms);

	portal = SPI_cursor_parse_open(NULL, query, &(SPIParseOpenOptions){ .read_only = true });
	do
	{
		SPI_cursor_fetch(portal, true, 1000);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			bool isnull;
			HeapTuple row = SPI_tuptable->vals[i];
			bytea *address = DatumGetByteaPP(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
			pg_uuid_t *uuid = DatumGetUUIDP(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));

			filter_add((const McAddress *) VARDATA_ANY(address), uuid->data);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
}

/* Numbers given to rows that were not committed are nobody's. */
static void
open_numbers(void)
{
	HASHCTL addresses = { .keysize = HASH_SIZE, .entrysize = sizeof(AddressEntry) };
	HASHCTL assets = { .keysize = sizeof(TxAsset), .entrysize = sizeof(AssetEntry) };

	if (store.addresses != NULL)
	{
		hash_destroy(store.addresses);
		hash_destroy(store.assets);
	}
	store.addresses = hash_create("meschain addresses", 1024, &addresses, HASH_ELEM | HASH_BLOBS);
	store.assets = hash_create("meschain assets", 64, &assets, HASH_ELEM | HASH_BLOBS);
	store.next_address_id =
		query_integer("SELECT max(address_id) FROM mes_internal.address_rows") + 1;
	store.next_asset_id =
		(int32) query_integer("SELECT max(asset_id)::bigint FROM mes_internal.asset_rows") + 1;
}

void
store_roll_back_block(void)
{
	open_numbers();
}

void
store_open(Size cache_bytes, uint64_t window_ms)
{
	cache_open(cache_bytes);
	row_cache_open(ROW_CACHE_BYTES);
	store.window_ms = window_ms;
	store.seen_now = filter_new();
	store.seen_before = filter_new();
	open_numbers();
	prepare_all();
	load_window();
}

void
store_begin_block(uint64_t height, uint64_t block_time_ms)
{
	HASH_SEQ_STATUS scan;
	AddressEntry *entry;

	store.height = height;
	store.block_time_ms = block_time_ms;
	row_cache_trim();
	/* only between blocks: what this one numbers cannot be looked up before it is committed */
	if (hash_get_num_entries(store.addresses) <= ADDRESSES_CACHED_MAX)
		return;
	hash_seq_init(&scan, store.addresses);
	while ((entry = hash_seq_search(&scan)) != NULL)
		hash_search(store.addresses, &entry->address, HASH_REMOVE, NULL);
}

static LedgerFound
read_output(HeapTuple row, TupleDesc desc, const TxInput *input, LedgerOutput *output)
{
	bool isnull;
	char *code = TextDatumGetCString(SPI_getbinval(row, desc, 3, &isnull));
	bytea *address = DatumGetByteaPP(SPI_getbinval(row, desc, 4, &isnull));

	*output = (LedgerOutput){
		.txid = input->txid,
		.index = input->output_index,
		.output_id = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull)),
		.amount = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull)),
	};
	output->kind = (LedgerOutputKind) DatumGetInt16(SPI_getbinval(row, desc, 6, &isnull));
	strlcpy(output->asset.code, code, sizeof(output->asset.code));
	memcpy(output->address.bytes, VARDATA_ANY(address), HASH_SIZE);
	return DatumGetBool(SPI_getbinval(row, desc, 5, &isnull)) ? LEDGER_SPENT : LEDGER_UNSPENT;
}

static LedgerFound
find_output(void *context, const TxInput *input, LedgerOutput *output)
{
	uint64_t low = input->height;
	uint64_t high = input->height + 1;
	Datum values[4];
	int done;
	LedgerFound found = LEDGER_UNKNOWN;

	if (cache_get(&input->txid, input->output_index, output))
	{
		store.stats.cache_hits++;
		return LEDGER_UNSPENT;
	}
	store.stats.cache_misses++;
	if (input->height == 0)
	{
		low = store.height > INPUT_HEIGHT_WINDOW ? store.height - INPUT_HEIGHT_WINDOW : 1;
		high = store.height;
	}
	if (high > store.height || input->output_index > BLOCK_OUTPUTS_MAX)
		return LEDGER_UNKNOWN;
	values[0] = bytea_datum(span_hash(&input->txid));
	values[1] = Int64GetDatum((int64) OUTPUT_ID(low, 0));
	values[2] = Int64GetDatum((int64) OUTPUT_ID(high, 0));
	values[3] = Int32GetDatum((int32) input->output_index);
	if (ledger_input_is_fees(input))
		done = SPI_execute_plan(store.fees_plan, &values[1], NULL, true, 1);
	else
		done = SPI_execute_plan(store.output_plan, values, NULL, true, 1);
	if (done != SPI_OK_SELECT)
		elog(ERROR, "could not look up an output");
	if (SPI_processed == 1)
		found = read_output(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, input, output);
	SPI_freetuptable(SPI_tuptable);
	return found;
}

static bool
get_row(void *context, TxTable table, McSpan key, McSpan *value)
{
	Datum values[2];
	bool isnull;
	bool present;
	bytea *bytes;

	if (row_cache_get(table, key, &present, value))
		return present;
	values[0] = Int16GetDatum((int16) table);
	values[1] = bytea_datum(key);
	if (SPI_execute_plan(store.row_plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a state row");
	if (SPI_processed == 0)
	{
		row_cache_put(table, key, NULL);
		return false;
	}
	/* stays until the block's memory goes */
	bytes =
		DatumGetByteaPCopy(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	*value = span_of(VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
	row_cache_put(table, key, value);
	return true;
}

static bool
submission_seen(void *context, const McAddress *sender, const uint8_t submission[SUBMISSION_SIZE],
				McHash *first_txid)
{
	uint8_t key[FILTER_KEY_SIZE];
	uint64_t since_ms = store.block_time_ms - Min(store.block_time_ms, store.window_ms);
	Datum values[3];
	bool isnull;
	bytea *txid;

	filter_key(sender, submission, key);
	if (bloom_lacks_element(store.seen_now, key, sizeof(key)) &&
		bloom_lacks_element(store.seen_before, key, sizeof(key)))
		return false;
	values[0] = uuid_datum(submission);
	values[1] = bytea_datum(span_hash(sender));
	/* the window alone decides, never what this node's filter happens to remember */
	values[2] = TimestampTzGetDatum(tables_timestamp(since_ms));
	if (SPI_execute_plan(store.submission_plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a submission");
	if (SPI_processed == 0)
		return false;
	txid = DatumGetByteaPP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	memcpy(first_txid->bytes, VARDATA_ANY(txid), HASH_SIZE);
	return true;
}

static LedgerStore table = {
	.find_output = find_output,
	.get_row = get_row,
	.submission_seen = submission_seen,
};

void
store_set_epoch(const struct Genesis *genesis, const TxRules *rules)
{
	table.genesis = genesis;
	table.rules = rules;
}

const LedgerStore *
store_table(void)
{
	return &table;
}

/* Two generations, each a window long, so that a window of submissions is always in one of them. */
static void
turn_generation(uint64_t block_time_ms)
{
	if (store.generation_start_ms == 0)
		store.generation_start_ms = block_time_ms;
	if (block_time_ms < store.generation_start_ms + store.window_ms)
		return;
	bloom_free(store.seen_before);
	store.seen_before = store.seen_now;
	store.seen_now = filter_new();
	store.generation_start_ms = block_time_ms;
}

void
store_commit_block(const LedgerBlock *block, uint64_t block_time_ms)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);
	const LedgerOutput *outputs;
	const LedgerSpend *spends;
	const LedgerRow *rows;

	turn_generation(block_time_ms);
	for (uint32_t i = 0; i < count; i++)
		filter_add(&txs[i].view->sender, txs[i].view->submission);
	outputs = ledger_block_outputs(block, &count);
	for (uint32_t i = 0; i < count; i++)
		cache_put(&outputs[i]);
	spends = ledger_block_spends(block, &count);
	for (uint32_t i = 0; i < count; i++)
		cache_remove(&spends[i].output.txid, spends[i].output.index);
	rows = ledger_block_rows(block, &count);
	for (uint32_t i = 0; i < count; i++)
		if (!rows[i].superseded)
			row_cache_put(rows[i].table, rows[i].key, &rows[i].value);
}

static bool
look_up(SPIPlanPtr plan, Datum key, Datum *value)
{
	bool isnull;

	if (SPI_execute_plan(plan, &key, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a number");
	if (SPI_processed == 0)
		return false;
	*value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return true;
}

int64
store_address_id(const McAddress *address, bool *is_new)
{
	AddressEntry *entry;
	Datum value;
	bool found;

	*is_new = false;
	entry = hash_search(store.addresses, address, HASH_ENTER, &found);
	if (found)
		return entry->id;
	*is_new = !look_up(store.address_plan, bytea_datum(span_hash(address)), &value);
	entry->id = *is_new ? store.next_address_id++ : DatumGetInt64(value);
	return entry->id;
}

int32
store_asset_id(const TxAsset *asset, bool *is_new)
{
	AssetEntry *entry;
	Datum value;
	bool found;
	TxAsset key = { 0 };

	strlcpy(key.code, asset->code,
			sizeof(key.code)); /* the bytes after the end are part of the key */
	*is_new = false;
	entry = hash_search(store.assets, &key, HASH_ENTER, &found);
	if (found)
		return entry->id;
	*is_new = !look_up(store.asset_plan, CStringGetTextDatum(key.code), &value);
	entry->id = *is_new ? store.next_asset_id++ : DatumGetInt32(value);
	return entry->id;
}

const StoreStats *
store_stats(void)
{
	return &store.stats;
}
