/*
 * cost.c - what agreement costs a member where nothing is broken: signatures, messages and bytes a
 * block, counted for a number of members no machine here could run. And what a slow disk costs.
 */
#include "sim/sim.h"

static void
calm_plan(uint32_t n)
{
	world.plan = (SimPlan){ .n = n,
							.latency_us = 1000,
							.window = PBFT_WINDOW_MAX,
							.pool_mean_us = 5000,
							.chaos_us = UINT64_MAX };
	world.calm = true;
}

static void
calm_world(uint32_t n)
{
	world.seed = world.random = n;
	sim_check_reset();
	sim_byzantine_reset();
	world.final_hash = calloc(SIM_HEIGHT_MAX, sizeof(McHash));
	world.final_root = calloc(SIM_HEIGHT_MAX, sizeof(McHash));
	calm_plan(n);
	sim_people();
}

/* Counted from the second block on, when everybody has heard of everybody. */
void
sim_cost(uint32_t n, uint64_t blocks)
{
	uint64_t made, checked, messages, bytes, from;
	double share;

	calm_world(n);
	sim_schedule((SimEvent){ .kind = SIM_POOL }, 1000);
	while (world.result_height < 2)
		sim_run_one();
	from = world.result_height;
	made = world.signatures_made;
	checked = world.signatures_checked;
	messages = world.messages;
	bytes = world.bytes;
	while (world.result_height < from + blocks)
		sim_run_one();
	share = 1.0 / (double) ((world.result_height - from) * n);
	printf("cost %u %.2f %.2f %.1f %.0f\n", n, (double) (world.signatures_made - made) * share,
		   (double) (world.signatures_checked - checked) * share,
		   (double) (world.messages - messages) * share, (double) (world.bytes - bytes) * share);
}

/* A10: how many blocks n members make in so many seconds when syncs of one of them take so long. */
uint64_t
sim_slow_disk(uint32_t n, uint64_t disk_us, uint64_t seconds)
{
	calm_world(n);
	for (uint32_t i = 0; i < n; i++)
		world.nodes[i].disk_us = i > 0 ? 1000 : disk_us;
	sim_schedule((SimEvent){ .kind = SIM_POOL }, 1000);
	while (world.now_us < seconds * 1000000)
		sim_run_one();
	return world.result_height;
}
