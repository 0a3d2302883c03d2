/*
 * sim.h - a federation in one process and in virtual time. Everything random comes from one seed,
 * so that a seed is a test case: run.sh SEED=s shows it again.
 *
 * world.c   time, network, faults, the plan a seed makes
 * node.c    what the order and apply workers do around pbft_step(), with a disk that can lose
 * byzantine.c  how faulty members lie
 * check.c   what must hold after every step
 */
#ifndef MESCHAIN_SIM_H
#define MESCHAIN_SIM_H

#include "pbft/replica.h"
#include "unit/pbft_mac.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define SIM_NODE_MAX (PBFT_NODE_MAX + 1) /* a twin has a place of its own */
#define SIM_HEIGHT_MAX 20000
#define SIM_BODY_TRIES 400

enum /* ways to be faulty, a set per faulty member */
{
	BYZ_EQUIVOCATE = 1,       /* two proposals for one height, and votes for both */
	BYZ_VOTE_ALL = 2,         /* PREPARE and COMMIT whatever passes by */
	BYZ_WITHHOLD = 4,         /* no bodies, or only to some */
	BYZ_FORGET_LOCK = 8,      /* VIEW-CHANGE with the anchor as lock */
	BYZ_REPLAY = 16,          /* old messages again, at any time */
	BYZ_MUTATE = 32,          /* bits flipped, ends cut */
	BYZ_MUTE = 64,            /* silent to some, or now and then */
	BYZ_LIE_RESULT = 128,     /* other execution results */
	BYZ_TWIN = 256,           /* two of it, one key */
	BYZ_WORST_NEW_VIEW = 512, /* NEW-VIEW from the lowest locks it can choose */
	BYZ_RUSH_VIEW = 1024,     /* asks for views far ahead */
	BYZ_FORGE_LOCK = 2048,    /* VIEW-CHANGE with a certificate only it has signed */
	BYZ_KINDS = 12
};

typedef struct SimBytes
{
	uint32_t references;
	uint32_t size;
	bool has_body;
	McHash body_of;
	uint8_t data[];
} SimBytes;

typedef enum SimKind
{
	SIM_DELIVER,
	SIM_FLUSH,
	SIM_TIMER,
	SIM_EXECUTED,
	SIM_APPLIED,
	SIM_BODY,
	SIM_POOL,
	SIM_FAULT,
	SIM_RESTART
} SimKind;

typedef struct SimEvent
{
	uint64_t time_us;
	uint64_t order;
	SimKind kind;
	uint32_t node;
	uint32_t incarnation;
	uint32_t from;
	PbftTimer timer;
	uint64_t number;
	McHash hash;
	bool certified;
	SimBytes *bytes;
} SimEvent;

typedef struct SimBlock
{
	PbftHeader header;
	McHash hash;
	McHash exec_root;
	SimBytes *commit; /* certificates as the effects gave them */
	SimBytes *checkpoint;
} SimBlock;

typedef struct SimNode
{
	uint32_t place; /* in the world */
	uint32_t member;
	uint32_t byzantine;
	bool up;
	uint32_t incarnation;
	MacSigner signer;
	PbftReplica *replica;
	PbftEffects *effects;
	bool busy; /* waits for its disk: input is queued */
	SimEvent *inbox;
	size_t inbox_count, inbox_capacity;

	SimBytes **log;
	size_t log_count, log_capacity, log_synced;
	bool snapshot_due;

	SimBlock *chain; /* by height: what EXECUTE gave, durable up to applied */
	uint64_t chain_capacity;
	uint64_t ordered;
	uint64_t executed;
	uint64_t applied;
	uint64_t executor_free_us;
	McHash *bodies; /* open addressing */
	size_t body_count, body_capacity;

	int64_t clock_offset_ms;
	uint64_t disk_us; /* mean time of a sync */
	uint64_t execute_us;
	uint64_t releases;
} SimNode;

typedef struct SimPlan
{
	uint32_t n;
	uint32_t faulty;
	uint32_t byzantine_kinds;
	uint32_t loss_ppm, duplicate_ppm;
	uint64_t latency_us;
	uint64_t chaos_us;
	uint64_t fault_mean_us;
	bool clock_jumps;
	uint32_t window;
	uint64_t pool_mean_us;
} SimPlan;

typedef struct SimWorld
{
	uint64_t seed;
	uint64_t random;
	uint64_t now_us;
	uint64_t order;
	bool chaos;
	bool trace;
	SimPlan plan;
	PbftConfig config;
	SimNode nodes[SIM_NODE_MAX];
	uint32_t node_count;
	bool cut[SIM_NODE_MAX][SIM_NODE_MAX]; /* from, to */
	SimEvent *heap;
	size_t heap_count, heap_capacity;
	uint64_t steps;
	uint64_t messages;
	uint64_t nonce;

	/* what the federation has promised */
	McHash *final_hash; /* by height */
	McHash *final_root;
	uint64_t final_height;
	uint64_t result_height;
	uint64_t view_changes;
} SimWorld;

extern SimWorld world;

/* world.c */
extern uint64_t sim_random(uint64_t below);
extern bool sim_chance(uint32_t ppm);
extern void sim_schedule(SimEvent event, uint64_t delay_us);
extern SimBytes *sim_bytes(const void *data, size_t size);
extern SimBytes *sim_share(SimBytes *bytes);
extern void sim_free(SimBytes *bytes);
extern void sim_send(SimNode *from, uint32_t member, SimBytes *bytes);
extern void sim_fail(const char *what, uint32_t node, uint64_t height);
extern bool sim_honest(uint32_t member);

/* node.c */
extern void sim_node_init(SimNode *node, uint32_t place, uint32_t member);
extern void sim_node_start(SimNode *node);
extern void sim_node_crash(SimNode *node);
extern void sim_node_input(SimNode *node, const SimEvent *event);
extern void sim_node_flush(SimNode *node, bool synced);
extern void sim_node_free(SimNode *node);
extern bool sim_body_held(const SimNode *node, const McHash *hash);
extern void sim_body_add(SimNode *node, const McHash *hash);
extern void sim_exec_root(const McHash *previous, const McHash *block, McHash *root);

/* byzantine.c: true when the message was dealt with and must not go out as it is */
extern bool sim_tamper(SimNode *node, bool broadcast, uint32_t member, SimBytes *bytes);
extern void sim_byzantine_hears(SimNode *node, const PbftMessage *message);
extern void sim_byzantine_reset(void);

/* check.c */
extern void sim_check_reset(void);
extern void sim_check_sent(const SimNode *node, SimBytes *bytes);
extern void sim_check_execute(SimNode *node, const PbftEffect *effect);
extern void sim_check_result(SimNode *node, const PbftEffect *effect);
extern void sim_check_note(SimNode *node, const PbftEffect *effect);
extern void sim_check_state(SimNode *node);

#endif
