/*
 * pool_pg.c - slots, a queue of slot numbers, an index by txid, and DSA in place for the bytes.
 *
 * The DSA area has a size limit, so it never leaves the main segment: its addresses are the same in
 * every process, and a TxView whose spans point into it can be read by order and apply as it is.
 */
#include "node/pool_pg.h"

#include "ledger/execute.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/dsa.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define TRANCHE "meschain_pool"
/* Memory of the pool for each slot: a short transfer with its bookkeeping. */
#define POOL_BYTES_PER_SLOT 4096

typedef struct PoolShared
{
	LWLock *lock; /* guards everything below but the slots' states and what a claimer fills */
	int dsa_tranche;
	uint32_t slot_count;
	uint32_t used;
	uint32_t free_head;
	uint64_t queue_head; /* counts up for ever; place = value % slot_count */
	uint64_t queue_tail;
	uint64_t bytes;
	uint32_t *queue;
	PoolSlot *slots;
	void *arena;
} PoolShared;

typedef struct PoolIndexEntry
{
	McHash txid;
	uint32_t slot;
} PoolIndexEntry;

static PoolShared *pool;
static HTAB *pool_index;
static dsa_area *pool_area;

static Size
arena_size(void)
{
	return (Size) guc_mempool_size_kb * 1024;
}

static uint32_t
slot_count(void)
{
	return (uint32_t) (arena_size() / POOL_BYTES_PER_SLOT);
}

Size
pool_shmem_size(void)
{
	Size size = MAXALIGN(sizeof(PoolShared));

	size = add_size(size, MAXALIGN(mul_size(slot_count(), sizeof(uint32_t))));
	size = add_size(size, MAXALIGN(mul_size(slot_count(), sizeof(PoolSlot))));
	size = add_size(size, arena_size());
	return add_size(size, hash_estimate_size(slot_count(), sizeof(PoolIndexEntry)));
}

void
pool_shmem_request(void)
{
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
pool_layout(void)
{
	char *at = (char *) pool + MAXALIGN(sizeof(PoolShared));

	memset(pool, 0, sizeof(PoolShared));
	pool->lock = &GetNamedLWLockTranche(TRANCHE)[0].lock;
	pool->slot_count = slot_count();
	pool->queue = (uint32_t *) at;
	at += MAXALIGN(pool->slot_count * sizeof(uint32_t));
	pool->slots = (PoolSlot *) at;
	at += MAXALIGN(pool->slot_count * sizeof(PoolSlot));
	pool->arena = at;
	pool->free_head = 0;
	for (uint32_t i = 0; i < pool->slot_count; i++)
	{
		pg_atomic_init_u32(&pool->slots[i].state, POOL_FREE);
		pool->slots[i].next = i + 1 < pool->slot_count ? i + 1 : POOL_NONE;
	}
	pool->dsa_tranche = LWLockNewTrancheId();
	LWLockRegisterTranche(pool->dsa_tranche, "meschain_pool_dsa");
	pool_area = dsa_create_in_place(pool->arena, arena_size(), pool->dsa_tranche, NULL);
	dsa_set_size_limit(pool_area, arena_size());
	dsa_pin(pool_area);
	dsa_detach(pool_area);
	pool_area = NULL;
}

void
pool_shmem_startup(bool found)
{
	HASHCTL control = { .keysize = sizeof(McHash), .entrysize = sizeof(PoolIndexEntry) };
	bool pool_found;

	pool =
		ShmemInitStruct("meschain pool",
						MAXALIGN(sizeof(PoolShared)) + MAXALIGN(slot_count() * sizeof(uint32_t)) +
							MAXALIGN(slot_count() * sizeof(PoolSlot)) + arena_size(),
						&pool_found);
	if (!pool_found)
		pool_layout();
	pool_index = ShmemInitHash("meschain pool index", slot_count(), slot_count(), &control,
							   HASH_ELEM | HASH_BLOBS | HASH_FIXED_SIZE);
}

static dsa_area *
area(void)
{
	if (pool_area == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		LWLockRegisterTranche(pool->dsa_tranche, "meschain_pool_dsa");
		pool_area = dsa_attach_in_place(pool->arena, NULL);
		dsa_pin_mapping(pool_area);
		MemoryContextSwitchTo(old);
	}
	return pool_area;
}

PoolSlot *
pool_slot(uint32_t slot)
{
	Assert(slot < pool->slot_count);
	return &pool->slots[slot];
}

uint32_t
pool_claim(size_t size)
{
	dsa_pointer body = dsa_allocate_extended(area(), size, DSA_ALLOC_NO_OOM);
	uint32_t slot = POOL_NONE;

	if (!DsaPointerIsValid(body))
		return POOL_NONE;
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	if (pool->free_head != POOL_NONE)
	{
		slot = pool->free_head;
		pool->free_head = pool->slots[slot].next;
		pool->used++;
		pool->bytes += size;
		pool->slots[slot].body = body;
		pool->slots[slot].view.bytes.size = size;
		pool->slots[slot].abandoned = false;
		pool->slots[slot].waiter = NULL;
		pg_atomic_write_u32(&pool->slots[slot].state, POOL_CLAIMED);
	}
	LWLockRelease(pool->lock);
	if (slot == POOL_NONE)
		dsa_free(area(), body);
	return slot;
}

/* The slot goes back; the bytes after the lock is gone, since DSA has locks of its own. */
static dsa_pointer
free_locked(uint32_t slot)
{
	PoolSlot *freed = &pool->slots[slot];
	uint32_t state = pg_atomic_read_u32(&freed->state);

	Assert(state == POOL_CLAIMED || state == POOL_DONE);
	if (state == POOL_DONE)
		hash_search(pool_index, &freed->view.txid, HASH_REMOVE, NULL);
	pg_atomic_write_u32(&freed->state, POOL_FREE);
	freed->next = pool->free_head;
	pool->free_head = slot;
	pool->used--;
	pool->bytes -= freed->view.bytes.size;
	return freed->body;
}

void
pool_release(uint32_t slot)
{
	dsa_pointer body;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	body = free_locked(slot);
	LWLockRelease(pool->lock);
	dsa_free(area(), body);
}

static void
rebase(McSpan *span, const uint8_t *from, const uint8_t *to)
{
	if (span->data != NULL)
		span->data = to + (span->data - from);
}

static void
fill_slot(PoolSlot *slot, const TxView *view)
{
	uint8_t *bytes = dsa_get_address(area(), slot->body);
	const uint8_t *from = view->bytes.data;

	memcpy(bytes, from, view->bytes.size);
	slot->view = *view;
	rebase(&slot->view.bytes, from, bytes);
	rebase(&slot->view.body, from, bytes);
	rebase(&slot->view.witnesses, from, bytes);
	rebase(&slot->view.reference, from, bytes);
	rebase(&slot->view.actors, from, bytes);
	rebase(&slot->view.inputs, from, bytes);
	rebase(&slot->view.operations, from, bytes);
	rebase(&slot->view.change, from, bytes);
	ledger_tx_leaf(&view->txid, &view->body_id, &slot->leaf);
}

uint32_t
pool_publish(uint32_t slot, const TxView *view, int commit_level, bool wait)
{
	PoolSlot *filled = pool_slot(slot);
	PoolIndexEntry *entry;
	dsa_pointer unused = InvalidDsaPointer;
	bool found;

	Assert(view->bytes.size == filled->view.bytes.size);
	fill_slot(filled, view);
	filled->since_us = GetCurrentTimestamp();
	filled->commit_level = commit_level;
	filled->waiter_pid = wait ? MyProcPid : 0;
	filled->waiter = wait ? MyLatch : NULL;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	filled->abandoned = !wait;
	entry = hash_search(pool_index, &view->txid, HASH_ENTER, &found);
	if (found)
		unused = free_locked(slot);
	else
	{
		entry->slot = slot;
		pool->queue[pool->queue_tail++ % pool->slot_count] = slot;
		pg_atomic_write_u32(&filled->state, POOL_READY);
	}
	slot = entry->slot;
	LWLockRelease(pool->lock);
	if (found)
		dsa_free(area(), unused);
	return slot;
}

void
pool_abandon(uint32_t slot)
{
	dsa_pointer body = InvalidDsaPointer;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	if (pg_atomic_read_u32(&pool->slots[slot].state) == POOL_DONE)
		body = free_locked(slot);
	else
	{
		pool->slots[slot].abandoned = true;
		pool->slots[slot].waiter = NULL;
	}
	LWLockRelease(pool->lock);
	if (DsaPointerIsValid(body))
		dsa_free(area(), body);
}

uint32_t
pool_peek(uint32_t *slots, uint32_t maximum, size_t bytes_maximum)
{
	uint32_t count = 0;
	size_t bytes = 0;

	LWLockAcquire(pool->lock, LW_SHARED);
	for (uint64_t at = pool->queue_head; at < pool->queue_tail && count < maximum; at++)
	{
		uint32_t slot = pool->queue[at % pool->slot_count];

		bytes += pool->slots[slot].view.bytes.size;
		if (bytes > bytes_maximum && count > 0)
			break;
		slots[count++] = slot;
	}
	LWLockRelease(pool->lock);
	return count;
}

void
pool_taken(uint32_t count)
{
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	Assert(count <= pool->queue_tail - pool->queue_head);
	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t slot = pool->queue[pool->queue_head++ % pool->slot_count];

		pg_atomic_write_u32(&pool->slots[slot].state, POOL_ORDERED);
	}
	LWLockRelease(pool->lock);
}

uint32_t
pool_ready_count(void)
{
	uint32_t count;

	LWLockAcquire(pool->lock, LW_SHARED);
	count = (uint32_t) (pool->queue_tail - pool->queue_head);
	LWLockRelease(pool->lock);
	return count;
}

void
pool_finish(const uint32_t *slots, uint32_t count)
{
	dsa_pointer *freed = palloc(sizeof(dsa_pointer) * Max(count, 1));
	Latch **woken = palloc(sizeof(Latch *) * Max(count, 1));
	uint32_t freed_count = 0;
	uint32_t woken_count = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		PoolSlot *slot = &pool->slots[slots[i]];

		Assert(pg_atomic_read_u32(&slot->state) == POOL_ORDERED);
		if (!slot->abandoned)
			woken[woken_count++] = slot->waiter;
		pg_write_barrier(); /* the outcome before the state that announces it */
		pg_atomic_write_u32(&slot->state, POOL_DONE);
		if (slot->abandoned)
			freed[freed_count++] = free_locked(slots[i]);
	}
	LWLockRelease(pool->lock);
	for (uint32_t i = 0; i < woken_count; i++)
		SetLatch(woken[i]);
	for (uint32_t i = 0; i < freed_count; i++)
		dsa_free(area(), freed[i]);
	pfree(freed);
	pfree(woken);
}

static void
put_back(uint32_t number)
{
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	if (pool->queue_head == 0) /* room before the head, whatever was taken so far */
	{
		pool->queue_head += pool->slot_count;
		pool->queue_tail += pool->slot_count;
	}
	pool->queue[--pool->queue_head % pool->slot_count] = number;
	pg_atomic_write_u32(&pool->slots[number].state, POOL_READY);
	LWLockRelease(pool->lock);
}

void
pool_requeue(const uint32_t *slots, uint32_t count, bool (*decided)(PoolSlot *slot))
{
	/* from the last, so that what spends another's change stays behind it */
	for (uint32_t i = count; i-- > 0;)
	{
		PoolSlot *slot = pool_slot(slots[i]);

		if (pg_atomic_read_u32(&slot->state) != POOL_ORDERED)
			continue;
		if (decided(slot))
			pool_finish(&slots[i], 1);
		else
			put_back(slots[i]);
	}
}

void
pool_counts(PoolCounts *counts)
{
	LWLockAcquire(pool->lock, LW_SHARED);
	*counts = (PoolCounts){
		.slots = pool->slot_count,
		.used = pool->used,
		.ready = (uint32_t) (pool->queue_tail - pool->queue_head),
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
