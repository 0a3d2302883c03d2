/* storage_por.c - audits of a file's shares: what passes, what is refused and by which code. */
#include "storage/por.h"
#include "unit/check.h"

#define DATA 4
#define SHARES 8
#define FILE_SIZE (DATA * 100 * POR_LEAF_SIZE - 77)
#define LEAVES 100

static uint8_t shares[SHARES][LEAVES * POR_LEAF_SIZE];
static McHash leaves[SHARES][LEAVES];
static McHash roots[SHARES];
static PorFile file = { .data_shards = DATA, .shares = SHARES, .size = FILE_SIZE };
static uint8_t proof[65536];
static size_t proof_size;
static uint32_t proving;

static void
make_file(void)
{
	const uint8_t *in[DATA];
	RsCoder coder;

	rs_init(&coder, DATA, SHARES);
	for (int i = 0; i < FILE_SIZE; i++)
		shares[i / (LEAVES * POR_LEAF_SIZE)][i % (LEAVES * POR_LEAF_SIZE)] =
			(uint8_t) (i * 31 + i / 251);
	for (uint32_t share = 0; share < SHARES; share++)
	{
		uint8_t row[RS_DATA_MAX];

		if (share < DATA)
			in[share] = shares[share];
		rs_row(&coder, share, row);
		if (share >= DATA)
			rs_combine(&coder, row, in, sizeof(shares[0]), shares[share]);
		for (int i = 0; i < LEAVES; i++)
			por_leaf(shares[share] + i * POR_LEAF_SIZE, &leaves[share][i]);
		merkle_root(leaves[share], LEAVES, &roots[share]);
	}
	por_file_root(&file, roots);
}

static void
read_leaf(void *self, uint64_t index, uint8_t out[POR_LEAF_SIZE])
{
	(void) self;
	memcpy(out, shares[proving] + index * POR_LEAF_SIZE, POR_LEAF_SIZE);
}

static McStatus
prove(const PorAudit *audit)
{
	PorSource source = { NULL, read_leaf, merkle_multi_subtree, roots };
	McStatus status = por_prove(audit, &source, &proof_size, NULL, NULL);

	if (status != MC_OK)
		return status;
	proving = audit->share;
	source.self = leaves[audit->share];
	return por_prove(audit, &source, &proof_size, proof, NULL);
}

static McStatus
verify(const PorAudit *audit)
{
	return por_verify(audit, span_of(proof, proof_size), NULL);
}

static void
test_every_share_answers(void)
{
	CHECK_INT(por_leaf_count(&file), LEAVES);
	for (uint32_t share = 0; share < SHARES; share++)
	{
		for (uint64_t count = 1; count <= LEAVES; count += 11)
		{
			PorAudit audit = { &file, share, span_text("period 7"), count };

			CHECK_INT(prove(&audit), MC_OK);
			CHECK_INT(verify(&audit), MC_OK);
		}
	}
}

static void
test_every_byte_counts(void)
{
	PorAudit audit = { &file, 2, span_text("x"), 3 };

	CHECK_INT(prove(&audit), MC_OK);
	for (size_t at = 0; at < proof_size; at++)
	{
		proof[at] ^= 0x40;
		CHECK(verify(&audit) != MC_OK);
		proof[at] ^= 0x40;
	}
	CHECK_INT(verify(&audit), MC_OK);
}

static void
test_truncated_and_extended(void)
{
	PorAudit audit = { &file, 2, span_text("x"), 3 };

	CHECK_INT(prove(&audit), MC_OK);
	for (size_t size = 0; size < proof_size; size++)
		CHECK_INT(por_verify(&audit, span_of(proof, size), NULL), MC_PROOF_TRUNCATED);
	CHECK_INT(por_verify(&audit, span_of(NULL, 0), NULL), MC_PROOF_TRUNCATED);
	CHECK_INT(por_verify(&audit, span_of(proof, proof_size + 1), NULL), MC_PROOF_EXTENDED);
}

static void
test_proofs_for_something_else(void)
{
	PorAudit audit = { &file, 2, span_text("x"), 3 };
	PorAudit other_seed = { &file, 2, span_text("y"), 3 };
	PorAudit other_count = { &file, 2, span_text("x"), 4 };
	PorAudit other_share = { &file, 3, span_text("x"), 3 };
	PorFile wrong_root = file;
	PorFile wrong_shape = file;
	PorAudit other_root = { &wrong_root, 2, span_text("x"), 3 };
	PorAudit other_shape = { &wrong_shape, 2, span_text("x"), 3 };

	wrong_root.root.bytes[31] ^= 1;
	wrong_shape.shares++;
	CHECK_INT(prove(&audit), MC_OK);
	CHECK_INT(verify(&other_seed), MC_PROOF_OTHER_CHALLENGE);
	CHECK_INT(verify(&other_count), MC_PROOF_OTHER_CHALLENGE);
	CHECK_INT(verify(&other_share), MC_PROOF_OTHER_SUBJECT);
	CHECK_INT(verify(&other_root), MC_PROOF_OTHER_SUBJECT);
	CHECK_INT(verify(&other_shape), MC_PROOF_OTHER_SIZE);
	proof[2] = PROOF_KIND_SECTOR;
	CHECK_INT(verify(&audit), MC_PROOF_KIND);
}

/* A true header over another share's leaves: the hashes decide. */
static void
test_a_forged_header_does_not_help(void)
{
	PorAudit audit = { &file, 2, span_text("x"), 3 };
	PorAudit other = { &file, 3, span_text("x"), 3 };
	uint8_t header[PROOF_HEADER_SIZE];

	CHECK_INT(prove(&audit), MC_OK);
	memcpy(header, proof, sizeof(header));
	CHECK_INT(prove(&other), MC_OK);
	memcpy(proof, header, sizeof(header));
	CHECK_INT(verify(&audit), MC_PROOF_MISMATCH);
}

static void
test_all_zeros(void)
{
	PorAudit audit = { &file, 0, span_text("x"), 3 };

	memset(proof, 0, sizeof(proof));
	CHECK_INT(por_verify(&audit, span_of(proof, 1000), NULL), MC_PROOF_ALL_ZERO);
	CHECK_INT(por_verify(&audit, span_of(proof, 1), NULL), MC_PROOF_ALL_ZERO);
}

static void
check_file(uint32_t data_shards, uint32_t all, uint64_t size, McStatus expected)
{
	PorFile declared = { file.root, data_shards, all, size };
	PorAudit audit = { &declared, 0, span_text("x"), 1 };

	CHECK_INT(por_verify(&audit, span_of(proof, 0), NULL), expected);
}

/* Sizes an attacker may declare: refused or bounded, never allocated. */
static void
test_declared_sizes(void)
{
	PorAudit unknown_share = { &file, SHARES, span_text("x"), 1 };

	check_file(0, 8, 1, MC_FILE_SHAPE);
	check_file(UINT32_MAX, UINT32_MAX, 1, MC_FILE_SHAPE);
	check_file(4, 8, 0, MC_FILE_SIZE);
	check_file(4, 8, POR_FILE_SIZE_MAX, MC_PROOF_TRUNCATED);
	check_file(4, 8, POR_FILE_SIZE_MAX + 1, MC_FILE_SIZE);
	check_file(4, 8, UINT64_MAX, MC_FILE_SIZE);
	CHECK_INT(verify(&unknown_share), MC_SHARE_OUT_OF_RANGE);
	unknown_share.share = UINT32_MAX;
	CHECK_INT(verify(&unknown_share), MC_SHARE_OUT_OF_RANGE);
}

static void
test_share_sizes_are_whole_leaves(void)
{
	PorFile sized = { .data_shards = 3, .shares = 6, .size = 1 };

	CHECK_INT(por_share_size(&sized), 256);
	sized.size = 3 * 256;
	CHECK_INT(por_share_size(&sized), 256);
	sized.size++;
	CHECK_INT(por_share_size(&sized), 512);
}

/* A node's tree over 2^13 leaves, kept whole while some of the leaves are lost. */
#define KEPT_LG 13
#define KEPT (1 << KEPT_LG)
#define LOST 82 /* 1 % */
static uint8_t kept[KEPT][POR_LEAF_SIZE];
static McHash tree[KEPT_LG + 1][KEPT];

static void
make_tree(void)
{
	for (uint32_t i = 0; i < KEPT; i++)
	{
		put_be32(kept[i], i + 1);
		por_leaf(kept[i], &tree[0][i]);
	}
	for (int level = 0; level < KEPT_LG; level++)
		for (int i = 0; i < KEPT >> (level + 1); i++)
			merkle_node(&tree[level + 1][i], &tree[level][2 * i], &tree[level][2 * i + 1]);
	for (uint32_t i = 0; i < LOST; i++)
		memset(kept[i * 97 + 5], 0, POR_LEAF_SIZE);
}

static void
read_tree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	(void) self;
	int level = __builtin_ctzll(count);

	*out = tree[level][first >> level];
}

static bool
audit_passes(uint32_t trial, uint64_t count)
{
	static McHash hashes[PROOF_INDEXES_MAX];
	static McHash opened[PROOF_INDEXES_MAX * KEPT_LG];
	uint64_t indexes[PROOF_INDEXES_MAX];
	MerkleIndexes asked = { indexes, count, KEPT };
	uint8_t seed[4];

	put_be32(seed, trial);
	CHECK_INT(por_challenge(span_of(seed, 4), KEPT, count, indexes, NULL), MC_OK);
	for (size_t i = 0; i < count; i++)
		por_leaf(kept[indexes[i]], &hashes[i]);
	merkle_multi_prove(&asked, read_tree, NULL, opened);
	return merkle_multi_verify(&tree[KEPT_LG][0], &asked, hashes, opened,
							   merkle_multi_size(&asked));
}

/*
 * The chance that count draws without repeats meet none of the lost leaves is the product of
 * (KEPT - LOST - i) / (KEPT - i). 1,000 audits of 66 leaves must catch the node as often as that
 * says, within three standard deviations.
 */
static void
test_one_percent_lost_is_caught_at_the_computed_rate(void)
{
	double missed = 1;
	int expected;
	int caught = 0;

	for (int i = 0; i < 66; i++)
		missed *= (double) (KEPT - LOST - i) / (KEPT - i);
	expected = (int) (1000 * (1 - missed) + 0.5);
	make_tree();
	for (uint32_t trial = 0; trial < 1000; trial++)
		caught += !audit_passes(trial, 66);
	printf("# caught %d of 1000, computed %d\n", caught, expected);
	CHECK_INT(expected, 487);
	CHECK(abs(caught - expected) <= 47);
}

int
main(void)
{
	make_file();
	RUN(test_every_share_answers);
	RUN(test_every_byte_counts);
	RUN(test_truncated_and_extended);
	RUN(test_proofs_for_something_else);
	RUN(test_a_forged_header_does_not_help);
	RUN(test_all_zeros);
	RUN(test_declared_sizes);
	RUN(test_share_sizes_are_whole_leaves);
	RUN(test_one_percent_lost_is_caught_at_the_computed_rate);
	return CHECK_RESULT();
}
