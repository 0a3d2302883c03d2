/*
 * session_pg.c - current rows for a session that is about to sign: prices and payees as they stand.
 * The ledger asks again when it executes.
 */
#include "rights/rights_pg.h"

#include "executor/spi.h"
#include "node/rows_pg.h"
#include "node/shmem_pg.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define UNIX_TO_POSTGRES_US ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000000))

static bool
get_row(TxWorld *world, TxTable table, McSpan key, McSpan *value)
{
	return rows_get_current(table, key, value);
}

uint64_t
rights_now_ms(void)
{
	uint64_t now_ms = (uint64_t) (GetCurrentTimestamp() + UNIX_TO_POSTGRES_US) / 1000;
	uint64_t chain_ms;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	chain_ms = node_shared->tip.ts_ms;
	LWLockRelease(node_shared->lock);
	return Max(now_ms, chain_ms + 1);
}

void
rights_session_begin(RightsSession *session)
{
	memset(session, 0, sizeof(*session));
	session->world.block_time_ms = rights_now_ms();
	session->world.get_row = get_row;
	engine_rights_take(&session->rights);
	PushActiveSnapshot(GetLatestSnapshot());
	SPI_connect();
}

void
rights_session_end(RightsSession *session)
{
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&session->rights);
}
