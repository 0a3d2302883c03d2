/*
 * event.h - what goes into pbft_step() and what comes out. Plain data; spans in events are borrowed
 * for the call, spans in effects live in the effects' own arena until pbft_effects_clear().
 */
#ifndef MESCHAIN_PBFT_EVENT_H
#define MESCHAIN_PBFT_EVENT_H

#include "pbft/certificate.h"
#include "pbft/header.h"
#include "pbft/message.h"

typedef enum PbftEventKind
{
	PBFT_EVENT_RECORD,    /* bytes: one recovered log record, oldest first, before START */
	PBFT_EVENT_START,     /* start: the last block whose transaction is durable, else the anchor */
	PBFT_EVENT_CLOCK,     /* now_ms, wall_ms: first event of every turn */
	PBFT_EVENT_MESSAGE,   /* message, sender, verified */
	PBFT_EVENT_POOL,      /* count: transactions waiting; told when it becomes or ceases to be 0 */
	PBFT_EVENT_CANDIDATE, /* candidate: the answer to REQUEST_BLOCK */
	PBFT_EVENT_VALIDATED, /* hash, valid: the answer to VALIDATE */
	PBFT_EVENT_EXECUTED,  /* height, hash = exec_root, next_valset: evaluated, not yet committed */
	PBFT_EVENT_APPLIED,   /* height: its database transaction is durable */
	PBFT_EVENT_TIMEOUT,   /* timer, generation */
	PBFT_EVENT_SNAPSHOT,  /* PERSIST all that a restart needs: a new log may begin with it (P29) */
	PBFT_EVENT_LINK_UP,   /* sender: a connection to it was (re)made */
	PBFT_EVENT_FENCE,     /* the log may have lost something: never vote again in this instance */
	PBFT_EVENT_CLOSE      /* C8: this member attests for a RESUME; no vote of it follows here */
} PbftEventKind;

typedef enum PbftTimer
{
	PBFT_TIMER_PROGRESS, /* R7: a block is overdue; R10: a NEW-VIEW is overdue */
	PBFT_TIMER_STATUS, /* R22: say where I am, repeat what is missing elsewhere */
	PBFT_TIMER_HEARTBEAT, /* A11: an empty block, so that silence is a fault */
	PBFT_TIMER_COUNT
} PbftTimer;

/* A final block to build on. */
typedef struct PbftTip
{
	uint64_t height;
	McHash hash;
	McHash exec_root;
	uint64_t ts_ms;
	uint64_t stable_height; /* as its header says; its own height for an instance's anchor */
	McHash stable_exec_root;
	uint32_t flags; /* as its header says; 0 for an instance's anchor */
	McHash mix;     /* the beacon at this block; of the anchor, and alone (n = 1) at START */
} PbftTip;

/* A body the pool proposes, and whom it names. The core never sees the body: the caller keeps it by
 * block hash. */
typedef struct PbftCandidate
{
	uint64_t request; /* of the REQUEST_BLOCK answered; an old one is ignored */
	bool empty; /* nothing to propose: dropped unless the heartbeat wants an empty block */
	McHash tx_root;
	uint32_t tx_count;
	uint64_t body_bytes;
	uint32_t mempool_depth;
	PbftCauses causes;
	McHash onion_reveal; /* SHA-256 of it is the effect's onion; zero when that is zero */
	uint64_t sync_us; /* what a sync of this node's log takes lately */
} PbftCandidate;

typedef struct PbftEvent
{
	PbftEventKind kind;
	uint32_t sender; /* who brought it: a member's index, or PBFT_NODE_MAX and above for others */
	bool verified; /* pbft_message_verify() said yes in the receiving backend */
	bool valid;
	PbftTimer timer;
	uint64_t generation;
	uint64_t height;
	uint64_t count;
	uint64_t now_ms; /* monotonic */
	uint64_t wall_ms; /* UTC */
	McHash hash;
	McHash next_valset;
	McSpan bytes;
	const PbftMessage *message;
	const PbftCandidate *candidate;
	const PbftTip *start;
} PbftEvent;

typedef enum PbftEffectKind
{
	PBFT_PERSIST,   /* bytes: append to the vote log; needs_sync */
	PBFT_SEND,      /* member, bytes; hash not zero: the body list of that block goes along */
	PBFT_BROADCAST, /* bytes to every other member; hash as for SEND */
	PBFT_SERVE,     /* member, height, hash, count: send it CERTIFIED of these blocks, as held */
	PBFT_REQUEST_BLOCK, /* request, height, hash = parent, ts_ms, onion: answer with CANDIDATE */
	PBFT_VALIDATE, /* header, hash: fetch the body, check, keep it; answer VALIDATED. certified: a
					* quorum vouches for it; answer once the header's body is held (R13) */
	PBFT_PROPOSED, /* header, hash: the candidate's body belongs to this block; keep it by hash */
	PBFT_EXECUTE, /* header, hash, bytes = COMMIT certificate: final order; heights without a gap */
	PBFT_COMMIT_RESULT, /* height, hash, bytes = CHECKPOINT certificate: commit the transaction;
						 * count: blocks above it whose results are agreed already; needs_sync: of
						 * the records before it */
	PBFT_SET_TIMER,     /* timer, generation, delay_ms; replaces the timer of that name */
	PBFT_STOP_TIMER,    /* timer */
	PBFT_RELEASE,       /* height: bodies and log records up to it are needed by nobody */
	PBFT_NOTE,          /* note, member, height, hash: for the log and the status view */
	PBFT_TIP /* height, hash: what this node would propose on; transactions of blocks on the way
			  * from the last final one to it are taken, those of all other blocks are free */
} PbftEffectKind;

typedef enum PbftNote
{
	PBFT_NOTE_VIEW_CHANGE, /* left for view `height` */
	PBFT_NOTE_VIEW_ENTERED,
	PBFT_NOTE_DIVERGED, /* a quorum signed another result for `height`: stopped voting */
	PBFT_NOTE_FENCED,
	PBFT_NOTE_EVIDENCE,    /* `member` signed two things it must not: bytes, a proof (evidence.h) */
	PBFT_NOTE_EPOCH_ENDED, /* the anchor block `height` is stable, hash = next validator set */
	PBFT_NOTE_CLOSED,
	PBFT_NOTE_REFUSED /* a message of `member` was dropped, `status` says why */
} PbftNote;

typedef struct PbftEffect
{
	PbftEffectKind kind;
	bool needs_sync;
	bool certified;
	PbftTimer timer;
	PbftNote note;
	McStatus status;
	uint32_t member;
	uint32_t count;
	uint64_t request;
	uint64_t generation;
	uint64_t delay_ms;
	uint64_t height;
	uint64_t ts_ms;
	McHash hash;
	McHash onion; /* the proposer's onion tip: open it with its preimage */
	McSpan bytes;
	const PbftHeader *header;
} PbftEffect;

/* What one step may add at most; a turn ends when less than that is free. */
#define PBFT_STEP_EFFECTS_MAX 256
#define PBFT_STEP_BYTES_MAX (512 * 1024)
#define PBFT_EFFECTS_MAX (2 * PBFT_STEP_EFFECTS_MAX)
#define PBFT_EFFECT_BYTES_MAX (2 * PBFT_STEP_BYTES_MAX)

typedef struct PbftEffects
{
	size_t count;
	size_t used;
	PbftEffect list[PBFT_EFFECTS_MAX];
	_Alignas(8) uint8_t arena[PBFT_EFFECT_BYTES_MAX];
} PbftEffects;

static inline void
pbft_effects_clear(PbftEffects *effects)
{
	effects->count = 0;
	effects->used = 0;
}

/* True while another step fits. */
static inline bool
pbft_effects_room(const PbftEffects *effects)
{
	return effects->count + PBFT_STEP_EFFECTS_MAX <= PBFT_EFFECTS_MAX &&
		   effects->used + PBFT_STEP_BYTES_MAX <= PBFT_EFFECT_BYTES_MAX;
}

#endif
