/*
 * order.c - who may propose: Fisher-Yates over the members from the epoch's seed, and the two
 * functions of view and height on it (R1).
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

/* R1: the first block above the view's base is the primary's; each further height the next
 * one's. */
uint32_t
pbft_proposer(const PbftReplica *replica, uint64_t height)
{
	assert(height > replica->base.height);
	return replica->order[(replica->view % replica->config.member_count + height -
						   replica->base.height - 1) %
						  replica->config.member_count];
}

bool
pbft_may_vote(const PbftReplica *replica)
{
	return replica->config.self < replica->config.member_count && !replica->fenced &&
		   !replica->diverged && replica->echoed;
}
