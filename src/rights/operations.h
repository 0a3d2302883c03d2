/*
 * operations.h - the arguments of this room's operations, written to what tx_build_operation gives.
 */
#ifndef MESCHAIN_RIGHTS_OPERATIONS_H
#define MESCHAIN_RIGHTS_OPERATIONS_H

#include "rights/rights.h"

/* Kinds 16 to 47 are this room's; numbers never change once released. */
#define OPERATION_REGISTER_WORK 16
#define OPERATION_DERIVE_WORK 17
#define OPERATION_APPOINT_AGENT 18
#define OPERATION_REGISTER_ITEM 19
#define OPERATION_TRANSFER_SHARE 20
#define OPERATION_OFFER_SHARE 21
#define OPERATION_BUY_SHARE 22
#define OPERATION_GRANT_LICENCE 23
#define OPERATION_BUY_LICENCE 24
#define OPERATION_REVOKE_LICENCE 25
#define OPERATION_WITHDRAW_OFFER 26
#define OPERATION_PAY_ROYALTY 27
#define OPERATION_FUND_REWARD 28
#define OPERATION_SEAL_TERMS 29

/* Identity, titles, identifiers, sources and metadata of the row; the ledger fills in the rest. */
extern void operation_put_register_work(WireWriter *writer, const WorkRow *work,
										const RightsShares *shares);

#endif
