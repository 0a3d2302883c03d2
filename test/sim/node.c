/*
 * node.c - the workers around one replica: one sync a turn before anything leaves, blocks executed
 * in order, a log that keeps what was synced and perhaps a torn piece of what was not.
 */
#include "sim/sim.h"

void
sim_exec_root(const McHash *previous, const McHash *block, McHash *root)
{
	for (int i = 0; i < 4; i++)
		put_be64(root->bytes + 8 * i, mac_mix(get_be64(previous->bytes + 8 * i) * 3 +
											  get_be64(block->bytes + 8 * i) + 1));
}

/* ---- bodies ------------------------------------------------------------------------------- */

static size_t
body_place(const McHash *table, size_t capacity, const McHash *hash)
{
	static const McHash none;
	size_t at = get_be64(hash->bytes) & (capacity - 1);

	while (!hash_equal(&table[at], &none) && !hash_equal(&table[at], hash))
		at = (at + 1) & (capacity - 1);
	return at;
}

bool
sim_body_held(const SimNode *node, const McHash *hash)
{
	return hash_equal(&node->bodies[body_place(node->bodies, node->body_capacity, hash)], hash);
}

void
sim_body_add(SimNode *node, const McHash *hash)
{
	static const McHash none;

	if (sim_body_held(node, hash))
		return;
	if (2 * node->body_count >= node->body_capacity)
	{
		size_t capacity = 2 * node->body_capacity;
		McHash *table = calloc(capacity, sizeof(McHash));

		for (size_t i = 0; i < node->body_capacity; i++)
			if (!hash_equal(&node->bodies[i], &none))
				table[body_place(table, capacity, &node->bodies[i])] = node->bodies[i];
		free(node->bodies);
		node->bodies = table;
		node->body_capacity = capacity;
	}
	node->bodies[body_place(node->bodies, node->body_capacity, hash)] = *hash;
	node->body_count++;
}

/* Room for the block of this height. */
static void
sim_chain_grow(SimNode *node, uint64_t height)
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

void
sim_node_init(SimNode *node, uint32_t place, uint32_t member)
{
	memset(node, 0, sizeof(*node));
	node->place = place;
	node->member = member;
	node->signer = (MacSigner){ world.seed | 1, member };
	node->replica = malloc(pbft_replica_size());
	node->effects = malloc(sizeof(PbftEffects));
	node->body_capacity = 64;
	node->bodies = calloc(node->body_capacity, sizeof(McHash));
	sim_chain_grow(node, 0);
	node->chain[0].hash = world.config.anchor.hash;
	node->chain[0].exec_root = world.config.anchor.exec_root;
	node->disk_us = 100 + sim_random(1000);
	node->execute_us = 100 + sim_random(2000);
}

void
sim_node_free(SimNode *node)
{
	for (size_t i = 0; i < node->log_count; i++)
		sim_free(node->log[i]);
	for (uint64_t i = 1; i <= node->ordered; i++)
	{
		sim_free(node->chain[i].commit);
		sim_free(node->chain[i].checkpoint);
	}
	for (size_t i = 0; i < node->inbox_count; i++)
		sim_free(node->inbox[i].bytes);
	free(node->inbox);
	free(node->log);
	free(node->chain);
	free(node->bodies);
	free(node->replica);
	free(node->effects);
}

static void
step(SimNode *node, PbftEvent event)
{
	pbft_step(node->replica, &event, node->effects);
	world.steps++;
}

static void
step_clock(SimNode *node)
{
	uint64_t now_ms = 1000000000 + world.now_us / 1000;

	step(node, (PbftEvent){ .kind = PBFT_EVENT_CLOCK,
							.now_ms = world.now_us / 1000,
							.wall_ms = (uint64_t) ((int64_t) now_ms + node->clock_offset_ms) });
}

static PbftTip
applied_tip(const SimNode *node)
{
	const SimBlock *block = &node->chain[node->applied];
	PbftTip tip = world.config.anchor;

	if (node->applied == 0)
		return tip;
	tip.height = node->applied;
	tip.hash = block->hash;
	tip.exec_root = block->exec_root;
	tip.ts_ms = block->header.ts_ms;
	tip.stable_height = block->header.stable_height;
	tip.stable_exec_root = block->header.stable_exec_root;
	tip.flags = block->header.flags;
	return tip;
}

static void end_turn(SimNode *node);

void
sim_node_start(SimNode *node)
{
	PbftConfig config = world.config;
	PbftTip tip = applied_tip(node);

	node->up = true;
	node->incarnation++;
	node->busy = false;
	for (uint64_t at = node->applied + 1; at <= node->ordered; at++)
	{
		sim_free(node->chain[at].commit);
		sim_free(node->chain[at].checkpoint);
		node->chain[at].commit = node->chain[at].checkpoint = NULL;
	}
	node->ordered = node->executed = node->applied;
	node->executor_free_us = world.now_us;
	config.self = node->member;
	config.crypto = mac_crypto(&node->signer);
	pbft_init(node->replica, &config);
	pbft_effects_clear(node->effects);
	step_clock(node);
	for (size_t i = 0; i < node->log_count; i++)
		step(node, (PbftEvent){ .kind = PBFT_EVENT_RECORD,
								.bytes = span_of(node->log[i]->data, node->log[i]->size) });
	step(node, (PbftEvent){ .kind = PBFT_EVENT_START, .start = &tip });
	end_turn(node);
}

/* What was synced stays; of the rest a piece may have reached the disk, in order. */
void
sim_node_crash(SimNode *node)
{
	size_t kept = node->log_synced + sim_random(node->log_count - node->log_synced + 1);

	assert(node->up);
	node->up = false;
	node->incarnation++;
	while (node->log_count > kept)
		sim_free(node->log[--node->log_count]);
	node->log_synced = node->log_count;
	for (size_t i = 0; i < node->inbox_count; i++)
		sim_free(node->inbox[i].bytes);
	node->inbox_count = 0;
}

/* ---- effects ------------------------------------------------------------------------------ */

static void
persist(SimNode *node, const PbftEffect *effect)
{
	if (node->log_count == node->log_capacity)
	{
		node->log_capacity = node->log_capacity ? 2 * node->log_capacity : 64;
		node->log = realloc(node->log, node->log_capacity * sizeof(SimBytes *));
	}
	node->log[node->log_count++] = sim_bytes(effect->bytes.data, effect->bytes.size);
}

static void
deliver_out(SimNode *node, const PbftEffect *effect)
{
	SimBytes *bytes = sim_bytes(effect->bytes.data, effect->bytes.size);
	static const McHash none;
	bool broadcast = effect->kind == PBFT_BROADCAST;

	bytes->has_body = !hash_equal(&effect->hash, &none);
	bytes->body_of = effect->hash;
	if (node->byzantine == 0)
		sim_check_sent(node, bytes);
	if (node->byzantine == 0 || !sim_tamper(node, broadcast, effect->member, bytes))
		for (uint32_t i = 0; i < world.plan.n; i++)
			if (i != node->member && (broadcast || i == effect->member))
				sim_send(node, i, bytes);
	sim_free(bytes);
}

static void
serve_block(SimNode *node, uint32_t member, const PbftHeader *header, SimBytes *commit,
			SimBytes *checkpoint)
{
	static PbftMessage message;
	static uint8_t out[PBFT_MESSAGE_MAX];
	McProblem problem;
	SimBytes *bytes;

	message.kind = PBFT_CERTIFIED;
	message.sender = node->member;
	memcpy(message.instance, world.config.domain.instance, PBFT_INSTANCE_SIZE);
	message.u.certified.header = *header;
	message.u.certified.has_commit = commit != NULL;
	message.u.certified.has_checkpoint = checkpoint != NULL;
	if (commit != NULL && pbft_certificate_decode(span_of(commit->data, commit->size),
												  &message.u.certified.commit, &problem) != MC_OK)
		abort();
	if (checkpoint != NULL &&
		pbft_certificate_decode(span_of(checkpoint->data, checkpoint->size),
								&message.u.certified.checkpoint, &problem) != MC_OK)
		abort();
	bytes = sim_bytes(out, pbft_message_encode(&message, out));
	pbft_header_hash(header, &bytes->body_of);
	bytes->has_body = sim_body_held(node, &bytes->body_of);
	sim_send(node, member, bytes);
	sim_free(bytes);
}

/* By hash from the block table, as the node's ledger would look it up. */
static void
serve_from_chain(SimNode *node, const PbftEffect *effect)
{
	uint64_t at = effect->height < node->ordered ? effect->height : node->ordered;

	for (; at > 0 && at + 2 * PBFT_WINDOW_MAX > effect->height; at--)
		if (hash_equal(&node->chain[at].hash, &effect->hash))
			serve_block(node, effect->member, &node->chain[at].header, node->chain[at].commit,
						node->chain[at].checkpoint);
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
		if (block != NULL && sim_body_held(node, &effect->hash))
			serve_block(node, effect->member, &block->header, NULL, NULL);
		else
			serve_from_chain(node, effect);
		return;
	}
	for (uint64_t at = effect->height; at < effect->height + effect->count; at++)
		if (at > 0 && at <= node->ordered)
			serve_block(node, effect->member, &node->chain[at].header, node->chain[at].commit,
						node->chain[at].checkpoint);
}

static void
executor(SimNode *node, SimKind kind, uint64_t height, uint64_t cost_us)
{
	SimEvent event = { .kind = kind, .node = node->place, .incarnation = node->incarnation };

	if (node->executor_free_us < world.now_us)
		node->executor_free_us = world.now_us;
	node->executor_free_us += cost_us;
	event.number = height;
	sim_schedule(event, node->executor_free_us - world.now_us);
}

static void
order_block(SimNode *node, const PbftEffect *effect)
{
	SimBlock *block;

	if (effect->height >= SIM_HEIGHT_MAX)
		sim_fail("chain longer than the simulator holds", node->place, effect->height);
	sim_chain_grow(node, effect->height + 1);
	block = &node->chain[effect->height];
	sim_check_execute(node, effect);
	block->header = *effect->header;
	block->hash = effect->hash;
	block->commit = sim_bytes(effect->bytes.data, effect->bytes.size);
	node->ordered = effect->height;
	sim_schedule((SimEvent){ .kind = SIM_BODY,
							 .node = node->place,
							 .hash = effect->hash,
							 .incarnation = node->incarnation,
							 .number = effect->height },
				 0);
}

static void
answer_pool(SimNode *node, const PbftEffect *effect)
{
	PbftCandidate candidate = { .request = effect->request, .tx_count = 1 };

	put_be64(candidate.tx_root.bytes, ++world.nonce);
	put_be64(candidate.tx_root.bytes + 8, node->place);
	step(node, (PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
	step(node, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 0 });
}

static void
perform(SimNode *node, const PbftEffect *effect)
{
	SimEvent event = { .node = node->place, .incarnation = node->incarnation };

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
			event.kind = SIM_BODY;
			event.hash = effect->hash;
			event.certified = effect->certified;
			sim_schedule(event, 50);
			break;
		case PBFT_PROPOSED:
			sim_body_add(node, &effect->hash);
			break;
		case PBFT_EXECUTE:
			order_block(node, effect);
			break;
		case PBFT_COMMIT_RESULT:
			sim_check_result(node, effect);
			sim_free(node->chain[effect->height].checkpoint);
			node->chain[effect->height].checkpoint =
				sim_bytes(effect->bytes.data, effect->bytes.size);
			executor(node, SIM_APPLIED, effect->height, node->execute_us / 2);
			break;
		case PBFT_SET_TIMER:
			event.kind = SIM_TIMER;
			event.timer = effect->timer;
			event.number = effect->generation;
			sim_schedule(event, effect->delay_ms * 1000);
			break;
		case PBFT_RELEASE:
			node->snapshot_due = ++node->releases % 32 == 0;
			break;
		case PBFT_NOTE:
			sim_check_note(node, effect);
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

	node->busy = false;
	if (synced)
		node->log_synced = node->log_count;
	/* perform() may not step: effects of a turn are complete */
	for (size_t i = 0; i < node->effects->count; i++)
		perform(node, &node->effects->list[i]);
	pbft_effects_clear(node->effects);
	sim_check_state(node);
	queued = node->inbox_count;
	if (queued > 0)
	{
		SimEvent *inbox = node->inbox;

		node->inbox = NULL;
		node->inbox_count = node->inbox_capacity = 0;
		for (size_t i = 0; i < queued; i++)
			if (node->up)
				sim_node_input(node, &inbox[i]);
			else
				sim_free(inbox[i].bytes);
		free(inbox);
	}
}

/* A log may begin anew with a snapshot: the old one goes when the new one is synced. */
static void
rewrite_log(SimNode *node)
{
	size_t old = node->log_count;

	pbft_effects_clear(node->effects);
	node->snapshot_due = false;
	step(node, (PbftEvent){ .kind = PBFT_EVENT_SNAPSHOT });
	for (size_t i = 0; i < old; i++)
		sim_free(node->log[i]);
	node->log_count = 0;
	for (size_t i = 0; i < node->effects->count; i++)
		if (node->effects->list[i].kind == PBFT_PERSIST)
			persist(node, &node->effects->list[i]);
	node->log_synced = node->log_count;
}

static void
end_turn(SimNode *node)
{
	bool sync = false;

	/* the pool answers within the turn */
	for (size_t i = 0; i < node->effects->count; i++)
	{
		if (node->effects->list[i].kind == PBFT_REQUEST_BLOCK)
			answer_pool(node, &node->effects->list[i]);
		if (node->effects->list[i].kind == PBFT_PERSIST)
		{
			persist(node, &node->effects->list[i]);
			sync |= node->effects->list[i].needs_sync;
		}
	}
	if (!sync)
	{
		sim_node_flush(node, false);
		return;
	}
	node->busy = true;
	sim_schedule(
		(SimEvent){ .kind = SIM_FLUSH, .node = node->place, .incarnation = node->incarnation },
		1 + sim_random(2 * node->disk_us));
}

/* ---- input -------------------------------------------------------------------------------- */

static void
execute_next(SimNode *node)
{
	SimBlock *block = &node->chain[node->executed + 1];

	while (node->executed < node->ordered && sim_body_held(node, &block->hash))
	{
		sim_exec_root(&node->chain[node->executed].exec_root, &block->hash, &block->exec_root);
		if (node->byzantine & BYZ_LIE_RESULT)
			block->exec_root.bytes[31] ^= (uint8_t) sim_random(2);
		node->executed++;
		executor(node, SIM_EXECUTED, node->executed, node->execute_us);
		block = &node->chain[node->executed + 1];
	}
}

/* A body is asked of one random member after another until somebody has it. */
static void
body_event(SimNode *node, const SimEvent *event)
{
	SimNode *other = &world.nodes[sim_random(world.node_count)];
	SimEvent again = *event;

	if (!sim_body_held(node, &event->hash) && event->from > 0 && other->up &&
		!world.cut[other->place][node->place] && !world.cut[node->place][other->place] &&
		(other->byzantine & BYZ_WITHHOLD) == 0 && sim_body_held(other, &event->hash))
		sim_body_add(node, &event->hash);
	if (sim_body_held(node, &event->hash))
	{
		if (event->number > 0)
			execute_next(node);
		else
			step(node,
				 (PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = event->hash, .valid = true });
		return;
	}
	again.from++; /* tries so far */
	if (again.from > SIM_BODY_TRIES && event->number == 0 && !event->certified)
		step(node, (PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = event->hash });
	else
		sim_schedule(again, 2 * world.plan.latency_us + 1000);
}

static void
deliver_in(SimNode *node, const SimEvent *event)
{
	static PbftMessage message;
	McProblem problem;

	if (event->bytes->has_body)
		sim_body_add(node, &event->bytes->body_of);
	if (pbft_message_decode(span_of(event->bytes->data, event->bytes->size), &message, &problem) !=
		MC_OK)
		return;
	if (node->byzantine)
		sim_byzantine_hears(node, &message);
	step(node,
		 (PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message, .sender = event->from });
}

static void
take(SimNode *node, const SimEvent *event)
{
	switch (event->kind)
	{
		case SIM_DELIVER:
			deliver_in(node, event);
			break;
		case SIM_TIMER:
			step(node, (PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
									.timer = event->timer,
									.generation = event->number });
			break;
		case SIM_EXECUTED:
			step(node, (PbftEvent){ .kind = PBFT_EVENT_EXECUTED,
									.height = event->number,
									.hash = node->chain[event->number].exec_root });
			break;
		case SIM_APPLIED:
			node->applied = event->number;
			step(node, (PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = event->number });
			break;
		case SIM_BODY:
			body_event(node, event);
			break;
		default:
			assert(event->kind == SIM_POOL);
			step(node, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	}
}

void
sim_node_input(SimNode *node, const SimEvent *event)
{
	if (!node->up || (event->kind != SIM_DELIVER && event->kind != SIM_POOL &&
					  event->incarnation != node->incarnation))
	{
		sim_free(event->bytes);
		return;
	}
	if (node->busy)
	{
		if (node->inbox_count == node->inbox_capacity)
		{
			node->inbox_capacity = node->inbox_capacity ? 2 * node->inbox_capacity : 16;
			node->inbox = realloc(node->inbox, node->inbox_capacity * sizeof(SimEvent));
		}
		node->inbox[node->inbox_count++] = *event;
		return;
	}
	if (node->snapshot_due)
		rewrite_log(node);
	pbft_effects_clear(node->effects);
	step_clock(node);
	take(node, event);
	sim_free(event->bytes);
	end_turn(node);
}
