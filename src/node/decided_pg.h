/*
 * decided_pg.h - what the rows say of transactions in the pool, after the workers were lost.
 */
#ifndef MESCHAIN_NODE_DECIDED_PG_H
#define MESCHAIN_NODE_DECIDED_PG_H

/* Tells waiting sessions what was decided, queues the rest, and notes what late gossip may bring.
 * Needs SPI connected. */
extern void decided_recall(void);

#endif
