/*
 * seat.h - sets of members and the one question of bounded-load rendezvous: who comes, who goes.
 * For the room's own files.
 */
#ifndef MESCHAIN_SHARD_SEAT_H
#define MESCHAIN_SHARD_SEAT_H

#include "shard/map.h"

#define SEAT_NOBODY SHARD_MEMBERS_MAX

static inline bool
seat_held(const ShardCommittee *committee, uint32_t member)
{
	return committee->words[member / 64] >> (member % 64) & 1;
}

static inline void
seat_give(ShardCommittee *committee, uint32_t member)
{
	assert(!seat_held(committee, member));
	committee->words[member / 64] |= UINT64_C(1) << (member % 64);
}

static inline void
seat_take(ShardCommittee *committee, uint32_t member)
{
	assert(seat_held(committee, member));
	committee->words[member / 64] &= ~(UINT64_C(1) << (member % 64));
}

extern uint64_t seat_score(const McHash *salt, uint32_t number, const ShardMember *member);
extern void seat_scores(const ShardMap *map, uint32_t number, const McHash *salt,
						uint64_t scores[SHARD_MEMBERS_MAX]);

/* The least loaded member without a seat, the highest score among equals; or SEAT_NOBODY. */
extern uint32_t seat_newcomer(const ShardMap *map, const ShardCommittee *committee,
							  const uint32_t loads[SHARD_MEMBERS_MAX],
							  const uint64_t scores[SHARD_MEMBERS_MAX]);

/* The most loaded member with a seat, the lowest score among equals. */
extern uint32_t seat_leaver(const ShardMap *map, const ShardCommittee *committee,
							const uint32_t loads[SHARD_MEMBERS_MAX],
							const uint64_t scores[SHARD_MEMBERS_MAX]);

#endif
