/* world.h - the world of one seed and the functions the simulator's files give each other. */
#ifndef MESCHAIN_SIM_WORLD_H
#define MESCHAIN_SIM_WORLD_H

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
	bool rest; /* after healing the clients fall silent, and the heartbeat is far away */
	uint32_t window;
	uint64_t epoch_blocks; /* 0: one epoch only */
	uint32_t cause_ppm;    /* of blocks with a REJOIN, which ends it early */
	bool resume;           /* more members are restored from backups than a quorum bears */
	uint64_t pool_mean_us;
} SimPlan;

typedef struct SimWorld
{
	uint64_t seed;
	uint64_t random;
	uint64_t now_us;
	uint64_t order;
	bool chaos;
	bool rests; /* no client submits anything */
	bool work;  /* in the pools */
	bool trace;
	bool calm; /* nothing breaks, and every receiver verifies for itself: costs are counted */
	uint32_t wanted_n; /* 0: the seed says */
	SimPlan plan;
	PbftConfig config;
	SimInstance instances[SIM_EPOCH_MAX];
	uint32_t instance_count;
	uint32_t last_key[PBFT_NODE_MAX]; /* ever given out */
	SimNode nodes[SIM_NODE_MAX];
	uint32_t node_count;
	uint32_t lame;     /* members that may be silenced for good beside the faulty ones */
	uint32_t restores; /* members that may still be restored from a backup */
	bool cut[SIM_NODE_MAX][SIM_NODE_MAX]; /* from, to */
	SimEvent *heap;
	size_t heap_count, heap_capacity;
	uint64_t nonce;
	SimProof proofs[SIM_PROOF_MAX];
	uint32_t proof_count;
	bool accused[PBFT_NODE_MAX]; /* by an honest member */
	uint64_t named_at[SIM_EPOCH_MAX + 1][PBFT_NODE_MAX]; /* the block that names a liar; 0: none */

	/* counted for the report */
	uint64_t steps;
	uint64_t messages;
	uint64_t bytes;
	uint64_t signatures_made;
	uint64_t signatures_checked;
	uint64_t view_changes;
	uint64_t fences;
	uint64_t rejoined;
	uint64_t resumes;
	uint64_t lost; /* blocks, as documents said */

	/* what the federation has promised */
	McHash *final_hash; /* by height */
	McHash *final_root;
	uint64_t *tx_height; /* where a transaction took effect; by number */
	uint64_t tx_capacity;
	uint64_t final_height;
	uint64_t goal;
	uint64_t result_height;
} SimWorld;

extern SimWorld world;

/* world.c */
extern uint64_t sim_random(uint64_t below);
extern bool sim_chance(uint32_t ppm);
extern void sim_schedule(SimEvent event, uint64_t delay_us);
extern SimEvent sim_next_event(void);
extern SimBytes *sim_bytes(const void *data, size_t size);
extern SimBytes *sim_share(SimBytes *bytes);
extern void sim_free(SimBytes *bytes);
extern void sim_send(SimNode *from, uint32_t member, SimBytes *bytes);
extern void sim_fail(const char *what, uint32_t node, uint64_t height);
extern bool sim_honest(uint32_t member);

extern void sim_run_one(void);

/* cost.c */
extern void sim_cost(uint32_t n, uint64_t blocks);
extern uint64_t sim_slow_disk(uint32_t n, uint64_t disk_us, uint64_t seconds);

/* plan.c */
extern void sim_plan(void);
extern void sim_people(void);
extern void sim_strike(void);
extern void sim_heal(void);
extern void sim_heal_apply(void);
extern void sim_budget(void);

/* node.c */
extern void sim_node_init(SimNode *node, uint32_t place, uint32_t member);
extern void sim_node_start(SimNode *node);
extern void sim_node_crash(SimNode *node);
extern void sim_node_cut(SimNode *node, uint64_t height);
extern SimBlock *sim_node_room(SimNode *node, uint64_t height);
extern void sim_node_restart_after(SimNode *node, uint64_t delay_us);
extern void sim_node_restore(SimNode *node);
extern void sim_node_flush(SimNode *node, bool synced);
extern void sim_node_free(SimNode *node);
extern void sim_node_step(SimNode *node, PbftEvent event);
extern void sim_node_step_clock(SimNode *node);
extern void sim_node_end_turn(SimNode *node);
extern void sim_node_executor(SimNode *node, SimKind kind, uint64_t height, uint64_t cost_us);
extern void sim_node_rewrite_log(SimNode *node);

/* keys.c */
extern PbftCrypto sim_node_crypto(SimNode *node);
extern PbftCrypto sim_checker_crypto(SimKeys *keys);
extern SimKeys sim_keys_of(const SimInstance *instance);
extern void sim_keys_valset(const uint16_t keys[PBFT_NODE_MAX], McHash *valset);
extern void sim_keys_after(const SimNode *node, const SimInstance *before, uint64_t height,
						   uint16_t keys[PBFT_NODE_MAX]);
extern bool sim_key_counts(const SimNode *node);
extern void sim_node_use_key(SimNode *node, uint32_t key);
extern void sim_node_renew(SimNode *node, uint32_t key);
extern void sim_rejoin_begin(SimNode *node);
extern void sim_rejoin_ask(SimNode *node);
extern uint64_t sim_rejoin_ticket(const SimNode *proposer);
extern bool sim_rejoin_done(SimNode *node);

/* verifier.c */
extern void sim_headers_reset(void);
extern void sim_resume_learn(const PbftHeader *header, const McHash *hash);
extern const PbftHeader *sim_header_find(const McHash *hash);
extern const SimInstance *sim_instance_at(const PbftInstance *at);
extern void sim_identity_sign(uint32_t roster, McSpan bytes,
							  uint8_t signature[PBFT_SIGNATURE_SIZE]);
extern PbftResumeRules sim_resume_rules(void);

/* resume.c */
extern void sim_resume_reset(void);
extern void sim_resume_strike(void);
extern void sim_resume_attest(void);
extern bool sim_resume_lost(const SimNode *node, uint64_t height);
extern bool sim_resume_open(void);
extern bool sim_resume_names(const SimNode *node);
extern void sim_resume_enter(SimNode *node);
extern void sim_resume_log(SimNode *node);

/* input.c */
extern bool sim_has_effect(const SimNode *node, uint64_t height, uint64_t tx);
extern void sim_node_input(SimNode *node, const SimEvent *event);
extern void sim_node_take_queued(SimNode *node, const SimEvent *queue, size_t count);

/* epoch.c */
extern void sim_epoch_find(SimNode *node, PbftTip *tip);
extern void sim_epoch_config(const SimNode *node, PbftConfig *config);
extern PbftDomain sim_domain(uint32_t instance);
extern const SimInstance *sim_instance_named(const uint8_t name[PBFT_INSTANCE_SIZE]);
extern uint32_t sim_instance_add(const SimInstance *instance);
extern void sim_next_valset(const SimNode *node, uint64_t height, McHash *valset);
extern void sim_mix(const McHash *before, const PbftHeader *header, McHash *mix);
extern void sim_onion_open(const SimNode *node, const McHash *tip, McHash *preimage);
extern void sim_check_epoch(const SimNode *node, const PbftHeader *header);

/* disk.c */
extern void sim_log_append(SimLog *log, McSpan record);
extern bool sim_log_open(const SimLog *log);
extern void sim_log_close(SimLog *log);
extern void sim_log_synced(SimLog *log);
extern void sim_log_crash(SimLog *log);
extern bool sim_log_rot(SimLog *log, bool both);
extern bool sim_log_recover(SimLog *log);
extern void sim_log_copy(SimLog *to, const SimLog *from);
extern void sim_log_free(SimLog *log);

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
extern void sim_check_step(const SimNode *node, size_t effects_before, size_t bytes_before);
extern void sim_check_state(SimNode *node);

#endif
