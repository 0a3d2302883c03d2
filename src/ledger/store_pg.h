/*
 * store_pg.h - committed state for execution: unspent outputs from a bounded cache over the tables,
 * state rows, submissions of the window, and the numbers of addresses and assets.
 *
 * It belongs to the apply worker alone: private memory needs no lock and cannot be stale after a
 * crash, since it is filled from committed rows only.
 */
#ifndef MESCHAIN_LEDGER_STORE_PG_H
#define MESCHAIN_LEDGER_STORE_PG_H

#include "postgres.h"

#include "ledger/execute.h"

typedef struct StoreStats
{
	uint64_t cache_hits;
	uint64_t cache_misses;
} StoreStats;

/* Once a process, inside a transaction with SPI connected. */
extern void store_open(Size cache_bytes, uint64_t window_ms);

/* Members and rules that hold for the blocks to come; both stay the caller's. */
extern void store_set_epoch(const struct Genesis *genesis, const TxRules *rules);

/* The function table; look-ups need a transaction with SPI connected and an active snapshot. */
extern const LedgerStore *store_table(void);

/* The block being executed: bounds look-ups of young outputs and the window of submissions. */
extern void store_begin_block(uint64_t height, uint64_t block_time_ms);

/* The block's transaction was rolled back; needs SPI connected, in the next one. */
extern void store_roll_back_block(void);

/* After the block's commit: its outputs are unspent, its spends are not, its submissions are seen.
 */
extern void store_commit_block(const LedgerBlock *block, uint64_t block_time_ms);

/* The number of an address or asset; *is_new when this block has to insert its row. */
extern int64 store_address_id(const McAddress *address, bool *is_new);
extern int32 store_asset_id(const TxAsset *asset, bool *is_new);

extern const StoreStats *store_stats(void);

#endif
