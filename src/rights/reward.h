/*
 * reward.h - a pool from which buyers of a work's licences get a part of the price back. What is
 * paid into it is burned and what is paid out is issued: the supply never counts it, so the sum of
 * outputs is the supply at every height.
 */
#ifndef MESCHAIN_RIGHTS_REWARD_H
#define MESCHAIN_RIGHTS_REWARD_H

#include "rights/rights.h"

/* What a buyer at this price gets: 0 without a pool. */
extern int64_t reward_due(TxWorld *world, const RightsId *work_id, const TxAsset *asset,
						  int64_t price);
/* Takes it out of the pool; the caller gives it to the buyer. */
extern void reward_take(TxWorld *world, const RightsId *work_id, const TxAsset *asset,
						int64_t amount);

#endif
