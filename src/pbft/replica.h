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
#include "pbft/tables.h"

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
	bool overdue;    /* a block is, or the NEW-VIEW: said in STATUS (R7, R10) */
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
	uint64_t slot_time_ms; /* how long a slot may last now */

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
	bool fetch_results_first; /* in turn, while there is little room */
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
