/*
 * governance_pg.c - mes.propose and mes.approve, and the rows behind the views of governance. A
 * signature is the caller's, made elsewhere, or by the identity key of this node while it is here.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/address.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/datum_pg.h"
#include "ledger/describe_pg.h"
#include "ledger/proposal.h"
#include "node/accounts_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_json_pg.h"
#include "node/genesis_pg.h"
#include "node/keys_pg.h"
#include "node/submission_pg.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define TERM_DEFAULT_US (INT64CONST(7) * 86400 * 1000000)
#define UNIX_EPOCH_US ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000000))

static McSpan
bytes_argument(FunctionCallInfo fcinfo, int argument)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(argument);

	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static void
refuse_field(const char *field)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, MC_PROPOSAL_FIELD, field, strlen(field)), &problem);
}

/* ---- the roll, as committed rows have it ------------------------------------------------------
 */

static bool
get_row(void *context, TxTable table, McSpan key, McSpan *value)
{
	bytea *bytes;
	bool isnull;

	if (SPI_execute_with_args(
			"SELECT value FROM mes_internal.state_rows "
			"WHERE table_number = $1 AND key = $2 ORDER BY height DESC LIMIT 1",
			2, (Oid[]){ INT2OID, BYTEAOID },
			(Datum[]){ Int16GetDatum((int16) table), bytes_datum(key.data, key.size) }, NULL, true,
			1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a state row");
	if (SPI_processed == 0)
		return false;
	bytes =
		DatumGetByteaPCopy(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	*value = span_of(VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
	return true;
}

/* Who speaks: the member of this name, else the one whose identity key this node holds. */
typedef struct Speaker
{
	uint32_t number;
	bool has_secret;
	SuiteSecret secret;
} Speaker;

static bool
speaks(const Speaker *speaker, const char *name, const GovernanceMember *member)
{
	if (member->standing == MEMBER_REMOVED)
		return false;
	if (name != NULL)
		return strcmp(member->member.name, name) == 0;
	return memcmp(member->member.identity_key, speaker->secret.key.public_key, SUITE_PUBLIC_SIZE) ==
		   0;
}

static void
find_speaker(const char *name, Speaker *speaker)
{
	Genesis *origin = palloc(sizeof(Genesis));
	GovernanceState state = { .get_row = get_row, .genesis = origin };
	GovernanceMember member;
	EngineRights saved;
	McProblem problem;
	uint32_t count;

	engine_rights_take(&saved);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (!genesis_read(origin))
		elog(ERROR, "there is no genesis");
	count = governance_number_count(&state);
	speaker->number = 0;
	while (speaker->number < count &&
		   !(governance_member(&state, speaker->number, &member) && speaks(speaker, name, &member)))
		speaker->number++;
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&saved);
	if (speaker->number < count)
		return;
	if (name == NULL)
		name = "of this node's identity key";
	problem_check(status_problem_name(&problem, MC_UNKNOWN_MEMBER, name, strlen(name)), &problem);
}

/* Needs a member's name with a signature; else this node's own key signs. */
static void
begin_speaker(FunctionCallInfo fcinfo, int name_argument, int signature_argument, Speaker *speaker)
{
	char *name =
		PG_ARGISNULL(name_argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(name_argument));

	speaker->has_secret = PG_ARGISNULL(signature_argument);
	if (speaker->has_secret)
		keys_load(NODE_KEY_IDENTITY, &speaker->secret);
	else if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("a signature needs the name of the member who signed")));
	find_speaker(name, speaker);
}

static void
sign(FunctionCallInfo fcinfo, int argument, const McHash *id, bool approval, Speaker *speaker,
	 uint8_t signature[SUITE_SIGNATURE_SIZE])
{
	McHash signing;

	proposal_signing_hash(id, approval, &signing);
	if (speaker->has_secret)
		suite_sign(&speaker->secret, span_hash(&signing), signature);
	else if (bytes_argument(fcinfo, argument).size != SUITE_SIGNATURE_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a signature is %d bytes", SUITE_SIGNATURE_SIZE)));
	else
		memcpy(signature, bytes_argument(fcinfo, argument).data, SUITE_SIGNATURE_SIZE);
	suite_wipe(&speaker->secret, sizeof(speaker->secret));
}

/* ---- proposals from jsonb ----------------------------------------------------------------------
 */

static bool
is_key(const JsonbValue *key, const char *name)
{
	return name != NULL && key->val.string.len == (int) strlen(name) &&
		   memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

static void
take_text(const JsonbValue *value, const char *field, size_t maximum, char *out)
{
	if (value->type != jbvString || (size_t) value->val.string.len > maximum ||
		memchr(value->val.string.val, 0, value->val.string.len) != NULL)
		refuse_field(field);
	memcpy(out, value->val.string.val, value->val.string.len);
	out[value->val.string.len] = '\0';
}

static int64
take_integer(const JsonbValue *value, const char *field)
{
	char *text;
	char *end;
	int64 number;

	if (value->type == jbvBool)
		return value->val.boolean;
	if (value->type != jbvNumeric)
		refuse_field(field);
	text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	errno = 0;
	number = strtoi64(text, &end, 10);
	if (errno != 0 || *end != '\0')
		refuse_field(field);
	return number;
}

static void
take_bytes(const JsonbValue *value, const char *field, ProposalBody *body, uint32_t flag, void *out)
{
	if (value->type != jbvString || value->val.string.len != 2 * 32)
		refuse_field(field);
	(void) hex_decode(value->val.string.val, 2 * 32, out);
	body->fields |= flag;
}

static void
take_address(const JsonbValue *value, ProposalBody *body)
{
	McProblem problem;

	if (value->type != jbvString)
		refuse_field("fee_address");
	problem_check(address_parse(span_of(value->val.string.val, value->val.string.len),
								&body->fee_address, &problem),
				  &problem);
	body->fields |= FIELD_FEE;
}

static void
take_field(const ProposalKind *kind, const JsonbValue *key, const JsonbValue *value,
		   ProposalBody *body)
{
	if (is_key(key, kind->name_field))
		take_text(value, kind->name_field, GOVERNANCE_SETTING_NAME_MAX, body->name);
	else if (is_key(key, kind->identity_field))
		take_bytes(value, kind->identity_field, body, FIELD_IDENTITY, body->identity_key);
	else if (is_key(key, "voting_key"))
		take_bytes(value, "voting_key", body, FIELD_VOTING, body->voting_key);
	else if (is_key(key, "fee_address"))
		take_address(value, body);
	else if (is_key(key, "host"))
		take_text(value, "host", GENESIS_HOST_MAX, body->host);
	else if (is_key(key, "port"))
	{
		int64 port = take_integer(value, "port");

		if (port < 1 || port > UINT16_MAX)
			refuse_field("port");
		body->port = (uint16_t) port;
	}
	else if (is_key(key, kind->value_field))
		body->value = take_integer(value, kind->value_field);
	else
		refuse_field(pnstrdup(key->val.string.val, key->val.string.len));
}

static void
body_from_json(Jsonb *json, const ProposalKind *kind, ProposalBody *body)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;
	bool valued = false;

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the body of a proposal is an object")));
	(void) JsonbIteratorNext(&iterator, &key, true);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) == WJB_KEY)
	{
		(void) JsonbIteratorNext(&iterator, &value, true);
		take_field(kind, &key, &value, body);
		valued = valued || is_key(&key, kind->value_field);
	}
	if (body->name[0] != '\0')
		body->fields |= FIELD_NAME;
	if (body->host[0] != '\0')
		body->fields |= FIELD_HOST;
	if ((kind->needed & FIELD_VALUE) != 0 && !valued)
		refuse_field(kind->value_field);
}

static const ProposalKind *
kind_argument(FunctionCallInfo fcinfo, int argument, Proposal *proposal)
{
	text *name = PG_GETARG_TEXT_PP(argument);

	proposal->kind = proposal_kind_by_name(span_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)));
	if (proposal->kind == PROPOSAL_KIND_END)
		ereport(ERROR, (errcode(errcode_of(MC_UNKNOWN_PROPOSAL_KIND)),
						errmsg("there is no proposal kind \"%s\"", text_to_cstring(name)),
						errhint("%s", status_info(MC_UNKNOWN_PROPOSAL_KIND)->hint)));
	return proposal_kind(proposal->kind);
}

static void
require_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("\"%s\" must not be null", name)));
}

/* The statement of arguments (kind, body, expires_at, ...), with the speaker's number. */
static McSpan
statement_of(FunctionCallInfo fcinfo, uint32_t member)
{
	Proposal *proposal = palloc0(sizeof(Proposal));
	uint8_t *bytes = palloc(PROPOSAL_STATEMENT_MAX);
	TimestampTz expires_at;
	const ProposalKind *kind;
	McProblem problem;
	WireWriter writer;

	require_argument(fcinfo, 0, "kind");
	require_argument(fcinfo, 1, "body");
	kind = kind_argument(fcinfo, 0, proposal);
	body_from_json(PG_GETARG_JSONB_P(1), kind, &proposal->body);
	expires_at =
		PG_ARGISNULL(2) ? GetCurrentTimestamp() + TERM_DEFAULT_US : PG_GETARG_TIMESTAMPTZ(2);
	if (expires_at + UNIX_EPOCH_US <= 0)
		refuse_field("expires_at");
	proposal->expires_ms = (uint64_t) (expires_at + UNIX_EPOCH_US) / 1000;
	proposal->member = member;
	wire_writer_init(&writer, bytes, PROPOSAL_STATEMENT_MAX);
	proposal_write(&writer, proposal);
	Assert(!writer.full);
	problem_check(proposal_read(wire_written(&writer), proposal, &problem), &problem);
	return wire_written(&writer);
}

/* (kind, body, expires_at, member, signature) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_propose);
Datum
mes_propose(PG_FUNCTION_ARGS)
{
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));
	uint8_t arguments[PROPOSAL_STATEMENT_MAX + 128];
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	Speaker speaker;
	McSpan statement;
	WireWriter writer;
	McHash id;

	genesis_running(genesis);
	begin_speaker(fcinfo, 3, 4, &speaker);
	statement = statement_of(fcinfo, speaker.number);
	proposal_id(genesis->chain_id, statement, &id);
	sign(fcinfo, 4, &id, false, &speaker, signature);
	wire_writer_init(&writer, arguments, sizeof(arguments));
	operation_put_propose(&writer, statement, signature);
	Assert(!writer.full);
	(void) submission_add(OPERATION_PROPOSE, wire_written(&writer));
	PG_RETURN_DATUM(bytes_datum(id.bytes, HASH_SIZE));
}

/* (kind, body, expires_at, member): the name that the proposal will have, to be signed elsewhere */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_proposal_id);
Datum
mes_proposal_id(PG_FUNCTION_ARGS)
{
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));
	Speaker speaker = { 0 };
	McHash id;

	require_argument(fcinfo, 2, "expires_at");
	require_argument(fcinfo, 3, "member");
	genesis_running(genesis);
	find_speaker(text_to_cstring(PG_GETARG_TEXT_PP(3)), &speaker);
	proposal_id(genesis->chain_id, statement_of(fcinfo, speaker.number), &id);
	PG_RETURN_DATUM(bytes_datum(id.bytes, HASH_SIZE));
}

/* (proposal, signature, member) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_approve);
Datum
mes_approve(PG_FUNCTION_ARGS)
{
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));
	uint8_t arguments[160];
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	const uint8_t *submission;
	WireWriter writer;
	Speaker speaker;
	McSpan named;
	McHash id;

	require_argument(fcinfo, 0, "proposal");
	named = bytes_argument(fcinfo, 0);
	if (named.size != HASH_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a proposal is named by %d bytes", HASH_SIZE)));
	memcpy(id.bytes, named.data, HASH_SIZE);
	genesis_running(genesis);
	begin_speaker(fcinfo, 2, 1, &speaker);
	sign(fcinfo, 1, &id, true, &speaker, signature);
	wire_writer_init(&writer, arguments, sizeof(arguments));
	operation_put_approve(&writer, &id, speaker.number, signature);
	submission = submission_add(OPERATION_APPROVE, wire_written(&writer));
	PG_RETURN_UUID_P((pg_uuid_t *) memcpy(palloc(UUID_LEN), submission, UUID_LEN));
}

/* ---- rows for the views ------------------------------------------------------------------------
 */

static Datum
row_datum(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

static void
damaged(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("%s is damaged", what),
					errhint("Run mes.verify() to find the rows at fault.")));
}

/* standing, incarnation, name, identity_key, voting_key, fee_address, host, port */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_member_state);
Datum
mes_internal_member_state(PG_FUNCTION_ARGS)
{
	static const char *const standings[] = { "", "active", "suspended", "removed" };
	char address[ADDRESS_TEXT_SIZE + 1];
	GovernanceMember row;
	const GenesisMember *member = &row.member;
	Datum values[8];
	bool nulls[8] = { false };

	if (!governance_member_read(bytes_argument(fcinfo, 0), &row))
		damaged("the row of a member");
	address_format(&member->fee_address, address);
	values[0] = CStringGetTextDatum(standings[row.standing]);
	values[1] = Int64GetDatum((int64) row.incarnation);
	values[2] = CStringGetTextDatum(member->name);
	values[3] = bytes_datum(member->identity_key, SUITE_PUBLIC_SIZE);
	values[4] = bytes_datum(member->voting_key, SUITE_PUBLIC_SIZE);
	values[5] = CStringGetTextDatum(address);
	values[6] = CStringGetTextDatum(member->host);
	nulls[6] = member->host[0] == '\0';
	values[7] = Int32GetDatum(member->port);
	nulls[7] = nulls[6];
	PG_RETURN_DATUM(row_datum(fcinfo, values, nulls));
}

/* The integer that a setting's row holds. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_setting_state);
Datum
mes_internal_setting_state(PG_FUNCTION_ARGS)
{
	WireReader reader;
	int64_t number = 0;

	wire_reader_init(&reader, bytes_argument(fcinfo, 0));
	if (!wire_read_int(&reader, &number) || !wire_read_end(&reader))
		damaged("the row of a setting");
	PG_RETURN_INT64(number);
}

static void
describe_proposal(const void *proposal, TxFields *fields)
{
	proposal_describe(proposal, fields);
}

/* member, kind, expires_ms, body */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_proposal_state);
Datum
mes_internal_proposal_state(PG_FUNCTION_ARGS)
{
	Proposal *proposal = palloc(sizeof(Proposal));
	Datum values[4];
	bool nulls[4] = { false };
	McProblem problem;

	if (proposal_read(bytes_argument(fcinfo, 0), proposal, &problem) != MC_OK)
		damaged("the row of a proposal");
	values[0] = Int32GetDatum((int32) proposal->member);
	values[1] = CStringGetTextDatum(proposal_kind(proposal->kind)->name);
	values[2] = Int64GetDatum((int64) proposal->expires_ms);
	values[3] = JsonbPGetDatum(describe_fields(describe_proposal, proposal));
	PG_RETURN_DATUM(row_datum(fcinfo, values, nulls));
}

/* passed, members: numbers of those who approved */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_approval_state);
Datum
mes_internal_approval_state(PG_FUNCTION_ARGS)
{
	Datum *numbers = palloc(sizeof(Datum) * GOVERNANCE_NUMBERS_MAX);
	ApprovalRow row;
	Datum values[2];
	bool nulls[2] = { false };
	int count = 0;

	if (!approval_row_read(bytes_argument(fcinfo, 0), &row))
		damaged("the row of a proposal's approvals");
	for (int number = 0; number < GOVERNANCE_NUMBERS_MAX; number++)
		if ((row.members[number / 8] >> number % 8 & 1) != 0)
			numbers[count++] = Int32GetDatum(number);
	values[0] = BoolGetDatum(row.passed);
	values[1] = PointerGetDatum(
		construct_array(numbers, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	PG_RETURN_DATUM(row_datum(fcinfo, values, nulls));
}

static void
add_field(ArrayBuildState **fields, const char *name)
{
	if (name != NULL)
		*fields = accumArrayResult(*fields, CStringGetTextDatum(name), false, TEXTOID,
								   CurrentMemoryContext);
}

/* kind, fields, optional_fields, description */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_proposal_kind_rows);
Datum
mes_internal_proposal_kind_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (uint32_t number = PROPOSAL_ADMIT_MEMBER; number < PROPOSAL_KIND_END; number++)
	{
		const ProposalKind *kind = proposal_kind(number);
		ArrayBuildState *fields[2] = { initArrayResult(TEXTOID, CurrentMemoryContext, false),
									   initArrayResult(TEXTOID, CurrentMemoryContext, false) };
		uint32_t masks[2] = { kind->needed, kind->allowed };
		Datum values[4];
		bool nulls[4] = { false };

		for (int i = 0; i < 2; i++)
		{
			add_field(&fields[i], (masks[i] & FIELD_NAME) != 0 ? kind->name_field : NULL);
			add_field(&fields[i], (masks[i] & FIELD_IDENTITY) != 0 ? kind->identity_field : NULL);
			add_field(&fields[i], (masks[i] & FIELD_VOTING) != 0 ? "voting_key" : NULL);
			add_field(&fields[i], (masks[i] & FIELD_FEE) != 0 ? "fee_address" : NULL);
			add_field(&fields[i], (masks[i] & FIELD_HOST) != 0 ? "host" : NULL);
			add_field(&fields[i], (masks[i] & FIELD_HOST) != 0 ? "port" : NULL);
			add_field(&fields[i], (masks[i] & FIELD_VALUE) != 0 ? kind->value_field : NULL);
		}
		values[0] = CStringGetTextDatum(kind->name);
		values[1] = makeArrayResult(fields[0], CurrentMemoryContext);
		values[2] = makeArrayResult(fields[1], CurrentMemoryContext);
		values[3] = CStringGetTextDatum(kind->description);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
