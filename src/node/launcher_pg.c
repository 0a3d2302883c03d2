/*
 * launcher_pg.c - the one static worker. It sees no catalogue, so it starts apply, which looks into
 * the database and either runs or reports why not; order and housekeeper follow a running apply.
 *
 * A lost worker takes the others with it: they share a block in the making, and a clean start is
 * simpler to be right about than a resumed half. Static workers for the database itself would block
 * DROP DATABASE and fail for ever after it (P1).
 */
#include "node/launcher_pg.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "node/shmem_pg.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define RESTART_MS_MIN 200
#define RESTART_MS_MAX 30000

/* What the end of this session's transaction lets happen. */
static bool wake_at_commit;
static bool allow_at_end;

/* ---- what all workers share ---------------------------------------------------------------- */

static pid_t *registered_pid;
static Latch *volatile *registered_latch;

static void
worker_end(int code, Datum argument)
{
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	*registered_latch = NULL;
	*registered_pid = 0;
	LWLockRelease(node_shared->lock);
	launcher_wake();
}

void
worker_begin(pid_t *pid, Latch *volatile *latch)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();

	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	if (*pid != 0)
	{
		LWLockRelease(node_shared->lock);
		proc_exit(0); /* another is there already */
	}
	*pid = MyProcPid;
	*latch = MyLatch;
	LWLockRelease(node_shared->lock);
	registered_pid = pid;
	registered_latch = latch;
	before_shmem_exit(worker_end, 0);
}

void
worker_wait(long timeout_ms)
{
	int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (timeout_ms >= 0 ? WL_TIMEOUT : 0);

	(void) WaitLatch(MyLatch, events, timeout_ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/* ---- waking and stopping from sessions ------------------------------------------------------ */

void
launcher_wake(void)
{
	if (node_shared != NULL)
		node_wake(&node_shared->launcher_latch);
}

static void
launcher_allow_workers(void)
{
	pg_atomic_write_u32(&node_shared->stop_requested, 0);
	pg_atomic_fetch_add_u32(&node_shared->start_requests, 1);
	launcher_wake();
}

static void
on_transaction_end(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	if (allow_at_end || (wake_at_commit && event == XACT_EVENT_COMMIT))
		launcher_allow_workers();
	wake_at_commit = false;
	allow_at_end = false;
}

static void
watch_transaction_end(void)
{
	static bool registered;

	if (!registered)
		RegisterXactCallback(on_transaction_end, NULL);
	registered = true;
}

void
launcher_wake_at_commit(void)
{
	watch_transaction_end();
	wake_at_commit = true;
}

static bool
workers_gone(void)
{
	bool gone;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	gone = node_shared->apply_pid == 0 && node_shared->order_pid == 0 &&
		   node_shared->housekeeper_pid == 0;
	LWLockRelease(node_shared->lock);
	return gone;
}

void
launcher_stop_workers(void)
{
	watch_transaction_end();
	allow_at_end = true;
	pg_atomic_write_u32(&node_shared->stop_requested, 1);
	launcher_wake();
	while (!workers_gone())
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 20,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		launcher_wake();
	}
}

/* ---- the launcher's loop -------------------------------------------------------------------- */

/*
 * The postmaster does not notify a process without a database connection, so the state of a child
 * is asked for, and its own start and end wake the launcher.
 */
typedef struct Child
{
	const char *function;
	const char *type;
	int flags;
	BackgroundWorkerHandle *handle; /* NULL: not there */
} Child;

static Child children[] = {
	{ "apply_main", "meschain apply",
	  BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION },
	{ "order_main", "meschain order", BGWORKER_SHMEM_ACCESS },
	{ "housekeeper_main", "meschain housekeeper",
	  BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION },
};

enum
{
	CHILD_APPLY,
	CHILD_ORDER,
	CHILD_HOUSEKEEPER,
};

static bool
child_there(Child *child)
{
	pid_t pid;

	if (child->handle != NULL && GetBackgroundWorkerPid(child->handle, &pid) == BGWH_STOPPED)
	{
		pfree(child->handle);
		child->handle = NULL;
	}
	return child->handle != NULL;
}

static bool
start_child(Child *child)
{
	BackgroundWorker worker = { .bgw_flags = child->flags,
								.bgw_start_time = BgWorkerStart_RecoveryFinished,
								.bgw_restart_time = BGW_NEVER_RESTART };

	strlcpy(worker.bgw_library_name, "meschain", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, child->function, BGW_MAXLEN);
	strlcpy(worker.bgw_name, child->type, BGW_MAXLEN);
	strlcpy(worker.bgw_type, child->type, BGW_MAXLEN);
	if (RegisterDynamicBackgroundWorker(&worker, &child->handle))
		return true;
	child->handle = NULL;
	node_set_mode(NODE_OFFLINE, "too few worker processes",
				  "Raise max_worker_processes by 4 and restart the server.");
	ereport(LOG, (errmsg("meschain cannot start \"%s\": too few worker processes", child->type),
				  errhint("Raise max_worker_processes by 4 and restart the server.")));
	return false;
}

static void
signal_worker(const pid_t *pid)
{
	pid_t target;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	target = *pid;
	LWLockRelease(node_shared->lock);
	if (target != 0)
		(void) kill(target, SIGTERM);
}

static void
stop_all(void)
{
	signal_worker(&node_shared->housekeeper_pid);
	signal_worker(&node_shared->order_pid);
	signal_worker(&node_shared->apply_pid);
}

static bool
genesis_known(void)
{
	bool known;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	known = node_shared->genesis_known;
	LWLockRelease(node_shared->lock);
	return known;
}

static bool
all_registered(void)
{
	bool all;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	all = node_shared->apply_pid != 0 && node_shared->order_pid != 0 &&
		  node_shared->housekeeper_pid != 0;
	LWLockRelease(node_shared->lock);
	return all;
}

static bool
any_registered(void)
{
	bool any;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	any = node_shared->apply_pid != 0 || node_shared->order_pid != 0 ||
		  node_shared->housekeeper_pid != 0;
	LWLockRelease(node_shared->lock);
	return any;
}

typedef struct Supervision
{
	bool was_running;
	bool may_start; /* apply gets one attempt a request: without a ledger it just goes again */
	uint32_t requests_seen;
	int delay_ms;
	int calm_rounds; /* watched since the last loss */
} Supervision;

#define POLL_MS 20
/* A child that was killed wakes nobody. */
#define WATCH_MS 1000
/* After so many quiet rounds the next loss is a new one and restarts fast. */
#define CALM_ROUNDS 30
#define RETRY_START_MS 1000

/* Brings the set one step nearer to all running; returns how long to sleep, -1 for a wake only. */
static long
supervise(Supervision *state)
{
	bool apply = child_there(&children[CHILD_APPLY]);
	bool order = child_there(&children[CHILD_ORDER]);
	bool housekeeper = child_there(&children[CHILD_HOUSEKEEPER]);
	uint32_t requests = pg_atomic_read_u32(&node_shared->start_requests);

	if (requests != state->requests_seen)
		state->may_start = true;
	state->requests_seen = requests;
	if (!(apply || order || housekeeper) && any_registered())
	{
		stop_all(); /* a launcher before this one left them: nobody would miss one that is lost */
		return POLL_MS;
	}
	if (pg_atomic_read_u32(&node_shared->stop_requested) != 0)
	{
		stop_all();
		state->was_running = false;
		return apply || order || housekeeper ? POLL_MS : -1;
	}
	if (apply && order && housekeeper)
	{
		state->was_running = true;
		if (++state->calm_rounds > CALM_ROUNDS)
			state->delay_ms = RESTART_MS_MIN;
		/* one that is on its way out has woken us before the postmaster knows that it is gone */
		return all_registered() ? WATCH_MS : POLL_MS;
	}
	if (state->was_running && (apply || order || housekeeper))
	{
		stop_all(); /* one was lost: all go, and come back together after a pause */
		return POLL_MS;
	}
	if (state->was_running)
	{
		state->was_running = false;
		state->may_start = true;
		state->delay_ms = Min(state->delay_ms * 2, RESTART_MS_MAX);
		state->calm_rounds = 0;
		ereport(LOG, (errmsg("meschain workers stopped, restarting in %d ms", state->delay_ms)));
		return state->delay_ms;
	}
	if (!apply && !state->may_start)
		return -1;
	if (!apply)
	{
		state->may_start = false;
		return start_child(&children[CHILD_APPLY]) ? POLL_MS : -1;
	}
	if (!genesis_known())
		return POLL_MS; /* apply is still reading the database */
	if (!order)
		return start_child(&children[CHILD_ORDER]) ? POLL_MS : RETRY_START_MS;
	return start_child(&children[CHILD_HOUSEKEEPER]) ? POLL_MS : RETRY_START_MS;
}

void
launcher_main(Datum argument)
{
	Supervision state = { .may_start = true, .delay_ms = RESTART_MS_MIN };
	long sleep_ms = 0;

	worker_begin(&node_shared->launcher_pid, &node_shared->launcher_latch);
	for (;;)
	{
		worker_wait(sleep_ms);
		sleep_ms = supervise(&state);
	}
}

void
launcher_init(void)
{
	BackgroundWorker worker = { 0 };

	if (IsBinaryUpgrade)
		return; /* pg_upgrade starts both servers, and neither may make a block */
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "meschain", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "meschain launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "meschain launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}
