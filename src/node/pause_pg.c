/*
 * pause_pg.c - mes.pause_node and mes.resume_node. What is in the pool already waits; apply ends
 * the block that it is at.
 */
#include "node/pause_pg.h"

#include "fmgr.h"
#include "node/desk_pg.h"
#include "node/errors_pg.h"
#include "node/shmem_pg.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static bool
end_pause(void)
{
	bool was;

	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	was = pg_atomic_exchange_u32(&node_shared->paused, 0) != 0;
	LWLockRelease(node_shared->lock);
	if (was)
	{
		node_wake(&node_shared->order_latch);
		node_wake(&node_shared->housekeeper_latch);
	}
	return was;
}

bool
pause_in_force(char *reason)
{
	int64 until_us;

	if (pg_atomic_read_u32(&node_shared->paused) == 0)
		return false;
	LWLockAcquire(node_shared->lock, LW_SHARED);
	until_us = node_shared->pause_until_us;
	if (reason != NULL)
		strlcpy(reason, node_shared->pause_reason, NODE_REASON_MAX);
	LWLockRelease(node_shared->lock);
	if (until_us == 0 || GetCurrentTimestamp() < until_us)
		return true;
	if (end_pause())
		ereport(LOG, (errmsg("meschain goes on: the time of its pause is over")));
	return false;
}

/* Who counts on this node's vote learns that there is none. */
static void
announce_mute(TimestampTz now)
{
	static bool told;
	static TimestampTz told_at;
	bool mute;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	mute = node_shared->mode == NODE_FENCED || node_shared->mode == NODE_DIVERGED;
	LWLockRelease(node_shared->lock);
	if (mute == told && (!mute || now - told_at < DESK_NOTICE_MS / 4 * INT64CONST(1000)))
		return;
	desk_tell_mute(mute);
	told = mute;
	told_at = now;
}

void
pause_announce(void)
{
	static char told[NODE_REASON_MAX]; /* empty: nothing is to be taken back */
	static TimestampTz told_at;
	char reason[NODE_REASON_MAX];
	TimestampTz now = GetCurrentTimestamp();

	announce_mute(now);
	if (!pause_in_force(reason))
		reason[0] = '\0';
	if (strcmp(reason, told) == 0 &&
		(reason[0] == '\0' || now - told_at < DESK_NOTICE_MS / 4 * INT64CONST(1000)))
		return;
	desk_tell_pause(reason[0] != '\0' ? reason : NULL);
	strlcpy(told, reason, sizeof(told));
	told_at = now;
}

void
pause_refuse(void)
{
	char reason[NODE_REASON_MAX];
	McProblem problem;

	if (pause_in_force(reason))
		problem_check(status_problem_name(&problem, MC_NODE_PAUSED, reason, strlen(reason)),
					  &problem);
}

/* (reason, until) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_pause_node);
Datum
mes_pause_node(PG_FUNCTION_ARGS)
{
	char *reason = PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0));
	TimestampTz until = PG_ARGISNULL(1) ? 0 : PG_GETARG_TIMESTAMPTZ(1);

	shmem_require();
	if (reason[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a pause needs a reason"),
						errhint("It is what mes.status and refused sessions say meanwhile.")));
	if (!PG_ARGISNULL(1) && until <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a pause cannot end at %s, which is over", timestamptz_to_str(until))));
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	strlcpy(node_shared->pause_reason, reason, NODE_REASON_MAX);
	node_shared->pause_until_us = until;
	pg_atomic_write_u32(&node_shared->paused, 1);
	LWLockRelease(node_shared->lock);
	node_wake(&node_shared->housekeeper_latch);
	ereport(LOG, (errmsg("meschain is paused: %s", reason),
				  errhint("mes.resume_node() lets it go on.")));
	PG_RETURN_VOID();
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_resume_node);
Datum
mes_resume_node(PG_FUNCTION_ARGS)
{
	bool was;

	shmem_require();
	was = end_pause();
	if (was)
		ereport(LOG, (errmsg("meschain goes on: somebody ended its pause")));
	PG_RETURN_BOOL(was);
}
