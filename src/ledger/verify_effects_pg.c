/*
 * verify_effects_pg.c - what a block did by execution against the rows that say what it did.
 */
#include "ledger/verify_item_pg.h"

#include "catalog/pg_type.h"
#include "tx/receipt.h"
#include "utils/builtins.h"

/* Keys of asset_rows, apart from those of state tables. */
#define ASSET_ROW_KEY 1000

/* A disagreement of execution follows from what was read when that is wrong itself. */
static void
note_cause(VerifyProblem *problem, uint64_t key)
{
	if (problem->cause_count < VERIFY_CAUSES_MAX)
		problem->causes[problem->cause_count++] = key;
}

static void
note_reads(const Verifier *verifier, VerifyProblem *problem)
{
	for (uint32_t i = 0; i < verifier->read_count; i++)
		note_cause(problem, verifier->reads[i]);
}

static void
note_causes(const Verifier *verifier, const TxView *view, VerifyProblem *problem)
{
	WireReader reader;
	TxInput input;

	wire_reader_init(&reader, view->inputs);
	while (tx_next_input(&reader, &input))
	{
		SourceKey key = { .txid = input.txid, .index = input.output_index, .height = input.height };
		const Source *source = hash_search(verifier->sources, &key, HASH_FIND, NULL);
		uint64_t low = input.height;

		note_cause(problem, verify_key_tx(&input.txid));
		if (source != NULL && source->found)
		{
			note_cause(problem, verify_key_output(source->row.output_id));
			note_cause(problem, verify_key_address(source->row.address_id));
			continue;
		}
		if (low == 0)
			low = problem->height > INPUT_HEIGHT_WINDOW ? problem->height - INPUT_HEIGHT_WINDOW : 1;
		if (problem->gap_high == 0 || low < problem->gap_low)
			problem->gap_low = low;
		if ((input.height > 0 ? input.height : problem->height) + 1 > problem->gap_high)
			problem->gap_high = (input.height > 0 ? input.height : problem->height) + 1;
	}
	note_reads(verifier, problem);
}

/* ---- transactions and receipts ---------------------------------------------------------------
 */

static bool
address_stored(Verifier *verifier, const McAddress *address)
{
	MemoryContext context = CurrentMemoryContext;
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);
	bool found;

	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), address->bytes, HASH_SIZE);
	if (SPI_execute_with_args("SELECT FROM mes_internal.address_rows WHERE address = $1", 1,
							  (Oid[]){ BYTEAOID }, (Datum[]){ PointerGetDatum(bytes) }, NULL, true,
							  1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up an address");
	found = SPI_processed == 1;
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return found;
}

static char *
address_text(const McAddress *address)
{
	char *text = palloc(ADDRESS_TEXT_SIZE + 1);

	address_format(address, text);
	return text;
}

/*
 * Does the number stand for the address? When the address has no row at all the fault is in
 * address_rows, told apart from a row that names another number.
 */
bool
verify_address_agrees(Verifier *verifier, const BlockRow *block, int64 id, const McAddress *address,
					  VerifyBlock *result)
{
	AddressEntry *entry = verify_address(verifier, id);
	if (entry == NULL || !hash_equal(&entry->address, address))
	{
		if (address_stored(verifier, address))
			return false;
		verify_report(verifier, entry != NULL ? entry->first_height : block->height, VERIFY_ADDRESS,
					  verify_key_address(id),
					  entry != NULL ? "an address is not what its number stood for"
									: "an address is missing",
					  "number " INT64_FORMAT ", should be %s", id, address_text(address));
		return true;
	}
	if (entry->first_height > block->height)
		verify_report(verifier, block->height, VERIFY_ADDRESS, 0,
					  "an address is said to appear later", "%s, first_height " UINT64_FORMAT,
					  address_text(address), entry->first_height);
	if (entry->first_height == block->height && entry->matched_height != block->height)
	{
		entry->matched_height = block->height;
		result->addresses++;
	}
	return true;
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

/* The first column that is not as executed, NULL when all are. */
static const char *
wrong_column(Verifier *verifier, const BlockRow *block, const TxRow *row, const LedgerTx *tx,
			 VerifyBlock *result)
{
	const TxView *view = tx->view;

	if (memcmp(row->submission, view->submission, SUBMISSION_SIZE) != 0)
		return "submission";
	if (row->operation != (int16) only_operation(view))
		return "operation";
	if (row->operation_count != (int16) view->operation_count)
		return "operation_count";
	if (row->block_time != block->block_time)
		return "block_time";
	if (!verify_address_agrees(verifier, block, row->sender_id, &view->sender, result))
		return "sender_id";
	return NULL;
}

static bool
receipt_agrees(const TxRow *row, const LedgerTx *tx)
{
	uint8_t bytes[RECEIPT_BYTES_MAX];
	WireWriter writer;

	if (row->status != (int16) tx->problem.status ||
		row->has_receipt != (tx->problem.status != MC_OK))
		return false;
	if (!row->has_receipt)
		return true;
	wire_writer_init(&writer, bytes, sizeof(bytes));
	receipt_write(&writer, &tx->view->txid, &tx->problem);
	return span_compare(wire_written(&writer), row->receipt) == 0;
}

/* False when the rows of outputs and spends cannot be compared any more. */
static bool
compare_tx(Verifier *verifier, const BlockRow *block, uint32_t position, const LedgerTx *tx,
		   VerifyBlock *result)
{
	const TxRow *row = &verifier->rows.txs[block->first_tx + position];
	const char *column = wrong_column(verifier, block, row, tx, result);
	const char *txid = verify_hex(&row->txid);

	if (column != NULL)
		verify_report(verifier, block->height, VERIFY_TRANSACTION, verify_key_tx(&row->txid),
					  "a column is not what the transaction says", "%s at position %u, txid %s",
					  column, position, txid);
	if (!receipt_agrees(row, tx))
	{
		const McStatusInfo *stored = status_info((McStatus) row->status);
		const McStatusInfo *executed = status_info(tx->problem.status);

		note_causes(verifier, tx->view,
					verify_report(verifier, block->height, VERIFY_RECEIPT, 0,
								  "the receipt is not the outcome of execution",
								  "position %u, txid %s: stored %s, executed %s", position, txid,
								  row->status == 0 ? "ok"
								  : stored         ? stored->name
												   : "unknown",
								  tx->problem.status == 0 ? "ok" : executed->name));
		return (row->status == 0) == (tx->problem.status == MC_OK);
	}
	if (row->output_count != (int32) tx->output_count ||
		row->first_output != (int32) tx->first_output)
		note_causes(
			verifier, tx->view,
			verify_report(verifier, block->height, VERIFY_TRANSACTION, verify_key_tx(&row->txid),
						  "a column is not what the transaction says", "%s at position %u, txid %s",
						  row->output_count != (int32) tx->output_count ? "output_count"
																		: "first_output",
						  position, txid));
	return true;
}

/* ---- outputs and spends ----------------------------------------------------------------------
 */

static void
compare_output(Verifier *verifier, const BlockRow *block, const OutputRow *row,
			   const LedgerOutput *output, VerifyBlock *result)
{
	const char *column = NULL;

	if (row->amount != output->amount)
		column = "amount_units";
	else if (strcmp(verify_asset(verifier, row->asset_id)->code, output->asset.code) != 0)
		column = "asset_id";
	else if (row->position != (int32) output->position)
		column = "position_in_block";
	else if (row->index != (int32) output->index)
		column = "output_index";
	else if (row->actor != (int16) output->actor)
		column = "actor";
	else if (row->kind != (int16) output->kind)
		column = "kind";
	else if (!verify_address_agrees(verifier, block, row->address_id, &output->address, result))
		column = "address_id";
	if (column != NULL)
		note_cause(verify_report(
					   verifier, block->height, VERIFY_OUTPUT, verify_key_output(row->output_id),
					   "an output is not what was executed", "%s of output " INT64_FORMAT ", %s:%u",
					   column, row->output_id, verify_hex(&output->txid), output->index),
				   verify_key_row(ASSET_ROW_KEY, span_text(output->asset.code)));
}

/* Both are in order of their ids: a merge names what is missing and what is too much. */
static void
compare_outputs(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	const OutputRow *row = verifier->rows.outputs + block->first_output;
	const OutputRow *end = row + block->output_rows;
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(verifier->block, &count);

	for (uint32_t i = 0; i < count || row < end;)
	{
		int64 id = i < count ? (int64) outputs[i].output_id : PG_INT64_MAX;

		if (row < end && row->output_id < id)
		{
			verify_report(verifier, block->height, VERIFY_OUTPUT, verify_key_output(row->output_id),
						  "no transaction made this output", "output " INT64_FORMAT,
						  row->output_id);
			row++;
		}
		else if (row == end || row->output_id > id)
		{
			verify_report(verifier, block->height, VERIFY_OUTPUT, verify_key_output(id),
						  "an output is missing", "output " INT64_FORMAT ", %s:%u", id,
						  verify_hex(&outputs[i].txid), outputs[i].index)
				->gap = true;
			i++;
		}
		else
			compare_output(verifier, block, row++, &outputs[i++], result);
	}
}

static void
compare_spends(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	uint32_t count;
	const LedgerSpend *spends = ledger_block_spends(verifier->block, &count);

	for (uint32_t i = 0; i < count; i++)
	{
		int64 id = (int64) spends[i].output_id;
		int64 tx_id = (int64) OUTPUT_ID(block->height, spends[i].position);
		const SpendEntry *row = hash_search(verifier->spends, &id, HASH_FIND, NULL);

		if (row == NULL)
			verify_report(verifier, block->height, VERIFY_SPEND, verify_key_output(id),
						  "a spend is missing", "output " INT64_FORMAT " by position %u", id,
						  spends[i].position);
		else if (row->spent_tx_id != tx_id || row->input_index != (int32) spends[i].input)
			verify_report(verifier, block->height, VERIFY_SPEND, verify_key_output(id),
						  "a spend is not what was executed",
						  "output " INT64_FORMAT ": stored transaction " INT64_FORMAT
						  " input %d, executed " INT64_FORMAT " input %u",
						  id, row->spent_tx_id, row->input_index, tx_id, spends[i].input);
		else
			result->spends++;
	}
}

/* ---- state rows and assets -------------------------------------------------------------------
 */

static VerifyObject
object_of(TxTable table)
{
	return table == TX_TABLE_ASSETS          ? VERIFY_ASSET
		   : table == TX_TABLE_NOTARISATIONS ? VERIFY_NOTARISATION
											 : VERIFY_STATE;
}

static void
compare_asset(Verifier *verifier, const BlockRow *block, const LedgerRow *row, VerifyBlock *result)
{
	int64 tx_id = (int64) OUTPUT_ID(block->height, row->position);
	AssetRow content;
	Datum code = PointerGetDatum(
		cstring_to_text_with_len((const char *) row->key.data, (int) row->key.size));
	MemoryContext context = CurrentMemoryContext;
	const char *problem = NULL;
	bool isnull;

	if (SPI_execute_plan(verifier->asset_plan, &code, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up an asset");
	MemoryContextSwitchTo(context);
	if (SPI_processed == 0)
		problem = "an asset is missing";
	else
	{
		HeapTuple tuple = SPI_tuptable->vals[0];
		int16 decimals = DatumGetInt16(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &isnull));
		int64 issued = DatumGetInt64(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &isnull));

		if (issued == tx_id &&
			(!asset_row_read(row->value, &content) || content.decimals != decimals))
			problem = "decimals of an asset are wrong";
		else if (issued > tx_id)
			problem = "an asset is said to be issued later";
		result->assets += issued == tx_id;
	}
	SPI_freetuptable(SPI_tuptable);
	if (problem != NULL)
	{
		uint64_t key = verify_key_row(ASSET_ROW_KEY, row->key);

		/* named once, where it is first met */
		note_cause(verify_report(verifier, block->height, VERIFY_ASSET, key, problem, "\"%.*s\"",
								 (int) row->key.size, row->key.data),
				   key);
	}
}

static void
compare_row(Verifier *verifier, const BlockRow *block, const LedgerRow *row, VerifyBlock *result)
{
	MemoryContext context = CurrentMemoryContext;
	bytea *key = palloc(VARHDRSZ + row->key.size);
	const char *problem = NULL;
	bool isnull;

	SET_VARSIZE(key, VARHDRSZ + row->key.size);
	memcpy(VARDATA(key), row->key.data, row->key.size);
	if (SPI_execute_plan(verifier->version_plan,
						 (Datum[]){ Int16GetDatum((int16) row->table), PointerGetDatum(key),
									Int64GetDatum((int64) block->height) },
						 NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a state row");
	MemoryContextSwitchTo(context);
	if (SPI_processed == 0)
		problem = "a state row is missing";
	else
	{
		HeapTuple tuple = SPI_tuptable->vals[0];
		Datum value = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &isnull);
		int64 tx_id = DatumGetInt64(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &isnull));

		if (span_compare(verify_bytes(value, false), row->value) != 0)
			problem = "the value of a state row is not what was executed";
		else if (tx_id != (int64) OUTPUT_ID(block->height, row->position))
			problem = "a state row names another transaction";
		result->rows++;
	}
	SPI_freetuptable(SPI_tuptable);
	if (problem != NULL)
	{
		char *hex = palloc(2 * row->key.size + 1);

		hex_format(row->key.data, row->key.size, hex);
		note_reads(verifier, verify_report(verifier, block->height, object_of(row->table),
										   verify_key_row(row->table, row->key), problem,
										   "table %d, key %.130s", row->table, hex));
	}
}

void
verify_compare(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(verifier->block, &count);
	const LedgerRow *rows;
	bool comparable = true;

	for (uint32_t i = 0; i < count; i++)
		comparable = compare_tx(verifier, block, i, &txs[i], result) && comparable;
	if (!comparable)
		return;
	compare_outputs(verifier, block, result);
	compare_spends(verifier, block, result);
	verify_compare_actors(verifier, block, result);
	verify_compare_burns(verifier, block, result);
	rows = ledger_block_rows(verifier->block, &count);
	for (uint32_t i = 0; i < count; i++)
	{
		if (!rows[i].superseded)
			compare_row(verifier, block, &rows[i], result);
		if (rows[i].table == TX_TABLE_ASSETS && !rows[i].superseded)
			compare_asset(verifier, block, &rows[i], result);
	}
}
