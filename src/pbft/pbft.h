/*
 * pbft.h - SPBFT: chained three-phase agreement as one pure function of (state, event).
 *
 * Room card, pbft/: order and result of blocks. No clock, randomness, I/O or allocation: they come
 * and go as events and effects. Includes base/ and this room. Rules are quoted by number (R0-R22,
 * A1-A33, C1-C10); docs/pbft.md lists each with its function and test. Guarded by
 * test/unit/pbft_*.c, test/fuzz/fuzz_pbft_message.c, test/sim/, test/model/.
 *
 * The ordering law, once: of everything one turn's steps put into PbftEffects, the caller first
 * appends every PERSIST to the vote log, syncs it once if any effect says needs_sync, and only then
 * does the others, in their order. A record that asked for no sync is written with the next one. If
 * the append or the sync fails, none of the others is done and the next event is FENCE. Nothing
 * else orders disk and network.
 *
 * One node (n = 1, Q = 1), the whole loop. PERSIST never needs a sync there: the block's own
 * database COMMIT is the one durable write (C4), so nobody is told "ordered" before it either.
 *
 *     pbft_init(replica, &config);
 *     step(START, last block in the tables);
 *     for each turn:
 *         step(CLOCK); step(POOL, transactions waiting); step(TIMEOUT) for those that fired;
 *         for (i = 0; i < effects.count; i++) switch (effects.list[i].kind)   -- the list grows
 *             REQUEST_BLOCK: step(CANDIDATE, what the pool gives, .request, parent = .hash)
 *             PROPOSED:      remember the body under .hash
 *             EXECUTE:       root = evaluate(body of .hash, .header); keep .bytes (COMMIT cert);
 *                            step(EXECUTED, .height, root)
 *             COMMIT_RESULT: write rows and both certificates, COMMIT;  step(APPLIED, .height)
 *             SET_TIMER:     deadline[.timer] = now + .delay_ms, remember .generation
 *             RELEASE:       forget bodies up to .height
 *         pbft_effects_clear(&effects);
 *
 * A step called while walking the list appends to it, which is allowed as long as
 * pbft_effects_room() holds; otherwise queue the event for the next turn. With n > 1 walk twice:
 * PERSIST first, then the rest.
 */
#ifndef MESCHAIN_PBFT_PBFT_H
#define MESCHAIN_PBFT_PBFT_H

#include "pbft/event.h"

/* Blocks in flight above the last committed (W), and committed above stable (L, R20). */
#define PBFT_WINDOW_MAX 8
#define PBFT_LAG_MAX 64

typedef struct PbftConfig
{
	PbftDomain domain;
	uint64_t epoch;
	uint32_t member_count;
	uint32_t self; /* index in the validator set; member_count or more: follow, never vote */
	PbftTip anchor; /* the block the instance starts on: genesis, an END_EPOCH block, a RESUME's */
	bool resumed;   /* C8: the anchor is a RESUME's base and has yet to become final here */
	McHash base_parent; /* then: the anchor's parent */
	McHash order_seed; /* fixes primary(v) = permutation[v mod n] for the epoch (R1) */
	uint32_t window; /* W, 1 to PBFT_WINDOW_MAX */
	uint32_t lag; /* L, window to PBFT_LAG_MAX */
	uint64_t tau0_ms; /* progress timer; genesis */
	uint64_t tau_min_ms; /* A10: least time of a slot; genesis; 0: tau0 */
	uint64_t slot_ms;    /* a slot's time at first: the summary's of the epoch before; 0: tau0 */
	uint64_t tau_max_ms; /* at most 16 tau0 (A11) */
	uint64_t drift_ms; /* A12 */
	uint64_t epoch_blocks; /* END_EPOCH is due so many blocks above the anchor; 0: never */
	uint64_t epoch_ms; /* or after so much chain time; 0: never */
	uint64_t epoch_min_blocks; /* L_min: not even with a cause before */
	uint64_t cause_from_ms;    /* nor before this chain time, unless the parent is as high as */
	uint64_t cause_from_height; /* ... this; either 0: at any time (C9) */
	bool seat_loss;            /* a seat that misses its slots is a cause (R19) */
	bool beacon; /* order rounds by the mix; onion: each member's registered tip, zero: none */
	McHash onion[PBFT_NODE_MAX];
	uint64_t heartbeat_ms; /* i_max of A11 and C3: an empty block after so long */
	PbftCrypto crypto;
} PbftConfig;

typedef struct PbftReplica PbftReplica;

/* Fixed for the build, about 3 MiB; the caller allocates and aligns to 8 bytes. */
extern size_t pbft_replica_size(void);

/* Prepares a replica for one instance (epoch); config is copied. Never called twice on a live
 * one. */
extern void pbft_init(PbftReplica *replica, const PbftConfig *config);

/*
 * C9: causes end no more epochs early than there are members in the time of one epoch. older: the
 * anchor as many epochs back as there are members; NULL: there were fewer.
 */
extern void pbft_limit_causes(PbftConfig *config, const PbftTip *older);

/*
 * Takes one event, appends effects. The caller makes sure of pbft_effects_room(). Never fails: a
 * hostile message ends in a NOTE and a counter, a broken invariant in an assertion.
 */
extern void pbft_step(PbftReplica *replica, const PbftEvent *event, PbftEffects *effects);

typedef enum PbftMode
{
	PBFT_MODE_STARTING,
	PBFT_MODE_ACTIVE,
	PBFT_MODE_CHANGING, /* waiting for a NEW-VIEW */
	PBFT_MODE_ENDED,    /* the epoch's last block is stable: make the next instance */
	PBFT_MODE_FENCED,
	PBFT_MODE_DIVERGED,
	PBFT_MODE_CLOSED
} PbftMode;

/* For mes.status and stat_consensus. */
typedef struct PbftSummary
{
	PbftMode mode;
	bool voting;
	bool echoed;     /* a quorum said what it holds of this node's words (R17b) */
	bool no_prepare; /* waits for the next view: it accepted another block than became final */
	bool no_chain;   /* waits for the next epoch: it does not know this one from its anchor on */
	uint64_t view_since_ms; /* monotonic: in this view and mode since */
	uint64_t view;
	uint64_t base;
	uint64_t tip;
	uint64_t committed;
	uint64_t executed;
	uint64_t stable;
	uint64_t resulted; /* COMMIT_RESULT was given up to here */
	uint64_t applied;
	uint32_t primary;
	uint32_t quorum;
	uint32_t faults;
	uint64_t slot_ms; /* what a slot may last now */
	uint64_t view_changes;
	uint64_t messages_refused;
	uint64_t evidence_seen;
	uint8_t liars[PBFT_BITMAP_SIZE]; /* seats without slots, for evidence in a final block (A10) */
} PbftSummary;

extern void pbft_summary(const PbftReplica *replica, PbftSummary *summary);

/* Evidence against this seat stands in a final block of the epoch, and it has no slots (A10). */
extern bool pbft_left_out_as_liar(const PbftReplica *replica, uint32_t seat);

/*
 * M7 for a block that the caller holds, answering SERVE: domain of the block's own epoch, empty
 * spans for certificates that are not there. Returns its size; 0 when a certificate cannot be read.
 */
extern size_t pbft_certified_encode(const PbftDomain *domain, uint32_t self,
									const PbftHeader *header, McSpan commit, McSpan checkpoint,
									uint8_t out[PBFT_MESSAGE_MAX]);

#endif
