/*
 * pbft_blocks.h - what follows from headers, block by block: a chain by itself, and blocks on the
 * tip of the replica under test, from proposal to result.
 */
#ifndef MESCHAIN_TEST_PBFT_BLOCKS_H
#define MESCHAIN_TEST_PBFT_BLOCKS_H

#include "unit/pbft_peers.h"

static PbftChain chain;

/* Changes of the configuration need a replica of their own. */
static inline void
begin_again(void)
{
	log_count = 0;
	restart();
	pbft_effects_clear(&effects);
}

static inline void
chain_begin(void)
{
	begin();
	pbft_chain_begin(&config, &config.anchor, &chain);
}

static inline void
chain_child_flagged(uint32_t proposer, uint64_t view, uint32_t flags)
{
	PbftHeader header = { .height = chain.height + 1, .proposer = proposer, .flags = flags };
	McHash hash;

	header.parent_hash = chain.hash;
	header.skip_first = view > chain.view ? chain.view : 0;
	header.skip_count = (uint32_t) (view - chain.view);
	hash = hash_of(&header);
	pbft_chain_advance(&config, replica->order, &header, &hash, &chain);
}

static inline void
chain_child(uint32_t proposer, uint64_t view)
{
	chain_child_flagged(proposer, view, 0);
}

/* A block by whose turn it is, with evidence against a member in its body. */
static inline void
chain_naming(uint32_t liar)
{
	PbftHeader header = { .height = chain.height + 1, .proposer = pbft_chain_slot(&chain) };
	McHash hash;

	header.parent_hash = chain.hash;
	pbft_name(header.causes.liars, liar);
	hash = hash_of(&header);
	pbft_chain_advance(&config, replica->order, &header, &hash, &chain);
}

/* Blocks while one member is silent; returns how many views that cost. */
static inline uint64_t
blocks_without(uint32_t silent, int count)
{
	uint64_t from = chain.view;

	for (int i = 0; i < count; i++)
	{
		uint64_t view = chain.view;
		uint32_t proposer = pbft_chain_slot(&chain);

		while (proposer == silent)
			proposer = replica->order[++view % 4];
		chain_child(proposer, view);
	}
	return chain.view - from;
}

static inline PbftHeader
block_on_tip(uint64_t ts_ms)
{
	PbftHeader header = block_on(&replica->tip_hash, replica->tip + 1, replica->view, ts_ms, 1);
	PbftTip tip;

	CHECK(pbft_block_tip(replica, &replica->tip_hash, &tip));
	header.stable_height = tip.stable_height;
	header.stable_exec_root = tip.stable_exec_root;
	header.proposer = pbft_tip_proposer(replica);
	header.skip_first = 0;
	header.skip_count = 0;
	return header;
}

static inline void
offer(const PbftHeader *header)
{
	McHash hash = hash_of(header);

	propose(header, replica->view);
	body_arrives(&hash);
}

static inline void
propose_own(uint64_t ts_ms)
{
	PbftCandidate candidate = { .request = replica->request, .tx_count = 1 };

	replica->wall_ms = ts_ms;
	CHECK(replica->requested);
	step((PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
}

/* From acceptance to a durable result. */
static inline void
finish_block(uint64_t height)
{
	McHash hash = replica->tip_hash;

	CHECK_INT(replica->tip, height);
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, replica->view, height, &hash);
	executed(height, (uint8_t) height);
	for (uint32_t i = 1; i < 4; i++)
		checkpoint(i, height, &hash, (uint8_t) height);
	CHECK_INT(replica->resulted, height);
	step((PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = height });
}

/* One block, due for so long, from proposal to result. */
static inline void
make_block(uint64_t took_ms)
{
	uint64_t height = replica->tip + 1;

	pbft_effects_clear(&effects);
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	now_ms += took_ms;
	step((PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = 5000 });
	if (pbft_tip_proposer(replica) == 0)
		propose_own(4000 + height);
	else
	{
		PbftHeader header = block_on_tip(4000 + height);

		offer(&header);
	}
	finish_block(height);
}

#endif
