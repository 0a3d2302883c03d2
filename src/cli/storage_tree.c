/*
 * storage_tree.c - capped Merkle trees, hashed two nodes at a time.
 */
#include "cli/storage_tree.h"

#include "cli/storage_sha.h"

#define NODE_SIZE (1 + 2 * HASH_SIZE)
#define NODE_STRIDE SHA_PADDED(NODE_SIZE)
#define BATCH 16

uint64_t
storage_cap_count(uint64_t leaf_count)
{
	return (leaf_count + STORAGE_CAP_LEAVES - 1) / STORAGE_CAP_LEAVES;
}

/* One level up; a last node without a neighbour rises unchanged. */
static size_t
fold_level(McHash *row, size_t count, uint8_t *messages)
{
	size_t pairs = count / 2;

	for (size_t at = 0; at < pairs; at += BATCH)
	{
		size_t batch = pairs - at < BATCH ? pairs - at : BATCH;

		for (size_t i = 0; i < batch; i++)
			memcpy(messages + i * NODE_STRIDE + 1, &row[2 * (at + i)], 2 * HASH_SIZE);
		sha_many(messages, NODE_STRIDE, NODE_SIZE, batch, &row[at]);
	}
	if (count % 2 == 1)
		row[pairs] = row[count - 1];
	return pairs + count % 2;
}

void
storage_tree_fold(McHash *row, size_t count, McHash *root)
{
	uint8_t messages[BATCH * NODE_STRIDE];

	assert(count > 0);
	for (size_t i = 0; i < BATCH; i++)
	{
		messages[i * NODE_STRIDE] = 0x01;
		sha_pad(messages + i * NODE_STRIDE, NODE_SIZE);
	}
	while (count > 1)
		count = fold_level(row, count, messages);
	*root = row[0];
}

static void
subtree_of_leaves(const StorageTree *tree, uint64_t first, size_t count, McHash *out)
{
	McHash row[STORAGE_CAP_LEAVES];

	assert(count <= STORAGE_CAP_LEAVES);
	tree->hash_leaves(tree->self, first, count, row);
	storage_tree_fold(row, count, out);
}

void
storage_tree_cap(const StorageTree *tree, uint64_t cap)
{
	uint64_t first = cap << STORAGE_CAP_LG;
	uint64_t left = tree->leaf_count - first;

	subtree_of_leaves(tree, first,
					  (size_t) (left < STORAGE_CAP_LEAVES ? left : STORAGE_CAP_LEAVES),
					  &tree->caps[cap]);
}

void
storage_tree_root(const StorageTree *tree, McHash *root)
{
	merkle_root(tree->caps, (size_t) storage_cap_count(tree->leaf_count), root);
}

/*
 * Subtrees of an RFC 6962 tree begin at multiples of the power of two they fill or end with, so one
 * larger than a cap covers whole caps, and the last of the tree.
 */
void
storage_tree_subtree(void *source, uint64_t first, uint64_t count, McHash *out)
{
	const StorageTree *tree = source;

	if (count > STORAGE_CAP_LEAVES)
	{
		assert(first % STORAGE_CAP_LEAVES == 0);
		merkle_root(tree->caps + (first >> STORAGE_CAP_LG), (size_t) storage_cap_count(count),
					out);
	}
	else
		subtree_of_leaves(tree, first, (size_t) count, out);
}
