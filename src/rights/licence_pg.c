/* licence_pg.c - the SQL functions of licences and royalties: one an operation. */
#include "rights/rights_pg.h"

#include "node/errors_pg.h"
#include "node/submission_pg.h"
#include "rights/field.h"
#include "rights/operations.h"
#include "rights/quote.h"
#include "rights/work.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define ARGUMENTS_MAX (RIGHTS_PAYEES_MAX * 48 + RIGHTS_TREE_MAX * 40 + 1024)
/* A revocation at the earliest leaves this much for its way into a block. */
#define REVOKE_SLACK_MS 10000

static void
start(WireWriter *writer)
{
	wire_writer_init(writer, palloc(ARGUMENTS_MAX), ARGUMENTS_MAX);
}

static uint32_t
medium_argument(FunctionCallInfo fcinfo, int argument)
{
	McSpan text = rights_text_argument(fcinfo, argument);
	uint32_t number = 0;

	while (number < 64 && (rights_medium_name(number) == NULL ||
						   span_compare(text, span_text(rights_medium_name(number))) != 0))
		number++;
	if (number < 64)
		return number;
	rights_refuse_choice("medium", text);
}

static void
territory_argument(FunctionCallInfo fcinfo, int argument, LicenceScope *scope)
{
	McSpan text = rights_text_argument(fcinfo, argument);
	McProblem problem;

	if (!territory_valid(text))
		problem_check(status_problem_name(&problem, MC_INVALID_TERRITORY, (const char *) text.data,
										  text.size),
					  &problem);
	memcpy(scope->territory, text.data, text.size);
	scope->territory[text.size] = '\0';
}

/* What a sublicence does not say it has from its parent. */
static void
take_from_parent(LicenceRow *row)
{
	RightsSession session;
	LicenceRow parent;
	McProblem problem;

	rights_session_begin(&session);
	problem_check(rights_find_licence(&session.world, &row->parent, &parent, &problem), &problem);
	rights_session_end(&session);
	row->work_id = parent.work_id;
	row->scope = parent.scope;
	row->scope.exclusive = false;
	row->asset = parent.asset;
}

static int64_t
count_argument(FunctionCallInfo fcinfo, int argument, const char *name, int64_t when_null)
{
	McProblem problem;
	int64 count;

	if (PG_ARGISNULL(argument))
		return when_null;
	count = PG_GETARG_INT64(argument);
	if (count < 0 || count == RIGHTS_UNBOUNDED)
		problem_check(status_problem(&problem, MC_OUT_OF_RANGE, count, RIGHTS_UNBOUNDED - 1),
					  &problem);
	return count;
}

static int64_t
interval_ms(FunctionCallInfo fcinfo, int argument)
{
	Interval *notice;

	if (PG_ARGISNULL(argument))
		return RIGHTS_UNBOUNDED;
	notice = PG_GETARG_INTERVAL_P(argument);
	if (notice->month != 0 || notice->day < 0 || notice->time < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a notice is of days, hours and smaller, and not negative"),
						errhint("A month has no fixed length; say '30 days'.")));
	return notice->day * INT64CONST(86400000) + notice->time / 1000;
}

static void
scope_arguments(FunctionCallInfo fcinfo, LicenceRow *row)
{
	if (!PG_ARGISNULL(1))
		territory_argument(fcinfo, 1, &row->scope);
	if (!PG_ARGISNULL(2))
		row->scope.medium = medium_argument(fcinfo, 2);
	if (!PG_ARGISNULL(5))
		row->scope.from_ms = rights_moment_ms(PG_GETARG_TIMESTAMPTZ(5), "valid_from");
	if (!PG_ARGISNULL(6))
		row->scope.until_ms = rights_moment_ms(PG_GETARG_TIMESTAMPTZ(6), "valid_until");
	row->scope.exclusive = !PG_ARGISNULL(7) && PG_GETARG_BOOL(7);
}

/*
 * (work_id, territory, medium, price, asset, valid_from, valid_until, exclusive, licensee_address,
 * uses, sublicence_depth, royalty_ppm, royalty_per_use, revocation_notice, standing, terms_hash,
 * parent_licence_id)
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_grant_licence);
Datum
mes_grant_licence(PG_FUNCTION_ARGS)
{
	LicenceRow row = { .scope = { .territory = "WORLD", .until_ms = RIGHTS_UNBOUNDED } };
	WireWriter writer;

	row.has_parent = !PG_ARGISNULL(16);
	if (row.has_parent)
	{
		rights_hash_argument(fcinfo, 16, "parent_licence_id", &row.parent);
		take_from_parent(&row);
	}
	else
	{
		rights_hash_argument(fcinfo, 0, "work_id", &row.work_id);
		row.scope.from_ms = rights_now_ms();
	}
	scope_arguments(fcinfo, &row);
	if (!row.has_parent || !PG_ARGISNULL(4))
		row.asset = rights_asset_argument(fcinfo, 4);
	row.price = rights_amount_argument(fcinfo, 3, &row.asset);
	row.has_licensee = !PG_ARGISNULL(8);
	if (row.has_licensee)
		rights_address_argument(fcinfo, 8, "licensee_address", &row.licensee);
	row.uses_left = count_argument(fcinfo, 9, "uses", RIGHTS_UNBOUNDED);
	row.depth_left = PG_ARGISNULL(10) ? 0 : (uint32_t) Max(PG_GETARG_INT32(10), 0);
	row.royalty_ppm = rights_ppm_argument(fcinfo, 11);
	row.royalty_per_use = rights_amount_argument(fcinfo, 12, &row.asset);
	row.notice_ms = interval_ms(fcinfo, 13);
	row.standing = !PG_ARGISNULL(14) && PG_GETARG_BOOL(14);
	row.has_terms = !PG_ARGISNULL(15);
	if (row.has_terms)
		rights_hash_argument(fcinfo, 15, "terms_hash", &row.terms_hash);
	start(&writer);
	operation_put_grant_licence(&writer, &row);
	return rights_submit(OPERATION_GRANT_LICENCE, &writer);
}

/* (licence_id, amount, asset): the last two are what the buyer expects, null: whatever it costs */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_buy_licence);
Datum
mes_buy_licence(PG_FUNCTION_ARGS)
{
	RightsPayment *due = palloc(sizeof(RightsPayment));
	const McAddress *buyer = submission_address();
	RightsSession session;
	LicenceRow licence;
	RightsId licence_id;
	McProblem problem;
	WireWriter writer;

	rights_hash_argument(fcinfo, 0, "licence_id", &licence_id);
	rights_session_begin(&session);
	problem_check(quote_licence(&session.world, &licence_id, buyer, &licence, due, &problem),
				  &problem);
	rights_session_end(&session);
	rights_check_expected(fcinfo, 1, 2, due);
	start(&writer);
	operation_put_buy_licence(&writer, &licence_id, due);
	return rights_submit(OPERATION_BUY_LICENCE, &writer);
}

/* (licence_id, end_at) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_revoke_licence);
Datum
mes_revoke_licence(PG_FUNCTION_ARGS)
{
	const McAddress *actor = submission_address();
	RightsId licence_id;
	RightsSession session;
	LicenceRow licence;
	McProblem problem;
	WireWriter writer;
	uint64_t end_ms;

	rights_hash_argument(fcinfo, 0, "licence_id", &licence_id);
	rights_session_begin(&session);
	problem_check(rights_find_licence(&session.world, &licence_id, &licence, &problem), &problem);
	rights_session_end(&session);
	end_ms = session.world.block_time_ms + REVOKE_SLACK_MS;
	if (licence.notice_ms != RIGHTS_UNBOUNDED && !hash_equal(actor, &licence.licensee))
		end_ms += (uint64_t) licence.notice_ms;
	if (!PG_ARGISNULL(1))
		end_ms = rights_moment_ms(PG_GETARG_TIMESTAMPTZ(1), "end_at");
	start(&writer);
	operation_put_revoke_licence(&writer, &licence_id, end_ms);
	return rights_submit(OPERATION_REVOKE_LICENCE, &writer);
}

static void
quote(const RoyaltyReport *report, RightsPayment *due, int64_t direct_amount)
{
	const McAddress *payer = submission_address();
	RoyaltyReport asked = *report;
	RightsSession session;
	LicenceRow licence;
	McProblem problem;

	rights_session_begin(&session);
	problem_check(
		quote_royalty(&session.world, &asked, payer, &licence, due, direct_amount, &problem),
		&problem);
	rights_session_end(&session);
}

/* A licence says itself what work and asset it is about. */
static TxAsset
licence_subject(RoyaltyReport *report)
{
	RightsSession session;
	LicenceRow licence;
	McProblem problem;

	rights_session_begin(&session);
	problem_check(rights_find_licence(&session.world, &report->licence_id, &licence, &problem),
				  &problem);
	rights_session_end(&session);
	report->work_id = licence.work_id;
	return licence.asset;
}

/* (work_id, amount, asset, licence_id, uses, revenue, report_hash) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_pay_royalty);
Datum
mes_pay_royalty(PG_FUNCTION_ARGS)
{
	RightsPayment *due = palloc(sizeof(RightsPayment));
	RoyaltyReport report = { .has_licence = !PG_ARGISNULL(3), .has_report = !PG_ARGISNULL(6) };
	WireWriter writer;
	TxAsset asset;

	if (report.has_licence)
	{
		rights_hash_argument(fcinfo, 3, "licence_id", &report.licence_id);
		asset = licence_subject(&report);
	}
	else
	{
		rights_hash_argument(fcinfo, 0, "work_id", &report.work_id);
		asset = rights_asset_argument(fcinfo, 2);
	}
	report.uses = count_argument(fcinfo, 4, "uses", 0);
	report.revenue = rights_amount_argument(fcinfo, 5, &asset);
	if (report.has_report)
		rights_hash_argument(fcinfo, 6, "report_hash", &report.report);
	payment_init(due, &asset);
	quote(&report, due, report.has_licence ? 0 : rights_amount_argument(fcinfo, 1, &asset));
	rights_check_expected(fcinfo, 1, 2, due);
	start(&writer);
	operation_put_pay_royalty(&writer, &report, due);
	return rights_submit(OPERATION_PAY_ROYALTY, &writer);
}
