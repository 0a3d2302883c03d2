/*
 * beside_pg.h - what cannot stand beside a submission in one SQL transaction, because the ledger
 * may decide while it still fails (P4).
 */
#ifndef MESCHAIN_NODE_BESIDE_PG_H
#define MESCHAIN_NODE_BESIDE_PG_H

#include "postgres.h"

/* Raises 0A000 and names what it is. */
extern void beside_refuse(const char *what) pg_attribute_noreturn();

/* When a submission begins or is handed in: PostgreSQL's own refusal in a read-only transaction. */
extern void beside_check_writable(void);

/* True when this transaction notifies, or changes whom it listens to. */
extern bool beside_notify_queued(void);

/* When a submission begins and again before it is handed in: a queued NOTIFY. */
extern void beside_check_notify(void);

/* Before it is handed in: private rows that may still fail to serialise. */
extern void beside_check_rows(void);

#endif
