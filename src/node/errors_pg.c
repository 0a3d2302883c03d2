/*
 * errors_pg.c - problems as errors, and the catalogue as rows of mes.error_codes.
 */
#include "node/errors_pg.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#define MESSAGE_SIZE 512

int
errcode_of(McStatus status)
{
	return MAKE_SQLSTATE('M', 'C', '0' + status / 100 % 10, '0' + status / 10 % 10,
						 '0' + status % 10);
}

void
problem_raise(const McProblem *problem)
{
	const McStatusInfo *info = status_info(problem->status);
	char message[MESSAGE_SIZE];

	Assert(problem->status != MC_OK);
	status_message(problem, message, sizeof(message));
	ereport(
		ERROR,
		(errcode(errcode_of(problem->status)), errmsg("%s", message),
		 problem->operation >= 0 ? errdetail("Operation %d is at fault.", problem->operation) : 0,
		 info != NULL && info->hint[0] != '\0' ? errhint("%s", info->hint) : 0));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_error_codes);
Datum
mes_error_codes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	size_t count;
	const McStatusInfo *rows = status_catalogue(&count);

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < count; i++)
	{
		char code[6];
		Datum values[6];
		bool nulls[6] = { false };

		snprintf(code, sizeof(code), "MC%03d", rows[i].status);
		values[0] = Int16GetDatum((int16) rows[i].status);
		values[1] = CStringGetTextDatum(code);
		values[2] = CStringGetTextDatum(rows[i].name);
		values[3] = CStringGetTextDatum(rows[i].message);
		values[4] = CStringGetTextDatum(rows[i].hint);
		nulls[4] = rows[i].hint[0] == '\0';
		values[5] = BoolGetDatum(rows[i].transient);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
