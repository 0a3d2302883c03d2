/*
 * tables_pg.c - writes a block. One bulk writer a relation, opened for the block; the leaf tables
 * of the current cut are looked up once a cut.
 */
#include "ledger/tables_pg.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "ledger/bulk_pg.h"
#include "ledger/store_pg.h"
#include "tx/receipt.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* The leaves of one range of heights. */
typedef struct Leaf
{
	uint64_t from_height;
	uint64_t to_height;
	Oid blocks;
	Oid transactions;
	Oid witnesses;
	Oid outputs;
	Oid spends;
} Leaf;

/* Spends go to the leaf of the output they spend; a few leaves are hot at a time. */
#define LEAVES_CACHED 16
static Leaf leaves[LEAVES_CACHED];
static int leaf_count;

static const TableNumbers store_numbers = { store_address_id, store_asset_id };
static const TableNumbers *numbers = &store_numbers;

void
tables_use_numbers(const TableNumbers *other)
{
	numbers = other != NULL ? other : &store_numbers;
	leaf_count = 0; /* a session's may be gone by now */
}

int64
tables_timestamp(uint64_t unix_ms)
{
	return (int64) unix_ms * 1000 -
		   (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000000);
}

static Datum
bytes_datum(McSpan span)
{
	bytea *bytes = palloc(VARHDRSZ + span.size);

	SET_VARSIZE(bytes, VARHDRSZ + span.size);
	if (span.size > 0)
		memcpy(VARDATA(bytes), span.data, span.size);
	return PointerGetDatum(bytes);
}

static Oid
leaf_table(const char *parent, const char *suffix)
{
	Oid namespace = get_namespace_oid("mes_internal", false);
	Oid table = get_relname_relid(psprintf("%s_%s", parent, suffix), namespace);

	if (!OidIsValid(table))
		elog(ERROR, "leaf %s of %s is missing", suffix, parent);
	return table;
}

static bool
load_leaf(uint64_t height, Leaf *leaf)
{
	const char *query =
		psprintf("SELECT from_height, to_height, suffix FROM mes_internal.leaves "
				 "WHERE from_height <= " UINT64_FORMAT " AND to_height > " UINT64_FORMAT,
				 height, height);
	HeapTuple row;
	TupleDesc desc;
	char *suffix;
	bool isnull;

	if (SPI_execute(query, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read leaves");
	if (SPI_processed == 0)
		return false;
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	suffix = TextDatumGetCString(SPI_getbinval(row, desc, 3, &isnull));
	leaf->from_height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	leaf->to_height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));
	leaf->blocks = leaf_table("block_rows", suffix);
	leaf->transactions = leaf_table("transaction_rows", suffix);
	leaf->witnesses = leaf_table("witness_rows", suffix);
	leaf->outputs = leaf_table("output_rows", suffix);
	leaf->spends = leaf_table("spend_rows", suffix);
	return true;
}

static const Leaf *
known_leaf(uint64_t height)
{
	for (int i = 0; i < leaf_count; i++)
		if (height >= leaves[i].from_height && height < leaves[i].to_height)
			return &leaves[i];
	return NULL;
}

static const Leaf *
find_leaf(uint64_t height)
{
	Leaf found;
	int victim = 0;

	if (known_leaf(height) != NULL)
		return known_leaf(height);
	if (!load_leaf(height, &found))
		return NULL;
	if (leaf_count < LEAVES_CACHED)
		victim = leaf_count++;
	else
		for (int i = 1; i < LEAVES_CACHED; i++)
			if (leaves[i].from_height < leaves[victim].from_height)
				victim = i;
	leaves[victim] = found;
	return &leaves[victim];
}

bool
tables_known(uint64_t height)
{
	return known_leaf(height) != NULL;
}

bool
tables_ready(uint64_t height)
{
	return find_leaf(height) != NULL;
}

static Oid
internal_table(const char *name)
{
	return get_relname_relid(name, get_namespace_oid("mes_internal", false));
}

/* New addresses of this block, written before anything refers to them. */
typedef struct AddressWriter
{
	BulkWriter *bulk;
	uint64_t height;
	Oid table;
} AddressWriter;

static int64
address_id(AddressWriter *writer, const McAddress *address)
{
	TupleTableSlot *row;
	bool is_new;
	int64 id = numbers->address(address, &is_new);

	if (!is_new)
		return id;
	if (writer->bulk == NULL)
		writer->bulk = bulk_open(writer->table);
	row = bulk_row(writer->bulk);
	row->tts_values[0] = Int64GetDatum(id);
	row->tts_values[1] = bytes_datum(span_hash(address));
	row->tts_values[2] = Int64GetDatum((int64) writer->height);
	return id;
}

static Datum
uuid_datum(const uint8_t submission[SUBMISSION_SIZE])
{
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

	memcpy(uuid->data, submission, UUID_LEN);
	return UUIDPGetDatum(uuid);
}

static uint16_t
only_operation(const TxView *view)
{
	WireReader reader;
	TxOperation operation = { 0 };

	if (view->operation_count != 1)
		return 0;
	wire_reader_init(&reader, view->operations);
	return tx_next_operation(&reader, view, &operation) ? operation.kind : 0;
}

static Datum
refusal_datum(const LedgerTx *tx)
{
	uint8_t bytes[RECEIPT_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	receipt_write(&writer, &tx->view->txid, &tx->problem);
	return bytes_datum(wire_written(&writer));
}

static void
fill_transaction(TupleTableSlot *row, const LedgerTx *tx, int64 tx_id, int64 sender_id,
				 int64 block_time)
{
	const TxView *view = tx->view;
	bool refused = tx->problem.status != MC_OK;
	uint32_t first = tx->first_output;

	row->tts_values[0] = Int64GetDatum(tx_id);
	row->tts_values[1] = Int64GetDatum(sender_id);
	row->tts_values[2] = Int32GetDatum((int32) first);
	row->tts_values[3] = Int32GetDatum((int32) tx->output_count);
	row->tts_values[4] = Int16GetDatum((int16) tx->problem.status);
	row->tts_values[5] = Int16GetDatum((int16) only_operation(view));
	row->tts_values[6] = Int16GetDatum((int16) view->operation_count);
	row->tts_values[7] = Int16GetDatum((int16) view->actor_count);
	row->tts_values[8] = TimestampTzGetDatum(block_time);
	row->tts_values[9] = uuid_datum(view->submission);
	row->tts_values[10] = bytes_datum(span_hash(&view->txid));
	row->tts_values[11] = bytes_datum(view->body);
	row->tts_isnull[12] = !refused;
	row->tts_values[12] = refused ? refusal_datum(tx) : (Datum) 0;
}

static void
write_transactions(const LedgerBlock *block, const Leaf *leaf, AddressWriter *addresses,
				   int64 block_time)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);
	BulkWriter *bulk;

	if (count == 0)
		return;
	bulk = bulk_open(leaf->transactions);
	for (uint32_t i = 0; i < count; i++)
		fill_transaction(bulk_row(bulk), &txs[i], (int64) OUTPUT_ID(addresses->height, i),
						 address_id(addresses, &txs[i].view->sender), block_time);
	bulk_close(bulk);
}

/* Who acts beside the sender, of transactions that took effect. */
static void
write_actors(const LedgerBlock *block, AddressWriter *addresses)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);
	BulkWriter *bulk = NULL;

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t actor = 1; txs[i].problem.status == MC_OK && actor < txs[i].view->actor_count;
			 actor++)
		{
			McAddress address;
			TupleTableSlot *row;

			if (bulk == NULL)
				bulk = bulk_open(internal_table("actor_rows"));
			tx_actor_address(txs[i].view, actor, &address);
			row = bulk_row(bulk);
			row->tts_values[0] = Int64GetDatum(address_id(addresses, &address));
			row->tts_values[1] = Int64GetDatum((int64) OUTPUT_ID(addresses->height, i));
			row->tts_values[2] = Int16GetDatum((int16) actor);
		}
	if (bulk != NULL)
		bulk_close(bulk);
}

/* After write_rows: a burned asset has its number by then. */
static void
write_burns(const LedgerBlock *block, AddressWriter *addresses)
{
	uint32_t count;
	uint32_t tx_count;
	const LedgerBurn *burns = ledger_block_burns(block, &count);
	const LedgerTx *txs = ledger_block_txs(block, &tx_count);
	BulkWriter *bulk;

	if (count == 0)
		return;
	bulk = bulk_open(internal_table("burn_rows"));
	for (uint32_t i = 0; i < count; i++)
	{
		TupleTableSlot *row = bulk_row(bulk);
		McAddress address;
		bool is_new;

		tx_actor_address(txs[burns[i].position].view, burns[i].actor, &address);
		row->tts_values[0] = Int64GetDatum(address_id(addresses, &address));
		row->tts_values[1] = Int64GetDatum((int64) OUTPUT_ID(addresses->height, burns[i].position));
		row->tts_values[2] = Int32GetDatum((int32) burns[i].number);
		row->tts_values[3] = Int32GetDatum(numbers->asset(&burns[i].asset, &is_new));
		row->tts_values[4] = Int64GetDatum(burns[i].amount);
		Assert(!is_new);
	}
	bulk_close(bulk);
}

static void
write_witnesses(const LedgerBlock *block, const Leaf *leaf, uint64_t height)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);
	size_t capacity = 16;
	WireWriter writer;
	BulkWriter *bulk;
	TupleTableSlot *row;

	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		capacity += txs[i].view->witnesses.size + 16;
	wire_writer_init(&writer, palloc(capacity), capacity);
	wire_put_array(&writer, count);
	for (uint32_t i = 0; i < count; i++)
	{
		wire_put_array(&writer, txs[i].view->actor_count);
		wire_put_raw(&writer, txs[i].view->witnesses);
	}
	bulk = bulk_open(leaf->witnesses);
	row = bulk_row(bulk);
	row->tts_values[0] = Int64GetDatum((int64) height);
	row->tts_values[1] = bytes_datum(wire_written(&writer));
	bulk_close(bulk);
}

static void
write_outputs(const LedgerBlock *block, const Leaf *leaf, AddressWriter *addresses)
{
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(block, &count);
	BulkWriter *bulk;

	if (count == 0)
		return;
	bulk = bulk_open(leaf->outputs);
	for (uint32_t i = 0; i < count; i++)
	{
		const LedgerOutput *output = &outputs[i];
		TupleTableSlot *row = bulk_row(bulk);
		bool is_new;

		row->tts_values[0] = Int64GetDatum((int64) output->output_id);
		row->tts_values[1] = Int64GetDatum(address_id(addresses, &output->address));
		row->tts_values[2] = Int64GetDatum(output->amount);
		row->tts_values[3] = Int32GetDatum(numbers->asset(&output->asset, &is_new));
		row->tts_values[4] = Int32GetDatum((int32) output->position);
		row->tts_values[5] = Int32GetDatum((int32) output->index);
		row->tts_values[6] = Int16GetDatum((int16) output->actor);
		row->tts_values[7] = Int16GetDatum((int16) output->kind);
		Assert(!is_new);
	}
	bulk_close(bulk);
}

/* Spends of one leaf after the other: mostly there is one. */
static void
write_spends(const LedgerBlock *block, uint64_t height)
{
	uint32_t count;
	const LedgerSpend *spends = ledger_block_spends(block, &count);
	const Leaf *leaf = NULL;
	BulkWriter *bulk = NULL;

	for (uint32_t i = 0; i < count; i++)
	{
		uint64_t made_at = OUTPUT_ID_HEIGHT(spends[i].output_id);
		TupleTableSlot *row;

		if (leaf == NULL || made_at < leaf->from_height || made_at >= leaf->to_height)
		{
			if (bulk != NULL)
				bulk_close(bulk);
			leaf = find_leaf(made_at);
			if (leaf == NULL)
				elog(ERROR, "no leaf holds height " UINT64_FORMAT, made_at);
			bulk = bulk_open(leaf->spends);
		}
		row = bulk_row(bulk);
		row->tts_values[0] = Int64GetDatum((int64) spends[i].output_id);
		row->tts_values[1] = Int64GetDatum((int64) OUTPUT_ID(height, spends[i].position));
		row->tts_values[2] = Int32GetDatum((int32) spends[i].input);
	}
	if (bulk != NULL)
		bulk_close(bulk);
}

static void
write_asset(const LedgerRow *row, int64 tx_id, BulkWriter **bulk)
{
	TxAsset asset = { 0 };
	AssetRow content;
	TupleTableSlot *slot;
	bool is_new;
	int32 id;

	memcpy(asset.code, row->key.data, row->key.size);
	id = numbers->asset(&asset, &is_new);
	if (!is_new)
		return;
	if (!asset_row_read(row->value, &content))
		elog(ERROR, "asset row of \"%s\" is damaged", asset.code);
	if (*bulk == NULL)
		*bulk = bulk_open(internal_table("asset_rows"));
	slot = bulk_row(*bulk);
	slot->tts_values[0] = Int32GetDatum(id);
	slot->tts_values[1] = CStringGetTextDatum(asset.code);
	slot->tts_values[2] = Int16GetDatum(content.decimals);
	slot->tts_values[3] = Int64GetDatum(tx_id);
}

static void
write_rows(const LedgerBlock *block, uint64_t height)
{
	uint32_t count;
	const LedgerRow *rows = ledger_block_rows(block, &count);
	BulkWriter *assets = NULL;
	BulkWriter *bulk;

	if (count == 0)
		return;
	bulk = bulk_open(internal_table("state_rows"));
	for (uint32_t i = 0; i < count; i++)
	{
		int64 tx_id = (int64) OUTPUT_ID(height, rows[i].position);
		TupleTableSlot *slot;

		if (rows[i].table == TX_TABLE_ASSETS)
			write_asset(&rows[i], tx_id, &assets);
		if (rows[i].superseded)
			continue;
		slot = bulk_row(bulk);
		slot->tts_values[0] = Int16GetDatum((int16) rows[i].table);
		slot->tts_values[1] = bytes_datum(rows[i].key);
		slot->tts_values[2] = Int64GetDatum((int64) height);
		slot->tts_values[3] = Int64GetDatum(tx_id);
		slot->tts_values[4] = bytes_datum(rows[i].value);
	}
	bulk_close(bulk);
	if (assets != NULL)
		bulk_close(assets);
}

void
tables_write_effects(const LedgerBlock *block, uint64_t height, uint64_t block_time_ms)
{
	const Leaf *leaf = find_leaf(height);
	AddressWriter addresses = { .height = height, .table = internal_table("address_rows") };
	int64 block_time = tables_timestamp(block_time_ms);

	write_rows(block, height);
	write_transactions(block, leaf, &addresses, block_time);
	write_actors(block, &addresses);
	write_burns(block, &addresses);
	leaf = find_leaf(height);
	write_witnesses(block, leaf, height);
	write_outputs(block, leaf, &addresses);
	if (addresses.bulk != NULL)
		bulk_close(addresses.bulk);
	write_spends(block, height);
}

void
tables_write_block(const LedgerBlock *block, const BlockRecord *record)
{
	const Leaf *leaf = find_leaf(record->height);
	BulkWriter *bulk = bulk_open(leaf->blocks);
	TupleTableSlot *row = bulk_row(bulk);
	uint32_t tx_count;
	uint32_t output_count;

	(void) ledger_block_txs(block, &tx_count);
	(void) ledger_block_outputs(block, &output_count);
	row->tts_values[0] = Int64GetDatum((int64) record->height);
	row->tts_values[1] = bytes_datum(span_hash(&record->hash));
	row->tts_values[2] = bytes_datum(record->header);
	row->tts_values[3] = TimestampTzGetDatum(tables_timestamp(record->block_time_ms));
	row->tts_values[4] = Int16GetDatum((int16) record->proposer);
	row->tts_values[5] = Int32GetDatum((int32) tx_count);
	row->tts_values[6] = Int32GetDatum((int32) output_count);
	row->tts_values[7] = bytes_datum(span_hash(&record->roots.receipts_root));
	row->tts_values[8] = bytes_datum(span_hash(&record->roots.writeset_root));
	row->tts_values[9] = bytes_datum(span_hash(&record->roots.state_digest));
	row->tts_values[10] = bytes_datum(span_hash(&record->next_valset_hash));
	row->tts_values[11] = bytes_datum(span_hash(&record->exec_root));
	row->tts_values[12] = bytes_datum(record->commit_certificate);
	row->tts_values[13] = bytes_datum(record->result_certificate);
	bulk_close(bulk);
}

void
tables_write_sum(uint64_t height, const LtHash *sum)
{
	uint8_t bytes[LTHASH_BYTES];
	BulkWriter *bulk = bulk_open(internal_table("state_sums"));
	TupleTableSlot *row = bulk_row(bulk);

	lthash_store(sum, bytes);
	row->tts_values[0] = Int64GetDatum((int64) height);
	row->tts_values[1] = bytes_datum(span_of(bytes, sizeof(bytes)));
	bulk_close(bulk);
}
