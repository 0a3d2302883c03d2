/*
 * apply_load_pg.h - the last block and the state's sum, as the apply worker finds them in the
 * tables.
 */
#ifndef MESCHAIN_NODE_APPLY_LOAD_PG_H
#define MESCHAIN_NODE_APPLY_LOAD_PG_H

#include "postgres.h"

#include "ledger/execute.h"
#include "ledger/genesis.h"
#include "pbft/event.h"

/* The last durable block, or genesis. Needs SPI connected, as the next one. */
extern void apply_load_tip(const Genesis *origin, PbftTip *tip);

/* The stored sum and what the blocks after it did to the state, compared with the last block.
 * Returns the height it was stored at. */
extern uint64_t apply_load_sum(uint64_t tip_height, LtHash *sum);

#endif
