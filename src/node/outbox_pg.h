/*
 * outbox_pg.h - meschain.commit = local: the signed submission is a row of the session's own
 * commit, handed over after it, and again after a crash, until a block decides it.
 */
#ifndef MESCHAIN_NODE_OUTBOX_PG_H
#define MESCHAIN_NODE_OUTBOX_PG_H

#include "postgres.h"

#include "tx/tx.h"

/* Writes the row in the caller's transaction. */
extern void outbox_store(const TxView *view);

/* The housekeeper's round: forgets what is decided, hands over what is not in the pool. */
extern void outbox_resend(void);

#endif
