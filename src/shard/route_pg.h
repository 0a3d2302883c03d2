/*
 * route_pg.h - the shard map in force and the members' addresses, as a backend remembers them.
 */
#ifndef MESCHAIN_SHARD_ROUTE_PG_H
#define MESCHAIN_SHARD_ROUTE_PG_H

#include "postgres.h"

#include "shard/map.h"

/* One node of a member; a member without a known node has one entry with node NULL. */
typedef struct RouteAddress
{
	const text *member;
	const text *node;
	const text *host; /* NULL with node */
	int32 port;
	uint64 member_identity;
	uint64 node_identity;
} RouteAddress;

typedef struct RouteCache
{
	MemoryContext context;
	uint64 built_at; /* the count of invalidations before it was read */
	ShardMap map;
	const text *held_by;
	RouteAddress *addresses; /* ascending by member and node */
	uint32 address_count;
	uint32 address_start[SHARD_MEMBERS_MAX + 1]; /* of each member; the end behind the last */
} RouteCache;

/*
 * The current cache; stays valid until the next call of anything that may process invalidations.
 * Its map may have no members when none is known: one shard that nobody is known to hold.
 */
extern const RouteCache *route_cache(void);

/* Reads the map in force at an epoch before that of the cache. False when there is none. */
extern bool route_map_at(int64 epoch, ShardMap *map);

/* "all members" or "committee", as mes.route and mes.shards say. */
extern const char *route_held_by(const ShardMap *map);

/* Does the map's bytea hold a whole map? Raises the problem when not. */
extern void route_map_read(Datum value, ShardMap *map);

#endif
