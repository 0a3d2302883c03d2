/*
 * blockers_pg.h - no session holds up a block (P2): the housekeeper watches whether apply waits for
 * a lock, and ends what blocks it.
 */
#ifndef MESCHAIN_NODE_BLOCKERS_PG_H
#define MESCHAIN_NODE_BLOCKERS_PG_H

#include "postgres.h"

/*
 * To be called every meschain.apply_lock_wait. Cheap while apply does not wait; true when it has
 * waited since the call before, and then blockers_end() is due.
 */
extern bool blockers_apply_waits(void);

/* Cancels running blockers, terminates idle ones. Needs SPI connected. */
extern void blockers_end(void);

#endif
