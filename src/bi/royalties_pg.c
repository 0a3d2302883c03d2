/*
 * royalties_pg.c - what owners of works earned: each part of a payment, with the licence, the place
 * and the month that it is for.
 */
#include "bi/rights_pg.h"
#include "bi/rollup_pg.h"
#include "rights/field.h"
#include "rights/operations.h"

#define NO_MEDIUM (-1)

/* An operation that pays: for what licence, why, and how many of its payouts are royalties. */
typedef struct Paid
{
	RightsPayment payment;
	const FactKnown *licence; /* NULL: none */
	RoyaltyReason reason;
	uint32_t royalties;
} Paid;

static void
read_paid(const TxOperation *operation, Paid *paid)
{
	WireReader reader;
	RightsId id;
	bool has_licence = operation->kind == OPERATION_BUY_LICENCE;
	uint64_t uses = 0;
	uint64_t revenue = 0;
	size_t count;

	payment_of_operation(operation, (size_t) payment_leading(operation->kind), &paid->payment);
	wire_reader_init(&reader, operation->arguments);
	wire_read_array(&reader, SIZE_MAX, &count);
	field_hash(&reader, &id, NULL);
	paid->reason = ROYALTY_LICENCE;
	paid->royalties = paid->payment.count;
	if (operation->kind == OPERATION_BUY_SHARE)
	{
		/* the royalty on a resale stands first; what the seller gets is none */
		paid->reason = ROYALTY_RESALE;
		paid->royalties = paid->payment.count > 1;
	}
	if (operation->kind == OPERATION_PAY_ROYALTY)
	{
		field_optional_hash(&reader, &has_licence, &id, NULL);
		part_read_number(&reader, &uses, NULL);
		part_read_number(&reader, &revenue, NULL);
		paid->reason = !has_licence  ? ROYALTY_DIRECT
					   : revenue > 0 ? ROYALTY_REVENUE
									 : ROYALTY_USAGE;
	}
	paid->licence = has_licence ? facts_licence(&id) : NULL;
}

/* The month that a report is for: what its reference begins with, else the block's day. */
static Datum
period_key(const Facts *facts, McSpan reference)
{
	const char *text = (const char *) reference.data;
	int year;
	int month;

	if (reference.size < 7 || text[4] != '-')
		return facts->date_key;
	for (int i = 0; i < 7; i++)
		if (i != 4 && (text[i] < '0' || text[i] > '9'))
			return facts->date_key;
	year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
	month = (text[5] - '0') * 10 + text[6] - '0';
	if (year < 2020 || year > 2059 || month < 1 || month > 12)
		return facts->date_key;
	return Int64GetDatum((int64) year * 10000 + month * 100 + 1);
}

/* What the row's facts belong to, by the day and by the month. */
static void
add_up(const TupleTableSlot *row, RoyaltyReason reason)
{
	const Datum *values = row->tts_values;
	int64 period = DatumGetInt64(values[4]);
	RollupKey key = { .date_key = period,
					  .source_work_key = DatumGetInt64(values[6]),
					  .parts = { DatumGetInt64(values[10]), DatumGetInt64(values[11]) },
					  .asset_key = DatumGetInt64(values[12]),
					  .reason = reason };

	rollup_add(ROLLUP_REVENUE_DAY, &key, DatumGetInt64(values[0]), values[17]);
	key.date_key = period / 100 * 100 + 1;
	key.parts[0] = DatumGetInt64(values[5]);
	key.parts[1] = DatumGetInt64(values[8]);
	rollup_add(ROLLUP_PAYEE_MONTH, &key, DatumGetInt64(values[0]), values[17]);
}

static void
write_royalty(Facts *facts, const LedgerTx *tx, const Paid *paid, uint32_t number,
			  const LedgerOutput *output, int64 payer)
{
	const RightsPayout *payout = &paid->payment.payouts[number];
	const FactKnown *licence = paid->licence;
	TupleTableSlot *row = facts_row(facts, FACT_ROYALTY);
	McSpan reference = tx->view->reference;
	uint8_t decimals;
	int32 asset_id = facts_asset(&paid->payment.asset, &decimals);

	facts_common(facts, row, (int64) output->output_id);
	row->tts_values[4] = period_key(facts, reference);
	row->tts_values[5] = Int64GetDatum(facts_work(&paid->payment.works[payout->work]));
	row->tts_values[6] = Int64GetDatum(facts_work(&paid->payment.works[0]));
	row->tts_values[7] = Int64GetDatum(payer);
	row->tts_values[8] = Int64GetDatum(facts_account(facts, &payout->payee));
	row->tts_values[9] = Int64GetDatum(licence == NULL ? 0 : licence->key);
	row->tts_values[10] = Int64GetDatum(licence == NULL ? 0 : licence->territory_key);
	row->tts_values[11] = Int64GetDatum(licence == NULL ? NO_MEDIUM : licence->medium_key);
	row->tts_values[12] = Int64GetDatum(asset_id);
	row->tts_values[13] = Int32GetDatum((int32) output->position);
	row->tts_values[14] = Int32GetDatum((int32) output->index);
	row->tts_values[15] = facts_text(span_text(royalty_reasons[paid->reason]));
	row->tts_values[16] = facts_hex(&tx->view->txid);
	row->tts_values[17] = facts_amount(payout->amount, decimals);
	facts_put_text(row, 18, reference);
	add_up(row, paid->reason);
}

void
facts_royalties(Facts *facts, const LedgerTx *tx, uint32_t position)
{
	static Paid paid;
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(facts->block, &count);
	TxOperation operation = { 0 };
	uint32_t first = tx->first_output;
	WireReader reader;

	wire_reader_init(&reader, tx->view->operations);
	while (tx_next_operation(&reader, tx->view, &operation))
	{
		uint32_t made;
		McProblem problem;

		if (payment_leading(operation.kind) >= 0)
		{
			int64 payer = facts_account(facts, &operation.actor_address);

			read_paid(&operation, &paid);
			for (uint32_t i = 0; i < paid.royalties; i++)
				write_royalty(facts, tx, &paid, i, &outputs[first + i], payer);
		}
		if (tx->view->operation_count == 1)
			return;
		if (operation_kind(operation.kind)->check(operation.arguments, &made, &problem) == MC_OK)
			first += made;
	}
}
