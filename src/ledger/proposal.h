/*
 * proposal.h - a proposal as bytes, its kinds, and what the members sign.
 *
 *   statement = [member, kind, expires_ms, body]
 *   body      = [name, identity_key, voting_key, fee_address, host, port, value]
 *   proposal  = H("MES1-proposal" || chain_id || statement)      its name everywhere
 *
 * One body for all kinds; what a kind does not use is empty or 0, so that a meaning has one form.
 * The proposer signs H("MES1-propose" || proposal), who approves H("MES1-approve" || proposal),
 * with identity keys (A25): neither signature can be taken for the other, or for another chain.
 */
#ifndef MESCHAIN_LEDGER_PROPOSAL_H
#define MESCHAIN_LEDGER_PROPOSAL_H

#include "ledger/governance.h"

typedef enum ProposalKindNumber
{
	PROPOSAL_ADMIT_MEMBER = 1,
	PROPOSAL_REMOVE_MEMBER,
	PROPOSAL_SUSPEND_MEMBER,
	PROPOSAL_ROTATE_KEYS,
	PROPOSAL_CHANGE_ADDRESS,
	PROPOSAL_SET_PARAMETER,
	PROPOSAL_SET_FEATURE,
	PROPOSAL_SET_PLATFORM,
	PROPOSAL_KIND_END
} ProposalKindNumber;

/* What a body of a kind holds; the rest is empty. */
#define FIELD_NAME 1u
#define FIELD_IDENTITY 2u
#define FIELD_VOTING 4u
#define FIELD_FEE 8u
#define FIELD_HOST 16u /* with the port */
#define FIELD_VALUE 32u

typedef struct ProposalKind
{
	const char *name;
	const char *description;
	uint32_t needed;        /* FIELD_... */
	uint32_t allowed;       /* besides; at least one of them when there are any */
	const char *name_field; /* as people call the fields of this kind */
	const char *identity_field;
	const char *value_field;
	int64_t value_minimum;
	int64_t value_maximum;
} ProposalKind;

/* NULL for a number that is none. */
extern const ProposalKind *proposal_kind(uint64_t number);
/* PROPOSAL_KIND_END when there is none of this name. */
extern uint32_t proposal_kind_by_name(McSpan name);

typedef struct ProposalBody
{
	uint32_t fields; /* which are there */
	char name[GOVERNANCE_SETTING_NAME_MAX + 1];
	uint8_t identity_key[SUITE_PUBLIC_SIZE];
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
	McAddress fee_address;
	char host[GENESIS_HOST_MAX + 1];
	uint16_t port;
	int64_t value;
} ProposalBody;

typedef struct Proposal
{
	uint32_t member; /* number of who proposes */
	uint32_t kind;
	uint64_t expires_ms;
	ProposalBody body;
} Proposal;

#define PROPOSAL_STATEMENT_MAX 640

extern void proposal_write(WireWriter *writer, const Proposal *proposal);

/* Hostile bytes: shape, fields of the kind, ranges; nothing of the ledger's state. */
extern McStatus proposal_read(McSpan statement, Proposal *proposal, McProblem *problem);

extern void proposal_id(const uint8_t chain_id[CHAIN_ID_SIZE], McSpan statement, McHash *id);
extern void proposal_signing_hash(const McHash *id, bool approval, McHash *hash);

/* No name or key stands twice among those who are members, this number left out. */
extern McStatus governance_unique(const GovernanceState *state, uint32_t number,
								  const GenesisMember *member, McProblem *problem);

/* Would it do something, and something allowed, to this state? */
extern McStatus proposal_check(const Proposal *proposal, const GovernanceState *state,
							   McProblem *problem);

/* The one row that it writes when it passes; proposal_check said yes. Key and value in buffers. */
typedef struct ProposalEffect
{
	TxTable table;
	McSpan key;
	McSpan value;
	uint8_t key_bytes[1 + GOVERNANCE_SETTING_NAME_MAX];
	uint8_t value_bytes[GOVERNANCE_MEMBER_BYTES_MAX];
} ProposalEffect;
extern void proposal_effect(const Proposal *proposal, const GovernanceState *state,
							ProposalEffect *effect);

/* Value of TX_TABLE_APPROVALS. */
typedef struct ApprovalRow
{
	bool passed;
	uint8_t members[GOVERNANCE_BITMAP_SIZE];
} ApprovalRow;
#define APPROVAL_ROW_BYTES_MAX (GOVERNANCE_BITMAP_SIZE + 8)
extern bool approval_row_read(McSpan value, ApprovalRow *row);
extern void approval_row_write(WireWriter *writer, const ApprovalRow *row);
/* Approvals by members who are active now. */
extern uint32_t approval_count(const ApprovalRow *row, const GovernanceState *state);

/* The arguments of the operations. */
extern void operation_put_propose(WireWriter *writer, McSpan statement,
								  const uint8_t signature[SUITE_SIGNATURE_SIZE]);
extern void operation_put_rejoin(WireWriter *writer, McSpan ticket);
extern void operation_put_approve(WireWriter *writer, const McHash *id, uint32_t member,
								  const uint8_t signature[SUITE_SIGNATURE_SIZE]);

/* Describes a proposal's body by the names that people use. */
extern void proposal_describe(const Proposal *proposal, TxFields *fields);

#endif
