/* storage_seal.c - the graph's laws, a sealed sector, its proofs and what is refused. */
#include "base/digest.h"
#include "storage/seal.h"
#include "unit/check.h"

#define LG_N 10
#define COUNT (1 << LG_N)

static McHash layers[SEAL_LAYERS][COUNT];
static McHash replica[COUNT];
static McHash replica_leaves[COUNT];
static McHash column_leaves[COUNT];
static McHash data_leaves[COUNT];
static McHash data_root;
static SealSector sector;
static uint8_t proof[65536];

/* data NULL: a capacity sector. */
static void
seal_sector(const McHash *data)
{
	uint8_t chain_id[SEAL_CHAIN_ID_SIZE] = { 1 };
	uint8_t node_key[SEAL_NODE_KEY_SIZE] = { 2 };
	SealGraph graph;

	CHECK_INT(seal_sector_id(span_of(chain_id, 16), span_of(node_key, 32), 7, LG_N,
							 &sector.sector_id, NULL),
			  MC_OK);
	seal_graph_init(&graph, LG_N);
	for (uint32_t layer = 0; layer < SEAL_LAYERS; layer++)
		seal_layer(&graph, &sector.sector_id, layer, layer == 0 ? NULL : layers[layer - 1],
				   layers[layer]);
	for (int i = 0; i < COUNT; i++)
	{
		McHash column[SEAL_LAYERS];
		McHash zero = { { 0 } };
		const McHash *added = data == NULL ? &zero : &data[i];

		for (int layer = 0; layer < SEAL_LAYERS; layer++)
			column[layer] = layers[layer][i];
		seal_column_leaf(column, &column_leaves[i]);
		for (int byte = 0; byte < HASH_SIZE; byte++)
			replica[i].bytes[byte] = column[SEAL_LAYERS - 1].bytes[byte] ^ added->bytes[byte];
		seal_replica_leaf(&replica[i], &replica_leaves[i]);
		seal_replica_leaf(added, &data_leaves[i]);
	}
	merkle_root(column_leaves, COUNT, &sector.root_c);
	merkle_root(replica_leaves, COUNT, &sector.root_r);
	merkle_root(data_leaves, COUNT, &data_root);
	sector.data_root = data == NULL ? NULL : &data_root;
	sector.lg_n = LG_N;
}

static void
read_replica(void *self, uint64_t index, McHash *out)
{
	(void) self;
	*out = replica[index];
}

static void
read_column(void *self, uint64_t index, McHash out[SEAL_LAYERS])
{
	(void) self;
	for (int layer = 0; layer < SEAL_LAYERS; layer++)
		out[layer] = layers[layer][index];
}

static void
replica_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	(void) self;
	merkle_root(replica_leaves + first, count, out);
}

static void
column_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	(void) self;
	merkle_root(column_leaves + first, count, out);
}

static void
data_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	(void) self;
	merkle_root(data_leaves + first, count, out);
}

static const SealSource source = { NULL,		read_replica, read_column,
								   replica_tree, column_tree,  data_tree };

static void
test_expanders_are_permutations(void)
{
	for (uint32_t lg_n = SEAL_LG_MIN; lg_n <= 15; lg_n++)
	{
		static uint8_t seen[SEAL_EXPANDERS][1 << 15];
		SealGraph graph;

		seal_graph_init(&graph, lg_n);
		memset(seen, 0, sizeof(seen));
		for (uint64_t i = 0; i < UINT64_C(1) << lg_n; i++)
		{
			uint64_t parents[SEAL_PARENTS];

			seal_parents(&graph, i, parents);
			for (int which = 0; which < SEAL_EXPANDERS; which++)
			{
				CHECK(parents[2 + which] >> lg_n == 0);
				CHECK(!seen[which][parents[2 + which]]);
				seen[which][parents[2 + which]] = 1;
			}
		}
	}
}

static void
test_chain_parents_lie_before(void)
{
	SealGraph graph;
	uint64_t parents[SEAL_PARENTS];

	seal_graph_init(&graph, 20);
	seal_parents(&graph, 0, parents);
	CHECK(parents[0] == SEAL_NO_PARENT && parents[1] == SEAL_NO_PARENT);
	for (uint64_t i = 1; i < UINT64_C(1) << 20; i++)
	{
		seal_parents(&graph, i, parents);
		CHECK(parents[0] == i - 1 && parents[1] < i);
		CHECK(i < 2 || parents[1] < i - 1);
	}
}

/* Distances fill every power of two: a chain of near parents only could be cut into pieces. */
static void
test_far_parents_are_as_common_as_near_ones(void)
{
	int buckets[20] = { 0 };
	SealGraph graph;

	seal_graph_init(&graph, 20);
	for (uint64_t i = 1 << 19; i < 1 << 20; i++)
	{
		uint64_t parents[SEAL_PARENTS];

		seal_parents(&graph, i, parents);
		buckets[63 - __builtin_clzll(i - parents[1])]++;
	}
	/* 19 buckets share 524,288 positions: 27,594 each, five deviations are 810 */
	CHECK_INT(buckets[0], 0);
	for (int bucket = 1; bucket < 20; bucket++)
		CHECK(abs(buckets[bucket] - 27594) < 810);
}

/* Neighbours must not share parents, or losing a run of leaves would be cheap. */
static void
test_expander_parents_are_scattered(void)
{
	SealGraph graph;
	int near = 0;

	seal_graph_init(&graph, 20);
	for (uint64_t i = 1; i < 1 << 20; i++)
	{
		uint64_t before[SEAL_PARENTS];
		uint64_t parents[SEAL_PARENTS];

		seal_parents(&graph, i - 1, before);
		seal_parents(&graph, i, parents);
		for (int which = 2; which < SEAL_PARENTS; which++)
			near += llabs((int64_t) parents[which] - (int64_t) before[which]) < 1024;
	}
	/* by chance one in 512: 12,288 of 6,291,450 */
	CHECK(abs(near - 12288) < 2000);
}

static void
test_a_sector_is_fixed_for_ever(void)
{
	seal_sector(NULL);
	CHECK_HEX(sector.sector_id.bytes, 32,
			  "97842074528560ac2408d2834de36eb1bb38284cf82cd6cc219c35210dfb1601");
	CHECK_HEX(sector.root_c.bytes, 32,
			  "468a93262d0bd27e130f5a196f7869830bd0d246e95d22abaa6f6ba5c56b5eda");
	CHECK_HEX(sector.root_r.bytes, 32,
			  "8276d8efebfc5d81ae27f11d7df588d42595ba01fa291a554ed8f3c4dc3d31ac");
}

static void
test_leaves_open(void)
{
	seal_sector(NULL);
	for (uint64_t count = 1; count < COUNT; count = count * 3 + 1)
	{
		uint64_t indexes[COUNT];
		size_t size;

		CHECK_INT(seal_challenge(span_text("beacon"), COUNT, count, indexes, NULL), MC_OK);
		size = seal_proof_size(LG_N, indexes, count);
		CHECK(size <= sizeof(proof));
		seal_prove(&source, &sector.root_r, LG_N, indexes, count, proof);
		CHECK_INT(seal_verify(&sector.root_r, LG_N, indexes, count, span_of(proof, size), NULL),
				  MC_OK);
	}
}

static void
test_every_column_opens(void)
{
	seal_sector(NULL);
	for (uint64_t index = 0; index < COUNT; index++)
	{
		size_t size = seal_column_proof_size(&sector, index);

		seal_prove_column(&source, &sector, index, proof);
		CHECK_INT(seal_verify_column(&sector, index, span_of(proof, size), NULL), MC_OK);
	}
}

static void
test_file_sector_opens_against_its_file(void)
{
	static McHash data[COUNT];
	McHash other_root = { { 9 } };
	SealSector other;
	size_t size;

	for (int i = 0; i < COUNT; i++)
		put_be32(data[i].bytes, (uint32_t) i * 3);
	seal_sector(data);
	size = seal_column_proof_size(&sector, 77);
	seal_prove_column(&source, &sector, 77, proof);
	CHECK_INT(seal_verify_column(&sector, 77, span_of(proof, size), NULL), MC_OK);
	other = sector;
	other.data_root = &other_root;
	CHECK_INT(seal_verify_column(&other, 77, span_of(proof, size), NULL), MC_REPLICA_LABEL);
	/* as a capacity sector it is short of its labels */
	other.data_root = NULL;
	size = seal_column_proof_size(&other, 77);
	CHECK_INT(seal_verify_column(&other, 77, span_of(proof, size), NULL), MC_REPLICA_LABEL);
}

static void
test_every_byte_of_a_column_proof_counts(void)
{
	size_t size;

	seal_sector(NULL);
	size = seal_column_proof_size(&sector, 500);
	seal_prove_column(&source, &sector, 500, proof);
	for (size_t at = 0; at < size; at++)
	{
		proof[at] ^= 1;
		CHECK(seal_verify_column(&sector, 500, span_of(proof, size), NULL) != MC_OK);
		proof[at] ^= 1;
	}
}

/* A sector whose maker skipped the work: random labels under honest roots. */
static void
test_labels_that_were_not_made(void)
{
	size_t size;

	seal_sector(NULL);
	layers[3][500].bytes[0] ^= 1;
	for (int i = 0; i < COUNT; i++)
	{
		McHash column[SEAL_LAYERS];

		read_column(NULL, (uint64_t) i, column);
		seal_column_leaf(column, &column_leaves[i]);
	}
	merkle_root(column_leaves, COUNT, &sector.root_c);
	size = seal_column_proof_size(&sector, 500);
	seal_prove_column(&source, &sector, 500, proof);
	CHECK_INT(seal_verify_column(&sector, 500, span_of(proof, size), NULL), MC_COLUMN_LABEL);
}

static void
test_leaf_proofs_of_something_else(void)
{
	uint64_t indexes[3] = { 1, 5, 900 };
	uint64_t others[3] = { 1, 5, 901 };
	McHash other_root;
	McSpan given;

	seal_sector(NULL);
	other_root = sector.root_r;
	other_root.bytes[0] ^= 1;
	given = span_of(proof, seal_proof_size(LG_N, indexes, 3));
	seal_prove(&source, &sector.root_r, LG_N, indexes, 3, proof);
	CHECK_INT(seal_verify(&sector.root_r, LG_N, others, 3, given, NULL), MC_PROOF_OTHER_CHALLENGE);
	CHECK_INT(seal_verify(&sector.root_r, LG_N, indexes, 2, given, NULL),
			  MC_PROOF_OTHER_CHALLENGE);
	CHECK_INT(seal_verify(&other_root, LG_N, indexes, 3, given, NULL), MC_PROOF_OTHER_SUBJECT);
	CHECK_INT(seal_verify(&sector.root_r, LG_N + 1, indexes, 3, given, NULL), MC_PROOF_OTHER_SIZE);
	given.size--;
	CHECK_INT(seal_verify(&sector.root_r, LG_N, indexes, 3, given, NULL), MC_PROOF_TRUNCATED);
	given.size += 2;
	CHECK_INT(seal_verify(&sector.root_r, LG_N, indexes, 3, given, NULL), MC_PROOF_EXTENDED);
	given.size--;
	proof[PROOF_HEADER_SIZE + 40] ^= 1;
	CHECK_INT(seal_verify(&sector.root_r, LG_N, indexes, 3, given, NULL), MC_PROOF_MISMATCH);
	memset(proof, 0, sizeof(proof));
	CHECK_INT(seal_verify(&sector.root_r, LG_N, indexes, 3, given, NULL), MC_PROOF_ALL_ZERO);
}

static void
test_column_proofs_of_something_else(void)
{
	SealSector other;
	McSpan given;

	seal_sector(NULL);
	other = sector;
	given = span_of(proof, seal_column_proof_size(&sector, 3));
	seal_prove_column(&source, &sector, 3, proof);
	CHECK_INT(seal_verify_column(&sector, 4, given, NULL), MC_PROOF_OTHER_CHALLENGE);
	other.sector_id.bytes[0] ^= 1;
	CHECK_INT(seal_verify_column(&other, 3, given, NULL), MC_PROOF_OTHER_SUBJECT);
	other.lg_n = LG_N + 1;
	CHECK_INT(seal_verify_column(&other, 3, given, NULL), MC_PROOF_OTHER_SIZE);
	CHECK_INT(seal_verify_column(&sector, COUNT, given, NULL), MC_INDEX_OUT_OF_RANGE);
	CHECK_INT(seal_verify_column(&sector, UINT64_MAX, given, NULL), MC_INDEX_OUT_OF_RANGE);
	given.size--;
	CHECK_INT(seal_verify_column(&sector, 3, given, NULL), MC_PROOF_TRUNCATED);
	given.size += 2;
	CHECK_INT(seal_verify_column(&sector, 3, given, NULL), MC_PROOF_EXTENDED);
}

static void
test_sizes_of_sectors(void)
{
	uint64_t index = 0;
	McHash root = { { 0 } };
	McSpan none = span_of(NULL, 0);

	CHECK_INT(seal_verify(&root, SEAL_LG_MIN - 1, &index, 1, none, NULL), MC_SECTOR_SIZE);
	CHECK_INT(seal_verify(&root, SEAL_LG_MIN, &index, 1, none, NULL), MC_PROOF_TRUNCATED);
	CHECK_INT(seal_verify(&root, SEAL_LG_MAX, &index, 1, none, NULL), MC_PROOF_TRUNCATED);
	CHECK_INT(seal_verify(&root, SEAL_LG_MAX + 1, &index, 1, none, NULL), MC_SECTOR_SIZE);
	CHECK_INT(seal_verify(&root, INT64_MIN, &index, 1, none, NULL), MC_SECTOR_SIZE);
	CHECK_INT(seal_verify(&root, INT64_MAX, &index, 1, none, NULL), MC_SECTOR_SIZE);
}

static void
test_sector_id_refuses(void)
{
	uint8_t bytes[64] = { 0 };
	McProblem problem;
	McHash id;

	CHECK_INT(seal_sector_id(span_of(bytes, 15), span_of(bytes, 32), 0, 10, &id, &problem),
			  MC_HASH_LENGTH);
	CHECK(strcmp(problem.name, "chain_id") == 0 && problem.number == 15 && problem.limit == 16);
	CHECK_INT(seal_sector_id(span_of(bytes, 16), span_of(bytes, 33), 0, 10, &id, &problem),
			  MC_HASH_LENGTH);
	CHECK_INT(seal_sector_id(span_of(bytes, 16), span_of(bytes, 32), 0, 9, &id, &problem),
			  MC_SECTOR_SIZE);
	CHECK_INT(seal_sector_id(span_of(bytes, 16), span_of(bytes, 32), 0, 33, &id, &problem),
			  MC_SECTOR_SIZE);
}

int
main(void)
{
	RUN(test_expanders_are_permutations);
	RUN(test_chain_parents_lie_before);
	RUN(test_far_parents_are_as_common_as_near_ones);
	RUN(test_expander_parents_are_scattered);
	RUN(test_a_sector_is_fixed_for_ever);
	RUN(test_leaves_open);
	RUN(test_every_column_opens);
	RUN(test_file_sector_opens_against_its_file);
	RUN(test_every_byte_of_a_column_proof_counts);
	RUN(test_labels_that_were_not_made);
	RUN(test_leaf_proofs_of_something_else);
	RUN(test_column_proofs_of_something_else);
	RUN(test_sizes_of_sectors);
	RUN(test_sector_id_refuses);
	return CHECK_RESULT();
}
