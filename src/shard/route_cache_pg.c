/*
 * route_cache_pg.c - reads mes_internal.shard_maps and mes_internal.shard_addresses once and again
 * after either changed. A routing function is called for every key of a query, so it must not run
 * a query of its own; a trigger on both tables sends an invalidation of the relation instead.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/digest.h"
#include "node/errors_pg.h"
#include "shard/route_pg.h"

#define MAPS_EPOCH 1
#define MAPS_MAP 2
#define ADDRESSES_MEMBER 1
#define ADDRESSES_NODE 2
#define ADDRESSES_HOST 3
#define ADDRESSES_PORT 4

static RouteCache *cache;
static Oid maps_oid;
static Oid addresses_oid;
static uint64 invalidations;
static bool callback_registered;

static void
on_relation_change(Datum argument, Oid relation)
{
	if (relation == InvalidOid || relation == maps_oid || relation == addresses_oid)
		invalidations++;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_invalidate);

Datum
shard_invalidate(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "shard_invalidate was not called by a trigger");
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

void
route_map_read(Datum value, ShardMap *map)
{
	bytea *bytes = DatumGetByteaPP(value);
	McProblem problem;

	problem_check(shard_map_read(span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), map,
								 &problem),
				  &problem);
	if ((Pointer) bytes != DatumGetPointer(value))
		pfree(bytes);
}

const char *
route_held_by(const ShardMap *map)
{
	return map->seats == 0 ? "all members" : "committee";
}

static Oid
relation_oid(const char *name)
{
	Oid schema = get_namespace_oid("mes_internal", false);
	Oid relation = get_relname_relid(name, schema);

	if (!OidIsValid(relation))
		elog(ERROR, "relation mes_internal.%s does not exist", name);
	return relation;
}

/*
 * Reads the row with the highest epoch not above the limit. There is a row an epoch at most and the
 * table is read when it changed, so a plain scan does. A fresh snapshot: the cache outlives ours.
 */
static bool
read_map(Oid relation, int64 limit, ShardMap *map)
{
	Relation rel = table_open(relation, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	int64 best = -1;
	Datum value = (Datum) 0;
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool is_null;
		int64 epoch = DatumGetInt64(heap_getattr(tuple, MAPS_EPOCH, RelationGetDescr(rel),
												 &is_null));

		if (epoch > limit || epoch <= best)
			continue;
		best = epoch;
		value = PointerGetDatum(PG_DETOAST_DATUM_COPY(heap_getattr(tuple, MAPS_MAP,
																   RelationGetDescr(rel),
																   &is_null)));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (best >= 0)
		route_map_read(value, map);
	return best >= 0;
}

bool
route_map_at(int64 epoch, ShardMap *map)
{
	return read_map(relation_oid("shard_maps"), epoch, map);
}

static int
address_compare(const void *left, const void *right)
{
	const RouteAddress *a = left;
	const RouteAddress *b = right;
	int order = span_compare(span_of(VARDATA_ANY(a->member), VARSIZE_ANY_EXHDR(a->member)),
							 span_of(VARDATA_ANY(b->member), VARSIZE_ANY_EXHDR(b->member)));

	if (order != 0)
		return order;
	return span_compare(span_of(VARDATA_ANY(a->node), VARSIZE_ANY_EXHDR(a->node)),
						span_of(VARDATA_ANY(b->node), VARSIZE_ANY_EXHDR(b->node)));
}

static const text *
text_attribute(HeapTuple tuple, int attribute, TupleDesc descriptor)
{
	bool is_null;

	return DatumGetTextPCopy(heap_getattr(tuple, attribute, descriptor, &is_null));
}

static RouteAddress *
read_addresses(Oid relation, uint32 *count)
{
	Relation rel = table_open(relation, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	uint32 room = 8;
	RouteAddress *addresses = palloc(room * sizeof(RouteAddress));
	HeapTuple tuple;

	*count = 0;
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		RouteAddress *address;
		bool is_null;

		if (*count == room)
			addresses = repalloc(addresses, (room *= 2) * sizeof(RouteAddress));
		address = &addresses[(*count)++];
		address->member = text_attribute(tuple, ADDRESSES_MEMBER, RelationGetDescr(rel));
		address->node = text_attribute(tuple, ADDRESSES_NODE, RelationGetDescr(rel));
		address->host = text_attribute(tuple, ADDRESSES_HOST, RelationGetDescr(rel));
		address->port = DatumGetInt32(heap_getattr(tuple, ADDRESSES_PORT, RelationGetDescr(rel),
												   &is_null));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	qsort(addresses, *count, sizeof(RouteAddress), address_compare);
	return addresses;
}

static uint64
identity_of(const text *name)
{
	McHash hash;

	digest_tagged(&hash, "", span_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)));
	return get_be64(hash.bytes);
}

/* Until governance writes a map: one shard, generation 1, held by every member with an address. */
static void
default_map(ShardMap *map, const RouteAddress *found, uint32 count)
{
	ShardRules rules = { .faults = 0, .seats = 0 };
	McSpan names[SHARD_MEMBERS_MAX + 1];
	size_t name_count = 0;
	McHash salt = { { 0 } };
	McProblem problem;
	ShardTree *tree = palloc(sizeof(ShardTree));

	shard_tree_init(tree);
	for (uint32 i = 0; i < count && name_count <= SHARD_MEMBERS_MAX; i++)
	{
		McSpan name = span_of(VARDATA_ANY(found[i].member), VARSIZE_ANY_EXHDR(found[i].member));

		if (name_count == 0 || span_compare(names[name_count - 1], name) != 0)
			names[name_count++] = name;
	}
	if (name_count == 0)
	{
		memset(map, 0, sizeof(*map));
		map->tree = *tree;
	}
	else
		problem_check(shard_map_create(map, tree, &rules, names, name_count, &salt, &problem),
					  &problem);
	pfree(tree);
}

/* The addresses of the map's members in its order; a member without one has an entry too. */
static void
join_addresses(RouteCache *built, const RouteAddress *found, uint32 count)
{
	uint32 at = 0;

	built->addresses = palloc0((count + SHARD_MEMBERS_MAX) * sizeof(RouteAddress));
	for (uint32 i = 0; i < built->map.member_count; i++)
	{
		const ShardMember *member = &built->map.members[i];
		McSpan name = span_of(member->name, member->size);
		text *member_text = cstring_to_text_with_len(member->name, member->size);
		uint32 start = built->address_count;

		built->address_start[i] = start;
		for (; at < count; at++)
		{
			int order = span_compare(span_of(VARDATA_ANY(found[at].member),
											 VARSIZE_ANY_EXHDR(found[at].member)),
									 name);

			if (order > 0)
				break;
			if (order == 0)
				built->addresses[built->address_count++] = found[at];
		}
		if (built->address_count == start)
			built->addresses[built->address_count++].member = member_text;
		for (uint32 j = start; j < built->address_count; j++)
		{
			RouteAddress *address = &built->addresses[j];

			address->member_identity = identity_of(member_text);
			address->node_identity = address->node ? identity_of(address->node) : 0;
		}
	}
	built->address_start[built->map.member_count] = built->address_count;
}

static RouteCache *
build_cache(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "meschain shard map",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	RouteCache *built = palloc0(sizeof(RouteCache));
	RouteAddress *found;
	uint32 count;

	built->context = context;
	maps_oid = relation_oid("shard_maps");
	addresses_oid = relation_oid("shard_addresses");
	/* counted before the first row is read: a change from now on is seen by the next call */
	built->built_at = invalidations;
	found = read_addresses(addresses_oid, &count);
	if (!read_map(maps_oid, PG_INT64_MAX, &built->map))
		default_map(&built->map, found, count);
	join_addresses(built, found, count);
	built->held_by = cstring_to_text(route_held_by(&built->map));
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, CacheMemoryContext);
	return built;
}

const RouteCache *
route_cache(void)
{
	if (cache != NULL && cache->built_at == invalidations)
		return cache;
	if (!callback_registered)
	{
		CacheRegisterRelcacheCallback(on_relation_change, (Datum) 0);
		callback_registered = true;
	}
	/* the old one goes only when the new one is whole: reading may raise */
	RouteCache *built = build_cache();
	if (cache != NULL)
		MemoryContextDelete(cache->context);
	cache = built;
	return cache;
}
