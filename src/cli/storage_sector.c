/*
 * storage_sector.c - a sealed sector as files: its trees, its text, and what proofs read from it.
 */
#include "cli/storage_sector.h"

#include "cli/storage_sha.h"

#include <stdlib.h>

#define LABEL_SIZE (1 + HASH_SIZE)
#define COLUMN_SIZE (1 + SEAL_LAYERS * HASH_SIZE)
#define BATCH 16
#define TEXT_MAX 2048

enum
{
	CAPS_COLUMN,
	CAPS_REPLICA,
	CAPS_DATA
};

static const char *const caps_names[3] = { "tree_c", "tree_r", "tree_d" };

static void
hash_labels(const uint8_t *labels, size_t count, McHash *out)
{
	uint8_t messages[BATCH * SHA_PADDED(LABEL_SIZE)];

	for (size_t i = 0; i < BATCH; i++)
	{
		messages[i * SHA_PADDED(LABEL_SIZE)] = 0x00;
		sha_pad(messages + i * SHA_PADDED(LABEL_SIZE), LABEL_SIZE);
	}
	for (size_t at = 0; at < count; at += BATCH)
	{
		size_t batch = count - at < BATCH ? count - at : BATCH;

		for (size_t i = 0; i < batch; i++)
			memcpy(messages + i * SHA_PADDED(LABEL_SIZE) + 1, labels + (at + i) * HASH_SIZE,
				   HASH_SIZE);
		sha_many(messages, SHA_PADDED(LABEL_SIZE), LABEL_SIZE, batch, out + at);
	}
}

static void
hash_replica(void *self, uint64_t first, size_t count, McHash *out)
{
	const SectorFiles *files = self;

	hash_labels(files->replica.data + first * HASH_SIZE, count, out);
}

static void
hash_data(void *self, uint64_t first, size_t count, McHash *out)
{
	const SectorFiles *files = self;

	hash_labels(files->data.data + first * HASH_SIZE, count, out);
}

static void
read_column(void *self, uint64_t index, McHash out[SEAL_LAYERS])
{
	const SectorFiles *files = self;

	for (int layer = 0; layer < SEAL_LAYERS; layer++)
		memcpy(&out[layer], files->layers[layer].data + index * HASH_SIZE, HASH_SIZE);
}

static void
hash_columns(void *self, uint64_t first, size_t count, McHash *out)
{
	uint8_t messages[2 * SHA_PADDED(COLUMN_SIZE)] = { 0 };

	sha_pad(messages, COLUMN_SIZE);
	sha_pad(messages + SHA_PADDED(COLUMN_SIZE), COLUMN_SIZE);
	for (size_t at = 0; at < count; at += 2)
	{
		size_t batch = count - at < 2 ? 1 : 2;

		for (size_t i = 0; i < batch; i++)
			read_column(self, first + at + i,
						(McHash *) (messages + i * SHA_PADDED(COLUMN_SIZE) + 1));
		sha_many(messages, SHA_PADDED(COLUMN_SIZE), COLUMN_SIZE, batch, out + at);
	}
}

void
storage_sector_trees(SectorFiles *files)
{
	uint64_t count = UINT64_C(1) << files->sector.lg_n;
	uint64_t size = storage_cap_count(count) * HASH_SIZE;
	StorageTree *trees[3] = { &files->column_tree, &files->replica_tree, &files->data_tree };

	for (int i = 0; i < 3; i++)
	{
		char path[STORAGE_PATH_MAX];
		bool was_there;

		if (i == CAPS_DATA && files->data.data == NULL)
			continue;
		storage_path(path, files->directory, "%s", caps_names[i]);
		files->caps[i] = storage_map_sized(path, size, &was_there);
		*trees[i] = (StorageTree){ count, (McHash *) files->caps[i].data,
								   i == CAPS_COLUMN	   ? hash_columns
								   : i == CAPS_REPLICA ? hash_replica
													   : hash_data,
								   files };
	}
}

static void
read_replica(void *self, uint64_t index, McHash *out)
{
	const SectorFiles *files = self;

	memcpy(out, files->replica.data + index * HASH_SIZE, HASH_SIZE);
}

static void
replica_subtree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	storage_tree_subtree(&((SectorFiles *) self)->replica_tree, first, count, out);
}

static void
column_subtree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	storage_tree_subtree(&((SectorFiles *) self)->column_tree, first, count, out);
}

static void
data_subtree(void *self, uint64_t first, uint64_t count, McHash *out)
{
	storage_tree_subtree(&((SectorFiles *) self)->data_tree, first, count, out);
}

SealSource
storage_sector_source(SectorFiles *files)
{
	return (SealSource){ files,			  read_replica,	  read_column,
						 replica_subtree, column_subtree, data_subtree };
}

static void
put_hash(char *text, size_t *used, const char *name, const McHash *hash)
{
	*used += (size_t) snprintf(text + *used, TEXT_MAX - *used, "%s ", name);
	for (int i = 0; i < HASH_SIZE; i++)
		*used += (size_t) snprintf(text + *used, TEXT_MAX - *used, "%02x", hash->bytes[i]);
	*used += (size_t) snprintf(text + *used, TEXT_MAX - *used, "\n");
}

void
storage_sector_finish(const SectorFiles *files)
{
	char path[STORAGE_PATH_MAX];
	char text[TEXT_MAX];
	size_t used = (size_t) snprintf(text, sizeof(text), "seal-v1 %d\n", (int) files->sector.lg_n);

	put_hash(text, &used, "sector_id", &files->sector.sector_id);
	put_hash(text, &used, "root_c", &files->sector.root_c);
	put_hash(text, &used, "root_r", &files->sector.root_r);
	if (files->sector.data_root != NULL)
		put_hash(text, &used, "data_root", files->sector.data_root);
	storage_path(path, files->directory, "sector");
	storage_write_whole(path, text, used);
	fwrite(text, 1, used, stdout);
	fflush(stdout);
}

static bool
read_hash(const char *text, const char *name, McHash *hash)
{
	const char *line = strstr(text, name);
	unsigned byte;

	if (line == NULL)
		return false;
	line += strlen(name);
	for (int i = 0; i < HASH_SIZE; i++)
	{
		if (sscanf(line + 2 * i, "%2x", &byte) != 1)
			return false;
		hash->bytes[i] = (uint8_t) byte;
	}
	return true;
}

static void
read_text(SectorFiles *files)
{
	SealSector *sector = &files->sector;
	char path[STORAGE_PATH_MAX];
	char text[TEXT_MAX] = "";
	StorageMap map;
	int lg_n;

	storage_path(path, files->directory, "sector");
	map = storage_map(path);
	memcpy(text, map.data, map.size < TEXT_MAX ? map.size : TEXT_MAX - 1);
	storage_unmap(&map, false);
	if (sscanf(text, "seal-v1 %d\n", &lg_n) != 1 || seal_check_size(lg_n, NULL) != MC_OK ||
		!read_hash(text, "\nsector_id ", &sector->sector_id) ||
		!read_hash(text, "\nroot_c ", &sector->root_c) ||
		!read_hash(text, "\nroot_r ", &sector->root_r))
		storage_fail("\"%s\" is not the text of a sealed sector", path);
	sector->lg_n = lg_n;
	if (read_hash(text, "\ndata_root ", &files->data_root))
		sector->data_root = &files->data_root;
}

static StorageMap
map_labels(const SectorFiles *files, const char *name)
{
	char path[STORAGE_PATH_MAX];

	storage_path(path, files->directory, "%s", name);
	if (storage_file_size(path) != (uint64_t) HASH_SIZE << files->sector.lg_n)
		storage_fail("\"%s\" is not complete", path);
	return storage_map(path);
}

void
storage_sector_open(SectorFiles *files, const char *directory)
{
	char path[STORAGE_PATH_MAX];
	McHash root;

	memset(files, 0, sizeof(*files));
	snprintf(files->directory, sizeof(files->directory), "%s", directory);
	read_text(files);
	files->replica = map_labels(files, "replica");
	if (files->sector.data_root != NULL)
		files->data = map_labels(files, "data");
	storage_path(path, directory, "layer%03d", 0);
	for (int layer = 0; layer < SEAL_LAYERS && storage_exists(path); layer++)
	{
		char name[32];

		snprintf(name, sizeof(name), "layer%03d", layer);
		files->layers[layer] = map_labels(files, name);
	}
	storage_sector_trees(files);
	storage_tree_root(&files->replica_tree, &root);
	if (!hash_equal(&root, &files->sector.root_r))
		storage_fail("\"%s/tree_r\" is damaged: it has another root than the sector", directory);
}

void
storage_sector_close(SectorFiles *files)
{
	for (int layer = 0; layer < SEAL_LAYERS; layer++)
		storage_unmap(&files->layers[layer], false);
	storage_unmap(&files->replica, false);
	storage_unmap(&files->data, false);
	for (int i = 0; i < 3; i++)
		storage_unmap(&files->caps[i], false);
}
