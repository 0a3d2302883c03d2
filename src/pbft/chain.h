/*
 * chain.h - what follows from the headers of an epoch and nothing else: whose slot comes next, who
 * is left out of the order, the beacon, and whether the epoch must end early. Every member that
 * knows a block derives the same from it (A2). Room-private.
 */
#ifndef MESCHAIN_PBFT_CHAIN_H
#define MESCHAIN_PBFT_CHAIN_H

#include "pbft/pack.h"
#include "pbft/pbft.h"

typedef struct PbftSeat
{
	McHash onion;        /* tip: the next reveal hashes to it; zero: this member reveals nothing */
	bool liar;           /* named by evidence: left out to the end of the epoch (A10) */
	uint32_t made;       /* blocks in this epoch */
	uint32_t missed;     /* slots and views that gave none (R19) */
	uint32_t streak;     /* missed or yielded running (A10) */
	uint64_t out_since;  /* height of the block that named it, or by which it yielded */
	uint64_t back_round; /* left out of the order below this round */
} PbftSeat;

typedef struct PbftChain
{
	bool valid; /* a log that begins in the middle of an epoch does not tell */
	bool cause; /* an ancestor holds what ends the epoch early (A2) */
	uint64_t height;
	McHash hash;
	uint64_t view; /* the one in which this block was first proposed */
	uint64_t round;
	uint32_t slot;
	uint32_t order[PBFT_NODE_MAX]; /* of this round */
	McHash mix;
	PbftSeat seats[PBFT_NODE_MAX];
} PbftChain;

#define PBFT_SEAT_SIZE (HASH_SIZE + 1 + 4 + 4 + 4 + 8 + 8)
#define PBFT_CHAIN_MAX                                                                             \
	(2 + 8 + HASH_SIZE + 8 + 8 + 4 + HASH_SIZE + PBFT_NODE_MAX * (1 + PBFT_SEAT_SIZE))

/* On the anchor; or, alone and without a log, on what START says. */
extern void pbft_chain_begin(const PbftConfig *config, const PbftTip *tip, PbftChain *chain);

/* Takes the chain from a block to its child, whose header has been accepted or is final. */
extern void pbft_chain_advance(const PbftConfig *config, const uint32_t *permutation,
							   const PbftHeader *header, const McHash *hash, PbftChain *chain);

/* The member whose slot comes next; never one that is left out. */
extern uint32_t pbft_chain_slot(const PbftChain *chain);

/* True when the header's reveal opens its proposer's onion. */
extern bool pbft_chain_reveal_good(const PbftChain *chain, const PbftHeader *header);

extern void pbft_chain_pack(PbftPacker *packer, const PbftChain *chain, uint32_t member_count);
extern void pbft_chain_unpack(PbftUnpacker *unpacker, PbftChain *chain, uint32_t member_count);

#endif
