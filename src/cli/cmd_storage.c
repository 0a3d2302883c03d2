/*
 * cmd_storage.c - the arguments of `mesctl storage`.
 */
#include "cli/cmd_storage.h"

#include "cli/storage_sector.h"
#include "cli/storage_share.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>

static const char usage[] =
	"usage: mesctl storage COMMAND\n"
	"  seal   --dir DIR --chain-id HEX --node-key HEX --sector N [--sectors M] --lg-n L\n"
	"         [--data FILE] [--jobs J]    seal M sectors of 2^L * 32 bytes; --data: with a file\n"
	"  prove  --dir DIR --seed HEX --count C --out DIR\n"
	"         answer a challenge over all sectors of DIR: a proof for each that it meets\n"
	"  prove  --sector-dir DIR (--seed HEX --count C | --index I | --column I) --out FILE\n"
	"         open leaves, or a column and its parents, of one sector\n"
	"  prove  --share FILE --number N --shares FILE --seed HEX --count C --out FILE\n"
	"         answer the audit of a share\n"
	"  split  --file FILE --dir DIR --data K --shares N [--jobs J]\n"
	"         cut a file into N shares, any K of which give it back\n"
	"  join   --dir DIR --file FILE [--jobs J]\n"
	"         give the file back from K of its shares\n"
	"An interrupted seal or split goes on when it is started again.\n\n"
	"example:\n  mesctl storage split --file film.mov --dir shares --data 10 --shares 16\n";

#define SECTORS_MAX 65536

enum
{
	OPTION_DIR = 256,
	OPTION_CHAIN_ID,
	OPTION_NODE_KEY,
	OPTION_SECTOR,
	OPTION_SECTORS,
	OPTION_LG_N,
	OPTION_DATA,
	OPTION_JOBS,
	OPTION_SECTOR_DIR,
	OPTION_SEED,
	OPTION_COUNT,
	OPTION_INDEX,
	OPTION_COLUMN,
	OPTION_OUT,
	OPTION_SHARE,
	OPTION_NUMBER,
	OPTION_SHARES,
	OPTION_FILE,
	OPTION_END
};

static const struct option options[] = {
	{ "dir", required_argument, NULL, OPTION_DIR },
	{ "chain-id", required_argument, NULL, OPTION_CHAIN_ID },
	{ "node-key", required_argument, NULL, OPTION_NODE_KEY },
	{ "sector", required_argument, NULL, OPTION_SECTOR },
	{ "sectors", required_argument, NULL, OPTION_SECTORS },
	{ "lg-n", required_argument, NULL, OPTION_LG_N },
	{ "data", required_argument, NULL, OPTION_DATA },
	{ "jobs", required_argument, NULL, OPTION_JOBS },
	{ "sector-dir", required_argument, NULL, OPTION_SECTOR_DIR },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "index", required_argument, NULL, OPTION_INDEX },
	{ "column", required_argument, NULL, OPTION_COLUMN },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "share", required_argument, NULL, OPTION_SHARE },
	{ "number", required_argument, NULL, OPTION_NUMBER },
	{ "shares", required_argument, NULL, OPTION_SHARES },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ NULL, 0, NULL, 0 },
};

static const char *given[OPTION_END];

static const char *
name_of(int option)
{
	return options[option - OPTION_DIR].name;
}

static const char *
needed(int option)
{
	if (given[option] == NULL)
		storage_fail("--%s is missing", name_of(option));
	return given[option];
}

static uint64_t
number(int option, uint64_t minimum, uint64_t maximum)
{
	const char *text = needed(option);
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < minimum ||
		value > maximum)
		storage_fail("--%s %s is not a number from %llu to %llu", name_of(option), text,
					 (unsigned long long) minimum, (unsigned long long) maximum);
	return value;
}

static unsigned
jobs(void)
{
	return given[OPTION_JOBS] ? (unsigned) number(OPTION_JOBS, 1, 256) : storage_processors();
}

/* Returns how many bytes, at most maximum. */
static size_t
hex(int option, uint8_t *out, size_t maximum)
{
	const char *text = needed(option);
	size_t size = strlen(text) / 2;

	if (strlen(text) != 2 * size || size > maximum ||
		strspn(text, "0123456789abcdefABCDEF") != 2 * size)
		storage_fail("--%s %s is not at most %zu bytes in hexadecimal", name_of(option), text,
					 maximum);
	for (size_t i = 0; i < size; i++)
	{
		char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };

		out[i] = (uint8_t) strtoul(pair, NULL, 16);
	}
	return size;
}

static void
hex_exact(int option, uint8_t *out, size_t size)
{
	if (hex(option, out, size) != size)
		storage_fail("--%s is %zu bytes in hexadecimal", name_of(option), size);
}

static void
seal(void)
{
	SealRequest request = { .directory = needed(OPTION_DIR),
							.data_path = given[OPTION_DATA],
							.first_sector = number(OPTION_SECTOR, 0, INT64_MAX),
							.sector_count = given[OPTION_SECTORS]
												? number(OPTION_SECTORS, 1, 1 << 20)
												: 1,
							.lg_n = (uint32_t) number(OPTION_LG_N, SEAL_LG_MIN, SEAL_LG_MAX),
							.threads = jobs() };

	hex_exact(OPTION_CHAIN_ID, request.chain_id, SEAL_CHAIN_ID_SIZE);
	hex_exact(OPTION_NODE_KEY, request.node_key, SEAL_NODE_KEY_SIZE);
	storage_seal(&request);
}

static void
refuse(const McProblem *problem)
{
	char message[256];

	status_message(problem, message, sizeof(message));
	storage_fail("%s", message);
}

static void
print_indexes(const uint64_t *indexes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s%llu", i == 0 ? "indexes {" : ",", (unsigned long long) indexes[i]);
	printf("}\n");
}

static size_t
draw_challenge(uint64_t leaves, uint64_t indexes[PROOF_INDEXES_MAX])
{
	size_t count = (size_t) number(OPTION_COUNT, 1, PROOF_INDEXES_MAX);
	uint8_t seed[PROOF_SEED_MAX];
	size_t size = hex(OPTION_SEED, seed, sizeof(seed));
	McProblem problem;

	if (seal_challenge(span_of(seed, size), leaves, count, indexes, &problem) != MC_OK)
		refuse(&problem);
	return count;
}

static void
write_leaf_proof(SectorFiles *files, const uint64_t *indexes, size_t count, const char *path)
{
	SealSource source = storage_sector_source(files);
	uint32_t lg_n = (uint32_t) files->sector.lg_n;
	size_t size = seal_proof_size(lg_n, indexes, count);
	uint8_t *proof = storage_allocate(size);

	seal_prove(&source, &files->sector.root_r, lg_n, indexes, count, proof);
	if (seal_verify(&files->sector.root_r, lg_n, indexes, count, span_of(proof, size), NULL) !=
		MC_OK)
		storage_fail("\"%s\" is damaged: what it holds does not open its root",
					 files->directory);
	storage_write_whole(path, proof, size);
	storage_release(proof, size);
	print_indexes(indexes, count);
}

static void
prove_leaves(SectorFiles *files)
{
	uint64_t leaves = UINT64_C(1) << files->sector.lg_n;
	uint64_t indexes[PROOF_INDEXES_MAX];
	size_t count = 1;

	if (given[OPTION_INDEX] != NULL)
		indexes[0] = number(OPTION_INDEX, 0, leaves - 1);
	else
		count = draw_challenge(leaves, indexes);
	write_leaf_proof(files, indexes, count, needed(OPTION_OUT));
}

static void
sector_path(char path[STORAGE_PATH_MAX], const char *directory, uint64_t sector)
{
	storage_path(path, directory, "sector-%llu", (unsigned long long) sector);
}

static uint64_t
open_numbered(SectorFiles *files, uint64_t sector)
{
	char path[STORAGE_PATH_MAX];

	sector_path(path, needed(OPTION_DIR), sector);
	storage_sector_open(files, path);
	return UINT64_C(1) << files->sector.lg_n;
}

/* Sectors laid end to end in order of number; one that the challenge misses has no proof. */
static void
prove_all_sectors(void)
{
	static uint64_t numbers[SECTORS_MAX];
	static SectorFiles files;
	size_t sectors = storage_list_numbers(needed(OPTION_DIR), "sector", numbers, SECTORS_MAX);
	uint64_t indexes[PROOF_INDEXES_MAX];
	uint64_t leaves = 0;
	uint64_t first = 0;
	size_t next = 0;
	size_t count;

	/* the draw depends on the sum of all sizes */
	for (size_t i = 0; i < sectors; i++)
	{
		leaves += open_numbered(&files, numbers[i]);
		storage_sector_close(&files);
	}
	count = draw_challenge(leaves, indexes);
	storage_make_directory(needed(OPTION_OUT));
	for (size_t i = 0; i < sectors; i++)
	{
		uint64_t size = open_numbered(&files, numbers[i]);
		size_t from = next;

		for (; next < count && indexes[next] - first < size; next++)
			indexes[next] -= first;
		if (next > from)
		{
			char path[STORAGE_PATH_MAX];

			sector_path(path, given[OPTION_OUT], numbers[i]);
			printf("sector %llu ", (unsigned long long) numbers[i]);
			write_leaf_proof(&files, indexes + from, next - from, path);
		}
		first += size;
		storage_sector_close(&files);
	}
}

static void
prove_column(SectorFiles *files)
{
	uint64_t index = number(OPTION_COLUMN, 0, (UINT64_C(1) << files->sector.lg_n) - 1);
	SealSource source = storage_sector_source(files);
	size_t size = seal_column_proof_size(&files->sector, index);
	uint8_t *proof = storage_allocate(size);

	if (files->layers[0].data == NULL || files->layers[SEAL_LAYERS - 1].data == NULL)
		storage_fail("the layers of \"%s\" are gone; only leaves can be proven",
					 files->directory);
	seal_prove_column(&source, &files->sector, index, proof);
	if (seal_verify_column(&files->sector, index, span_of(proof, size), NULL) != MC_OK)
		storage_fail("\"%s\" is damaged: column %llu does not follow from its parents",
					 files->directory, (unsigned long long) index);
	storage_write_whole(needed(OPTION_OUT), proof, size);
	storage_release(proof, size);
}

static void
prove_share(void)
{
	uint32_t share = (uint32_t) number(OPTION_NUMBER, 0, RS_SHARES_MAX - 1);
	uint8_t seed[PROOF_SEED_MAX];
	size_t seed_size = hex(OPTION_SEED, seed, sizeof(seed));
	static ShareList list;
	ShareFiles files;
	PorAudit audit = { &list.file, share, span_of(seed, seed_size),
					   number(OPTION_COUNT, 1, PROOF_INDEXES_MAX) };
	PorSource source = { &files, storage_share_leaf, storage_share_subtree, list.roots };
	McProblem problem;
	uint8_t *proof;
	size_t size;

	storage_shares_read(needed(OPTION_SHARES), &list);
	storage_share_open(&files, needed(OPTION_SHARE), jobs());
	if (files.content.size != por_share_size(&list.file))
		storage_fail("\"%s\" has %zu bytes, a share of this file has %llu", given[OPTION_SHARE],
					 files.content.size, (unsigned long long) por_share_size(&list.file));
	if (por_prove(&audit, &source, &size, NULL, &problem) != MC_OK)
		refuse(&problem);
	proof = storage_allocate(size);
	if (por_prove(&audit, &source, &size, proof, &problem) != MC_OK)
		refuse(&problem);
	if (por_verify(&audit, span_of(proof, size), NULL) != MC_OK)
		storage_fail("\"%s\" is damaged, or not share %u of this file", given[OPTION_SHARE], share);
	storage_write_whole(needed(OPTION_OUT), proof, size);
	storage_release(proof, size);
	storage_share_close(&files);
}

static void
prove(void)
{
	static SectorFiles files;

	if (given[OPTION_SHARE] != NULL)
	{
		prove_share();
		return;
	}
	if (given[OPTION_DIR] != NULL)
	{
		prove_all_sectors();
		return;
	}
	storage_sector_open(&files, needed(OPTION_SECTOR_DIR));
	if (given[OPTION_COLUMN] != NULL)
		prove_column(&files);
	else
		prove_leaves(&files);
	storage_sector_close(&files);
}

static void
split(void)
{
	storage_split(needed(OPTION_FILE), needed(OPTION_DIR),
				  (uint32_t) number(OPTION_DATA, 1, RS_DATA_MAX),
				  (uint32_t) number(OPTION_SHARES, 1, RS_SHARES_MAX), jobs());
}

static void
join(void)
{
	storage_join(needed(OPTION_DIR), needed(OPTION_FILE), jobs());
}

int
cmd_storage(int argc, char **argv)
{
	static const struct
	{
		const char *name;
		void (*run)(void);
	} commands[] = { { "seal", seal }, { "prove", prove }, { "split", split }, { "join", join } };
	int option;

	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
	{
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	optind = 2;
	while (argc >= 2 && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
	{
		if (option < OPTION_DIR || option >= OPTION_END)
			return 2;
		given[option] = optarg;
	}
	for (size_t i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++)
	{
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (optind < argc)
			storage_fail("\"%s\" is not understood", argv[optind]);
		commands[i].run();
		return EXIT_SUCCESS;
	}
	fputs(usage, stderr);
	return 2;
}
