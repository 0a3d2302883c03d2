/*
 * fuzz_merkle.c - whatever indexes and proof come in: what is accepted against a real root is the
 * one honest proof, and no declared leaf count reads past the bytes.
 */
#include "storage/proof.h"

#include <stdlib.h>

#define LEAVES_MAX 200

static McHash leaves[LEAVES_MAX];

/* Indexes as the input gives them: 8 bytes each, or steps of one byte from the last. */
static size_t
read_indexes(const uint8_t **at, const uint8_t *end, bool wild, uint64_t *indexes)
{
	size_t wanted = *at < end ? *(*at)++ : 0;
	size_t count = 0;
	uint64_t last = 0;

	while (count < wanted && end - *at >= (wild ? 8 : 1))
	{
		last = wild ? get_be64(*at) : last + **at % 16;
		*at += wild ? 8 : 1;
		indexes[count++] = last;
	}
	return count;
}

static void
check_against_honest(const MerkleIndexes *indexes, const McHash *proof, uint64_t size)
{
	McHash honest[LEAVES_MAX];
	McHash opened[LEAVES_MAX];
	McHash root;

	merkle_root(leaves, indexes->leaf_count, &root);
	for (size_t i = 0; i < indexes->count; i++)
		opened[i] = leaves[indexes->at[i]];
	if (merkle_multi_size(indexes) + indexes->count > indexes->leaf_count)
		abort();
	merkle_multi_prove(indexes, merkle_multi_subtree, leaves, honest);
	if (!merkle_multi_verify(&root, indexes, opened, honest, merkle_multi_size(indexes)))
		abort();
	if (merkle_multi_verify(&root, indexes, opened, proof, size) &&
		(size != merkle_multi_size(indexes) || memcmp(proof, honest, size * HASH_SIZE) != 0))
		abort();
	opened[0].bytes[0] ^= 1;
	if (merkle_multi_verify(&root, indexes, opened, honest, merkle_multi_size(indexes)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t at[256];
	MerkleIndexes indexes = { at, 0, 0 };
	const uint8_t *next = data + 10;
	const McHash *proof;
	McHash root = { { 0 } };
	McHash shown[256] = { { { 0 } } };
	bool wild;

	if (leaves[1].bytes[0] == 0)
		for (uint8_t i = 0; i < LEAVES_MAX; i++)
			merkle_leaf(&leaves[i], &(McSpan){ &i, 1 }, 1);
	if (size < 10)
		return 0;
	wild = data[0] & 1;
	indexes.leaf_count = wild ? get_be64(data + 1) : 1 + data[1] % LEAVES_MAX;
	indexes.count = read_indexes(&next, data + size, wild, at);
	if (proof_check_indexes(&indexes, NULL) != MC_OK)
		return 0;
	proof = (const McHash *) next;
	size = (size_t) (data + size - next) / HASH_SIZE;
	merkle_multi_verify(&root, &indexes, shown, proof, size);
	if (indexes.leaf_count <= LEAVES_MAX)
		check_against_honest(&indexes, proof, size);
	return 0;
}
