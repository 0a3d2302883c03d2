/*
 * sql_pg.c - what the SQL side of mes_bi needs to read of a stored transaction.
 */
#include "postgres.h"

#include "bi/facts_pg.h"
#include "fmgr.h"
#include "utils/builtins.h"

/* (body, output_index): the operation that made the output, null for change */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_output_operation);
Datum
mes_internal_output_operation(PG_FUNCTION_ARGS)
{
	bytea *body = PG_GETARG_BYTEA_PP(0);
	int32 index = PG_GETARG_INT32(1);
	TxOutputs walk;
	TxOutput output;
	McProblem problem;
	TxView view;

	if (tx_read_body(span_of(VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body)), &view, &problem) != MC_OK)
		PG_RETURN_NULL();
	tx_outputs_init(&walk, &view);
	for (int32 i = 0; tx_next_output(&walk, &output) && walk.operation_index >= 0; i++)
		if (i == index)
			PG_RETURN_DATUM(facts_text(span_text(operation_kind(walk.operation.kind)->name)));
	PG_RETURN_NULL();
}
