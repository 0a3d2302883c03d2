/*
 * guard_pg.h - the ledger's relations are append-only, for superusers too (P9), and the workers let
 * go of a database before it is dropped or renamed (P1).
 *
 * Open to the engine's processes, to CREATE, ALTER and DROP EXTENSION meschain, to a database that
 * has no genesis yet, to a superuser's restore with meschain.restore = on, and, on purpose, to
 * session_replication_role = replica: whoever owns the server can always edit, and mes.verify finds
 * it.
 */
#ifndef MESCHAIN_NODE_GUARD_PG_H
#define MESCHAIN_NODE_GUARD_PG_H

#include "postgres.h"

extern void guard_init(void);

/* Called by each worker with a database connection: this process is the engine. */
extern void guard_open_process(void);

/* Around one statement of repair_pg.c, which writes what signatures lead to. */
extern void guard_repair(bool open);

#endif
