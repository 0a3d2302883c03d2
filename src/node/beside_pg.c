/*
 * beside_pg.c - looks at the session's transaction only; what may wait for the ledger is
 * submission_pg.c's to decide.
 */
#include "node/beside_pg.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "commands/async.h"
#include "miscadmin.h"
#include "utils/memutils.h"

void
beside_refuse(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s cannot stand beside a submission in one SQL transaction", what),
					errdetail("The ledger may decide while the local part still fails."),
					errhint("Use a commit hook to move local rows with the ledger.")));
}

/* A standby is refused by name, with where to go instead (P20): see genesis_in_force. */
void
beside_check_writable(void)
{
	if (!RecoveryInProgress())
		PreventCommandIfReadOnly("a submission to the ledger");
}

/*
 * The queue of notifications is async.c's own. The one thing that looks into it from outside is the
 * check that PREPARE TRANSACTION makes; it changes nothing.
 */
bool
beside_notify_queued(void)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool queued = false;

	PG_TRY();
	{
		AtPrepare_Notify();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
		queued = true;
	}
	PG_END_TRY();
	return queued;
}

void
beside_check_notify(void)
{
	if (beside_notify_queued())
		beside_refuse("LISTEN, UNLISTEN or NOTIFY");
}

void
beside_check_rows(void)
{
	if (IsolationIsSerializable() && TransactionIdIsValid(GetTopTransactionIdIfAny()))
		beside_refuse("private rows written under SERIALIZABLE");
}
