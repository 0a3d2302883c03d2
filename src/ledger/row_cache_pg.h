/*
 * row_cache_pg.h - current state rows in the apply worker's memory, and which keys have none: an
 * operation of several look-ups must not cost as many queries. Bounded; forgets all when full.
 */
#ifndef MESCHAIN_LEDGER_ROW_CACHE_PG_H
#define MESCHAIN_LEDGER_ROW_CACHE_PG_H

#include "postgres.h"

#include "tx/operation.h"

extern void row_cache_open(Size bytes);

/* Between blocks only, since what row_cache_get gave must stand to the block's end. */
extern void row_cache_trim(void);

/* False: not known. Else *present says whether there is a row, and value is it. */
extern bool row_cache_get(TxTable table, McSpan key, bool *present, McSpan *value);

/* value NULL: there is no such row. */
extern void row_cache_put(TxTable table, McSpan key, const McSpan *value);

#endif
