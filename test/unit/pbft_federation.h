/*
 * pbft_federation.h - four whole members in one process: logs, tables, timers and a network that
 * delivers in order, for stories that span epochs. Randomness and faults by the dozen are the
 * simulator's (test/sim).
 */
#ifndef MESCHAIN_TEST_PBFT_FEDERATION_H
#define MESCHAIN_TEST_PBFT_FEDERATION_H

#include "unit/pbft_turn.h"

/* A process begins: its log, then the last block of its tables. */
static inline void
start(Member *member)
{
	PbftTip tip = tip_of(member, member->applied);
	size_t records = member->log_count;

	if (member->applied == member->config.anchor.height)
		tip = member->config.anchor;
	member->up = true;
	member->ordered = member->executed = member->applied;
	member->config.crypto = mac_crypto(&member->signer);
	memset(member->deadline, 0, sizeof(member->deadline));
	pbft_init(member->replica, &member->config);
	pbft_effects_clear(&member->effects);
	step(member,
		 (PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = 1000000 + now_ms });
	for (size_t i = 0; i < records; i++)
		step(member, (PbftEvent){ .kind = PBFT_EVENT_RECORD,
								  .bytes = span_of(member->log[i].data, member->log[i].size) });
	step(member, (PbftEvent){ .kind = PBFT_EVENT_START, .start = &tip });
	if (member->fenced)
		step(member, (PbftEvent){ .kind = PBFT_EVENT_FENCE });
	end_turn(member);
}

static inline void
use_instance(Member *member, const PbftInstance *at)
{
	member->at = *at;
	member->config.epoch = at->epoch;
	pbft_instance(at->epoch, at->resume_no, &at->anchor_hash, &at->valset_hash,
				  member->config.domain.instance);
}

/* The next epoch on the block that ended this one: new log, beacon carried over. */
static inline void
next_epoch(Member *member)
{
	const PbftChain *chain = &member->replica->final_chain;
	PbftConfig *config = &member->config;
	PbftInstance at = member->at;
	PbftSummary summary;

	pbft_summary(member->replica, &summary);
	config->slot_ms = summary.slot_ms;
	config->anchor = tip_of(member, member->applied);
	config->anchor.flags = 0;
	config->anchor.stable_height = member->applied;
	config->anchor.stable_exec_root = config->anchor.exec_root;
	config->resumed = false;
	if (chain->valid)
	{
		config->anchor.mix = chain->mix;
		for (uint32_t i = 0; i < MEMBERS; i++)
			config->onion[i] = chain->seats[i].onion;
	}
	at.epoch++;
	at.anchor_hash = config->anchor.hash;
	use_instance(member, &at);
	member->epoch_over = false;
	member->log_count = 0;
	start(member);
}

static inline void
deliver_all(void)
{
	static PbftMessage message;
	McProblem problem;

	while (queue_head != queue_tail)
	{
		Packet packet = queue[queue_head++ % QUEUE_MAX];
		Member *to = &members[packet.to];

		CHECK_INT(pbft_message_decode(span_of(packet.bytes.data, packet.bytes.size), &message,
									  &problem),
				  MC_OK);
		turn(to, (PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message,
							  .sender = packet.from });
		if (to->up && to->epoch_over)
			next_epoch(to);
	}
}

/* One millisecond at a time: time-outs, then all messages; every pool has work. */
static inline void
run(uint64_t duration_ms)
{
	for (uint64_t end = now_ms + duration_ms; now_ms < end; now_ms++)
	{
		for (uint32_t i = 0; i < MEMBERS; i++)
		{
			Member *member = &members[i];

			for (int timer = 0; timer < PBFT_TIMER_COUNT; timer++)
				if (member->up && member->deadline[timer] != 0 &&
					member->deadline[timer] <= now_ms)
				{
					member->deadline[timer] = 0;
					turn(member, (PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
											  .timer = (PbftTimer) timer,
											  .generation = member->generation[timer] });
				}
			if (now_ms % 10 == 0)
				turn(member, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
		}
		deliver_all();
	}
}

static inline void
found(void)
{
	PbftInstance at = { .valset_hash = { { 9 } } };

	if (arena == NULL)
		arena = malloc(ARENA_SIZE);
	arena_used = 0;
	now_ms = 1;
	queue_head = queue_tail = 0;
	known_count = 0;
	memset(cut, 0, sizeof(cut));
	mute = 0;
	at.anchor_hash.bytes[0] = 1;
	for (uint32_t i = 0; i < MEMBERS; i++)
	{
		Member *member = &members[i];
		PbftConfig *config = &member->config;
		PbftReplica *replica = member->replica;

		memset(member, 0, sizeof(*member));
		member->replica = replica != NULL ? replica : malloc(pbft_replica_size());
		member->number = i;
		member->signer = (MacSigner){ 5, i };
		member->tables[0].hash = at.anchor_hash;
		config->member_count = MEMBERS;
		config->self = i;
		config->anchor = (PbftTip){ .hash = at.anchor_hash, .ts_ms = 1000 };
		config->window = 4;
		config->lag = 16;
		config->tau0_ms = 400;
		config->tau_min_ms = 20;
		config->tau_max_ms = 1600;
		config->drift_ms = 1000;
		config->heartbeat_ms = 60000;
		use_instance(member, &at);
	}
}

static inline void
start_all(void)
{
	for (uint32_t i = 0; i < MEMBERS; i++)
		start(&members[i]);
	deliver_all();
}

static inline uint64_t
lowest(void)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < MEMBERS; i++)
		if (members[i].up && members[i].applied < least)
			least = members[i].applied;
	return least;
}

static inline void
disband(void)
{
	for (uint32_t i = 0; i < MEMBERS; i++)
		free(members[i].replica);
	free(arena);
}

/* All tables say the same, as far as the shortest goes. */
static inline void
check_equal(void)
{
	uint64_t height = lowest();

	for (uint32_t i = 1; i < MEMBERS; i++)
		for (uint64_t at = 1; members[i].up && members[0].up && at <= height; at++)
			CHECK(hash_equal(&members[i].tables[at].exec_root, &members[0].tables[at].exec_root));
}

#endif
