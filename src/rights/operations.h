/*
 * operations.h - the arguments of this room's operations, written to what tx_build_operation gives.
 */
#ifndef MESCHAIN_RIGHTS_OPERATIONS_H
#define MESCHAIN_RIGHTS_OPERATIONS_H

#include "rights/quote.h"
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

extern void operation_put_derive_work(WireWriter *writer, const RightsId *work_id,
									  const RightsSource *source);
extern void operation_put_appoint_agent(WireWriter *writer, const RightsId *work_id,
										const McAddress *agent);
extern void operation_put_register_item(WireWriter *writer, const ItemRow *item);
extern void operation_put_transfer_share(WireWriter *writer, const RightsId *work_id,
										 const RightsShares *to);
extern void operation_put_offer_share(WireWriter *writer, const OfferRow *offer);
extern void operation_put_buy_share(WireWriter *writer, const RightsId *offer_id,
									const RightsPayment *payment);
extern void operation_put_grant_licence(WireWriter *writer, const LicenceRow *row);
extern void operation_put_buy_licence(WireWriter *writer, const RightsId *licence_id,
									  const RightsPayment *payment);
extern void operation_put_revoke_licence(WireWriter *writer, const RightsId *licence_id,
										 uint64_t end_ms);
extern void operation_put_withdraw_offer(WireWriter *writer, const RightsId *id);
extern void operation_put_pay_royalty(WireWriter *writer, const RoyaltyReport *report,
									  const RightsPayment *payment);
/* A negative amount comes back out of the pool. */
extern void operation_put_fund_reward(WireWriter *writer, const RightsId *work_id,
									  const TxAsset *asset, int64_t amount, uint32_t ppm);
extern void operation_put_seal_terms(WireWriter *writer, const RightsId *subject,
									 const McHash *terms_hash, McSpan box);

#endif
