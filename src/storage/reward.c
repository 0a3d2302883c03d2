/*
 * reward.c - traffic, score and the sweep of sleeping accounts. Pure; floors everywhere, so what is
 * paid never exceeds what there was.
 */
#include "storage/reward.h"

McStatus
reward_stability(uint64_t passed, uint64_t audits, uint32_t *ppm, McProblem *problem)
{
	Wide share;

	if (passed > audits)
		return status_problem_name(problem, MC_PART_OVER_WHOLE, "passed", 6);
	if (audits == 0)
	{
		*ppm = REWARD_STABILITY_NEW_PPM;
		return MC_OK;
	}
	share = (Wide) passed * REWARD_PPM / audits;
	*ppm = share > REWARD_STABILITY_LEAST_PPM ? (uint32_t) share : REWARD_STABILITY_LEAST_PPM;
	return MC_OK;
}

static McStatus
check_ppm(uint32_t ppm, McProblem *problem)
{
	if (ppm > REWARD_PPM)
		return status_problem(problem, MC_PPM_OUT_OF_RANGE, ppm, REWARD_PPM);
	return MC_OK;
}

McStatus
reward_traffic(uint64_t pool_units, Wide bytes, Wide all_bytes, uint32_t stability_ppm,
			   uint64_t *units, McProblem *problem)
{
	McStatus status = check_ppm(stability_ppm, problem);

	if (status != MC_OK)
		return status;
	/* 2^100 bytes an epoch times a million fits: spaces end at 2^90 */
	if (all_bytes == 0 || bytes > all_bytes || all_bytes > (Wide) 1 << 100)
		return status_problem_name(problem, MC_PART_OVER_WHOLE, "bytes", 5);
	*units = (uint64_t) wide_share(bytes * stability_ppm, pool_units, all_bytes * REWARD_PPM);
	return MC_OK;
}

McStatus
reward_traffic_fee(uint64_t storage_fee_units, uint32_t ratio_ppm, uint64_t *units,
				   McProblem *problem)
{
	McStatus status = check_ppm(ratio_ppm, problem);

	if (status == MC_OK)
		*units = (uint64_t) ((Wide) storage_fee_units * ratio_ppm / REWARD_PPM);
	return status;
}

McStatus
reward_score(uint32_t today_ppm, uint32_t past_ppm, uint32_t today_weight_ppm,
			 uint32_t *score_ppm, McProblem *problem)
{
	uint32_t largest = today_ppm > past_ppm ? today_ppm : past_ppm;
	McStatus status = check_ppm(largest, problem);

	if (status == MC_OK)
		status = check_ppm(today_weight_ppm, problem);
	if (status == MC_OK)
		*score_ppm = (uint32_t) (((uint64_t) today_ppm * today_weight_ppm +
								  (uint64_t) past_ppm * (REWARD_PPM - today_weight_ppm)) /
								 REWARD_PPM);
	return status;
}

DormantState
dormant_state(uint64_t last_active_height, uint64_t height)
{
	uint64_t silent = height > last_active_height ? height - last_active_height : 0;

	if (silent >= DORMANT_AFTER)
		return DORMANT_ASLEEP;
	return silent >= DORMANT_AFTER - DORMANT_NOTICE ? DORMANT_WARNED : DORMANT_ACTIVE;
}

static bool
comes_before(const DormantAccount *left, const DormantAccount *right)
{
	if (left->last_active_height != right->last_active_height)
		return left->last_active_height < right->last_active_height;
	return memcmp(left->id.bytes, right->id.bytes, HASH_SIZE) < 0;
}

/* Keeps the first DORMANT_SWEEP_MAX of the order in a sorted row: no memory but the answer's. */
size_t
dormant_sweep(const DormantAccount *accounts, size_t count, uint64_t height,
			  uint32_t chosen[DORMANT_SWEEP_MAX])
{
	size_t used = 0;

	assert(count <= UINT32_MAX);
	for (size_t i = 0; i < count; i++)
	{
		size_t low = 0;
		size_t high = used;

		if (accounts[i].exempt ||
			dormant_state(accounts[i].last_active_height, height) != DORMANT_ASLEEP)
			continue;
		while (low < high)
		{
			size_t middle = low + (high - low) / 2;

			if (comes_before(&accounts[chosen[middle]], &accounts[i]))
				low = middle + 1;
			else
				high = middle;
		}
		if (low == DORMANT_SWEEP_MAX)
			continue;
		if (used < DORMANT_SWEEP_MAX)
			used++;
		memmove(&chosen[low + 1], &chosen[low], (used - low - 1) * sizeof(chosen[0]));
		chosen[low] = (uint32_t) i;
	}
	return used;
}
