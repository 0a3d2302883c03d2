/*
 * merkle_multi.h - one proof for many leaves of an RFC 6962 tree (base/merkle.h).
 *
 * The proof lists, from left to right, the roots of the largest subtrees that hold none of the
 * leaves asked for. It carries no length and no position: both follow from the indexes and the leaf
 * count, so its size is known before a byte of it is read. As with a single path, the leaf count is
 * not proven by the root: it must come from where the root comes from.
 */
#ifndef MESCHAIN_BASE_MERKLE_MULTI_H
#define MESCHAIN_BASE_MERKLE_MULTI_H

#include "base/merkle.h"

/* Indexes are strictly ascending and below leaf_count; the caller has checked it. */
typedef struct MerkleIndexes
{
	const uint64_t *at;
	size_t count; /* at least 1 */
	uint64_t leaf_count;
} MerkleIndexes;

/* The hashes a proof of these leaves has. */
extern uint64_t merkle_multi_size(const MerkleIndexes *indexes);

/* Gives the root of the subtree over leaves [first, first + count). */
typedef void (*MerkleSubtree)(void *source, uint64_t first, uint64_t count, McHash *out);

/* Writes merkle_multi_size() hashes. */
extern void merkle_multi_prove(const MerkleIndexes *indexes, MerkleSubtree subtree, void *source,
							   McHash *proof);

/*
 * Hostile proof: true only when leaves (one leaf hash an index) and exactly proof_count hashes give
 * the root. Work is one node hash a proof hash and leaf; memory is the stack, 64 levels at most.
 */
extern bool merkle_multi_verify(const McHash *root, const MerkleIndexes *indexes,
								const McHash *leaves, const McHash *proof, uint64_t proof_count);

/* A MerkleSubtree over leaf hashes that lie in memory: source is the array. */
extern void merkle_multi_subtree(void *source, uint64_t first, uint64_t count, McHash *out);

#endif
