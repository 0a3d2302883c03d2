/*
 * merkle_multi.c - multiproofs. Pure; the recursions follow the tree down, so they are as deep as a
 * leaf count has bits.
 */
#include "base/merkle_multi.h"

#include "base/digest.h"

/* A subtree and the indexes that fall into it. */
typedef struct Range
{
	uint64_t first;
	uint64_t count;
	size_t from; /* indexes->at[from .. to) lie inside */
	size_t to;
} Range;

static Range
range_whole(const MerkleIndexes *indexes)
{
	assert(indexes->count > 0);
	assert(indexes->at[indexes->count - 1] < indexes->leaf_count);
	return (Range){ 0, indexes->leaf_count, 0, indexes->count };
}

/* Splits at the largest power of two below the count, as RFC 6962 does. */
static void
range_split(const MerkleIndexes *indexes, const Range *range, Range *left, Range *right)
{
	uint64_t split = (uint64_t) 1 << (63 - __builtin_clzll(range->count - 1));
	size_t low = range->from;
	size_t high = range->to;

	assert(range->count > 1 && split < range->count);
	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (indexes->at[middle] < range->first + split)
			low = middle + 1;
		else
			high = middle;
	}
	*left = (Range){ range->first, split, range->from, low };
	*right = (Range){ range->first + split, range->count - split, low, range->to };
}

static uint64_t
count_proof(const MerkleIndexes *indexes, Range range)
{
	Range left;
	Range right;

	if (range.from == range.to)
		return 1;
	if (range.count == 1)
		return 0;
	range_split(indexes, &range, &left, &right);
	return count_proof(indexes, left) + count_proof(indexes, right);
}

uint64_t
merkle_multi_size(const MerkleIndexes *indexes)
{
	return count_proof(indexes, range_whole(indexes));
}

typedef struct Prover
{
	const MerkleIndexes *indexes;
	MerkleSubtree subtree;
	void *source;
	McHash *next;
} Prover;

static void
prove_range(Prover *prover, Range range)
{
	Range left;
	Range right;

	if (range.from == range.to)
	{
		prover->subtree(prover->source, range.first, range.count, prover->next++);
		return;
	}
	if (range.count == 1)
		return;
	range_split(prover->indexes, &range, &left, &right);
	prove_range(prover, left);
	prove_range(prover, right);
}

void
merkle_multi_prove(const MerkleIndexes *indexes, MerkleSubtree subtree, void *source,
				   McHash *proof)
{
	Prover prover = { indexes, subtree, source, proof };

	prove_range(&prover, range_whole(indexes));
}

typedef struct Verifier
{
	const MerkleIndexes *indexes;
	const McHash *leaves;
	const McHash *next;
	uint64_t left; /* proof hashes not yet used */
} Verifier;

/* One update a node: a third of the cost of three short ones. */
static void
hash_node(const McHash pair[2], McHash *out)
{
	uint8_t bytes[1 + 2 * HASH_SIZE] = { 0x01 };
	McSpan whole = span_of(bytes, sizeof(bytes));

	memcpy(bytes + 1, pair, 2 * HASH_SIZE);
	digest_sha256(out, &whole, 1);
}

static bool
verify_range(Verifier *verifier, Range range, McHash *out)
{
	McHash pair[2];
	Range left;
	Range right;

	if (range.from == range.to)
	{
		if (verifier->left == 0)
			return false;
		*out = *verifier->next++;
		verifier->left--;
		return true;
	}
	if (range.count == 1)
	{
		*out = verifier->leaves[range.from];
		return true;
	}
	range_split(verifier->indexes, &range, &left, &right);
	if (!verify_range(verifier, left, &pair[0]) || !verify_range(verifier, right, &pair[1]))
		return false;
	hash_node(pair, out);
	return true;
}

bool
merkle_multi_verify(const McHash *root, const MerkleIndexes *indexes, const McHash *leaves,
					const McHash *proof, uint64_t proof_count)
{
	Verifier verifier = { indexes, leaves, proof, proof_count };
	McHash found;

	return verify_range(&verifier, range_whole(indexes), &found) && verifier.left == 0 &&
		   hash_equal(&found, root);
}

void
merkle_multi_subtree(void *source, uint64_t first, uint64_t count, McHash *out)
{
	const McHash *leaves = source;

	merkle_root(leaves + first, (size_t) count, out);
}
