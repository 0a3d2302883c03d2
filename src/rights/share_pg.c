/*
 * share_pg.c - the SQL functions of shares, offers, agents, sources and items: one an operation.
 */
#include "rights/rights_pg.h"

#include "node/amounts_pg.h"
#include "node/errors_pg.h"
#include "node/submission_pg.h"
#include "rights/field.h"
#include "rights/identifier.h"
#include "rights/operations.h"
#include "rights/quote.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define ARGUMENTS_MAX (RIGHTS_PAYEES_MAX * 48 + RIGHTS_TREE_MAX * 40 + 1024)

static void
start(WireWriter *writer)
{
	wire_writer_init(writer, palloc(ARGUMENTS_MAX), ARGUMENTS_MAX);
}

static uint32_t
positive_ppm(FunctionCallInfo fcinfo, int argument)
{
	uint32_t ppm = rights_ppm_argument(fcinfo, argument);
	McProblem problem;

	if (ppm == 0)
		problem_check(status_problem(&problem, MC_PPM_RANGE, 0, PPM_WHOLE), &problem);
	return ppm;
}

/* (work_id, source_work_id, share_ppm) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_derive_work);
Datum
mes_derive_work(PG_FUNCTION_ARGS)
{
	RightsId work_id;
	RightsSource source;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "work_id", &work_id);
	rights_hash_argument(fcinfo, 1, "source_work_id", &source.work_id);
	source.ppm = positive_ppm(fcinfo, 2);
	start(&writer);
	operation_put_derive_work(&writer, &work_id, &source);
	return rights_submit(OPERATION_DERIVE_WORK, &writer);
}

/* (work_id, agent_address) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_appoint_agent);
Datum
mes_appoint_agent(PG_FUNCTION_ARGS)
{
	RightsId work_id;
	McAddress agent;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "work_id", &work_id);
	rights_address_argument(fcinfo, 1, "agent_address", &agent);
	start(&writer);
	operation_put_appoint_agent(&writer, &work_id, &agent);
	return rights_submit(OPERATION_APPOINT_AGENT, &writer);
}

/* (kind, code, title, content_hash, metadata) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_register_item);
Datum
mes_register_item(PG_FUNCTION_ARGS)
{
	char kind[RIGHTS_ITEM_KIND_MAX + 1];
	char code[RIGHTS_ITEM_CODE_MAX + 1];
	ItemRow item = { 0 };
	McProblem problem;
	WireWriter writer;
	McSpan given = rights_text_argument(fcinfo, 1);

	if (!rights_normalise_item(rights_text_argument(fcinfo, 0), given, kind, code))
		problem_check(status_problem_name(&problem, MC_INVALID_ITEM_CODE, (const char *) given.data,
										  given.size),
					  &problem);
	item.kind = span_text(kind);
	item.code = span_text(code);
	item.title = rights_text_argument(fcinfo, 2);
	item.has_content = !PG_ARGISNULL(3);
	if (item.has_content)
		rights_hash_argument(fcinfo, 3, "content_hash", &item.content_hash);
	item.metadata = rights_metadata_argument(fcinfo, 4);
	start(&writer);
	operation_put_register_item(&writer, &item);
	return rights_submit(OPERATION_REGISTER_ITEM, &writer);
}

/* (work_id, to_address, share_ppm) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_transfer_share);
Datum
mes_transfer_share(PG_FUNCTION_ARGS)
{
	RightsShares to = { .count = 1 };
	RightsId work_id;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "work_id", &work_id);
	rights_address_argument(fcinfo, 1, "to_address", &to.items[0].holder);
	to.items[0].ppm = positive_ppm(fcinfo, 2);
	start(&writer);
	operation_put_transfer_share(&writer, &work_id, &to);
	return rights_submit(OPERATION_TRANSFER_SHARE, &writer);
}

/* (work_id, shares) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_split_share);
Datum
mes_split_share(PG_FUNCTION_ARGS)
{
	RightsShares to;
	RightsId work_id;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "work_id", &work_id);
	rights_shares_argument(fcinfo, 1, &to);
	start(&writer);
	operation_put_transfer_share(&writer, &work_id, &to);
	return rights_submit(OPERATION_TRANSFER_SHARE, &writer);
}

/* (work_id, share_ppm, price, asset, buyer_address, valid_until) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_offer_share);
Datum
mes_offer_share(PG_FUNCTION_ARGS)
{
	OfferRow offer = { .until_ms = RIGHTS_UNBOUNDED };
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "work_id", &offer.work_id);
	offer.ppm = positive_ppm(fcinfo, 1);
	offer.asset = rights_asset_argument(fcinfo, 3);
	offer.price = rights_amount_argument(fcinfo, 2, &offer.asset);
	offer.has_buyer = !PG_ARGISNULL(4);
	if (offer.has_buyer)
		rights_address_argument(fcinfo, 4, "buyer_address", &offer.buyer);
	if (!PG_ARGISNULL(5))
		offer.until_ms = rights_moment_ms(PG_GETARG_TIMESTAMPTZ(5), "valid_until");
	start(&writer);
	operation_put_offer_share(&writer, &offer);
	return rights_submit(OPERATION_OFFER_SHARE, &writer);
}

void
rights_check_expected(FunctionCallInfo fcinfo, int amount, int asset, const RightsPayment *due)
{
	McProblem problem;
	TxAsset expected;
	int64_t units;

	if (!PG_ARGISNULL(asset))
	{
		expected = rights_asset_argument(fcinfo, asset);
		if (strcmp(expected.code, due->asset.code) != 0)
			problem_check(part_problem_asset(&problem, MC_WRONG_ASSET, &due->asset, 0, 0),
						  &problem);
	}
	if (PG_ARGISNULL(amount))
		return;
	units = rights_amount_argument(fcinfo, amount, &due->asset);
	if (units != payment_total(due))
		problem_check(status_problem(
						  &problem, units < payment_total(due) ? MC_PAYMENT_SHORT : MC_PAYMENT_OVER,
						  units, payment_total(due)),
					  &problem);
}

/* (offer_id, amount, asset): the last two are what the buyer expects, null: whatever it costs */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_buy_share);
Datum
mes_buy_share(PG_FUNCTION_ARGS)
{
	RightsPayment *due = palloc(sizeof(RightsPayment));
	const McAddress *buyer = submission_address();
	RightsSession session;
	OfferRow offer;
	RightsId offer_id;
	McProblem problem;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "offer_id", &offer_id);
	rights_session_begin(&session);
	problem_check(quote_share(&session.world, &offer_id, buyer, &offer, due, &problem), &problem);
	rights_session_end(&session);
	rights_check_expected(fcinfo, 1, 2, due);
	start(&writer);
	operation_put_buy_share(&writer, &offer_id, due);
	return rights_submit(OPERATION_BUY_SHARE, &writer);
}

/* (offer_id) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_withdraw_offer);
Datum
mes_withdraw_offer(PG_FUNCTION_ARGS)
{
	RightsId id;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "offer_id", &id);
	start(&writer);
	operation_put_withdraw_offer(&writer, &id);
	return rights_submit(OPERATION_WITHDRAW_OFFER, &writer);
}

/* (work_id, asset, amount, reward_ppm) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_fund_reward);
Datum
mes_fund_reward(PG_FUNCTION_ARGS)
{
	Numeric amount = PG_ARGISNULL(2) ? int64_to_numeric(0) : PG_GETARG_NUMERIC(2);
	bool back = DatumGetBool(DirectFunctionCall2(numeric_lt, NumericGetDatum(amount),
												 NumericGetDatum(int64_to_numeric(0))));
	RightsId work_id;
	TxAsset asset;
	WireWriter writer;
	int64_t units;

	rights_hash_argument(fcinfo, 0, "work_id", &work_id);
	asset = rights_asset_argument(fcinfo, 1);
	if (back)
		amount = DatumGetNumeric(DirectFunctionCall1(numeric_uminus, NumericGetDatum(amount)));
	units = amount_to_units(amount, submission_asset_decimals(&asset), true);
	start(&writer);
	operation_put_fund_reward(&writer, &work_id, &asset, back ? -units : units,
							  rights_ppm_argument(fcinfo, 3));
	return rights_submit(OPERATION_FUND_REWARD, &writer);
}
