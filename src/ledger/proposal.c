/*
 * proposal.c - reading, writing and naming proposals. What one does to the state is
 * proposal_effect.c's.
 */
#include "ledger/proposal.h"

#include "base/digest.h"

static const ProposalKind kinds[PROPOSAL_KIND_END] = {
	[PROPOSAL_ADMIT_MEMBER] = { "admit_member", "takes a new member in",
								FIELD_NAME | FIELD_IDENTITY | FIELD_VOTING | FIELD_FEE | FIELD_HOST,
								0, "name", "identity_key", NULL, 0, 0 },
	[PROPOSAL_REMOVE_MEMBER] = { "remove_member", "ends a membership for good", FIELD_NAME, 0,
								 "member", NULL, NULL, 0, 0 },
	[PROPOSAL_SUSPEND_MEMBER] = { "suspend_member", "takes a member's vote, or gives it back",
								  FIELD_NAME | FIELD_VALUE, 0, "member", NULL, "suspended", 0, 1 },
	[PROPOSAL_ROTATE_KEYS] = { "rotate_keys", "gives a member a new identity or voting key",
							   FIELD_NAME, FIELD_IDENTITY | FIELD_VOTING, "member", "identity_key",
							   NULL, 0, 0 },
	[PROPOSAL_CHANGE_ADDRESS] = { "change_address", "says where a member's server is",
								  FIELD_NAME | FIELD_HOST, 0, "member", NULL, NULL, 0, 0 },
	[PROPOSAL_SET_PARAMETER] = { "set_parameter", "changes a parameter of mes.parameters",
								 FIELD_NAME | FIELD_VALUE, 0, "name", NULL, "value", INT64_MIN,
								 INT64_MAX },
	[PROPOSAL_SET_FEATURE] = { "set_feature", "switches a feature on or off",
							   FIELD_NAME | FIELD_VALUE, 0, "name", NULL, "enabled", 0, 1 },
	[PROPOSAL_SET_PLATFORM] = { "set_platform", "admits a platform hash, or no longer",
								FIELD_IDENTITY | FIELD_VALUE, 0, NULL, "platform", "admitted", 0,
								1 },
};

const ProposalKind *
proposal_kind(uint64_t number)
{
	return number >= PROPOSAL_ADMIT_MEMBER && number < PROPOSAL_KIND_END ? &kinds[number] : NULL;
}

uint32_t
proposal_kind_by_name(McSpan name)
{
	uint32_t number = PROPOSAL_ADMIT_MEMBER;

	while (number < PROPOSAL_KIND_END && span_compare(span_text(kinds[number].name), name) != 0)
		number++;
	return number;
}

/* ---- bytes -------------------------------------------------------------------------------------
 */

static void
put_optional(WireWriter *writer, const ProposalBody *body, uint32_t field, const void *data)
{
	wire_put_bytes(writer, data, (body->fields & field) != 0 ? 32 : 0);
}

void
proposal_write(WireWriter *writer, const Proposal *proposal)
{
	const ProposalBody *body = &proposal->body;

	wire_put_array(writer, 4);
	wire_put_uint(writer, proposal->member);
	wire_put_uint(writer, proposal->kind);
	wire_put_uint(writer, proposal->expires_ms);
	wire_put_array(writer, 7);
	wire_put_text(writer, span_text(body->name));
	put_optional(writer, body, FIELD_IDENTITY, body->identity_key);
	put_optional(writer, body, FIELD_VOTING, body->voting_key);
	put_optional(writer, body, FIELD_FEE, body->fee_address.bytes);
	wire_put_text(writer, span_text(body->host));
	wire_put_uint(writer, body->port);
	wire_put_int(writer, body->value);
}

/* 32 bytes or none; the field is noted when there are any. */
static bool
read_optional(WireReader *reader, ProposalBody *body, uint32_t field, void *out)
{
	McSpan bytes;

	if (!wire_read_bytes(reader, 32, &bytes))
		return false;
	if (bytes.size == 0)
		return true;
	if (bytes.size != 32)
		return wire_reader_fail(reader, MC_OUT_OF_RANGE);
	memcpy(out, bytes.data, 32);
	body->fields |= field;
	return true;
}

static bool
read_text(WireReader *reader, ProposalBody *body, uint32_t field, size_t maximum, char *out)
{
	McSpan text;

	if (!wire_read_text(reader, maximum, &text))
		return false;
	memcpy(out, text.data, text.size);
	out[text.size] = '\0';
	if (text.size > 0)
		body->fields |= field;
	return true;
}

static bool
read_statement(WireReader *reader, Proposal *proposal)
{
	ProposalBody *body = &proposal->body;
	uint64_t member;
	uint64_t kind;
	uint64_t port;

	if (!wire_read_tuple(reader, 4) ||
		!wire_read_uint_max(reader, GOVERNANCE_NUMBERS_MAX - 1, &member) ||
		!wire_read_uint_max(reader, UINT16_MAX, &kind) ||
		!wire_read_uint_max(reader, INT64_MAX, &proposal->expires_ms) ||
		!wire_read_tuple(reader, 7) ||
		!read_text(reader, body, FIELD_NAME, GOVERNANCE_SETTING_NAME_MAX, body->name) ||
		!read_optional(reader, body, FIELD_IDENTITY, body->identity_key) ||
		!read_optional(reader, body, FIELD_VOTING, body->voting_key) ||
		!read_optional(reader, body, FIELD_FEE, body->fee_address.bytes) ||
		!read_text(reader, body, FIELD_HOST, GENESIS_HOST_MAX, body->host) ||
		!wire_read_uint_max(reader, UINT16_MAX, &port) || !wire_read_int(reader, &body->value))
		return false;
	proposal->member = (uint32_t) member;
	proposal->kind = (uint32_t) kind;
	body->port = (uint16_t) port;
	return wire_read_end(reader);
}

static McStatus
wrong_field(McProblem *problem, const char *field)
{
	return status_problem_name(problem, MC_PROPOSAL_FIELD, field, strlen(field));
}

static const char *
field_name(const ProposalKind *kind, uint32_t field)
{
	if ((field & FIELD_NAME) != 0)
		return kind->name_field != NULL ? kind->name_field : "name";
	if ((field & FIELD_IDENTITY) != 0)
		return kind->identity_field != NULL ? kind->identity_field : "identity_key";
	if ((field & FIELD_VOTING) != 0)
		return "voting_key";
	return (field & FIELD_FEE) != 0 ? "fee_address" : "host";
}

/* A value stands where its kind has one; elsewhere it is 0, as a port is without a host. */
static McStatus
check_fields(const Proposal *proposal, const ProposalKind *kind, McProblem *problem)
{
	const ProposalBody *body = &proposal->body;
	uint32_t needed = kind->needed & ~FIELD_VALUE;
	uint32_t missing = needed & ~body->fields;
	uint32_t surplus = body->fields & ~(needed | kind->allowed);

	if (missing != 0)
		return wrong_field(problem, field_name(kind, missing & -missing));
	if (surplus != 0)
		return wrong_field(problem, field_name(kind, surplus & -surplus));
	if (kind->allowed != 0 && (body->fields & kind->allowed) == 0)
		return wrong_field(problem, field_name(kind, kind->allowed & -kind->allowed));
	if ((kind->needed & FIELD_VALUE) == 0
			? body->value != 0
			: body->value < kind->value_minimum || body->value > kind->value_maximum)
		return wrong_field(problem, kind->value_field != NULL ? kind->value_field : "value");
	if ((body->port != 0) != ((body->fields & FIELD_HOST) != 0))
		return wrong_field(problem, "port");
	return MC_OK;
}

static bool
key_valid(const uint8_t public_key[SUITE_PUBLIC_SIZE])
{
	SuiteKey key = { .suite = SUITE_ED25519 };

	memcpy(key.public_key, public_key, SUITE_PUBLIC_SIZE);
	return suite_key_valid(&key);
}

static McStatus
check_keys(const Proposal *proposal, McProblem *problem)
{
	const ProposalBody *body = &proposal->body;

	if (proposal->kind != PROPOSAL_SET_PLATFORM && (body->fields & FIELD_IDENTITY) != 0 &&
		!key_valid(body->identity_key))
		return wrong_field(problem, "identity_key");
	if ((body->fields & FIELD_VOTING) != 0 && !key_valid(body->voting_key))
		return wrong_field(problem, "voting_key");
	return MC_OK;
}

McStatus
proposal_read(McSpan statement, Proposal *proposal, McProblem *problem)
{
	const ProposalKind *kind;
	WireReader reader;

	memset(proposal, 0, sizeof(*proposal));
	wire_reader_init(&reader, statement);
	if (!read_statement(&reader, proposal))
		return status_problem(problem, reader.status, (int64_t) reader.fault_offset, 0);
	kind = proposal_kind(proposal->kind);
	if (kind == NULL)
		return status_problem(problem, MC_UNKNOWN_PROPOSAL_KIND, proposal->kind, 0);
	if (check_fields(proposal, kind, problem) != MC_OK)
		return problem->status;
	return check_keys(proposal, problem);
}

void
proposal_id(const uint8_t chain_id[CHAIN_ID_SIZE], McSpan statement, McHash *id)
{
	McSpan parts[] = { span_text("MES1-proposal"), span_of(chain_id, CHAIN_ID_SIZE), statement };

	digest_sha256(id, parts, 3);
}

void
proposal_signing_hash(const McHash *id, bool approval, McHash *hash)
{
	digest_tagged(hash, approval ? "MES1-approve" : "MES1-propose", span_hash(id));
}

/* ---- approvals ---------------------------------------------------------------------------------
 */

bool
approval_row_read(McSpan value, ApprovalRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 2) && wire_read_bool(&reader, &row->passed) &&
		   wire_read_fixed(&reader, row->members, GOVERNANCE_BITMAP_SIZE) && wire_read_end(&reader);
}

void
approval_row_write(WireWriter *writer, const ApprovalRow *row)
{
	wire_put_array(writer, 2);
	wire_put_bool(writer, row->passed);
	wire_put_bytes(writer, row->members, GOVERNANCE_BITMAP_SIZE);
}

uint32_t
approval_count(const ApprovalRow *row, const GovernanceState *state)
{
	GovernanceValset valset;
	uint32_t count = 0;

	governance_valset(state, &valset);
	for (uint32_t i = 0; i < valset.count; i++)
	{
		uint32_t number = valset.seats[i].number;

		count += row->members[number / 8] >> number % 8 & 1;
	}
	return count;
}

/* ---- for people --------------------------------------------------------------------------------
 */

static void
describe_key(TxFields *fields, const char *name, const uint8_t bytes[32])
{
	McHash hash;

	memcpy(hash.bytes, bytes, HASH_SIZE);
	fields->hash(fields, name, &hash);
}

void
proposal_describe(const Proposal *proposal, TxFields *fields)
{
	const ProposalKind *kind = proposal_kind(proposal->kind);
	const ProposalBody *body = &proposal->body;

	if ((body->fields & FIELD_NAME) != 0)
		fields->text(fields, kind->name_field, span_text(body->name));
	if ((body->fields & FIELD_IDENTITY) != 0)
		describe_key(fields, kind->identity_field, body->identity_key);
	if ((body->fields & FIELD_VOTING) != 0)
		describe_key(fields, "voting_key", body->voting_key);
	if ((body->fields & FIELD_FEE) != 0)
		fields->address(fields, "fee_address", &body->fee_address);
	if ((body->fields & FIELD_HOST) != 0)
	{
		fields->text(fields, "host", span_text(body->host));
		fields->number(fields, "port", body->port);
	}
	if ((kind->needed & FIELD_VALUE) != 0)
		fields->number(fields, kind->value_field, body->value);
}
