/*
 * launcher_pg.h - starts and restarts the workers; connected to no database (P1).
 */
#ifndef MESCHAIN_NODE_LAUNCHER_PG_H
#define MESCHAIN_NODE_LAUNCHER_PG_H

#include "postgres.h"

#include "storage/latch.h"

/* Registers the static launcher; called while the library is preloaded. */
extern void launcher_init(void);

/* Tells the launcher that there may be something to start. */
extern void launcher_wake(void);
extern void launcher_wake_at_commit(void);

/*
 * Stops the workers of this server and waits until they are gone. They look into the database again
 * when this session's transaction has ended, whichever way: before that they would only wait for
 * its locks.
 */
extern void launcher_stop_workers(void);

/* What every worker does first: handlers, signals, its pid and latch in shared memory. */
extern void worker_begin(pid_t *pid, Latch *volatile *latch);

/* One wait of a worker's loop: latch, timeout in ms (-1: none), death of the postmaster, reload. */
extern void worker_wait(long timeout_ms);

extern PGDLLEXPORT void launcher_main(Datum argument);
extern PGDLLEXPORT void order_main(Datum argument);
extern PGDLLEXPORT void apply_main(Datum argument);
extern PGDLLEXPORT void housekeeper_main(Datum argument);

#endif
