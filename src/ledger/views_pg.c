/*
 * views_pg.c - what the ledger's views show of stored bytes: bodies, receipts, state
 * rows. The bytes passed every check when their block was applied; damage found here is an error of
 * this node's disk, which mes.verify() locates.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/datum_pg.h"
#include "ledger/describe_pg.h"
#include "ledger/parameters.h"
#include "node/json_pg.h"
#include "tx/brief.h"
#include "tx/receipt.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static McSpan
bytes_argument(FunctionCallInfo fcinfo, int argument)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(argument);

	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static Datum
text_datum(McSpan span)
{
	return PointerGetDatum(cstring_to_text_with_len((const char *) span.data, (int) span.size));
}

static void damaged(const char *what) pg_attribute_noreturn();

static void
damaged(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("%s is damaged", what),
					errhint("Run mes.verify() to find the rows at fault.")));
}

/* ---- bodies
 * --------------------------------------------------------------------------------------
 */

/* The body that a call site read last: the outputs of one transaction come one after the other. */
typedef struct BodyCache
{
	MemoryContext context;
	McHash txid;
	TxView view;
	uint32_t memo_count;
	McSpan *memos; /* by output of operations; NULL until asked for */
} BodyCache;

/* Arguments 0 and 1 are txid and body; the body is fetched only when it is another one. */
static BodyCache *
body_argument(FunctionCallInfo fcinfo)
{
	BodyCache *cache = fcinfo->flinfo->fn_extra;
	McSpan txid = bytes_argument(fcinfo, 0);
	McProblem problem;
	McSpan body;
	MemoryContext old;

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(BodyCache));
		cache->context =
			AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "meschain body", ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = cache;
	}
	if (txid.size != HASH_SIZE)
		damaged("a txid");
	if (cache->view.body.data != NULL && memcmp(cache->txid.bytes, txid.data, HASH_SIZE) == 0)
		return cache;
	cache->view.body.data = NULL;
	cache->memos = NULL;
	MemoryContextReset(cache->context);
	old = MemoryContextSwitchTo(cache->context);
	body = bytes_argument(fcinfo, 1);
	body.data = memcpy(palloc(body.size + 1), body.data, body.size);
	MemoryContextSwitchTo(old);
	if (tx_read_body(body, &cache->view, &problem) != MC_OK)
		damaged("the body of a transaction");
	memcpy(cache->txid.bytes, txid.data, HASH_SIZE);
	return cache;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_reference);
Datum
mes_internal_transaction_reference(PG_FUNCTION_ARGS)
{
	McSpan reference = body_argument(fcinfo)->view.reference;

	if (reference.size == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(text_datum(reference));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_fee);
Datum
mes_internal_transaction_fee(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(body_argument(fcinfo)->view.fee);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_detail);
Datum
mes_internal_transaction_detail(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(describe_transaction(&body_argument(fcinfo)->view));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_actor);
Datum
mes_internal_transaction_actor(PG_FUNCTION_ARGS)
{
	const TxView *view = &body_argument(fcinfo)->view;
	int32 actor = PG_GETARG_INT32(2);
	McAddress address;

	if (actor < 0 || (uint32_t) actor >= view->actor_count)
		damaged("the actor of an output");
	tx_actor_address(view, (uint32_t) actor, &address);
	PG_RETURN_DATUM(bytes_datum(address.bytes, HASH_SIZE));
}

/* Memos of a transaction's operations, one for each output that an operation makes. */
static void
read_memos(BodyCache *cache)
{
	TxOutputs outputs;
	TxOutput output;
	TxBrief brief = { 0 };
	int32_t described = -1;

	cache->memo_count = cache->view.output_count - cache->view.change_count;
	cache->memos =
		MemoryContextAllocZero(cache->context, sizeof(McSpan) * Max(cache->memo_count, 1));
	tx_outputs_init(&outputs, &cache->view);
	for (uint32_t i = 0; i < cache->memo_count && tx_next_output(&outputs, &output); i++)
	{
		if (outputs.operation_index != described)
			tx_describe_brief(&outputs.operation, &brief);
		described = outputs.operation_index;
		cache->memos[i] = brief.memo;
	}
}

/* (txid, body, output_index): the memo of the transfer that made an output */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_output_memo);
Datum
mes_internal_output_memo(PG_FUNCTION_ARGS)
{
	BodyCache *cache = body_argument(fcinfo);
	int32 index = PG_GETARG_INT32(2);

	if (cache->memos == NULL)
		read_memos(cache);
	if (index < 0 || (uint32_t) index >= cache->memo_count || cache->memos[index].size == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(text_datum(cache->memos[index]));
}

/* The first memo of the transaction. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_memo);
Datum
mes_internal_transaction_memo(PG_FUNCTION_ARGS)
{
	BodyCache *cache = body_argument(fcinfo);

	if (cache->memos == NULL)
		read_memos(cache);
	for (uint32_t i = 0; i < cache->memo_count; i++)
		if (cache->memos[i].size > 0)
			PG_RETURN_DATUM(text_datum(cache->memos[i]));
	PG_RETURN_NULL();
}

/* (txid, body): operation_index, operation, address, detail */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_operations);
Datum
mes_internal_transaction_operations(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const TxView *view = &body_argument(fcinfo)->view;
	TxOperation operation = { 0 };
	WireReader reader;

	InitMaterializedSRF(fcinfo, 0);
	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
	{
		Datum values[4] = {
			Int32GetDatum((int32) operation.index),
			CStringGetTextDatum(operation_kind(operation.kind)->name),
			bytes_datum(operation.actor_address.bytes, HASH_SIZE),
			PointerGetDatum(describe_operation(&operation)),
		};
		bool nulls[4] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* (txid, body): operation_index, actor, asset, amount_units of what it burns */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_transaction_burns);
Datum
mes_internal_transaction_burns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const TxView *view = &body_argument(fcinfo)->view;
	TxOperation operation = { 0 };
	WireReader reader;

	InitMaterializedSRF(fcinfo, 0);
	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
	{
		TxBrief brief;
		Datum values[4];
		bool nulls[4] = { false };

		if (!operation_kind(operation.kind)->burns)
			continue;
		tx_describe_brief(&operation, &brief);
		if (brief.amount <= 0)
			continue;
		values[0] = Int32GetDatum((int32) operation.index);
		values[1] = Int32GetDatum((int32) operation.actor);
		values[2] = CStringGetTextDatum(brief.asset.code);
		values[3] = Int64GetDatum(brief.amount);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_operation_name);
Datum
mes_internal_operation_name(PG_FUNCTION_ARGS)
{
	int16 number = PG_GETARG_INT16(0);
	const TxOperationKind *kind = operation_kind((uint64_t) (uint16) number);

	PG_RETURN_TEXT_P(cstring_to_text(kind == NULL ? "multiple" : kind->name));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_operation_kinds);
Datum
mes_internal_operation_kinds(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const TxOperationKind *kind;

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; (kind = operation_kind_at(i)) != NULL; i++)
	{
		Datum values[3] = { Int16GetDatum((int16) kind->number), CStringGetTextDatum(kind->name),
							CStringGetTextDatum(kind->description) };
		bool nulls[3] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---- receipts
 * ------------------------------------------------------------------------------------
 */

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_status_name);
Datum
mes_internal_status_name(PG_FUNCTION_ARGS)
{
	int16 number = PG_GETARG_INT16(0);
	const McStatusInfo *info = status_info((McStatus) number);

	if (number == MC_OK)
		PG_RETURN_TEXT_P(cstring_to_text("ok"));
	/* decided by a newer version than this library */
	if (info == NULL)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("MC%03d", number)));
	PG_RETURN_TEXT_P(cstring_to_text(info->name));
}

static void
receipt_argument(FunctionCallInfo fcinfo, McProblem *verdict)
{
	McProblem problem;
	McHash txid;

	if (receipt_read(bytes_argument(fcinfo, 0), &txid, verdict, &problem) != MC_OK)
		damaged("a receipt");
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_receipt_message);
Datum
mes_internal_receipt_message(PG_FUNCTION_ARGS)
{
	McProblem verdict;
	char message[512];

	receipt_argument(fcinfo, &verdict);
	status_message(&verdict, message, sizeof(message));
	PG_RETURN_TEXT_P(cstring_to_text(message));
}

/* operation_index (null: the whole), number, limit, name: what the message is made of */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_receipt_fields);
Datum
mes_internal_receipt_fields(PG_FUNCTION_ARGS)
{
	McProblem verdict;
	TupleDesc desc;
	Datum values[4];
	bool nulls[4] = { false };

	receipt_argument(fcinfo, &verdict);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int32GetDatum(verdict.operation);
	nulls[0] = verdict.operation < 0;
	values[1] = Int64GetDatum(verdict.number);
	values[2] = Int64GetDatum(verdict.limit);
	values[3] = CStringGetTextDatum(verdict.name);
	nulls[3] = verdict.name[0] == '\0';
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ---- certificates, state rows, parameters
 * --------------------------------------------------------
 */

/* issuer (null when the supply is final), supply_units, metadata */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_asset_state);
Datum
mes_internal_asset_state(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	AssetRow row;
	Datum values[3];
	bool nulls[3] = { false };

	if (!asset_row_read(bytes_argument(fcinfo, 0), &row))
		damaged("the state of an asset");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = bytes_datum(row.issuer.bytes, HASH_SIZE);
	nulls[0] = !row.open;
	values[1] = Int64GetDatum(row.supply);
	values[2] = PointerGetDatum(json_from_wire(row.metadata));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* address, txid, metadata */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_notarisation_state);
Datum
mes_internal_notarisation_state(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	NotarisationRow row;
	Datum values[3];
	bool nulls[3] = { false };

	if (!notarisation_row_read(bytes_argument(fcinfo, 0), &row))
		damaged("a notarisation");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = bytes_datum(row.address.bytes, HASH_SIZE);
	values[1] = bytes_datum(row.txid.bytes, HASH_SIZE);
	values[2] = PointerGetDatum(json_from_wire(row.metadata));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_parameter_rows);
Datum
mes_internal_parameter_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int id = 0; id < PARAMETER_COUNT; id++)
	{
		const ParameterInfo *info = parameter_info((ParameterId) id);
		Datum values[6] = {
			CStringGetTextDatum(info->name), Int64GetDatum(info->minimum),
			Int64GetDatum(info->maximum),    Int64GetDatum(info->standard),
			CStringGetTextDatum(info->unit), CStringGetTextDatum(info->description)
		};
		bool nulls[6] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
