/*
 * pool_queue_pg.c - the pool as blocks see it: the queue, what blocks hold, and the outcome.
 *
 * The queue is a list through the slots: a block of another member may decide its middle.
 */
#include "node/pool_private_pg.h"

#include "miscadmin.h"
#include "node/guc_pg.h"
#include "utils/memutils.h"

/* ---- the list ----------------------------------------------------------------------------------
 */

void
pool_link(uint32_t number, bool at_head)
{
	PoolSlot *slot = &pool->slots[number];

	Assert(!slot->queued);
	slot->queued = true;
	slot->previous = at_head ? POOL_NONE : pool->queue_tail;
	slot->next = at_head ? pool->queue_head : POOL_NONE;
	if (slot->previous == POOL_NONE)
		pool->queue_head = number;
	else
		pool->slots[slot->previous].next = number;
	if (slot->next == POOL_NONE)
		pool->queue_tail = number;
	else
		pool->slots[slot->next].previous = number;
	pool->queue_length++;
}

void
pool_unlink(uint32_t number)
{
	PoolSlot *slot = &pool->slots[number];

	if (!slot->queued)
		return;
	slot->queued = false;
	if (slot->previous == POOL_NONE)
		pool->queue_head = slot->next;
	else
		pool->slots[slot->previous].next = slot->next;
	if (slot->next == POOL_NONE)
		pool->queue_tail = slot->previous;
	else
		pool->slots[slot->next].previous = slot->previous;
	pool->queue_length--;
}

uint32_t
pool_peek(uint32_t *slots, uint32_t maximum, size_t bytes_maximum, const uint32_t *marks,
		  uint32_t mark)
{
	uint32_t count = 0;
	size_t bytes = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t at = pool->queue_head; at != POOL_NONE && count < maximum;
		 at = pool->slots[at].next)
	{
		if (marks[at] == mark)
			continue;
		bytes += pool->slots[at].view.bytes.size;
		if (bytes > bytes_maximum && count > 0)
			break;
		pool->slots[at].holds++;
		slots[count++] = at;
	}
	LWLockRelease(pool->lock);
	return count;
}

uint32_t
pool_ready_count(void)
{
	uint32_t count;

	LWLockAcquire(pool->lock, LW_SHARED);
	count = pool->queue_length;
	LWLockRelease(pool->lock);
	return count;
}

uint64_t
pool_version(void)
{
	uint64_t version;

	LWLockAcquire(pool->lock, LW_SHARED);
	version = pool->sequence;
	LWLockRelease(pool->lock);
	return version;
}

/* ---- blocks ------------------------------------------------------------------------------------
 */

uint32_t
pool_hold(const McHash *body_ids, uint32_t count, uint32_t *slots)
{
	uint32_t missing = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		if (slots[i] != POOL_NONE)
			continue;
		slots[i] = pool_find(pool_by_body, &body_ids[i]);
		if (slots[i] == POOL_NONE)
			missing++;
		else
			pool->slots[slots[i]].holds++;
	}
	LWLockRelease(pool->lock);
	return missing;
}

void
pool_hold_slots(const uint32_t *slots, uint32_t count)
{
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		Assert(pool->slots[slots[i]].holds > 0);
		pool->slots[slots[i]].holds++;
	}
	LWLockRelease(pool->lock);
}

/* Bodies to free once the lock is gone. */
typedef struct FreedBodies
{
	uint32_t count;
	dsa_pointer *bodies;
} FreedBodies;

static void
free_later(FreedBodies *freed, uint32_t slot)
{
	dsa_pointer body = pool_free_unneeded(slot);

	if (DsaPointerIsValid(body))
		freed->bodies[freed->count++] = body;
}

static void
free_now(FreedBodies *freed)
{
	for (uint32_t i = 0; i < freed->count; i++)
		dsa_free(pool_dsa(), freed->bodies[i]);
	pfree(freed->bodies);
}

void
pool_drop(const uint32_t *slots, uint32_t count)
{
	FreedBodies freed = { 0, palloc(sizeof(dsa_pointer) * Max(count, 1)) };

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		if (slots[i] == POOL_NONE)
			continue;
		Assert(pool->slots[slots[i]].holds > 0);
		pool->slots[slots[i]].holds--;
		free_later(&freed, slots[i]);
	}
	LWLockRelease(pool->lock);
	free_now(&freed);
}

void
pool_ordered(const uint32_t *slots, uint32_t count)
{
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		PoolSlot *slot = &pool->slots[slots[i]];

		pool_unlink(slots[i]);
		if (pg_atomic_read_u32(&slot->state) == POOL_READY)
			pg_atomic_write_u32(&slot->state, POOL_ORDERED);
		if (slot->waiter != NULL && slot->commit_level == COMMIT_ORDERED)
			SetLatch(slot->waiter);
	}
	LWLockRelease(pool->lock);
}

uint32_t
pool_announced(uint32_t *slots, uint32_t maximum)
{
	uint32_t count = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	while (pool->announced_read < pool->announced && count < maximum)
	{
		uint32_t slot = pool->announce[pool->announced_read++ % pool->slot_count];

		/* decided meanwhile, and perhaps another's by now: gossip of it would harm nobody */
		if (pg_atomic_read_u32(&pool->slots[slot].state) != POOL_READY)
			continue;
		pool->slots[slot].holds++;
		slots[count++] = slot;
	}
	LWLockRelease(pool->lock);
	return count;
}

bool
pool_announcing(void)
{
	bool announcing;

	LWLockAcquire(pool->lock, LW_SHARED);
	announcing = pool->announced_read < pool->announced;
	LWLockRelease(pool->lock);
	return announcing;
}

uint32_t
pool_own(uint32_t *slots, uint32_t maximum, int64 before_us)
{
	uint32_t count = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t at = pool->queue_head; at != POOL_NONE && count < maximum;
		 at = pool->slots[at].next)
	{
		if (pool->slots[at].introducer != POOL_LOCAL || pool->slots[at].since_us >= before_us)
			continue;
		pool->slots[at].holds++;
		slots[count++] = at;
	}
	LWLockRelease(pool->lock);
	return count;
}

void
pool_sweep(int64 before_us)
{
	FreedBodies freed = { 0, palloc(sizeof(dsa_pointer) * pool->slot_count) };

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < pool->slot_count; i++)
	{
		PoolSlot *slot = &pool->slots[i];

		if (pg_atomic_read_u32(&slot->state) != POOL_READY || slot->queued || slot->watched ||
			slot->holds > 0)
			continue;
		if (slot->since_us >= before_us && !pool_decided_lately(&slot->view.txid))
			continue; /* a block that names it may be on its way */
		pg_atomic_write_u32(&slot->state, POOL_DONE);
		free_later(&freed, i);
	}
	LWLockRelease(pool->lock);
	free_now(&freed);
}

/* ---- the outcome -------------------------------------------------------------------------------
 */

/* What deciding leaves to do once the lock is gone. */
typedef struct Decided
{
	FreedBodies freed;
	Latch **woken;
	uint32_t woken_count;
} Decided;

static void
begin_deciding(Decided *decided, uint32_t count)
{
	decided->freed = (FreedBodies){ 0, palloc(sizeof(dsa_pointer) * Max(2 * count, 1)) };
	decided->woken = palloc(sizeof(Latch *) * Max(2 * count, 1));
	decided->woken_count = 0;
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
}

static void
end_deciding(Decided *decided)
{
	pool_check();
	LWLockRelease(pool->lock);
	for (uint32_t i = 0; i < decided->woken_count; i++)
		SetLatch(decided->woken[i]);
	free_now(&decided->freed);
	pfree(decided->woken);
}

static void
finish_one(uint32_t number, Decided *decided)
{
	PoolSlot *slot = &pool->slots[number];

	if (slot->watched && slot->waiter != NULL)
		decided->woken[decided->woken_count++] = slot->waiter;
	pool_unlink(number);
	pool_note_decided(&slot->view.txid);
	pg_write_barrier(); /* the outcome before the state that announces it */
	pg_atomic_write_u32(&slot->state, POOL_DONE);
	free_later(&decided->freed, number);
}

/* One that is done already was decided by an earlier block. Whatever body of the transaction
 * stands in the queue or another block is decided with it. */
static void
finish(uint32_t number, Decided *decided)
{
	PoolSlot *slot = &pool->slots[number];
	uint32_t other = pool_find(pool_by_txid, &slot->view.txid);

	if (pg_atomic_read_u32(&slot->state) == POOL_DONE)
		return;
	if (other != POOL_NONE && other != number &&
		pg_atomic_read_u32(&pool->slots[other].state) != POOL_DONE)
	{
		pool->slots[other].outcome = slot->outcome;
		finish_one(other, decided);
	}
	finish_one(number, decided);
}

void
pool_finish(const uint32_t *slots, uint32_t count)
{
	Decided decided;

	begin_deciding(&decided, count);
	for (uint32_t i = 0; i < count; i++)
	{
		Assert(pool->slots[slots[i]].holds > 0);
		finish(slots[i], &decided);
	}
	end_deciding(&decided);
}

static void
settle(uint32_t number, PoolState expected, const PoolOutcome *outcome, Decided *decided)
{
	PoolSlot *slot = &pool->slots[number];

	if (pg_atomic_read_u32(&slot->state) != (uint32_t) expected)
		return;
	slot->outcome = *outcome;
	finish(number, decided);
}

uint32_t
pool_waiting(McHash *txids, uint32_t maximum, int64 before_us)
{
	uint32_t count = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t at = pool->queue_head; at != POOL_NONE && count < maximum;
		 at = pool->slots[at].next)
	{
		PoolSlot *slot = &pool->slots[at];

		if (slot->looked_up || slot->since_us >= before_us)
			continue;
		slot->looked_up = true;
		txids[count++] = slot->view.txid;
	}
	LWLockRelease(pool->lock);
	return count;
}

void
pool_settle_waiting(const McHash *txid, const PoolOutcome *outcome)
{
	Decided decided;
	uint32_t number;

	begin_deciding(&decided, 1);
	number = pool_find(pool_by_txid, txid);
	if (number != POOL_NONE)
		settle(number, POOL_READY, outcome, &decided);
	end_deciding(&decided);
}

/* ---- after the workers were lost ---------------------------------------------------------------
 */

static int
newest_first(const void *left, const void *right)
{
	uint64_t a = pool->slots[*(const uint32_t *) left].sequence;
	uint64_t b = pool->slots[*(const uint32_t *) right].sequence;

	return a < b ? 1 : a > b ? -1 : 0;
}

/* What blocks held and ordered; their order worker is gone. Each of the ordered is held until it is
 * decided or queued again: of two bodies of one txid the first takes the other with it. */
static uint32_t
let_go(uint32_t *ordered)
{
	FreedBodies freed = { 0, palloc(sizeof(dsa_pointer) * pool->slot_count) };
	uint32_t count = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < pool->slot_count; i++)
	{
		bool is_ordered = pg_atomic_read_u32(&pool->slots[i].state) == POOL_ORDERED;

		pool->slots[i].holds = is_ordered ? 1 : 0;
		if (is_ordered)
			ordered[count++] = i;
		else
			free_later(&freed, i);
	}
	pool->announced_read = pool->announced;
	/* of another ledger perhaps: apply notes what this one has decided */
	memset(pool->lately, 0, POOL_LATELY * sizeof(uint64_t));
	LWLockRelease(pool->lock);
	free_now(&freed);
	return count;
}

static void
put_back(uint32_t number)
{
	PoolSlot *slot = &pool->slots[number];

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	if (pg_atomic_read_u32(&slot->state) == POOL_ORDERED)
	{
		pg_atomic_write_u32(&slot->state, POOL_READY);
		if (pool_stands(number))
			pool_link(number, true);
	}
	LWLockRelease(pool->lock);
}

static void
settle_ordered(uint32_t number, const PoolOutcome *outcome)
{
	Decided decided;

	begin_deciding(&decided, 1);
	settle(number, POOL_ORDERED, outcome, &decided);
	end_deciding(&decided);
}

void
pool_requeue(bool (*decided)(const McHash *txid, PoolOutcome *outcome))
{
	uint32_t *ordered = palloc(sizeof(uint32_t) * pool->slot_count);
	uint32_t count = let_go(ordered);
	PoolOutcome outcome;

	/* from the last, so that what spends another's change stays behind it */
	qsort(ordered, count, sizeof(uint32_t), newest_first);
	for (uint32_t i = 0; i < count; i++)
		if (decided(&pool_slot(ordered[i])->view.txid, &outcome))
			settle_ordered(ordered[i], &outcome);
		else
			put_back(ordered[i]);
	pool_drop(ordered, count);
	pfree(ordered);
}

/* ---- counters ----------------------------------------------------------------------------------
 */

void
pool_counts(PoolCounts *counts)
{
	LWLockAcquire(pool->lock, LW_SHARED);
	*counts = (PoolCounts){
		.slots = pool->slot_count,
		.used = pool->used,
		.ready = pool->queue_length,
		.bytes = pool->bytes,
	};
	LWLockRelease(pool->lock);
}

void
pool_each(void (*visit)(const PoolSlot *slot, void *context), void *context)
{
	LWLockAcquire(pool->lock, LW_SHARED);
	for (uint32_t i = 0; i < pool->slot_count; i++)
	{
		uint32_t state = pg_atomic_read_u32(&pool->slots[i].state);

		if (state != POOL_FREE && state != POOL_CLAIMED)
			visit(&pool->slots[i], context);
	}
	LWLockRelease(pool->lock);
}
