/*
 * node.c - the life of a node, and what its workers do with the effects of a turn: one sync before
 * anything leaves. What goes into the replica is in input.c.
 */
#include "sim/sim.h"

/* Room for the block of this height. */
static void
chain_grow(SimNode *node, uint64_t height)
{
	uint64_t capacity = node->chain_capacity ? 2 * node->chain_capacity : 64;

	if (height < node->chain_capacity)
		return;
	node->chain = realloc(node->chain, capacity * sizeof(SimBlock));
	memset(node->chain + node->chain_capacity, 0,
		   (capacity - node->chain_capacity) * sizeof(SimBlock));
	node->chain_capacity = capacity;
}

/* ---- life --------------------------------------------------------------------------------- */

/* Replicas and effects are large: made once a place, for all seeds. */
static PbftReplica *replicas[SIM_NODE_MAX];
static PbftEffects *effects_of[SIM_NODE_MAX];

void
sim_node_init(SimNode *node, uint32_t place, uint32_t member)
{
	memset(node, 0, sizeof(*node));
	if (replicas[place] == NULL)
	{
		replicas[place] = malloc(pbft_replica_size());
		effects_of[place] = malloc(sizeof(PbftEffects));
	}
	node->place = place;
	node->member = member;
	sim_node_use_key(node, 0);
	node->replica = replicas[place];
	node->effects = effects_of[place];
	chain_grow(node, 0);
	node->chain[0].hash = world.config.anchor.hash;
	node->chain[0].exec_root = world.config.anchor.exec_root;
	node->disk_us = 100 + sim_random(1000);
	node->execute_us = 100 + sim_random(2000);
}

static void
forget_certificates(SimNode *node, uint64_t from)
{
	for (uint64_t at = from; at <= node->ordered; at++)
	{
		sim_free(node->chain[at].commit);
		sim_free(node->chain[at].checkpoint);
		node->chain[at].commit = node->chain[at].checkpoint = NULL;
	}
}

/* A place for the block above all that the tables have. */
SimBlock *
sim_node_room(SimNode *node, uint64_t height)
{
	chain_grow(node, height + 1);
	return &node->chain[height];
}

/* The tables as they were at that height. */
void
sim_node_cut(SimNode *node, uint64_t height)
{
	forget_certificates(node, height + 1);
	node->applied = node->ordered = node->executed = node->committed_result = height;
}

static void
forget_inbox(SimNode *node)
{
	for (size_t i = 0; i < node->inbox_count; i++)
		sim_free(node->inbox[i].bytes);
	node->inbox_count = 0;
}

void
sim_node_free(SimNode *node)
{
	forget_certificates(node, 1);
	forget_inbox(node);
	sim_log_free(&node->log);
	sim_log_free(&node->backup);
	sim_body_free(node);
	free(node->inbox);
	free(node->chain);
}

void
sim_node_step(SimNode *node, PbftEvent event)
{
	size_t count = node->effects->count;
	size_t used = node->effects->used;

	pbft_step(node->replica, &event, node->effects);
	sim_check_step(node, count, used);
	world.steps++;
}

void
sim_node_step_clock(SimNode *node)
{
	uint64_t now_ms = 1000000000 + world.now_us / 1000;

	sim_node_step(node,
				  (PbftEvent){ .kind = PBFT_EVENT_CLOCK,
							   .now_ms = world.now_us / 1000,
							   .wall_ms = (uint64_t) ((int64_t) now_ms + node->clock_offset_ms) });
}

/* R17: what the disk still knows, read back. A log that has lost something says so and is replaced
 * by a new one, without a vote in this instance (A17, A19). */
void
sim_node_start(SimNode *node)
{
	PbftConfig config;
	PbftTip tip;
	bool fresh;
	bool whole;

	if (node->resume_due)
		sim_resume_enter(node);
	sim_epoch_find(node, &tip);
	/* a log belongs to one instance; that of the one before ended with it */
	if (sim_rejoin_done(node) || node->log.at != node->at)
		sim_log_free(&node->log);
	node->log.at = node->at;
	whole = sim_log_recover(&node->log) && (!node->fenced || node->byzantine);
	if (!whole && !node->may_fence)
		sim_fail("the simulator lost a log by itself", node->place, node->applied);
	if (!whole)
	{
		sim_rejoin_begin(node);
		sim_log_free(&node->log);
		node->log.at = node->at;
	}
	fresh = node->log.count == 0;
	sim_resume_log(node);
	node->up = true;
	node->diverged = false; /* evaluated again, with the same fault or without */
	node->incarnation++;
	node->busy = false;
	forget_certificates(node, node->applied + 1);
	node->ordered = node->executed = node->committed_result = node->applied;
	node->executor_free_us = world.now_us;
	sim_epoch_config(node, &config);
	config.self = sim_key_counts(node) ? node->member : PBFT_NODE_MAX;
	config.crypto = sim_node_crypto(node);
	pbft_init(node->replica, &config);
	pbft_effects_clear(node->effects);
	sim_node_step_clock(node);
	for (size_t i = 0; i < node->log.count; i++)
		sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_RECORD,
										 .bytes = span_of(node->log.records[i]->data,
														  node->log.records[i]->size) });
	sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_START, .start = &tip });
	if (!whole)
		sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_FENCE });
	if (node->closed && fresh)
		sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_CLOSE });
	sim_node_end_turn(node);
}

void
sim_node_restart_after(SimNode *node, uint64_t delay_us)
{
	sim_schedule((SimEvent){ .kind = SIM_RESTART, .node = (uint16_t) node->place }, delay_us);
}

void
sim_node_crash(SimNode *node)
{
	assert(node->up);
	node->up = false;
	node->incarnation++;
	sim_log_crash(&node->log);
	forget_inbox(node);
}

/* The database and the log of an earlier day: what was signed since is forgotten. */
void
sim_node_restore(SimNode *node)
{
	assert(!node->up && node->backup_applied <= node->applied);
	sim_log_copy(&node->log, &node->backup);
	node->restored = node->was_restored = node->may_fence = true;
	forget_certificates(node, node->backup_applied + 1);
	node->applied = node->ordered = node->backup_applied;
}

/* The disk takes no more: nothing of the turn leaves, and the worker tries again after a while. */
static void
stop_for_disk(SimNode *node)
{
	sim_node_crash(node);
	sim_node_restart_after(node, 20000 + sim_random(200000));
}

/* A19: a failed sync is never tried again; what the log holds nobody knows. */
static void
lose_log(SimNode *node)
{
	node->sync_fails = false;
	node->may_fence = node->fenced = true;
	sim_node_crash(node);
	sim_node_start(node);
}

/* ---- effects ------------------------------------------------------------------------------ */

static void
deliver_out(SimNode *node, const PbftEffect *effect)
{
	SimBytes *bytes = sim_bytes(effect->bytes.data, effect->bytes.size);
	const SimBody *body = sim_body_held(node, &effect->hash);
	bool broadcast = effect->kind == PBFT_BROADCAST;

	bytes->has_body = body != NULL;
	if (body != NULL)
		bytes->body = *body;
	if (node->byzantine == 0)
		sim_check_sent(node, bytes);
	if (node->byzantine == 0 || !sim_tamper(node, broadcast, effect->member, bytes))
		for (uint32_t i = 0; i < world.plan.n; i++)
			if (i != node->member && (broadcast || i == effect->member))
				sim_send(node, i, bytes);
	sim_free(bytes);
}

static McSpan
span_of_bytes(const SimBytes *bytes)
{
	return bytes != NULL ? span_of(bytes->data, bytes->size) : span_of(NULL, 0);
}

static void
serve_block(SimNode *node, uint32_t member, uint32_t at, const PbftHeader *header, SimBytes *commit,
			SimBytes *checkpoint)
{
	static uint8_t out[PBFT_MESSAGE_MAX];
	PbftDomain domain;
	const SimBody *body;
	SimBytes *bytes;
	McHash hash;

	if (member >= world.plan.n)
		return;
	domain = sim_domain(at);
	bytes =
		sim_bytes(out, pbft_certified_encode(&domain, node->member, header, span_of_bytes(commit),
											 span_of_bytes(checkpoint), out));
	pbft_header_hash(header, &hash);
	body = sim_body_held(node, &hash);
	bytes->has_body = body != NULL;
	if (body != NULL)
		bytes->body = *body;
	if (node->byzantine == 0 || !sim_tamper(node, false, member, bytes))
		sim_send(node, member, bytes);
	sim_free(bytes);
}

/* As it is held, with the proofs of the instance that made it final here. */
static void
serve_final(SimNode *node, uint32_t member, const SimBlock *block)
{
	serve_block(node, member, block->at, &block->header, block->commit, block->checkpoint);
}

/* By hash from the block table, as the node's ledger would look it up. */
static void
serve_from_chain(SimNode *node, const PbftEffect *effect)
{
	uint64_t at = effect->height < node->ordered ? effect->height : node->ordered;

	for (; at > 0 && at + 2 * PBFT_WINDOW_MAX > effect->height; at--)
		if (hash_equal(&node->chain[at].hash, &effect->hash))
			serve_final(node, effect->member, &node->chain[at]);
}

static void
serve(SimNode *node, const PbftEffect *effect)
{
	PbftBlock *block;

	if (node->byzantine & (BYZ_WITHHOLD | BYZ_MUTE))
		return;
	if (effect->count == 0)
	{
		block = pbft_block_find(node->replica, &effect->hash);
		if (block != NULL && sim_body_held(node, &effect->hash) != NULL)
			serve_block(node, effect->member, node->at, &block->header, NULL, NULL);
		else
			serve_from_chain(node, effect);
		return;
	}
	for (uint64_t at = effect->height; at < effect->height + effect->count; at++)
		if (at > 0 && at <= node->ordered)
			serve_final(node, effect->member, &node->chain[at]);
}

void
sim_node_executor(SimNode *node, SimKind kind, uint64_t height, uint64_t cost_us)
{
	SimEvent event = { .kind = (uint8_t) kind,
					   .node = (uint16_t) node->place,
					   .incarnation = node->incarnation };

	if (node->executor_free_us < world.now_us)
		node->executor_free_us = world.now_us;
	node->executor_free_us += cost_us;
	event.number = height;
	sim_schedule(event, node->executor_free_us - world.now_us);
}

/* What a body event carries: the header says which body is the block's. */
static SimBytes *
wanted_body(const PbftHeader *header)
{
	return sim_bytes(header, sizeof(*header));
}

static void
want_body(SimNode *node, const PbftEffect *effect, uint64_t height, uint64_t delay_us)
{
	SimEvent event = { .kind = SIM_BODY,
					   .node = (uint16_t) node->place,
					   .incarnation = node->incarnation };

	event.certified = effect->certified;
	event.number = height;
	event.bytes = wanted_body(effect->header);
	sim_schedule(event, delay_us);
}

static void
order_block(SimNode *node, const PbftEffect *effect)
{
	SimBlock *block;

	if (effect->height >= SIM_HEIGHT_MAX)
		sim_fail("chain longer than the simulator holds", node->place, effect->height);
	chain_grow(node, effect->height + 1);
	block = &node->chain[effect->height];
	sim_check_execute(node, effect);
	block->header = *effect->header;
	block->hash = effect->hash;
	sim_mix(&node->chain[effect->height - 1].mix, effect->header, &block->mix);
	block->at = node->at;
	block->commit = sim_bytes(effect->bytes.data, effect->bytes.size);
	node->ordered = effect->height;
	want_body(node, effect, effect->height, 0);
}

/* A new transaction, or one that another pool had too. */
static SimBody
draw_body(SimNode *node)
{
	SimBody body = { .witness = node->place, .rejoin = sim_rejoin_ticket(node) };

	if (world.nonce > 8 && sim_chance(100000))
		body.tx = world.nonce - sim_random(8);
	else
		body.tx = ++world.nonce;
	if ((node->byzantine & BYZ_BAD_BODY) && sim_chance(300000))
		body.tx |= SIM_TX_BAD;
	sim_cause_draw(node, &body);
	return body;
}

static void
answer_pool(SimNode *node, const PbftEffect *effect)
{
	PbftCandidate candidate = { .request = effect->request,
								.tx_count = 1,
								.sync_us = node->disk_us };
	SimBody body = draw_body(node);
	size_t from = node->effects->count;

	static const McHash none;

	sim_body_root(&body, &candidate.tx_root);
	sim_cause_named(node, &body, &candidate.causes);
	if (!hash_equal(&effect->onion, &none))
		sim_onion_open(node, &effect->onion, &candidate.onion_reveal);
	sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
	for (size_t i = from; i < node->effects->count; i++)
		if (node->effects->list[i].kind == PBFT_PROPOSED)
		{
			sim_body_take(node, node->effects->list[i].header, &node->effects->list[i].hash, &body);
			sim_resume_learn(node->effects->list[i].header, &node->effects->list[i].hash);
		}
	sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 0 });
}

static void
perform(SimNode *node, const PbftEffect *effect)
{
	SimEvent event = { .node = (uint16_t) node->place, .incarnation = node->incarnation };

	switch (effect->kind)
	{
		case PBFT_SEND:
		case PBFT_BROADCAST:
			deliver_out(node, effect);
			break;
		case PBFT_SERVE:
			serve(node, effect);
			break;
		case PBFT_VALIDATE:
			want_body(node, effect, 0, 50);
			break;
		case PBFT_EXECUTE:
			order_block(node, effect);
			break;
		case PBFT_COMMIT_RESULT:
			sim_check_result(node, effect);
			node->committed_result = effect->height;
			sim_free(node->chain[effect->height].checkpoint);
			node->chain[effect->height].checkpoint =
				sim_bytes(effect->bytes.data, effect->bytes.size);
			sim_node_executor(node, SIM_APPLIED, effect->height, node->execute_us / 2);
			break;
		case PBFT_SET_TIMER:
			event.kind = SIM_TIMER;
			event.timer = (uint8_t) effect->timer;
			event.number = effect->generation;
			sim_schedule(event, effect->delay_ms * 1000);
			break;
		case PBFT_RELEASE: /* P29: nothing else cuts a log, and what a cut loses a crash shows */
			node->snapshot_due = ++node->releases % 32 == 0;
			break;
		case PBFT_NOTE:
			sim_check_note(node, effect);
			if (effect->note == PBFT_NOTE_FENCED)
				sim_rejoin_begin(node);
			node->fenced |= effect->note == PBFT_NOTE_FENCED;
			node->diverged |= effect->note == PBFT_NOTE_DIVERGED;
			node->closed |= effect->note == PBFT_NOTE_CLOSED;
			break;
		default:
			break;
	}
}

/* After the sync: everything but the records, in order; then what queued up meanwhile. */
void
sim_node_flush(SimNode *node, bool synced)
{
	size_t queued;

	if (synced && node->sync_fails)
	{
		lose_log(node);
		return;
	}
	node->busy = false;
	if (synced)
		sim_log_synced(&node->log);
	/* perform() may not step: effects of a turn are complete */
	for (size_t i = 0; i < node->effects->count; i++)
		perform(node, &node->effects->list[i]);
	pbft_effects_clear(node->effects);
	sim_check_state(node);
	if (node->epoch_over)
	{
		node->epoch_over = false;
		node->snapshot_due = true;
		sim_node_start(node);
	}
	queued = node->inbox_count;
	if (queued > 0)
	{
		SimEvent *inbox = node->inbox;

		node->inbox = NULL;
		node->inbox_count = node->inbox_capacity = 0;
		sim_node_take_queued(node, inbox, queued);
		free(inbox);
	}
}

/* A log may begin anew with a snapshot: the old one goes when the new one is synced. */
void
sim_node_rewrite_log(SimNode *node)
{
	pbft_effects_clear(node->effects);
	node->snapshot_due = false;
	sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_SNAPSHOT });
	sim_log_free(&node->log);
	node->log.at = node->at;
	for (size_t i = 0; i < node->effects->count; i++)
		if (node->effects->list[i].kind == PBFT_PERSIST)
			sim_log_append(&node->log, node->effects->list[i].bytes);
	if (node->log.count > SIM_LOG_MAX / 2)
		sim_fail("a snapshot that is no shorter than a log", node->place, node->applied);
	sim_log_close(&node->log);
	sim_log_synced(&node->log);
}

void
sim_node_end_turn(SimNode *node)
{
	bool sync = false;

	/* the pool answers within the turn */
	for (size_t i = 0; i < node->effects->count; i++)
	{
		if (node->effects->list[i].kind == PBFT_REQUEST_BLOCK)
			answer_pool(node, &node->effects->list[i]);
		if (node->effects->list[i].kind == PBFT_PERSIST)
			sim_log_append(&node->log, node->effects->list[i].bytes);
		sync |= node->effects->list[i].needs_sync;
	}
	if (!sync || !sim_log_open(&node->log))
	{
		sim_node_flush(node, false);
		return;
	}
	if (node->full_until_us > world.now_us)
	{
		stop_for_disk(node);
		return;
	}
	sim_log_close(&node->log);
	node->busy = true;
	sim_schedule((SimEvent){ .kind = SIM_FLUSH,
							 .node = (uint16_t) node->place,
							 .incarnation = node->incarnation },
				 1 + sim_random(2 * node->disk_us));
}
