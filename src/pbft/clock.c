/*
 * clock.c - A12: chain time is judged by this node's clock corrected by the median of what a quorum
 * of members' clocks say; fewer than n/3 liars leave the median in the honest range.
 */
#include "pbft/replica.h"

uint64_t
pbft_clock(const PbftReplica *replica)
{
	int64_t sorted[PBFT_NODE_MAX];
	uint32_t count = 0;
	int64_t offset;

	for (uint32_t i = 0; i < replica->config.member_count; i++)
	{
		int64_t value = i == replica->config.self ? 0 : replica->clock_offset[i];
		uint32_t at = count;

		if (i != replica->config.self && !replica->peer_known[i])
			continue;
		for (; at > 0 && sorted[at - 1] > value; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = value;
		count++;
	}
	if (count < replica->quorum)
		return replica->wall_ms;
	offset = sorted[(count - 1) / 2];
	if (offset < 0 && (uint64_t) -offset > replica->wall_ms)
		return 0;
	return replica->wall_ms + (uint64_t) offset;
}
