/* storage_reward.c - traffic never pays more than its pool; the sweep takes the right sleepers. */
#include "storage/reward.h"
#include "unit/check.h"

static void
test_traffic_takes_its_share(void)
{
	uint64_t units;

	CHECK_INT(reward_traffic(1000000, 30, 100, REWARD_PPM, &units, NULL), MC_OK);
	CHECK_INT(units, 300000);
	CHECK_INT(reward_traffic(1000000, 30, 100, 500000, &units, NULL), MC_OK);
	CHECK_INT(units, 150000);
	CHECK_INT(reward_traffic(UINT64_MAX, (Wide) 1 << 90, (Wide) 1 << 90, REWARD_PPM, &units, NULL),
			  MC_OK);
	CHECK(units == UINT64_MAX);
}

static void
test_traffic_never_exceeds_the_pool(void)
{
	for (uint64_t pool = 0; pool < 200; pool++)
	{
		uint64_t paid = 0;

		for (int node = 0; node < 7; node++)
		{
			uint64_t units;

			CHECK_INT(reward_traffic(pool, 10, 70, REWARD_PPM, &units, NULL), MC_OK);
			paid += units;
		}
		CHECK(paid <= pool);
	}
}

static void
test_traffic_refuses(void)
{
	McProblem problem;
	uint64_t units;

	CHECK_INT(reward_traffic(1, 2, 1, 0, &units, &problem), MC_PART_OVER_WHOLE);
	CHECK_INT(reward_traffic(1, 0, 0, 0, &units, &problem), MC_PART_OVER_WHOLE);
	CHECK_INT(reward_traffic(1, 1, ((Wide) 1 << 100) + 1, 0, &units, &problem),
			  MC_PART_OVER_WHOLE);
	CHECK_INT(reward_traffic(1, 1, 1, REWARD_PPM + 1, &units, &problem), MC_PPM_OUT_OF_RANGE);
	CHECK_INT(problem.number, REWARD_PPM + 1);
}

static void
test_stability(void)
{
	uint32_t ppm;

	CHECK_INT(reward_stability(0, 0, &ppm, NULL), MC_OK);
	CHECK_INT(ppm, 500000);
	CHECK_INT(reward_stability(7, 7, &ppm, NULL), MC_OK);
	CHECK_INT(ppm, 1000000);
	CHECK_INT(reward_stability(2, 3, &ppm, NULL), MC_OK);
	CHECK_INT(ppm, 666666);
	CHECK_INT(reward_stability(0, 9, &ppm, NULL), MC_OK);
	CHECK_INT(ppm, 100000);
	CHECK_INT(reward_stability(10, 9, &ppm, NULL), MC_PART_OVER_WHOLE);
}

static void
test_fee_of_traffic(void)
{
	uint64_t units;

	CHECK_INT(reward_traffic_fee(12345, REWARD_TRAFFIC_FEE_PPM, &units, NULL), MC_OK);
	CHECK_INT(units, 123);
	CHECK_INT(reward_traffic_fee(UINT64_MAX, REWARD_PPM, &units, NULL), MC_OK);
	CHECK(units == UINT64_MAX);
	CHECK_INT(reward_traffic_fee(1, REWARD_PPM + 1, &units, NULL), MC_PPM_OUT_OF_RANGE);
}

static void
test_score_weighs_today_and_past(void)
{
	uint32_t score;

	CHECK_INT(reward_score(200000, 100000, 300000, &score, NULL), MC_OK);
	CHECK_INT(score, 130000);
	CHECK_INT(reward_score(200000, 100000, 0, &score, NULL), MC_OK);
	CHECK_INT(score, 100000);
	CHECK_INT(reward_score(REWARD_PPM + 1, 0, 0, &score, NULL), MC_PPM_OUT_OF_RANGE);
	CHECK_INT(reward_score(0, 0, REWARD_PPM + 1, &score, NULL), MC_PPM_OUT_OF_RANGE);
}

static void
test_falling_asleep(void)
{
	CHECK_INT(dormant_state(10, 10 + DORMANT_AFTER - DORMANT_NOTICE - 1), DORMANT_ACTIVE);
	CHECK_INT(dormant_state(10, 10 + DORMANT_AFTER - DORMANT_NOTICE), DORMANT_WARNED);
	CHECK_INT(dormant_state(10, 10 + DORMANT_AFTER - 1), DORMANT_WARNED);
	CHECK_INT(dormant_state(10, 10 + DORMANT_AFTER), DORMANT_ASLEEP);
	CHECK_INT(dormant_state(UINT64_MAX, 5), DORMANT_ACTIVE);
}

static void
test_sweep_takes_the_longest_asleep_first(void)
{
	uint64_t height = 100 + DORMANT_AFTER;
	DormantAccount accounts[] = {
		{ { { 9 } }, 100, false }, { { { 1 } }, 100, false }, { { { 5 } }, 50, false },
		{ { { 4 } }, 50, true },   { { { 3 } }, 101, false }, { { { 2 } }, 0, false },
	};
	uint32_t chosen[DORMANT_SWEEP_MAX];

	CHECK_INT(dormant_sweep(accounts, 6, height, chosen), 4);
	CHECK_INT(chosen[0], 5);
	CHECK_INT(chosen[1], 2);
	CHECK_INT(chosen[2], 1);
	CHECK_INT(chosen[3], 0);
}

/* One below, at and above what a block takes; the same accounts whatever their order. */
static void
test_sweep_is_bounded(void)
{
	static DormantAccount accounts[DORMANT_SWEEP_MAX + 1];
	static uint32_t chosen[DORMANT_SWEEP_MAX];
	size_t most = DORMANT_SWEEP_MAX;

	for (size_t i = 0; i <= most; i++)
		accounts[i].last_active_height = (i * 577) % (most + 1);
	CHECK_INT(dormant_sweep(accounts, most - 1, DORMANT_AFTER + most, chosen), most - 1);
	CHECK_INT(dormant_sweep(accounts, most, DORMANT_AFTER + most, chosen), most);
	CHECK_INT(dormant_sweep(accounts, most + 1, DORMANT_AFTER + most, chosen), most);
	for (size_t i = 0; i < most; i++)
		CHECK_INT(accounts[chosen[i]].last_active_height, i);
}

int
main(void)
{
	RUN(test_traffic_takes_its_share);
	RUN(test_traffic_never_exceeds_the_pool);
	RUN(test_traffic_refuses);
	RUN(test_stability);
	RUN(test_fee_of_traffic);
	RUN(test_score_weighs_today_and_past);
	RUN(test_falling_asleep);
	RUN(test_sweep_takes_the_longest_asleep_first);
	RUN(test_sweep_is_bounded);
	return CHECK_RESULT();
}
