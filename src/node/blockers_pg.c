/*
 * blockers_pg.c - who blocks apply, and what becomes of it: a statement is cancelled (one that
 * waits for the ledger gets "outcome unknown", for its submission may still become final), a
 * session idle in a transaction is terminated, a prepared transaction can only be shown.
 */
#include "node/blockers_pg.h"

#include <signal.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/shmem_pg.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/wait_event.h"

static pid_t
apply_pid(void)
{
	pid_t pid;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	pid = node_shared->apply_pid;
	LWLockRelease(node_shared->lock);
	return pid;
}

bool
blockers_apply_waits(void)
{
	static bool waited_before;
	pid_t pid = apply_pid();
	PGPROC *process = pid != 0 ? BackendPidGetProc(pid) : NULL;
	/* one word, read without a lock: a stale one costs a look at the lock table */
	bool waits = process != NULL && pg_atomic_read_u32(&node_shared->apply_in_hooks) == 0 &&
				 (process->wait_event_info & 0xFF000000) == PG_WAIT_LOCK;
	bool since_before = waits && waited_before;

	waited_before = waits;
	return since_before;
}

static BackendState
state_of(pid_t pid)
{
	pgstat_clear_backend_activity_snapshot();
	for (int i = 1; i <= pgstat_fetch_stat_numbackends(); i++)
	{
		LocalPgBackendStatus *local = pgstat_fetch_stat_local_beentry(i);

		if (local != NULL && local->backendStatus.st_procpid == pid)
			return local->backendStatus.st_state;
	}
	return STATE_UNDEFINED;
}

static void
end_session(pid_t pid)
{
	BackendState state = state_of(pid);
	bool idle = state == STATE_IDLEINTRANSACTION || state == STATE_IDLEINTRANSACTION_ABORTED;

	if (BackendPidGetProc(pid) == NULL)
		return;
	(void) kill(pid, idle ? SIGTERM : SIGINT);
	pg_atomic_fetch_add_u64(
		idle ? &node_shared->stats.sessions_terminated : &node_shared->stats.sessions_cancelled, 1);
	ereport(LOG, (errmsg("process %d held up the ledger by a lock and was %s", (int) pid,
						 idle ? "terminated: it was idle in a transaction" : "cancelled"),
				  errhint("Keep locks on the ledger's relations and on what commit hooks write "
						  "short; see meschain.apply_lock_wait.")));
}

static void
show_prepared(void)
{
	ereport(LOG, (errmsg("a prepared transaction holds up the ledger by a lock"),
				  errhint("Find it in pg_prepared_xacts and commit it or roll it back.")));
	node_set_mode(NODE_VOTING, "a prepared transaction holds a lock that apply waits for",
				  "Find it in pg_prepared_xacts and commit it or roll it back.");
}

void
blockers_end(void)
{
	bool isnull;
	Datum array;
	Datum *pids;
	int count;

	pg_atomic_fetch_add_u64(&node_shared->stats.lock_waits, 1);
	if (SPI_execute_with_args("SELECT pg_blocking_pids($1)", 1, (Oid[]){ INT4OID },
							  (Datum[]){ Int32GetDatum((int32) apply_pid()) }, NULL, true,
							  1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for blockers");
	array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	deconstruct_array(DatumGetArrayTypeP(array), INT4OID, 4, true, TYPALIGN_INT, &pids, NULL,
					  &count);
	for (int i = 0; i < count; i++)
	{
		if (DatumGetInt32(pids[i]) == 0)
			show_prepared();
		else
			end_session(DatumGetInt32(pids[i]));
	}
}
