/*
 * contract_json_pg.c - fields from jsonb and outcomes to jsonb. A number keeps all its digits:
 * jsonb holds numeric, never a float. A hash is 64 hexadecimal digits; a null is a missing field.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "contract/contract_pg.h"

static const char *
json_kind(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNumeric:
			return "a number";
		case jbvString:
			return "a text";
		case jbvBool:
			return "a boolean";
		default:
			return "an object or array";
	}
}

static bool
bad_value(AcsOutcome *outcome, const AcsField *field, const char *what)
{
	char label[ACS_NAME_MAX + 4];
	char text[MC_PROBLEM_NAME_MAX];
	int size;

	acs_field_label(field, label);
	size = snprintf(text, sizeof(text), "%s %s", label, what);
	outcome->status = status_problem_name(&outcome->problem, MC_ACS_FIELD_VALUE, text, size);
	return false;
}

/* Decimals beyond the twelfth may only be zeros. */
static bool
dec_of_numeric(Numeric numeric, AcsDec *dec)
{
	char *text = numeric_normalize(numeric);
	bool fits = acs_dec_parse(span_text(text), dec);

	pfree(text);
	return fits;
}

static bool
hash_of_text(const JsonbValue *value, AcsCell *cell)
{
	uint8_t *bytes;

	if (value->val.string.len != 2 * HASH_SIZE ||
		strspn(pnstrdup(value->val.string.val, value->val.string.len), "0123456789abcdefABCDEF") !=
			2 * HASH_SIZE)
		return false;
	bytes = palloc(HASH_SIZE);
	hex_decode(value->val.string.val, 2 * HASH_SIZE, (char *) bytes);
	cell->text.data = bytes;
	cell->text.size = HASH_SIZE;
	return true;
}

static bool
fill_slot(const AcsField *field, const JsonbValue *value, AcsSlot *slot, AcsOutcome *outcome)
{
	char what[64];
	static const enum jbvType wanted[ACS_TYPE_COUNT] = {
		[ACS_DEC] = jbvNumeric, [ACS_BOOL] = jbvBool, [ACS_TEXT] = jbvString, [ACS_HASH] = jbvString
	};

	if (value->type != wanted[field->type])
	{
		snprintf(what, sizeof(what), "holds %s, not a %s", json_kind(value),
				 acs_type_name((AcsType) field->type));
		return bad_value(outcome, field, what);
	}
	slot->present = true;
	if (field->type == ACS_BOOL)
		slot->value.truth = value->val.boolean;
	else if (field->type == ACS_DEC)
	{
		if (!dec_of_numeric(value->val.numeric, &slot->value.dec))
			return bad_value(outcome, field, "has over 12 decimals or is out of range");
	}
	else if (field->type == ACS_HASH)
	{
		if (!hash_of_text(value, &slot->value))
			return bad_value(outcome, field, "holds no 64 hexadecimal digits");
	}
	else
	{
		if (value->val.string.len > ACS_TEXT_MAX)
			return bad_value(outcome, field, "holds a text of over 4096 bytes");
		slot->value.text.data = (const uint8_t *) value->val.string.val;
		slot->value.text.size = (size_t) value->val.string.len;
	}
	return true;
}

bool
contract_fill_slots(const AcsProgram *program, Jsonb *self, Jsonb *operator_fields, AcsSlot *slots,
					AcsOutcome *outcome)
{
	for (size_t i = 0; i < program->field_count; i++)
	{
		const AcsField *field = &program->fields[i];
		Jsonb *from = field->container == ACS_OPERATOR ? operator_fields : self;
		JsonbValue value;

		memset(&slots[i], 0, sizeof(slots[i]));
		if (getKeyJsonValueFromContainer(&from->root, (const char *) field->name.data,
										 (int) field->name.size, &value) == NULL ||
			value.type == jbvNull)
			continue;
		if (!fill_slot(field, &value, &slots[i], outcome))
			return false;
	}
	return true;
}

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *text, int size)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = (char *) text;
	value.val.string.len = size;
	pushJsonbValue(state, token, &value);
}

static void
push_key(JsonbParseState **state, const char *key)
{
	push_text(state, WJB_KEY, key, (int) strlen(key));
}

static void
push_cstring(JsonbParseState **state, const char *text)
{
	push_text(state, WJB_VALUE, text, (int) strlen(text));
}

static void
push_integer(JsonbParseState **state, int64 number)
{
	JsonbValue value = { .type = jbvNumeric };

	value.val.numeric = int64_to_numeric(number);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_dec(JsonbParseState **state, AcsDec dec)
{
	JsonbValue value = { .type = jbvNumeric };
	char text[ACS_DEC_TEXT_MAX];

	acs_dec_format(dec, text);
	value.val.numeric = DatumGetNumeric(DirectFunctionCall3(
		numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_cell(JsonbParseState **state, AcsType type, const AcsCell *cell)
{
	JsonbValue value = { .type = jbvBool };

	if (type == ACS_DEC)
		push_dec(state, cell->dec);
	else if (type == ACS_TEXT)
		push_text(state, WJB_VALUE, (const char *) cell->text.data, (int) cell->text.size);
	else if (type == ACS_HASH)
	{
		static const uint8_t zeros[HASH_SIZE];
		const uint8_t *bytes = cell->text.data != NULL ? cell->text.data : zeros;
		char *hex = palloc(2 * HASH_SIZE);

		hex_encode((const char *) bytes, HASH_SIZE, hex);
		push_text(state, WJB_VALUE, hex, 2 * HASH_SIZE);
	}
	else
	{
		value.val.boolean = type == ACS_BOOL && cell->truth;
		value.type = type == ACS_BOOL ? jbvBool : jbvNull;
		pushJsonbValue(state, WJB_VALUE, &value);
	}
}

static void
push_null(JsonbParseState **state)
{
	push_cell(state, ACS_NONE, NULL);
}

/* A field of the operator keeps its dollar, so that no two fields share a key. */
static char *
field_key(const AcsField *field)
{
	char label[ACS_NAME_MAX + 4];

	acs_field_label(field, label);
	return pstrdup(label + 2);
}

static void
push_writes(JsonbParseState **state, const AcsProgram *program, const AcsSlot *slots)
{
	push_key(state, "writes");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (size_t i = 0; program != NULL && i < program->field_count; i++)
		if (slots[i].written)
		{
			push_key(state, field_key(&program->fields[i]));
			push_cell(state, (AcsType) program->fields[i].type, &slots[i].value);
		}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
push_legs(JsonbParseState **state, const AcsProgram *program, const AcsOutcome *outcome)
{
	push_key(state, "legs");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < outcome->leg_count; i++)
	{
		const AcsLeg *leg = &outcome->legs[i];
		const AcsCell *asset = &program->constants[leg->asset].value;

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		push_key(state, "asset");
		push_cell(state, ACS_TEXT, asset);
		push_key(state, "from");
		push_cstring(state, field_key(&program->fields[leg->from]));
		push_key(state, "to");
		push_cstring(state, field_key(&program->fields[leg->to]));
		push_key(state, "amount");
		push_dec(state, leg->amount);
		push_key(state, "reason");
		push_cstring(state, leg->withheld ? "withheld" : "credit");
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* Line, column and caret are null for a mistake that is not in the source. */
static void
push_place(JsonbParseState **state, McSpan source, const size_t *offset)
{
	static const char *const keys[] = { "line", "column", "caret" };
	char *caret = palloc(ACS_CARET_MAX);
	uint32_t line;
	uint32_t column;

	for (int i = 0; offset == NULL && i < 3; i++)
	{
		push_key(state, keys[i]);
		push_null(state);
	}
	if (offset == NULL)
		return;
	acs_locate(source, *offset, &line, &column);
	acs_caret(source, *offset, caret);
	push_key(state, "line");
	push_integer(state, line);
	push_key(state, "column");
	push_integer(state, column);
	push_key(state, "caret");
	push_cstring(state, caret);
}

static void
push_error(JsonbParseState **state, const McProblem *problem, McSpan source, const size_t *offset)
{
	const McStatusInfo *info = status_info(problem->status);
	char *message = palloc(256);

	status_message(problem, message, 256);
	push_key(state, "error");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_key(state, "code");
	push_cstring(state, info->name);
	push_key(state, "sqlstate");
	push_cstring(state, psprintf("MC%03d", problem->status));
	push_key(state, "message");
	push_cstring(state, message);
	push_key(state, "hint");
	push_cstring(state, info->hint);
	push_place(state, source, offset);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

Jsonb *
contract_outcome_json(const AcsProgram *program, const AcsSlot *slots, const AcsOutcome *outcome,
					  McSpan source)
{
	JsonbParseState *state = NULL;
	size_t offset = outcome->offset;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_writes(&state, program, slots);
	push_legs(&state, program, outcome);
	push_key(&state, "return");
	push_cell(&state, (AcsType) outcome->result_type, &outcome->result);
	push_key(&state, "gas_used");
	push_integer(&state, outcome->gas_used);
	if (outcome->status != MC_OK)
		push_error(&state, &outcome->problem, source,
				   outcome->status == MC_ACS_FIELD_VALUE ? NULL : &offset);
	else
	{
		push_key(&state, "error");
		push_null(&state);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

Jsonb *
contract_refusal_json(const AcsDiagnostic *diagnostic, McSpan source)
{
	AcsOutcome outcome = { .status = diagnostic->problem.status,
						   .problem = diagnostic->problem,
						   .offset = (uint32_t) diagnostic->offset };

	return contract_outcome_json(NULL, NULL, &outcome, source);
}
