/*
 * verify_store_pg.c - committed rows as execution sees them: as of the parent of the block at hand,
 * whatever was written since.
 */
#include "ledger/verify_item_pg.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "tx/receipt.h"
#include "utils/builtins.h"

static LedgerFound
find_output(void *context, const TxInput *input, LedgerOutput *output)
{
	Verifier *verifier = context;
	SourceKey key = { .txid = input->txid, .index = input->output_index, .height = input->height };
	const Source *source = hash_search(verifier->sources, &key, HASH_FIND, NULL);
	const SpendEntry *spend;
	const AddressEntry *address;

	if (source == NULL || !source->found ||
		OUTPUT_ID_HEIGHT(source->row.output_id) >= verifier->height)
		return LEDGER_UNKNOWN;
	address = verify_address(verifier, source->row.address_id);
	*output = (LedgerOutput){
		.txid = input->txid,
		.index = input->output_index,
		.output_id = (uint64_t) source->row.output_id,
		.amount = source->row.amount,
		.asset = *verify_asset(verifier, source->row.asset_id),
		.kind = (LedgerOutputKind) source->row.kind,
	};
	if (address != NULL)
		output->address = address->address;
	spend = hash_search(verifier->spends, &source->row.output_id, HASH_FIND, NULL);
	return spend != NULL && OUTPUT_ID_HEIGHT(spend->spent_tx_id) < verifier->height
			   ? LEDGER_SPENT
			   : LEDGER_UNSPENT;
}

static bool
get_row(void *context, TxTable table, McSpan key, McSpan *value)
{
	Verifier *verifier = context;
	MemoryContext item_context = CurrentMemoryContext;
	bytea *bytes = palloc(VARHDRSZ + key.size);
	bool found;
	bool isnull;

	if (verifier->read_count < VERIFY_CAUSES_MAX)
		verifier->reads[verifier->read_count++] = verify_key_row(table, key);
	SET_VARSIZE(bytes, VARHDRSZ + key.size);
	memcpy(VARDATA(bytes), key.data, key.size);
	if (SPI_execute_plan(verifier->row_plan,
						 (Datum[]){ Int16GetDatum((int16) table), PointerGetDatum(bytes),
									Int64GetDatum((int64) verifier->height) },
						 NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a state row");
	MemoryContextSwitchTo(item_context);
	found = SPI_processed == 1;
	if (found)
	{
		bytea *stored = DatumGetByteaPCopy(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));

		*value = span_of(VARDATA(stored), VARSIZE(stored) - VARHDRSZ);
	}
	SPI_freetuptable(SPI_tuptable);
	return found;
}

/* The window alone decides, as for the apply worker; within it the first of a name is named. */
static bool
submission_seen(void *context, const McAddress *sender, const uint8_t submission[SUBMISSION_SIZE],
				McHash *first_txid)
{
	Verifier *verifier = context;
	const BlockRow *block = &verifier->rows.blocks[verifier->height - verifier->rows.from_height];
	const EarlierTx *earlier = verifier->current->earlier;

	while (earlier != NULL &&
		   block->block_time - earlier->block_time > (int64) verifier->rules.window_max_ms * 1000)
		earlier = earlier->next;
	if (earlier != NULL)
		*first_txid = earlier->txid;
	return earlier != NULL;
}

const LedgerStore *
verify_store(Verifier *verifier)
{
	static LedgerStore store = {
		.find_output = find_output,
		.get_row = get_row,
		.submission_seen = submission_seen,
	};

	store.context = verifier;
	store.genesis = &verifier->genesis;
	store.rules = &verifier->rules;
	return &store;
}

/* ---- envelopes -------------------------------------------------------------------------------
 */

static bool
sampled(const Verifier *verifier, const McHash *txid)
{
	return get_be32(txid->bytes) % PPM < verifier->round->sample_ppm;
}

/* The next transaction's witnesses as they stood in its envelope: an array with its head. */
static bool
next_witnesses(WireReader *reader, McSpan *witnesses)
{
	size_t start = reader->offset;
	size_t count;
	McSpan item;

	if (!wire_read_array(reader, TX_ACTORS_MAX, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!wire_read_value(reader, SIZE_MAX, &item))
			return false;
	*witnesses = span_of(reader->data + start, reader->offset - start);
	return true;
}

static McSpan
make_envelope(McSpan body, McSpan witnesses)
{
	WireWriter writer;
	size_t capacity = body.size + witnesses.size + 8;

	wire_writer_init(&writer, palloc(capacity), capacity);
	wire_put_array(&writer, 2);
	wire_put_raw(&writer, body);
	wire_put_raw(&writer, witnesses);
	return wire_written(&writer);
}

static void
report_transaction(Verifier *verifier, const TxRow *tx, const char *problem, const McProblem *why)
{
	uint64_t height = OUTPUT_ID_HEIGHT(tx->tx_id);
	uint32_t position = (uint32_t) (tx->tx_id & ((1 << OUTPUT_ID_SHIFT) - 1));
	char message[192] = "";

	if (why != NULL)
		status_message(why, message, sizeof(message));
	verify_report(verifier, height, VERIFY_TRANSACTION, verify_key_tx(&tx->txid), problem,
				  "position %u, txid %s%s%s", position, verify_hex(&tx->txid),
				  why != NULL ? ": " : "", message)
		->gap = true;
}

/* With its witnesses a transaction's height lock is archived; a refusal for it names the height. */
static void
take_lock_height(TxRow *tx)
{
	McProblem verdict;
	McProblem unused;
	McHash txid;

	if (tx->status == MC_LOCKED && tx->has_receipt &&
		receipt_read(tx->receipt, &txid, &verdict, &unused) == MC_OK)
		tx->view.lock_height = (uint64_t) verdict.number;
}

/* Reads one envelope and judges what needs no other row. */
static void
read_one(Verifier *verifier, TxRow *tx, const McSpan *witnesses)
{
	McProblem problem;

	CHECK_FOR_INTERRUPTS();
	tx->readable = witnesses != NULL &&
				   tx_read(make_envelope(tx->body, *witnesses), &tx->view, &problem) == MC_OK;
	if (!tx->readable)
	{
		McProblem body_problem;

		if (tx_read_body(tx->body, &tx->view, &body_problem) != MC_OK)
			report_transaction(verifier, tx, "the body cannot be read", &body_problem);
		else if (witnesses != NULL)
			report_transaction(verifier, tx, "the witnesses are not this transaction's", &problem);
		else
			tx->readable = true;
	}
	if (tx->readable && !hash_equal(&tx->view.txid, &tx->txid))
	{
		report_transaction(verifier, tx, "the body does not hash to the txid", NULL);
		tx->readable = false;
	}
	if (!tx->readable)
		return;
	if (witnesses == NULL)
	{
		take_lock_height(tx);
		return;
	}
	/* the rules of its epoch are checked when it is executed */
	if (sampled(verifier, &tx->txid) && tx_verify(&tx->view, &problem) != MC_OK)
		report_transaction(verifier, tx, "a signature does not verify", &problem);
}

/* Does this leaf hold any witness at all? Without one it was archived. */
static bool
witnesses_archived(uint64_t height)
{
	MemoryContext context = CurrentMemoryContext;
	bool archived;

	if (SPI_execute_with_args("SELECT FROM mes_internal.leaves l JOIN mes_internal.witness_rows w "
							  "ON w.height >= l.from_height AND w.height < l.to_height "
							  "WHERE l.from_height <= $1 AND l.to_height > $1 LIMIT 1",
							  1, (Oid[]){ INT8OID }, (Datum[]){ Int64GetDatum((int64) height) },
							  NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for witnesses");
	archived = SPI_processed == 0;
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return archived;
}

static void
read_block(Verifier *verifier, BlockRow *block)
{
	TxRow *txs = verifier->rows.txs + block->first_tx;
	bool archived = !block->has_witnesses && witnesses_archived(block->height);
	WireReader reader;
	size_t count = 0;
	bool good;

	wire_reader_init(&reader, block->witnesses);
	good = block->has_witnesses && wire_read_array(&reader, BLOCK_TX_MAX, &count) &&
		   count == block->tx_rows;
	block->archived = archived;
	verifier->findings->archived += archived;
	for (uint32_t i = 0; i < block->tx_rows; i++)
	{
		McSpan witnesses;

		good = good && next_witnesses(&reader, &witnesses);
		if (good || archived)
			read_one(verifier, &txs[i], good ? &witnesses : NULL);
		else
		{
			report_transaction(verifier, &txs[i], "the witnesses of the block are damaged", NULL);
			return;
		}
	}
	if (block->tx_rows > 0 && !archived && !wire_read_end(&reader))
		report_transaction(verifier, &txs[0], "the witnesses of the block are damaged", NULL);
}

void
verify_read_transactions(Verifier *verifier)
{
	for (uint32_t i = 0; i < verifier->rows.block_count; i++)
		if (verifier->rows.blocks[i].tx_rows > 0)
			read_block(verifier, &verifier->rows.blocks[i]);
}
