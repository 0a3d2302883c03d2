/*
 * storage_share.c - one share: its coder, its leaves, and the text that lists all of a file.
 */
#include "cli/storage_share.h"

#include "cli/storage_sha.h"

#include <isa-l/erasure_code.h>
#include <stdlib.h>

#define LEAF_MESSAGE (1 + POR_LEAF_SIZE)
#define TABLE_SIZE 32 /* bytes of ISA-L's table for one coefficient */

void
storage_coder_init(ShareCoder *coder, uint32_t inputs, uint32_t outputs,
				   const uint8_t (*rows)[RS_DATA_MAX])
{
	uint8_t matrix[RS_SHARES_MAX * RS_DATA_MAX];

	coder->inputs = inputs;
	coder->outputs = outputs;
	coder->tables = storage_allocate((size_t) TABLE_SIZE * inputs * (outputs + 1));
	for (uint32_t row = 0; row < outputs; row++)
		memcpy(matrix + row * inputs, rows[row], inputs);
	ec_init_tables((int) inputs, (int) outputs, matrix, coder->tables);
}

void
storage_coder_run(const ShareCoder *coder, const uint8_t *const *in, uint8_t *const *out,
				  size_t size)
{
	/* the library takes its inputs as not const and does not write them */
	if (coder->outputs > 0)
		ec_encode_data((int) size, (int) coder->inputs, (int) coder->outputs, coder->tables,
					   (uint8_t **) (uintptr_t) in, (uint8_t **) (uintptr_t) out);
}

void
storage_coder_free(ShareCoder *coder)
{
	storage_release(coder->tables, (size_t) TABLE_SIZE * coder->inputs * (coder->outputs + 1));
	coder->tables = NULL;
}

static void
hash_leaves(void *self, uint64_t first, size_t count, McHash *out)
{
	const ShareFiles *files = self;
	uint8_t messages[2 * SHA_PADDED(LEAF_MESSAGE)] = { 0 };

	sha_pad(messages, LEAF_MESSAGE);
	sha_pad(messages + SHA_PADDED(LEAF_MESSAGE), LEAF_MESSAGE);
	for (size_t at = 0; at < count; at += 2)
	{
		size_t batch = count - at < 2 ? 1 : 2;

		for (size_t i = 0; i < batch; i++)
			memcpy(messages + i * SHA_PADDED(LEAF_MESSAGE) + 1,
				   files->content.data + (first + at + i) * POR_LEAF_SIZE, POR_LEAF_SIZE);
		sha_many(messages, SHA_PADDED(LEAF_MESSAGE), LEAF_MESSAGE, batch, out + at);
	}
}

static void
make_cap(void *context, uint64_t job)
{
	storage_tree_cap(context, job);
}

void
storage_share_open(ShareFiles *files, const char *path, unsigned threads)
{
	char caps_path[STORAGE_PATH_MAX];
	uint64_t leaves;
	bool was_there;

	memset(files, 0, sizeof(*files));
	files->content = storage_map(path);
	leaves = files->content.size / POR_LEAF_SIZE;
	if (leaves == 0 || files->content.size % POR_LEAF_SIZE != 0)
		storage_fail("\"%s\" is no share: %zu bytes are not whole leaves of %d", path,
					 files->content.size, POR_LEAF_SIZE);
	if (snprintf(caps_path, sizeof(caps_path), "%s.tree", path) >= (int) sizeof(caps_path))
		storage_fail("path \"%s\" is too long", path);
	files->caps = storage_map_sized(caps_path, storage_cap_count(leaves) * HASH_SIZE, &was_there);
	storage_share_attach(files);
	if (!was_there)
		storage_run(threads, storage_cap_count(leaves), make_cap, &files->tree);
}

void
storage_share_attach(ShareFiles *files)
{
	files->tree = (StorageTree){ files->content.size / POR_LEAF_SIZE, (McHash *) files->caps.data,
								 hash_leaves, files };
}

void
storage_share_read(ShareFiles *files, const char *path, unsigned threads, McHash *root)
{
	memset(files, 0, sizeof(*files));
	files->content = storage_map(path);
	files->caps.size =
		(size_t) storage_cap_count(files->content.size / POR_LEAF_SIZE) * HASH_SIZE;
	files->caps.data = storage_allocate(files->caps.size);
	storage_share_attach(files);
	storage_run(threads, storage_cap_count(files->tree.leaf_count), make_cap, &files->tree);
	storage_tree_root(&files->tree, root);
}

void
storage_share_forget(ShareFiles *files)
{
	storage_unmap(&files->content, false);
	storage_release(files->caps.data, files->caps.size);
}

void
storage_share_close(ShareFiles *files)
{
	storage_unmap(&files->content, false);
	storage_unmap(&files->caps, true);
}

void
storage_share_leaf(void *self, uint64_t index, uint8_t out[POR_LEAF_SIZE])
{
	const ShareFiles *files = self;

	memcpy(out, files->content.data + index * POR_LEAF_SIZE, POR_LEAF_SIZE);
}

void
storage_share_subtree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	storage_tree_subtree(&((ShareFiles *) self)->tree, first, count, out);
}

static bool
read_hash(const char *text, McHash *hash)
{
	unsigned byte;

	for (int i = 0; i < HASH_SIZE; i++)
	{
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		hash->bytes[i] = (uint8_t) byte;
	}
	return true;
}

/* The file's root is computed again, so a text that was altered is found here. */
void
storage_shares_read(const char *path, ShareList *list)
{
	static char text[(RS_SHARES_MAX + 4) * 100];
	StorageMap map = storage_map(path);
	unsigned long long size;
	const char *line = text;
	McHash stated;

	memset(list, 0, sizeof(*list));
	memset(text, 0, sizeof(text));
	memcpy(text, map.data, map.size < sizeof(text) ? map.size : sizeof(text) - 1);
	storage_unmap(&map, false);
	if (sscanf(text, "shares-v1 data %u shares %u size %llu", &list->file.data_shards,
			   &list->file.shares, &size) != 3)
		storage_fail("\"%s\" is no list of shares", path);
	list->file.size = size;
	if (por_check_file(&list->file, NULL) != MC_OK)
		storage_fail("\"%s\" has a shape that no file has", path);
	line = strstr(text, "\nfile_root ");
	if (line == NULL || !read_hash(line + 11, &stated))
		storage_fail("\"%s\" has no file root", path);
	for (uint32_t share = 0; share < list->file.shares; share++)
	{
		line = strstr(line + 1, "\nshare_root ");
		if (line == NULL || !read_hash(line + 12, &list->roots[share]))
			storage_fail("\"%s\" has no root of share %u", path, share);
	}
	por_file_root(&list->file, list->roots);
	if (!hash_equal(&stated, &list->file.root))
		storage_fail("\"%s\": the share roots do not give the file root", path);
}
