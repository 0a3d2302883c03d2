/*
 * deliver_pg.c - mes_internal.deliver, where other members' messages arrive.
 */
#include "postgres.h"

#include "fmgr.h"
#include "node/errors_pg.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_deliver);
Datum
mes_internal_deliver(PG_FUNCTION_ARGS)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, MC_NOT_RUNNING, "it takes no messages yet", 24),
				  &problem);
	PG_RETURN_NULL();
}
