/* storage_merkle_multi.c - multiproofs of every set of small trees, and what must not verify. */
#include "base/merkle_multi.h"
#include "unit/check.h"

#define LEAVES_MAX 200
#define PROOF_MAX 400

static McHash leaves[LEAVES_MAX];
static McHash proof[PROOF_MAX];

static void
make_leaves(void)
{
	for (int i = 0; i < LEAVES_MAX; i++)
	{
		uint8_t byte = (uint8_t) i;
		McSpan part = span_of(&byte, 1);

		merkle_leaf(&leaves[i], &part, 1);
	}
}

/* The leaves of a set given as bits. */
static size_t
pick(uint64_t set, uint64_t count, uint64_t *at, McHash *picked)
{
	size_t used = 0;

	for (uint64_t i = 0; i < count; i++)
	{
		if (!(set >> i & 1))
			continue;
		at[used] = i;
		picked[used++] = leaves[i];
	}
	return used;
}

static void
test_every_set_of_small_trees(void)
{
	for (uint64_t count = 1; count <= 9; count++)
	{
		McHash root;

		merkle_root(leaves, count, &root);
		for (uint64_t set = 1; set < UINT64_C(1) << count; set++)
		{
			uint64_t at[9];
			McHash picked[9];
			MerkleIndexes indexes = { at, pick(set, count, at, picked), count };
			uint64_t size = merkle_multi_size(&indexes);

			CHECK(size + indexes.count <= count);
			merkle_multi_prove(&indexes, merkle_multi_subtree, leaves, proof);
			CHECK(merkle_multi_verify(&root, &indexes, picked, proof, size));
			CHECK(!merkle_multi_verify(&root, &indexes, picked, proof, size + 1));
			CHECK(size == 0 || !merkle_multi_verify(&root, &indexes, picked, proof, size - 1));
			picked[indexes.count - 1].bytes[7] ^= 1;
			CHECK(!merkle_multi_verify(&root, &indexes, picked, proof, size));
		}
	}
}

static void
test_single_leaf_is_the_plain_path(void)
{
	for (uint64_t count = 1; count <= LEAVES_MAX; count += 13)
	{
		for (uint64_t i = 0; i < count; i++)
		{
			MerkleIndexes one = { &i, 1, count };
			McHash path[MERKLE_PATH_MAX];

			CHECK_INT(merkle_multi_size(&one), merkle_path(leaves, count, i, path));
		}
	}
}

static void
test_every_bit_of_a_proof_counts(void)
{
	uint64_t at[3] = { 3, 77, 150 };
	McHash picked[3] = { leaves[3], leaves[77], leaves[150] };
	MerkleIndexes indexes = { at, 3, LEAVES_MAX };
	uint64_t size = merkle_multi_size(&indexes);
	McHash root;

	merkle_root(leaves, LEAVES_MAX, &root);
	merkle_multi_prove(&indexes, merkle_multi_subtree, leaves, proof);
	for (uint64_t bit = 0; bit < size * 256; bit++)
	{
		proof[bit / 256].bytes[bit % 256 / 8] ^= (uint8_t) (1 << bit % 8);
		CHECK(!merkle_multi_verify(&root, &indexes, picked, proof, size));
		proof[bit / 256].bytes[bit % 256 / 8] ^= (uint8_t) (1 << bit % 8);
	}
	CHECK(merkle_multi_verify(&root, &indexes, picked, proof, size));
}

static void
test_other_positions_do_not_verify(void)
{
	uint64_t at[2] = { 4, 9 };
	McHash picked[2] = { leaves[4], leaves[9] };
	MerkleIndexes indexes = { at, 2, 16 };
	uint64_t size = merkle_multi_size(&indexes);
	McHash root;

	merkle_root(leaves, 16, &root);
	merkle_multi_prove(&indexes, merkle_multi_subtree, leaves, proof);
	at[0] = 5;
	CHECK(!merkle_multi_verify(&root, &indexes, picked, proof, size));
	at[0] = 4;
	indexes.leaf_count = 10;
	CHECK(!merkle_multi_verify(&root, &indexes, picked, proof, size));
}

int
main(void)
{
	make_leaves();
	RUN(test_every_set_of_small_trees);
	RUN(test_single_leaf_is_the_plain_path);
	RUN(test_every_bit_of_a_proof_counts);
	RUN(test_other_positions_do_not_verify);
	return CHECK_RESULT();
}
