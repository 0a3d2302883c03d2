/*
 * royalties_pg.c - the parts that owners of works earn, read from the bodies of the transactions
 * that paid them: each is an output of that transaction, so nothing is stored twice.
 */
#include "rights/rights_pg.h"

#include "funcapi.h"
#include "rights/field.h"
#include "rights/operations.h"
#include "utils/builtins.h"

#define COLUMNS 10

typedef struct Paid
{
	const TxOperation *operation;
	RightsPayment payment;
	bool has_licence;
	RightsId licence;
	const char *reason;
	uint32_t royalties; /* of the payouts, the first so many */
} Paid;

/* Of a share's price the royalty on the resale stands first; what the seller gets is none. */
static void
read_paid(const TxOperation *operation, Paid *paid)
{
	WireReader reader;
	RightsId subject;
	uint64_t uses = 0;
	uint64_t revenue = 0;

	paid->operation = operation;
	payment_of_operation(operation, (size_t) payment_leading(operation->kind), &paid->payment);
	wire_reader_init(&reader, operation->arguments);
	wire_read_array(&reader, SIZE_MAX, &(size_t){ 0 });
	field_hash(&reader, &subject, NULL);
	paid->has_licence = operation->kind == OPERATION_BUY_LICENCE;
	paid->licence = subject;
	paid->royalties = paid->payment.count;
	paid->reason = "licence";
	if (operation->kind == OPERATION_BUY_SHARE)
	{
		paid->reason = "resale";
		paid->royalties = paid->payment.count > 1;
	}
	if (operation->kind != OPERATION_PAY_ROYALTY)
		return;
	field_optional_hash(&reader, &paid->has_licence, &paid->licence, NULL);
	part_read_number(&reader, &uses, NULL);
	part_read_number(&reader, &revenue, NULL);
	paid->reason = !paid->has_licence ? "direct" : revenue > 0 ? "revenue" : "usage";
}

static void
put_royalties(ReturnSetInfo *result, const Paid *paid, uint32_t first_output)
{
	const RightsPayment *payment = &paid->payment;

	for (uint32_t i = 0; i < paid->royalties; i++)
	{
		const RightsPayout *payout = &payment->payouts[i];
		Datum values[COLUMNS] = {
			Int32GetDatum((int32) paid->operation->index),
			Int32GetDatum((int32) (first_output + i)),
			rights_bytes(payment->works[payout->work].bytes, HASH_SIZE),
			rights_bytes(payment->works[0].bytes, HASH_SIZE),
			paid->has_licence ? rights_bytes(paid->licence.bytes, HASH_SIZE) : (Datum) 0,
			rights_bytes(paid->operation->actor_address.bytes, HASH_SIZE),
			rights_bytes(payout->payee.bytes, HASH_SIZE),
			CStringGetTextDatum(payment->asset.code),
			Int64GetDatum(payout->amount),
			CStringGetTextDatum(paid->reason),
		};
		bool nulls[COLUMNS] = { [4] = !paid->has_licence };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* (body): operation_index, output_index, work_id, source_work_id, licence_id, payer, payee, asset,
 * amount_units, reason */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_royalty_rows);
Datum
mes_internal_royalty_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TxOperation operation = { 0 };
	Paid *paid = palloc(sizeof(Paid));
	uint32_t outputs = 0;
	WireReader reader;
	McProblem problem;
	TxView view;

	if (tx_read_body(rights_span(PG_GETARG_BYTEA_PP(0)), &view, &problem) != MC_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("the body of a transaction is damaged"),
				 errhint("Run mes.verify() to find the rows at fault.")));
	InitMaterializedSRF(fcinfo, 0);
	wire_reader_init(&reader, view.operations);
	while (tx_next_operation(&reader, &view, &operation))
	{
		uint32_t made;

		if (payment_leading(operation.kind) >= 0)
		{
			read_paid(&operation, paid);
			put_royalties(result, paid, outputs);
		}
		if (operation_kind(operation.kind)->check(operation.arguments, &made, &problem) == MC_OK)
			outputs += made;
	}
	return (Datum) 0;
}
