/*
 * header.h - the block header: fixed-width big-endian bytes, so that an auditor recomputes a
 * block's hash in SQL: digest(header, 'sha256'). No view and no certificate stand inside: the hash
 * of a block is the same in whatever view it is decided.
 */
#ifndef MESCHAIN_PBFT_HEADER_H
#define MESCHAIN_PBFT_HEADER_H

#include "pbft/certificate.h"

#define PBFT_HEADER_VERSION 1
/* The first eight bytes: no other hashed or signed string of the ledger begins so. */
#define PBFT_HEADER_TAG "MES1-hdr"
#define PBFT_HEADER_SIZE 248

#define PBFT_FLAG_END_EPOCH 1u
#define PBFT_FLAG_YIELDS 2u /* A10: the proposer is slow and asks to be left out of the order */
#define PBFT_FLAGS_KNOWN (PBFT_FLAG_END_EPOCH | PBFT_FLAG_YIELDS)

/*
 * Whom the body names, by seat, least significant bit first as in a certificate: a function of the
 * body and of what held at the epoch's anchor (A2). Each of them lets the epoch end early.
 */
typedef struct PbftCauses
{
	uint8_t liars[PBFT_BITMAP_SIZE];     /* valid evidence against the seat's voting key (R18) */
	uint8_t returning[PBFT_BITMAP_SIZE]; /* a REJOIN of the seat's member (C9) */
} PbftCauses;

/* As it stands in a header: both bitmaps, the rest zero. */
#define PBFT_CAUSES_SIZE HASH_SIZE

typedef struct PbftHeader
{
	uint32_t version;
	uint64_t shard;
	uint64_t epoch;
	uint64_t height;
	McHash parent_hash;
	McHash tx_root;
	uint32_t tx_count;
	uint64_t body_bytes;
	uint64_t ts_ms; /* chain time, above the parent's */
	uint32_t proposer; /* index in the epoch's validator set */
	McHash onion_reveal; /* zero where the beacon is off */
	uint32_t mempool_depth;
	PbftCauses causes; /* the specification's evidence_root: tx_root commits to the items */
	uint64_t stable_height; /* newest stable checkpoint the proposer knew; never falls */
	McHash stable_exec_root;
	uint64_t skip_first; /* R1b: views skip_first .. skip_first + skip_count - 1 gave no block */
	uint32_t skip_count;
	uint32_t flags;
} PbftHeader;

extern void pbft_header_encode(const PbftHeader *header, uint8_t out[PBFT_HEADER_SIZE]);

/* Hostile bytes: tag, version, flags and size are checked, values are not. */
extern McStatus pbft_header_decode(McSpan bytes, PbftHeader *header, McProblem *problem);

static inline void
pbft_name(uint8_t bitmap[PBFT_BITMAP_SIZE], uint32_t seat)
{
	bitmap[seat / 8] |= (uint8_t) (1u << (seat % 8));
}

static inline bool
pbft_named(const uint8_t bitmap[PBFT_BITMAP_SIZE], uint32_t seat)
{
	return (bitmap[seat / 8] >> (seat % 8) & 1) != 0;
}

/* Nobody is named at all. */
extern bool pbft_causes_none(const PbftCauses *causes);
extern bool pbft_causes_equal(const PbftCauses *left, const PbftCauses *right);
/* Only seats below this number are named; alone, nobody is: there is nobody to be judged by. */
extern bool pbft_causes_within(const PbftCauses *causes, uint32_t member_count);

/* SHA-256 of the encoded bytes. */
extern void pbft_header_hash(const PbftHeader *header, McHash *hash);

#endif
