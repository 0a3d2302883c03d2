/*
 * genesis_json_pg.c - reads and writes genesis as jsonb; decides nothing about what is in it.
 */
#include "node/genesis_json_pg.h"

#include "fmgr.h"
#include "node/errors_pg.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* ---- reading -----------------------------------------------------------------------------------
 */

static void
refuse(const char *format, const char *field)
{
	McProblem problem;
	char why[MC_PROBLEM_NAME_MAX];

	snprintf(why, sizeof(why), format, field);
	problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, why, strlen(why)), &problem);
}

JsonbValue *
json_find(Jsonb *json, const char *field, JsonbValue *buffer)
{
	if (!JB_ROOT_IS_OBJECT(json))
		return NULL;
	return getKeyJsonValueFromContainer(&json->root, field, (int) strlen(field), buffer);
}

/* Into room for size - 1 bytes; a member may leave out what has a fallback. */
static void
member_text(Jsonb *member, const char *field, bool required, char *out, size_t size)
{
	JsonbValue buffer;
	JsonbValue *value = json_find(member, field, &buffer);

	out[0] = '\0';
	if (value == NULL || value->type == jbvNull)
	{
		if (required)
			refuse("a member lacks \"%s\"", field);
		return;
	}
	if (value->type != jbvString)
		refuse("a member's \"%s\" is no text", field);
	if ((size_t) value->val.string.len >= size)
		refuse("a member's \"%s\" is too long", field);
	memcpy(out, value->val.string.val, (size_t) value->val.string.len);
	out[value->val.string.len] = '\0';
}

void
json_hex(const JsonbValue *value, const char *field, void *out, size_t size)
{
	if (value == NULL)
		refuse("\"%s\" is missing", field);
	if (value->type != jbvString || (size_t) value->val.string.len != 2 * size)
		refuse("\"%s\" is no hex text of its length", field);
	for (size_t i = 0; i < 2 * size; i++)
		if (!isxdigit((unsigned char) value->val.string.val[i]))
			refuse("\"%s\" is no hex text of its length", field);
	hex_decode(value->val.string.val, 2 * size, out);
}

static int64
json_integer(const JsonbValue *value, const char *field, int64 minimum, int64 maximum)
{
	Numeric number;
	int64 result;

	if (value == NULL)
		refuse("\"%s\" is missing", field);
	if (value->type != jbvNumeric)
		refuse("\"%s\" is no number", field);
	number = DatumGetNumeric(
		DirectFunctionCall2(numeric_trunc, NumericGetDatum(value->val.numeric), Int32GetDatum(0)));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(number),
										  NumericGetDatum(value->val.numeric))))
		refuse("\"%s\" is no whole number", field);
	if (DatumGetBool(DirectFunctionCall2(numeric_lt, NumericGetDatum(number),
										 NumericGetDatum(int64_to_numeric(minimum)))) ||
		DatumGetBool(DirectFunctionCall2(numeric_gt, NumericGetDatum(number),
										 NumericGetDatum(int64_to_numeric(maximum)))))
		refuse("\"%s\" is out of range", field);
	result = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(number)));
	return result;
}

void
genesis_json_member(Jsonb *json, Genesis *genesis)
{
	GenesisMember *member;
	JsonbValue buffer;
	JsonbValue *port;
	char fee_address[ADDRESS_TEXT_SIZE + 1];
	McProblem problem;

	if (!JB_ROOT_IS_OBJECT(json))
		refuse("%s", "a member is no JSON object");
	if (genesis->member_count == GENESIS_MEMBERS_MAX)
		refuse("%s", "a federation has 1 to 100 members");
	member = &genesis->members[genesis->member_count++];
	member_text(json, "name", true, member->name, sizeof(member->name));
	member_text(json, "host", false, member->host, sizeof(member->host));
	member_text(json, "fee_address", true, fee_address, sizeof(fee_address));
	problem_check(address_parse(span_text(fee_address), &member->fee_address, &problem), &problem);
	json_hex(json_find(json, "identity_key", &buffer), "identity_key", member->identity_key,
			 SUITE_PUBLIC_SIZE);
	json_hex(json_find(json, "voting_key", &buffer), "voting_key", member->voting_key,
			 SUITE_PUBLIC_SIZE);
	port = json_find(json, "port", &buffer);
	member->port = port != NULL ? (uint16_t) json_integer(port, "port", 0, UINT16_MAX) : 0;
}

static void
take_parameter(Genesis *genesis, McSpan name, const JsonbValue *value)
{
	ParameterId id = parameter_by_name((const char *) name.data, name.size);
	McProblem problem;

	if (id != PARAMETER_COUNT)
		genesis->parameters[id] =
			json_integer(value, parameter_info(id)->name, PG_INT64_MIN, PG_INT64_MAX);
	else if (name.size != 9 || memcmp(name.data, "fee_asset", 9) != 0)
		problem_check(status_problem_name(&problem, MC_UNKNOWN_PARAMETER, (const char *) name.data,
										  name.size),
					  &problem);
	else if (value->type == jbvString)
		problem_check(tx_asset_parse(span_of(value->val.string.val, (size_t) value->val.string.len),
									 &genesis->fee_asset, &problem),
					  &problem);
	else if (value->type != jbvNull)
		refuse("\"%s\" is no text", "fee_asset");
}

void
genesis_json_parameters(Jsonb *json, Genesis *genesis)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	McSpan name = { 0 };

	if (!JB_ROOT_IS_OBJECT(json))
		refuse("\"%s\" is no JSON object", "parameters");
	iterator = JsonbIteratorInit(&json->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = span_of(value.val.string.val, (size_t) value.val.string.len);
		else if (token == WJB_VALUE)
			take_parameter(genesis, name, &value);
	}
}

static Jsonb *
json_container(Jsonb *json, const char *field)
{
	JsonbValue buffer;
	JsonbValue *value = json_find(json, field, &buffer);

	if (value == NULL || value->type != jbvBinary)
		refuse("\"%s\" is missing", field);
	return JsonbValueToJsonb(value);
}

void
genesis_from_json(Jsonb *json, Genesis *genesis)
{
	Jsonb *members = json_container(json, "members");
	JsonbValue buffer;
	McProblem problem;
	McHash hash;
	McHash claimed;

	genesis_init(genesis);
	genesis->created_ms = (uint64_t) json_integer(json_find(json, "created_ms", &buffer),
												  "created_ms", 0, PG_INT64_MAX);
	genesis_json_parameters(json_container(json, "parameters"), genesis);
	if (!JB_ROOT_IS_ARRAY(members))
		refuse("\"%s\" is no JSON array", "members");
	for (uint32 i = 0; i < JsonContainerSize(&members->root); i++)
	{
		JsonbValue *member = getIthJsonbValueFromContainer(&members->root, i);

		genesis_json_member(JsonbValueToJsonb(member), genesis);
	}
	problem_check(genesis_check(genesis, &problem), &problem);
	genesis_hash(genesis, &hash);
	json_hex(json_find(json, "genesis_hash", &buffer), "genesis_hash", claimed.bytes, HASH_SIZE);
	if (!hash_equal(&claimed, &hash))
		refuse("%s does not fit the document", "genesis_hash");
}

/* ---- writing -----------------------------------------------------------------------------------
 */

void
json_push_key(JsonbParseState **state, const char *key)
{
	JsonbValue name = { .type = jbvString };

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &name);
}

void
json_push_text(JsonbParseState **state, const char *key, const char *text)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = unconstify(char *, text);
	value.val.string.len = (int) strlen(text);
	json_push_key(state, key);
	pushJsonbValue(state, WJB_VALUE, &value);
}

void
json_push_number(JsonbParseState **state, const char *key, int64 number)
{
	JsonbValue value = { .type = jbvNumeric };

	value.val.numeric = int64_to_numeric(number);
	json_push_key(state, key);
	pushJsonbValue(state, WJB_VALUE, &value);
}

void
json_push_hex(JsonbParseState **state, const char *key, const void *data, size_t size)
{
	char *hex = palloc(2 * size + 1);

	hex_format(data, size, hex);
	json_push_text(state, key, hex);
}

static void
push_member(JsonbParseState **state, const GenesisMember *member)
{
	char *address = palloc(ADDRESS_TEXT_SIZE + 1);

	address_format(&member->fee_address, address);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	json_push_text(state, "name", member->name);
	json_push_hex(state, "identity_key", member->identity_key, SUITE_PUBLIC_SIZE);
	json_push_hex(state, "voting_key", member->voting_key, SUITE_PUBLIC_SIZE);
	json_push_text(state, "fee_address", address);
	json_push_text(state, "host", member->host);
	json_push_number(state, "port", member->port);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

void
genesis_to_json_open(const Genesis *genesis, JsonbParseState **state)
{
	McHash hash;

	genesis_hash(genesis, &hash);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	json_push_hex(state, "genesis_hash", hash.bytes, HASH_SIZE);
	json_push_number(state, "created_ms", (int64) genesis->created_ms);
	json_push_key(state, "parameters");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int id = 0; id < PARAMETER_COUNT; id++)
		json_push_number(state, parameter_info((ParameterId) id)->name, genesis->parameters[id]);
	if (genesis->fee_asset.code[0] != '\0')
		json_push_text(state, "fee_asset", genesis->fee_asset.code);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
	json_push_key(state, "members");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (uint32_t i = 0; i < genesis->member_count; i++)
		push_member(state, &genesis->members[i]);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

Jsonb *
genesis_to_json(const Genesis *genesis)
{
	JsonbParseState *state = NULL;

	genesis_to_json_open(genesis, &state);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}
