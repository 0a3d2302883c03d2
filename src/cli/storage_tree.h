/*
 * storage_tree.h - Merkle trees over more leaves than memory should hold: the roots of subtrees of
 * 2^cap_lg leaves are kept in a file, what lies below is hashed again when a proof needs it.
 */
#ifndef MESCHAIN_CLI_STORAGE_TREE_H
#define MESCHAIN_CLI_STORAGE_TREE_H

#include "base/merkle.h"
#include "cli/storage_io.h"

/* 64 KiB of sealed leaves, 512 KiB of a share's: a proof of 66 leaves hashes a few MiB again. */
#define STORAGE_CAP_LG 11
#define STORAGE_CAP_LEAVES (1 << STORAGE_CAP_LG)

typedef struct StorageTree
{
	uint64_t leaf_count;
	McHash *caps; /* ceil(leaf_count / STORAGE_CAP_LEAVES) */
	void (*hash_leaves)(void *self, uint64_t first, size_t count, McHash *out);
	void *self;
} StorageTree;

extern uint64_t storage_cap_count(uint64_t leaf_count);

/* The root of a row of leaf hashes, which it overwrites. */
extern void storage_tree_fold(McHash *row, size_t count, McHash *root);

/* Fills one cap. */
extern void storage_tree_cap(const StorageTree *tree, uint64_t cap);

extern void storage_tree_root(const StorageTree *tree, McHash *root);

/* A MerkleSubtree; source is the StorageTree. */
extern void storage_tree_subtree(void *source, uint64_t first, uint64_t count, McHash *out);

#endif
