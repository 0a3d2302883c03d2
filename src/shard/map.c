/*
 * map.c - making a map, and the steps that change its tree or its members. Pure. It must not look
 * at anything but its arguments: the same step on the same map gives the same map everywhere.
 */
#include "shard/map.h"

#include "shard/seat.h"

static uint32_t
seats_of(const ShardMap *map)
{
	return map->seats == 0 ? map->member_count : map->seats;
}

static int
member_compare(const ShardMember *member, McSpan name)
{
	return span_compare(span_of(member->name, member->size), name);
}

/* Where the name stands, or would stand. */
static uint32_t
member_place(const ShardMap *map, McSpan name)
{
	uint32_t place = 0;

	while (place < map->member_count && member_compare(&map->members[place], name) < 0)
		place++;
	return place;
}

bool
shard_map_member(const ShardMap *map, McSpan name, uint32_t *member)
{
	*member = member_place(map, name);
	return *member < map->member_count && member_compare(&map->members[*member], name) == 0;
}

static McStatus
name_problem(McProblem *problem, McStatus status, McSpan name)
{
	return status_problem_name(problem, status, (const char *) name.data, name.size);
}

static McStatus
insert_member(ShardMap *map, McSpan name, uint32_t *member, McProblem *problem)
{
	if (name.size == 0 || name.size > SHARD_NAME_MAX || !wire_text_valid(name))
		return name_problem(problem, MC_SHARD_MEMBER_NAME, name);
	if (shard_map_member(map, name, member))
		return name_problem(problem, MC_SHARD_MEMBER_KNOWN, name);
	if (map->member_count == SHARD_MEMBERS_MAX)
		return status_problem(problem, MC_SHARD_MEMBERS_TOO_MANY, SHARD_MEMBERS_MAX + 1,
							  SHARD_MEMBERS_MAX);
	memmove(&map->members[*member + 1], &map->members[*member],
			(map->member_count - *member) * sizeof(ShardMember));
	map->members[*member] = (ShardMember){ .size = (uint8_t) name.size };
	memcpy(map->members[*member].name, name.data, name.size);
	map->member_count++;
	return MC_OK;
}

McStatus
shard_map_check(const ShardMap *map, McProblem *problem)
{
	uint32_t needed = 3 * map->faults + 1;

	assert(map->faults <= SHARD_FAULTS_MAX);
	if (seats_of(map) > map->member_count || map->member_count == 0)
		return status_problem(problem, MC_COMMITTEE_SHORT, map->member_count,
							  map->seats == 0 ? needed : map->seats);
	if (seats_of(map) < needed)
		return status_problem(problem, MC_COMMITTEE_UNSAFE, seats_of(map), needed);
	return MC_OK;
}

static void
fill_committee(ShardMap *map, uint32_t position, uint32_t loads[SHARD_MEMBERS_MAX],
			   const McHash *salt)
{
	uint64_t scores[SHARD_MEMBERS_MAX];
	ShardCommittee *committee = &map->committees[position];

	seat_scores(map, map->tree.leaves[position].number, salt, scores);
	while (shard_committee_size(map, position) < seats_of(map))
	{
		uint32_t newcomer = seat_newcomer(map, committee, loads, scores);

		assert(newcomer != SEAT_NOBODY);
		seat_give(committee, newcomer);
		loads[newcomer]++;
	}
}

McStatus
shard_map_create(ShardMap *map, const ShardTree *tree, const ShardRules *rules,
				 const McSpan *names, size_t name_count, const McHash *salt, McProblem *problem)
{
	uint32_t loads[SHARD_MEMBERS_MAX] = { 0 };
	McStatus status = MC_OK;

	if (rules->faults > SHARD_FAULTS_MAX)
		return status_problem(problem, MC_OUT_OF_RANGE, rules->faults, SHARD_FAULTS_MAX);
	memset(map, 0, sizeof(*map));
	map->tree = *tree;
	map->faults = rules->faults;
	map->seats = rules->seats;
	for (size_t i = 0; i < name_count && status == MC_OK; i++)
	{
		uint32_t member;

		status = insert_member(map, names[i], &member, problem);
	}
	if (status == MC_OK)
		status = shard_map_check(map, problem);
	if (status != MC_OK)
		return status;
	for (uint32_t i = 0; i < tree->count; i++)
		fill_committee(map, i, loads, salt);
	return MC_OK;
}

static McStatus
find_shard(const ShardMap *map, uint32_t number, uint32_t *position, McProblem *problem)
{
	if (shard_tree_position(&map->tree, number, position))
		return MC_OK;
	return status_problem(problem, MC_SHARD_UNKNOWN, number, 0);
}

McStatus
shard_map_split(ShardMap *map, uint32_t number, McProblem *problem)
{
	uint32_t position;
	uint32_t behind;
	McStatus status = find_shard(map, number, &position, problem);

	if (status == MC_OK)
		status = shard_tree_split(&map->tree, position, problem);
	if (status != MC_OK)
		return status;
	/* the committee of position stays where it is and is copied behind itself */
	behind = map->tree.count - 1 - position;
	memmove(&map->committees[position + 1], &map->committees[position],
			behind * sizeof(ShardCommittee));
	return MC_OK;
}

/* Seats for the merged shard: those who held both halves, then those who held one. */
static void
merge_committees(ShardMap *map, uint32_t position, const ShardCommittee *left,
				 const ShardCommittee *right, const McHash *salt)
{
	ShardCommittee *merged = &map->committees[position];
	uint32_t loads[SHARD_MEMBERS_MAX];
	uint64_t scores[SHARD_MEMBERS_MAX];

	memset(merged, 0, sizeof(*merged));
	shard_map_loads(map, loads);
	seat_scores(map, map->tree.leaves[position].number, salt, scores);
	for (int needed = 2; needed > 0; needed--)
	{
		ShardCommittee barred = *merged;

		for (uint32_t i = 0; i < map->member_count; i++)
			if (!seat_held(&barred, i) && seat_held(left, i) + seat_held(right, i) < needed)
				seat_give(&barred, i);
		while (shard_committee_size(map, position) < seats_of(map))
		{
			uint32_t next = seat_newcomer(map, &barred, loads, scores);

			if (next == SEAT_NOBODY)
				break;
			seat_give(merged, next);
			seat_give(&barred, next);
		}
	}
	assert(shard_committee_size(map, position) == seats_of(map));
}

McStatus
shard_map_merge(ShardMap *map, uint32_t number, const McHash *salt, McProblem *problem)
{
	ShardCommittee left;
	ShardCommittee right;
	uint32_t position;
	uint32_t merged;
	McStatus status = find_shard(map, number, &position, problem);

	if (status == MC_OK)
		status = shard_tree_merge(&map->tree, position, &merged, problem);
	if (status != MC_OK)
		return status;
	left = map->committees[merged];
	right = map->committees[merged + 1];
	memmove(&map->committees[merged + 1], &map->committees[merged + 2],
			(map->tree.count - merged - 1) * sizeof(ShardCommittee));
	memset(&map->committees[map->tree.count], 0, sizeof(ShardCommittee));
	merge_committees(map, merged, &left, &right, salt);
	return MC_OK;
}

/* Opens or closes a place in every committee's set; bits from place on move by one. */
static void
shift_members(ShardMap *map, uint32_t place, bool open)
{
	for (uint32_t i = 0; i < map->tree.count; i++)
	{
		ShardCommittee before = map->committees[i];
		ShardCommittee after = { { 0 } };

		for (uint32_t j = 0; j < SHARD_MEMBERS_MAX; j++)
		{
			if (!seat_held(&before, j))
				continue;
			assert(open || j != place);
			seat_give(&after, j < place ? j : open ? j + 1 : j - 1);
		}
		map->committees[i] = after;
	}
}

/* The shard of a most loaded member where the newcomer scores highest. */
static uint32_t
shard_to_join(const ShardMap *map, uint32_t newcomer, const uint32_t loads[SHARD_MEMBERS_MAX],
			  const uint64_t scores[SHARD_COUNT_MAX])
{
	uint32_t best = SHARD_COUNT_MAX;
	uint32_t highest = 0;

	for (uint32_t i = 0; i < map->member_count; i++)
		highest = loads[i] > highest ? loads[i] : highest;
	/* The mean of the others is above this, and who holds more shards holds one that it lacks. */
	assert(highest >= loads[newcomer] + 2);
	for (uint32_t i = 0; i < map->tree.count; i++)
	{
		bool crowded = false;

		for (uint32_t j = 0; j < map->member_count; j++)
			crowded |= seat_held(&map->committees[i], j) && loads[j] == highest;
		if (crowded && !seat_held(&map->committees[i], newcomer) &&
			(best == SHARD_COUNT_MAX || scores[i] > scores[best]))
			best = i;
	}
	assert(best < SHARD_COUNT_MAX);
	return best;
}

static void
seat_fair_share(ShardMap *map, uint32_t newcomer, const McHash *salt)
{
	uint32_t share = map->tree.count * map->seats / map->member_count;
	uint64_t by_shard[SHARD_COUNT_MAX];
	uint32_t loads[SHARD_MEMBERS_MAX];

	shard_map_loads(map, loads);
	for (uint32_t i = 0; i < map->tree.count; i++)
		by_shard[i] = seat_score(salt, map->tree.leaves[i].number, &map->members[newcomer]);
	while (loads[newcomer] < share)
	{
		uint32_t position = shard_to_join(map, newcomer, loads, by_shard);
		uint64_t scores[SHARD_MEMBERS_MAX];
		uint32_t leaver;

		seat_scores(map, map->tree.leaves[position].number, salt, scores);
		leaver = seat_leaver(map, &map->committees[position], loads, scores);
		seat_take(&map->committees[position], leaver);
		seat_give(&map->committees[position], newcomer);
		loads[leaver]--;
		loads[newcomer]++;
	}
}

McStatus
shard_map_admit(ShardMap *map, McSpan name, const McHash *salt, McProblem *problem)
{
	uint32_t newcomer;
	McStatus status = insert_member(map, name, &newcomer, problem);

	if (status != MC_OK)
		return status;
	shift_members(map, newcomer, true);
	if (map->seats != 0)
		seat_fair_share(map, newcomer, salt);
	else
		for (uint32_t i = 0; i < map->tree.count; i++)
			seat_give(&map->committees[i], newcomer);
	return MC_OK;
}

McStatus
shard_map_remove(ShardMap *map, McSpan name, const McHash *salt, McProblem *problem)
{
	uint32_t loads[SHARD_MEMBERS_MAX];
	uint32_t leaver;
	McStatus status;

	if (!shard_map_member(map, name, &leaver))
		return name_problem(problem, MC_SHARD_MEMBER_UNKNOWN, name);
	map->member_count--;
	status = shard_map_check(map, problem);
	if (status != MC_OK)
	{
		map->member_count++; /* a refused step leaves the map as it was */
		return status;
	}
	for (uint32_t i = 0; i < map->tree.count; i++)
		if (seat_held(&map->committees[i], leaver))
			seat_take(&map->committees[i], leaver);
	shift_members(map, leaver, false);
	memmove(&map->members[leaver], &map->members[leaver + 1],
			(map->member_count - leaver) * sizeof(ShardMember));
	memset(&map->members[map->member_count], 0, sizeof(ShardMember));
	shard_map_loads(map, loads);
	for (uint32_t i = 0; i < map->tree.count; i++)
		fill_committee(map, i, loads, salt);
	return MC_OK;
}
