/*
 * input.c - what goes into a node's replica: messages through the door, bodies, results, timers.
 * While the disk is busy input waits; what waited is one turn, or one a turn.
 */
#include "sim/sim.h"

/* Apply's rule for what the chain had before; a repeat comes soon or not at all. */
bool
sim_has_effect(const SimNode *node, uint64_t height, uint64_t tx)
{
	for (uint64_t at = height - 1; at > 0 && at + 64 > height; at--)
		if (node->chain[at].tx == tx)
			return false;
	return true;
}

static void
execute_next(SimNode *node)
{
	while (node->executed < node->ordered)
	{
		uint64_t height = node->executed + 1;
		SimBlock *block = &node->chain[height];
		const SimBody *body = sim_body_held(node, &block->hash);

		if (body == NULL)
			return;
		block->tx = body->tx;
		block->rejoin = body->rejoin;
		block->effect = sim_has_effect(node, height, body->tx);
		sim_exec_root(&node->chain[node->executed].exec_root, block, &block->exec_root);
		if (node->byzantine & BYZ_LIE_RESULT)
			block->exec_root.bytes[31] ^= (uint8_t) sim_random(2);
		if (node->wrong_from > 0 && height >= node->wrong_from)
			block->exec_root.bytes[30] ^= 1;
		node->executed++;
		sim_node_executor(node, SIM_EXECUTED, node->executed, node->execute_us);
	}
}

/* A body is asked of one random member after another until somebody has it. */
static void
ask_around(SimNode *node, const PbftHeader *header, const McHash *hash)
{
	SimNode *other = &world.nodes[sim_random(world.node_count)];
	const SimBody *body = sim_body_held(other, hash);
	SimBody given;

	if (body == NULL || !other->up || (other->byzantine & BYZ_WITHHOLD) ||
		world.cut[other->place][node->place] || world.cut[node->place][other->place])
		return;
	given = *body;
	if (other->byzantine & BYZ_OTHER_BODY)
		given.witness++;
	sim_body_take(node, header, hash, &given);
}

/* What every member asks of a body, whoever proposed it (A2). */
static bool
body_valid(const SimNode *node, const PbftHeader *header, const SimBody *body)
{
	PbftCauses causes;

	sim_cause_named(node, body, &causes);
	return (body->tx & SIM_TX_BAD) == 0 && pbft_causes_equal(&causes, &header->causes);
}

static void
body_event(SimNode *node, const SimEvent *event)
{
	SimEvent again = *event;
	const SimBody *body;
	PbftHeader header;
	McHash hash;

	memcpy(&header, event->bytes->data, sizeof(header));
	pbft_header_hash(&header, &hash);
	if (sim_body_held(node, &hash) == NULL && event->from > 0)
		ask_around(node, &header, &hash);
	body = sim_body_held(node, &hash);
	if (body != NULL && event->number > 0)
		execute_next(node);
	else if (body != NULL ||
			 (++again.from > SIM_BODY_TRIES && event->number == 0 && !event->certified))
		sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_VALIDATED,
										 .hash = hash,
										 .valid =
											 body != NULL && body_valid(node, &header, body) });
	else
	{
		again.bytes = sim_share(event->bytes);
		if (again.from > SIM_BODY_TRIES)
			again.from = SIM_BODY_TRIES;
		sim_schedule(again, 2 * world.plan.latency_us + 1000);
	}
}

/* Law 1: a message is verified once, at the door, whoever receives it; now and then the core is
 * left to do it. */
static SimDoor
judge(const PbftMessage *message)
{
	const SimInstance *instance = sim_instance_named(message->instance);
	SimKeys keys = sim_keys_of(instance);
	PbftCrypto crypto = sim_checker_crypto(&keys);
	PbftDomain domain = world.config.domain;
	McProblem problem;

	/* the instance is under the signature, so one answer serves members of all instances */
	memcpy(domain.instance, instance->name, PBFT_INSTANCE_SIZE);
	if (world.calm || sim_chance(60000) || message->sender >= world.plan.n)
		return SIM_DOOR_CORE;
	return pbft_message_verify(message, &domain, world.plan.n, &crypto, &problem) == MC_OK
			   ? SIM_DOOR_GOOD
			   : SIM_DOOR_BAD;
}

static bool
pass_door(SimBytes *bytes, const PbftMessage *message)
{
	if (bytes->door == SIM_DOOR_UNSEEN)
		bytes->door = judge(message);
	return bytes->door != SIM_DOOR_BAD;
}

static void
deliver_in(SimNode *node, const SimEvent *event)
{
	static PbftMessage message;
	SimBytes *bytes = event->bytes;
	McProblem problem;

	if (pbft_message_decode(span_of(bytes->data, bytes->size), &message, &problem) != MC_OK ||
		!pass_door(bytes, &message))
		return;
	if (bytes->has_body && message.kind == PBFT_PRE_PREPARE)
		sim_body_take(node, &message.u.proposal.header, &message.subject.hash, &bytes->body);
	else if (bytes->has_body && message.kind == PBFT_CERTIFIED)
	{
		McHash hash;

		pbft_header_hash(&message.u.certified.header, &hash);
		sim_body_take(node, &message.u.certified.header, &hash, &bytes->body);
	}
	if (node->byzantine)
		sim_byzantine_hears(node, &message);
	sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_MESSAGE,
									 .message = &message,
									 .sender = event->from,
									 .verified = bytes->door == SIM_DOOR_GOOD });
}

static void
executed(SimNode *node, uint64_t height)
{
	PbftEvent event = { .kind = PBFT_EVENT_EXECUTED, .height = height };

	event.hash = node->chain[height].exec_root;
	sim_next_valset(node, height, &event.next_valset);
	sim_node_step(node, event);
}

static void
applied(SimNode *node, const SimEvent *event)
{
	SimEvent again = *event;

	if (node->full_until_us > world.now_us || event->number > node->applied + 1)
	{
		sim_schedule(again, 100000); /* the database's COMMIT fails like the log's write */
		return;
	}
	assert(event->number == node->applied + 1);
	node->applied = event->number;
	sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = event->number });
	node->epoch_over = (node->chain[event->number].header.flags & PBFT_FLAG_END_EPOCH) != 0 &&
					   event->number > world.instances[node->at].anchor.height;
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
			sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
											 .timer = (PbftTimer) event->timer,
											 .generation = event->number });
			break;
		case SIM_EXECUTED:
			executed(node, event->number);
			break;
		case SIM_APPLIED:
			applied(node, event);
			break;
		case SIM_BODY:
			body_event(node, event);
			break;
		case SIM_CLOSE:
			sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_CLOSE });
			break;
		default:
			assert(event->kind == SIM_POOL);
			sim_node_step(node, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = world.work });
	}
}

static void
begin_turn(SimNode *node)
{
	if (node->snapshot_due || node->log.count > SIM_LOG_MAX)
		sim_node_rewrite_log(node);
	pbft_effects_clear(node->effects);
	sim_node_step_clock(node);
}

/* For a life of the node that has ended. */
static bool
too_late(const SimNode *node, const SimEvent *event)
{
	return !node->up || (event->kind != SIM_DELIVER && event->kind != SIM_POOL &&
						 event->incarnation != node->incarnation);
}

void
sim_node_input(SimNode *node, const SimEvent *event)
{
	if (too_late(node, event))
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
	begin_turn(node);
	take(node, event);
	sim_free(event->bytes);
	sim_node_end_turn(node);
}

/* Room for the pool's answer after the next event. */
static bool
turn_goes_on(const SimNode *node)
{
	return !node->epoch_over && node->effects->count < PBFT_STEP_EFFECTS_MAX / 2 &&
		   node->effects->used < PBFT_STEP_BYTES_MAX / 2;
}

void
sim_node_take_queued(SimNode *node, const SimEvent *queue, size_t count)
{
	bool together = world.calm || sim_chance(500000);
	bool open = false;

	for (size_t i = 0; i < count; i++)
	{
		if (!together || node->busy || too_late(node, &queue[i]))
		{
			sim_node_input(node, &queue[i]);
			continue;
		}
		if (!open)
			begin_turn(node);
		take(node, &queue[i]);
		sim_free(queue[i].bytes);
		open = i + 1 < count && turn_goes_on(node);
		if (!open)
			sim_node_end_turn(node);
	}
	if (open)
		sim_node_end_turn(node);
}
