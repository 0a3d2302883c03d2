/*
 * shard_pg.c - mes.bucket_of, mes.shard_of, mes.route, mes.committee and the rows of mes.shards.
 * Everything here answers from the backend's memory of the map; nothing writes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "node/errors_pg.h"
#include "shard/route_pg.h"

#define ROUTE_COLUMNS 8
#define COMMITTEE_COLUMNS 4
#define SHARD_COLUMNS 11

static uint16
bucket_of_argument(FunctionCallInfo fcinfo)
{
	bytea *key = PG_GETARG_BYTEA_PP(0);
	uint16 bucket = shard_bucket(span_of(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)));

	PG_FREE_IF_COPY(key, 0);
	return bucket;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_bucket_of);

Datum
mes_bucket_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(bucket_of_argument(fcinfo));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_shard_of);

Datum
mes_shard_of(PG_FUNCTION_ARGS)
{
	const ShardTree *tree = &route_cache()->map.tree;

	PG_RETURN_INT32(tree->leaves[shard_tree_find(tree, bucket_of_argument(fcinfo))].number);
}

/* What a client may try, best first. */
typedef struct RouteChoice
{
	const RouteAddress *address;
	uint64 member_preference;
	uint64 node_preference;
} RouteChoice;

static bool
choice_before(const RouteChoice *left, const RouteChoice *right)
{
	if (left->member_preference != right->member_preference)
		return left->member_preference > right->member_preference;
	return left->node_preference > right->node_preference;
}

/* Insertion sort: a committee is small, and equal choices keep their order by name. */
static uint32
rank_addresses(const RouteCache *cache, uint32 position, uint16 bucket, RouteChoice *choices)
{
	uint32 count = 0;

	for (uint32 i = 0; i < cache->map.member_count; i++)
	{
		if (!shard_seated(&cache->map, position, i))
			continue;
		for (uint32 j = cache->address_start[i]; j < cache->address_start[i + 1]; j++)
		{
			const RouteAddress *address = &cache->addresses[j];
			RouteChoice choice = { address, shard_preference(bucket, address->member_identity),
								   shard_preference(bucket, address->node_identity) };
			uint32 place = count++;

			for (; place > 0 && choice_before(&choice, &choices[place - 1]); place--)
				choices[place] = choices[place - 1];
			choices[place] = choice;
		}
	}
	return count;
}

static HeapTuple
route_row(TupleDesc descriptor, const RouteCache *cache, uint32 position,
		  const RouteAddress *address, uint32 preference)
{
	ShardLeaf leaf = cache->map.tree.leaves[position];
	Datum values[ROUTE_COLUMNS] = { Int32GetDatum(leaf.number), Int64GetDatum(leaf.born) };
	bool nulls[ROUTE_COLUMNS] = { false, false, true, true, true, true, true, false };

	if (address != NULL)
	{
		values[2] = PointerGetDatum(address->member);
		values[3] = PointerGetDatum(address->node);
		values[4] = PointerGetDatum(address->host);
		values[5] = Int32GetDatum(address->port);
		values[6] = Int32GetDatum(preference);
		nulls[2] = nulls[6] = false;
		nulls[3] = nulls[4] = nulls[5] = address->node == NULL;
	}
	values[7] = PointerGetDatum(cache->held_by);
	return heap_form_tuple(descriptor, values, nulls);
}

/* All rows at once: the cache may be rebuilt before the next call. */
static HeapTuple *
route_rows(FunctionCallInfo fcinfo, TupleDesc descriptor, uint64 *count)
{
	const RouteCache *cache = route_cache();
	uint16 bucket = bucket_of_argument(fcinfo);
	uint32 position = shard_tree_find(&cache->map.tree, bucket);
	RouteChoice *choices = palloc((cache->address_count + 1) * sizeof(RouteChoice));
	uint32 found = rank_addresses(cache, position, bucket, choices);
	HeapTuple *rows = palloc((found + 1) * sizeof(HeapTuple));

	for (uint32 i = 0; i < found; i++)
		rows[i] = route_row(descriptor, cache, position, choices[i].address, i + 1);
	/* nobody is known to hold it: the shard is an answer all the same */
	if (found == 0)
		rows[found++] = route_row(descriptor, cache, position, NULL, 0);
	*count = found;
	return rows;
}

static TupleDesc
result_descriptor(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TupleDesc descriptor = result->expectedDesc;

	/* the executor has it; asking the catalogue costs more than the routing does */
	if (descriptor != NULL && (descriptor->tdtypeid != RECORDOID || descriptor->tdtypmod >= 0))
		return descriptor;
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "mes.route must return rows");
	return BlessTupleDesc(descriptor);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_route);

Datum
mes_route(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		call = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->user_fctx = route_rows(fcinfo, result_descriptor(fcinfo), &call->max_calls);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr < call->max_calls)
	{
		HeapTuple row = ((HeapTuple *) call->user_fctx)[call->call_cntr];

		SRF_RETURN_NEXT(call, HeapTupleGetDatum(row));
	}
	SRF_RETURN_DONE(call);
}

/* The map in force at the epoch, the latest when none is named. */
static const ShardMap *
map_in_force(FunctionCallInfo fcinfo, int argument)
{
	const ShardMap *latest = &route_cache()->map;
	ShardMap *older;
	McProblem problem;
	int64 epoch;

	if (PG_ARGISNULL(argument))
		return latest;
	epoch = PG_GETARG_INT64(argument);
	if (epoch < 0)
	{
		status_problem(&problem, MC_OUT_OF_RANGE, epoch, 0);
		problem_raise(&problem);
	}
	if (epoch >= (int64) latest->epoch)
		return latest;
	older = palloc(sizeof(ShardMap));
	if (!route_map_at(epoch, older))
	{
		status_problem(&problem, MC_SHARD_EPOCH, epoch, (int64) latest->epoch);
		problem_raise(&problem);
	}
	return older;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_committee);

Datum
mes_committee(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const ShardMap *map;
	McProblem problem;
	uint32 position;
	int32 seat = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	map = map_in_force(fcinfo, 1);
	if (PG_GETARG_INT32(0) < 1 ||
		!shard_tree_position(&map->tree, (uint32) PG_GETARG_INT32(0), &position))
	{
		status_problem(&problem, MC_SHARD_UNKNOWN, PG_GETARG_INT32(0), 0);
		problem_raise(&problem);
	}
	for (uint32 i = 0; i < map->member_count; i++)
	{
		const ShardMember *member = &map->members[i];
		Datum values[COMMITTEE_COLUMNS];
		bool nulls[COMMITTEE_COLUMNS] = { false };

		if (!shard_seated(map, position, i))
			continue;
		values[0] = Int32GetDatum(++seat);
		values[1] = PointerGetDatum(cstring_to_text_with_len(member->name, member->size));
		values[2] = Int64GetDatum(map->tree.leaves[position].born);
		values[3] = Int64GetDatum((int64) map->epoch);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static Datum
member_array(const ShardMap *map, uint32 position)
{
	Datum names[SHARD_MEMBERS_MAX];
	int count = 0;

	for (uint32 i = 0; i < map->member_count; i++)
		if (shard_seated(map, position, i))
			names[count++] = PointerGetDatum(cstring_to_text_with_len(map->members[i].name,
																	  map->members[i].size));
	return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
put_shard_row(ReturnSetInfo *result, const ShardMap *map, uint32 position)
{
	ShardLeaf leaf = map->tree.leaves[position];
	uint32 first = shard_first_bucket(leaf.number);
	uint32 size = shard_committee_size(map, position);
	char prefix[SHARD_BUCKET_BITS + 1];
	Datum values[SHARD_COLUMNS];
	bool nulls[SHARD_COLUMNS] = { false };

	shard_prefix_text(leaf.number, prefix);
	values[0] = Int32GetDatum(leaf.number);
	values[1] = CStringGetTextDatum(prefix);
	values[2] = Int32GetDatum(first);
	values[3] = Int32GetDatum(first + shard_bucket_count(leaf.number) - 1);
	values[4] = Int64GetDatum(leaf.born);
	values[5] = Int64GetDatum(map->tree.generation);
	values[6] = Int64GetDatum((int64) map->epoch);
	values[7] = Int32GetDatum(size);
	values[8] = Int32GetDatum(map->faults);
	values[9] = CStringGetTextDatum(route_held_by(map));
	values[10] = member_array(map, position);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* One row a shard: of the map given, or of the map in force when it is null. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_rows);

Datum
shard_map_rows(PG_FUNCTION_ARGS)
{
	ShardMap *map = palloc(sizeof(ShardMap));

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		*map = route_cache()->map;
	else
		route_map_read(PG_GETARG_DATUM(0), map);
	for (uint32 i = 0; i < map->tree.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_shard_row((ReturnSetInfo *) fcinfo->resultinfo, map, i);
	}
	return (Datum) 0;
}
