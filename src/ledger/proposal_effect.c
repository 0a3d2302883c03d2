/*
 * proposal_effect.c - may a proposal change this state, and what row does it leave. Asked when it
 * is made and again when the last approval comes: the state may have moved in between (A30).
 */
#include "ledger/proposal.h"

static McStatus
named(McProblem *problem, McStatus status, const char *name)
{
	return status_problem_name(problem, status, name, strlen(name));
}

/* The number of a member that is not removed, GOVERNANCE_NUMBERS_MAX when there is none. */
static uint32_t
find_member(const GovernanceState *state, const char *name, GovernanceMember *row)
{
	uint32_t count = governance_number_count(state);

	for (uint32_t number = 0; number < count; number++)
		if (governance_member(state, number, row) && row->standing != MEMBER_REMOVED &&
			strcmp(row->member.name, name) == 0)
			return number;
	return GOVERNANCE_NUMBERS_MAX;
}

/* The row as the proposal makes it. */
static void
change_member(const Proposal *proposal, GovernanceMember *row)
{
	const ProposalBody *body = &proposal->body;
	GenesisMember *member = &row->member;

	if (proposal->kind == PROPOSAL_REMOVE_MEMBER)
		row->standing = MEMBER_REMOVED;
	else if (proposal->kind == PROPOSAL_SUSPEND_MEMBER)
		row->standing = body->value != 0 ? MEMBER_SUSPENDED : MEMBER_ACTIVE;
	if (proposal->kind == PROPOSAL_ADMIT_MEMBER)
	{
		memset(row, 0, sizeof(*row));
		row->standing = MEMBER_ACTIVE;
		memcpy(member->name, body->name, strlen(body->name));
		member->fee_address = body->fee_address;
	}
	if ((body->fields & FIELD_IDENTITY) != 0)
		memcpy(member->identity_key, body->identity_key, SUITE_PUBLIC_SIZE);
	if ((body->fields & FIELD_VOTING) != 0)
		memcpy(member->voting_key, body->voting_key, SUITE_PUBLIC_SIZE);
	if (proposal->kind == PROPOSAL_ROTATE_KEYS && (body->fields & FIELD_VOTING) != 0)
		row->incarnation++;
	if ((body->fields & FIELD_HOST) != 0)
	{
		memcpy(member->host, body->host, sizeof(member->host));
		member->port = body->port;
	}
}

McStatus
governance_unique(const GovernanceState *state, uint32_t number, const GenesisMember *member,
				  McProblem *problem)
{
	uint32_t count = governance_number_count(state);
	GovernanceMember other;

	for (uint32_t k = 0; k < count; k++)
		if (k != number && governance_member(state, k, &other) &&
			other.standing != MEMBER_REMOVED && genesis_members_clash(member, &other.member))
			return named(problem, MC_MEMBER_EXISTS, member->name);
	return MC_OK;
}

static bool
same_member(const GovernanceMember *left, const GovernanceMember *right)
{
	const GenesisMember *a = &left->member;
	const GenesisMember *b = &right->member;

	return left->standing == right->standing &&
		   memcmp(a->identity_key, b->identity_key, SUITE_PUBLIC_SIZE) == 0 &&
		   memcmp(a->voting_key, b->voting_key, SUITE_PUBLIC_SIZE) == 0 &&
		   strcmp(a->host, b->host) == 0 && a->port == b->port;
}

/* How many will vote when this standing has changed. */
static McStatus
check_count(const GovernanceState *state, MemberStanding before, MemberStanding after,
			McProblem *problem)
{
	GovernanceValset valset;
	uint32_t count;

	governance_valset(state, &valset);
	count = valset.count - (before == MEMBER_ACTIVE) + (after == MEMBER_ACTIVE);
	if (count == 0 || count > GENESIS_MEMBERS_MAX)
		return status_problem(problem, MC_MEMBERS_RANGE, count,
							  count == 0 ? 1 : GENESIS_MEMBERS_MAX);
	return MC_OK;
}

static McStatus
check_member(const Proposal *proposal, const GovernanceState *state, McProblem *problem)
{
	bool admits = proposal->kind == PROPOSAL_ADMIT_MEMBER;
	const char *name = proposal->body.name;
	GovernanceMember before;
	GovernanceMember after;
	uint32_t number = find_member(state, name, &before);

	if (admits && number < GOVERNANCE_NUMBERS_MAX)
		return named(problem, MC_MEMBER_EXISTS, name);
	if (!admits && number == GOVERNANCE_NUMBERS_MAX)
		return named(problem, MC_UNKNOWN_MEMBER, name);
	if (admits)
		before.standing = MEMBER_REMOVED;
	if (admits && governance_number_count(state) == GOVERNANCE_NUMBERS_MAX)
		return status_problem(problem, MC_MEMBERS_RANGE, GOVERNANCE_NUMBERS_MAX,
							  GOVERNANCE_NUMBERS_MAX);
	after = before;
	change_member(proposal, &after);
	if (!admits && same_member(&before, &after))
		return named(problem, MC_NOTHING_CHANGES, name);
	if (!genesis_member_valid(&after.member))
		return named(problem, MC_PROPOSAL_FIELD, "name");
	if (governance_unique(state, number, &after.member, problem) != MC_OK)
		return problem->status;
	return check_count(state, before.standing, after.standing, problem);
}

static McStatus
check_parameter(const ProposalBody *body, const GovernanceState *state, McProblem *problem)
{
	McSpan name = span_text(body->name);
	ParameterId id = parameter_by_name(body->name, name.size);

	if (id == PARAMETER_COUNT)
		return named(problem, MC_UNKNOWN_PARAMETER, body->name);
	if (parameter_info(id)->fixed)
		return named(problem, MC_PARAMETER_FIXED, body->name);
	if (parameter_check(id, body->value, problem) != MC_OK)
		return problem->status;
	if (governance_setting(state, SETTING_PARAMETER, name) == body->value)
		return named(problem, MC_NOTHING_CHANGES, body->name);
	return MC_OK;
}

/* A platform is named by the hex of its hash. */
static McSpan
platform_name(const ProposalBody *body, char name[2 * HASH_SIZE + 1])
{
	hex_format(body->identity_key, HASH_SIZE, name);
	return span_of(name, 2 * HASH_SIZE);
}

static McStatus
check_switch(const Proposal *proposal, const GovernanceState *state, McProblem *problem)
{
	char platform[2 * HASH_SIZE + 1];
	bool feature = proposal->kind == PROPOSAL_SET_FEATURE;
	McSpan name =
		feature ? span_text(proposal->body.name) : platform_name(&proposal->body, platform);

	if (governance_setting(state, feature ? SETTING_FEATURE : SETTING_PLATFORM, name) ==
		proposal->body.value)
		return status_problem_name(problem, MC_NOTHING_CHANGES, (const char *) name.data,
								   name.size);
	return MC_OK;
}

McStatus
proposal_check(const Proposal *proposal, const GovernanceState *state, McProblem *problem)
{
	switch ((ProposalKindNumber) proposal->kind)
	{
		case PROPOSAL_SET_PARAMETER:
			return check_parameter(&proposal->body, state, problem);
		case PROPOSAL_SET_FEATURE:
		case PROPOSAL_SET_PLATFORM:
			return check_switch(proposal, state, problem);
		default:
			return check_member(proposal, state, problem);
	}
}

static void
member_effect(const Proposal *proposal, const GovernanceState *state, ProposalEffect *effect)
{
	GovernanceMember row;
	WireWriter writer;
	uint32_t number = find_member(state, proposal->body.name, &row);

	if (number == GOVERNANCE_NUMBERS_MAX)
		number = governance_number_count(state);
	change_member(proposal, &row);
	effect->table = TX_TABLE_MEMBERS;
	effect->key = governance_member_key(number, effect->key_bytes);
	wire_writer_init(&writer, effect->value_bytes, sizeof(effect->value_bytes));
	governance_member_write(&writer, &row);
	assert(!writer.full);
	effect->value = wire_written(&writer);
}

void
proposal_effect(const Proposal *proposal, const GovernanceState *state, ProposalEffect *effect)
{
	char platform[2 * HASH_SIZE + 1];
	WireWriter writer;
	McSpan name = span_text(proposal->body.name);
	GovernanceSetting kind = SETTING_PARAMETER;

	if (proposal->kind < PROPOSAL_SET_PARAMETER)
	{
		member_effect(proposal, state, effect);
		return;
	}
	if (proposal->kind == PROPOSAL_SET_FEATURE)
		kind = SETTING_FEATURE;
	else if (proposal->kind == PROPOSAL_SET_PLATFORM)
	{
		kind = SETTING_PLATFORM;
		name = platform_name(&proposal->body, platform);
	}
	effect->table = TX_TABLE_SETTINGS;
	effect->key = governance_setting_key(kind, name, effect->key_bytes);
	wire_writer_init(&writer, effect->value_bytes, sizeof(effect->value_bytes));
	wire_put_int(&writer, proposal->body.value);
	effect->value = wire_written(&writer);
}
