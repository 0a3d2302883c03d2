/*
 * verify_rows_pg.c - stored rows of an item, read by range into memory, and in one query each what
 * its transactions refer to: outputs of earlier blocks, earlier submissions, addresses, assets.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/uuid.h"

#define COLUMNS_MAX 16

McSpan
verify_bytes(Datum datum, bool isnull)
{
	bytea *bytes;

	if (isnull)
		return span_of(NULL, 0);
	bytes = DatumGetByteaPP(datum);
	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static McSpan
kept_bytes(Datum datum, bool isnull)
{
	McSpan span = verify_bytes(datum, isnull);
	uint8_t *copy = palloc(span.size + 1);

	if (span.size > 0)
		memcpy(copy, span.data, span.size);
	return span_of(copy, span.size);
}

/* A hash of another length is no hash: zeros, which equal nothing computed. */
static McHash
hash_of(Datum datum, bool isnull)
{
	McSpan span = verify_bytes(datum, isnull);
	McHash hash = { 0 };

	if (span.size == HASH_SIZE)
		memcpy(hash.bytes, span.data, HASH_SIZE);
	return hash;
}

static void
select_rows(const char *query, int count, Oid *types, Datum *values)
{
	if (SPI_execute_with_args(query, count, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", query);
}

static void
deform(uint64 row, Datum *values, bool *nulls)
{
	heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
}

/* ---- blocks ----------------------------------------------------------------------------------
 */

#define BLOCK_COLUMNS                                                                              \
	"SELECT height, hash, header, block_time, proposer, tx_count, output_count, receipts_root, "   \
	"writeset_root, state_digest, next_valset_hash, state_root, commit_certificate, "              \
	"result_certificate FROM mes_internal.block_rows WHERE height BETWEEN $1 AND $2"

static void
fill_block(BlockRow *block, const Datum *values, const bool *nulls)
{
	McProblem problem;
	McSpan header = kept_bytes(values[2], nulls[2]);

	block->present = true;
	block->hash = hash_of(values[1], nulls[1]);
	block->header_bytes = header;
	digest_sha256(&block->header_hash, &header, 1);
	block->damaged = pbft_header_decode(header, &block->header, &problem) != MC_OK ||
					 !hash_equal(&block->header_hash, &block->hash);
	block->block_time = DatumGetInt64(values[3]);
	block->proposer = DatumGetInt16(values[4]);
	block->tx_count = DatumGetInt32(values[5]);
	block->output_count = DatumGetInt32(values[6]);
	block->roots.receipts_root = hash_of(values[7], nulls[7]);
	block->roots.writeset_root = hash_of(values[8], nulls[8]);
	block->roots.state_digest = hash_of(values[9], nulls[9]);
	block->next_valset_hash = hash_of(values[10], nulls[10]);
	block->state_root = hash_of(values[11], nulls[11]);
	block->commit_certificate = kept_bytes(values[12], nulls[12]);
	block->result_certificate = kept_bytes(values[13], nulls[13]);
}

bool
verify_load_block(uint64_t height, BlockRow *block)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[COLUMNS_MAX] = { Int64GetDatum((int64) height), Int64GetDatum((int64) height) };
	bool nulls[COLUMNS_MAX];

	memset(block, 0, sizeof(*block));
	block->height = height;
	select_rows(BLOCK_COLUMNS, 2, (Oid[]){ INT8OID, INT8OID }, values);
	MemoryContextSwitchTo(context);
	if (SPI_processed == 1)
	{
		deform(0, values, nulls);
		fill_block(block, values, nulls);
	}
	SPI_freetuptable(SPI_tuptable);
	return block->present;
}

static void
load_blocks(ItemRows *rows, const VerifyItem *item)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[COLUMNS_MAX] = { Int64GetDatum((int64) item->from_height),
								  Int64GetDatum((int64) item->to_height) };
	bool nulls[COLUMNS_MAX];

	rows->from_height = item->from_height;
	rows->block_count = (uint32_t) (item->to_height - item->from_height + 1);
	rows->blocks = palloc0(rows->block_count * sizeof(BlockRow));
	for (uint32_t i = 0; i < rows->block_count; i++)
		rows->blocks[i].height = item->from_height + i;
	verify_load_block(item->from_height - 1, &rows->parent);
	select_rows(BLOCK_COLUMNS, 2, (Oid[]){ INT8OID, INT8OID },
				(Datum[]){ Int64GetDatum((int64) item->from_height),
						   Int64GetDatum((int64) item->to_height) });
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		deform(i, values, nulls);
		fill_block(&rows->blocks[DatumGetInt64(values[0]) - (int64) item->from_height], values,
				   nulls);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
load_witnesses(ItemRows *rows, const VerifyItem *item)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[COLUMNS_MAX];
	bool nulls[COLUMNS_MAX];

	select_rows("SELECT height, witnesses FROM mes_internal.witness_rows "
				"WHERE height BETWEEN $1 AND $2",
				2, (Oid[]){ INT8OID, INT8OID },
				(Datum[]){ Int64GetDatum((int64) item->from_height),
						   Int64GetDatum((int64) item->to_height) });
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		BlockRow *block;

		deform(i, values, nulls);
		block = &rows->blocks[DatumGetInt64(values[0]) - (int64) item->from_height];
		block->witnesses = kept_bytes(values[1], nulls[1]);
		block->has_witnesses = true;
	}
	SPI_freetuptable(SPI_tuptable);
}

/* ---- transactions and outputs ----------------------------------------------------------------
 */

static void
fill_tx(TxRow *tx, const Datum *values, const bool *nulls)
{
	tx->tx_id = DatumGetInt64(values[0]);
	tx->sender_id = DatumGetInt64(values[1]);
	tx->first_output = DatumGetInt32(values[2]);
	tx->output_count = DatumGetInt32(values[3]);
	tx->status = DatumGetInt16(values[4]);
	tx->operation = DatumGetInt16(values[5]);
	tx->operation_count = DatumGetInt16(values[6]);
	tx->block_time = DatumGetInt64(values[7]);
	memcpy(tx->submission, DatumGetUUIDP(values[8])->data, SUBMISSION_SIZE);
	tx->txid = hash_of(values[9], nulls[9]);
	tx->body = kept_bytes(values[10], nulls[10]);
	tx->has_receipt = !nulls[11];
	tx->receipt = kept_bytes(values[11], nulls[11]);
}

static void
load_txs(ItemRows *rows, const VerifyItem *item)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[COLUMNS_MAX];
	bool nulls[COLUMNS_MAX];

	select_rows("SELECT tx_id, sender_id, first_output, output_count, status, operation, "
				"operation_count, block_time, submission, txid, body, receipt "
				"FROM mes_internal.transaction_rows WHERE tx_id >= $1 AND tx_id < $2 "
				"ORDER BY tx_id",
				2, (Oid[]){ INT8OID, INT8OID },
				(Datum[]){ Int64GetDatum((int64) OUTPUT_ID(item->from_height, 0)),
						   Int64GetDatum((int64) OUTPUT_ID(item->to_height + 1, 0)) });
	MemoryContextSwitchTo(context);
	rows->tx_count = (uint32_t) SPI_processed;
	rows->txs = MemoryContextAllocExtended(context, (SPI_processed + 1) * sizeof(TxRow),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		BlockRow *block;

		deform(i, values, nulls);
		fill_tx(&rows->txs[i], values, nulls);
		block = &rows->blocks[OUTPUT_ID_HEIGHT(rows->txs[i].tx_id) - item->from_height];
		if (block->tx_rows++ == 0)
			block->first_tx = (uint32_t) i;
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
load_outputs(ItemRows *rows, const VerifyItem *item)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[COLUMNS_MAX];
	bool nulls[COLUMNS_MAX];

	select_rows("SELECT output_id, address_id, amount_units, asset_id, position_in_block, "
				"output_index, actor, kind FROM mes_internal.output_rows "
				"WHERE output_id >= $1 AND output_id < $2 ORDER BY output_id",
				2, (Oid[]){ INT8OID, INT8OID },
				(Datum[]){ Int64GetDatum((int64) OUTPUT_ID(item->from_height, 0)),
						   Int64GetDatum((int64) OUTPUT_ID(item->to_height + 1, 0)) });
	MemoryContextSwitchTo(context);
	rows->output_count = (uint32_t) SPI_processed;
	rows->outputs = palloc0((SPI_processed + 1) * sizeof(OutputRow));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		OutputRow *output = &rows->outputs[i];
		BlockRow *block;

		deform(i, values, nulls);
		*output = (OutputRow){ DatumGetInt64(values[0]), DatumGetInt64(values[1]),
							   DatumGetInt64(values[2]), DatumGetInt32(values[3]),
							   DatumGetInt32(values[4]), DatumGetInt32(values[5]),
							   DatumGetInt16(values[6]), DatumGetInt16(values[7]) };
		block = &rows->blocks[OUTPUT_ID_HEIGHT(output->output_id) - item->from_height];
		if (block->output_rows++ == 0)
			block->first_output = (uint32_t) i;
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
keep_spend(Verifier *verifier, int64 output_id, int64 spent_tx_id, int32 input_index)
{
	bool found;
	SpendEntry *entry = hash_search(verifier->spends, &output_id, HASH_ENTER, &found);

	entry->spent_tx_id = spent_tx_id;
	entry->input_index = input_index;
}

static void
load_spends(Verifier *verifier, const VerifyItem *item)
{
	Datum values[COLUMNS_MAX];
	bool nulls[COLUMNS_MAX];

	select_rows("SELECT output_id, spent_tx_id, input_index FROM mes_internal.spend_rows "
				"WHERE output_id >= $1 AND output_id < $2",
				2, (Oid[]){ INT8OID, INT8OID },
				(Datum[]){ Int64GetDatum((int64) OUTPUT_ID(item->from_height, 0)),
						   Int64GetDatum((int64) OUTPUT_ID(item->to_height + 1, 0)) });
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		deform(i, values, nulls);
		keep_spend(verifier, DatumGetInt64(values[0]), DatumGetInt64(values[1]),
				   DatumGetInt32(values[2]));
	}
	SPI_freetuptable(SPI_tuptable);
}

static HTAB *
item_table(Verifier *verifier, const char *name, Size key_size, Size entry_size)
{
	HASHCTL control = { .keysize = key_size,
						.entrysize = entry_size,
						.hcxt = verifier->item_context };

	return hash_create(name, VERIFY_ITEM_TXS, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
verify_load_item(Verifier *verifier, const VerifyItem *item)
{
	ItemRows *rows = &verifier->rows;

	memset(rows, 0, sizeof(*rows));
	verifier->sources = item_table(verifier, "meschain sources", sizeof(SourceKey), sizeof(Source));
	verifier->spends = item_table(verifier, "meschain spends", sizeof(int64), sizeof(SpendEntry));
	verifier->item_txs = item_table(verifier, "meschain txs", HASH_SIZE, sizeof(ItemTx));
	load_blocks(rows, item);
	load_witnesses(rows, item);
	load_txs(rows, item);
	load_outputs(rows, item);
	load_spends(verifier, item);
	verify_load_actors(rows, item);
	verify_load_burns(rows, item);
	for (uint32_t i = 0; i < rows->tx_count; i++)
	{
		bool found;
		ItemTx *entry = hash_search(verifier->item_txs, &rows->txs[i].txid, HASH_ENTER, &found);

		/* the same transaction twice: the first made the outputs, the second was refused */
		if (!found)
			entry->row = i;
	}
}
