/*
 * bulk_pg.h - rows into one relation without a statement: table_multi_insert and index entries
 * (P32). For the engine's own relations, which have no triggers, no defaults and no constraints
 * beyond NOT NULL and their cut.
 */
#ifndef MESCHAIN_LEDGER_BULK_PG_H
#define MESCHAIN_LEDGER_BULK_PG_H

#include "postgres.h"

#include "executor/tuptable.h"

typedef struct BulkWriter BulkWriter;

/* Takes RowExclusiveLock to the end of the transaction. Memory is the current context's. */
extern BulkWriter *bulk_open(Oid relation);

/* The next row's slot, values and nulls to be filled; written at the latest by bulk_close. */
extern TupleTableSlot *bulk_row(BulkWriter *writer);
extern void bulk_close(BulkWriter *writer);

/*
 * From here on rows go there and into no table, whoever writes them: what a block would write, for
 * those who compare. NULL ends it; an error on the way has to end it too.
 */
typedef void (*BulkSink)(void *context, const char *table, const Datum *values, const bool *nulls);
extern void bulk_divert(BulkSink sink, void *context);

#endif
