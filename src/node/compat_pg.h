/*
 * compat_pg.h - every difference between PostgreSQL 15 and 18 that the project meets, in one place.
 */
#ifndef MESCHAIN_NODE_COMPAT_PG_H
#define MESCHAIN_NODE_COMPAT_PG_H

#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "utils/snapmgr.h"

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

/* 18 added counters for EXPLAIN to index_beginscan. */
static inline IndexScanDesc
compat_index_beginscan(Relation table, Relation index, Snapshot snapshot, int key_count)
{
#if PG_VERSION_NUM >= 180000
	return index_beginscan(table, index, snapshot, NULL, key_count, 0);
#else
	return index_beginscan(table, index, snapshot, key_count, 0);
#endif
}

/* 16 made "are there indexes to update" three-valued. True when the row needs index entries. */
static inline bool
compat_update_row(Relation table, ItemPointer old_row, TupleTableSlot *new_row)
{
#if PG_VERSION_NUM >= 160000
	TU_UpdateIndexes needed;

	simple_table_tuple_update(table, old_row, new_row, GetActiveSnapshot(), &needed);
	return needed != TU_None;
#else
	bool needed;

	simple_table_tuple_update(table, old_row, new_row, GetActiveSnapshot(), &needed);
	return needed;
#endif
}

/* 17 replaced the backend id and pgprocno by one ProcNumber; a PGPROC pointer serves them all. */

#endif
