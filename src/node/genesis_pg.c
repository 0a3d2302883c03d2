/*
 * genesis_pg.c - the SQL side of genesis: create, read, hash, describe.
 */
#include "node/genesis_pg.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "node/json_pg.h"
#include "node/keys_pg.h"
#include "node/launcher_pg.h"
#include "tx/condition.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

void
genesis_derive(NodeGenesis *genesis, const uint8_t voting_key[SUITE_PUBLIC_SIZE])
{
	const Genesis *document = &genesis->document;
	TxRules *rules = &genesis->rules;

	genesis_hash(document, &genesis->genesis_hash);
	genesis_valset_hash(document, &genesis->valset_hash);
	memcpy(genesis->chain_id, genesis->genesis_hash.bytes, CHAIN_ID_SIZE);
	memset(rules, 0, sizeof(*rules));
	memcpy(rules->chain_id, genesis->chain_id, CHAIN_ID_SIZE);
	rules->window_max_ms = (uint64_t) document->parameters[PARAMETER_TX_WINDOW_MAX];
	rules->fee_floor = document->parameters[PARAMETER_FEE_FLOOR];
	rules->fee_asset = document->fee_asset;
	rules->bytes_max = (uint32_t) document->parameters[PARAMETER_TX_BYTES_MAX];
	rules->signatures_max = (uint32_t) document->parameters[PARAMETER_TX_SIGNATURES_MAX];
	genesis->self = 0;
	while (genesis->self < document->member_count &&
		   memcmp(document->members[genesis->self].voting_key, voting_key, SUITE_PUBLIC_SIZE) != 0)
		genesis->self++;
}

void
genesis_running(NodeGenesis *genesis)
{
	McProblem problem;
	bool known;
	char reason[NODE_REASON_MAX];

	shmem_require();
	LWLockAcquire(node_shared->lock, LW_SHARED);
	known = node_shared->genesis_known && node_shared->database_oid == MyDatabaseId;
	if (known)
		*genesis = node_shared->genesis;
	strlcpy(reason, node_shared->reason, sizeof(reason));
	LWLockRelease(node_shared->lock);
	if (!known)
		problem_check(status_problem_name(&problem, MC_NOT_RUNNING, reason, strlen(reason)),
					  &problem);
}

bool
genesis_read(Genesis *document)
{
	McProblem problem;
	bytea *encoded;
	bool isnull;

	if (SPI_execute("SELECT encoded FROM mes_internal.genesis_rows", true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read genesis");
	if (SPI_processed == 0)
		return false;
	encoded =
		DatumGetByteaPP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	problem_check(genesis_decode(span_of(VARDATA_ANY(encoded), VARSIZE_ANY_EXHDR(encoded)),
								 document, &problem),
				  &problem);
	return true;
}

static const char *
member_text(Jsonb *member, const char *field, bool required)
{
	JsonbValue buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(&member->root, field, strlen(field), &buffer);
	McProblem problem;
	char why[MC_PROBLEM_NAME_MAX];

	if (value != NULL && value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	if (!required)
		return "";
	snprintf(why, sizeof(why), "a member lacks \"%s\"", field);
	problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, why, strlen(why)), &problem);
	return NULL;
}

static void
member_key(Jsonb *member, const char *field, uint8_t out[SUITE_PUBLIC_SIZE])
{
	const char *text = member_text(member, field, true);
	bytea *bytes = DatumGetByteaPP(
		DirectFunctionCall2(binary_decode, CStringGetTextDatum(text), CStringGetTextDatum("hex")));
	McProblem problem;

	if (VARSIZE_ANY_EXHDR(bytes) != SUITE_PUBLIC_SIZE)
		problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, field, strlen(field)),
					  &problem);
	memcpy(out, VARDATA_ANY(bytes), SUITE_PUBLIC_SIZE);
}

static int64
json_integer(const JsonbValue *value, const char *name)
{
	McProblem problem;

	if (value->type != jbvNumeric)
		problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, name, strlen(name)),
					  &problem);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

static void
member_from_json(Jsonb *json, GenesisMember *member)
{
	JsonbValue buffer;
	JsonbValue *port = getKeyJsonValueFromContainer(&json->root, "port", 4, &buffer);
	const char *fee_address = member_text(json, "fee_address", true);
	McProblem problem;

	strlcpy(member->name, member_text(json, "name", true), sizeof(member->name));
	strlcpy(member->host, member_text(json, "host", false), sizeof(member->host));
	member_key(json, "identity_key", member->identity_key);
	member_key(json, "voting_key", member->voting_key);
	problem_check(address_parse(span_text(fee_address), &member->fee_address, &problem), &problem);
	if (port != NULL)
		member->port = (uint16_t) json_integer(port, "port");
}

static void
parameters_from_json(Jsonb *json, Genesis *genesis)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue value;
	ParameterId id = PARAMETER_COUNT;
	bool fee_asset = false;
	McProblem problem;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			McSpan name = span_of(value.val.string.val, (size_t) value.val.string.len);

			id = parameter_by_name((const char *) name.data, name.size);
			fee_asset = name.size == 9 && memcmp(name.data, "fee_asset", 9) == 0;
			if (id == PARAMETER_COUNT && !fee_asset)
				problem_check(status_problem_name(&problem, MC_UNKNOWN_PARAMETER,
												  (const char *) name.data, name.size),
							  &problem);
		}
		else if (token == WJB_VALUE && fee_asset && value.type == jbvString)
			problem_check(
				tx_asset_parse(span_of(value.val.string.val, (size_t) value.val.string.len),
							   &genesis->fee_asset, &problem),
				&problem);
		else if (token == WJB_VALUE && !fee_asset)
			genesis->parameters[id] = json_integer(&value, parameter_info(id)->name);
	}
}

static void
push_text(JsonbParseState **state, const char *key, const char *text)
{
	JsonbValue name = { .type = jbvString };
	JsonbValue value = { .type = jbvString };

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = (int) strlen(key);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = (int) strlen(text);
	pushJsonbValue(state, WJB_KEY, &name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_number(JsonbParseState **state, const char *key, int64 number)
{
	JsonbValue name = { .type = jbvString };
	JsonbValue value = { .type = jbvNumeric };

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = (int) strlen(key);
	value.val.numeric = int64_to_numeric(number);
	pushJsonbValue(state, WJB_KEY, &name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_key(JsonbParseState **state, const char *key)
{
	JsonbValue name = { .type = jbvString };

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &name);
}

static void
push_hex(JsonbParseState **state, const char *key, const void *data, size_t size)
{
	char *hex = palloc(2 * size + 1);

	hex_format(data, size, hex);
	push_text(state, key, hex);
}

static void
push_member(JsonbParseState **state, JsonbIteratorToken begin, const GenesisMember *member)
{
	char address[ADDRESS_TEXT_SIZE + 1];

	address_format(&member->fee_address, address);
	pushJsonbValue(state, begin, NULL);
	push_text(state, "name", member->name);
	push_hex(state, "identity_key", member->identity_key, SUITE_PUBLIC_SIZE);
	push_hex(state, "voting_key", member->voting_key, SUITE_PUBLIC_SIZE);
	push_text(state, "fee_address", pstrdup(address));
	push_text(state, "host", member->host);
	push_number(state, "port", member->port);
}

static Jsonb *
genesis_to_json(const Genesis *genesis)
{
	JsonbParseState *state = NULL;
	McHash hash;

	genesis_hash(genesis, &hash);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_hex(&state, "genesis_hash", hash.bytes, HASH_SIZE);
	push_number(&state, "created_ms", (int64) genesis->created_ms);
	push_key(&state, "parameters");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int id = 0; id < PARAMETER_COUNT; id++)
		push_number(&state, parameter_info((ParameterId) id)->name, genesis->parameters[id]);
	if (genesis->fee_asset.code[0] != '\0')
		push_text(&state, "fee_asset", genesis->fee_asset.code);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	push_key(&state, "members");
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (uint32_t i = 0; i < genesis->member_count; i++)
	{
		push_member(&state, WJB_BEGIN_OBJECT, &genesis->members[i]);
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static Jsonb *
json_field(Jsonb *json, const char *field)
{
	JsonbValue buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(&json->root, field, strlen(field), &buffer);
	McProblem problem;

	if (value == NULL || value->type != jbvBinary)
		problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, field, strlen(field)),
					  &problem);
	return JsonbValueToJsonb(value);
}

/* The document that people exchange; its genesis_hash is checked against what it says. */
static void
genesis_from_json(Jsonb *json, Genesis *genesis)
{
	Jsonb *members = json_field(json, "members");
	JsonbValue buffer;
	JsonbValue *created = getKeyJsonValueFromContainer(&json->root, "created_ms", 10, &buffer);
	McProblem problem;
	McHash hash;
	char hex[2 * HASH_SIZE + 1];

	genesis_init(genesis);
	if (created == NULL)
		problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, "created_ms", 10),
					  &problem);
	genesis->created_ms = (uint64_t) json_integer(created, "created_ms");
	parameters_from_json(json_field(json, "parameters"), genesis);
	for (uint32 i = 0; i < JsonContainerSize(&members->root) && i < GENESIS_MEMBERS_MAX; i++)
		member_from_json(JsonbValueToJsonb(getIthJsonbValueFromContainer(&members->root, i)),
						 &genesis->members[genesis->member_count++]);
	problem_check(genesis_check(genesis, &problem), &problem);
	genesis_hash(genesis, &hash);
	hex_format(hash.bytes, HASH_SIZE, hex);
	if (strcmp(hex, member_text(json, "genesis_hash", true)) != 0)
		problem_check(status_problem_name(&problem, MC_INVALID_GENESIS,
										  "genesis_hash does not fit the document", 38),
					  &problem);
}

static void
node_member(GenesisMember *member)
{
	SuiteSecret secret;

	memset(member, 0, sizeof(*member));
	strlcpy(member->name,
			guc_node_name != NULL && guc_node_name[0] != '\0' ? guc_node_name : "node1",
			sizeof(member->name));
	keys_load(NODE_KEY_IDENTITY, &secret);
	memcpy(member->identity_key, secret.key.public_key, SUITE_PUBLIC_SIZE);
	condition_address_of_key(&secret.key, &member->fee_address);
	keys_load(NODE_KEY_VOTING, &secret);
	memcpy(member->voting_key, secret.key.public_key, SUITE_PUBLIC_SIZE);
	suite_wipe(&secret, sizeof(secret));
	strlcpy(member->host, "localhost", sizeof(member->host));
	member->port = (uint16_t) PostPortNumber;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_create_node_key);
Datum
mes_create_node_key(PG_FUNCTION_ARGS)
{
	for (NodeKey key = NODE_KEY_IDENTITY; key <= NODE_KEY_WRAPPING; key++)
		if (!keys_exist(key))
			keys_create(key);
	PG_RETURN_VOID();
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_node_descriptor);
Datum
mes_node_descriptor(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	GenesisMember member;

	node_member(&member);
	push_member(&state, WJB_BEGIN_OBJECT, &member);
	PG_RETURN_POINTER(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* Builds a document of the given members; what it is good for is decided by join_federation. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_build_genesis);
Datum
mes_internal_build_genesis(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	Genesis *genesis = palloc(sizeof(Genesis));
	Datum *members;
	bool *nulls;
	int count;
	McProblem problem;

	genesis_init(genesis);
	genesis->created_ms =
		(uint64_t) (GetCurrentTimestamp() / 1000 +
					(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000));
	parameters_from_json(PG_GETARG_JSONB_P(1), genesis);
	deconstruct_array(array, JSONBOID, -1, false, TYPALIGN_INT, &members, &nulls, &count);
	for (int i = 0; i < count && i < GENESIS_MEMBERS_MAX; i++)
		if (!nulls[i])
			member_from_json(DatumGetJsonbP(members[i]),
							 &genesis->members[genesis->member_count++]);
	problem_check(genesis_check(genesis, &problem), &problem);
	PG_RETURN_POINTER(genesis_to_json(genesis));
}

/* The canonical bytes of a genesis document, after every check. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_encode_genesis);
Datum
mes_internal_encode_genesis(PG_FUNCTION_ARGS)
{
	Genesis *genesis = palloc(sizeof(Genesis));
	bytea *encoded = palloc(VARHDRSZ + GENESIS_BYTES_MAX);
	WireWriter writer;

	genesis_from_json(PG_GETARG_JSONB_P(0), genesis);
	wire_writer_init(&writer, VARDATA(encoded), GENESIS_BYTES_MAX);
	genesis_encode(genesis, &writer);
	SET_VARSIZE(encoded, VARHDRSZ + writer.size);
	PG_RETURN_BYTEA_P(encoded);
}

/* Called by join_federation when the row is in: workers start when the transaction commits. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_wake_launcher);
Datum
mes_internal_wake_launcher(PG_FUNCTION_ARGS)
{
	shmem_require();
	launcher_wake_at_commit();
	PG_RETURN_VOID();
}
