/*
 * merkle.c - RFC 6962 trees. Pure; bounded stack, no allocation.
 */
#include "base/merkle.h"

#include "base/digest.h"

static const uint8_t leaf_tag = 0x00;
static const uint8_t node_tag = 0x01;

void
merkle_leaf(McHash *out, const McSpan *parts, size_t count)
{
	McSpan tagged[MERKLE_LEAF_PARTS_MAX + 1];

	assert(count <= MERKLE_LEAF_PARTS_MAX);
	tagged[0] = span_of(&leaf_tag, 1);
	for (size_t i = 0; i < count; i++)
		tagged[i + 1] = parts[i];
	digest_sha256(out, tagged, count + 1);
}

void
merkle_node(McHash *out, const McHash *left, const McHash *right)
{
	McSpan parts[3] = { span_of(&node_tag, 1), span_hash(left), span_hash(right) };

	digest_sha256(out, parts, 3);
}

void
merkle_builder_init(MerkleBuilder *builder)
{
	builder->count = 0;
}

/* peaks[k] holds the root of a full subtree of 2^k leaves while bit k of count is set. */
void
merkle_builder_add(MerkleBuilder *builder, const McHash *leaf)
{
	McHash carry = *leaf;
	int level = 0;

	assert(builder->count < UINT64_MAX);
	for (; builder->count >> level & 1; level++)
		merkle_node(&carry, &builder->peaks[level], &carry);
	builder->peaks[level] = carry;
	builder->count++;
}

void
merkle_builder_root(const MerkleBuilder *builder, McHash *root)
{
	bool started = false;

	if (builder->count == 0)
	{
		digest_sha256(root, NULL, 0);
		return;
	}
	for (int level = 0; level < MERKLE_PATH_MAX; level++)
	{
		if (!(builder->count >> level & 1))
			continue;
		if (started)
			merkle_node(root, &builder->peaks[level], root);
		else
			*root = builder->peaks[level];
		started = true;
	}
}

void
merkle_root(const McHash *leaves, size_t count, McHash *root)
{
	MerkleBuilder builder;

	merkle_builder_init(&builder);
	for (size_t i = 0; i < count; i++)
		merkle_builder_add(&builder, &leaves[i]);
	merkle_builder_root(&builder, root);
}

/* Largest power of two smaller than count; count > 1. */
static uint64_t
split_at(uint64_t count)
{
	uint64_t split = 1;

	assert(count > 1);
	while (split < count - split)
		split *= 2;
	return split;
}

size_t
merkle_path(const McHash *leaves, size_t count, size_t index, McHash path[MERKLE_PATH_MAX])
{
	McHash top_down[MERKLE_PATH_MAX];
	size_t used = 0;

	assert(index < count);
	while (count > 1)
	{
		size_t split = (size_t) split_at(count);

		assert(used < MERKLE_PATH_MAX);
		if (index < split)
		{
			merkle_root(leaves + split, count - split, &top_down[used++]);
			count = split;
		}
		else
		{
			merkle_root(leaves, split, &top_down[used++]);
			leaves += split;
			index -= split;
			count -= split;
		}
	}
	for (size_t i = 0; i < used; i++)
		path[i] = top_down[used - 1 - i];
	return used;
}

bool
merkle_verify(const McHash *root, const McHash *leaf, uint64_t index, uint64_t count,
			  const McHash *path, size_t path_count)
{
	McHash current = *leaf;
	uint64_t last = count - 1;
	size_t used = 0;

	if (index >= count)
		return false;
	/* index and last walk up together: a node without a right sibling rises unchanged */
	for (; last > 0; index >>= 1, last >>= 1)
	{
		if (index == last && !(index & 1))
			continue;
		if (used == path_count)
			return false;
		if (index & 1)
			merkle_node(&current, &path[used], &current);
		else
			merkle_node(&current, &current, &path[used]);
		used++;
	}
	return used == path_count && hash_equal(&current, root);
}
