/*
 * plan.c - what a seed makes: the members and who of them lies, the network, what breaks when, and
 * how all is mended. Never more at once than the protocol promises to survive.
 */
#include "sim/sim.h"

#define CATCH_UP_US 10000000 /* a slow apply is level within that much of its own work */

typedef enum Fault
{
	FAULT_CRASH,
	FAULT_PARTITION,
	FAULT_ONE_WAY_CUT,
	FAULT_CUTS_HEALED,
	FAULT_CLOCK_JUMP,
	FAULT_SLOW_DISK,
	FAULT_SLOW_APPLY,
	FAULT_CRASH_ALL,
	FAULT_DISK_FULL,
	FAULT_ROT,          /* one copy of a synced batch */
	FAULT_LOST_BATCH,   /* both copies: fenced */
	FAULT_SYNC_FAILS,   /* fenced */
	FAULT_WRONG_RESULT, /* broken memory: diverges */
	FAULT_BACKUP,
	FAULT_RESTORE,
	FAULT_NO_QUORUM,
	FAULT_COUNT
} Fault;

static const char *const fault_names[FAULT_COUNT] = {
	"crash",        "partition", "one-way cut", "cuts healed", "clock jump", "slow disk",
	"slow apply",   "crash all", "disk full",   "rotten copy", "lost batch", "sync failure",
	"wrong result", "backup",    "restore",     "no quorum"
};

/* ---- the plan ----------------------------------------------------------------------------- */

static uint32_t
draw_n(void)
{
	uint64_t draw = sim_random(100);

	if (world.wanted_n > 0)
		return world.wanted_n;
	if (draw < 50)
		return 4;
	if (draw < 90)
		return 5 + (uint32_t) sim_random(4);
	if (draw < 99)
		return 9 + (uint32_t) sim_random(8);
	return 17 + (uint32_t) sim_random(15);
}

static void
make_plan(void)
{
	SimPlan *plan = &world.plan;

	plan->n = draw_n();
	plan->faulty = (uint32_t) sim_random(pbft_faults(plan->n) + 1);
	plan->byzantine_kinds = 0;
	for (int i = 0; i < 3; i++)
		plan->byzantine_kinds |= 1u << sim_random(BYZ_KINDS);
	plan->loss_ppm = sim_chance(500000) ? 0 : (uint32_t) sim_random(300000);
	plan->duplicate_ppm = sim_chance(500000) ? 0 : (uint32_t) sim_random(500000);
	plan->latency_us = 200 + sim_random(sim_chance(500000) ? 2000 : 60000);
	plan->chaos_us = 3000000 + sim_random(12000000);
	plan->fault_mean_us = 200000 + sim_random(3000000);
	plan->clock_jumps = sim_chance(300000);
	plan->rest = sim_chance(400000);
	if (sim_chance(400000))
		plan->epoch_blocks = 6 + sim_random(40);
	plan->cause_ppm = plan->epoch_blocks > 0 && sim_chance(500000) ? 50000 : 0;
	plan->resume = sim_chance(200000);
	plan->window = 1 + (uint32_t) sim_random(PBFT_WINDOW_MAX);
	plan->pool_mean_us = sim_chance(200000) ? 2000 + sim_random(20000) : 20000 + sim_random(600000);
}

static void
make_config(void)
{
	PbftConfig *config = &world.config;

	memset(config, 0, sizeof(*config));
	memcpy(config->domain.chain_id, "simulated-chain!", PBFT_CHAIN_ID_SIZE);
	put_be64(config->domain.instance, world.seed);
	config->member_count = world.plan.n;
	config->anchor.hash.bytes[0] = 1;
	config->anchor.exec_root.bytes[0] = 2;
	config->anchor.stable_exec_root = config->anchor.exec_root;
	put_be64(config->order_seed.bytes, world.seed);
	config->window = world.plan.window;
	config->lag = config->window + (uint32_t) sim_random(PBFT_LAG_MAX + 1 - config->window);
	config->tau0_ms = 1000;
	config->tau_max_ms = 4000;
	config->drift_ms = 1000;
	config->heartbeat_ms = world.plan.rest ? 120000 : 5000;
	config->epoch_blocks = world.plan.epoch_blocks;
	/* without a length an epoch ends for no cause, either */
	config->epoch_min_blocks =
		world.plan.epoch_blocks > 0 ? 1 + world.plan.epoch_blocks / 3 : UINT64_MAX;
	config->seat_loss = world.plan.epoch_blocks > 0 && sim_chance(500000);
	config->beacon = sim_chance(500000);
	world.instances[0] = (SimInstance){ .anchor = config->anchor };
	memcpy(world.instances[0].name, config->domain.instance, PBFT_INSTANCE_SIZE);
	world.instance_count = 1;
}

/* How many members may still be silenced for good, and how many of them restored. */
void
sim_budget(void)
{
	uint32_t silent = 0;
	uint32_t faulty = 0;

	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		const SimNode *node = &world.nodes[i];
		bool lies = node->byzantine || node->restored;

		faulty += lies;
		silent += lies || node->may_fence || node->sync_fails || node->wrong_from > 0;
	}
	world.lame = world.plan.n - pbft_quorum(world.plan.n);
	world.lame -= silent < world.lame ? silent : world.lame;
	world.restores = pbft_faults(world.plan.n);
	world.restores -= faulty < world.restores ? faulty : world.restores;
	if (sim_resume_open())
		world.lame = world.restores = 0;
}

/* The members of the plan, some of them faulty, all started. */
void
sim_people(void)
{
	make_config();
	world.node_count = world.plan.n;
	for (uint32_t i = 0; i < world.plan.n; i++)
		sim_node_init(&world.nodes[i], i, i);
	for (uint32_t i = 0; i < world.plan.faulty; i++)
	{
		uint32_t member = (uint32_t) sim_random(world.plan.n);

		world.nodes[member].byzantine = world.plan.byzantine_kinds;
		if ((world.plan.byzantine_kinds & BYZ_TWIN) && world.node_count == world.plan.n)
		{
			sim_node_init(&world.nodes[world.plan.n], world.plan.n, member);
			world.nodes[world.plan.n].byzantine = world.plan.byzantine_kinds;
			world.node_count++;
		}
	}
	sim_budget();
	for (uint32_t i = 0; i < world.node_count; i++)
		world.nodes[i].clock_offset_ms = (int64_t) sim_random(200) - 100;
	for (uint32_t i = 0; i < world.node_count; i++)
		sim_node_start(&world.nodes[i]);
}

void
sim_plan(void)
{
	make_plan();
	sim_people();
}

/* ---- faults ------------------------------------------------------------------------------- */

static void
crash(SimNode *node, uint64_t down_us)
{
	if (!node->up)
		return;
	sim_node_crash(node);
	sim_node_restart_after(node, down_us);
}

static void
partition(void)
{
	uint64_t side = sim_random(UINT64_MAX);

	for (uint32_t i = 0; i < world.node_count; i++)
		for (uint32_t j = 0; j < world.node_count; j++)
			world.cut[i][j] = (side >> (i % 64) & 1) != (side >> (j % 64) & 1);
}

/* A member that can be silenced for good: honest and whole, while enough others stay. */
static bool
spend_lame(SimNode *node)
{
	if (world.lame == 0 || !sim_honest(node->member) || node->place >= world.plan.n ||
		node->may_fence || node->restored || node->wrong_from > 0)
		return false;
	world.lame--;
	return true;
}

static void
restore(SimNode *node)
{
	if (node->backup_applied == 0 || world.restores == 0 || !spend_lame(node))
		return;
	world.restores--;
	if (node->up)
		sim_node_crash(node);
	sim_node_restore(node);
	sim_node_restart_after(node, 10000 + sim_random(1000000));
}

static void
strike_disk(SimNode *node, Fault fault)
{
	if (fault == FAULT_SLOW_DISK)
		node->disk_us = 100 + sim_random(100000);
	else if (fault == FAULT_SLOW_APPLY)
		node->execute_us = 1000 + sim_random(200000);
	else if (fault == FAULT_DISK_FULL)
		node->full_until_us = world.now_us + 100000 + sim_random(4000000);
	else if (fault == FAULT_ROT && !node->may_fence && sim_log_rot(&node->log, false))
		crash(node, 10000 + sim_random(500000));
	else if (fault == FAULT_LOST_BATCH && node->log.synced >= 2 && spend_lame(node))
	{
		node->may_fence = sim_log_rot(&node->log, true);
		crash(node, 10000 + sim_random(500000));
	}
	else if (fault == FAULT_SYNC_FAILS && node->up && spend_lame(node))
		node->sync_fails = true;
}

static void
strike_node(SimNode *node, Fault fault)
{
	if (fault == FAULT_CRASH)
		crash(node, 10000 + sim_random(3000000));
	else if (fault == FAULT_CRASH_ALL && sim_chance(300000))
		for (uint32_t i = 0; i < world.node_count; i++)
			crash(&world.nodes[i], 10000 + sim_random(1000000));
	else if (fault == FAULT_CLOCK_JUMP && world.plan.clock_jumps)
		node->clock_offset_ms = ((int64_t) sim_random(3) - 1) * 3600000;
	else if (fault == FAULT_WRONG_RESULT && sim_chance(300000) && spend_lame(node))
		node->wrong_from = node->executed + 1;
	else if (fault == FAULT_BACKUP)
	{
		sim_log_copy(&node->backup, &node->log);
		node->backup_applied = node->applied;
	}
	else if (fault == FAULT_RESTORE && sim_chance(300000))
		restore(node);
	else
		strike_disk(node, fault);
}

void
sim_strike(void)
{
	SimNode *node = &world.nodes[sim_random(world.node_count)];
	Fault fault = (Fault) sim_random(FAULT_COUNT);

	if (world.plan.resume && sim_chance(150000))
		fault = FAULT_NO_QUORUM;

	if (world.trace)
		printf("%.3f fault: %s, node %u\n", (double) world.now_us / 1e6, fault_names[fault],
			   node->place);
	if (fault == FAULT_PARTITION)
		partition();
	else if (fault == FAULT_ONE_WAY_CUT)
		world.cut[node->place][sim_random(world.node_count)] = true;
	else if (fault == FAULT_NO_QUORUM)
		sim_resume_strike();
	else if (fault == FAULT_CUTS_HEALED)
		memset(world.cut, 0, sizeof(world.cut));
	else
		strike_node(node, fault);
	sim_schedule((SimEvent){ .kind = SIM_FAULT }, 1 + sim_random(2 * world.plan.fault_mean_us));
}

/* No apply is so slow any more that it could not be level in time. */
void
sim_heal_apply(void)
{
	for (uint32_t i = 0; i < world.node_count; i++)
	{
		SimNode *node = &world.nodes[i];
		uint64_t most_us = CATCH_UP_US / (1 + world.final_height - node->applied);

		if (node->execute_us > most_us)
			node->execute_us = most_us;
	}
}

void
sim_heal(void)
{
	world.chaos = false;
	memset(world.cut, 0, sizeof(world.cut));
	for (uint32_t i = 0; i < world.node_count; i++)
	{
		SimNode *node = &world.nodes[i];

		node->clock_offset_ms = (int64_t) sim_random(200) - 100;
		node->disk_us = 100 + sim_random(1000);
		node->full_until_us = 0;
		if (!world.plan.rest)
			node->execute_us = 100 + sim_random(2000);
		if (!node->up)
			sim_node_start(node);
	}
	sim_heal_apply();
	if (world.trace)
		printf("%.3f healed at height %llu\n", (double) world.now_us / 1e6,
			   (unsigned long long) world.final_height);
}
