/*
 * peers_pg.c - rings of bytes in shared memory. One arena, cut into as many pieces as there are
 * members when the order worker starts; nobody writes before that.
 */
#include "node/peers_pg.h"

#include "miscadmin.h"
#include "node/guc_pg.h"
#include "storage/shmem.h"

#include <time.h>

#define ENTRY_HEAD 5 /* size, flags */

typedef struct PeersShared
{
	int tranche;
	size_t ring_size; /* of each of the rings in use; 0: closed */
	Peer peers[PBFT_NODE_MAX];
	uint8_t arena[FLEXIBLE_ARRAY_MEMBER];
} PeersShared;

static PeersShared *peers;

static size_t
arena_size(void)
{
	return (size_t) guc_inbox_size_kb * 1024;
}

Size
peers_shmem_size(void)
{
	return add_size(offsetof(PeersShared, arena), arena_size());
}

static void
init_counters(Peer *peer)
{
	pg_atomic_uint64 *counters[] = {
		&peer->frames_in,      &peer->bytes_in,      &peer->bodies_in,     &peer->frames_refused,
		&peer->frames_dropped, &peer->frames_late,   &peer->frames_over,   &peer->last_heard_us,
		&peer->sessions_ended, &peer->link_since_us, &peer->connects,      &peer->frames_out,
		&peer->bytes_out,      &peer->frames_lost,   &peer->round_trip_us, &peer->view,
		&peer->committed,      &peer->stable,        &peer->voted[0],      &peer->voted[1],
		&peer->voted[2],
	};

	for (size_t i = 0; i < lengthof(counters); i++)
		pg_atomic_init_u64(counters[i], 0);
	pg_atomic_init_u32(&peer->link_up, 0);
	pg_atomic_init_u32(&peer->active, 0);
}

void
peers_shmem_startup(void)
{
	bool found;

	peers = ShmemInitStruct("meschain peers", peers_shmem_size(), &found);
	if (found)
		return;
	peers->tranche = LWLockNewTrancheId();
	peers->ring_size = 0;
	for (int i = 0; i < PBFT_NODE_MAX; i++)
	{
		LWLockInitialize(&peers->peers[i].inbox.lock, peers->tranche);
		LWLockInitialize(&peers->peers[i].outbox.lock, peers->tranche);
		init_counters(&peers->peers[i]);
	}
}

Peer *
peer_of(uint32_t member)
{
	Assert(member < PBFT_NODE_MAX);
	return &peers->peers[member];
}

static pg_atomic_uint64 *
last_vote(Peer *peer, uint8_t kind)
{
	return &peer->voted[kind == PBFT_PREPARE ? 0 : kind == PBFT_COMMIT ? 1 : 2];
}

void
peer_voted(Peer *peer, uint8_t kind, uint64_t height)
{
	pg_atomic_uint64 *last = last_vote(peer, kind);
	uint64_t old = pg_atomic_read_u64(last);

	while (old < height && !pg_atomic_compare_exchange_u64(last, &old, height))
		;
	pg_memory_barrier();
}

bool
peer_has_voted(Peer *peer, uint8_t kind, uint64_t height)
{
	return pg_atomic_read_u64(last_vote(peer, kind)) >= height;
}

static void
ring_open(PeerRing *ring, uint8_t *data)
{
	LWLockAcquire(&ring->lock, LW_EXCLUSIVE);
	ring->head = ring->tail = 0;
	ring->data = data;
	LWLockRelease(&ring->lock);
}

void
peers_open(uint32_t member_count)
{
	size_t size = arena_size() / Max(member_count, 1) / 2;

	LWLockRegisterTranche(peers->tranche, "meschain_peers");
	/* nobody writes into a closed ring: the size is everybody's, and may change now */
	for (uint32_t i = 0; i < PBFT_NODE_MAX; i++)
	{
		ring_open(&peers->peers[i].inbox, NULL);
		ring_open(&peers->peers[i].outbox, NULL);
		init_counters(&peers->peers[i]);
	}
	peers->ring_size = size;
	for (uint32_t i = 0; i < member_count; i++)
	{
		ring_open(&peers->peers[i].inbox, peers->arena + 2 * i * size);
		ring_open(&peers->peers[i].outbox, peers->arena + (2 * i + 1) * size);
	}
}

/* ---- shares of a second ------------------------------------------------------------------------
 */

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

uint32_t
peer_admit(Peer *peer, const size_t *sizes, uint32_t count)
{
	bool by_count = guc_peer_message_rate > 0;
	bool by_bytes = guc_peer_byte_rate_kb > 0;
	uint32_t admitted = 0;

	LWLockAcquire(&peer->inbox.lock, LW_EXCLUSIVE);
	if (by_count)
		bucket_fill(&peer->messages, (uint64_t) guc_peer_message_rate, now_us());
	if (by_bytes)
		bucket_fill(&peer->bytes, (uint64_t) guc_peer_byte_rate_kb * 1024, now_us());
	while (admitted < count && (!by_bytes || bucket_take(&peer->bytes, sizes[admitted])) &&
		   (!by_count || bucket_take(&peer->messages, 1)))
		admitted++;
	LWLockRelease(&peer->inbox.lock);
	pg_atomic_fetch_add_u64(&peer->frames_over, count - admitted);
	return admitted;
}

void
peer_charge(Peer *peer, uint64_t bytes)
{
	if (guc_peer_byte_rate_kb == 0 || bytes == 0)
		return;
	LWLockAcquire(&peer->inbox.lock, LW_EXCLUSIVE);
	peer->bytes.level -= (int64_t) bytes;
	LWLockRelease(&peer->inbox.lock);
}

/* ---- bytes -------------------------------------------------------------------------------------
 */

static void
copy_in(PeerRing *ring, const void *data, size_t size)
{
	size_t at = ring->tail % peers->ring_size;
	size_t first = Min(size, peers->ring_size - at);

	if (size == 0)
		return;
	memcpy(ring->data + at, data, first);
	memcpy(ring->data, (const uint8_t *) data + first, size - first);
	ring->tail += size;
}

static void
copy_out(PeerRing *ring, void *data, size_t size)
{
	size_t at = ring->head % peers->ring_size;
	size_t first = Min(size, peers->ring_size - at);

	memcpy(data, ring->data + at, first);
	memcpy((uint8_t *) data + first, ring->data, size - first);
	ring->head += size;
}

bool
ring_put(PeerRing *ring, uint8_t flags, McSpan first, McSpan second)
{
	uint8_t head[ENTRY_HEAD];
	size_t size = first.size + second.size;
	bool fits;

	put_be32(head, (uint32_t) size);
	head[4] = flags;
	LWLockAcquire(&ring->lock, LW_EXCLUSIVE);
	fits = ring->data != NULL && ring->tail - ring->head + size + ENTRY_HEAD <= peers->ring_size;
	if (fits)
	{
		copy_in(ring, head, ENTRY_HEAD);
		copy_in(ring, first.data, first.size);
		copy_in(ring, second.data, second.size);
	}
	LWLockRelease(&ring->lock);
	return fits;
}

void
ring_drain(PeerRing *ring, void (*take)(void *context, uint8_t flags, McSpan bytes), void *context)
{
	uint8_t *bytes;
	size_t size;
	size_t at = 0;

	LWLockAcquire(&ring->lock, LW_EXCLUSIVE);
	size = ring->tail - ring->head;
	bytes = size == 0 ? NULL : palloc(size);
	if (size > 0)
		copy_out(ring, bytes, size);
	LWLockRelease(&ring->lock);
	while (at < size)
	{
		size_t entry = get_be32(bytes + at);

		take(context, bytes[at + 4], span_of(bytes + at + ENTRY_HEAD, entry));
		at += ENTRY_HEAD + entry;
	}
	if (bytes != NULL)
		pfree(bytes);
}

bool
ring_empty(PeerRing *ring)
{
	/* a stale answer is put right by the producer's wake-up after it (P34) */
	return *(volatile uint64_t *) &ring->head == *(volatile uint64_t *) &ring->tail;
}

uint64_t
ring_written(PeerRing *ring)
{
	return *(volatile uint64_t *) &ring->tail;
}

size_t
ring_free(PeerRing *ring)
{
	size_t size = *(volatile size_t *) &peers->ring_size;
	size_t used =
		(size_t) (*(volatile uint64_t *) &ring->tail - *(volatile uint64_t *) &ring->head);

	return ring->data == NULL ? 0 : size - Min(used, size);
}
