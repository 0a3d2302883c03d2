/*
 * compat_pg.h - every difference between PostgreSQL 15 and 18 that the project meets, in one place.
 */
#ifndef MESCHAIN_NODE_COMPAT_PG_H
#define MESCHAIN_NODE_COMPAT_PG_H

#include "postgres.h"

#include "executor/executor.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "meschain supports PostgreSQL 15 to 18"
#endif

/* 16 added onlySummarizing to ExecInsertIndexTuples. */
static inline void
compat_insert_index_tuples(ResultRelInfo *relation, TupleTableSlot *slot, EState *estate)
{
	List *recheck;

#if PG_VERSION_NUM >= 160000
	recheck = ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL, false);
#else
	recheck = ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL);
#endif
	list_free(recheck);
}

/* 17 replaced the backend id and pgprocno by one ProcNumber; a PGPROC pointer serves them all. */

#endif
