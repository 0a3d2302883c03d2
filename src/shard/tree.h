/*
 * tree.h - key -> bucket -> shard: the prefix tree over 65,536 buckets.
 *
 * Room card, shard/: the prefix tree, the committees that hold its leaves, the order in which a
 * client tries a committee's addresses. Pure but for shard_pg.c; may include base/ and its own
 * files. Guarded by test/unit/shard_*.c, test/fuzz/fuzz_shard.c, test/sql/shard.sql.
 *
 * A bucket is the first 16 bits of SHA-256(key). A shard holds the buckets that begin with its
 * prefix, and its number is the prefix behind a leading 1 bit: 1 is the whole range, n splits into
 * 2n and 2n+1. The number 0 is never a shard.
 *
 *   tree = [generation, [[number, born], ...]]      leaves from the lowest bucket to the highest
 *
 * The leaves cover every bucket exactly once. A generation ends with each split or merge; born is
 * the generation that gave a leaf its present shape, so a prefix that is split and merged again is
 * never mistaken for its earlier life.
 */
#ifndef MESCHAIN_SHARD_TREE_H
#define MESCHAIN_SHARD_TREE_H

#include "base/bytes.h"
#include "base/status.h"
#include "base/wire.h"

#define SHARD_BUCKET_BITS 16
#define SHARD_BUCKETS (1u << SHARD_BUCKET_BITS)
#define SHARD_COUNT_MAX 1024
#define SHARD_ROOT 1u
#define SHARD_NUMBER_MAX (2u * SHARD_BUCKETS - 1)
#define SHARD_GENERATION_MAX UINT32_MAX

typedef struct ShardLeaf
{
	uint32_t number;
	uint32_t born;
} ShardLeaf;

typedef struct ShardTree
{
	uint32_t generation;
	uint32_t count;
	ShardLeaf leaves[SHARD_COUNT_MAX];
} ShardTree;

extern uint16_t shard_bucket(McSpan key);

/* The bits of a shard's prefix, and the buckets it holds. The number must be 1 to the maximum. */
extern unsigned shard_prefix_length(uint32_t number);
extern uint32_t shard_first_bucket(uint32_t number);
extern uint32_t shard_bucket_count(uint32_t number);

/* The prefix as text of 0 and 1, empty for the whole range. */
extern void shard_prefix_text(uint32_t number, char text[SHARD_BUCKET_BITS + 1]);

/* One shard over all buckets, generation 1. */
extern void shard_tree_init(ShardTree *tree);

/* The position among the leaves of the one that holds the bucket. */
extern uint32_t shard_tree_find(const ShardTree *tree, uint16_t bucket);

/* The position of a leaf by its number; false when the tree has no such leaf. */
extern bool shard_tree_position(const ShardTree *tree, uint32_t number, uint32_t *position);

/* The leaf at position becomes two; they stand at position and position + 1. */
extern McStatus shard_tree_split(ShardTree *tree, uint32_t position, McProblem *problem);

/* The leaf at position and its sibling become one, which stands at *merged. */
extern McStatus shard_tree_merge(ShardTree *tree, uint32_t position, uint32_t *merged,
								 McProblem *problem);

extern void shard_tree_write(WireWriter *writer, const ShardTree *tree);

/* Hostile input. A gap, an overlap and a leaf born later than its tree are refused. */
extern McStatus shard_tree_read(WireReader *reader, ShardTree *tree, McProblem *problem);

/* The room's readers: each refusal names the value or the byte at fault. */
extern McStatus shard_read_uint(WireReader *reader, uint32_t minimum, uint32_t maximum,
								uint32_t *value, McProblem *problem);
extern McStatus shard_read_count(WireReader *reader, uint32_t maximum, uint32_t *count,
								 McProblem *problem);
extern McStatus shard_reader_problem(const WireReader *reader, McProblem *problem);

#endif
