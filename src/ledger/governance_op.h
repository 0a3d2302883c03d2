/*
 * governance_op.h - what the two operations of governance share. Internal to them.
 */
#ifndef MESCHAIN_LEDGER_GOVERNANCE_OP_H
#define MESCHAIN_LEDGER_GOVERNANCE_OP_H

#include "ledger/proposal.h"

static inline bool
governance_op_get(void *context, TxTable table, McSpan key, McSpan *value)
{
	TxWorld *world = context;

	return world->get_row(world, table, key, value);
}

static inline GovernanceState
governance_op_state(TxWorld *world)
{
	return (GovernanceState){ .context = world,
							  .get_row = governance_op_get,
							  .genesis = world->genesis };
}

static inline McStatus
governance_op_named(McProblem *problem, McStatus status, const McHash *id)
{
	char name[2 * HASH_SIZE + 1];

	hex_format(id->bytes, HASH_SIZE, name);
	return status_problem_name(problem, status, name, sizeof(name) - 1);
}

/* Is the member active, and did its identity key sign the proposal, or its approval? */
static inline McStatus
governance_op_signed(const GovernanceState *state, uint32_t number, const McHash *id, bool approval,
					 const uint8_t signature[SUITE_SIGNATURE_SIZE], McProblem *problem)
{
	SuiteKey key = { .suite = SUITE_ED25519 };
	GovernanceMember member;
	McHash signing;

	if (!governance_member(state, number, &member) || member.standing != MEMBER_ACTIVE)
		return status_problem(problem, MC_NO_VOICE, number, 0);
	memcpy(key.public_key, member.member.identity_key, SUITE_PUBLIC_SIZE);
	proposal_signing_hash(id, approval, &signing);
	if (!suite_verify(&key, span_hash(&signing), signature))
		return status_problem_name(problem, MC_IDENTITY_SIGNATURE, member.member.name,
								   strlen(member.member.name));
	return MC_OK;
}

#endif
