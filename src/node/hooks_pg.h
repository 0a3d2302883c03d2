/*
 * hooks_pg.h - commit hooks: a member's own functions, called in the block's transaction after a
 * quorum signed its result (P8). A hook can fail, never hold up or change a block.
 */
#ifndef MESCHAIN_NODE_HOOKS_PG_H
#define MESCHAIN_NODE_HOOKS_PG_H

#include "postgres.h"

#include "ledger/execute.h"

/* Runs what is registered for the block's operations; false: nothing is. Needs SPI connected and a
 * snapshot. */
extern bool hooks_run(const LedgerBlock *block, uint64_t height, uint64_t block_time_ms);

/* True while a hook's code runs in this process: commands are refused to it, and what it
 * submits leaves after the commit. */
extern bool hooks_running(void);

#endif
