/*
 * coins_pg.h - which outputs this server's sessions are about to spend, and the change that is on
 * its way: shared memory, so that concurrent sessions of one account never pick the same output and
 * change is spendable at once. Advice only: the ledger judges every spend.
 */
#ifndef MESCHAIN_NODE_COINS_PG_H
#define MESCHAIN_NODE_COINS_PG_H

#include "postgres.h"

#include "tx/tx.h"

typedef struct Coin
{
	McHash txid;
	uint32_t index;
	uint64_t height; /* 0: in flight */
	int64_t amount;
} Coin;

extern Size coins_shmem_size(void);
extern void coins_shmem_startup(void);

/* Takes the coin for this session; false when another session has it. */
extern bool coins_reserve(const Coin *coin);

/* Takes change that is in flight: up to maximum coins, until needed is covered. */
extern uint32_t coins_reserve_change(const McAddress *owner, const TxAsset *asset, int64_t needed,
									 Coin *coins, uint32_t maximum);

/* The submission never left: others may use the coins again. */
extern void coins_release(const Coin *coins, uint32_t count);

/* The ledger refused the submission: what of these is there, is among the outputs. */
extern void coins_refused(const Coin *coins, uint32_t count);

/* The submission is final: kept for a moment, so that an older snapshot does not offer them. */
extern void coins_spent(const Coin *coins, uint32_t count);

/* Change of a submission in the pool, until its outcome is known. */
extern void coins_add_change(const McHash *txid, uint32_t index, const McAddress *owner,
							 const TxAsset *asset, int64_t amount);
extern void coins_drop_change(const McHash *txid, uint32_t index);

#endif
