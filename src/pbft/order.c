/*
 * order.c - who may propose: Fisher-Yates over the members from a seed, primary(v) on it, and the
 * proposer above the tip (R1).
 */
#include "base/digest.h"
#include "pbft/replica.h"

/* Uniform below bound: SHA-256 in counter mode, rejecting what would make small numbers
 * likelier. */
static uint32_t
draw_below(const McHash *seed, uint64_t *counter, uint32_t bound)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % bound;

	for (;;)
	{
		uint8_t number[8];
		McHash hash;
		McSpan parts[3];
		uint64_t value;

		put_be64(number, (*counter)++);
		parts[0] = span_hash(seed);
		parts[1] = span_text("order");
		parts[2] = span_of(number, 8);
		digest_sha256(&hash, parts, 3);
		value = get_be64(hash.bytes);
		if (value < limit)
			return (uint32_t) (value % bound);
	}
}

void
pbft_order_shuffle(const McHash *seed, uint32_t count, uint32_t *order)
{
	uint64_t counter = 0;

	assert(count >= 1 && count <= PBFT_NODE_MAX);
	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (uint32_t i = count - 1; i > 0; i--)
	{
		uint32_t other = draw_below(seed, &counter, i + 1);
		uint32_t kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

/* Must not depend on anything uncommitted: all must agree on it while they disagree on blocks. */
uint32_t
pbft_primary(const PbftReplica *replica, uint64_t view)
{
	return replica->order[view % replica->config.member_count];
}

static void
advance(PbftReplica *replica, const PbftBlock *block)
{
	pbft_chain_advance(&replica->config, replica->order, &block->header, &block->hash,
					   &replica->tip_chain);
}

/*
 * The chain state at the tip. Invalid while this node does not know the epoch from its anchor on:
 * it cannot judge a proposal then, and its PREPARE is missing until the next epoch.
 */
const PbftChain *
pbft_tip_chain(PbftReplica *replica)
{
	McHash hashes[PBFT_BLOCK_MAX];
	McHash missing;
	bool conflict;
	PbftChain *chain = &replica->tip_chain;
	const PbftBlock *block;

	if (chain->valid && hash_equal(&chain->hash, &replica->tip_hash))
		return chain;
	block = pbft_block_find(replica, &replica->tip_hash);
	/* the usual step: one block further */
	if (chain->valid && block != NULL && block->header.height == chain->height + 1 &&
		hash_equal(&block->header.parent_hash, &chain->hash))
	{
		advance(replica, block);
		return chain;
	}
	*chain = replica->final_chain;
	if (!pbft_block_chain(replica, replica->tip, &replica->tip_hash, hashes, &missing, &conflict))
		chain->valid = false;
	while (chain->valid && chain->height < replica->tip)
		advance(replica, pbft_block_find(replica, &hashes[chain->height - replica->committed]));
	return chain;
}

/*
 * R1: in the view in which the tip was first proposed its slot order goes on; in any other the
 * first block above it is the primary's. A function of the view and the tip's chain alone.
 */
uint32_t
pbft_tip_proposer(PbftReplica *replica)
{
	const PbftChain *chain = pbft_tip_chain(replica);

	if (!chain->valid)
		return PBFT_NODE_MAX;
	return replica->view == chain->view ? pbft_chain_slot(chain)
										: pbft_primary(replica, replica->view);
}

bool
pbft_left_out_as_liar(const PbftReplica *replica, uint32_t seat)
{
	return seat < replica->config.member_count && replica->final_chain.seats[seat].liar;
}

bool
pbft_may_vote(const PbftReplica *replica)
{
	return replica->config.self < replica->config.member_count && !replica->fenced &&
		   !replica->diverged && !replica->closed && replica->echoed;
}
