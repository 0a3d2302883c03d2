/*
 * facts_pg.c - what one transaction did, as facts: each payment, issue and burn, its fee or its
 * refusal, and the rate at which two parties exchanged assets.
 *
 * Nothing a transaction holds may stop the block here: values that a column cannot hold are null.
 */
#include "bi/facts_pg.h"
#include "tx/brief.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* A burn has no output: its key is its number in the block above all indexes of outputs. */
#define BURN_KEY_BASE (1 << (OUTPUT_ID_SHIFT - 1))
StaticAssertDecl(BLOCK_OUTPUTS_MAX <= BURN_KEY_BASE &&
					 BLOCK_BYTES_MAX / 8 <= (1 << OUTPUT_ID_SHIFT) - BURN_KEY_BASE,
				 "outputs and burns of a block, of eight bytes at least, have keys of their own");

/* numeric(28,8) holds less than this */
#define AMOUNT_LIMIT "100000000000000000000"

/* The transaction whose facts are written; what its rows share is made once. */
typedef struct FactTx
{
	const LedgerTx *tx;
	uint32_t position;
	Datum txid_hex;
	Datum reference; /* 0: none */
} FactTx;

/* The operation that made an output, or burned. */
typedef struct FactSource
{
	int32_t index;
	uint32_t actor;
	Datum name;
	Datum memo; /* 0: none */
	TxAsset asset;
	int64_t amount;
} FactSource;

/* ---- what an operation says --------------------------------------------------------------------
 */

static void
read_source(const TxOperation *operation, FactSource *source)
{
	TxBrief brief;

	tx_describe_brief(operation, &brief);
	source->index = (int32_t) operation->index;
	source->actor = operation->actor;
	source->name = facts_text(span_text(operation_kind(operation->kind)->name));
	source->memo = brief.memo.size > 0 ? facts_text(brief.memo) : (Datum) 0;
	source->asset = brief.asset;
	source->amount = brief.amount;
}

/* ---- payments, issues, burns ------------------------------------------------------------------
 */

static int64
actor_account(Facts *facts, const TxView *view, uint32_t actor)
{
	McAddress address;

	tx_actor_address(view, actor, &address);
	return facts_account(facts, &address);
}

static void
fill_transfer(Facts *facts, const FactTx *of, const FactSource *source, TupleTableSlot *row)
{
	row->tts_values[7] = Int32GetDatum((int32) of->position);
	row->tts_values[9] = source->name;
	row->tts_values[10] = of->txid_hex;
	row->tts_isnull[12] = of->reference == (Datum) 0;
	row->tts_values[12] = of->reference;
	row->tts_isnull[13] = source->memo == (Datum) 0;
	row->tts_values[13] = source->memo;
}

static void
write_output(Facts *facts, const FactTx *of, const FactSource *source, const LedgerOutput *output)
{
	TupleTableSlot *row = facts_row(facts, FACT_TRANSFER);
	bool issued = output->kind == LEDGER_OUTPUT_ISSUE;
	uint8_t decimals;
	int32 asset_id = facts_asset(&output->asset, &decimals);

	facts_common(facts, row, (int64) output->output_id);
	row->tts_values[4] =
		Int64GetDatum(issued ? FACTS_NOBODY : actor_account(facts, of->tx->view, output->actor));
	row->tts_values[5] = Int64GetDatum(facts_account(facts, &output->address));
	row->tts_values[6] = Int64GetDatum(asset_id);
	row->tts_values[8] = Int32GetDatum((int32) output->index);
	row->tts_values[11] = facts_amount(output->amount, decimals);
	fill_transfer(facts, of, source, row);
}

static void
write_burn(Facts *facts, const FactTx *of, const FactSource *source)
{
	TupleTableSlot *row = facts_row(facts, FACT_TRANSFER);
	uint8_t decimals;
	int32 asset_id = facts_asset(&source->asset, &decimals);

	facts_common(facts, row, (int64) OUTPUT_ID(facts->height, BURN_KEY_BASE + facts->burns++));
	row->tts_values[4] = Int64GetDatum(actor_account(facts, of->tx->view, source->actor));
	row->tts_values[5] = Int64GetDatum(FACTS_NOBODY);
	row->tts_values[6] = Int64GetDatum(asset_id);
	row->tts_values[8] = Int32GetDatum(-1 - source->index);
	row->tts_values[11] = facts_amount(source->amount, decimals);
	fill_transfer(facts, of, source, row);
}

static void
write_burns(Facts *facts, const FactTx *of)
{
	const TxView *view = of->tx->view;
	TxOperation operation = { 0 };
	FactSource source;
	WireReader reader;

	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
	{
		if (!operation_kind(operation.kind)->burns)
			continue;
		read_source(&operation, &source);
		if (source.amount > 0)
			write_burn(facts, of, &source);
	}
}

/* Outputs stand in the order of their operations, then change, which moves nothing. */
static void
write_outputs(Facts *facts, const FactTx *of)
{
	const TxView *view = of->tx->view;
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(facts->block, &count);
	FactSource source = { .index = -1 };
	TxOutputs walk;
	TxOutput unused;

	tx_outputs_init(&walk, view);
	for (uint32_t i = 0; i < of->tx->output_count; i++)
	{
		const LedgerOutput *output = &outputs[of->tx->first_output + i];

		if (output->kind == LEDGER_OUTPUT_CHANGE)
			break;
		if (!tx_next_output(&walk, &unused))
			break;
		if (walk.operation_index != source.index)
			read_source(&walk.operation, &source);
		write_output(facts, of, &source, output);
	}
}

/* ---- rates ------------------------------------------------------------------------------------
 */

/* What one party gave in an exchange. */
typedef struct Side
{
	const TxAsset *asset;
	uint32_t actor;
	int64_t amount;
} Side;

/* Two parties that paid each other one asset each; anything else has no rate. */
static bool
find_exchange(const Facts *facts, const LedgerTx *tx, Side sides[2])
{
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(facts->block, &count);
	int found = 0;

	for (uint32_t i = tx->first_output; i < tx->first_output + tx->output_count; i++)
	{
		const LedgerOutput *output = &outputs[i];
		int side = 0;

		if (output->kind != LEDGER_OUTPUT_PAYMENT)
			continue;
		while (side < found && sides[side].actor != output->actor)
			side++;
		if (side == 2)
			return false;
		if (side == found)
			sides[found++] = (Side){ .asset = &output->asset, .actor = output->actor };
		if (strcmp(sides[side].asset->code, output->asset.code) != 0 ||
			pg_add_s64_overflow(sides[side].amount, output->amount, &sides[side].amount))
			return false;
	}
	return found == 2 && strcmp(sides[0].asset->code, sides[1].asset->code) != 0;
}

/* Null when it does not fit, as of a base unit of the one asset against billions of the other. */
static Datum
rate_datum(const Side *base, uint8_t base_decimals, const Side *quote, uint8_t quote_decimals,
		   bool *isnull)
{
	Datum limit = DirectFunctionCall3(numeric_in, CStringGetDatum(AMOUNT_LIMIT),
									  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Datum rate = DirectFunctionCall2(
		numeric_div, NumericGetDatum(int64_div_fast_to_numeric(quote->amount, quote_decimals)),
		NumericGetDatum(int64_div_fast_to_numeric(base->amount, base_decimals)));

	rate = DirectFunctionCall2(numeric_round, rate, Int32GetDatum(8));
	*isnull = DatumGetBool(DirectFunctionCall2(numeric_ge, rate, limit));
	return *isnull ? (Datum) 0 : rate;
}

static void
write_rate(Facts *facts, const FactTx *of)
{
	Side sides[2];
	uint8_t decimals[2];
	int32 ids[2];
	int base;
	TupleTableSlot *row;

	if (of->tx->view->actor_count < 2 || !find_exchange(facts, of->tx, sides))
		return;
	for (int i = 0; i < 2; i++)
		ids[i] = facts_asset(sides[i].asset, &decimals[i]);
	base = ids[0] > ids[1] ? 0 : 1; /* what was issued first is the money */
	row = facts_row(facts, FACT_RATE);
	facts_common(facts, row, (int64) OUTPUT_ID(facts->height, of->position));
	row->tts_values[4] = Int64GetDatum(ids[base]);
	row->tts_values[5] = Int64GetDatum(ids[1 - base]);
	row->tts_values[6] = Int32GetDatum((int32) of->position);
	row->tts_values[7] = of->txid_hex;
	row->tts_values[8] = facts_amount(sides[base].amount, decimals[base]);
	row->tts_values[9] = facts_amount(sides[1 - base].amount, decimals[1 - base]);
	row->tts_values[10] = rate_datum(&sides[base], decimals[base], &sides[1 - base],
									 decimals[1 - base], &row->tts_isnull[10]);
}

/* ---- fee and refusal ---------------------------------------------------------------------------
 */

/* The name of the only operation; multiple when there are several. */
static Datum
operation_datum(const TxView *view)
{
	TxOperation operation = { 0 };
	WireReader reader;

	wire_reader_init(&reader, view->operations);
	if (view->operation_count != 1 || !tx_next_operation(&reader, view, &operation))
		return facts_text(span_text("multiple"));
	return facts_text(span_text(operation_kind(operation.kind)->name));
}

static void
write_fee(Facts *facts, const FactTx *of, const TxAsset *fee_asset)
{
	const TxView *view = of->tx->view;
	TupleTableSlot *row;
	uint8_t decimals;
	int32 asset_id;

	if (view->fee == 0)
		return;
	asset_id = facts_asset(fee_asset, &decimals);
	row = facts_row(facts, FACT_FEE);
	facts_common(facts, row, (int64) OUTPUT_ID(facts->height, of->position));
	row->tts_values[4] = Int64GetDatum(facts_account(facts, &view->sender));
	row->tts_values[5] = Int64GetDatum(asset_id);
	row->tts_values[6] = Int32GetDatum((int32) of->position);
	row->tts_values[7] = operation_datum(view);
	row->tts_values[8] = of->txid_hex;
	row->tts_values[9] = facts_amount(view->fee, decimals);
}

static void
write_refusal(Facts *facts, const FactTx *of)
{
	const TxView *view = of->tx->view;
	McStatus status = of->tx->problem.status;
	const McStatusInfo *info = status_info(status);
	TupleTableSlot *row = facts_row(facts, FACT_REFUSAL);
	char code[6];

	snprintf(code, sizeof(code), "MC%03d", status % 1000);
	facts_common(facts, row, (int64) OUTPUT_ID(facts->height, of->position));
	row->tts_values[4] = Int64GetDatum(facts_account(facts, &view->sender));
	row->tts_values[5] = Int32GetDatum((int32) of->position);
	row->tts_values[6] = operation_datum(view);
	row->tts_values[7] = facts_text(span_text(info->name));
	row->tts_values[8] = facts_text(span_text(code));
	row->tts_values[9] = of->txid_hex;
	row->tts_isnull[10] = of->reference == (Datum) 0;
	row->tts_values[10] = of->reference;
}

void
facts_transaction(Facts *facts, const LedgerTx *tx, uint32_t position, const TxAsset *fee_asset)
{
	FactTx of = {
		.tx = tx,
		.position = position,
		.txid_hex = facts_hex(&tx->view->txid),
		.reference = tx->view->reference.size > 0 ? facts_text(tx->view->reference) : (Datum) 0,
	};

	if (tx->problem.status != MC_OK)
	{
		write_refusal(facts, &of);
		return;
	}
	write_outputs(facts, &of);
	write_burns(facts, &of);
	write_rate(facts, &of);
	write_fee(facts, &of, fee_asset);
	facts_royalties(facts, tx, position);
}
