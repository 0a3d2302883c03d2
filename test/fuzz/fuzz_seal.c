/*
 * fuzz_seal.c - proofs over a small sector: the input as a proof, as a change to the honest proof,
 * and as declared size and indexes. Only honest proofs are accepted.
 */
#include "storage/seal.h"

#include <stdlib.h>

#define LG_N SEAL_LG_MIN
#define COUNT (1 << LG_N)
#define COLUMN 700

static McHash layers[SEAL_LAYERS][COUNT];
static McHash column_leaves[COUNT];
static McHash replica_leaves[COUNT];
static SealSector sector = { .lg_n = LG_N };
static const uint64_t asked[3] = { 5, 6, 900 };
static uint8_t honest_leaves[4096];
static uint8_t honest_column[16384];
static size_t leaves_size;
static size_t column_size;

static void
read_replica(void *self, uint64_t index, McHash *out)
{
	*out = layers[SEAL_LAYERS - 1][index];
}

static void
read_column(void *self, uint64_t index, McHash out[SEAL_LAYERS])
{
	for (int layer = 0; layer < SEAL_LAYERS; layer++)
		out[layer] = layers[layer][index];
}

static void
replica_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	merkle_root(replica_leaves + first, count, out);
}

static void
column_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	merkle_root(column_leaves + first, count, out);
}

static void
make_sector(void)
{
	SealSource source = { NULL, read_replica, read_column, replica_tree, column_tree, NULL };
	SealGraph graph;

	seal_graph_init(&graph, LG_N);
	for (uint32_t layer = 0; layer < SEAL_LAYERS; layer++)
		seal_layer(&graph, &sector.sector_id, layer, layer == 0 ? NULL : layers[layer - 1],
				   layers[layer]);
	for (uint64_t i = 0; i < COUNT; i++)
	{
		McHash column[SEAL_LAYERS];

		read_column(NULL, i, column);
		seal_column_leaf(column, &column_leaves[i]);
		seal_replica_leaf(&column[SEAL_LAYERS - 1], &replica_leaves[i]);
	}
	merkle_root(column_leaves, COUNT, &sector.root_c);
	merkle_root(replica_leaves, COUNT, &sector.root_r);
	leaves_size = seal_proof_size(LG_N, asked, 3);
	column_size = seal_column_proof_size(&sector, COLUMN);
	seal_prove(&source, &sector.root_r, LG_N, asked, 3, honest_leaves);
	seal_prove_column(&source, &sector, COLUMN, honest_column);
}

static bool
accepts_leaves(const uint64_t *indexes, size_t count, int64_t lg_n, McSpan proof)
{
	McProblem problem;
	McStatus status = seal_verify(&sector.root_r, lg_n, indexes, count, proof, &problem);

	if (status != MC_OK && (problem.status != status || status_info(status) == NULL))
		abort();
	return status == MC_OK;
}

static bool
accepts_column(const SealSector *declared, uint64_t index, McSpan proof)
{
	McProblem problem;
	McStatus status = seal_verify_column(declared, index, proof, &problem);

	if (status != MC_OK && (problem.status != status || status_info(status) == NULL))
		abort();
	return status == MC_OK;
}

static bool
change(uint8_t *changed, const uint8_t *honest, size_t honest_size, const uint8_t *data,
	   size_t size)
{
	memcpy(changed, honest, honest_size);
	for (size_t i = 0; i + 2 < size; i += 3)
		changed[((size_t) data[i] << 8 | data[i + 1]) % honest_size] ^= data[i + 2];
	return memcmp(changed, honest, honest_size) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t changed[sizeof(honest_column)];
	SealSector declared;
	McHash data_root = { { 7 } };
	uint64_t indexes[64];
	size_t count = 0;
	bool differs;

	if (leaves_size == 0)
		make_sector();
	if (accepts_leaves(asked, 3, LG_N, span_of(data, size)) &&
		(size != leaves_size || memcmp(data, honest_leaves, size) != 0))
		abort();
	differs = change(changed, honest_leaves, leaves_size, data, size);
	if (accepts_leaves(asked, 3, LG_N, span_of(changed, leaves_size)) == differs)
		abort();
	differs = change(changed, honest_column, column_size, data, size);
	if (accepts_column(&sector, COLUMN, span_of(changed, column_size)) == differs)
		abort();
	if (size < 16)
		return 0;
	declared = sector;
	declared.lg_n = (int8_t) data[0];
	declared.data_root = data[1] & 1 ? &data_root : NULL;
	if (accepts_column(&declared, get_be64(data + 2) >> data[10] % 64, span_of(data, size)))
		abort();
	for (size_t i = 16; i + 2 <= size && count < 64; i += 2)
		indexes[count++] = (uint64_t) data[i] << 8 | data[i + 1];
	if (accepts_leaves(indexes, count, (int8_t) data[0], span_of(data, size)))
		abort();
	return 0;
}
