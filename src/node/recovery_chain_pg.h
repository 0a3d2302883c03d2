/*
 * recovery_chain_pg.h - what a node knows of its chain, by which it judges a recovery: its rows and
 * the blocks that came along. Needs SPI.
 */
#ifndef MESCHAIN_NODE_RECOVERY_CHAIN_PG_H
#define MESCHAIN_NODE_RECOVERY_CHAIN_PG_H

#include "postgres.h"

#include "ledger/epoch_pg.h"
#include "node/recovery_pg.h"

/* Who signs in an instance on this chain. */
typedef struct ChainEpoch
{
	bool known;
	PbftInstance at;
	uint8_t instance[PBFT_INSTANCE_SIZE];
	uint64_t roll_height;
	uint32_t count;
	uint32_t numbers[GENESIS_MEMBERS_MAX];
	uint8_t keys[GENESIS_MEMBERS_MAX][SUITE_PUBLIC_SIZE];
} ChainEpoch;

typedef struct RecoveryChain
{
	Genesis *origin;
	uint8_t chain_id[CHAIN_ID_SIZE];
	uint64_t tip_height; /* the last block that is a row */
	McHash tip_hash;
	McSpan blocks;    /* that came along */
	bool missing;     /* something was asked that lies above the rows and did not come along */
	ChainEpoch epoch; /* the last that was asked for */
} RecoveryChain;

extern void chain_open(RecoveryChain *chain, McSpan blocks);

/* The epoch that a block at this height belongs to. */
extern void chain_epoch(RecoveryChain *chain, uint64_t height, ChainEpoch *epoch);
extern bool chain_signed(const RecoveryChain *chain, const ChainEpoch *epoch,
						 const PbftCertificate *certificate);

/* The header and record of a block that came along. */
extern bool chain_find(const RecoveryChain *chain, const McHash *hash, McSpan *record,
					   PbftHeader *header);
/* Height of a block's row, 0 when it is none. */
extern uint64_t chain_row(const RecoveryChain *chain, const McHash *hash);

/* Rules for pbft_resume_judge(). */
extern void chain_rules(RecoveryChain *chain, PbftResumeRules *rules);

/* Judges; raises in words of this node when it is no recovery of this chain. */
extern void chain_judge(RecoveryChain *chain, const RecoveryParts *parts, PbftResume *verdict);

#endif
