/*
 * verify_sql_pg.c - mes.verify: arguments in, rows of problems out.
 */
#include "ledger/verify_pg.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "utils/builtins.h"

static uint64_t
last_height(void)
{
	bool isnull;

	if (SPI_execute("SELECT coalesce(max(height), 0) FROM mes_internal.block_rows", true, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the last block");
	return (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

static void
check_range(int64 value, int64 minimum, int64 maximum, const char *name)
{
	if (value < minimum || value > maximum)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be " INT64_FORMAT, name, value),
				 errhint("It goes from " INT64_FORMAT " to " INT64_FORMAT ".", minimum, maximum)));
}

static void
put_problems(ReturnSetInfo *result, const List *problems)
{
	ListCell *cell;

	foreach (cell, problems)
	{
		const VerifyProblem *problem = lfirst(cell);
		bool nulls[4] = { false };
		Datum values[4] = { Int64GetDatum((int64) problem->height),
							CStringGetTextDatum(verify_object_name(problem->object)),
							CStringGetTextDatum(problem->problem),
							CStringGetTextDatum(problem->detail) };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_verify);
Datum
mes_verify(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "meschain verify", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	VerifyRequest request;
	uint64_t tip;

	for (int i = 0; i < 4; i++)
		if (PG_ARGISNULL(i) && i != 1)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("only to_height may be null")));
	check_range(PG_GETARG_INT64(0), 1, PG_INT64_MAX >> OUTPUT_ID_SHIFT, "from_height");
	check_range(PG_GETARG_INT32(2), 1, VERIFY_JOBS_MAX, "jobs");
	check_range(PG_GETARG_INT32(3), 0, PPM, "sample_ppm");
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	old = MemoryContextSwitchTo(context);
	tip = last_height();
	MemoryContextSwitchTo(context);
	request = (VerifyRequest){ .from_height = (uint64_t) PG_GETARG_INT64(0),
							   .to_height = tip,
							   .to_tip = true,
							   .jobs = IsInParallelMode() ? 1 : PG_GETARG_INT32(2),
							   .sample_ppm = (uint32_t) PG_GETARG_INT32(3) };
	if (!PG_ARGISNULL(1) && (uint64_t) PG_GETARG_INT64(1) < tip)
	{
		check_range(PG_GETARG_INT64(1), 0, PG_INT64_MAX >> OUTPUT_ID_SHIFT, "to_height");
		request.to_height = (uint64_t) PG_GETARG_INT64(1);
		request.to_tip = false;
	}
	if (request.from_height <= request.to_height)
		put_problems(result, verify_run(&request));
	MemoryContextSwitchTo(old);
	SPI_finish();
	MemoryContextDelete(context);
	return (Datum) 0;
}
