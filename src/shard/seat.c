/*
 * seat.c - scores, loads and the choice among members. Pure; ties always end at the member that
 * stands first by name, so that two machines never differ.
 */
#include "shard/seat.h"

#include "base/digest.h"

uint64_t
seat_score(const McHash *salt, uint32_t number, const ShardMember *member)
{
	uint8_t shard[4];
	McHash hash;
	McSpan parts[4] = { span_text("MES1-seat"), span_hash(salt), span_of(shard, sizeof(shard)),
						span_of(member->name, member->size) };

	put_be32(shard, number);
	digest_sha256(&hash, parts, 4);
	return get_be64(hash.bytes);
}

void
seat_scores(const ShardMap *map, uint32_t number, const McHash *salt,
			uint64_t scores[SHARD_MEMBERS_MAX])
{
	for (uint32_t i = 0; i < map->member_count; i++)
		scores[i] = seat_score(salt, number, &map->members[i]);
}

uint32_t
seat_newcomer(const ShardMap *map, const ShardCommittee *committee,
			  const uint32_t loads[SHARD_MEMBERS_MAX], const uint64_t scores[SHARD_MEMBERS_MAX])
{
	uint32_t best = SEAT_NOBODY;

	for (uint32_t i = 0; i < map->member_count; i++)
	{
		if (seat_held(committee, i))
			continue;
		if (best == SEAT_NOBODY || loads[i] < loads[best] ||
			(loads[i] == loads[best] && scores[i] > scores[best]))
			best = i;
	}
	return best;
}

uint32_t
seat_leaver(const ShardMap *map, const ShardCommittee *committee,
			const uint32_t loads[SHARD_MEMBERS_MAX], const uint64_t scores[SHARD_MEMBERS_MAX])
{
	uint32_t best = SEAT_NOBODY;

	for (uint32_t i = 0; i < map->member_count; i++)
	{
		if (!seat_held(committee, i))
			continue;
		if (best == SEAT_NOBODY || loads[i] > loads[best] ||
			(loads[i] == loads[best] && scores[i] < scores[best]))
			best = i;
	}
	return best;
}

bool
shard_seated(const ShardMap *map, uint32_t position, uint32_t member)
{
	assert(position < map->tree.count && member < map->member_count);
	return seat_held(&map->committees[position], member);
}

uint32_t
shard_committee_size(const ShardMap *map, uint32_t position)
{
	uint32_t size = 0;

	assert(position < map->tree.count);
	for (uint32_t i = 0; i < map->member_count; i++)
		size += seat_held(&map->committees[position], i);
	return size;
}

void
shard_map_loads(const ShardMap *map, uint32_t loads[SHARD_MEMBERS_MAX])
{
	memset(loads, 0, SHARD_MEMBERS_MAX * sizeof(loads[0]));
	for (uint32_t i = 0; i < map->tree.count; i++)
		for (uint32_t j = 0; j < map->member_count; j++)
			loads[j] += seat_held(&map->committees[i], j);
}

/* Multiply and fold, twice: neighbouring buckets must not share an order. It hides nothing. */
uint64_t
shard_preference(uint16_t bucket, uint64_t identity)
{
	uint64_t mixed = identity ^ (bucket + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);

	for (int round = 0; round < 2; round++)
	{
		mixed ^= mixed >> 32;
		mixed *= UINT64_C(0xD6E8FEB86659FD93);
	}
	return mixed ^ mixed >> 32;
}
