/*
 * pool_private_pg.h - the pool's shared memory, for its files: pool_pg.c takes bodies in,
 * pool_queue_pg.c gives them to blocks, pool_check_pg.c looks whether all is in its place.
 */
#ifndef MESCHAIN_NODE_POOL_PRIVATE_PG_H
#define MESCHAIN_NODE_POOL_PRIVATE_PG_H

#include "node/pool_pg.h"

#include "storage/lwlock.h"
#include "utils/dsa.h"
#include "utils/hsearch.h"

/* Transactions decided lately, by 8 bytes of their txid: late gossip of them is not queued. */
#define POOL_LATELY 65536

typedef struct PoolShared
{
	LWLock *lock; /* guards everything below but the slots' states and what a claimer fills */
	int dsa_tranche;
	uint32_t slot_count;
	uint32_t used;
	uint32_t free_head;
	uint32_t queue_head;
	uint32_t queue_tail;
	uint32_t queue_length;
	uint64_t sequence;
	uint64_t bytes;
	uint64_t announced; /* counts up for ever; place = value % slot_count */
	uint64_t announced_read;
	uint32_t *announce;
	uint64_t *lately;
	PoolSlot *slots;
	void *arena;
} PoolShared;

typedef struct PoolIndexEntry
{
	McHash hash;
	uint32_t slot;
} PoolIndexEntry;

extern PoolShared *pool;
extern HTAB *pool_by_txid; /* what is queued, ordered or watched */
extern HTAB *pool_by_body;

extern dsa_area *pool_dsa(void);

/* All of these need the pool's lock. */
extern bool pool_decided_lately(const McHash *txid);
extern uint32_t pool_find(HTAB *index, const McHash *hash);
/* Whether this body stands for its transaction, which it does from now on if no other does. */
extern bool pool_stands(uint32_t slot);
extern void pool_link(uint32_t slot, bool at_head);
extern void pool_unlink(uint32_t slot);
/* In test builds: every slot is where its state says, and the counters agree. */
#ifdef USE_ASSERT_CHECKING
extern void pool_check(void);
#else
#define pool_check() ((void) 0)
#endif
/* Frees the slot when nothing needs it; the body to dsa_free after the lock, or invalid. */
extern dsa_pointer pool_free_unneeded(uint32_t slot);

#endif
