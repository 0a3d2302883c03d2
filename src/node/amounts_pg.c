/*
 * amounts_pg.c - conversions between units, exact or refused.
 */
#include "node/amounts_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "node/accounts_pg.h"
#include "node/errors_pg.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

static void
refuse(McStatus status, const char *amount, int64_t limit)
{
	McProblem problem;

	status_problem_name(&problem, status, amount, strlen(amount));
	problem.limit = limit;
	problem_raise(&problem);
}

/* 10^decimals as numeric */
static Datum
scale_of(uint8_t decimals)
{
	int64 scale = 1;

	for (int i = 0; i < decimals; i++)
		scale *= 10;
	return NumericGetDatum(int64_to_numeric(scale));
}

int64_t
amount_to_units(Numeric amount, uint8_t decimals, bool zero_allowed)
{
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(amount)));
	Datum scaled;
	Datum whole;
	char *end;
	int64 units;

	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		refuse(MC_INVALID_AMOUNT, text, 0);
	scaled = DirectFunctionCall2(numeric_mul, NumericGetDatum(amount), scale_of(decimals));
	whole = DirectFunctionCall2(numeric_trunc, scaled, Int32GetDatum(0));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, scaled, whole)))
		refuse(MC_AMOUNT_DECIMALS, text, decimals);
	errno = 0;
	units = strtoi64(DatumGetCString(DirectFunctionCall1(numeric_out, whole)), &end, 10);
	if (errno == ERANGE && units > 0)
		refuse(MC_AMOUNT_TOO_LARGE, text, decimals);
	if (errno != 0 || *end != '\0' || units < 0 || (units == 0 && !zero_allowed))
		refuse(MC_INVALID_AMOUNT, text, 0);
	return units;
}

Numeric
amount_from_units(int64_t units, uint8_t decimals)
{
	Datum value = NumericGetDatum(int64_to_numeric(units));

	value = DirectFunctionCall2(numeric_div, value, scale_of(decimals));
	return DatumGetNumeric(
		DirectFunctionCall2(numeric_round, value, Int32GetDatum((int32) decimals)));
}

bool
asset_find_decimals(const TxAsset *asset, uint8_t *decimals)
{
	EngineRights saved;
	bool found;
	bool isnull;

	engine_rights_take(&saved);
	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute_with_args("SELECT decimals FROM mes_internal.asset_rows WHERE code = $1", 1,
							  (Oid[]){ TEXTOID }, (Datum[]){ CStringGetTextDatum(asset->code) },
							  NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up an asset");
	found = SPI_processed == 1;
	if (found)
		*decimals = (uint8_t) DatumGetInt16(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	PopActiveSnapshot();
	SPI_finish();
	engine_rights_return(&saved);
	return found;
}

uint8_t
asset_decimals(const TxAsset *asset)
{
	uint8_t decimals = 0;
	McProblem problem;

	if (!asset_find_decimals(asset, &decimals))
		problem_check(
			status_problem_name(&problem, MC_UNKNOWN_ASSET, asset->code, strlen(asset->code)),
			&problem);
	return decimals;
}

void
asset_from_text(text *code, TxAsset *asset)
{
	McProblem problem;

	memset(asset, 0, sizeof(*asset));
	problem_check(
		tx_asset_parse(span_of(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)), asset, &problem),
		&problem);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_whole_units);
Datum
mes_internal_whole_units(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(amount_from_units(PG_GETARG_INT64(0), (uint8_t) PG_GETARG_INT16(1)));
}
