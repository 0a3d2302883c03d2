/*
 * rows_pg.h - current state rows for sessions: what an operation is likely to meet when its block
 * executes it. Advice only: the ledger judges by the state of its own turn.
 */
#ifndef MESCHAIN_NODE_ROWS_PG_H
#define MESCHAIN_NODE_ROWS_PG_H

#include "postgres.h"

#include "tx/operation.h"

/* Needs SPI connected, the engine's rights and a snapshot. The value stands in SPI's memory. */
extern bool rows_get_current(TxTable table, McSpan key, McSpan *value);

#endif
