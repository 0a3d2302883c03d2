/*
 * governance.h - what the members decide together: who is a member, with which keys and where; the
 * parameters, features and platforms. Proposals and approvals are operations signed by members'
 * identity keys; what passes is written to state rows under the state root.
 *
 * A row says what holds from the next epoch on. What holds in an epoch is the rows as they stood
 * after its anchor, the last block of the epoch before (A2); no row: what genesis says. So there is
 * nothing to promote at the boundary, and any node, and any verifier, reads the same from history.
 *
 * Nothing here reads a clock or a table: rows come through GovernanceState.
 */
#ifndef MESCHAIN_LEDGER_GOVERNANCE_H
#define MESCHAIN_LEDGER_GOVERNANCE_H

#include "ledger/genesis.h"
#include "tx/operation.h"

#define OPERATION_PROPOSE 48
#define OPERATION_APPROVE 49
#define OPERATION_REJOIN 50
#define OPERATION_REPORT 51

#define TX_TABLE_MEMBERS ((TxTable) 48)   /* number, 2 bytes -> GovernanceMember */
#define TX_TABLE_SETTINGS ((TxTable) 49)  /* GovernanceSetting and name -> integer */
#define TX_TABLE_PROPOSALS ((TxTable) 50) /* proposal -> its statement */
#define TX_TABLE_APPROVALS ((TxTable) 51) /* proposal -> [passed, bitmap by member number] */
#define TX_TABLE_EVIDENCE ((TxTable) 52)  /* ledger/report.h: which lie -> its proof */

/* Numbers are given once and never again, so that an approval cannot pass to a successor. */
#define GOVERNANCE_NUMBERS_MAX 1024
#define GOVERNANCE_BITMAP_SIZE (GOVERNANCE_NUMBERS_MAX / 8)
#define GOVERNANCE_TERM_MAX_MS ((uint64_t) 90 * 86400 * 1000)
#define GOVERNANCE_SETTING_NAME_MAX 64

typedef enum MemberStanding
{
	MEMBER_ACTIVE = 1,
	MEMBER_SUSPENDED = 2, /* keeps its number and keys, does not vote, counts in no quorum */
	MEMBER_REMOVED = 3,
} MemberStanding;

typedef struct GovernanceMember
{
	MemberStanding standing;
	uint64_t incarnation; /* grows with every voting key (C9) */
	GenesisMember member;
} GovernanceMember;

typedef enum GovernanceSetting
{
	SETTING_PARAMETER = 'p',
	SETTING_FEATURE = 'f',  /* 0 or 1 */
	SETTING_PLATFORM = 'h', /* by hash, 0 or 1 */
} GovernanceSetting;

/* Rows of committed state, or of a block in the making. */
typedef struct GovernanceState
{
	void *context;
	bool (*get_row)(void *context, TxTable table, McSpan key, McSpan *value);
	const Genesis *genesis;
} GovernanceState;

/* ---- the roll ---- */

/* False for a number that was never given. */
extern bool governance_member(const GovernanceState *state, uint32_t number,
							  GovernanceMember *member);
extern uint32_t governance_number_count(const GovernanceState *state);

extern McSpan governance_member_key(uint32_t number, uint8_t key[2]);
extern void governance_member_write(WireWriter *writer, const GovernanceMember *member);
extern bool governance_member_read(McSpan value, GovernanceMember *member);
#define GOVERNANCE_MEMBER_BYTES_MAX 512

/* A validator: who votes in an epoch, in the order of numbers. */
typedef struct GovernanceSeat
{
	uint32_t number;
	uint64_t incarnation;
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
} GovernanceSeat;

typedef struct GovernanceValset
{
	uint32_t count;
	GovernanceSeat seats[GENESIS_MEMBERS_MAX];
} GovernanceValset;

/* The validator set of the next epoch, as a function of state. */
extern void governance_valset(const GovernanceState *state, GovernanceValset *valset);

/* H("MES1-valset" || (index, voting key, incarnation)...) as genesis_valset_hash has it (A7). */
extern void governance_valset_hash(const GovernanceValset *valset, McHash *hash);

/* ---- settings ---- */

extern McSpan governance_setting_key(GovernanceSetting kind, McSpan name,
									 uint8_t key[1 + GOVERNANCE_SETTING_NAME_MAX]);
/* A parameter falls back to genesis, a feature or platform to 0. */
extern int64_t governance_setting(const GovernanceState *state, GovernanceSetting kind,
								  McSpan name);

/* Genesis with the parameters that hold from the next epoch on. */
extern void governance_parameters(const GovernanceState *state, Genesis *document);

/* What a document's parameters mean for transactions; leaves the chain id as it is. */
extern void governance_rules(const Genesis *in_force, TxRules *rules);

/* ---- epochs ---- */

typedef struct GovernanceEpoch
{
	uint64_t number;
	uint64_t anchor_height; /* 0: genesis */
	uint64_t anchor_ms;
	McHash anchor_hash;   /* of genesis in the first epoch */
	McHash valset_hash;   /* of a recovery's document in the epoch that it begins (C8) */
	uint64_t resume_no;   /* of the last recovery below; 0: none */
	bool resumed;         /* it began with that recovery, and its anchor is the recovery's base */
	uint64_t roll_height; /* the roll and the settings hold as they stood then: at the anchor, but
						   * after a recovery as in the epoch before it */
} GovernanceEpoch;

/*
 * Is this block the last of its epoch? By its header's flag, or because the epoch is over by the
 * parameters in force (C1): a function of headers alone, so that all nodes agree (A2, R15).
 */
extern bool governance_epoch_ends(const Genesis *in_force, const GovernanceEpoch *epoch,
								  uint64_t height, uint64_t parent_ms, bool flagged);

/* ---- how many must agree ---- */

/* quorum(n) of the active members, or the share that genesis asks for when that is more (A30). */
extern uint32_t governance_approvals_needed(const GovernanceState *state);

#endif
