/*
 * reward.h - what traffic earns, what a node's past weighs, and which accounts have slept so long
 * that their CCC returns to the miners. Whole numbers and parts per million (ppm).
 */
#ifndef MESCHAIN_STORAGE_REWARD_H
#define MESCHAIN_STORAGE_REWARD_H

#include "base/bytes.h"
#include "base/status.h"
#include "storage/wide.h"

#define REWARD_PPM 1000000u
#define REWARD_STABILITY_LEAST_PPM 100000u
#define REWARD_STABILITY_NEW_PPM 500000u
#define REWARD_TRAFFIC_FEE_PPM 10000u /* the fee of traffic in that of storage */

/* Passed among all audits of the last seven epochs; a node without any counts half. */
extern McStatus reward_stability(uint64_t passed, uint64_t audits, uint32_t *ppm,
								 McProblem *problem);

/*
 * Of an epoch's pool: pool * bytes / all_bytes * stability. Floors, and stability is 1 at most, so
 * the nodes together never take more than the pool; what is left rolls over.
 */
extern McStatus reward_traffic(uint64_t pool_units, Wide bytes, Wide all_bytes,
							   uint32_t stability_ppm, uint64_t *units, McProblem *problem);

extern McStatus reward_traffic_fee(uint64_t storage_fee_units, uint32_t ratio_ppm,
								   uint64_t *units, McProblem *problem);

/* today * weight + past * (1 - weight), each share in ppm of the network. */
extern McStatus reward_score(uint32_t today_ppm, uint32_t past_ppm, uint32_t today_weight_ppm,
							 uint32_t *score_ppm, McProblem *problem);

/* An account sleeps when it has sent nothing for a period of 2^19 blocks of a minute. */
#define DORMANT_AFTER (UINT64_C(1) << 19)
#define DORMANT_NOTICE (UINT64_C(1) << 16) /* before that it is told */
#define DORMANT_SWEEP_MAX 1000 /* a block: a sweep of everything at once would stall it */

typedef enum DormantState
{
	DORMANT_ACTIVE,
	DORMANT_WARNED,
	DORMANT_ASLEEP
} DormantState;

extern DormantState dormant_state(uint64_t last_active_height, uint64_t height);

typedef struct DormantAccount
{
	McHash id;
	uint64_t last_active_height;
	bool exempt; /* escrow, collateral, contract, system or flagged */
} DormantAccount;

/*
 * The accounts a block sweeps: those asleep and not exempt, the longest asleep first, then by id.
 * chosen receives positions in accounts; returns how many.
 */
extern size_t dormant_sweep(const DormantAccount *accounts, size_t count, uint64_t height,
							uint32_t chosen[DORMANT_SWEEP_MAX]);

#endif
