/*
 * outbox_pg.h - submissions that stand as rows of a commit and leave after it: those of sessions at
 * meschain.commit = local, and those of commit hooks, which must not wait. Handed over again after
 * a crash, until a block decides them.
 */
#ifndef MESCHAIN_NODE_OUTBOX_PG_H
#define MESCHAIN_NODE_OUTBOX_PG_H

#include "postgres.h"

#include "node/coins_pg.h"
#include "tx/tx.h"

extern void outbox_init(void);

/* Writes the row in the caller's transaction, which hands the envelope over itself. */
extern void outbox_store(const TxView *view);

/*
 * Writes the row and lets the housekeeper hand the envelope over when the transaction commits. The
 * coins stay reserved for it; the subtransaction's end by error frees them.
 */
extern void outbox_leave(const TxView *view, const Coin *coins, uint32_t coin_count);

/* The housekeeper's round: forgets what is decided, hands over what is not in the pool. */
extern void outbox_resend(void);

#endif
