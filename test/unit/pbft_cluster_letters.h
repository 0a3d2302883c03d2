/*
 * pbft_cluster_letters.h - the letters between the replicas of a cluster: given, delivered by kind,
 * lost; and how a cluster begins.
 */
#ifndef MESCHAIN_TEST_PBFT_CLUSTER_LETTERS_H
#define MESCHAIN_TEST_PBFT_CLUSTER_LETTERS_H

#include "unit/pbft_cluster_members.h"

/* One event to one member, and whatever its workers answer to the effects. */
static inline void
give(uint32_t self, PbftEvent event)
{
	Member *member = &members[self];

	later(member,
		  (PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = 1000000 + now_ms });
	later(member, event);
	for (size_t i = 0; i < member->pending_count; i++)
	{
		pbft_effects_clear(member->effects);
		pbft_step(member->replica, &member->pending[i], member->effects);
		for (size_t k = 0; k < member->effects->count; k++)
			perform(self, &member->effects->list[k]);
	}
	member->pending_count = 0;
}

static inline bool
wanted(const Packet *packet, uint8_t kind, uint32_t from, uint32_t to)
{
	return packet->data != NULL && (kind == ANY || packet->kind == kind) &&
		   (from & M(packet->from)) != 0 && (to & M(packet->to)) != 0;
}

static inline void
open_packet(Packet *packet)
{
	static PbftMessage message;
	McProblem problem;
	McStatus status = pbft_message_decode(span_of(packet->data, packet->size), &message, &problem);

	free(packet->data);
	packet->data = NULL;
	if (status == MC_OK)
		give(
			packet->to,
			(PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message, .sender = packet->from });
}

/* Letters of this kind between these members, and those that come of it. */
static inline void
deliver(uint8_t kind, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < bag_count; i++)
		if (wanted(&bag[i], kind, from, to))
			open_packet(&bag[i]);
}

static inline size_t
in_bag(uint8_t kind, uint32_t from, uint32_t to)
{
	size_t count = 0;

	for (size_t i = 0; i < bag_count; i++)
		count += wanted(&bag[i], kind, from, to);
	return count;
}

static inline void
lose_everything(void)
{
	for (size_t i = 0; i < bag_count; i++)
		free(bag[i].data);
	bag_count = 0;
}

static inline void
start_member(uint32_t self, const PbftTip *root)
{
	Member *member = &members[self];
	PbftConfig own = config;

	member->signer = (MacSigner){ 11, self };
	own.self = self;
	own.crypto = mac_crypto(&member->signer);
	pbft_init(member->replica, &own);
	give(self, (PbftEvent){ .kind = PBFT_EVENT_START, .start = root });
}

static inline void
cluster(uint32_t n)
{
	for (uint32_t i = 0; i < CLUSTER_MAX; i++)
	{
		PbftReplica *replica = members[i].replica;
		PbftEffects *effects = members[i].effects;

		for (size_t k = 0; k < HEIGHTS_MAX; k++)
		{
			free((void *) (uintptr_t) members[i].commits[k].data);
			free((void *) (uintptr_t) members[i].results_proofs[k].data);
		}
		members[i] = (Member){ .replica = replica, .effects = effects };
		if (replica == NULL)
		{
			members[i].replica = malloc(pbft_replica_size());
			members[i].effects = malloc(sizeof(PbftEffects));
		}
	}
	lose_everything();
	member_count = n;
	now_ms = 1000;
	memset(&config, 0, sizeof(config));
	memcpy(config.domain.instance, "attacks", 7);
	config.member_count = n;
	config.window = 4;
	config.lag = 16;
	config.tau0_ms = 1000;
	config.tau_max_ms = 8000;
	config.drift_ms = 1000;
	config.heartbeat_ms = 60000;
	config.anchor.hash.bytes[0] = 1;
	config.anchor.exec_root.bytes[0] = 2;
	config.anchor.stable_exec_root = config.anchor.exec_root;
	config.anchor.ts_ms = 1000;
	for (uint32_t i = 0; i < n; i++)
		start_member(i, &config.anchor);
	deliver(PBFT_STATUS, ALL, ALL);
	lose_everything();
}

static inline uint32_t
primary_of(uint64_t view)
{
	return pbft_primary(members[0].replica, view);
}

static inline void
fill_pool(uint32_t self)
{
	give(self, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
}

static inline void
expire(uint32_t self)
{
	fill_pool(self);
	give(self, (PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
							.timer = PBFT_TIMER_PROGRESS,
							.generation = members[self].replica->generation[PBFT_TIMER_PROGRESS] });
	give(self, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 0 });
}

/* For all of these a block is overdue, and each hears of the others that it is. */
static inline void
expire_all(uint32_t set)
{
	for (uint32_t i = 0; i < member_count; i++)
		if (set & M(i))
			expire(i);
	deliver(PBFT_STATUS, set, set);
}

static inline void
say_status(uint32_t self)
{
	give(self, (PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
							.timer = PBFT_TIMER_STATUS,
							.generation = members[self].replica->generation[PBFT_TIMER_STATUS] });
}

#endif
