/*
 * peers_pg.h - what this node shares about the other members: a ring of messages from each, a ring
 * of answers to each, and counters.
 *
 * The inbox of a member is filled by its delivering sessions and emptied by the order worker; the
 * outbox holds what those sessions answer, and the order worker's link carries it away. A full ring
 * refuses that member's newest and nobody else's (P13).
 */
#ifndef MESCHAIN_NODE_PEERS_PG_H
#define MESCHAIN_NODE_PEERS_PG_H

#include "postgres.h"

#include "base/bucket.h"
#include "base/bytes.h"
#include "pbft/certificate.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

typedef struct PeerRing
{
	LWLock lock;
	uint64_t head; /* bytes read and written so far */
	uint64_t tail;
	uint8_t *data;
} PeerRing;

/* What a delivering session says of an entry. */
#define PEER_VERIFIED 1 /* every signature but, without the next, a certificate's */
#define PEER_PROVED 2

/* Of one member; every counter has one writer or is atomic. */
typedef struct Peer
{
	PeerRing inbox;
	PeerRing outbox;
	Bucket messages; /* what it may still deliver; guarded by the inbox's lock */
	Bucket bytes;

	/* delivering sessions */
	pg_atomic_uint64 frames_in;
	pg_atomic_uint64 bytes_in;
	pg_atomic_uint64 bodies_in;
	pg_atomic_uint64 frames_refused;
	pg_atomic_uint64 frames_dropped; /* a ring was full */
	pg_atomic_uint64 frames_late;    /* said what was settled here already */
	pg_atomic_uint64 frames_over;    /* beyond its share of a second (A24) */
	pg_atomic_uint64 last_heard_us;
	pg_atomic_uint64 sessions_ended; /* for anything but deliver (P12) */

	/* the order worker's link */
	pg_atomic_uint32 link_up;
	pg_atomic_uint64 link_since_us;
	pg_atomic_uint64 connects;
	pg_atomic_uint64 frames_out;
	pg_atomic_uint64 bytes_out;
	pg_atomic_uint64 frames_lost;   /* while the link was down or over its limit */
	pg_atomic_uint64 round_trip_us; /* moving mean */

	pg_atomic_uint64 voted[3]; /* the height of its last PREPARE, COMMIT and CHECKPOINT */

	/* what the member last said of itself */
	pg_atomic_uint64 view;
	pg_atomic_uint64 committed;
	pg_atomic_uint64 stable;
	pg_atomic_uint32 active;
} Peer;

extern Size peers_shmem_size(void);
extern void peers_shmem_startup(void);

extern Peer *peer_of(uint32_t member);

/* The order worker, before it takes anything: rings for so many members, all empty. */
extern void peers_open(uint32_t member_count);

/* A24: of frames of these sizes, how many the member may still deliver now; they are paid for. */
extern uint32_t peer_admit(Peer *peer, const size_t *sizes, uint32_t count);
/* What was done for it beside: the next frames wait until it is paid. */
extern void peer_charge(Peer *peer, uint64_t bytes);

/* A vote of the member that was verified; and whether it voted so on this height or a later one. */
extern void peer_voted(Peer *peer, uint8_t kind, uint64_t height);
extern bool peer_has_voted(Peer *peer, uint8_t kind, uint64_t height);

/* False when there is no room. Flags are the caller's, one byte. */
extern bool ring_put(PeerRing *ring, uint8_t flags, McSpan first, McSpan second);

/* Takes all that is there, one call an entry; bytes are good during the call. */
extern void ring_drain(PeerRing *ring, void (*take)(void *context, uint8_t flags, McSpan bytes),
					   void *context);
extern bool ring_empty(PeerRing *ring);
/* Bytes that were ever put in. */
extern uint64_t ring_written(PeerRing *ring);
/* Bytes that still fit, for the sender to know. */
extern size_t ring_free(PeerRing *ring);

#endif
