/*
 * tx_vectors.c - computes the golden vectors anew and compares them with test/vectors/, byte
 * for byte. With the argument --write it writes the files instead, for a format that is meant to
 * change.
 */
#include "vectors/details.h"
#include "vectors/envelopes.h"
#include "vectors/receipts.h"
#include "vectors/refused_witnesses.h"

typedef struct VectorFile
{
	const char *path;
	void (*write)(void);
} VectorFile;

static const VectorFile addresses = { "test/vectors/addresses.json", write_addresses };
static const VectorFile envelopes = { "test/vectors/envelopes.json", write_envelopes };
static const VectorFile receipts = { "test/vectors/receipts.json", write_receipts };
static const VectorFile refusals = { "test/vectors/refusals.json", write_refusals };

static char *
compute(const VectorFile *file, size_t *size)
{
	char *text = NULL;

	arena_used = 0;
	json = open_memstream(&text, size);
	assert(json != NULL);
	file->write();
	fclose(json);
	return text;
}

static void
check_file(const VectorFile *file)
{
	static char stored[1024 * 1024];
	size_t size = 0;
	char *text = compute(file, &size);
	FILE *input = fopen(file->path, "rb");
	size_t stored_size = input ? fread(stored, 1, sizeof(stored), input) : 0;
	size_t same = 0;

	if (input != NULL)
		fclose(input);
	while (same < size && same < stored_size && text[same] == stored[same])
		same++;
	if (same < size || same < stored_size)
	{
		size_t line = 1;

		for (size_t i = 0; i < same; i++)
			line += text[i] == '\n';
		printf("# %s differs at line %zu\n", file->path, line);
	}
	CHECK_INT(stored_size, size);
	CHECK_INT(same, size);
	free(text);
}

static void
test_addresses(void)
{
	check_file(&addresses);
}

static void
test_envelopes(void)
{
	check_file(&envelopes);
}

static void
test_receipts(void)
{
	check_file(&receipts);
}

static void
test_refusals(void)
{
	check_file(&refusals);
}

static void
write_file(const VectorFile *file)
{
	size_t size = 0;
	char *text = compute(file, &size);
	FILE *output = fopen(file->path, "wb");

	assert(output != NULL);
	fwrite(text, 1, size, output);
	fclose(output);
	free(text);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--write") == 0)
	{
		write_file(&addresses);
		write_file(&envelopes);
		write_file(&receipts);
		write_file(&refusals);
		return 0;
	}
	RUN(test_addresses);
	RUN(test_envelopes);
	RUN(test_receipts);
	RUN(test_refusals);
	return CHECK_RESULT();
}
