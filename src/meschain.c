/* meschain.c - the library's entry point; _PG_init calls each room's init and does nothing itself.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "node/guard_pg.h"
#include "node/guc_pg.h"
#include "node/launcher_pg.h"
#include "node/peer_session_pg.h"
#include "node/shmem_pg.h"
#include "node/outbox_pg.h"
#include "node/submission_pg.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	guc_init();
	if (!process_shared_preload_libraries_in_progress)
		return; /* functions of pure rooms still work; those of the node say that they cannot */
	shmem_init();
	launcher_init();
	submission_init();
	outbox_init();
	guard_init();
	peer_session_init();
}
