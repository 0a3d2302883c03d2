/* ledger_governance.c - proposals and approvals: who may, how many must, what becomes of the roll.
 */
#include "unit/governance_world.h"

static Proposal
proposal_of(uint32_t kind, const char *name, int64_t value)
{
	Proposal proposal = { .member = 0, .kind = kind, .expires_ms = 2000000 };

	snprintf(proposal.body.name, sizeof(proposal.body.name), "%s", name);
	proposal.body.fields = name[0] != '\0' ? FIELD_NAME : 0;
	proposal.body.value = value;
	return proposal;
}

extern const TxOperationKind operation_propose, operation_approve, operation_rejoin;

/* Proposed in its member's name by the key of signer. */
static McStatus
propose_by(const Proposal *proposal, uint32_t signer, McHash *id)
{
	uint8_t statement[PROPOSAL_STATEMENT_MAX];
	uint8_t arguments[PROPOSAL_STATEMENT_MAX + 80];
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	WireWriter writer;
	WireWriter out;
	McHash hash;

	wire_writer_init(&writer, statement, sizeof(statement));
	proposal_write(&writer, proposal);
	proposal_id(chain_id, wire_written(&writer), id);
	proposal_signing_hash(id, false, &hash);
	suite_sign(&identity[signer], span_hash(&hash), signature);
	wire_writer_init(&out, arguments, sizeof(arguments));
	operation_put_propose(&out, wire_written(&writer), signature);
	return run(&operation_propose, wire_written(&out));
}

static McStatus
propose(const Proposal *proposal, McHash *id)
{
	return propose_by(proposal, proposal->member, id);
}

static McStatus
approve_by(const McHash *id, uint32_t member, uint32_t signer, bool as_approval)
{
	uint8_t arguments[160];
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	WireWriter out;
	McHash hash;

	proposal_signing_hash(id, as_approval, &hash);
	suite_sign(&identity[signer], span_hash(&hash), signature);
	wire_writer_init(&out, arguments, sizeof(arguments));
	operation_put_approve(&out, id, member, signature);
	return run(&operation_approve, wire_written(&out));
}

static McStatus
approve(const McHash *id, uint32_t member)
{
	return approve_by(id, member, member, true);
}

/* Proposed, and approved by members 0, 1 and 2 as far as it takes. */
static McStatus
pass(const Proposal *proposal)
{
	McHash id;
	McStatus status = propose(proposal, &id);

	for (uint32_t member = 0; status == MC_OK && member < 3; member++)
		status = approve(&id, member);
	return status == MC_PROPOSAL_PASSED ? MC_OK : status;
}

static int64_t
parameter(const char *name)
{
	GovernanceState state = state_now();

	return governance_setting(&state, SETTING_PARAMETER, span_text(name));
}

static void
test_a_quorum_changes_a_parameter(void)
{
	Proposal proposal = proposal_of(PROPOSAL_SET_PARAMETER, "fee_floor", 5);
	Genesis document = genesis;
	GovernanceState state = state_now();
	McHash id;

	begin();
	CHECK_INT(propose(&proposal, &id), MC_OK);
	CHECK_INT(parameter("fee_floor"), 0);
	CHECK_INT(approve(&id, 0), MC_OK);
	CHECK_INT(approve(&id, 3), MC_OK);
	CHECK_INT(parameter("fee_floor"), 0);
	CHECK_INT(approve(&id, 2), MC_OK);
	CHECK_INT(parameter("fee_floor"), 5);
	CHECK_INT(parameter("tau0"), 1000);
	CHECK_INT(approve(&id, 1), MC_PROPOSAL_PASSED);
	governance_parameters(&state, &document);
	CHECK_INT(document.parameters[PARAMETER_FEE_FLOOR], 5);
	CHECK_INT(genesis.parameters[PARAMETER_FEE_FLOOR], 0);
}

static void
test_who_may_sign(void)
{
	Proposal proposal = proposal_of(PROPOSAL_SET_FEATURE, "beacon", 1);
	McHash id;
	McHash unknown = { { 1 } };

	begin();
	CHECK_INT(propose_by(&proposal, 1, &id), MC_IDENTITY_SIGNATURE);
	proposal.member = 4;
	CHECK_INT(propose_by(&proposal, 4, &id), MC_NO_VOICE);
	proposal.member = 0;
	CHECK_INT(propose(&proposal, &id), MC_OK);
	CHECK_INT(propose(&proposal, &id), MC_PROPOSAL_EXISTS);
	CHECK_INT(approve_by(&id, 1, 2, true), MC_IDENTITY_SIGNATURE);
	CHECK_INT(approve_by(&id, 0, 0, false), MC_IDENTITY_SIGNATURE);
	CHECK_INT(approve_by(&id, 4, 4, true), MC_NO_VOICE);
	CHECK_INT(approve(&unknown, 0), MC_UNKNOWN_PROPOSAL);
	CHECK_INT(approve(&id, 1), MC_OK);
	CHECK_INT(approve(&id, 1), MC_APPROVED_ALREADY);
}

static void
test_another_chain_cannot_use_a_signature(void)
{
	static const uint8_t other[CHAIN_ID_SIZE] = { 8 };
	Proposal proposal = proposal_of(PROPOSAL_SET_FEATURE, "beacon", 1);
	McHash id;

	begin();
	CHECK_INT(propose(&proposal, &id), MC_OK);
	row_count = 0;
	world.chain_id = other;
	CHECK_INT(propose(&proposal, &id), MC_IDENTITY_SIGNATURE);
	CHECK_INT(approve(&id, 0), MC_UNKNOWN_PROPOSAL);
}

static void
test_open_for_a_time(void)
{
	Proposal proposal = proposal_of(PROPOSAL_SET_FEATURE, "beacon", 1);
	McHash id;

	begin();
	proposal.expires_ms = world.block_time_ms;
	CHECK_INT(propose(&proposal, &id), MC_PROPOSAL_EXPIRED);
	proposal.expires_ms = world.block_time_ms + GOVERNANCE_TERM_MAX_MS + 1;
	CHECK_INT(propose(&proposal, &id), MC_PROPOSAL_TERM);
	proposal.expires_ms--;
	CHECK_INT(propose(&proposal, &id), MC_OK);
	world.block_time_ms = proposal.expires_ms - 1;
	CHECK_INT(approve(&id, 0), MC_OK);
	world.block_time_ms++;
	CHECK_INT(approve(&id, 1), MC_PROPOSAL_EXPIRED);
}

static Proposal
admission(uint8_t seed)
{
	Proposal proposal = proposal_of(PROPOSAL_ADMIT_MEMBER, "bank5", 0);
	ProposalBody *body = &proposal.body;
	SuiteSecret voting = secret_of((uint8_t) (seed + 100));

	body->fields |= FIELD_IDENTITY | FIELD_VOTING | FIELD_FEE | FIELD_HOST;
	memcpy(body->identity_key, identity[4].key.public_key, SUITE_PUBLIC_SIZE);
	memcpy(body->voting_key, voting.key.public_key, SUITE_PUBLIC_SIZE);
	body->fee_address.bytes[0] = 1;
	snprintf(body->host, sizeof(body->host), "bank5.example");
	body->port = 5432;
	return proposal;
}

static uint32_t
voters(void)
{
	GovernanceState state = state_now();
	GovernanceValset valset;

	governance_valset(&state, &valset);
	return valset.count;
}

static void
test_admitted_member_votes(void)
{
	Proposal proposal = admission(5);
	GovernanceState state = state_now();
	GovernanceMember member;
	McHash id;

	begin();
	CHECK_INT(pass(&proposal), MC_OK);
	CHECK_INT(voters(), 5);
	CHECK(governance_member(&state, 4, &member));
	CHECK(strcmp(member.member.host, "bank5.example") == 0 && member.member.port == 5432);
	CHECK_INT(governance_approvals_needed(&state), pbft_quorum(5));
	proposal = proposal_of(PROPOSAL_SET_FEATURE, "beacon", 1);
	proposal.member = 4;
	CHECK_INT(propose(&proposal, &id), MC_OK);
	CHECK_INT(approve(&id, 4), MC_OK);
	/* a name or key cannot come twice */
	proposal = admission(6);
	CHECK_INT(propose(&proposal, &id), MC_MEMBER_EXISTS);
	snprintf(proposal.body.name, sizeof(proposal.body.name), "bank6");
	CHECK_INT(propose(&proposal, &id), MC_MEMBER_EXISTS);
	memcpy(proposal.body.identity_key, secret_of(60).key.public_key, SUITE_PUBLIC_SIZE);
	CHECK_INT(propose(&proposal, &id), MC_OK);
}

static void
test_removed_member_has_no_voice_and_no_successor(void)
{
	Proposal removal = proposal_of(PROPOSAL_REMOVE_MEMBER, "bank4", 0);
	Proposal feature = proposal_of(PROPOSAL_SET_FEATURE, "beacon", 1);
	Proposal again;
	GovernanceState state = state_now();
	GovernanceMember member;
	McHash id;
	McHash open;

	begin();
	CHECK_INT(propose(&feature, &open), MC_OK);
	CHECK_INT(approve(&open, 3), MC_OK);
	CHECK_INT(approve(&open, 0), MC_OK);
	CHECK_INT(pass(&removal), MC_OK);
	CHECK_INT(voters(), 3);
	CHECK_INT(approve(&open, 3), MC_NO_VOICE);
	/* what it approved before counts no more: 0 and 1 are two of three, which is the quorum */
	CHECK_INT(governance_approvals_needed(&state), 2);
	CHECK_INT(governance_setting(&state, SETTING_FEATURE, span_text("beacon")), 0);
	CHECK_INT(approve(&open, 1), MC_OK);
	CHECK_INT(governance_setting(&state, SETTING_FEATURE, span_text("beacon")), 1);
	removal.expires_ms++;
	CHECK_INT(propose(&removal, &id), MC_UNKNOWN_MEMBER);
	/* the same name comes back under a number of its own */
	again = admission(7);
	snprintf(again.body.name, sizeof(again.body.name), "bank4");
	CHECK_INT(pass(&again), MC_OK);
	CHECK(governance_member(&state, 3, &member) && member.standing == MEMBER_REMOVED);
	CHECK(governance_member(&state, 4, &member) && member.standing == MEMBER_ACTIVE);
}

static void
test_suspended_and_back(void)
{
	Proposal proposal = proposal_of(PROPOSAL_SUSPEND_MEMBER, "bank4", 1);
	McHash id;

	begin();
	CHECK_INT(pass(&proposal), MC_OK);
	CHECK_INT(voters(), 3);
	proposal.expires_ms++;
	CHECK_INT(propose(&proposal, &id), MC_NOTHING_CHANGES);
	proposal.body.value = 0;
	CHECK_INT(propose(&proposal, &id), MC_OK);
	CHECK_INT(approve(&id, 0), MC_OK);
	CHECK_INT(approve(&id, 2), MC_OK);
	CHECK_INT(voters(), 4);
}

static void
test_new_keys(void)
{
	Proposal proposal = proposal_of(PROPOSAL_ROTATE_KEYS, "bank2", 0);
	GovernanceState state = state_now();
	GovernanceValset before;
	GovernanceValset after;
	McHash hash_before;
	McHash hash_after;
	McHash genesis_set;

	begin();
	governance_valset(&state, &before);
	governance_valset_hash(&before, &hash_before);
	genesis_valset_hash(&genesis, &genesis_set);
	CHECK(hash_equal(&hash_before, &genesis_set));
	proposal.body.fields |= FIELD_VOTING;
	memcpy(proposal.body.voting_key, secret_of(70).key.public_key, SUITE_PUBLIC_SIZE);
	CHECK_INT(pass(&proposal), MC_OK);
	governance_valset(&state, &after);
	governance_valset_hash(&after, &hash_after);
	CHECK_INT(after.seats[1].incarnation, 1);
	CHECK(memcmp(after.seats[1].voting_key, proposal.body.voting_key, SUITE_PUBLIC_SIZE) == 0);
	CHECK(!hash_equal(&hash_before, &hash_after));
	/* the identity key alone keeps incarnation and set, and takes over the voice */
	proposal = proposal_of(PROPOSAL_ROTATE_KEYS, "bank2", 0);
	proposal.body.fields |= FIELD_IDENTITY;
	memcpy(proposal.body.identity_key, identity[4].key.public_key, SUITE_PUBLIC_SIZE);
	CHECK_INT(pass(&proposal), MC_OK);
	governance_valset(&state, &before);
	governance_valset_hash(&before, &hash_before);
	CHECK(hash_equal(&hash_before, &hash_after));
	proposal = proposal_of(PROPOSAL_SET_FEATURE, "beacon", 1);
	proposal.member = 1;
	CHECK_INT(propose_by(&proposal, 1, &genesis_set), MC_IDENTITY_SIGNATURE);
	CHECK_INT(propose_by(&proposal, 4, &genesis_set), MC_OK);
}

/* A change that was good when proposed and is not when the last approval comes (A30). */
static void
test_checked_again_at_the_end(void)
{
	Proposal first = proposal_of(PROPOSAL_SET_PARAMETER, "fee_floor", 5);
	Proposal second = first;
	McHash first_id;
	McHash second_id;

	begin();
	second.expires_ms++;
	CHECK_INT(propose(&first, &first_id), MC_OK);
	CHECK_INT(propose(&second, &second_id), MC_OK);
	for (uint32_t member = 0; member < 3; member++)
		CHECK_INT(approve(&first_id, member), MC_OK);
	CHECK_INT(approve(&second_id, 0), MC_OK);
	CHECK_INT(approve(&second_id, 1), MC_OK);
	CHECK_INT(approve(&second_id, 2), MC_NOTHING_CHANGES);
}

static void
test_somebody_must_remain(void)
{
	Proposal proposal = proposal_of(PROPOSAL_REMOVE_MEMBER, "bank1", 0);
	McHash id;

	begin();
	genesis.member_count = 1;
	CHECK_INT(propose(&proposal, &id), MC_MEMBERS_RANGE);
	proposal = proposal_of(PROPOSAL_SUSPEND_MEMBER, "bank1", 1);
	CHECK_INT(propose(&proposal, &id), MC_MEMBERS_RANGE);
}

static void
test_a_share_above_the_quorum(void)
{
	GovernanceState state = state_now();

	begin();
	CHECK_INT(governance_approvals_needed(&state), 3);
	genesis.parameters[PARAMETER_GOVERNANCE_SHARE] = 1000000;
	CHECK_INT(governance_approvals_needed(&state), 4);
	genesis.parameters[PARAMETER_GOVERNANCE_SHARE] = 750001;
	CHECK_INT(governance_approvals_needed(&state), 4);
	genesis.parameters[PARAMETER_GOVERNANCE_SHARE] = 1;
	CHECK_INT(governance_approvals_needed(&state), 3);
}

static void
test_fields_of_each_kind(void)
{
	static const struct
	{
		uint32_t kind;
		const char *name;
		int64_t value;
		uint32_t more;
		McStatus expected;
	} cases[] = {
		{ 0, "x", 1, 0, MC_UNKNOWN_PROPOSAL_KIND },
		{ PROPOSAL_KIND_END, "x", 1, 0, MC_UNKNOWN_PROPOSAL_KIND },
		{ PROPOSAL_SET_FEATURE, "", 1, 0, MC_PROPOSAL_FIELD },
		{ PROPOSAL_SET_FEATURE, "x", 2, 0, MC_PROPOSAL_FIELD },
		{ PROPOSAL_SET_FEATURE, "x", 1, FIELD_FEE, MC_PROPOSAL_FIELD },
		{ PROPOSAL_SET_PARAMETER, "no_such", 1, 0, MC_UNKNOWN_PARAMETER },
		{ PROPOSAL_SET_PARAMETER, "tau0", 1, 0, MC_PARAMETER_RANGE },
		{ PROPOSAL_SET_PARAMETER, "tau0", 1000, 0, MC_NOTHING_CHANGES },
		{ PROPOSAL_REMOVE_MEMBER, "bank1", 1, 0, MC_PROPOSAL_FIELD },
		{ PROPOSAL_REMOVE_MEMBER, "nobody", 0, 0, MC_UNKNOWN_MEMBER },
		{ PROPOSAL_ROTATE_KEYS, "bank1", 0, 0, MC_PROPOSAL_FIELD },
		{ PROPOSAL_ROTATE_KEYS, "bank1", 0, FIELD_VOTING, MC_PROPOSAL_FIELD },
		{ PROPOSAL_CHANGE_ADDRESS, "bank1", 0, 0, MC_PROPOSAL_FIELD },
		{ PROPOSAL_ADMIT_MEMBER, "bank1", 0, FIELD_VOTING, MC_PROPOSAL_FIELD },
		{ PROPOSAL_SET_PLATFORM, "", 1, 0, MC_PROPOSAL_FIELD },
		{ PROPOSAL_SET_PLATFORM, "", 1, FIELD_IDENTITY, MC_OK },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Proposal proposal = proposal_of(cases[i].kind, cases[i].name, cases[i].value);
		McHash id;

		begin();
		proposal.body.fields |= cases[i].more;
		CHECK_INT(propose(&proposal, &id), cases[i].expected);
	}
}

static void
test_bytes_cut_or_changed(void)
{
	Proposal proposal = admission(5);
	uint8_t statement[PROPOSAL_STATEMENT_MAX];
	Proposal found;
	McProblem problem;
	WireWriter writer;

	begin();
	wire_writer_init(&writer, statement, sizeof(statement));
	proposal_write(&writer, &proposal);
	CHECK_INT(proposal_read(wire_written(&writer), &found, &problem), MC_OK);
	CHECK(memcmp(&found.body, &proposal.body, sizeof(found.body)) == 0);
	for (size_t size = 0; size < writer.size; size++)
		CHECK(proposal_read(span_of(statement, size), &found, &problem) != MC_OK);
}

/* The longest that any field may be still fits the statement's bound. */
static void
test_the_longest_proposal_fits(void)
{
	Proposal proposal = admission(5);
	uint8_t statement[PROPOSAL_STATEMENT_MAX];
	WireWriter writer;

	memset(proposal.body.name, 'x', GOVERNANCE_SETTING_NAME_MAX);
	memset(proposal.body.host, 'h', GENESIS_HOST_MAX);
	proposal.member = GOVERNANCE_NUMBERS_MAX - 1;
	proposal.expires_ms = INT64_MAX;
	proposal.body.value = INT64_MIN;
	wire_writer_init(&writer, statement, sizeof(statement));
	proposal_write(&writer, &proposal);
	CHECK(!writer.full);
}

static McStatus
rejoin_by(uint32_t roster, uint32_t signer, uint64_t incarnation, uint8_t key_seed)
{
	uint8_t arguments[ARGUMENTS_MAX];

	return run(&operation_rejoin, rejoin_of(roster, signer, incarnation, key_seed, arguments));
}

/* C9: one ticket an incarnation, the member's own, and no key that another member has. */
static void
test_who_rejoins(void)
{
	begin();
	CHECK_INT(rejoin_by(1, 2, 1, 201), MC_IDENTITY_SIGNATURE);
	CHECK_INT(rejoin_by(1, 1, 2, 201), MC_REJOIN_INCARNATION);
	CHECK_INT(rejoin_by(4, 4, 1, 201), MC_NO_VOICE);
	CHECK_INT(rejoin_by(1, 1, 1, 201), MC_OK);
	CHECK_INT(rejoin_by(2, 2, 1, 201), MC_MEMBER_EXISTS);
	CHECK_INT(rejoin_by(1, 1, 2, 202), MC_OK);
	world.chain_id = (const uint8_t[CHAIN_ID_SIZE]){ 8 };
	CHECK_INT(rejoin_by(2, 2, 1, 203), MC_IDENTITY_SIGNATURE);
}

int
main(void)
{
	RUN(test_a_quorum_changes_a_parameter);
	RUN(test_who_may_sign);
	RUN(test_another_chain_cannot_use_a_signature);
	RUN(test_open_for_a_time);
	RUN(test_admitted_member_votes);
	RUN(test_removed_member_has_no_voice_and_no_successor);
	RUN(test_suspended_and_back);
	RUN(test_new_keys);
	RUN(test_checked_again_at_the_end);
	RUN(test_somebody_must_remain);
	RUN(test_a_share_above_the_quorum);
	RUN(test_who_rejoins);
	RUN(test_fields_of_each_kind);
	RUN(test_bytes_cut_or_changed);
	RUN(test_the_longest_proposal_fits);
	return CHECK_RESULT();
}
