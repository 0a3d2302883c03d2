/*
 * replica.h - the state of one replica and the room's private functions. All arrays are bounded by
 * the limits of pbft.h: whatever peers send, memory is the size of this struct.
 */
#ifndef MESCHAIN_PBFT_REPLICA_H
#define MESCHAIN_PBFT_REPLICA_H

#include "pbft/chain.h"
#include "pbft/order.h"
#include "pbft/pbft.h"
#include "pbft/sign.h"

/* Headers known: final but not applied, in flight, and kept from earlier views (A5). */
#define PBFT_BLOCK_MAX 256
/* Final blocks whose transaction is not yet durable here. */
#define PBFT_FINAL_MAX (2 * PBFT_LAG_MAX)
#define PBFT_SLOT_TIMES 15
/* Proposals of one member above the next height. */
#define PBFT_EARLY_MAX 4

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

/* A proposal as it came. */
typedef struct PbftProposed
{
	uint64_t height; /* 0: free */
	uint64_t view;
	McHash hash;
	PbftHeader header;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftProposed;

/* One height of the window (c, c + W]. */
typedef struct PbftSlot
{
	uint64_t height;
	bool accepted; /* acc[height] of the current view */
	bool proposed; /* a proposal of the current view waits or was accepted */
	McHash accepted_hash;
	PbftProposed proposal;
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
	uint32_t order[PBFT_NODE_MAX]; /* perm_e of R1: who is primary */
	PbftEffects *out; /* for the length of a step */

	bool started;
	bool replaying;
	bool echoed; /* R17b: a quorum said what it holds of this node's words */
	bool fenced;
	bool diverged;
	bool closed; /* C8: attested for a RESUME */
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
	McHash said_tip; /* by the last TIP effect */
	uint64_t view_since_ms;
	PbftLock lock; /* pk: the certificate of highest rank */
	PbftCertificate lock_certificate;
	bool has_new_view; /* NEW-VIEW of the current view, entered: for those behind */
	bool has_next_view;           /* a later one, waiting for blocks */
	uint32_t consecutive_changes; /* k */
	uint64_t commits_since_change;

	/* heights: applied <= resulted <= executed <= committed, stable <= committed */
	uint64_t committed;
	McHash committed_hash;
	PbftChain final_chain;              /* at `committed` */
	PbftChain tip_chain;                /* at the tip, when somebody last asked */
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
	uint64_t progress_since_ms;
	uint32_t slot_ms[PBFT_SLOT_TIMES]; /* how long the last due blocks took (A10) */
	uint64_t slot_count;

	/* peers */
	PbftStatus peers[PBFT_NODE_MAX];
	uint64_t hints[PBFT_NODE_MAX]; /* final height that a member in another instance claims */
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
	PbftMessage new_view;
	PbftMessage next_view;
	PbftBlock blocks[PBFT_BLOCK_MAX];
	PbftFinal finals[PBFT_FINAL_MAX];
	PbftSlot slots[PBFT_WINDOW_MAX];
	/* Above the next height. Whose slot that is may hang on a block not yet here, so each sender
	 * has places of its own and cannot take another's. */
	PbftProposed early[PBFT_NODE_MAX][PBFT_EARLY_MAX];
	PbftResultSlot results[PBFT_LAG_MAX];
	PbftMessage scratch;
};

#include "pbft/private.h"

#endif
