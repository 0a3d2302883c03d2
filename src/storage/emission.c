/*
 * emission.c - whole numbers only; every product fits 128 bits (2^78 byte-minutes * 10^8 < 2^105).
 */
#include "storage/emission.h"

#include <assert.h>

#define STAGE_LENGTH ((Wide) 1 << EMISSION_STAGE_BITS)
#define SUPPLY_UNITS (CCC_SUPPLY * CCC_UNITS)

uint32_t
emission_stage(Wide byte_minutes)
{
	Wide stage = byte_minutes >> EMISSION_STAGE_BITS;

	return stage < EMISSION_STAGES ? (uint32_t) stage : EMISSION_STAGES;
}

uint64_t
emission_minted(Wide byte_minutes)
{
	uint32_t stage = emission_stage(byte_minutes);
	uint64_t before = SUPPLY_UNITS - (SUPPLY_UNITS >> stage);
	Wide inside = byte_minutes & (STAGE_LENGTH - 1);

	if (stage == EMISSION_STAGES)
		return before;
	return before + (uint64_t) ((inside * CCC_UNITS) >> (EMISSION_RATE_BITS + stage));
}

size_t
emission_minute(Wide byte_minutes, Wide bytes, EmissionPart parts[2])
{
	uint32_t stage = emission_stage(byte_minutes);
	Wide left = bytes < EMISSION_SPACE_CAP ? bytes : EMISSION_SPACE_CAP;
	size_t used = 0;

	/* a minute is shorter than a stage (2^60 against 2^78), so it meets one border at most */
	while (left > 0 && stage < EMISSION_STAGES)
	{
		Wide room = STAGE_LENGTH - (byte_minutes & (STAGE_LENGTH - 1));
		Wide taken = left < room ? left : room;

		assert(used < 2);
		parts[used++] = (EmissionPart){ stage, taken };
		byte_minutes += taken;
		left -= taken;
		stage = emission_stage(byte_minutes);
	}
	return used;
}

McStatus
emission_node_minute(Wide node_bytes, Wide network_bytes, const EmissionPart *parts, size_t count,
					 Wide byte_minutes[2], McProblem *problem)
{
	Wide counted = 0;
	Wide given = 0;

	assert(count <= 2);
	if (network_bytes == 0 || node_bytes > network_bytes)
		return status_problem_name(problem, MC_PART_OVER_WHOLE, "node_bytes", 10);
	/* differences of cumulative floors: a border costs the node nothing */
	for (size_t i = 0; i < count; i++)
	{
		Wide upto;

		counted += parts[i].byte_minutes;
		upto = wide_share(node_bytes, counted, network_bytes);
		byte_minutes[i] = upto - given;
		given = upto;
	}
	return MC_OK;
}

McStatus
emission_owed(const Wide *stage_byte_minutes, size_t count, uint64_t *units, McProblem *problem)
{
	uint64_t owed = 0;

	if (count > EMISSION_STAGES)
		return status_problem(problem, MC_STAGE_COUNT, (int64_t) count, EMISSION_STAGES);
	for (size_t stage = 0; stage < count; stage++)
	{
		if (stage_byte_minutes[stage] > STAGE_LENGTH)
			return status_problem(problem, MC_STAGE_OVERFULL, (int64_t) stage, EMISSION_STAGES);
		owed += (uint64_t) (stage_byte_minutes[stage] * CCC_UNITS >> (EMISSION_RATE_BITS + stage));
	}
	*units = owed;
	return MC_OK;
}
