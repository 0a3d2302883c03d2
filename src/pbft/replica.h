/*
 * replica.h - the state of one replica and the room's private functions. All arrays are bounded by
 * the limits of pbft.h: whatever peers send, memory is the size of this struct.
 */
#ifndef MESCHAIN_PBFT_REPLICA_H
#define MESCHAIN_PBFT_REPLICA_H

#include "pbft/pbft.h"
#include "pbft/sign.h"

/* Headers known: final but not applied, in flight, and kept from earlier views (A5). */
#define PBFT_BLOCK_MAX 256
/* Final blocks whose transaction is not yet durable here. */
#define PBFT_FINAL_MAX (2 * PBFT_LAG_MAX)

typedef enum PbftBody
{
	PBFT_BODY_UNKNOWN,
	PBFT_BODY_ASKED,
	PBFT_BODY_HELD, /* valid, or vouched for by a certificate, and on this node's disk */
	PBFT_BODY_INVALID
} PbftBody;

typedef struct PbftBlock
{
	bool used;
	bool logged; /* D1 is in the log */
	bool prepared; /* this node sent PREPARE for it: kept until min(s, a) (A5) */
	PbftBody body;
	uint64_t view_seen;
	McHash hash;
	PbftHeader header;
} PbftBlock;

typedef struct PbftVote
{
	uint64_t view_next; /* view + 1; 0: no vote */
	McHash hash;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftVote;

/* One height of the window (c, c + W]. */
typedef struct PbftSlot
{
	uint64_t height;
	bool accepted; /* acc[height] of the current view */
	bool proposed; /* a proposal of the current view waits or was accepted */
	McHash accepted_hash;
	McHash proposal_hash;
	PbftHeader proposal;
	uint8_t proposal_signature[PBFT_SIGNATURE_SIZE];
	PbftVote prepare[PBFT_NODE_MAX]; /* highest view of each member */
	PbftVote commit[2][PBFT_NODE_MAX]; /* of my view, and of the highest other view (A6) */
} PbftSlot;

typedef struct PbftResultVote
{
	bool used;
	McHash hash;
	McHash exec_root;
	McHash next_valset;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftResultVote;

/* CHECKPOINTs of one height; stays readable until its place in the ring is needed. */
typedef struct PbftResultSlot
{
	uint64_t height;
	bool stable;
	uint32_t witness; /* a member whose vote is the quorum's */
	PbftResultVote votes[PBFT_NODE_MAX];
} PbftResultSlot;

/* A final block: order decided, result perhaps. */
typedef struct PbftFinal
{
	uint64_t height;
	bool executed;
	McHash hash;
	McHash exec_root;
	McHash next_valset;
} PbftFinal;

typedef struct PbftFetching
{
	bool active;
	uint32_t member;
	uint32_t count;
	uint64_t height;
	uint64_t deadline_ms;
	McHash hash;
} PbftFetching;

struct PbftReplica
{
	PbftConfig config;
	uint32_t quorum;
	uint32_t faults;
	uint32_t order[PBFT_NODE_MAX]; /* perm_e of R1 */
	PbftEffects *out; /* for the length of a step */

	bool started;
	bool replaying;
	bool echoed; /* R17b: a quorum said what it holds of this node's words */
	bool fenced;
	bool diverged;
	bool ended;
	uint64_t now_ms;
	uint64_t wall_ms;

	/* the view */
	uint64_t view;
	bool active;
	bool no_prepare; /* R16b: a certificate conflicts with what was accepted in this view */
	PbftLock base;
	uint64_t tip;
	McHash tip_hash;
	PbftLock lock; /* pk: the certificate of highest rank */
	PbftCertificate lock_certificate;
	bool has_new_view; /* NEW-VIEW of the current view, entered: for those behind */
	bool has_next_view; /* a later one, waiting for blocks */
	PbftMessage new_view;
	PbftMessage next_view;
	uint32_t consecutive_changes; /* k */
	uint64_t commits_since_change;

	/* heights: applied <= resulted <= executed <= committed, stable <= committed */
	uint64_t committed;
	McHash committed_hash;
	PbftCertificate commit_certificate; /* of `committed` or of a descendant; height 0: none */
	bool has_ahead;
	PbftCertificate ahead; /* a COMMIT certificate whose chain is not all here */
	uint64_t asked_execute;
	uint64_t executed;
	uint64_t stable;
	uint64_t resulted;
	uint64_t applied;
	PbftTip root; /* what START said */

	/* proposing */
	uint64_t pool_count;
	bool heartbeat_due;
	bool requested;
	uint64_t request;
	uint64_t request_height;
	uint64_t request_view;

	/* timers */
	uint64_t generation[PBFT_TIMER_COUNT];
	int progress_class;
	uint64_t progress_key;

	/* peers */
	PbftStatus peers[PBFT_NODE_MAX];
	bool peer_known[PBFT_NODE_MAX];
	bool peer_answered[PBFT_NODE_MAX];
	int64_t clock_offset[PBFT_NODE_MAX];
	PbftFetching fetch;
	uint32_t range_turn;
	uint32_t signer_turn;
	bool fetch_range_first;
	bool fetch_more; /* a range came in whole: ask for the next at once */

	uint64_t view_changes;
	uint64_t messages_refused;
	uint64_t evidence_seen;

	/* large tables: pbft_init() clears only what says that an entry is in use */
	PbftViewChange changes[PBFT_NODE_MAX]; /* highest view of each member; view 0: none */
	PbftBlock blocks[PBFT_BLOCK_MAX];
	PbftFinal finals[PBFT_FINAL_MAX];
	PbftSlot slots[PBFT_WINDOW_MAX];
	PbftResultSlot results[PBFT_LAG_MAX];
	PbftMessage scratch;
};

#include "pbft/private.h"

#endif
