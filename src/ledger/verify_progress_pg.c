/*
 * verify_progress_pg.c - slots of running verifications. A slot belongs to a backend; one that an
 * error left behind is taken over by that backend's next run and is hidden when the backend is
 * gone.
 */
#include "ledger/verify_progress_pg.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "node/shmem_pg.h"
#include "storage/procarray.h"
#include "utils/timestamp.h"

int
verify_progress_begin(const VerifyRequest *request)
{
	VerifyProgress *progress = NULL;
	int slot;

	if (node_shared == NULL)
		return -1;
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	for (slot = 0; slot < VERIFY_PROGRESS_SLOTS && progress == NULL; slot++)
	{
		VerifyProgress *candidate = &node_shared->verify[slot];

		if (candidate->pid == 0 || candidate->pid == MyProcPid ||
			BackendPidGetProc(candidate->pid) == NULL)
			progress = candidate;
	}
	if (progress != NULL)
	{
		progress->pid = MyProcPid;
		progress->database_oid = MyDatabaseId;
		progress->started_us = GetCurrentTimestamp();
		progress->from_height = request->from_height;
		progress->to_height = request->to_height;
		progress->jobs = request->jobs;
		pg_atomic_init_u64(&progress->blocks_done, 0);
		pg_atomic_init_u64(&progress->transactions_done, 0);
		pg_atomic_init_u64(&progress->problems, 0);
	}
	LWLockRelease(node_shared->lock);
	return progress != NULL ? (int) (progress - node_shared->verify) : -1;
}

void
verify_progress_add(int slot, uint64_t blocks, uint64_t transactions)
{
	if (slot < 0)
		return;
	pg_atomic_fetch_add_u64(&node_shared->verify[slot].blocks_done, (int64) blocks);
	pg_atomic_fetch_add_u64(&node_shared->verify[slot].transactions_done, (int64) transactions);
}

void
verify_progress_problems(int slot, uint64_t problems)
{
	if (slot >= 0)
		pg_atomic_write_u64(&node_shared->verify[slot].problems, problems);
}

void
verify_progress_end(int slot)
{
	if (slot < 0)
		return;
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->verify[slot].pid = 0;
	LWLockRelease(node_shared->lock);
}

#define PROGRESS_COLUMNS 9

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_verify_progress);
Datum
mes_internal_verify_progress(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	if (node_shared == NULL)
		return (Datum) 0;
	LWLockAcquire(node_shared->lock, LW_SHARED);
	for (int i = 0; i < VERIFY_PROGRESS_SLOTS; i++)
	{
		VerifyProgress *progress = &node_shared->verify[i];
		bool nulls[PROGRESS_COLUMNS] = { false };
		Datum values[PROGRESS_COLUMNS] = {
			Int32GetDatum(progress->pid),
			ObjectIdGetDatum(progress->database_oid),
			TimestampTzGetDatum(progress->started_us),
			Int64GetDatum((int64) progress->from_height),
			Int64GetDatum((int64) progress->to_height),
			Int32GetDatum(progress->jobs),
			Int64GetDatum((int64) pg_atomic_read_u64(&progress->blocks_done)),
			Int64GetDatum((int64) pg_atomic_read_u64(&progress->transactions_done)),
			Int64GetDatum((int64) pg_atomic_read_u64(&progress->problems)),
		};

		if (progress->pid != 0 && BackendPidGetProc(progress->pid) != NULL)
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	LWLockRelease(node_shared->lock);
	return (Datum) 0;
}
