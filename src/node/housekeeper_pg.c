/*
 * housekeeper_pg.c - what must be done in this database but never in a block's transaction: leaf
 * tables ahead of need and closing balances (P15), calls of commit hooks again, the outbox, digests
 * of rows for other members. Short transactions, no lock that apply waits for.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/blockers_pg.h"
#include "node/desk_pg.h"
#include "node/decided_pg.h"
#include "node/guc_pg.h"
#include "node/launcher_pg.h"
#include "node/outbox_pg.h"
#include "node/pause_pg.h"
#include "node/pool_pg.h"
#include "node/shmem_pg.h"
#include "node/worker_pg.h"
#include "pgstat.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define ROUND_MS 5000
/* What waits for less may be in a block that is being made. */
#define LOOK_UP_US INT64CONST(50000)
#define BLOCK_CHANNEL "mes_blocks"
#define NOTIFY_LOCK_TIMEOUT "1s"

static void
begin_transaction(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
}

static void
commit_transaction(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
}

static void
run(const char *query)
{
	begin_transaction();
	if (SPI_execute(query, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", query);
	commit_transaction();
}

/* Since it was asked last. */
static bool
apply_was_busy(void)
{
	static uint64 seen;
	uint64 now = pg_atomic_read_u64(&node_shared->stats.transactions);
	bool busy = now != seen;

	seen = now;
	return busy;
}

/* One step towards closing balances; true when there may be more to do. */
static bool
close_leaves(void)
{
	bool isnull;
	bool more;

	begin_transaction();
	if (SPI_execute(apply_was_busy() ? "SELECT mes_internal.close_leaves(true)"
									 : "SELECT mes_internal.close_leaves(false)",
					false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not close a leaf");
	more = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	commit_transaction();
	return more;
}

static void
hand_over_outbox(void)
{
	pg_atomic_write_u32(&node_shared->outbox_due, 0);
	begin_transaction();
	outbox_resend();
	commit_transaction();
}

static void
do_round(void)
{
	(void) pause_in_force(NULL); /* ends one whose time is over */
	run("SELECT mes_internal.extend_leaves()");
	run("SELECT mes_internal.retry_due_hooks()");
	run("SELECT mes_internal.follow_roll()");
	hand_over_outbox();
}

static uint64_t
tip_height(void)
{
	uint64_t height;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	height = node_shared->tip.height;
	LWLockRelease(node_shared->lock);
	return height;
}

/*
 * P7: one NOTIFY for the blocks since the last, in a transaction of its own and never in a block's:
 * it takes a cluster-wide lock, and one idle listener can fill the queue. A failure is counted.
 */
static void
notify_blocks(void)
{
	static uint64_t told = UINT64_MAX;
	uint64_t height = tip_height();

	if (told == UINT64_MAX)
		told = height;
	if (height == told)
		return;
	told = height;
	PG_TRY();
	{
		begin_transaction();
		(void) set_config_option("lock_timeout", NOTIFY_LOCK_TIMEOUT, PGC_SUSET, PGC_S_OVERRIDE,
								 GUC_ACTION_LOCAL, true, 0, false);
		Async_Notify(BLOCK_CHANNEL, psprintf(UINT64_FORMAT, height));
		commit_transaction();
	}
	PG_CATCH();
	{
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		pg_atomic_fetch_add_u64(&node_shared->stats.notify_failures, 1);
	}
	PG_END_TRY();
}

/*
 * No block since the last look, and transactions wait: the others may pass over one that they
 * remember as decided and this node does not. While it waits this node takes the silence for a
 * failed leader and leaves the view alone, so it is looked up before the shortest slot ends.
 */
static void
look_up_waiting(void)
{
	static uint64_t seen;
	uint64_t height = tip_height();

	if (height == seen && pool_ready_count() > 0)
	{
		begin_transaction();
		decided_look_up(GetCurrentTimestamp() - LOOK_UP_US);
		commit_transaction();
	}
	seen = height;
}

/* The time between two rounds, for closing balances, with an eye on apply's locks and on what
 * hooks submit. */
static void
watch_apply(void)
{
	bool closing = true;

	for (int waited_ms = 0; waited_ms < ROUND_MS; waited_ms += guc_apply_lock_wait_ms)
	{
		closing = closing && close_leaves();
		worker_wait(guc_apply_lock_wait_ms);
		if (pg_atomic_read_u32(&node_shared->outbox_due) != 0)
			hand_over_outbox();
		if (pg_atomic_exchange_u32(&node_shared->roll_due, 0) != 0)
			run("SELECT mes_internal.follow_roll()");
		notify_blocks();
		look_up_waiting();
		pause_announce();
		if (desk_has_questions())
			desk_answer();
		if (!blockers_apply_waits())
			continue;
		begin_transaction();
		blockers_end();
		commit_transaction();
	}
}

void
housekeeper_main(Datum argument)
{
	worker_begin(&node_shared->housekeeper_pid, &node_shared->housekeeper_latch);
	worker_connect();
	begin_transaction();
	worker_check_extension();
	commit_transaction();
	for (;;)
	{
		do_round();
		watch_apply();
	}
}
