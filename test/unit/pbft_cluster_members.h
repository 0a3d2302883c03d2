/*
 * pbft_cluster_members.h - a few whole replicas, and around each what its floor would do: bodies,
 * execution, letters to the others.
 */
#ifndef MESCHAIN_TEST_PBFT_CLUSTER_MEMBERS_H
#define MESCHAIN_TEST_PBFT_CLUSTER_MEMBERS_H

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

#endif
