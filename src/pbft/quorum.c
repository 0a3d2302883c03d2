/*
 * quorum.c - how many members are enough (A13). One function for every certificate.
 */
#include "pbft/certificate.h"

uint32_t
pbft_faults(uint32_t member_count)
{
	assert(member_count >= 1 && member_count <= PBFT_NODE_MAX);
	return (member_count - 1) / 3;
}

/* Never the literal 2f + 1: at n = 5 and 6 two quorums of 3 need not share an honest member
 * (X4). */
uint32_t
pbft_quorum(uint32_t member_count)
{
	return (member_count + pbft_faults(member_count)) / 2 + 1;
}
