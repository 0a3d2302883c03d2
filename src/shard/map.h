/*
 * map.h - who holds which shard: the tree with a committee for each leaf.
 *
 * A committee is a set of members of one fixed size, at least 3F+1, so any choice of it stands F
 * faults; a member is a legal entity and sits once in a committee, however many nodes it runs.
 * Seats zero means that every member holds every shard.
 *
 * shard_map_create chooses the committees of a tree from members and salt alone: bounded-load
 * rendezvous, where the least loaded members have a seat first and the score SHA-256("MES1-seat" ||
 * salt || shard || member) decides among equals. After that a map changes by the steps below, each
 * a pure function of the map and a salt. No memoryless choice could keep their bounds: what a step
 * moves is counted in docs/sharding.md.
 *
 *   map = [1, epoch, tree, faults, seats, [member, ...], [[index of member, ...], ...]]
 *
 * Members ascend by bytes, indexes ascend, committees stand in the order of the leaves.
 */
#ifndef MESCHAIN_SHARD_MAP_H
#define MESCHAIN_SHARD_MAP_H

#include "shard/tree.h"

#define SHARD_MAP_VERSION 1
#define SHARD_MEMBERS_MAX 128
#define SHARD_NAME_MAX 63
#define SHARD_SEAT_WORDS (SHARD_MEMBERS_MAX / 64)
#define SHARD_FAULTS_MAX ((SHARD_MEMBERS_MAX - 1) / 3)
#define SHARD_EPOCH_MAX (INT64_MAX - 1)

/* The largest encoding: every leaf held by every member, every name at its longest. */
#define SHARD_MAP_BYTES_MAX (64 + SHARD_COUNT_MAX * 14 + SHARD_MEMBERS_MAX * 66 + \
							 SHARD_COUNT_MAX * (3 + SHARD_MEMBERS_MAX * 2))

typedef struct ShardMember
{
	uint8_t size;
	char name[SHARD_NAME_MAX + 1];
} ShardMember;

/* Bit i is set when member i has a seat. */
typedef struct ShardCommittee
{
	uint64_t words[SHARD_SEAT_WORDS];
} ShardCommittee;

typedef struct ShardMap
{
	uint64_t epoch;
	uint32_t faults;
	uint32_t seats; /* of each committee; 0: every member holds every shard */
	uint32_t member_count;
	ShardMember members[SHARD_MEMBERS_MAX];
	ShardTree tree;
	ShardCommittee committees[SHARD_COUNT_MAX];
} ShardMap;

typedef struct ShardRules
{
	uint32_t faults;
	uint32_t seats;
} ShardRules;

/* Epoch 0. The order of names makes no difference. */
extern McStatus shard_map_create(ShardMap *map, const ShardTree *tree, const ShardRules *rules,
								 const McSpan *names, size_t name_count, const McHash *salt,
								 McProblem *problem);

/* The rules that hold for the members and seats of any map: committee_short, committee_unsafe. */
extern McStatus shard_map_check(const ShardMap *map, McProblem *problem);

/* Both halves keep the committee, so no row moves: only the tree changes. */
extern McStatus shard_map_split(ShardMap *map, uint32_t number, McProblem *problem);

/* The merged shard is held by members of the two, those of both first. */
extern McStatus shard_map_merge(ShardMap *map, uint32_t number, const McHash *salt,
								McProblem *problem);

/* The newcomer takes floor(all seats / members) seats, each from a most loaded member. */
extern McStatus shard_map_admit(ShardMap *map, McSpan name, const McHash *salt,
								McProblem *problem);

/* The seats of the leaver go to the least loaded; no other seat moves. */
extern McStatus shard_map_remove(ShardMap *map, McSpan name, const McHash *salt,
								 McProblem *problem);

/* A new epoch: at most one seat of each committee moves. */
extern McStatus shard_map_resalt(ShardMap *map, const McHash *salt, McProblem *problem);

extern bool shard_seated(const ShardMap *map, uint32_t position, uint32_t member);
extern uint32_t shard_committee_size(const ShardMap *map, uint32_t position);
/* How many shards each member holds. */
extern void shard_map_loads(const ShardMap *map, uint32_t loads[SHARD_MEMBERS_MAX]);
extern bool shard_map_member(const ShardMap *map, McSpan name, uint32_t *member);

extern void shard_map_write(WireWriter *writer, const ShardMap *map);
extern McStatus shard_map_read(McSpan bytes, ShardMap *map, McProblem *problem);

/*
 * Where among a shard's addresses a client with this bucket tries one first: the highest first.
 * Spreads the buckets over the committee, and a bucket keeps its order when others come and go.
 * identity is the start of a digest of the address's name.
 */
extern uint64_t shard_preference(uint16_t bucket, uint64_t identity);

#endif
