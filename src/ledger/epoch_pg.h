/*
 * epoch_pg.h - epochs as the stored chain has them. An epoch's last block, the anchor of the next,
 * is the one whose result names the next validators: next_valset_hash is not zero there.
 */
#ifndef MESCHAIN_LEDGER_EPOCH_PG_H
#define MESCHAIN_LEDGER_EPOCH_PG_H

#include "postgres.h"

#include "ledger/execute.h"
#include "ledger/governance.h"
#include "pbft/header.h"

/* The epoch that the block at height belongs to, as the blocks below it say. Needs SPI. */
extern void epoch_of(uint64_t height, const Genesis *genesis, GovernanceEpoch *epoch);

/*
 * Puts the parameters that hold in an epoch into the document: rows as they stood at its anchor.
 * True when one differs from what the document said.
 */
extern bool epoch_parameters(uint64_t anchor_height, Genesis *document);

/* Both, for the block to come: its epoch, the document's parameters and the rules they make. */
extern void epoch_open(uint64_t height, Genesis *document, TxRules *rules, GovernanceEpoch *epoch);

/* The next epoch begins at this anchor; true when its parameters are others. */
extern bool epoch_begin(uint64_t height, uint64_t time_ms, Genesis *document,
						GovernanceEpoch *epoch);

/* What a result says of the next validators: nothing but after an epoch's last block. */
extern void epoch_close(LedgerBlock *block, const PbftHeader *header, uint64_t parent_ms,
						const Genesis *document, const GovernanceEpoch *epoch, McHash *next_valset);
extern bool epoch_named(const McHash *next_valset);

/* Hash of the next epoch's validators, of the state after the block just executed. */
extern void epoch_next_valset(LedgerBlock *block, const Genesis *genesis, McHash *hash);

#endif
