/*
 * pbft_play.h - one member under test, number 0 of four: its replica, its effects, its log. What
 * the others say is in pbft_peers.h.
 */
#ifndef MESCHAIN_TEST_PBFT_PLAY_H
#define MESCHAIN_TEST_PBFT_PLAY_H

#include "pbft/replica.h"
#include "unit/check.h"
#include "unit/pbft_mac.h"

#define LOG_MAX 512

static MacSigner signer = { 7, 0 };
static PbftReplica *replica;
static PbftEffects effects;
static PbftConfig config;
static PbftMessage message;
static PbftTip root;
static uint64_t now_ms;

/* the log as the caller keeps it */
static uint8_t log_bytes[LOG_MAX][8192];
static size_t log_sizes[LOG_MAX];
static size_t log_count;

static inline void
step(PbftEvent event)
{
	size_t from = effects.count;

	pbft_step(replica, &event, &effects);
	for (size_t i = from; i < effects.count; i++)
	{
		const PbftEffect *effect = &effects.list[i];

		if (effect->kind != PBFT_PERSIST || effect->bytes.size > sizeof(log_bytes[0]))
			continue;
		log_sizes[log_count] = effect->bytes.size;
		memcpy(log_bytes[log_count++], effect->bytes.data, effect->bytes.size);
	}
}

static inline void
clock_is(uint64_t wall_ms)
{
	now_ms += 1;
	step((PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = wall_ms });
}

/* member 0 is never the first proposer here: the seed is chosen so in main */
static inline void
start_with_log(void)
{
	free(replica);
	replica = malloc(pbft_replica_size());
	pbft_init(replica, &config);
	pbft_effects_clear(&effects);
	pbft_step(replica, &(PbftEvent){ .kind = PBFT_EVENT_CLOCK, .wall_ms = 5000 }, &effects);
	for (size_t i = 0; i < log_count; i++)
		step((PbftEvent){ .kind = PBFT_EVENT_RECORD,
						  .bytes = span_of(log_bytes[i], log_sizes[i]) });
	step((PbftEvent){ .kind = PBFT_EVENT_START, .start = &root });
}

static inline void receive(uint32_t sender);

static inline void
answer(uint32_t sender)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_STATUS;
	message.u.status = (PbftStatus){ .phase = PBFT_STATUS_ANSWERS, .active = true };
	message.u.status.clock_ms = 5000;
	receive(sender);
}

static inline void
restart(void)
{
	start_with_log();
	answer(1);
	answer(2);
}

static inline void
begin(void)
{
	memset(&config, 0, sizeof(config));
	memcpy(config.domain.instance, "rules", 5);
	config.member_count = 4;
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
	config.order_seed.bytes[0] = 3;
	config.crypto = mac_crypto(&signer);
	root = config.anchor;
	log_count = 0;
	restart();
	pbft_effects_clear(&effects);
}

static inline size_t
count_effects(PbftEffectKind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < effects.count; i++)
		count += effects.list[i].kind == kind;
	return count;
}

/* Messages of a kind that left since the effects were cleared; the last one stands in `message`. */
static inline size_t
count_sent(uint8_t kind)
{
	size_t count = 0;
	McProblem problem;
	static PbftMessage read;

	for (size_t i = 0; i < effects.count; i++)
	{
		const PbftEffect *effect = &effects.list[i];

		if (effect->kind != PBFT_SEND && effect->kind != PBFT_BROADCAST)
			continue;
		CHECK_INT(pbft_message_decode(effect->bytes, &read, &problem), MC_OK);
		if (read.kind != kind)
			continue;
		message = read;
		count++;
	}
	return count;
}

static inline size_t
count_notes(PbftNote note)
{
	size_t count = 0;

	for (size_t i = 0; i < effects.count; i++)
		count += effects.list[i].kind == PBFT_NOTE && effects.list[i].note == note;
	return count;
}

#endif
