/*
 * merkle.h - Merkle trees as RFC 6962 hashes them: leaf = H(0x00 || data), node = H(0x01 || l ||
 * r), a tree of n > 1 leaves splits at the largest power of two below n. The empty tree is H("").
 */
#ifndef MESCHAIN_BASE_MERKLE_H
#define MESCHAIN_BASE_MERKLE_H

#include "base/bytes.h"

#include <stdbool.h>

/* A path is never longer than the bits of a leaf count. */
#define MERKLE_PATH_MAX 64

/* Leaf hash over the concatenation of parts; at most MERKLE_LEAF_PARTS_MAX of them. */
#define MERKLE_LEAF_PARTS_MAX 7
extern void merkle_leaf(McHash *out, const McSpan *parts, size_t count);
extern void merkle_node(McHash *out, const McHash *left, const McHash *right);

/* Adds leaves one by one, 2 KiB whatever their number. */
typedef struct MerkleBuilder
{
	uint64_t count;
	McHash peaks[MERKLE_PATH_MAX];
} MerkleBuilder;

extern void merkle_builder_init(MerkleBuilder *builder);
extern void merkle_builder_add(MerkleBuilder *builder, const McHash *leaf);
extern void merkle_builder_root(const MerkleBuilder *builder, McHash *root);

extern void merkle_root(const McHash *leaves, size_t count, McHash *root);

/*
 * The sibling hashes from leaf to root; returns how many. Needs index < count. Work is linear in
 * count and uses no memory beyond the stack.
 */
extern size_t merkle_path(const McHash *leaves, size_t count, size_t index,
						  McHash path[MERKLE_PATH_MAX]);

/* Hostile input: false for anything that does not verify, a wrong path length among it. */
extern bool merkle_verify(const McHash *root, const McHash *leaf, uint64_t index, uint64_t count,
						  const McHash *path, size_t path_count);

#endif
