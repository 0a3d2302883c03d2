/*
 * header.h - the block header: fixed-width big-endian bytes, so that an auditor recomputes a
 * block's hash in SQL: digest(header, 'sha256'). No view and no certificate stand inside: the hash
 * of a block is the same in whatever view it is decided.
 */
#ifndef MESCHAIN_PBFT_HEADER_H
#define MESCHAIN_PBFT_HEADER_H

#include "base/bytes.h"
#include "base/status.h"

#define PBFT_HEADER_VERSION 1
/* The first eight bytes: no other hashed or signed string of the ledger begins so. */
#define PBFT_HEADER_TAG "MES1-hdr"
#define PBFT_HEADER_SIZE 248

#define PBFT_FLAG_END_EPOCH 1u
#define PBFT_FLAG_YIELDS 2u /* A10: the proposer is slow and asks to be left out of the order */
#define PBFT_FLAGS_KNOWN (PBFT_FLAG_END_EPOCH | PBFT_FLAG_YIELDS)

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
	McHash evidence_root; /* of the body's evidence and membership items; zero when none */
	uint64_t stable_height; /* newest stable checkpoint the proposer knew; never falls */
	McHash stable_exec_root;
	uint64_t skip_first; /* R1b: views skip_first .. skip_first + skip_count - 1 gave no block */
	uint32_t skip_count;
	uint32_t flags;
} PbftHeader;

extern void pbft_header_encode(const PbftHeader *header, uint8_t out[PBFT_HEADER_SIZE]);

/* Hostile bytes: tag, version, flags and size are checked, values are not. */
extern McStatus pbft_header_decode(McSpan bytes, PbftHeader *header, McProblem *problem);

/* SHA-256 of the encoded bytes. */
extern void pbft_header_hash(const PbftHeader *header, McHash *hash);

#endif
