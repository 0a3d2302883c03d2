/*
 * describe_pg.h - an operation as jsonb for people: what its kind's describe() says, amounts in
 * whole units.
 */
#ifndef MESCHAIN_LEDGER_DESCRIBE_PG_H
#define MESCHAIN_LEDGER_DESCRIBE_PG_H

#include "postgres.h"

#include "tx/operation.h"
#include "utils/jsonb.h"

/* The fields of one operation; the caller has room for a look-up of assets by SPI. */
extern Jsonb *describe_operation(const TxOperation *operation);

/* Whatever gives fields, as an object. */
extern Jsonb *describe_fields(void (*describe)(const void *subject, TxFields *fields),
							  const void *subject);

/* Its only operation's fields, or an array of all, each with "operation" before its fields. */
extern Jsonb *describe_transaction(const TxView *view);

#endif
