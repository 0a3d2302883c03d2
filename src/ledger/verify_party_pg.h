/*
 * verify_party_pg.h - stored rows of who acts beside a sender and of what was burned. Shared by
 * verify*_pg.c only.
 */
#ifndef MESCHAIN_LEDGER_VERIFY_PARTY_PG_H
#define MESCHAIN_LEDGER_VERIFY_PARTY_PG_H

#include "postgres.h"

typedef struct ActorRow
{
	int64 address_id;
	int64 tx_id;
	int16 actor;
} ActorRow;

typedef struct BurnRow
{
	int64 address_id;
	int64 tx_id;
	int32 number;
	int32 asset_id;
	int64 amount;
} BurnRow;

#endif
