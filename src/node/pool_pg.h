/*
 * pool_pg.h - transactions between the backend that verified them and the block that decides them:
 * bounded shared memory, first in first out (A1, A4).
 *
 * A slot holds one body. It is claimed before anything is promised; the claimer copies the envelope
 * in and publishes it. Slots are found by body_id; the queue holds at most one body a txid, the
 * first valid one, while a block may name any (A1). A slot goes when it is decided or given up,
 * nobody waits for it and no block that order keeps names it.
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
	POOL_READY,   /* may stand in the queue */
	POOL_ORDERED, /* in a block whose order is final */
	POOL_DONE,    /* see its outcome */
} PoolState;

typedef struct PoolOutcome
{
	McProblem problem;
	uint64_t height;
	uint32_t position;
} PoolOutcome;

typedef struct PoolSlot
{
	pg_atomic_uint32 state;
	/* guarded by the pool's lock */
	uint32_t next; /* in the free list or in the queue */
	uint32_t previous;
	bool queued;
	bool looked_up;      /* pool_waiting gave it out */
	bool watched;        /* a session waits for it or has not fetched its outcome */
	uint32_t holds;      /* blocks that name it, and who reads it now */
	uint32_t introducer; /* member that brought it; POOL_LOCAL: a session of this node */
	uint64_t sequence;   /* order of publication */
	Latch *waiter;
	int waiter_pid;
	int commit_level;
	int64 since_us;
	/* filled while claimed */
	uint64_t body;       /* dsa_pointer of the envelope */
	McHash leaf;         /* of tx_root */
	TxView view;         /* spans point into the pool: one address in every process */
	PoolOutcome outcome; /* of one that is done */
} PoolSlot;

typedef struct PoolCounts
{
	uint32_t slots;
	uint32_t used;
	uint32_t ready;
	uint64_t bytes;
} PoolCounts;

#define POOL_NONE UINT32_MAX
#define POOL_LOCAL UINT32_MAX

extern Size pool_shmem_size(void);
extern void pool_shmem_request(void);
extern void pool_shmem_startup(bool found);

extern PoolSlot *pool_slot(uint32_t slot);
extern uint32_t pool_slot_count(void);

/* ---- sessions ---- */

/* Takes a slot with room for an envelope of this size; POOL_NONE when the pool is full. */
extern uint32_t pool_claim(size_t size);

/*
 * Copies the verified envelope into the claimed slot and queues it. Answers the slot to wait for:
 * this one, or the one in which another member's gossip brought the same body (the claim is given
 * back). POOL_NONE: the txid waits for another session already; the claim is given back too.
 */
extern uint32_t pool_publish(uint32_t slot, const TxView *view, int commit_level, bool wait);

/* Gives up a claim, or leaves a published slot: with its outcome read or before it is known. */
extern void pool_release(uint32_t slot);

/* ---- other members' bodies ---- */

typedef enum PoolOffer
{
	POOL_OFFER_TAKEN,
	POOL_OFFER_KNOWN,   /* here already, or decided lately */
	POOL_OFFER_REFUSED, /* over the member's share, or no room (A24) */
} PoolOffer;

/* A verified envelope of a member; named: some block names it, so its txid may wait in the queue
 * under another body. */
extern PoolOffer pool_offer(const TxView *view, uint32_t member, uint32_t member_count, bool named);

/* True when the body needs no look: it is here, or its transaction was decided lately. */
extern bool pool_knows(const McHash *txid, const McHash *body_id);
/* A transaction of the last blocks: whoever submits it again need not wait for another. */
extern McStatus pool_check_decided(const TxView *view, McProblem *problem);
/* Told by apply when it starts; everything later is noted by pool_finish. */
extern void pool_note_decided(const McHash *txid);

/* Copies the envelope of a body out; 0 when it is not here or larger than capacity. */
extern size_t pool_copy(const McHash *body_id, uint8_t *out, size_t capacity);

/* ---- order and apply ---- */

/* The head of the queue, without what marks says stands in a block already (marks[slot] == mark).
 * It is held: give it back with pool_drop. */
extern uint32_t pool_peek(uint32_t *slots, uint32_t maximum, size_t bytes_maximum,
						  const uint32_t *marks, uint32_t mark);
extern uint32_t pool_ready_count(void);
/* Grows with every body that becomes known. */
extern uint64_t pool_version(void);

/* Finds bodies and holds them for a block; POOL_NONE where missing. Returns how many are. */
extern uint32_t pool_hold(const McHash *body_ids, uint32_t count, uint32_t *slots);
/* Once more what is held. */
extern void pool_hold_slots(const uint32_t *slots, uint32_t count);
extern void pool_drop(const uint32_t *slots, uint32_t count);

/* The block's order is final: out of the queue; wakes who waits for no more than that. */
extern void pool_ordered(const uint32_t *slots, uint32_t count);

/* What was published by this node's sessions since the last call, for the other members; held. */
extern uint32_t pool_announced(uint32_t *slots, uint32_t maximum);
extern bool pool_announcing(void);
/* What of it still waits and is older: for a member whose link came up, and for lost gossip. Held.
 */
extern uint32_t pool_own(uint32_t *slots, uint32_t maximum, int64 before_us);

/* Frees bodies that no queue, block or session needs and that are older than this. */
extern void pool_sweep(int64 before_us);

/* Apply tells the outcome of a block's slots and wakes who waits. */
extern void pool_finish(const uint32_t *slots, uint32_t count);

/* What has been in the queue since before then, each once; and the outcome of one that is there in
 * vain. */
extern uint32_t pool_waiting(McHash *txids, uint32_t maximum, int64 before_us);
extern void pool_settle_waiting(const McHash *txid, const PoolOutcome *outcome);

/* After the workers were lost: what is decided is told so, everything else queues in its order. */
extern void pool_requeue(bool (*decided)(const McHash *txid, PoolOutcome *outcome));

extern void pool_counts(PoolCounts *counts);

/* For mes.stat_submissions and mes.pending_transactions: calls back under a shared lock. */
extern void pool_each(void (*visit)(const PoolSlot *slot, void *context), void *context);

#endif
