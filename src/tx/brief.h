/*
 * brief.h - the few fields of an operation that lists show beside it: memo, asset and amount.
 */
#ifndef MESCHAIN_TX_BRIEF_H
#define MESCHAIN_TX_BRIEF_H

#include "tx/operation.h"

/* What the operation does not say is empty or 0; of several amounts the last. */
typedef struct TxBrief
{
	McSpan memo;
	TxAsset asset;
	int64_t amount;
} TxBrief;

extern void tx_describe_brief(const TxOperation *operation, TxBrief *brief);

#endif
