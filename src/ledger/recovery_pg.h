/*
 * recovery_pg.h - recoveries as the database has them: which one an epoch began with, and the keys
 * that it brought. Needs SPI.
 */
#ifndef MESCHAIN_LEDGER_RECOVERY_PG_H
#define MESCHAIN_LEDGER_RECOVERY_PG_H

#include "postgres.h"

#include "ledger/recovery.h"
#include "pbft/header.h"

typedef struct RecoveryRow
{
	uint64_t resume_no;
	uint64_t epoch;       /* that it began */
	uint64_t roll_height; /* its epoch keeps the roll and the settings as they stood then */
	PbftHeader base;      /* header of the block that it began on */
	McHash base_hash;
	McHash document_hash;
	McSpan document; /* palloc'd */
} RecoveryRow;

/* The last recovery whose base lies below a height; false: none. */
extern bool recovery_below(uint64_t height, RecoveryRow *row);

/* The first recovery whose base lies at a height or above. */
extern bool recovery_from(uint64_t height, RecoveryRow *row);

/* The first block above a recovery's base writes its keys; another block nothing. */
extern void recovery_execute(LedgerBlock *block, uint64_t height, const GovernanceEpoch *epoch,
							 const Genesis *origin);

/* A member as it votes in an epoch that began with a recovery, of its row as the roll had it. */
extern void recovery_seat(const GovernanceEpoch *epoch, uint32_t number, GovernanceMember *member);

#endif
