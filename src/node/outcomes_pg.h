/*
 * outcomes_pg.h - what blocks decided, until their transaction is durable: who waits hears of it
 * then and not before, also where several blocks share a transaction. Apply's own.
 */
#ifndef MESCHAIN_NODE_OUTCOMES_PG_H
#define MESCHAIN_NODE_OUTCOMES_PG_H

#include "postgres.h"

#include "ledger/execute.h"

/* Blocks that may share a transaction, and how many transactions they may hold together. */
#define OUTCOMES_BLOCKS_MAX 32
#define OUTCOMES_TX_MAX 1024

/* False when this many more do not fit into one database transaction with what is noted. */
extern bool outcomes_fit(uint32_t count);

/* The block as it was executed, and the pool's slots it came from. */
extern void outcomes_note(const LedgerBlock *block, uint64_t height, const uint32_t *slots);

/* After the commit, block by block. */
extern void outcomes_tell(void);

#endif
