/*
 * housekeeper_pg.c - what must be done in this database but never in a block's transaction: leaf
 * tables ahead of need (P15), calls of commit hooks again, the outbox. Short transactions, no lock
 * that apply waits for.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/launcher_pg.h"
#include "node/outbox_pg.h"
#include "node/shmem_pg.h"
#include "node/worker_pg.h"
#include "pgstat.h"
#include "utils/snapmgr.h"

#define ROUND_MS 5000

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
		run("SELECT mes_internal.extend_leaves()");
		run("SELECT mes_internal.retry_due_hooks()");
		begin_transaction();
		outbox_resend();
		commit_transaction();
		worker_wait(ROUND_MS);
	}
}
