/*
 * epoch_pg.h - epochs as the stored chain has them. An epoch's last block, the anchor of the next,
 * is the one whose result names the next validators: next_valset_hash is not zero there. A recovery
 * (recovery_pg.h) begins an epoch too, on its base.
 */
#ifndef MESCHAIN_LEDGER_EPOCH_PG_H
#define MESCHAIN_LEDGER_EPOCH_PG_H

#include "postgres.h"

#include "ledger/execute.h"
#include "ledger/governance.h"
#include "pbft/certificate.h"
#include "pbft/header.h"

/* The epoch that the block at height belongs to, as the blocks below it say. Needs SPI. */
extern void epoch_of(uint64_t height, const Genesis *origin, GovernanceEpoch *epoch);

/* Height and chain time of the anchor so many epochs before this epoch's; no time: there were
 * fewer. Needs SPI. */
extern void epoch_older(const GovernanceEpoch *epoch, const Genesis *origin, uint32_t back,
						uint64_t *height, uint64_t *ts_ms);

/* The eight bytes that every signature of the epoch names (A7). */
extern void epoch_instance(const GovernanceEpoch *epoch, uint8_t instance[PBFT_INSTANCE_SIZE]);

/* Who votes, in the order of the validator set; the members themselves stand in a document. */
typedef struct EpochSeats
{
	uint32_t numbers[GENESIS_MEMBERS_MAX];
	uint64_t incarnations[GENESIS_MEMBERS_MAX];
} EpochSeats;

/*
 * Puts the members who vote in an epoch into the document: rows as they stood at its anchor, what
 * genesis says elsewhere. False when they are not those that the anchor's result names. Needs SPI.
 */
extern bool epoch_seats(const GovernanceEpoch *epoch, const Genesis *origin, Genesis *document,
						EpochSeats *seats);

/*
 * Behind the seats, who is a member now and has no seat: admitted for the next epoch, or suspended;
 * and the addresses of all as they are now. Returns how many places of the document are in use.
 * Needs SPI.
 */
extern uint32_t epoch_guests(const Genesis *origin, Genesis *document, EpochSeats *seats);

/*
 * Puts the parameters that hold in an epoch into the document: rows as they stood at its roll
 * height. True when one differs from what the document said.
 */
extern bool epoch_parameters(uint64_t roll_height, Genesis *document);

/* For the block to come: its epoch, the parameters in force and the rules they make. */
extern void epoch_open(uint64_t height, const Genesis *origin, Genesis *document, TxRules *rules,
					   GovernanceEpoch *epoch);

/* What a result says of the next validators: nothing but after an epoch's last block. */
extern void epoch_close(LedgerBlock *block, const PbftHeader *header, uint64_t parent_ms,
						const Genesis *origin, const Genesis *in_force,
						const GovernanceEpoch *epoch, McHash *next_valset);
extern bool epoch_named(const McHash *next_valset);

/* Hash of the next epoch's validators, of the state after the block just executed. */
extern void epoch_next_valset(LedgerBlock *block, const Genesis *genesis, McHash *hash);

/* A number of the roll as it stands now; false: never given. And how many were. Needs SPI. */
extern bool epoch_member(const Genesis *origin, uint32_t number, GovernanceMember *member);
extern uint32_t epoch_number_count(const Genesis *origin);

/* The member of this name, as the roll stands now; false: none. Needs SPI. */
extern bool epoch_find_member(const Genesis *origin, const char *name, uint32_t *number,
							  GovernanceMember *member);

#endif
