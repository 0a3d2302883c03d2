/*
 * decided_pg.h - what the rows say of transactions in the pool, after the workers were lost.
 */
#ifndef MESCHAIN_NODE_DECIDED_PG_H
#define MESCHAIN_NODE_DECIDED_PG_H

#include "postgres.h"

/* Tells waiting sessions what was decided, queues the rest, and notes what late gossip may bring.
 * Needs SPI connected. */
extern void decided_recall(void);

/* Tells those that were handed in before then and are decided: this node may have forgotten a
 * transaction that the others remember, and they pass over it. Needs SPI connected. */
extern void decided_look_up(int64 before_us);

#endif
