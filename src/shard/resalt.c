/*
 * resalt.c - a new epoch's salt moves at most one seat of each committee, so that no adversary can
 * settle in a shard and no shard ever has two newcomers to wait for. Pure.
 *
 * First each shard moves a seat from its most to its least loaded member where that keeps loads as
 * even as they were, or evens them. A shard that cannot, exchanges a member with another shard.
 */
#include "shard/seat.h"

typedef struct Resalt
{
	ShardMap *map;
	const McHash *salt;
	uint32_t loads[SHARD_MEMBERS_MAX];
	bool moved[SHARD_COUNT_MAX];
} Resalt;

static void
move_seat(Resalt *resalt, uint32_t position, uint32_t leaver, uint32_t newcomer)
{
	seat_take(&resalt->map->committees[position], leaver);
	seat_give(&resalt->map->committees[position], newcomer);
	resalt->loads[leaver]--;
	resalt->loads[newcomer]++;
	resalt->moved[position] = true;
}

static void
hand_over(Resalt *resalt, uint32_t position)
{
	ShardMap *map = resalt->map;
	uint64_t scores[SHARD_MEMBERS_MAX];
	uint32_t leaver;
	uint32_t newcomer;

	seat_scores(map, map->tree.leaves[position].number, resalt->salt, scores);
	leaver = seat_leaver(map, &map->committees[position], resalt->loads, scores);
	newcomer = seat_newcomer(map, &map->committees[position], resalt->loads, scores);
	if (newcomer != SEAT_NOBODY && resalt->loads[leaver] > resalt->loads[newcomer])
		move_seat(resalt, position, leaver, newcomer);
}

/*
 * The outsider with the highest score that sits in a shard which has not moved yet. The committees
 * are of one size, so that other shard lacks a member of this one: an exchange is always possible.
 */
static uint32_t
partner_of(const Resalt *resalt, uint32_t position, const uint64_t scores[SHARD_MEMBERS_MAX],
		   uint32_t *newcomer)
{
	const ShardMap *map = resalt->map;
	uint32_t partner = SHARD_COUNT_MAX;

	for (uint32_t i = 0; i < map->tree.count; i++)
	{
		if (resalt->moved[i] || i == position)
			continue;
		for (uint32_t j = 0; j < map->member_count; j++)
		{
			if (!seat_held(&map->committees[i], j) || seat_held(&map->committees[position], j))
				continue;
			if (partner == SHARD_COUNT_MAX || scores[j] > scores[*newcomer])
			{
				partner = i;
				*newcomer = j;
			}
		}
	}
	return partner;
}

static void
exchange(Resalt *resalt, uint32_t position)
{
	ShardMap *map = resalt->map;
	uint64_t scores[SHARD_MEMBERS_MAX];
	ShardCommittee eligible = map->committees[position];
	uint32_t newcomer = SEAT_NOBODY;
	uint32_t partner;
	uint32_t leaver;

	seat_scores(map, map->tree.leaves[position].number, resalt->salt, scores);
	partner = partner_of(resalt, position, scores, &newcomer);
	if (partner == SHARD_COUNT_MAX)
		return;
	for (int i = 0; i < SHARD_SEAT_WORDS; i++)
		eligible.words[i] &= ~map->committees[partner].words[i];
	leaver = seat_leaver(map, &eligible, resalt->loads, scores);
	assert(leaver != SEAT_NOBODY);
	move_seat(resalt, position, leaver, newcomer);
	move_seat(resalt, partner, newcomer, leaver);
}

McStatus
shard_map_resalt(ShardMap *map, const McHash *salt, McProblem *problem)
{
	Resalt resalt = { .map = map, .salt = salt };

	if (map->epoch >= SHARD_EPOCH_MAX)
		return status_problem(problem, MC_OUT_OF_RANGE, (int64_t) map->epoch, SHARD_EPOCH_MAX - 1);
	map->epoch++;
	shard_map_loads(map, resalt.loads);
	for (uint32_t i = 0; i < map->tree.count; i++)
		hand_over(&resalt, i);
	for (uint32_t i = 0; i < map->tree.count; i++)
		if (!resalt.moved[i])
			exchange(&resalt, i);
	return MC_OK;
}
