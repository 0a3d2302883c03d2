/*
 * pbft_cluster.h - a few whole replicas and the letters between them, delivered one kind at a time
 * by hand: attacks from the literature are schedules. Every member has a replica; a faulty one is
 * one whose letters the test loses, or signs anew.
 */
#ifndef MESCHAIN_TEST_PBFT_CLUSTER_H
#define MESCHAIN_TEST_PBFT_CLUSTER_H

#include "pbft/replica.h"
#include "unit/check.h"
#include "unit/pbft_mac.h"

#define CLUSTER_MAX 7
#define HEIGHTS_MAX 64
#define BAG_MAX 65536
#define PENDING_MAX 512
#define ALL 0xffffffffu
#define ANY 0
#define M(member) (1u << (member))

typedef struct Packet
{
	uint32_t from;
	uint32_t to;
	uint8_t kind;
	size_t size;
	uint8_t *data; /* NULL: delivered or lost */
} Packet;

typedef struct Member
{
	PbftReplica *replica;
	PbftEffects *effects;
	MacSigner signer;
	PbftEvent pending[PENDING_MAX];
	size_t pending_count;
	PbftHeader headers[HEIGHTS_MAX];
	McHash finals[HEIGHTS_MAX]; /* what EXECUTE said, by height */
	McSpan commits[HEIGHTS_MAX];
	McSpan results_proofs[HEIGHTS_MAX];
	uint64_t final_height;
	uint64_t result_height;
	uint8_t wrong_root;
	bool fenced;
	bool diverged;
	uint32_t accused; /* members this one has evidence against */
	uint64_t view_changes;
} Member;

static Member members[CLUSTER_MAX];
static uint32_t member_count;
static PbftConfig config;
static Packet bag[BAG_MAX];
static size_t bag_count;
static uint64_t salt;
static uint64_t now_ms;
static PbftMessage letter;
static uint8_t letter_bytes[PBFT_MESSAGE_MAX];

static inline McSpan
kept(McSpan bytes)
{
	uint8_t *copy = malloc(bytes.size + 1);

	memcpy(copy, bytes.data, bytes.size);
	return span_of(copy, bytes.size);
}

static inline void
post(uint32_t from, uint32_t to, McSpan bytes)
{
	assert(bag_count < BAG_MAX);
	bag[bag_count++] =
		(Packet){ from, to, bytes.data[0], bytes.size, (uint8_t *) (uintptr_t) kept(bytes).data };
}

static inline void
later(Member *member, PbftEvent event)
{
	assert(member->pending_count < PENDING_MAX);
	member->pending[member->pending_count++] = event;
}

static inline void
serve_one(Member *member, uint32_t self, uint32_t to, uint64_t at)
{
	McProblem problem;
	PbftCertified *certified = &letter.u.certified;

	memset(&letter, 0, offsetof(PbftMessage, u));
	letter.kind = PBFT_CERTIFIED;
	letter.sender = self;
	memcpy(letter.instance, config.domain.instance, PBFT_INSTANCE_SIZE);
	certified->header = member->headers[at];
	certified->has_commit = true;
	certified->has_checkpoint = member->results_proofs[at].size > 0;
	if (pbft_certificate_decode(member->commits[at], &certified->commit, &problem) != MC_OK ||
		(certified->has_checkpoint &&
		 pbft_certificate_decode(member->results_proofs[at], &certified->checkpoint, &problem) !=
			 MC_OK))
		abort();
	post(self, to, span_of(letter_bytes, pbft_message_encode(&letter, letter_bytes)));
}

static inline void
serve(Member *member, uint32_t self, const PbftEffect *effect)
{
	PbftBlock *block = pbft_block_find(member->replica, &effect->hash);

	for (uint64_t at = 1; at <= member->final_height; at++)
		if (effect->count > 0 ? at >= effect->height && at < effect->height + effect->count
							  : hash_equal(&member->finals[at], &effect->hash))
			serve_one(member, self, effect->member, at);
	if (effect->count > 0 || block == NULL)
		return;
	memset(&letter, 0, offsetof(PbftMessage, u));
	letter.kind = PBFT_CERTIFIED;
	letter.sender = self;
	memcpy(letter.instance, config.domain.instance, PBFT_INSTANCE_SIZE);
	letter.u.certified.header = block->header;
	letter.u.certified.has_commit = letter.u.certified.has_checkpoint = false;
	post(self, effect->member, span_of(letter_bytes, pbft_message_encode(&letter, letter_bytes)));
}

static inline void
executed(Member *member, const PbftEffect *effect)
{
	PbftEvent event = { .kind = PBFT_EVENT_EXECUTED, .height = effect->height };

	member->headers[effect->height] = *effect->header;
	member->finals[effect->height] = effect->hash;
	member->commits[effect->height] = kept(effect->bytes);
	member->final_height = effect->height;
	event.hash = effect->hash;
	event.hash.bytes[31] ^= member->wrong_root;
	later(member, event);
}

static inline void
noted(Member *member, const PbftEffect *effect)
{
	member->fenced |= effect->note == PBFT_NOTE_FENCED;
	member->diverged |= effect->note == PBFT_NOTE_DIVERGED;
	member->view_changes += effect->note == PBFT_NOTE_VIEW_CHANGE;
	if (effect->note == PBFT_NOTE_EVIDENCE)
		member->accused |= M(effect->member);
}

static inline void
perform(uint32_t self, const PbftEffect *effect)
{
	static PbftCandidate candidate;
	Member *member = &members[self];

	if (effect->kind == PBFT_SEND && effect->member != self)
		post(self, effect->member, effect->bytes);
	else if (effect->kind == PBFT_BROADCAST)
		for (uint32_t i = 0; i < member_count; i++)
		{
			if (i != self)
				post(self, i, effect->bytes);
		}
	else if (effect->kind == PBFT_SERVE)
		serve(member, self, effect);
	else if (effect->kind == PBFT_REQUEST_BLOCK)
	{
		candidate = (PbftCandidate){ .request = effect->request, .tx_count = 1 };
		put_be64(candidate.tx_root.bytes, ++salt);
		/* one block for one fill_pool(), whoever has the next slot */
		later(member, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 0 });
		later(member, (PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
	}
	else if (effect->kind == PBFT_VALIDATE)
		later(member,
			  (PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = effect->hash, .valid = true });
	else if (effect->kind == PBFT_EXECUTE)
		executed(member, effect);
	else if (effect->kind == PBFT_COMMIT_RESULT)
	{
		member->results_proofs[effect->height] = kept(effect->bytes);
		member->result_height = effect->height;
		later(member, (PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = effect->height });
	}
	else if (effect->kind == PBFT_NOTE)
		noted(member, effect);
}

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

static inline void
expire_all(uint32_t set)
{
	for (uint32_t i = 0; i < member_count; i++)
		if (set & M(i))
			expire(i);
}

static inline void
say_status(uint32_t self)
{
	give(self, (PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
							.timer = PBFT_TIMER_STATUS,
							.generation = members[self].replica->generation[PBFT_TIMER_STATUS] });
}

/* All of the set talk to each other, and time passes, until these have a result of this height. */
static inline bool
settle_for(uint32_t set, uint32_t waiters, uint64_t height)
{
	for (int round = 0; round < 60; round++)
	{
		bool done = true;

		now_ms += 500;
		for (uint32_t i = 0; i < member_count; i++)
			if (set & M(i))
			{
				say_status(i);
				if (round % 6 == 5)
					expire(i);
				else
					fill_pool(i);
			}
		deliver(ANY, set, set);
		lose_everything();
		for (uint32_t i = 0; i < member_count; i++)
			done &= (waiters & M(i)) == 0 || members[i].result_height >= height;
		if (done)
			return true;
	}
	return false;
}

static inline bool
settle(uint32_t set, uint64_t height)
{
	return settle_for(set, set, height);
}

/* No two of the set have different final blocks, and nobody of the set is accused. */
static inline bool
agree(uint32_t set)
{
	static const McHash none;

	for (uint32_t i = 0; i < member_count; i++)
		for (uint32_t k = 0; k < member_count; k++)
		{
			if ((set & M(i)) == 0 || (set & M(k)) == 0)
				continue;
			if (members[i].accused & set)
				return false;
			for (size_t at = 1; at < HEIGHTS_MAX; at++)
				if (!hash_equal(&members[i].finals[at], &none) &&
					!hash_equal(&members[k].finals[at], &none) &&
					!hash_equal(&members[i].finals[at], &members[k].finals[at]))
					return false;
		}
	return true;
}

/* ---- what a faulty member signs ------------------------------------------------------------- */

static inline void
sign_letter(uint32_t member)
{
	uint8_t bytes[PBFT_SIGNED_MAX];

	letter.sender = member;
	memcpy(letter.instance, config.domain.instance, PBFT_INSTANCE_SIZE);
	mac_sign_as(&members[member].signer, member,
				span_of(bytes, pbft_message_signed(&letter, &config.domain, bytes)),
				letter.signature);
	if (letter.kind == PBFT_VIEW_CHANGE)
		memcpy(letter.u.view_change.body.signature, letter.signature, PBFT_SIGNATURE_SIZE);
}

static inline void
forge_vote(uint32_t member, uint8_t kind, uint64_t view, uint64_t height, const McHash *hash,
		   uint32_t to)
{
	memset(&letter, 0, offsetof(PbftMessage, u));
	letter.kind = kind;
	letter.subject = (PbftSubject){ .kind = kind, .view = view, .height = height, .hash = *hash };
	sign_letter(member);
	for (uint32_t i = 0; i < member_count; i++)
		if (i != member && (to & M(i)))
			post(member, i, span_of(letter_bytes, pbft_message_encode(&letter, letter_bytes)));
}

/* The member's own proposal in the bag, with other contents, to these instead of the first one. */
static inline McHash
forge_other_proposal(uint32_t member, uint32_t to)
{
	McProblem problem;
	McHash hash = { { 0 } };
	size_t count = bag_count;

	for (size_t i = 0; i < count; i++)
		if (wanted(&bag[i], PBFT_PRE_PREPARE, M(member), to))
		{
			if (pbft_message_decode(span_of(bag[i].data, bag[i].size), &letter, &problem) != MC_OK)
				abort();
			letter.u.proposal.header.tx_root.bytes[31] ^= 0x80;
			pbft_header_hash(&letter.u.proposal.header, &hash);
			letter.subject.hash = hash;
			sign_letter(member);
			free(bag[i].data);
			bag[i].data = NULL;
			post(member, bag[i].to,
				 span_of(letter_bytes, pbft_message_encode(&letter, letter_bytes)));
		}
	return hash;
}

/* A VIEW-CHANGE that keeps quiet about every lock. */
static inline void
forge_lockless_view_change(uint32_t member, uint64_t view, uint32_t to)
{
	memset(&letter, 0, offsetof(PbftMessage, u));
	letter.kind = PBFT_VIEW_CHANGE;
	letter.u.view_change.body = (PbftViewChangeBody){
		.member = member, .view = view, .lock = { PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash }
	};
	letter.u.view_change.has_certificate = false;
	sign_letter(member);
	for (uint32_t i = 0; i < member_count; i++)
		if (i != member && (to & M(i)))
			post(member, i, span_of(letter_bytes, pbft_message_encode(&letter, letter_bytes)));
}

#endif
