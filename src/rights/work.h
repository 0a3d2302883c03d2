/*
 * work.h - what operations ask of the state: rows by id, who may act, what a name stands for.
 * Internal to rights/. A found row's spans stand until the next look-up.
 */
#ifndef MESCHAIN_RIGHTS_WORK_H
#define MESCHAIN_RIGHTS_WORK_H

#include "rights/rights.h"

extern void rights_work_id(const McHash *content_hash, RightsId *id);
extern void rights_item_id(McSpan kind, McSpan code, RightsId *id);
/* The id of what an operation makes: tag "MES1-offer" or "MES1-licence". */
extern void rights_new_id(const char *tag, const TxWorld *world, const TxOperation *operation,
						  RightsId *id);

/* Each says which id is unknown. */
extern McStatus rights_find_work(TxWorld *world, const RightsId *id, WorkRow *row,
								 McProblem *problem);
extern McStatus rights_find_shares(TxWorld *world, const RightsId *work_id, RightsShares *shares,
								   McProblem *problem);
extern McStatus rights_find_licence(TxWorld *world, const RightsId *id, LicenceRow *row,
									McProblem *problem);
extern McStatus rights_find_offer(TxWorld *world, const RightsId *id, OfferRow *row,
								  McProblem *problem);
/* The asset exists. */
extern McStatus rights_find_asset(TxWorld *world, const TxAsset *asset, McProblem *problem);

/* The work's agent, or who holds more than half of it. */
extern McStatus rights_check_agent(TxWorld *world, const RightsId *work_id, const WorkRow *work,
								   const McAddress *actor, McProblem *problem);

extern uint32_t rights_share_of(const RightsShares *shares, const McAddress *holder);
extern McStatus rights_check_share(const RightsShares *shares, const McAddress *holder,
								   uint32_t ppm, McProblem *problem);
/* Moves parts of a million; refused unless the giver holds them. */
extern McStatus rights_move_share(RightsShares *shares, const McAddress *from, const McAddress *to,
								  uint32_t ppm, McProblem *problem);

extern void rights_put_work(TxWorld *world, const RightsId *id, const WorkRow *row);
extern void rights_put_shares(TxWorld *world, const RightsId *work_id, const RightsShares *shares);
extern void rights_put_licence(TxWorld *world, const RightsId *id, const LicenceRow *row);
extern void rights_put_offer(TxWorld *world, const RightsId *id, const OfferRow *row);

#endif
