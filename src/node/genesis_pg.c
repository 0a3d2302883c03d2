/*
 * genesis_pg.c - the SQL side of genesis: create, read, hash, describe.
 */
#include "node/genesis_pg.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/governance.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "node/errors_pg.h"
#include "node/genesis_json_pg.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "node/votelog_pg.h"
#include "node/launcher_pg.h"
#include "tx/condition.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

void
genesis_derive(NodeGenesis *genesis, const uint8_t voting_key[SUITE_PUBLIC_SIZE])
{
	const Genesis *document = &genesis->document;

	genesis_hash(document, &genesis->genesis_hash);
	genesis_valset_hash(document, &genesis->valset_hash);
	memcpy(genesis->chain_id, genesis->genesis_hash.bytes, CHAIN_ID_SIZE);
	memset(&genesis->rules, 0, sizeof(genesis->rules));
	memcpy(genesis->rules.chain_id, genesis->chain_id, CHAIN_ID_SIZE);
	governance_rules(document, &genesis->rules);
	genesis->peer_count = document->member_count;
	for (uint32_t i = 0; i < document->member_count; i++)
		genesis->numbers[i] = (uint16_t) i;
	genesis->self = 0;
	while (genesis->self < document->member_count &&
		   memcmp(document->members[genesis->self].voting_key, voting_key, SUITE_PUBLIC_SIZE) != 0)
		genesis->self++;
}

static void
refuse_standby(void)
{
	if (RecoveryInProgress()) /* P20 */
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("this server is a standby and cannot submit"),
						errhint("Connect to the primary.")));
}

void
genesis_publish(const NodeGenesis *genesis)
{
	node_shared->genesis = *genesis;
	node_shared->genesis_version++;
}

const NodeGenesis *
genesis_in_force(void)
{
	static NodeGenesis genesis;
	static uint64_t version;
	McProblem problem;
	bool known;
	char reason[NODE_REASON_MAX];

	refuse_standby();
	shmem_require();
	LWLockAcquire(node_shared->lock, LW_SHARED);
	known = node_shared->genesis_known && node_shared->database_oid == MyDatabaseId;
	if (known && version != node_shared->genesis_version)
	{
		genesis = node_shared->genesis;
		version = node_shared->genesis_version;
	}
	if (!known)
		strlcpy(reason, node_shared->reason, sizeof(reason));
	LWLockRelease(node_shared->lock);
	if (!known)
		problem_check(status_problem_name(&problem, MC_NOT_RUNNING, reason, strlen(reason)),
					  &problem);
	return &genesis;
}

void
genesis_running(NodeGenesis *genesis)
{
	*genesis = *genesis_in_force();
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

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_create_node_key);
Datum
mes_create_node_key(PG_FUNCTION_ARGS)
{
	SuiteSecret voting;
	uint8_t log_uuid[VOTELOG_UUID_SIZE];
	bool voted_before = keys_exist(NODE_KEY_VOTING);

	for (NodeKey key = NODE_KEY_IDENTITY; key <= NODE_KEY_WRAPPING; key++)
		if (!keys_exist(key))
			keys_create(key);
	if (!voted_before)
	{
		keys_load(NODE_KEY_VOTING, &voting);
		votelog_create(voting.key.public_key, log_uuid);
		suite_wipe(&voting, sizeof(voting));
	}
	PG_RETURN_VOID();
}

/* ---- this node ---------------------------------------------------------------------------------
 */

static void
push_public_key(JsonbParseState **state, const char *field, NodeKey key)
{
	SuiteSecret secret;

	keys_load(key, &secret);
	json_push_hex(state, field, secret.key.public_key, SUITE_PUBLIC_SIZE);
	suite_wipe(&secret, sizeof(secret));
}

/* An identity key belongs offline (A25): where it is, its fields are filled in by hand. */
static void
push_identity(JsonbParseState **state)
{
	SuiteSecret secret;
	McAddress address;
	char *text = palloc(ADDRESS_TEXT_SIZE + 1);

	if (!keys_exist(NODE_KEY_IDENTITY))
		return;
	push_public_key(state, "identity_key", NODE_KEY_IDENTITY);
	keys_load(NODE_KEY_IDENTITY, &secret);
	condition_address_of_key(&secret.key, &address);
	suite_wipe(&secret, sizeof(secret));
	address_format(&address, text);
	json_push_text(state, "fee_address", text);
}

/* The first address to listen on, when it is one by which others can find this server. */
static char *
own_host(void)
{
	char *first = pnstrdup(ListenAddresses, strcspn(ListenAddresses, ", "));
	char name[GENESIS_HOST_MAX + 1];

	if (first[0] == '\0')
		return "localhost"; /* on sockets alone: for whoever tries it out */
	if (strcmp(first, "*") != 0 && strcmp(first, "0.0.0.0") != 0 && strcmp(first, "::") != 0)
		return first;
	if (gethostname(name, sizeof(name)) != 0)
		return "localhost";
	name[GENESIS_HOST_MAX] = '\0';
	return pstrdup(name);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_node_descriptor);
Datum
mes_node_descriptor(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	bool named = guc_node_name != NULL && guc_node_name[0] != '\0';
	int32 port = PG_ARGISNULL(1) ? PostPortNumber : PG_GETARG_INT32(1);

	if (port < 1 || port > 65535)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("port %d is not from 1 to 65535", port)));
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	json_push_text(&state, "name", named ? guc_node_name : "node1");
	push_public_key(&state, "voting_key", NODE_KEY_VOTING);
	push_identity(&state);
	json_push_text(&state, "host",
				   PG_ARGISNULL(0) ? own_host() : text_to_cstring(PG_GETARG_TEXT_PP(0)));
	json_push_number(&state, "port", port);
	PG_RETURN_POINTER(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* ---- documents ---------------------------------------------------------------------------------
 */

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
	genesis_json_parameters(PG_GETARG_JSONB_P(1), genesis);
	deconstruct_array(array, JSONBOID, -1, false, TYPALIGN_INT, &members, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			genesis_json_member(DatumGetJsonbP(members[i]), genesis);
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

/* The document in its one form: fields that genesis does not know are gone, signatures too. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_plain_genesis);
Datum
mes_internal_plain_genesis(PG_FUNCTION_ARGS)
{
	Genesis *genesis = palloc(sizeof(Genesis));

	genesis_from_json(PG_GETARG_JSONB_P(0), genesis);
	PG_RETURN_POINTER(genesis_to_json(genesis));
}

/* ---- signatures: members tell each other that they hold the same document ----------------------
 */

static uint32_t
find_member(const Genesis *genesis, const char *name, size_t size)
{
	uint32_t number = 0;

	while (number < genesis->member_count &&
		   (strlen(genesis->members[number].name) != size ||
			memcmp(genesis->members[number].name, name, size) != 0))
		number++;
	return number;
}

static void
refuse_signature(const char *format, const char *name)
{
	McProblem problem;
	char why[MC_PROBLEM_NAME_MAX];

	snprintf(why, sizeof(why), format, name);
	problem_check(status_problem_name(&problem, MC_INVALID_GENESIS, why, strlen(why)), &problem);
}

/* One signature of a document; raises when it is nobody's or does not verify. */
static const GenesisMember *
check_signature(const Genesis *genesis, const JsonbValue *name, const JsonbValue *value)
{
	char *text = pnstrdup(name->val.string.val, (Size) name->val.string.len);
	uint32_t number = find_member(genesis, text, strlen(text));
	SuiteKey key = { .suite = SUITE_ED25519 };
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	McHash agreement;

	if (number == genesis->member_count)
		refuse_signature("a signature is of \"%s\", who is no member", text);
	json_hex(value, "signatures", signature, sizeof(signature));
	genesis_agreement(genesis, &agreement);
	memcpy(key.public_key, genesis->members[number].identity_key, SUITE_PUBLIC_SIZE);
	if (!suite_verify(&key, span_of(agreement.bytes, HASH_SIZE), signature))
		refuse_signature("the signature of \"%s\" does not verify", text);
	return &genesis->members[number];
}

static Jsonb *
signatures_of(Jsonb *json)
{
	JsonbValue buffer;
	JsonbValue *value = json_find(json, "signatures", &buffer);

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse_signature("%s", "\"signatures\" is no JSON object");
	return JsonbValueToJsonb(value);
}

/* Names of the members whose signatures a document bears. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_genesis_signers);
Datum
mes_internal_genesis_signers(PG_FUNCTION_ARGS)
{
	Genesis *genesis = palloc(sizeof(Genesis));
	Jsonb *signatures = signatures_of(PG_GETARG_JSONB_P(0));
	Datum *names = palloc(GENESIS_MEMBERS_MAX * sizeof(Datum));
	int count = 0;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue name = { 0 };
	JsonbValue value;

	genesis_from_json(PG_GETARG_JSONB_P(0), genesis);
	iterator = signatures != NULL ? JsonbIteratorInit(&signatures->root) : NULL;
	while (iterator != NULL && (token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		/* a name stands once in jsonb, so no more than there are members */
		if (token == WJB_KEY)
			name = value;
		else if (token == WJB_VALUE)
			names[count++] = CStringGetTextDatum(check_signature(genesis, &name, &value)->name);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
copy_signatures(JsonbParseState **state, Jsonb *signatures, const char *but)
{
	JsonbIterator *iterator = JsonbIteratorInit(&signatures->root);
	JsonbIteratorToken token;
	JsonbValue value;
	char *name = NULL;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, (Size) value.val.string.len);
		else if (token == WJB_VALUE && strcmp(name, but) != 0)
		{
			json_push_key(state, name);
			pushJsonbValue(state, WJB_VALUE, &value);
		}
	}
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_sign_genesis);
Datum
mes_sign_genesis(PG_FUNCTION_ARGS)
{
	Jsonb *json = PG_GETARG_JSONB_P(0);
	Genesis *genesis = palloc(sizeof(Genesis));
	Jsonb *signatures = signatures_of(json);
	JsonbParseState *state = NULL;
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	uint32_t number = 0;
	SuiteSecret secret;
	McHash agreement;

	genesis_from_json(json, genesis);
	keys_load(NODE_KEY_IDENTITY, &secret);
	while (number < genesis->member_count && memcmp(genesis->members[number].identity_key,
													secret.key.public_key, SUITE_PUBLIC_SIZE) != 0)
		number++;
	genesis_agreement(genesis, &agreement);
	suite_sign(&secret, span_of(agreement.bytes, HASH_SIZE), signature);
	suite_wipe(&secret, sizeof(secret));
	if (number == genesis->member_count)
		refuse_signature("%s", "it does not name this node's identity key");
	genesis_to_json_open(genesis, &state);
	json_push_key(&state, "signatures");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (signatures != NULL)
		copy_signatures(&state, signatures, genesis->members[number].name);
	json_push_hex(&state, genesis->members[number].name, signature, sizeof(signature));
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	PG_RETURN_POINTER(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
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
