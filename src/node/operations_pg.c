/*
 * operations_pg.c - the SQL functions that submit, one an operation; each adds to the submission of
 * this SQL transaction and answers its uuid.
 */
#include "postgres.h"

#include "base/address.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "node/amounts_pg.h"
#include "node/errors_pg.h"
#include "node/json_pg.h"
#include "node/submission_pg.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#define ARGUMENTS_MAX (TX_METADATA_MAX + 1024)

static Datum
uuid_result(const uint8_t *submission)
{
	return UUIDPGetDatum((pg_uuid_t *) memcpy(palloc(UUID_LEN), submission, UUID_LEN));
}

static Datum
add(uint16_t kind, const WireWriter *writer)
{
	McProblem problem;

	if (writer->full)
		problem_check(status_problem(&problem, MC_METADATA_TOO_LARGE, (int64) writer->capacity,
									 TX_METADATA_MAX),
					  &problem);
	return uuid_result(submission_add(kind, wire_written(writer)));
}

/* Metadata as canonical CBOR; no argument means an empty map. */
static McSpan
metadata_span(FunctionCallInfo fcinfo, int argument)
{
	uint8_t *bytes = palloc(ARGUMENTS_MAX);
	WireWriter writer;

	wire_writer_init(&writer, bytes, ARGUMENTS_MAX);
	if (PG_ARGISNULL(argument))
		wire_put_map(&writer, 0);
	else
		json_to_wire(PG_GETARG_JSONB_P(argument), &writer);
	return wire_written(&writer);
}

static Numeric
numeric_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("\"%s\" must not be null", name)));
	return PG_GETARG_NUMERIC(argument);
}

static text *
text_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("\"%s\" must not be null", name)));
	return PG_GETARG_TEXT_PP(argument);
}

/* (code, supply, decimals, metadata, reissuable) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_issue_asset);
Datum
mes_issue_asset(PG_FUNCTION_ARGS)
{
	uint8_t bytes[ARGUMENTS_MAX];
	WireWriter writer;
	TxAsset asset;
	McProblem problem;
	int32 decimals = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	AssetRow row = { .open = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4) };

	asset_from_text(text_argument(fcinfo, 0, "code"), &asset);
	if (decimals < 0 || decimals > ASSET_DECIMALS_MAX)
		problem_check(status_problem(&problem, MC_TOO_MANY_DECIMALS, decimals, ASSET_DECIMALS_MAX),
					  &problem);
	row.decimals = (uint8_t) decimals;
	row.supply = amount_to_units(numeric_argument(fcinfo, 1, "supply"), row.decimals, row.open);
	row.issuer = *submission_address();
	row.metadata = metadata_span(fcinfo, 3);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	operation_put_issue_asset(&writer, &asset, &row);
	submission_note_asset(&asset, row.decimals);
	return add(OPERATION_ISSUE_ASSET, &writer);
}

/* (code, amount) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_issue_more);
Datum
mes_issue_more(PG_FUNCTION_ARGS)
{
	uint8_t bytes[ARGUMENTS_MAX];
	WireWriter writer;
	TxAsset asset;

	asset_from_text(text_argument(fcinfo, 0, "code"), &asset);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	operation_put_issue_more(&writer, &asset,
							 amount_to_units(numeric_argument(fcinfo, 1, "amount"),
											 submission_asset_decimals(&asset), false));
	return add(OPERATION_ISSUE_MORE, &writer);
}

/* (to_address, asset, amount, memo, reference) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_transfer);
Datum
mes_transfer(PG_FUNCTION_ARGS)
{
	uint8_t bytes[ARGUMENTS_MAX];
	WireWriter writer;
	TxOutput output = { 0 };
	McProblem problem;
	text *to_address = text_argument(fcinfo, 0, "to_address");
	McSpan memo = span_of(NULL, 0);

	problem_check(address_parse(span_of(VARDATA_ANY(to_address), VARSIZE_ANY_EXHDR(to_address)),
								&output.address, &problem),
				  &problem);
	asset_from_text(text_argument(fcinfo, 1, "asset"), &output.asset);
	output.amount = amount_to_units(numeric_argument(fcinfo, 2, "amount"),
									submission_asset_decimals(&output.asset), false);
	if (!PG_ARGISNULL(3))
		memo = span_of(VARDATA_ANY(PG_GETARG_TEXT_PP(3)), VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(3)));
	if (memo.size > TX_MEMO_MAX)
		problem_check(status_problem(&problem, MC_MEMO_TOO_LONG, (int64) memo.size, TX_MEMO_MAX),
					  &problem);
	if (!PG_ARGISNULL(4))
		submission_set_reference(text_to_cstring(PG_GETARG_TEXT_PP(4)));
	wire_writer_init(&writer, bytes, sizeof(bytes));
	operation_put_transfer(&writer, &output, 1, memo);
	return add(OPERATION_TRANSFER, &writer);
}

/* (asset, amount) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_burn);
Datum
mes_burn(PG_FUNCTION_ARGS)
{
	uint8_t bytes[ARGUMENTS_MAX];
	WireWriter writer;
	TxAsset asset;

	asset_from_text(text_argument(fcinfo, 0, "asset"), &asset);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	operation_put_burn(&writer, &asset,
					   amount_to_units(numeric_argument(fcinfo, 1, "amount"),
									   submission_asset_decimals(&asset), false));
	return add(OPERATION_BURN, &writer);
}

/* (document_hash, metadata) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_notarise);
Datum
mes_notarise(PG_FUNCTION_ARGS)
{
	uint8_t bytes[ARGUMENTS_MAX];
	WireWriter writer;
	McHash document;
	bytea *hash;

	if (PG_ARGISNULL(0) || VARSIZE_ANY_EXHDR(PG_GETARG_BYTEA_PP(0)) != HASH_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"document_hash\" must be of 32 bytes"),
						errhint("Use sha256() of the document.")));
	hash = PG_GETARG_BYTEA_PP(0);
	memcpy(document.bytes, VARDATA_ANY(hash), HASH_SIZE);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	operation_put_notarise(&writer, &document, metadata_span(fcinfo, 1));
	return add(OPERATION_NOTARISE, &writer);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_submit);
Datum
mes_submit(PG_FUNCTION_ARGS)
{
	bytea *envelope = PG_GETARG_BYTEA_PP(0);

	return uuid_result(
		submission_hand_in(span_of(VARDATA_ANY(envelope), VARSIZE_ANY_EXHDR(envelope))));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_last_txid);
Datum
mes_last_txid(PG_FUNCTION_ARGS)
{
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);
	McHash txid;

	if (!submission_last_txid(&txid))
		PG_RETURN_NULL();
	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), txid.bytes, HASH_SIZE);
	PG_RETURN_BYTEA_P(bytes);
}
