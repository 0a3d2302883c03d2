/*
 * pool_pg.c - taking bodies in: slots, indexes by txid and body_id, and DSA in place for the bytes.
 *
 * The DSA area has a size limit, so it never leaves the main segment: its addresses are the same in
 * every process, and a TxView whose spans point into it can be read by order and apply as it is.
 */
#include "node/pool_private_pg.h"

#include "ledger/execute.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "node/switches_pg.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define TRANCHE "meschain_pool"
/* Memory of the pool for each slot: a short transfer with its bookkeeping. */
#define POOL_BYTES_PER_SLOT 4096

PoolShared *pool;
HTAB *pool_by_txid;
HTAB *pool_by_body;
static dsa_area *pool_area;

static Size
arena_size(void)
{
	return (Size) guc_mempool_size_kb * 1024;
}

static uint32_t
configured_slots(void)
{
	return (uint32_t) (arena_size() / POOL_BYTES_PER_SLOT);
}

static Size
struct_size(void)
{
	Size size = MAXALIGN(sizeof(PoolShared));

	size = add_size(size, MAXALIGN(mul_size(configured_slots(), sizeof(uint32_t))));
	size = add_size(size, mul_size(POOL_LATELY, sizeof(uint64_t)));
	size = add_size(size, MAXALIGN(mul_size(configured_slots(), sizeof(PoolSlot))));
	return add_size(size, arena_size());
}

Size
pool_shmem_size(void)
{
	Size index = hash_estimate_size(configured_slots(), sizeof(PoolIndexEntry));

	return add_size(struct_size(), mul_size(2, index));
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
	pool->slot_count = configured_slots();
	pool->announce = (uint32_t *) at;
	at += MAXALIGN(pool->slot_count * sizeof(uint32_t));
	pool->lately = (uint64_t *) at;
	memset(pool->lately, 0, POOL_LATELY * sizeof(uint64_t));
	at += POOL_LATELY * sizeof(uint64_t);
	pool->slots = (PoolSlot *) at;
	at += MAXALIGN(pool->slot_count * sizeof(PoolSlot));
	pool->arena = at;
	pool->free_head = 0;
	pool->queue_head = pool->queue_tail = POOL_NONE;
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

static HTAB *
index_init(const char *name)
{
	HASHCTL control = { .keysize = sizeof(McHash), .entrysize = sizeof(PoolIndexEntry) };

	return ShmemInitHash(name, configured_slots(), configured_slots(), &control,
						 HASH_ELEM | HASH_BLOBS | HASH_FIXED_SIZE);
}

void
pool_shmem_startup(bool found)
{
	bool pool_found;

	pool = ShmemInitStruct("meschain pool", struct_size(), &pool_found);
	if (!pool_found)
		pool_layout();
	pool_by_txid = index_init("meschain pool by txid");
	pool_by_body = index_init("meschain pool by body");
}

dsa_area *
pool_dsa(void)
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
pool_slot_count(void)
{
	return pool->slot_count;
}

/* ---- claims ------------------------------------------------------------------------------------
 */

uint32_t
pool_claim(size_t size)
{
	dsa_pointer body = dsa_allocate_extended(pool_dsa(), size, DSA_ALLOC_NO_OOM);
	uint32_t number = POOL_NONE;
	PoolSlot *slot;

	if (!DsaPointerIsValid(body))
		return POOL_NONE;
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	if (pool->free_head != POOL_NONE)
	{
		number = pool->free_head;
		slot = &pool->slots[number];
		pool->free_head = slot->next;
		pool->used++;
		pool->bytes += size;
		slot->body = body;
		slot->view.bytes.size = size;
		slot->queued = slot->watched = slot->looked_up = false;
		slot->holds = 0;
		slot->waiter = NULL;
		slot->introducer = POOL_LOCAL;
		pg_atomic_write_u32(&slot->state, POOL_CLAIMED);
	}
	LWLockRelease(pool->lock);
	if (number == POOL_NONE)
		dsa_free(pool_dsa(), body);
	return number;
}

uint32_t
pool_find(HTAB *index, const McHash *hash)
{
	PoolIndexEntry *entry = hash_search(index, hash, HASH_FIND, NULL);

	return entry == NULL ? POOL_NONE : entry->slot;
}

static void
index_remove(HTAB *index, const McHash *hash, uint32_t slot)
{
	if (pool_find(index, hash) == slot)
		hash_search(index, hash, HASH_REMOVE, NULL);
}

/* The slot goes back; the bytes after the lock is gone, since DSA has locks of its own. */
static dsa_pointer
free_locked(uint32_t number)
{
	PoolSlot *slot = &pool->slots[number];

	if (pg_atomic_read_u32(&slot->state) != POOL_CLAIMED)
	{
		pool_unlink(number);
		index_remove(pool_by_txid, &slot->view.txid, number);
		index_remove(pool_by_body, &slot->view.body_id, number);
	}
	pg_atomic_write_u32(&slot->state, POOL_FREE);
	slot->next = pool->free_head;
	pool->free_head = number;
	pool->used--;
	pool->bytes -= slot->view.bytes.size;
	return slot->body;
}

dsa_pointer
pool_free_unneeded(uint32_t number)
{
	const PoolSlot *slot = &pool->slots[number];

	if (pg_atomic_read_u32(unconstify(pg_atomic_uint32 *, &slot->state)) != POOL_DONE ||
		slot->watched || slot->holds > 0)
		return InvalidDsaPointer;
	return free_locked(number);
}

void
pool_release(uint32_t number)
{
	PoolSlot *slot = pool_slot(number);
	dsa_pointer body;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	slot->watched = false;
	slot->waiter = NULL;
	body = pg_atomic_read_u32(&slot->state) == POOL_CLAIMED ? free_locked(number)
															: pool_free_unneeded(number);
	LWLockRelease(pool->lock);
	if (DsaPointerIsValid(body))
		dsa_free(pool_dsa(), body);
}

/* ---- filling -----------------------------------------------------------------------------------
 */

static void
rebase(McSpan *span, const uint8_t *from, const uint8_t *to)
{
	if (span->data != NULL)
		span->data = to + (span->data - from);
}

static void
fill_slot(PoolSlot *slot, const TxView *view)
{
	uint8_t *bytes = dsa_get_address(pool_dsa(), slot->body);
	const uint8_t *from = view->bytes.data;

	Assert(view->bytes.size == slot->view.bytes.size);
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
	slot->since_us = GetCurrentTimestamp();
}

static void
index_add(HTAB *index, const McHash *hash, uint32_t slot)
{
	PoolIndexEntry *entry = hash_search(index, hash, HASH_ENTER, NULL);

	entry->slot = slot;
}

static uint64_t *
lately_place(const McHash *txid)
{
	return &pool->lately[get_be64(txid->bytes) % POOL_LATELY];
}

bool
pool_decided_lately(const McHash *txid)
{
	return *lately_place(txid) == get_be64(txid->bytes + 8);
}

void
pool_note_decided(const McHash *txid)
{
	*lately_place(txid) = get_be64(txid->bytes + 8);
}

bool
pool_stands(uint32_t number)
{
	const McHash *txid = &pool->slots[number].view.txid;
	uint32_t standing = pool_find(pool_by_txid, txid);

	if (standing == POOL_NONE)
		index_add(pool_by_txid, txid, number);
	return standing == POOL_NONE || standing == number;
}

/* A filled slot becomes one that blocks may name; queued when its txid is not, and is not decided:
 * a block that is fetched twice brings its bodies again. */
static void
open_slot(uint32_t number)
{
	PoolSlot *slot = &pool->slots[number];

	index_add(pool_by_body, &slot->view.body_id, number);
	slot->sequence = ++pool->sequence;
	pg_atomic_write_u32(&slot->state, POOL_READY);
	if ((slot->introducer == POOL_LOCAL || !pool_decided_lately(&slot->view.txid)) &&
		pool_stands(number))
		pool_link(number, false);
}

static void
announce(uint32_t number)
{
	if (pool->announced - pool->announced_read < pool->slot_count)
		pool->announce[pool->announced++ % pool->slot_count] = number;
}

/* The slot in which this transaction stands already. Its body may be here without a place in the
 * queue: then some block brought it. */
static uint32_t
known_slot(const TxView *view)
{
	uint32_t known = pool_find(pool_by_txid, &view->txid);

	return known != POOL_NONE ? known : pool_find(pool_by_body, &view->body_id);
}

/* A session of this node answers for the body from now on: it queues, and the others are told, for
 * the member that brought it may have told nobody else. */
static void
adopt(uint32_t number)
{
	PoolSlot *slot = &pool->slots[number];
	uint32_t state = pg_atomic_read_u32(&slot->state);

	if (state == POOL_DONE || !pool_stands(number))
		return;
	if (state == POOL_READY && !slot->queued)
	{
		slot->sequence = ++pool->sequence;
		pool_link(number, false);
	}
	if (state == POOL_ORDERED || slot->introducer == POOL_LOCAL)
		return;
	slot->introducer = POOL_LOCAL;
	announce(number);
}

static void
watch(PoolSlot *slot, int commit_level)
{
	slot->watched = true;
	slot->commit_level = commit_level;
	slot->waiter_pid = MyProcPid;
	slot->waiter = MyLatch;
}

uint32_t
pool_publish(uint32_t number, const TxView *view, int commit_level, bool wait)
{
	PoolSlot *slot = pool_slot(number);
	dsa_pointer unused = InvalidDsaPointer;
	uint32_t known;

	fill_slot(slot, view);
	slot->commit_level = commit_level;
	slot->waiter_pid = 0;

	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	known = known_slot(view);
	if (known != POOL_NONE)
	{
		unused = free_locked(number);
		number = known;
		/* somebody else's session waits, or this is another body of what is on its way */
		if (wait && (pool->slots[known].watched ||
					 !hash_equal(&pool->slots[known].view.body_id, &view->body_id)))
			number = POOL_NONE;
		else
			adopt(known);
	}
	else
	{
		open_slot(number);
		announce(number);
	}
	if (wait && number != POOL_NONE)
		watch(&pool->slots[number], commit_level);
	LWLockRelease(pool->lock);
	if (DsaPointerIsValid(unused))
		dsa_free(pool_dsa(), unused);
	return number;
}

/* ---- other members' bodies ---------------------------------------------------------------------
 */

McStatus
pool_check_decided(const TxView *view, McProblem *problem)
{
	char name[2 * HASH_SIZE + 1];
	bool decided;

	LWLockAcquire(pool->lock, LW_SHARED);
	decided = !switch_forget() && pool_decided_lately(&view->txid);
	LWLockRelease(pool->lock);
	if (!decided)
		return MC_OK;
	hex_format(view->txid.bytes, HASH_SIZE, name);
	return status_problem_name(problem, MC_DUPLICATE, name, sizeof(name) - 1);
}

bool
pool_knows(const McHash *txid, const McHash *body_id)
{
	bool known;

	LWLockAcquire(pool->lock, LW_SHARED);
	known = pool_decided_lately(txid) || pool_find(pool_by_body, body_id) != POOL_NONE;
	LWLockRelease(pool->lock);
	return known;
}

static bool
over_share(uint32_t member, uint32_t member_count)
{
	uint32_t limit = Max(pool->slot_count / member_count, (pool->slot_count - pool->used) / 2);
	uint32_t brought = 0;

	if (pool->used < pool->slot_count / member_count)
		return false;
	for (uint32_t i = 0; i < pool->slot_count; i++)
		brought += pool->slots[i].introducer == member &&
				   pg_atomic_read_u32(&pool->slots[i].state) != POOL_FREE;
	return brought >= limit;
}

PoolOffer
pool_offer(const TxView *view, uint32_t member, uint32_t member_count, bool named)
{
	PoolOffer answer = POOL_OFFER_TAKEN;
	dsa_pointer unused = InvalidDsaPointer;
	uint32_t number = pool_claim(view->bytes.size);
	PoolSlot *slot;

	if (number == POOL_NONE)
		return POOL_OFFER_REFUSED;
	slot = pool_slot(number);
	fill_slot(slot, view);
	slot->introducer = member;
	slot->waiter_pid = 0;
	LWLockAcquire(pool->lock, LW_EXCLUSIVE);
	if (pool_find(pool_by_body, &view->body_id) != POOL_NONE)
		answer = POOL_OFFER_KNOWN;
	else if (!named && (pool_decided_lately(&view->txid) ||
						pool_find(pool_by_txid, &view->txid) != POOL_NONE))
		answer = POOL_OFFER_KNOWN;
	else if (!named && over_share(member, member_count))
		answer = POOL_OFFER_REFUSED;
	if (answer == POOL_OFFER_TAKEN)
		open_slot(number);
	else
		unused = free_locked(number);
	LWLockRelease(pool->lock);
	if (DsaPointerIsValid(unused))
		dsa_free(pool_dsa(), unused);
	return answer;
}

size_t
pool_copy(const McHash *body_id, uint8_t *out, size_t capacity)
{
	uint32_t number;
	size_t size = 0;

	LWLockAcquire(pool->lock, LW_SHARED);
	number = pool_find(pool_by_body, body_id);
	if (number != POOL_NONE && pool->slots[number].view.bytes.size <= capacity)
	{
		size = pool->slots[number].view.bytes.size;
		memcpy(out, pool->slots[number].view.bytes.data, size);
	}
	LWLockRelease(pool->lock);
	return size;
}
