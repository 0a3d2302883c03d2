/*
 * ccc_pg.c - SQL face of the emission of CCC and of what traffic and sleep do to it. CCC are
 * numeric with eight decimals here, base units inside.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "node/errors_pg.h"
#include "storage/argument_pg.h"
#include "storage/reward.h"

static Wide
byte_minutes_argument(FunctionCallInfo fcinfo, int number)
{
	return argument_wide(PG_GETARG_DATUM(number), "byte_minutes", EMISSION_BYTE_MINUTES_MAX);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_minted);
Datum
mes_ccc_minted(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(answer_units(emission_minted(byte_minutes_argument(fcinfo, 0))));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_stage);
Datum
mes_ccc_stage(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) emission_stage(byte_minutes_argument(fcinfo, 0)));
}

/* byte_minutes, network_bytes, node_bytes -> stage, network's and node's byte-minutes */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_minute);
Datum
mes_ccc_minute(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Wide before = byte_minutes_argument(fcinfo, 0);
	Wide bytes = argument_wide(PG_GETARG_DATUM(1), "network_bytes", (Wide) 1 << 90);
	Wide node_bytes = argument_wide(PG_GETARG_DATUM(2), "node_bytes", (Wide) 1 << 90);
	EmissionPart parts[2];
	size_t count = emission_minute(before, bytes, parts);
	McProblem problem;
	Wide node[2];

	problem_check(emission_node_minute(node_bytes, bytes, parts, count, node, &problem), &problem);
	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < count; i++)
	{
		Datum values[3] = { Int32GetDatum((int32) parts[i].stage),
							answer_wide(parts[i].byte_minutes), answer_wide(node[i]) };
		bool nulls[3] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_owed);
Datum
mes_ccc_owed(PG_FUNCTION_ARGS)
{
	size_t count;
	Datum *values = argument_array(fcinfo, 0, NUMERICOID, &count);
	Wide stages[EMISSION_STAGES];
	McProblem problem;
	uint64 units;

	for (size_t i = 0; i < count && i < EMISSION_STAGES; i++)
		stages[i] = argument_wide(values[i], "byte_minutes", EMISSION_BYTE_MINUTES_MAX);
	problem_check(emission_owed(stages, count, &units, &problem), &problem);
	PG_RETURN_DATUM(answer_units(units));
}

static uint32
ppm_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	return (uint32) argument_count(PG_GETARG_INT32(number), name);
}

/* pool, bytes, all_bytes, stability_ppm */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_traffic_reward);
Datum
mes_ccc_traffic_reward(PG_FUNCTION_ARGS)
{
	uint64 pool = argument_units(fcinfo, 0, "pool");
	Wide bytes = argument_wide(PG_GETARG_DATUM(1), "bytes", (Wide) 1 << 100);
	Wide all_bytes = argument_wide(PG_GETARG_DATUM(2), "all_bytes", (Wide) 1 << 100);
	McProblem problem;
	uint64 units;

	problem_check(reward_traffic(pool, bytes, all_bytes,
								 ppm_argument(fcinfo, 3, "stability_ppm"), &units, &problem),
				  &problem);
	PG_RETURN_DATUM(answer_units(units));
}

/* storage_fee, ratio_ppm */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_traffic_fee);
Datum
mes_ccc_traffic_fee(PG_FUNCTION_ARGS)
{
	uint64 fee = argument_units(fcinfo, 0, "storage_fee");
	McProblem problem;
	uint64 units;

	problem_check(reward_traffic_fee(fee, ppm_argument(fcinfo, 1, "ratio_ppm"), &units, &problem),
				  &problem);
	PG_RETURN_DATUM(answer_units(units));
}

/* passed, audits */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_stability);
Datum
mes_ccc_stability(PG_FUNCTION_ARGS)
{
	uint64 passed = argument_count(PG_GETARG_INT64(0), "passed");
	uint64 audits = argument_count(PG_GETARG_INT64(1), "audits");
	McProblem problem;
	uint32 ppm;

	problem_check(reward_stability(passed, audits, &ppm, &problem), &problem);
	PG_RETURN_INT32((int32) ppm);
}

/* today_ppm, past_ppm, today_weight_ppm */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_node_score);
Datum
mes_ccc_node_score(PG_FUNCTION_ARGS)
{
	McProblem problem;
	uint32 score;

	problem_check(reward_score(ppm_argument(fcinfo, 0, "today_ppm"),
							   ppm_argument(fcinfo, 1, "past_ppm"),
							   ppm_argument(fcinfo, 2, "today_weight_ppm"), &score, &problem),
				  &problem);
	PG_RETURN_INT32((int32) score);
}

/* last_active_height, height */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_dormant_state);
Datum
mes_ccc_dormant_state(PG_FUNCTION_ARGS)
{
	static const char *const names[] = { "active", "warned", "asleep" };
	uint64 last = argument_count(PG_GETARG_INT64(0), "last_active_height");
	uint64 height = argument_count(PG_GETARG_INT64(1), "height");

	PG_RETURN_TEXT_P(cstring_to_text(names[dormant_state(last, height)]));
}

/* ids, last_active_heights, exempt, height -> positions from 1, in the order of the sweep */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_ccc_dormant_sweep);
Datum
mes_ccc_dormant_sweep(PG_FUNCTION_ARGS)
{
	uint32 chosen[DORMANT_SWEEP_MAX];
	uint64 positions[DORMANT_SWEEP_MAX];
	size_t counts[3];
	McSpan *ids = argument_byte_array(fcinfo, 0, &counts[0]);
	uint64 *heights = argument_bigint_array(fcinfo, 1, &counts[1]);
	Datum *exempt = argument_array(fcinfo, 2, BOOLOID, &counts[2]);
	uint64 height = argument_count(PG_GETARG_INT64(3), "height");
	DormantAccount *accounts = palloc_extended(counts[0] * sizeof(*accounts), MCXT_ALLOC_HUGE);
	McProblem problem;
	size_t found;

	if (counts[1] != counts[0] || counts[2] != counts[0])
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("the arrays have %zu, %zu and %zu elements", counts[0], counts[1],
							   counts[2]),
						errhint("Give an id, a height and a flag for each account.")));
	for (size_t i = 0; i < counts[0]; i++)
	{
		if (ids[i].size != HASH_SIZE)
		{
			status_problem_name(&problem, MC_HASH_LENGTH, "ids", 3);
			problem.number = (int64) ids[i].size;
			problem.limit = HASH_SIZE;
			problem_raise(&problem);
		}
		memcpy(&accounts[i].id, ids[i].data, HASH_SIZE);
		accounts[i].last_active_height = argument_count((int64) heights[i], "last_active_height");
		accounts[i].exempt = DatumGetBool(exempt[i]);
	}
	found = dormant_sweep(accounts, counts[0], height, chosen);
	for (size_t i = 0; i < found; i++)
		positions[i] = chosen[i] + 1;
	PG_RETURN_DATUM(answer_bigint_array(positions, found));
}
