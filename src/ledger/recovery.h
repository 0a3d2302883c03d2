/*
 * recovery.h - what a recovery (RESUME, C8) does to the ledger: the members who signed its
 * statements vote with fresh keys from its base on, and the first block above the base writes them
 * to the roll.
 */
#ifndef MESCHAIN_LEDGER_RECOVERY_H
#define MESCHAIN_LEDGER_RECOVERY_H

#include "ledger/execute.h"
#include "ledger/governance.h"
#include "pbft/resume.h"

typedef struct RecoveryKey
{
	uint32_t number;
	uint64_t incarnation;
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
} RecoveryKey;

typedef struct RecoveryKeys
{
	uint32_t count;
	RecoveryKey keys[PBFT_NODE_MAX];
} RecoveryKeys;

/* The fresh keys in a judged document; false: two members name one key. */
extern bool recovery_keys(McSpan document, PbftAttest *scratch, RecoveryKeys *keys);

/* The member as it votes after the recovery. True when that is another key than before. */
extern bool recovery_rekey(const RecoveryKeys *keys, uint32_t number, GovernanceMember *member);

/* Rows of the roll, into the first block above the base, before it is closed. */
extern void recovery_write(LedgerBlock *block, const Genesis *genesis, const RecoveryKeys *keys);

#endif
