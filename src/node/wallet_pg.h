/*
 * wallet_pg.h - turns operations of one account into a signed envelope: what they cost, which coins
 * pay for it, what comes back as change.
 */
#ifndef MESCHAIN_NODE_WALLET_PG_H
#define MESCHAIN_NODE_WALLET_PG_H

#include "node/accounts_pg.h"
#include "node/coins_pg.h"
#include "node/shmem_pg.h"
#include "tx/operation.h"

typedef struct WalletOperation
{
	uint16_t kind;
	McSpan arguments;
} WalletOperation;

typedef struct WalletPlan
{
	const NodeGenesis *genesis;
	const Account *account;
	const uint8_t *submission;
	const char *reference;
	int operation_count;
	const WalletOperation *operations;
	/* the result */
	McSpan envelope;
	uint32_t coin_count;
	Coin *coins; /* reserved: to be released or marked spent */
} WalletPlan;

/* Raises insufficient_funds and every refusal that an operation's own check can foresee. */
extern void wallet_build(WalletPlan *plan);

#endif
