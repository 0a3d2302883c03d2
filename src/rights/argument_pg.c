/* argument_pg.c - SQL arguments into this room's values and back. */
#include "rights/rights_pg.h"

#include "base/address.h"
#include "node/amounts_pg.h"
#include "node/errors_pg.h"
#include "node/json_pg.h"
#include "node/submission_pg.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#define UNIX_TO_POSTGRES_US ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000000))

Datum
rights_bytes(const void *data, size_t size)
{
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	if (size > 0)
		memcpy(VARDATA(bytes), data, size);
	return PointerGetDatum(bytes);
}

Datum
rights_text(McSpan span)
{
	return PointerGetDatum(cstring_to_text_with_len((const char *) span.data, (int) span.size));
}

McSpan
rights_span(bytea *bytes)
{
	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

Datum
rights_moment(uint64_t ms, bool *isnull)
{
	*isnull = ms >= (uint64_t) END_TIMESTAMP / 1000;
	return TimestampTzGetDatum(*isnull ? 0 : (int64) ms * 1000 - UNIX_TO_POSTGRES_US);
}

uint64_t
rights_moment_ms(TimestampTz moment, const char *name)
{
	if (TIMESTAMP_IS_NOEND(moment))
		return RIGHTS_UNBOUNDED;
	if (TIMESTAMP_IS_NOBEGIN(moment) || moment + UNIX_TO_POSTGRES_US < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" is before 1970", name)));
	return (uint64_t) (moment + UNIX_TO_POSTGRES_US) / 1000;
}

void
rights_refuse_choice(const char *what, McSpan text)
{
	const char *name = psprintf("%s \"%.*s\"", what, (int) text.size, (const char *) text.data);
	McProblem problem;

	status_problem_name(&problem, MC_UNKNOWN_CHOICE, name, strlen(name));
	problem_raise(&problem);
}

static void
refuse_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("\"%s\" must not be null", name)));
}

void
rights_hash_argument(FunctionCallInfo fcinfo, int argument, const char *name, McHash *hash)
{
	McSpan bytes;

	refuse_null(fcinfo, argument, name);
	bytes = rights_span(PG_GETARG_BYTEA_PP(argument));
	if (bytes.size != HASH_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must be of 32 bytes", name)));
	memcpy(hash->bytes, bytes.data, HASH_SIZE);
}

void
rights_address_argument(FunctionCallInfo fcinfo, int argument, const char *name, McAddress *address)
{
	McProblem problem;

	refuse_null(fcinfo, argument, name);
	problem_check(
		address_parse(rights_span((bytea *) PG_GETARG_TEXT_PP(argument)), address, &problem),
		&problem);
}

McSpan
rights_text_argument(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		return span_of(NULL, 0);
	return rights_span((bytea *) PG_GETARG_TEXT_PP(argument));
}

uint32_t
rights_ppm_argument(FunctionCallInfo fcinfo, int argument)
{
	int32 ppm = PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT32(argument);
	McProblem problem;

	if (ppm < 0 || ppm > PPM_WHOLE)
		problem_check(status_problem(&problem, MC_PPM_RANGE, ppm, PPM_WHOLE), &problem);
	return (uint32_t) ppm;
}

McSpan
rights_metadata_argument(FunctionCallInfo fcinfo, int argument)
{
	WireWriter writer;
	McProblem problem;

	wire_writer_init(&writer, palloc(TX_METADATA_MAX), TX_METADATA_MAX);
	if (PG_ARGISNULL(argument))
		wire_put_map(&writer, 0);
	else
		json_to_wire(PG_GETARG_JSONB_P(argument), &writer);
	if (writer.full)
		problem_check(
			status_problem(&problem, MC_METADATA_TOO_LARGE, TX_METADATA_MAX + 1, TX_METADATA_MAX),
			&problem);
	return wire_written(&writer);
}

TxAsset
rights_asset_argument(FunctionCallInfo fcinfo, int argument)
{
	TxAsset asset;

	refuse_null(fcinfo, argument, "asset");
	asset_from_text(PG_GETARG_TEXT_PP(argument), &asset);
	return asset;
}

int64_t
rights_amount_argument(FunctionCallInfo fcinfo, int argument, const TxAsset *asset)
{
	if (PG_ARGISNULL(argument))
		return 0;
	return amount_to_units(PG_GETARG_NUMERIC(argument), submission_asset_decimals(asset), true);
}

Datum
rights_submit(uint16_t kind, const WireWriter *writer)
{
	McProblem problem;

	if (writer->full)
		problem_check(status_problem(&problem, MC_METADATA_TOO_LARGE, (int64_t) writer->capacity,
									 TX_METADATA_MAX),
					  &problem);
	return UUIDPGetDatum((pg_uuid_t *) memcpy(
		palloc(UUID_LEN), submission_add(kind, wire_written(writer)), UUID_LEN));
}
