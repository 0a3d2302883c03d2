/*
 * verify_state_pg.c - the rows of the whole current state against the last block's state. The sum
 * commutes, so every process adds up slices of the heights as it gets to them.
 */
#include "ledger/verify_item_pg.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "node/worker_pg.h"
#include "utils/memutils.h"

#define STATE_KEY UINT64CONST(0x4D45535354415445)
#define STATE_SLICES 64

/* In memory that the processes share; one sum a process. */
typedef struct StateSums
{
	uint64_t height;
	pg_atomic_uint32 next_slice;
	LtHash sums[FLEXIBLE_ARRAY_MEMBER];
} StateSums;

static Size
sums_size(int jobs)
{
	return offsetof(StateSums, sums) + (Size) jobs * sizeof(LtHash);
}

static void
begin_sums(StateSums *sums, uint64_t height, int jobs)
{
	sums->height = height;
	pg_atomic_init_u32(&sums->next_slice, 0);
	for (int process = 0; process < jobs; process++)
		lthash_clear(&sums->sums[process]);
}

static void
add_slices(StateSums *sums, int process)
{
	MemoryContext context = CurrentMemoryContext;

	for (;;)
	{
		uint32_t slice = pg_atomic_fetch_add_u32(&sums->next_slice, 1);
		uint64_t low = 1 + sums->height * slice / STATE_SLICES;
		uint64_t high = sums->height * (slice + 1) / STATE_SLICES;

		CHECK_FOR_INTERRUPTS();
		if (slice >= STATE_SLICES)
			return;
		if (low <= high)
			state_sum_current(&sums->sums[process], low, high);
		if (slice == 0)
			state_sum_current_rows(&sums->sums[process]);
		MemoryContextSwitchTo(context);
	}
}

extern PGDLLEXPORT void verify_state_main(dsm_segment *segment, shm_toc *toc);

/* A parallel worker's entry: transaction, snapshot and settings are the leader's. */
void
verify_state_main(dsm_segment *segment, shm_toc *toc)
{
	StateSums *sums = shm_toc_lookup(toc, STATE_KEY, false);

	SPI_connect();
	add_slices(sums, ParallelWorkerNumber + 1);
	SPI_finish();
}

static void
add_lanes(LtHash *sum, const LtHash *part)
{
	for (int lane = 0; lane < LTHASH_LANES; lane++)
		sum->lanes[lane] = (uint16_t) (sum->lanes[lane] + part->lanes[lane]);
}

static void
sum_in_parallel(uint64_t height, int jobs, LtHash *sum)
{
	ParallelContext *context;
	StateSums *sums;

	EnterParallelMode();
	context = CreateParallelContext("meschain", "verify_state_main", jobs - 1);
	shm_toc_estimate_chunk(&context->estimator, sums_size(jobs));
	shm_toc_estimate_keys(&context->estimator, 1);
	InitializeParallelDSM(context);
	sums = shm_toc_allocate(context->toc, sums_size(jobs));
	begin_sums(sums, height, jobs);
	shm_toc_insert(context->toc, STATE_KEY, sums);
	LaunchParallelWorkers(context);
	add_slices(sums, 0);
	WaitForParallelWorkersToFinish(context);
	for (int process = 0; process < jobs; process++)
		add_lanes(sum, &sums->sums[process]);
	DestroyParallelContext(context);
	ExitParallelMode();
}

static void
sum_alone(uint64_t height, LtHash *sum)
{
	StateSums *sums = palloc(sums_size(1));

	begin_sums(sums, height, 1);
	add_slices(sums, 0);
	add_lanes(sum, &sums->sums[0]);
}

void
verify_check_state(Verifier *verifier, uint64_t height, int jobs)
{
	MemoryContext context = CurrentMemoryContext;
	BlockRow block;
	LtHash sum;
	McHash digest;

	if (height == 0 || !verify_load_block(height, &block))
		return;
	lthash_clear(&sum);
	if (jobs > 1)
		sum_in_parallel(height, jobs, &sum);
	else
		sum_alone(height, &sum);
	MemoryContextSwitchTo(context);
	lthash_digest(&sum, &digest);
	if (!hash_equal(&digest, &block.roots.state_digest))
		verify_report(verifier, height, VERIFY_STATE, 0,
					  "the rows of the current state do not add up to the last block's state",
					  "computed %s", verify_hex(&digest));
}
