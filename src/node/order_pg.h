/*
 * order_pg.h - the order worker's state, for its two files: order_pg.c turns the wheel,
 * order_peer_pg.c speaks with the other members.
 */
#ifndef MESCHAIN_NODE_ORDER_PG_H
#define MESCHAIN_NODE_ORDER_PG_H

#include "postgres.h"

#include <time.h>

#include "base/suite.h"
#include "node/blocks_pg.h"
#include "node/shmem_pg.h"

/* Own bodies that wait so long are told again. */
#define ORDER_REGOSSIP_MS 250
/* Own bodies go out at once, and those that follow together: a call to each member costs the same
 * whatever it brings. */
#define ORDER_GOSSIP_MS 2

/* A block whose order is final, on its way to apply. */
typedef struct OrderedBlock
{
	McHash hash;
	PbftHeader header;
	uint32_t certificate_size;
	uint8_t certificate[PBFT_CERTIFICATE_MAX];
} OrderedBlock;

/* Handed to the core's lag at most, and those that wait for one commit with apply. */
#define ORDERED_MAX (2 * PBFT_LAG_MAX)

typedef struct OrderState
{
	PbftReplica *replica;
	PbftEffects *effects;
	size_t answered;      /* effects below were looked at for questions */
	PbftEffects *records; /* a snapshot's, beside a turn */
	SuiteSecret voting;
	NodeGenesis *genesis; /* of the running instance; order.spare is the one before */
	NodeGenesis *spare;
	PbftDomain domain;
	uint32_t member_count;    /* seats */
	uint32_t self;            /* of the links: a place among genesis->peer_count */
	const char *fence_reason; /* what is wrong with the vote log; NULL: not known yet */
	bool closed;        /* a statement for a recovery was made: this log is whole up to there */
	bool fenced;        /* the vote log cannot be trusted: nothing is persisted or voted any more */
	uint64_t epoch_end; /* the block that ends the epoch, once a quorum agreed on its result */
	bool epoch_over;    /* its last block is durable: the next instance begins with the next turn */
	uint64_t slot_ms;   /* a slot's time, from epoch to epoch */
	uint64_t now_ms;
	uint64_t deadline_ms[PBFT_TIMER_COUNT]; /* 0: not set */
	uint64_t timer_generation[PBFT_TIMER_COUNT];

	/* the body offered under the last CANDIDATE */
	uint32_t offered;
	uint32_t offered_slots[BLOCK_TX_MAX];
	uint32_t *marks; /* of the pool's slots */
	uint32_t mark;

	/* final blocks, oldest first; so many of them are with apply */
	OrderedBlock *ordered; /* ring of ORDERED_MAX */
	uint32_t ordered_first;
	uint32_t ordered_count;
	uint32_t handed;
	uint64_t executed_height; /* EXECUTED was told */

	/* what the core was last told of the pool */
	uint32_t ready_told;
	McHash tip; /* what the core would propose on */
	uint64_t tip_height;
	uint64_t tip_since_ms;
	uint32_t come_back; /* as many wait again when those whom the last block answered are back */
	uint64_t applied_ms;
	uint64_t final_height; /* of the last block whose order is settled */
	uint64_t tip_version;
	uint64_t version_told;
	bool backlog_told;
	uint64_t version_seen; /* of the pool, when this turn began to look */
	uint64_t regossip_ms;
	uint64_t gossip_ms; /* until then own bodies wait for company */
	bool snapshot_due;
} OrderState;

extern OrderState order;

/* order_start_pg.c: everything before the first turn, and between two epochs. */
extern void order_start(void);
extern void order_next_instance(void);
/* Guests or addresses are others now: links and doors follow, the instance goes on. */
extern void order_map_peers(void);

extern uint64_t order_clock_ms(clockid_t clock);
extern uint64_t order_wall_ms(void);

/* R0: answers questions, one sync, then everything else in its order. */
extern void order_flush(void);

/* The next final block to apply, once it is whole and apply is free. */
extern void order_hand_over(void);

/* One event into the core; what does not fit is flushed first. */
extern void order_step(PbftEvent event);

/* P29: a new log begins with all that a restart needs, bodies of unapplied blocks among it. An
 * owner: it becomes that of a new instance. */
struct VoteLogOwner;
extern bool order_write_snapshot(const struct VoteLogOwner *owner);

/* order_offer_pg.c: when the next block is cut, and what goes into it. */
extern void order_feed_pool(void);
extern void order_offer(uint64_t request, uint64_t height, const McHash *parent);
extern void order_end_offer(void);
extern void order_keep_proposed(const PbftEffect *effect);
extern void order_note_tip(uint64_t height);
extern bool order_exchange_free(void);
extern uint32_t order_wants(void);
extern uint64_t order_look_ms(void);

/* The core's questions about bodies. */
extern void order_validate(const PbftEffect *effect);

/* A turn's share of everything with the other members: order_peer_pg.c. */
extern void order_take_inboxes(void);
extern bool order_inboxes_wait(void);
extern void order_check_missing(void);
extern void order_send(const PbftEffect *effect);
extern void order_serve(const PbftEffect *effect);
extern void order_gossip(void);

/* report_pg.c: evidence becomes a transaction of this node. */
extern void order_report(const PbftEffect *effect);

/* lie_pg.c: what a faulty member does with what it should send (false: nothing) and compute. */
#ifdef MESCHAIN_TEST_SWITCHES
extern bool lie_to(uint32_t member, McSpan *bytes);
extern void lie_about_result(McHash *exec_root);
#else
#define lie_to(member, bytes) true
#define lie_about_result(exec_root) ((void) 0)
#endif

#endif
