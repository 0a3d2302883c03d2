/*
 * pbft_cluster.h - a few whole replicas and the letters between them, delivered one kind at a time
 * by hand: attacks from the literature are schedules. Every member has a replica; a faulty one is
 * one whose letters the test loses, or signs anew.
 */
#ifndef MESCHAIN_TEST_PBFT_CLUSTER_H
#define MESCHAIN_TEST_PBFT_CLUSTER_H

#include "unit/pbft_cluster_letters.h"

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
