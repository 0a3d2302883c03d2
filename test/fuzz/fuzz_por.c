/*
 * fuzz_por.c - audits of a share: the input as a proof, as a change to the honest proof, and as the
 * declared shape. Only the honest proof of the honest file is accepted.
 */
#include "storage/por.h"

#include <stdlib.h>

#define DATA 2
#define SHARES 4
#define LEAVES 30
#define AUDITED 3

static uint8_t content[SHARES][LEAVES * POR_LEAF_SIZE];
static McHash hashes[SHARES][LEAVES];
static McHash roots[SHARES];
static PorFile file = { .data_shards = DATA, .shares = SHARES, .size = DATA * sizeof(content[0]) };
static uint8_t honest[16384];
static size_t honest_size;

static void
read_leaf(void *self, uint64_t index, uint8_t out[POR_LEAF_SIZE])
{
	const uint8_t *share = self;

	memcpy(out, share + index * POR_LEAF_SIZE, POR_LEAF_SIZE);
}

static void
read_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	const uint8_t *share = self;

	merkle_root(hashes[(share - content[0]) / (ptrdiff_t) sizeof(content[0])] + first, count, out);
}

static void
make_file(const PorAudit *audit)
{
	PorSource source = { content[audit->share], read_leaf, read_tree, roots };

	for (size_t i = 0; i < sizeof(content); i++)
		content[i / sizeof(content[0])][i % sizeof(content[0])] = (uint8_t) (i * 7 + 1);
	for (int share = 0; share < SHARES; share++)
	{
		for (int i = 0; i < LEAVES; i++)
			por_leaf(content[share] + i * POR_LEAF_SIZE, &hashes[share][i]);
		merkle_root(hashes[share], LEAVES, &roots[share]);
	}
	por_file_root(&file, roots);
	if (por_prove(audit, &source, &honest_size, honest, NULL) != MC_OK)
		abort();
	if (por_verify(audit, span_of(honest, honest_size), NULL) != MC_OK)
		abort();
}

/* A refusal must be one of the catalogue and say which. */
static bool
accepts(const PorAudit *audit, McSpan proof)
{
	McProblem problem;
	McStatus status = por_verify(audit, proof, &problem);

	if (status != MC_OK && (problem.status != status || status_info(status) == NULL))
		abort();
	return status == MC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const PorAudit audit = { &file, 1, { (const uint8_t *) "seed", 4 }, AUDITED };
	uint8_t changed[sizeof(honest)];
	bool differs = false;
	PorFile declared = file;
	PorAudit other = { &declared, 1, span_of(data, size < 40 ? size : 40), AUDITED };

	if (honest_size == 0)
		make_file(&audit);
	if (accepts(&audit, span_of(data, size)) &&
		(size != honest_size || memcmp(data, honest, size) != 0))
		abort();
	memcpy(changed, honest, honest_size);
	for (size_t i = 0; i + 2 < size; i += 3)
	{
		size_t at = ((size_t) data[i] << 8 | data[i + 1]) % honest_size;

		changed[at] ^= data[i + 2];
	}
	differs = memcmp(changed, honest, honest_size) != 0;
	if (accepts(&audit, span_of(changed, honest_size)) == differs)
		abort();
	if (size < 28)
		return 0;
	declared.data_shards = get_be32(data) % (data[27] ? 300 : UINT32_MAX);
	declared.shares = get_be32(data + 4) % (data[27] ? 300 : UINT32_MAX);
	declared.size = get_be64(data + 8) >> data[26] % 64;
	other.share = get_be32(data + 16) % (data[27] ? 300 : UINT32_MAX);
	other.count = get_be32(data + 20) % (data[27] ? 5000 : UINT32_MAX);
	if (accepts(&other, span_of(data, size)))
		abort();
	return 0;
}
