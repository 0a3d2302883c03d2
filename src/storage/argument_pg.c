/*
 * argument_pg.c - conversions for the SQL faces of the room. Decides nothing about proofs.
 */
#include "storage/argument_pg.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "node/errors_pg.h"

#define UNITS_DECIMALS 8

McSpan
argument_bytes(FunctionCallInfo fcinfo, int number)
{
	bytea *value = PG_GETARG_BYTEA_PP(number);

	return span_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

McStatus
argument_hash(FunctionCallInfo fcinfo, int number, const char *name, McHash *out,
			  McProblem *problem)
{
	McSpan bytes = argument_bytes(fcinfo, number);

	if (bytes.size != HASH_SIZE)
	{
		status_problem_name(problem, MC_HASH_LENGTH, name, strlen(name));
		problem->number = (int64) bytes.size;
		problem->limit = HASH_SIZE;
		return MC_HASH_LENGTH;
	}
	memcpy(out->bytes, bytes.data, HASH_SIZE);
	return MC_OK;
}

Datum *
argument_array(FunctionCallInfo fcinfo, int number, Oid type, size_t *count)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(number);
	Datum *values = NULL;
	int found = 0;
	int16 length;
	bool by_value;
	char align;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument %d has %d dimensions, one is allowed", number + 1,
							   ARR_NDIM(array))));
	if (array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument %d has an element that is NULL", number + 1)));
	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(array, type, length, by_value, align, &values, NULL, &found);
	*count = (size_t) found;
	return values;
}

McSpan *
argument_byte_array(FunctionCallInfo fcinfo, int number, size_t *count)
{
	Datum *values = argument_array(fcinfo, number, BYTEAOID, count);
	McSpan *spans = palloc(*count * sizeof(McSpan));

	for (size_t i = 0; i < *count; i++)
	{
		bytea *value = DatumGetByteaPP(values[i]);

		spans[i] = span_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	}
	return spans;
}

/* A negative index becomes a huge one, which every check of a range refuses. */
uint64 *
argument_bigint_array(FunctionCallInfo fcinfo, int number, size_t *count)
{
	Datum *values = argument_array(fcinfo, number, INT8OID, count);
	uint64 *numbers = palloc(*count * sizeof(uint64));

	for (size_t i = 0; i < *count; i++)
		numbers[i] = (uint64) DatumGetInt64(values[i]);
	return numbers;
}

static void pg_attribute_noreturn()
raise_not_unsigned(const char *name)
{
	McProblem problem;

	status_problem_name(&problem, MC_NOT_UNSIGNED, name, strlen(name));
	problem_raise(&problem);
}

Wide
argument_wide(Datum numeric, const char *name, Wide maximum)
{
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, numeric));
	char *point = strchr(text, '.');
	Wide value;

	/* 5.00 is a whole number; 5.01 fails at its point */
	if (point != NULL && point[1 + strspn(point + 1, "0")] == '\0')
		*point = '\0';
	if (!wide_parse(text, maximum, &value))
		raise_not_unsigned(name);
	return value;
}

uint64
argument_uint64(FunctionCallInfo fcinfo, int number, const char *name)
{
	return (uint64) argument_wide(PG_GETARG_DATUM(number), name, UINT64_MAX);
}

uint64
argument_count(int64 value, const char *name)
{
	if (value < 0)
		raise_not_unsigned(name);
	return (uint64) value;
}

uint64
argument_units(FunctionCallInfo fcinfo, int number, const char *name)
{
	Datum scale = DirectFunctionCall1(int4_numeric, Int32GetDatum(CCC_UNITS));
	Datum units = DirectFunctionCall2(numeric_mul, PG_GETARG_DATUM(number), scale);

	return (uint64) argument_wide(units, name, UINT64_MAX);
}

Datum
answer_bytes(const void *data, size_t size)
{
	bytea *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), data, size);
	return PointerGetDatum(value);
}

Datum
answer_bigint_array(const uint64 *values, size_t count)
{
	Datum *elements = palloc(count * sizeof(Datum));

	for (size_t i = 0; i < count; i++)
		elements[i] = Int64GetDatum((int64) values[i]);
	return PointerGetDatum(construct_array(elements, (int) count, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
answer_byte_array(const McSpan *values, size_t count)
{
	Datum *elements = palloc(count * sizeof(Datum));

	for (size_t i = 0; i < count; i++)
		elements[i] = answer_bytes(values[i].data, values[i].size);
	return PointerGetDatum(
		construct_array(elements, (int) count, BYTEAOID, -1, false, TYPALIGN_INT));
}

static Datum
numeric_of_text(const char *text)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

Datum
answer_wide(Wide value)
{
	char text[WIDE_TEXT_SIZE];

	wide_format(value, text);
	return numeric_of_text(text);
}

Datum
answer_units(uint64 units)
{
	return numeric_of_text(psprintf(UINT64_FORMAT ".%0*d", units / CCC_UNITS, UNITS_DECIMALS,
									(int) (units % CCC_UNITS)));
}

Datum
answer_status(McStatus status)
{
	const McStatusInfo *info = status_info(status);

	Assert(status == MC_OK || info != NULL);
	return PointerGetDatum(cstring_to_text(status == MC_OK ? "ok" : info->name));
}
