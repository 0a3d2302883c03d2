/*
 * tx_plan.h - from words and coins to the body of a transaction, without a server.
 */
#ifndef MESCHAIN_CLI_TX_PLAN_H
#define MESCHAIN_CLI_TX_PLAN_H

#include "cli/tx_file.h"

typedef struct PlanOptions
{
	const char *from; /* sender; NULL: the owner of the coins when they have only one */
	const char *reference;
	const char *memo;
	const char *submission; /* uuid; NULL: a random one */
	int64_t valid_for_s;    /* 0: as long as the ledger allows */
	CliList metadata;       /* name=value */
} PlanOptions;

/* words as mesctl tx build takes them. */
extern McSpan plan_body(CoinFile *coins, const PlanOptions *options, int count, char **words);

#endif
