/*
 * causes.h - whom the body of a block names: members with evidence against them, members that
 * return (A2, A10, C9). A function of the bodies and of what held at the epoch's anchor, so that
 * every member computes the same; whether the transactions succeed plays no part.
 */
#ifndef MESCHAIN_LEDGER_CAUSES_H
#define MESCHAIN_LEDGER_CAUSES_H

#include "ledger/report.h"
#include "tx/tx.h"

/* Of a block so many operations may name somebody; what comes after them names nobody. Each costs
 * one or two signatures in the process that everything else waits for. */
#define LEDGER_NAMING_MAX 16

/* An epoch as it began. */
typedef struct CauseRules
{
	const Genesis *document; /* the seats: member_count members */
	const uint16_t *numbers; /* of them on the roll */
	const uint64_t *incarnations;
	PbftDomain domain;
} CauseRules;

typedef struct CauseCount
{
	uint32_t looked_at;
	PbftCauses causes;
} CauseCount;

/* Takes the next body of the block; all zero before the first. Bodies whose names_seats is false
 * may be left out. */
extern void ledger_causes_add(const CauseRules *rules, const TxView *view, CauseCount *count);

#endif
