/*
 * world.c - virtual time, the network, and the plan that a seed makes: who is faulty and how, what
 * breaks when. First chaos, then healing; after it the federation must be live again (R7 to R10).
 */
#include "sim/sim.h"

#include <time.h>

SimWorld world;

static const char *const fault_names[] = { "crash",		  "partition", "one-way cut", "heal cuts",
										   "clock jump", "slow disk", "crash all" };

/* ---- randomness, bytes, time -------------------------------------------------------------- */

uint64_t
sim_random(uint64_t below)
{
	uint64_t value;

	assert(below > 0);
	world.random += 0x9e3779b97f4a7c15u;
	value = world.random;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return (value ^ value >> 31) % below;
}

bool
sim_chance(uint32_t ppm)
{
	return sim_random(1000000) < ppm;
}

SimBytes *
sim_bytes(const void *data, size_t size)
{
	SimBytes *bytes = malloc(sizeof(SimBytes) + size);

	memset(bytes, 0, sizeof(*bytes));
	bytes->references = 1;
	bytes->size = (uint32_t) size;
	memcpy(bytes->data, data, size);
	return bytes;
}

SimBytes *
sim_share(SimBytes *bytes)
{
	bytes->references++;
	return bytes;
}

void
sim_free(SimBytes *bytes)
{
	if (bytes != NULL && --bytes->references == 0)
		free(bytes);
}

static bool
earlier(const SimEvent *left, const SimEvent *right)
{
	return left->time_us != right->time_us ? left->time_us < right->time_us
										   : left->order < right->order;
}

void
sim_schedule(SimEvent event, uint64_t delay_us)
{
	size_t at = world.heap_count++;

	if (world.heap_count > world.heap_capacity)
	{
		world.heap_capacity = world.heap_capacity ? 2 * world.heap_capacity : 1024;
		world.heap = realloc(world.heap, world.heap_capacity * sizeof(SimEvent));
	}
	event.time_us = world.now_us + delay_us;
	event.order = world.order++;
	for (; at > 0 && earlier(&event, &world.heap[(at - 1) / 2]); at = (at - 1) / 2)
		world.heap[at] = world.heap[(at - 1) / 2];
	world.heap[at] = event;
}

static SimEvent
next_event(void)
{
	SimEvent first = world.heap[0];
	SimEvent last = world.heap[--world.heap_count];
	size_t at = 0;

	for (;;)
	{
		size_t child = 2 * at + 1;

		if (child >= world.heap_count)
			break;
		if (child + 1 < world.heap_count && earlier(&world.heap[child + 1], &world.heap[child]))
			child++;
		if (!earlier(&world.heap[child], &last))
			break;
		world.heap[at] = world.heap[child];
		at = child;
	}
	world.heap[at] = last;
	return first;
}

void
sim_fail(const char *what, uint32_t node, uint64_t height)
{
	printf("FAIL seed %llu at %.3f s: %s (node %u, height %llu)\n",
		   (unsigned long long) world.seed, (double) world.now_us / 1e6, what, node,
		   (unsigned long long) height);
	printf("replay: test/sim/run.sh SEED=%llu TRACE=1\n", (unsigned long long) world.seed);
	exit(1);
}

bool
sim_honest(uint32_t member)
{
	return member < world.plan.n && world.nodes[member].byzantine == 0;
}

/* ---- network ------------------------------------------------------------------------------ */

static void
carry(SimNode *from, SimNode *to, SimBytes *bytes)
{
	SimEvent event = { .kind = SIM_DELIVER, .node = to->place, .from = from->member };
	uint32_t copies = 1;

	if (world.cut[from->place][to->place] || (world.chaos && sim_chance(world.plan.loss_ppm)))
		return;
	if (world.chaos && sim_chance(world.plan.duplicate_ppm))
		copies = 2;
	for (uint32_t i = 0; i < copies; i++)
	{
		event.bytes = sim_share(bytes);
		sim_schedule(event, world.plan.latency_us / 2 + sim_random(world.plan.latency_us + 1));
		world.messages++;
	}
}

void
sim_send(SimNode *from, uint32_t member, SimBytes *bytes)
{
	for (uint32_t i = 0; i < world.node_count; i++)
		if (world.nodes[i].member == member && i != from->place)
			carry(from, &world.nodes[i], bytes);
}

/* ---- the plan ----------------------------------------------------------------------------- */

static void
make_plan(void)
{
	static const uint32_t sizes[] = { 4, 4, 4, 4, 4, 4, 5, 6, 7, 7, 7, 10, 13, 31 };
	SimPlan *plan = &world.plan;

	plan->n = sizes[sim_random(sizeof(sizes) / sizeof(sizes[0]))];
	if (plan->n == 31 && sim_chance(800000))
		plan->n = 4;
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
	config->heartbeat_ms = 5000;
}

static void
make_nodes(void)
{
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
	for (uint32_t i = 0; i < world.node_count; i++)
		world.nodes[i].clock_offset_ms = (int64_t) sim_random(200) - 100;
	for (uint32_t i = 0; i < world.node_count; i++)
		sim_node_start(&world.nodes[i]);
}

/* ---- faults ------------------------------------------------------------------------------- */

static void
clear_cuts(void)
{
	memset(world.cut, 0, sizeof(world.cut));
}

static void
crash(SimNode *node, uint64_t down_us)
{
	if (!node->up)
		return;
	sim_node_crash(node);
	sim_schedule((SimEvent){ .kind = SIM_RESTART, .node = node->place }, down_us);
}

static void
partition(void)
{
	uint64_t side = sim_random(UINT64_MAX);

	for (uint32_t i = 0; i < world.node_count; i++)
		for (uint32_t j = 0; j < world.node_count; j++)
			world.cut[i][j] = (side >> (i % 64) & 1) != (side >> (j % 64) & 1);
}

static void
strike(void)
{
	SimNode *node = &world.nodes[sim_random(world.node_count)];
	uint64_t fault = sim_random(7);

	if (world.trace)
		printf("%.3f fault: %s, node %u\n", (double) world.now_us / 1e6, fault_names[fault],
			   node->place);
	if (fault == 0)
		crash(node, 10000 + sim_random(3000000));
	else if (fault == 1)
		partition();
	else if (fault == 2)
		world.cut[node->place][sim_random(world.node_count)] = true;
	else if (fault == 3)
		clear_cuts();
	else if (fault == 4 && world.plan.clock_jumps)
		node->clock_offset_ms = ((int64_t) sim_random(3) - 1) * 3600000;
	else if (fault == 5)
		node->disk_us = 100 + sim_random(100000);
	else if (fault == 6 && sim_chance(300000))
		for (uint32_t i = 0; i < world.node_count; i++)
			crash(&world.nodes[i], 10000 + sim_random(1000000));
	sim_schedule((SimEvent){ .kind = SIM_FAULT }, 1 + sim_random(2 * world.plan.fault_mean_us));
}

static void
heal(void)
{
	world.chaos = false;
	clear_cuts();
	for (uint32_t i = 0; i < world.node_count; i++)
	{
		SimNode *node = &world.nodes[i];

		node->clock_offset_ms = (int64_t) sim_random(200) - 100;
		node->disk_us = 100 + sim_random(1000);
		if (!node->up)
			sim_node_start(node);
	}
	if (world.trace)
		printf("%.3f healed at height %llu\n", (double) world.now_us / 1e6,
			   (unsigned long long) world.final_height);
}

/* ---- running ------------------------------------------------------------------------------ */

static void
pool_event(void)
{
	for (uint32_t i = 0; i < world.node_count; i++)
	{
		SimEvent event = { .kind = SIM_POOL, .node = i };

		sim_node_input(&world.nodes[i], &event);
	}
	sim_schedule((SimEvent){ .kind = SIM_POOL }, 1 + sim_random(2 * world.plan.pool_mean_us));
}

static void
run_one(void)
{
	SimEvent event = next_event();

	world.now_us = event.time_us;
	if (world.steps > 50000000)
		sim_fail("messages without end", event.node, world.final_height);
	if (event.kind == SIM_POOL)
		pool_event();
	else if (event.kind == SIM_FAULT)
	{
		if (world.chaos)
			strike();
	}
	else if (event.kind == SIM_RESTART)
	{
		if (!world.nodes[event.node].up)
			sim_node_start(&world.nodes[event.node]);
	}
	else if (event.kind == SIM_FLUSH)
	{
		if (world.nodes[event.node].up &&
			event.incarnation == world.nodes[event.node].incarnation)
			sim_node_flush(&world.nodes[event.node], true);
	}
	else
		sim_node_input(&world.nodes[event.node], &event);
}

static bool
all_reached(uint64_t height)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (world.nodes[i].byzantine == 0 && world.nodes[i].applied < height)
			return false;
	return true;
}

static void
print_nodes(void)
{
	for (uint32_t i = 0; i < world.node_count; i++)
	{
		PbftSummary s;

		pbft_summary(world.nodes[i].replica, &s);
		printf("  node %u member %u byz %x mode %d view %llu primary %u base %llu tip %llu c %llu "
			   "x %llu s %llu r %llu a %llu voting %d\n",
			   i, world.nodes[i].member, world.nodes[i].byzantine, s.mode,
			   (unsigned long long) s.view, s.primary, (unsigned long long) s.base,
			   (unsigned long long) s.tip, (unsigned long long) s.committed,
			   (unsigned long long) s.executed, (unsigned long long) s.stable,
			   (unsigned long long) s.resulted, (unsigned long long) s.applied, s.voting);
	}
}

/* Within 20 tau_max of healing every honest member has applied three blocks nobody had before. */
static void
run_seed(uint64_t seed)
{
	SimEvent event = { .kind = SIM_POOL };
	uint64_t goal;
	uint64_t deadline_us;

	world.seed = world.random = seed;
	make_plan();
	make_config();
	sim_check_reset();
	sim_byzantine_reset();
	world.final_hash = calloc(SIM_HEIGHT_MAX, sizeof(McHash));
	world.final_root = calloc(SIM_HEIGHT_MAX, sizeof(McHash));
	make_nodes();
	world.chaos = true;
	sim_schedule(event, 1000);
	event.kind = SIM_FAULT;
	sim_schedule(event, world.plan.fault_mean_us);
	while (world.now_us < world.plan.chaos_us)
		run_one();
	heal();
	goal = world.final_height + 3;
	deadline_us = world.now_us + 20 * world.config.tau_max_ms * 1000;
	while (!all_reached(goal))
	{
		if (world.now_us > deadline_us)
		{
			print_nodes();
			sim_fail("not live after healing", 0, goal);
		}
		run_one();
	}
	if (world.trace)
		print_nodes();
}

static void
end_seed(void)
{
	for (uint32_t i = 0; i < world.node_count; i++)
		sim_node_free(&world.nodes[i]);
	for (size_t i = 0; i < world.heap_count; i++)
		sim_free(world.heap[i].bytes);
	free(world.heap);
	free(world.final_hash);
	free(world.final_root);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
	bool trace = argc > 3;
	double begun = seconds();
	uint64_t virtual_us = 0;
	uint64_t steps = 0;
	uint64_t blocks = 0;
	uint64_t changes = 0;

	for (uint64_t seed = first; seed < first + count; seed++)
	{
		memset(&world, 0, sizeof(world));
		world.trace = trace;
		run_seed(seed);
		virtual_us += world.now_us;
		steps += world.steps;
		blocks += world.result_height;
		changes += world.view_changes;
		end_seed();
	}
	printf("ok sim %llu seeds, %.0f s simulated in %.1f s of CPU (%.0f times real time), "
		   "%llu steps, %llu blocks, %llu view changes\n",
		   (unsigned long long) count, (double) virtual_us / 1e6, seconds() - begun,
		   (double) virtual_us / 1e6 / (seconds() - begun), (unsigned long long) steps,
		   (unsigned long long) blocks, (unsigned long long) changes);
	return 0;
}
