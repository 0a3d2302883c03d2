/* storage_proof.c - the draw of a challenge: different leaves, each equally likely. */
#include "storage/por.h"
#include "storage/seal.h"
#include "unit/check.h"

static void
test_draws_are_fixed_for_ever(void)
{
	uint64_t indexes[5];

	CHECK_INT(por_challenge(span_text("seed"), 1000, 5, indexes, NULL), MC_OK);
	CHECK(indexes[0] == 376 && indexes[4] == 782);
	CHECK_INT(seal_challenge(span_text("seed"), 1000, 5, indexes, NULL), MC_OK);
	CHECK(indexes[0] == 137 && indexes[4] == 915);
}

static void
test_draws_ascend_without_repeats(void)
{
	static uint64_t indexes[PROOF_INDEXES_MAX];

	for (uint64_t count = 1; count <= 300; count++)
	{
		MerkleIndexes drawn = { indexes, count, 300 };

		CHECK_INT(por_challenge(span_text("a"), 300, count, indexes, NULL), MC_OK);
		CHECK_INT(proof_check_indexes(&drawn, NULL), MC_OK);
	}
	/* all of them is all of them */
	for (uint64_t i = 0; i < 300; i++)
		CHECK_INT(indexes[i], i);
}

/* 3 of 20 leaves, 20,000 times: each leaf 3,000 times, within five standard deviations (252). */
static void
test_every_leaf_is_equally_likely(void)
{
	int drawn[20] = { 0 };

	for (uint32_t trial = 0; trial < 20000; trial++)
	{
		uint8_t seed[4];
		uint64_t indexes[3];

		put_be32(seed, trial);
		CHECK_INT(por_challenge(span_of(seed, 4), 20, 3, indexes, NULL), MC_OK);
		for (int i = 0; i < 3; i++)
			drawn[indexes[i]]++;
	}
	for (int leaf = 0; leaf < 20; leaf++)
		CHECK(abs(drawn[leaf] - 3000) < 252);
}

static void
test_draw_refuses(void)
{
	static uint64_t indexes[PROOF_INDEXES_MAX];
	uint8_t seed[PROOF_SEED_MAX + 1] = { 0 };
	McProblem problem;

	CHECK_INT(por_challenge(span_of(seed, 0), 9, 1, indexes, &problem), MC_SEED_LENGTH);
	CHECK_INT(por_challenge(span_of(seed, PROOF_SEED_MAX), 9, 1, indexes, &problem), MC_OK);
	CHECK_INT(por_challenge(span_of(seed, PROOF_SEED_MAX + 1), 9, 1, indexes, &problem),
			  MC_SEED_LENGTH);
	CHECK_INT(por_challenge(span_of(seed, 1), 0, 1, indexes, &problem), MC_LEAF_COUNT);
	CHECK_INT(por_challenge(span_of(seed, 1), PROOF_LEAVES_MAX, 1, indexes, &problem), MC_OK);
	CHECK_INT(por_challenge(span_of(seed, 1), PROOF_LEAVES_MAX + 1, 1, indexes, &problem),
			  MC_LEAF_COUNT);
	CHECK_INT(por_challenge(span_of(seed, 1), 9, 0, indexes, &problem), MC_INDEX_COUNT);
	CHECK_INT(por_challenge(span_of(seed, 1), 9, 10, indexes, &problem), MC_INDEX_COUNT);
	CHECK_INT(problem.limit, 9);
	CHECK_INT(por_challenge(span_of(seed, 1), 1 << 20, PROOF_INDEXES_MAX, indexes, &problem),
			  MC_OK);
	CHECK_INT(por_challenge(span_of(seed, 1), 1 << 20, PROOF_INDEXES_MAX + 1, indexes, &problem),
			  MC_INDEX_COUNT);
	CHECK_INT(por_challenge(span_of(seed, 1), UINT64_MAX, UINT64_MAX, indexes, &problem),
			  MC_LEAF_COUNT);
}

static void
check_indexes(const uint64_t *at, size_t count, McStatus expected)
{
	MerkleIndexes indexes = { at, count, 10 };

	CHECK_INT(proof_check_indexes(&indexes, NULL), expected);
}

static void
test_indexes_that_are_none(void)
{
	static uint64_t many[PROOF_INDEXES_MAX + 1];

	check_indexes((uint64_t[]){ 0, 9 }, 2, MC_OK);
	check_indexes((uint64_t[]){ 0, 10 }, 2, MC_INDEX_OUT_OF_RANGE);
	check_indexes((uint64_t[]){ UINT64_MAX }, 1, MC_INDEX_OUT_OF_RANGE);
	check_indexes((uint64_t[]){ 4, 4 }, 2, MC_INDEX_DUPLICATE);
	check_indexes((uint64_t[]){ 4, 3 }, 2, MC_INDEX_NOT_ASCENDING);
	check_indexes(many, 0, MC_INDEX_COUNT);
	check_indexes(many, PROOF_INDEXES_MAX + 1, MC_INDEX_COUNT);
}

int
main(void)
{
	RUN(test_draws_are_fixed_for_ever);
	RUN(test_draws_ascend_without_repeats);
	RUN(test_every_leaf_is_equally_likely);
	RUN(test_draw_refuses);
	RUN(test_indexes_that_are_none);
	return CHECK_RESULT();
}
