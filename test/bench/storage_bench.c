/*
 * storage_bench.c - the speeds of storage proofs, one line each. The two sides of a ratio alternate
 * in one run, and the best round of each counts: what disturbs a round only makes it slower.
 */
#include "base/digest.h"
#include "cli/storage_sector.h"
#include "cli/storage_share.h"
#include "storage/poc2.h"

#include <isa-l/erasure_code.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
#define DEPTH 27

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static void
keep_best(double *best, double started)
{
	double took = now() - started;

	if (*best == 0 || took < *best)
		*best = took;
}

/* A path of 27 nodes verified, against 27 SHA-256 of 64 bytes. */
static void
bench_merkle(void)
{
	McHash path[DEPTH] = { { { 1 } } };
	uint8_t pair[64] = { 2 };
	McSpan whole = span_of(pair, sizeof(pair));
	uint64_t index = 12345678;
	MerkleIndexes one = { &index, 1, UINT64_C(1) << DEPTH };
	McHash leaf = { { 3 } };
	McHash root = { { 0 } };
	double verify = 0;
	double bare = 0;
	double batch = 0;
	int wrong = 0;

	for (int round = 0; round < 5 * ROUNDS; round++)
	{
		double started = now();

		for (int i = 0; i < 1000; i++)
			wrong += merkle_verify(&root, &leaf, index, one.leaf_count, path, DEPTH);
		keep_best(&verify, started);
		started = now();
		for (int i = 0; i < 1000; i++)
			wrong += merkle_multi_verify(&root, &one, &leaf, path, DEPTH);
		keep_best(&batch, started);
		started = now();
		for (int i = 0; i < 1000 * DEPTH; i++)
			digest_sha256((McHash *) pair, &whole, 1);
		keep_best(&bare, started);
	}
	if (wrong != 0)
		exit(EXIT_FAILURE);
	printf("bench merkle_verify_vs_hash %.2f ratio\n", verify / bare);
	printf("bench merkle_multi_verify_vs_hash %.2f ratio\n", batch / bare);
}

/* Where a proof's tree does not matter, only its depth: every subtree has one root. */
static void
same_subtree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	(void) self, (void) first, (void) count;
	memset(out, 7, sizeof(*out));
}

static void
same_replica(void *self, uint64_t index, McHash *out)
{
	(void) self, (void) index;
	memset(out, 8, sizeof(*out));
}

/* The hourly proof of a 4 GiB sector, 66 leaves. Its root is not that of the tree: same work. */
static void
bench_por(void)
{
	SealSource source = { NULL, same_replica, NULL, same_subtree, NULL, NULL };
	uint64_t indexes[66];
	McHash root = { { 9 } };
	static uint8_t proof[1 << 17];
	size_t size;
	double best = 0;

	if (seal_challenge(span_text("bench"), UINT64_C(1) << DEPTH, 66, indexes, NULL) != MC_OK)
		exit(EXIT_FAILURE);
	size = seal_proof_size(DEPTH, indexes, 66);
	seal_prove(&source, &root, DEPTH, indexes, 66, proof);
	for (int round = 0; round < 20 * ROUNDS; round++)
	{
		double started = now();

		if (seal_verify(&root, DEPTH, indexes, 66, span_of(proof, size), NULL) !=
			MC_PROOF_MISMATCH)
			exit(EXIT_FAILURE);
		keep_best(&best, started);
	}
	printf("bench por_66_ms %.3f ms\n", best * 1000);
	printf("bench por_66_kib %.1f KiB\n", (double) size / 1024);
}

static void
remove_sector(const char *directory, int sectors)
{
	static const char *const names[] = { "replica", "tree_c", "tree_r", "sector" };
	char inside[STORAGE_PATH_MAX];
	char path[STORAGE_PATH_MAX];

	for (int sector = 0; sector < sectors; sector++)
	{
		storage_path(inside, directory, "sector-%d", sector);
		for (int layer = 0; layer < SEAL_LAYERS; layer++)
		{
			storage_path(path, inside, "layer%03d", layer);
			unlink(path);
		}
		for (int i = 0; i < 4; i++)
		{
			storage_path(path, inside, "%s", names[i]);
			unlink(path);
		}
		rmdir(inside);
	}
}

/*
 * One thread: labels of all layers in a plain loop over memory (seal_layer), against the whole
 * sealer with its files, trees and roots; for one sector, and for two side by side.
 */
static void
bench_seal(const char *directory, uint32_t lg_n)
{
	SealRequest request = { .directory = directory, .sector_count = 1, .lg_n = lg_n,
							.threads = 1 };
	size_t size = (size_t) HASH_SIZE << lg_n;
	McHash *below = storage_allocate(size);
	McHash *own = storage_allocate(size);
	double loop = 0;
	double alone = 0;
	double two = 0;
	SealGraph graph;
	McHash id = { { 1 } };

	seal_graph_init(&graph, lg_n);
	for (int round = 0; round < 2; round++)
	{
		double started = now();

		for (uint32_t layer = 0; layer < SEAL_LAYERS; layer++)
		{
			McHash *swapped = below;

			seal_layer(&graph, &id, layer, below, own);
			below = own;
			own = swapped;
		}
		keep_best(&loop, started);
		started = now();
		request.sector_count = 1;
		storage_seal(&request);
		keep_best(&alone, started);
		remove_sector(directory, 1);
		started = now();
		request.sector_count = 2;
		storage_seal(&request);
		keep_best(&two, started);
		remove_sector(directory, 2);
	}
	storage_release(below, size);
	storage_release(own, size);
	printf("bench seal_vs_loop %.2f ratio\n", loop / alone);
	printf("bench seal_pair_vs_loop %.2f ratio\n", 2 * loop / two);
	printf("bench seal_gib_h %.1f GiB/h\n", 2 * (double) size / (1 << 30) / two * 3600);
}

static void
bench_plot(void)
{
	static Poc2Nonce nonce;
	double best = 0;

	for (int round = 0; round < ROUNDS; round++)
	{
		double started = now();

		poc2_plot(1, (uint64_t) round, &nonce);
		keep_best(&best, started);
	}
	printf("bench plot_gib_h %.1f GiB/h\n", 3600 / best * POC2_NONCE_SIZE / (1 << 30));
	printf("bench poc2_verify_ms %.1f ms\n", best * 1000);
}

/* Four data shards and two more, 64 KiB each, in the cache; our coder against the bare library. */
static void
bench_rs(void)
{
	enum
	{
		SIZE = 65536,
		TIMES = 2000
	};
	static uint8_t bytes[6][SIZE];
	uint8_t rows[2][RS_DATA_MAX];
	uint8_t *at[6];
	uint8_t row[RS_DATA_MAX];
	ShareCoder coder;
	RsCoder scalar;
	double ours = 0;
	double library = 0;
	double twin = 0;

	rs_init(&scalar, 4, 6);
	for (uint32_t share = 0; share < 6; share++)
	{
		memset(bytes[share], (int) share + 1, SIZE);
		at[share] = bytes[share];
		if (share >= 4)
			rs_row(&scalar, share, rows[share - 4]);
	}
	storage_coder_init(&coder, 4, 2, (const uint8_t (*)[RS_DATA_MAX]) rows);
	for (int round = 0; round < ROUNDS; round++)
	{
		double started = now();

		for (int i = 0; i < TIMES; i++)
			storage_coder_run(&coder, (const uint8_t *const *) at, at + 4, SIZE);
		keep_best(&ours, started);
		started = now();
		for (int i = 0; i < TIMES; i++)
			ec_encode_data(SIZE, 4, 2, coder.tables, at, at + 4);
		keep_best(&library, started);
		started = now();
		for (uint32_t share = 4; share < 6; share++)
		{
			rs_row(&scalar, share, row);
			rs_combine(&scalar, row, (const uint8_t *const *) at, SIZE, at[share]);
		}
		keep_best(&twin, started);
	}
	printf("bench rs_vs_isal %.2f ratio\n", library / ours);
	printf("bench rs_4_2_mb_s %.0f MB/s\n", 4.0 * SIZE * TIMES / ours / 1e6);
	printf("bench rs_scalar_4_2_mb_s %.0f MB/s\n", 4.0 * SIZE / twin / 1e6);
	storage_coder_free(&coder);
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	/* what the sealer tells people is not a figure */
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_merkle();
	bench_por();
	bench_plot();
	bench_rs();
	bench_seal(argv[1], (uint32_t) atoi(argv[2]));
	return 0;
}
