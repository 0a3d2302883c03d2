/*
 * pool_pg.h - submissions between the backend that verified them and the block that decides them:
 * bounded shared memory, first in first out, at most one envelope a txid (A1, A4).
 *
 * A slot is claimed before anything is promised; the claimer copies the envelope in and publishes
 * it. Whoever waits for it frees it; a slot whose waiter gave up is freed by apply.
 */
#ifndef MESCHAIN_NODE_POOL_PG_H
#define MESCHAIN_NODE_POOL_PG_H

#include "postgres.h"

#include "port/atomics.h"
#include "storage/latch.h"
#include "tx/tx.h"

typedef enum PoolState
{
	POOL_FREE,
	POOL_CLAIMED, /* being filled by its backend */
	POOL_READY,   /* in the queue */
	POOL_ORDERED, /* in a block */
	POOL_DONE,    /* problem, height and position tell the outcome */
} PoolState;

typedef struct PoolSlot
{
	pg_atomic_uint32 state;
	uint32_t next;  /* in the free list */
	bool abandoned; /* nobody waits: guarded by the pool's lock */
	Latch *waiter;
	int waiter_pid;
	int commit_level;
	int64 since_us;
	uint64_t body; /* dsa_pointer of the envelope */
	McHash leaf;   /* of tx_root */
	TxView view;   /* spans point into the pool: one address in every process */
	/* the outcome */
	McProblem problem;
	uint64_t height;
	uint32_t position;
} PoolSlot;

typedef struct PoolCounts
{
	uint32_t slots;
	uint32_t used;
	uint32_t ready;
	uint64_t bytes;
} PoolCounts;

#define POOL_NONE UINT32_MAX

extern Size pool_shmem_size(void);
extern void pool_shmem_request(void);
extern void pool_shmem_startup(bool found);

extern PoolSlot *pool_slot(uint32_t slot);

/* Takes a slot with room for an envelope of this size; POOL_NONE when the pool is full. */
extern uint32_t pool_claim(size_t size);

/*
 * Copies the verified envelope into the claimed slot and queues it. Answers the slot of the same
 * txid when it waits already (the claim is given back), else the slot itself.
 */
extern uint32_t pool_publish(uint32_t slot, const TxView *view, int commit_level, bool wait);

/* Gives up a claim, or a finished slot. */
extern void pool_release(uint32_t slot);

/* The waiter leaves before the outcome. */
extern void pool_abandon(uint32_t slot);

/* Order takes from the head of the queue without removing; the same slots until pool_taken. */
extern uint32_t pool_peek(uint32_t *slots, uint32_t maximum, size_t bytes_maximum);
extern void pool_taken(uint32_t count);
extern uint32_t pool_ready_count(void);

/* Apply tells the outcome of a block's slots and wakes who waits. */
extern void pool_finish(const uint32_t *slots, uint32_t count);

/* After a worker was lost: what of its block is decided is told so, the rest queues first. */
extern void pool_requeue(const uint32_t *slots, uint32_t count, bool (*decided)(PoolSlot *slot));

extern void pool_counts(PoolCounts *counts);

/* For mes.stat_submissions and mes.pending_transactions: calls back under a shared lock. */
extern void pool_each(void (*visit)(const PoolSlot *slot, void *context), void *context);

#endif
