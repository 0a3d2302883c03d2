/*
 * receipt_pg.c - what became of a submission, for whoever knows its uuid: at once or as soon as it
 * is decided. Looks with a snapshot of its own, so that it answers in a repeatable-read transaction
 * too.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "node/accounts_pg.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* The wait looks again so often: half the time that has passed, within these bounds. */
#define LOOK_MIN_MS 2
#define LOOK_MAX_MS 100

/* A duplicate of a decided submission is not its outcome. */
#define QUERY                                                                                      \
	"SELECT * FROM mes.receipts WHERE submission = $1 AND status <> 'duplicate' "                  \
	"ORDER BY height, position"

static bool
put_receipts(const pg_uuid_t *submission, ReturnSetInfo *result)
{
	EngineRights saved;
	bool found;

	engine_rights_take(&saved);
	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute_with_args(QUERY, 1, (Oid[]){ UUIDOID }, (Datum[]){ UUIDPGetDatum(submission) },
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a receipt");
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	found = SPI_processed > 0;
	PopActiveSnapshot();
	SPI_finish();
	engine_rights_return(&saved);
	return found;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_receipt_of);
Datum
mes_receipt_of(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	(void) put_receipts(PG_GETARG_UUID_P(0), (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

static int64
interval_ms(const Interval *interval)
{
	int64 days = interval->day + (int64) interval->month * DAYS_PER_MONTH;

	return days * (USECS_PER_DAY / 1000) + interval->time / 1000;
}

/* (submission, timeout) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_wait_for_receipt);
Datum
mes_wait_for_receipt(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const pg_uuid_t *submission = PG_GETARG_UUID_P(0);
	int64 limit_ms = interval_ms(PG_GETARG_INTERVAL_P(1));
	TimestampTz start = GetCurrentTimestamp();

	InitMaterializedSRF(fcinfo, 0);
	while (!put_receipts(submission, result))
	{
		int64 passed_ms = (GetCurrentTimestamp() - start) / 1000;
		int64 pause_ms = Min(Max(passed_ms / 2, LOOK_MIN_MS), LOOK_MAX_MS);

		if (passed_ms >= limit_ms)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) Min(pause_ms, limit_ms - passed_ms), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}
