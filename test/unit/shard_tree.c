/* shard_tree.c - key to bucket to shard: known buckets, even spread, splits, and every bad tree. */
#include "shard/tree.h"
#include "unit/check.h"

static ShardTree tree;
static McProblem problem;

static void
split_all(uint32_t times)
{
	shard_tree_init(&tree);
	for (uint32_t round = 0; round < times; round++)
	{
		uint32_t count = tree.count;

		for (uint32_t i = 0; i < count; i++)
			CHECK_INT(shard_tree_split(&tree, 2 * i, &problem), MC_OK);
	}
}

static McStatus
read_leaves(uint32_t generation, const uint32_t (*leaves)[2], uint32_t count)
{
	uint8_t bytes[4096];
	WireWriter writer;
	WireReader reader;
	ShardTree found;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_put_array(&writer, 2);
	wire_put_uint(&writer, generation);
	wire_put_array(&writer, count);
	for (uint32_t i = 0; i < count; i++)
	{
		wire_put_array(&writer, 2);
		wire_put_uint(&writer, leaves[i][0]);
		wire_put_uint(&writer, leaves[i][1]);
	}
	wire_reader_init(&reader, wire_written(&writer));
	return shard_tree_read(&reader, &found, &problem);
}

#define READ(generation, ...)                                                                      \
	read_leaves(generation, (const uint32_t[][2]) __VA_ARGS__,                                     \
				sizeof((const uint32_t[][2]) __VA_ARGS__) / 8)

/* The first two bytes of the published SHA-256 of "" and "abc". */
static void
test_known_buckets(void)
{
	CHECK_INT(shard_bucket(span_text("")), 0xE3B0);
	CHECK_INT(shard_bucket(span_text("abc")), 0xBA78);
}

static void
test_numbers_and_prefixes(void)
{
	char text[SHARD_BUCKET_BITS + 1];

	shard_prefix_text(1, text);
	CHECK(strcmp(text, "") == 0);
	shard_prefix_text(11, text);
	CHECK(strcmp(text, "011") == 0);
	CHECK_INT(shard_first_bucket(11), 3 * 8192);
	CHECK_INT(shard_bucket_count(11), 8192);
	CHECK_INT(shard_first_bucket(SHARD_NUMBER_MAX), 65535);
	CHECK_INT(shard_bucket_count(SHARD_NUMBER_MAX), 1);
	CHECK_INT(shard_first_bucket(1), 0);
	CHECK_INT(shard_bucket_count(1), 65536);
}

/* The definition by prefixes, bucket by bucket, is the oracle of the search. */
static void
test_every_bucket_finds_its_prefix(void)
{
	split_all(3);
	CHECK_INT(shard_tree_split(&tree, 5, &problem), MC_OK);
	CHECK_INT(shard_tree_split(&tree, 5, &problem), MC_OK);
	CHECK_INT(shard_tree_split(&tree, 0, &problem), MC_OK);
	for (uint32_t bucket = 0; bucket < SHARD_BUCKETS; bucket++)
	{
		uint32_t number = tree.leaves[shard_tree_find(&tree, (uint16_t) bucket)].number;
		unsigned length = shard_prefix_length(number);

		if ((SHARD_BUCKETS | bucket) >> (SHARD_BUCKET_BITS - length) != number)
			CHECK_INT(bucket, -1);
	}
}

static void
test_a_split_moves_no_other_bucket(void)
{
	ShardTree before;
	uint32_t position;
	uint32_t kept = 0;

	split_all(4);
	before = tree;
	CHECK(shard_tree_position(&tree, 21, &position));
	CHECK_INT(shard_tree_split(&tree, position, &problem), MC_OK);
	for (uint32_t bucket = 0; bucket < SHARD_BUCKETS; bucket++)
	{
		ShardLeaf old = before.leaves[shard_tree_find(&before, (uint16_t) bucket)];
		ShardLeaf now = tree.leaves[shard_tree_find(&tree, (uint16_t) bucket)];

		if (old.number == 21)
			CHECK(now.number / 2 == 21 && now.born == tree.generation);
		else
			kept += old.number == now.number && old.born == now.born;
	}
	CHECK_INT(kept, SHARD_BUCKETS - SHARD_BUCKETS / 16);
}

static void
test_a_merge_undoes_a_split_but_not_its_generation(void)
{
	uint32_t merged;

	split_all(2);
	CHECK_INT(tree.generation, 4);
	CHECK_INT(shard_tree_split(&tree, 1, &problem), MC_OK);
	CHECK_INT(shard_tree_merge(&tree, 2, &merged, &problem), MC_OK);
	CHECK_INT(merged, 1);
	CHECK_INT(tree.count, 4);
	CHECK_INT(tree.leaves[1].number, 5);
	CHECK_INT(tree.leaves[1].born, 6);
	CHECK_INT(tree.leaves[0].born, 3);
	CHECK_INT(tree.leaves[2].number, 6);
	CHECK_INT(tree.generation, 6);
}

/* 62,500 keys expected in each of 16 shards; the law allows a tenth, SHA-256 stays at 1.5 %. */
static void
test_a_million_keys_fall_evenly(void)
{
	uint32_t counts[16] = { 0 };
	uint32_t least = UINT32_MAX;
	uint32_t most = 0;

	split_all(4);
	for (uint64_t i = 0; i < 1000000; i++)
	{
		uint8_t key[8];

		put_be64(key, i);
		counts[shard_tree_find(&tree, shard_bucket(span_of(key, 8)))]++;
	}
	for (int i = 0; i < 16; i++)
	{
		least = counts[i] < least ? counts[i] : least;
		most = counts[i] > most ? counts[i] : most;
	}
	CHECK(least >= 61562 && most <= 63438);
	printf("# a million keys over 16 shards: %u to %u a shard, 62500 expected\n", least, most);
}

static void
test_limits_of_splitting_and_merging(void)
{
	uint32_t merged;

	shard_tree_init(&tree);
	CHECK_INT(shard_tree_merge(&tree, 0, &merged, &problem), MC_SHARD_NO_SIBLING);
	for (int i = 0; i < SHARD_BUCKET_BITS; i++)
		CHECK_INT(shard_tree_split(&tree, 0, &problem), MC_OK);
	CHECK_INT(shard_tree_split(&tree, 0, &problem), MC_SHARD_INDIVISIBLE);
	CHECK_INT(problem.number, 65536);
	CHECK_INT(shard_tree_merge(&tree, 2, &merged, &problem), MC_SHARD_NO_SIBLING);
	split_all(10);
	CHECK_INT(tree.count, SHARD_COUNT_MAX);
	CHECK_INT(shard_tree_split(&tree, 7, &problem), MC_SHARD_TOO_MANY);
	CHECK_INT(problem.number, SHARD_COUNT_MAX + 1);
	tree.generation = SHARD_GENERATION_MAX;
	CHECK_INT(shard_tree_merge(&tree, 7, &merged, &problem), MC_OUT_OF_RANGE);
	CHECK_INT(tree.count, SHARD_COUNT_MAX);
}

static void
test_a_tree_reads_back_as_written(void)
{
	static uint8_t bytes[SHARD_COUNT_MAX * 14];
	WireWriter writer;
	WireReader reader;
	ShardTree back = { 0 };
	uint32_t merged;

	split_all(10);
	/* equal trees are equal bytes, whatever their past */
	CHECK_INT(shard_tree_merge(&tree, 7, &merged, &problem), MC_OK);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	shard_tree_write(&writer, &tree);
	CHECK(!writer.full);
	wire_reader_init(&reader, wire_written(&writer));
	CHECK_INT(shard_tree_read(&reader, &back, &problem), MC_OK);
	CHECK(wire_read_end(&reader));
	CHECK(memcmp(&tree, &back, sizeof(tree)) == 0);
}

static void
test_a_gap_is_refused(void)
{
	CHECK_INT(READ(1, { { 1, 1 } }), MC_OK);
	CHECK_INT(READ(2, { { 2, 2 } }), MC_SHARD_GAP);
	CHECK(problem.number == 32768 && problem.limit == 65535);
	CHECK_INT(READ(2, { { 3, 2 } }), MC_SHARD_GAP);
	CHECK(problem.number == 0 && problem.limit == 32767);
	CHECK_INT(READ(3, { { 4, 3 }, { 3, 2 } }), MC_SHARD_GAP);
	CHECK(problem.number == 16384 && problem.limit == 32767);
	CHECK_INT(read_leaves(1, NULL, 0), MC_SHARD_GAP);
	CHECK_INT(READ(2, { { 3, 2 }, { 2, 2 } }), MC_SHARD_GAP);
}

static void
test_an_overlap_is_refused(void)
{
	CHECK_INT(READ(2, { { 2, 2 }, { 2, 2 }, { 3, 2 } }), MC_SHARD_OVERLAP);
	CHECK(problem.number == 0 && problem.limit == 2);
	CHECK_INT(READ(2, { { 1, 1 }, { 3, 2 } }), MC_SHARD_OVERLAP);
	CHECK(problem.number == 32768 && problem.limit == 3);
	CHECK_INT(READ(3, { { 2, 2 }, { 5, 3 }, { 3, 2 } }), MC_SHARD_OVERLAP);
}

static void
test_impossible_leaves_are_refused(void)
{
	CHECK_INT(READ(1, { { 0, 1 } }), MC_OUT_OF_RANGE);
	CHECK_INT(READ(1, { { SHARD_NUMBER_MAX + 1, 1 } }), MC_OUT_OF_RANGE);
	CHECK(problem.number == SHARD_NUMBER_MAX + 1 && problem.limit == SHARD_NUMBER_MAX);
	CHECK_INT(READ(1, { { 1, 2 } }), MC_OUT_OF_RANGE);
	CHECK_INT(READ(1, { { 1, 0 } }), MC_OUT_OF_RANGE);
	CHECK_INT(READ(0, { { 1, 1 } }), MC_OUT_OF_RANGE);
}

int
main(void)
{
	RUN(test_known_buckets);
	RUN(test_numbers_and_prefixes);
	RUN(test_every_bucket_finds_its_prefix);
	RUN(test_a_split_moves_no_other_bucket);
	RUN(test_a_merge_undoes_a_split_but_not_its_generation);
	RUN(test_a_million_keys_fall_evenly);
	RUN(test_limits_of_splitting_and_merging);
	RUN(test_a_tree_reads_back_as_written);
	RUN(test_a_gap_is_refused);
	RUN(test_an_overlap_is_refused);
	RUN(test_impossible_leaves_are_refused);
	return CHECK_RESULT();
}
