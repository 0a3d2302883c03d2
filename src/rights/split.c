/*
 * split.c - who gets what of an amount. At each work of the tree the sources' parts and the
 * holders' together are the amount; among the holders, again. So the sum is exact at every level.
 */
#include "rights/payment.h"
#include "rights/work.h"

int64_t
rights_part_of(int64_t amount, uint32_t ppm)
{
	assert(amount >= 0 && ppm <= PPM_WHOLE);
	return amount / PPM_WHOLE * ppm + amount % PPM_WHOLE * ppm / PPM_WHOLE;
}

void
rights_apportion(int64_t amount, const uint32_t *weights, uint32_t count, int64_t *parts)
{
	uint32_t remainders[RIGHTS_HOLDERS_MAX];
	int64_t whole = amount / PPM_WHOLE;
	int64_t rest = amount % PPM_WHOLE;
	int64_t left = amount;
	uint64_t sum = 0;

	assert(amount >= 0 && count >= 1 && count <= RIGHTS_HOLDERS_MAX);
	for (uint32_t i = 0; i < count; i++)
	{
		parts[i] = whole * weights[i] + rest * weights[i] / PPM_WHOLE;
		remainders[i] = (uint32_t) (rest * weights[i] % PPM_WHOLE);
		left -= parts[i];
		sum += weights[i];
	}
	assert(sum == PPM_WHOLE && left >= 0 && left < count);
	(void) sum;
	for (; left > 0; left--)
	{
		uint32_t largest = 0;

		for (uint32_t i = 1; i < count; i++)
			if (remainders[i] > remainders[largest])
				largest = i;
		parts[largest]++;
		remainders[largest] = 0;
	}
}

_Static_assert(RIGHTS_SOURCES_MAX + 1 <= RIGHTS_HOLDERS_MAX, "rights_apportion takes both");

static McStatus
pay_holders(TxWorld *world, const RightsId *work_id, uint32_t number, int64_t amount,
			RightsPayment *payment, McProblem *problem)
{
	RightsShares shares;
	uint32_t weights[RIGHTS_HOLDERS_MAX];
	int64_t parts[RIGHTS_HOLDERS_MAX];
	McStatus status = rights_find_shares(world, work_id, &shares, problem);

	if (status != MC_OK)
		return status;
	for (uint32_t i = 0; i < shares.count; i++)
		weights[i] = shares.items[i].ppm;
	rights_apportion(amount, weights, shares.count, parts);
	for (uint32_t i = 0; status == MC_OK && i < shares.count; i++)
		status = payment_add(payment, number, &shares.items[i].holder, parts[i], problem);
	return status;
}

/* As deep as works derive from works: RIGHTS_DEPTH_MAX. */
McStatus
rights_split_work(TxWorld *world, const RightsId *work_id, int64_t amount, RightsPayment *payment,
				  McProblem *problem)
{
	WorkRow work; /* of it only the sources are used once another row is read */
	uint32_t weights[RIGHTS_SOURCES_MAX + 1] = { PPM_WHOLE };
	int64_t parts[RIGHTS_SOURCES_MAX + 1];
	uint32_t number;
	McStatus status = rights_find_work(world, work_id, &work, problem);

	if (status == MC_OK)
		status = payment_add_work(payment, work_id, &number, problem);
	if (status != MC_OK)
		return status;
	for (uint32_t i = 0; i < work.source_count; i++)
	{
		weights[i + 1] = work.sources[i].ppm;
		weights[0] -= work.sources[i].ppm;
	}
	rights_apportion(amount, weights, work.source_count + 1, parts);
	status = pay_holders(world, work_id, number, parts[0], payment, problem);
	for (uint32_t i = 0; status == MC_OK && i < work.source_count; i++)
		if (parts[i + 1] > 0)
			status =
				rights_split_work(world, &work.sources[i].work_id, parts[i + 1], payment, problem);
	return status;
}
