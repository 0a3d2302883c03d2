/*
 * map_pg.c - the steps of a shard map as functions from map to map, for governance that writes the
 * next one and for an auditor who computes it again. IMMUTABLE: they look at their arguments alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "node/errors_pg.h"
#include "shard/route_pg.h"

static ShardMap *
map_argument(FunctionCallInfo fcinfo)
{
	ShardMap *map = palloc(sizeof(ShardMap));

	route_map_read(PG_GETARG_DATUM(0), map);
	return map;
}

static Datum
map_datum(const ShardMap *map)
{
	bytea *bytes = palloc(VARHDRSZ + SHARD_MAP_BYTES_MAX);
	WireWriter writer;

	wire_writer_init(&writer, VARDATA(bytes), SHARD_MAP_BYTES_MAX);
	shard_map_write(&writer, map);
	Assert(!writer.full);
	SET_VARSIZE(bytes, VARHDRSZ + writer.size);
	return PointerGetDatum(bytes);
}

static McHash
salt_argument(FunctionCallInfo fcinfo, int argument)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(argument);
	McProblem problem;
	McHash salt;

	if (VARSIZE_ANY_EXHDR(bytes) != HASH_SIZE)
	{
		status_problem(&problem, MC_SHARD_SALT, VARSIZE_ANY_EXHDR(bytes), HASH_SIZE);
		problem_raise(&problem);
	}
	memcpy(salt.bytes, VARDATA_ANY(bytes), HASH_SIZE);
	return salt;
}

static McSpan
name_argument(FunctionCallInfo fcinfo, int argument)
{
	text *name = PG_GETARG_TEXT_PP(argument);

	return span_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

static uint32
number_argument(FunctionCallInfo fcinfo, int argument)
{
	int32 number = PG_GETARG_INT32(argument);
	McProblem problem;

	if (number < 0)
	{
		status_problem(&problem, MC_OUT_OF_RANGE, number, 0);
		problem_raise(&problem);
	}
	return (uint32) number;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_create_sql);

Datum
shard_map_create_sql(PG_FUNCTION_ARGS)
{
	ShardMap *map = palloc(sizeof(ShardMap));
	ShardTree *tree = palloc(sizeof(ShardTree));
	ShardRules rules = { number_argument(fcinfo, 1), number_argument(fcinfo, 2) };
	McHash salt = salt_argument(fcinfo, 3);
	McProblem problem;
	McSpan *names;
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &count);
	names = palloc((count + 1) * sizeof(McSpan));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("member %d of the shard map is null", i + 1)));
		names[i] = span_of(VARDATA_ANY(elements[i]), VARSIZE_ANY_EXHDR(elements[i]));
	}
	shard_tree_init(tree);
	problem_check(shard_map_create(map, tree, &rules, names, count, &salt, &problem), &problem);
	return map_datum(map);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_split_sql);

Datum
shard_map_split_sql(PG_FUNCTION_ARGS)
{
	ShardMap *map = map_argument(fcinfo);
	McProblem problem;

	problem_check(shard_map_split(map, number_argument(fcinfo, 1), &problem), &problem);
	return map_datum(map);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_merge_sql);

Datum
shard_map_merge_sql(PG_FUNCTION_ARGS)
{
	ShardMap *map = map_argument(fcinfo);
	McHash salt = salt_argument(fcinfo, 2);
	McProblem problem;

	problem_check(shard_map_merge(map, number_argument(fcinfo, 1), &salt, &problem), &problem);
	return map_datum(map);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_admit_sql);

Datum
shard_map_admit_sql(PG_FUNCTION_ARGS)
{
	ShardMap *map = map_argument(fcinfo);
	McHash salt = salt_argument(fcinfo, 2);
	McProblem problem;

	problem_check(shard_map_admit(map, name_argument(fcinfo, 1), &salt, &problem), &problem);
	return map_datum(map);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_remove_sql);

Datum
shard_map_remove_sql(PG_FUNCTION_ARGS)
{
	ShardMap *map = map_argument(fcinfo);
	McHash salt = salt_argument(fcinfo, 2);
	McProblem problem;

	problem_check(shard_map_remove(map, name_argument(fcinfo, 1), &salt, &problem), &problem);
	return map_datum(map);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_resalt_sql);

Datum
shard_map_resalt_sql(PG_FUNCTION_ARGS)
{
	ShardMap *map = map_argument(fcinfo);
	McHash salt = salt_argument(fcinfo, 1);
	McProblem problem;

	problem_check(shard_map_resalt(map, &salt, &problem), &problem);
	return map_datum(map);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(shard_map_epoch_sql);

Datum
shard_map_epoch_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) map_argument(fcinfo)->epoch);
}
