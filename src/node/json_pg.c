/*
 * json_pg.c - the two directions between jsonb and CBOR.
 */
#include "node/json_pg.h"

#include "node/errors_pg.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

static void
refuse(const char *what)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, MC_UNSUPPORTED_JSON, what, strlen(what)), &problem);
}

static void
put_number(WireWriter *writer, Numeric number)
{
	Datum truncated = DirectFunctionCall2(numeric_trunc, NumericGetDatum(number), Int32GetDatum(0));
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number)));
	bool whole = DatumGetBool(DirectFunctionCall2(numeric_eq, truncated, NumericGetDatum(number)));
	char *end;
	int64 value;

	if (!whole)
		refuse(psprintf("number %s", text));
	text = DatumGetCString(DirectFunctionCall1(numeric_out, truncated));
	errno = 0;
	value = strtoi64(text, &end, 10);
	if (errno != 0 || *end != '\0')
		refuse(psprintf("number %s", text));
	wire_put_int(writer, value);
}

static void
put_scalar(WireWriter *writer, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			wire_put_null(writer);
			break;
		case jbvString:
			wire_put_text(writer, span_of(value->val.string.val, value->val.string.len));
			break;
		case jbvNumeric:
			put_number(writer, value->val.numeric);
			break;
		case jbvBool:
			wire_put_bool(writer, value->val.boolean);
			break;
		default:
			elog(ERROR, "unexpected jsonb value of type %d", value->type);
	}
}

void
json_to_wire(Jsonb *json, WireWriter *writer)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue value;
	bool raw_scalar = false;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		if (token == WJB_BEGIN_ARRAY)
		{
			raw_scalar = value.val.array.rawScalar;
			if (!raw_scalar)
				wire_put_array(writer, value.val.array.nElems);
		}
		else if (token == WJB_BEGIN_OBJECT)
			wire_put_map(writer, value.val.object.nPairs);
		else if (token == WJB_KEY || token == WJB_VALUE || token == WJB_ELEM)
			put_scalar(writer, &value);
	}
}

static JsonbValue
text_value(McSpan text)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = (char *) text.data;
	value.val.string.len = (int) text.size;
	return value;
}

static JsonbValue
scalar_value(WireReader *reader, WireKind kind)
{
	JsonbValue value = { .type = jbvNull };
	McSpan span;
	int64_t number;
	char *hex;

	switch (kind)
	{
		case WIRE_UINT:
		case WIRE_NEGATIVE:
			wire_read_int(reader, &number);
			value.type = jbvNumeric;
			value.val.numeric = int64_to_numeric(number);
			break;
		case WIRE_TEXT:
			wire_read_text(reader, SIZE_MAX, &span);
			value = text_value(span);
			break;
		case WIRE_BYTES:
			wire_read_bytes(reader, SIZE_MAX, &span);
			hex = palloc(2 * span.size + 1);
			hex_format(span.data, span.size, hex);
			value = text_value(span_text(hex));
			break;
		case WIRE_TRUE:
		case WIRE_FALSE:
			value.type = jbvBool;
			wire_read_bool(reader, &value.val.boolean);
			break;
		default:
			wire_read_null(reader);
	}
	return value;
}

/* Depth was bounded when the bytes were checked, so recursion is bounded too. */
JsonbValue *
json_push_wire(JsonbParseState **state, JsonbIteratorToken token, WireReader *reader)
{
	WireKind kind = wire_peek(reader);
	bool map = kind == WIRE_MAP;
	JsonbValue scalar;
	McSpan key;
	size_t count;

	if (kind != WIRE_MAP && kind != WIRE_ARRAY)
	{
		scalar = scalar_value(reader, kind);
		return pushJsonbValue(state, token, &scalar);
	}
	if (map)
		wire_read_map(reader, SIZE_MAX, &count);
	else
		wire_read_array(reader, SIZE_MAX, &count);
	pushJsonbValue(state, map ? WJB_BEGIN_OBJECT : WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < count; i++)
	{
		if (map)
		{
			wire_read_text(reader, SIZE_MAX, &key);
			scalar = text_value(key);
			pushJsonbValue(state, WJB_KEY, &scalar);
		}
		json_push_wire(state, map ? WJB_VALUE : WJB_ELEM, reader);
	}
	return pushJsonbValue(state, map ? WJB_END_OBJECT : WJB_END_ARRAY, NULL);
}

Jsonb *
json_from_wire(McSpan encoded)
{
	JsonbParseState *state = NULL;
	WireReader reader;
	WireKind kind;
	JsonbValue *built;
	JsonbValue scalar;

	wire_reader_init(&reader, encoded);
	kind = wire_peek(&reader);
	if (kind != WIRE_MAP && kind != WIRE_ARRAY)
	{
		scalar = scalar_value(&reader, kind);
		return JsonbValueToJsonb(&scalar);
	}
	built = json_push_wire(&state, WJB_ELEM, &reader);
	if (reader.status != MC_OK)
		elog(ERROR, "stored CBOR is damaged at byte %zu", reader.fault_offset);
	return JsonbValueToJsonb(built);
}
