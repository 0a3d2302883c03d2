/*
 * world.c - virtual time, the network, and the run of one seed: first chaos, then healing; after it
 * the federation must be live again (R7 to R10).
 */
#include "sim/sim.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

SimWorld world;

static struct
{
	uint64_t virtual_us;
	uint64_t steps;
	uint64_t blocks;
	uint64_t changes;
	uint64_t fences;
	uint64_t epochs;
	uint64_t rejoins;
	uint64_t resumes;
	uint64_t lost;
	uint64_t slowest_us;
} totals;

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

/* Events lie in a heap of four children: half as deep as one of two, and they are side by side. */
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
	for (; at > 0 && earlier(&event, &world.heap[(at - 1) / 4]); at = (at - 1) / 4)
		world.heap[at] = world.heap[(at - 1) / 4];
	world.heap[at] = event;
}

SimEvent
sim_next_event(void)
{
	SimEvent first = world.heap[0];
	SimEvent last = world.heap[--world.heap_count];
	size_t at = 0;

	for (;;)
	{
		size_t child = 4 * at + 1;
		size_t end = child + 4 < world.heap_count ? child + 4 : world.heap_count;

		if (child >= world.heap_count)
			break;
		for (size_t other = child + 1; other < end; other++)
			if (earlier(&world.heap[other], &world.heap[child]))
				child = other;
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
	printf("FAIL seed %llu at %.3f s: %s (node %u, height %llu)\n", (unsigned long long) world.seed,
		   (double) world.now_us / 1e6, what, node, (unsigned long long) height);
	if (world.wanted_n > 0)
		printf("replay: test/sim/run.sh SEED=%llu N=%u TRACE=1\n", (unsigned long long) world.seed,
			   world.wanted_n);
	else
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
	SimEvent event = { .kind = SIM_DELIVER, .node = (uint16_t) to->place };
	uint32_t copies = 1;

	if (world.cut[from->place][to->place] || (world.chaos && sim_chance(world.plan.loss_ppm)))
		return;
	if (world.chaos && sim_chance(world.plan.duplicate_ppm))
		copies = 2;
	event.from = (uint16_t) from->member;
	for (uint32_t i = 0; i < copies; i++)
	{
		event.bytes = sim_share(bytes);
		sim_schedule(event, world.plan.latency_us / 2 + sim_random(world.plan.latency_us + 1));
		world.messages++;
		world.bytes += bytes->size;
	}
}

/* To the member, and to its twin. */
void
sim_send(SimNode *from, uint32_t member, SimBytes *bytes)
{
	if (member != from->place)
		carry(from, &world.nodes[member], bytes);
	for (uint32_t i = world.plan.n; i < world.node_count; i++)
		if (world.nodes[i].member == member && i != from->place)
			carry(from, &world.nodes[i], bytes);
}

/* ---- running ------------------------------------------------------------------------------ */

/* What clients have submitted: at rest nothing, but for a transaction in a block that stands still,
 * which by then is in all pools. */
static bool
pools_hold_work(void)
{
	for (uint32_t i = 0; i < world.plan.n && world.rests; i++)
	{
		const PbftReplica *replica = world.nodes[i].replica;

		if (sim_honest(i) && replica->tip > replica->committed &&
			world.now_us / 1000 > replica->progress_since_ms + world.config.tau0_ms)
			return true;
	}
	return !world.rests;
}

static void
pool_event(void)
{
	world.work = pools_hold_work();
	for (uint32_t i = 0; i < world.node_count; i++)
	{
		SimEvent event = { .kind = SIM_POOL, .node = (uint16_t) i };

		/* it is told when there is work again, or none any more */
		if ((world.nodes[i].replica->pool_count > 0) != world.work)
			sim_node_input(&world.nodes[i], &event);
	}
	sim_schedule((SimEvent){ .kind = SIM_POOL }, 1 + sim_random(2 * world.plan.pool_mean_us));
}

/* A running member begins anew with it, one that is down when it comes up. */
static void
hand_document(SimNode *node)
{
	node->resume_due = true;
	if (!node->up)
		return;
	sim_node_crash(node);
	sim_node_start(node);
}

void
sim_run_one(void)
{
	SimEvent event = sim_next_event();

	world.now_us = event.time_us;
	if (event.kind == SIM_POOL)
		pool_event();
	else if (event.kind == SIM_FAULT)
	{
		if (world.chaos)
			sim_strike();
	}
	else if (event.kind == SIM_REJOIN)
		sim_rejoin_ask(&world.nodes[event.node]);
	else if (event.kind == SIM_ATTEST)
		sim_resume_attest();
	else if (event.kind == SIM_ENTER)
		hand_document(&world.nodes[event.node]);
	else if (event.kind == SIM_RESTART)
	{
		if (!world.nodes[event.node].up)
			sim_node_start(&world.nodes[event.node]);
	}
	else if (event.kind == SIM_FLUSH)
	{
		if (world.nodes[event.node].up && event.incarnation == world.nodes[event.node].incarnation)
			sim_node_flush(&world.nodes[event.node], true);
	}
	else
		sim_node_input(&world.nodes[event.node], &event);
}

static bool
counts(const SimNode *node)
{
	return sim_honest(node->member) && !node->restored && node->wrong_from == 0;
}

static bool
all_reached(void)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (counts(&world.nodes[i]) && world.nodes[i].applied < world.goal)
			return false;
	return true;
}

/* Where epochs end nobody stays fenced: an anchor comes that names the next key. */
static bool
all_returned(void)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (sim_honest(i) && world.nodes[i].wrong_from == 0 && world.nodes[i].fenced)
			return false;
	return true;
}

/* Level and in one view, where nobody is faulty: a faulty member may take an honest one out of its
 * view that has said that a block is overdue, and only the next block brings it back. */
static bool
all_vote(void)
{
	uint64_t view = UINT64_MAX;

	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		const SimNode *node = &world.nodes[i];
		PbftSummary summary;

		if (!counts(node) || node->fenced)
			continue;
		pbft_summary(node->replica, &summary);
		if (node->busy || summary.tip != summary.applied || summary.applied < world.final_height)
			return false;
		if (world.plan.faulty == 0 && summary.mode != PBFT_MODE_ACTIVE)
			return false;
		if (view != UINT64_MAX && summary.view != view && world.plan.faulty == 0)
			return false;
		view = summary.view;
	}
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

static void
begin_seed(uint64_t seed)
{
	world.seed = world.random = seed;
	sim_check_reset();
	sim_byzantine_reset();
	sim_resume_reset();
	world.final_hash = calloc(SIM_HEIGHT_MAX, sizeof(McHash));
	world.final_root = calloc(SIM_HEIGHT_MAX, sizeof(McHash));
	sim_plan();
	world.chaos = true;
	sim_schedule((SimEvent){ .kind = SIM_POOL }, 1000);
	sim_schedule((SimEvent){ .kind = SIM_FAULT }, world.plan.fault_mean_us);
}

/* Runs until the federation has come to where it must come within SIM_LIVE_TAUS tau_max. */
static void
run_until(bool (*reached)(void), const char *what)
{
	uint64_t begun_us = world.now_us;

	while (!reached())
	{
		if (world.now_us - begun_us > SIM_LIVE_TAUS * world.config.tau_max_ms * 1000)
		{
			print_nodes();
			sim_fail(what, 0, world.goal);
		}
		sim_run_one();
	}
	if (world.now_us - begun_us > totals.slowest_us)
		totals.slowest_us = world.now_us - begun_us;
}

/* After healing every honest member applies three blocks nobody had before; then fenced ones return
 * by REJOIN where epochs end, and where clients fall silent all come to rest, level and in one
 * view. */
static void
run_seed(uint64_t seed)
{
	begin_seed(seed);
	while (world.now_us < world.plan.chaos_us)
		sim_run_one();
	sim_heal();
	world.goal = world.final_height + 3;
	run_until(all_reached, "not live after healing");
	if (world.plan.epoch_blocks > 0)
		run_until(all_returned, "a fenced member that does not come back");
	if (world.plan.rest)
	{
		world.rests = true;
		sim_heal_apply();
		run_until(all_vote, "a member that does not vote at rest");
	}
	if (world.trace)
		print_nodes();
}

static void
end_seed(void)
{
	totals.virtual_us += world.now_us;
	totals.steps += world.steps;
	totals.blocks += world.result_height;
	totals.changes += world.view_changes;
	totals.fences += world.fences;
	totals.epochs += world.instance_count;
	totals.rejoins += world.rejoined;
	totals.resumes += world.resumes;
	totals.lost += world.lost;
	for (uint32_t i = 0; i < world.node_count; i++)
		sim_node_free(&world.nodes[i]);
	for (size_t i = 0; i < world.heap_count; i++)
		sim_free(world.heap[i].bytes);
	free(world.heap);
	free(world.final_hash);
	free(world.final_root);
	free(world.tx_height);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* A broken assertion, a crash, a step without end: the seed is what matters. */
static void
on_signal(int number)
{
	signal(number, SIG_DFL);
	sim_fail(number == SIGALRM ? "no end" : "an assertion or a crash", 0, world.final_height);
}

/* A10: one slow disk leaves four fifths of the rate. Returns the process' exit code. */
static int
compare_slow_disk(uint32_t n, uint64_t disk_us)
{
	uint64_t healthy = sim_slow_disk(n, 1000, 20);
	uint64_t slow;

	end_seed();
	memset(&world, 0, sizeof(world));
	slow = sim_slow_disk(n, disk_us, 20);
	printf("%s sim one disk of %u takes %.0f ms a sync: %llu blocks, %llu without\n",
		   5 * slow < 4 * healthy ? "not ok" : "ok", n, (double) disk_us / 1000,
		   (unsigned long long) slow, (unsigned long long) healthy);
	return 5 * slow < 4 * healthy;
}

/* mesim FIRST COUNT [STRIDE [N [trace]]], or mesim cost N BLOCKS, or mesim slow N DISK_US */
int
main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
	uint64_t stride = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	double begun = seconds();

	if (argc > 3 && strcmp(argv[1], "cost") == 0)
	{
		sim_cost((uint32_t) atoi(argv[2]), strtoull(argv[3], NULL, 10));
		return 0;
	}
	if (argc > 3 && strcmp(argv[1], "slow") == 0)
		return compare_slow_disk((uint32_t) atoi(argv[2]), strtoull(argv[3], NULL, 10));
	signal(SIGABRT, on_signal);
	signal(SIGSEGV, on_signal);
	signal(SIGALRM, on_signal);
	for (uint64_t i = 0; i < count; i++)
	{
		memset(&world, 0, sizeof(world));
		world.wanted_n = argc > 4 ? (uint32_t) atoi(argv[4]) : 0;
		world.trace = argc > 5;
		alarm(300);
		run_seed(first + i * stride);
		end_seed();
	}
	/* seeds, simulated s, CPU s, steps, blocks, view changes, fenced, slowest healing in s,
	 * epochs, rejoined, documents, blocks that were lost as they said */
	printf("sim %llu %.0f %.2f %llu %llu %llu %llu %.1f %llu %llu %llu %llu\n",
		   (unsigned long long) count, (double) totals.virtual_us / 1e6, seconds() - begun,
		   (unsigned long long) totals.steps, (unsigned long long) totals.blocks,
		   (unsigned long long) totals.changes, (unsigned long long) totals.fences,
		   (double) totals.slowest_us / 1e6, (unsigned long long) totals.epochs,
		   (unsigned long long) totals.rejoins, (unsigned long long) totals.resumes,
		   (unsigned long long) totals.lost);
	return 0;
}
