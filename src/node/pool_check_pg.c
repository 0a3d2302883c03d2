/*
 * pool_check_pg.c - test builds look through the whole pool whenever transactions are decided: a
 * slot that lost its place would only show as a session that waits in vain. Empty in a release.
 */
#include "node/pool_private_pg.h"

#ifdef USE_ASSERT_CHECKING

typedef struct Tally
{
	uint32_t used;
	uint32_t queued;
	uint64_t bytes;
} Tally;

static uint32_t
state_of(const PoolSlot *slot)
{
	return pg_atomic_read_u32(unconstify(pg_atomic_uint32 *, &slot->state));
}

/* A transaction waits in the queue exactly when no block has it and its txid is this body's. */
static void
check_published(uint32_t number)
{
	const PoolSlot *slot = &pool->slots[number];
	bool stands = pool_find(pool_by_txid, &slot->view.txid) == number;

	Assert(slot->queued == (stands && state_of(slot) == POOL_READY));
	/* whoever waits waits for the body that stands for the transaction */
	Assert(!slot->watched || stands || state_of(slot) == POOL_DONE);
	/* what nobody needs any more is free */
	Assert(state_of(slot) != POOL_DONE || slot->watched || slot->holds > 0);
}

static void
check_slot(uint32_t number, Tally *tally)
{
	const PoolSlot *slot = &pool->slots[number];

	if (state_of(slot) == POOL_FREE)
	{
		Assert(!slot->queued && !slot->watched && slot->holds == 0);
		return;
	}
	tally->used++;
	tally->bytes += slot->view.bytes.size;
	tally->queued += slot->queued;
	if (state_of(slot) == POOL_CLAIMED)
		Assert(!slot->queued && !slot->watched && slot->holds == 0);
	else
		check_published(number);
}

static void
check_free_list(uint32_t free_count)
{
	uint32_t count = 0;

	for (uint32_t at = pool->free_head; at != POOL_NONE; at = pool->slots[at].next)
	{
		Assert(state_of(&pool->slots[at]) == POOL_FREE);
		Assert(++count <= free_count);
	}
	Assert(count == free_count);
}

static void
check_queue(uint32_t length)
{
	uint32_t count = 0;
	uint32_t before = POOL_NONE;

	for (uint32_t at = pool->queue_head; at != POOL_NONE; at = pool->slots[at].next)
	{
		Assert(pool->slots[at].queued && pool->slots[at].previous == before);
		Assert(++count <= length);
		before = at;
	}
	Assert(count == length && pool->queue_tail == before);
}

void
pool_check(void)
{
	Tally tally = { 0 };

	Assert(LWLockHeldByMeInMode(pool->lock, LW_EXCLUSIVE));
	for (uint32_t i = 0; i < pool->slot_count; i++)
		check_slot(i, &tally);
	Assert(tally.used == pool->used && tally.bytes == pool->bytes);
	Assert(tally.queued == pool->queue_length);
	check_free_list(pool->slot_count - pool->used);
	check_queue(pool->queue_length);
}

#endif
