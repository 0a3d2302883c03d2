/*
 * storage_split.c - splitting and joining, a window of every share at a time on every processor.
 * The window that was encoded is hashed while it is still in the cache.
 */
#include "cli/storage_share.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW ((uint64_t) STORAGE_CAP_LEAVES * POR_LEAF_SIZE) /* one cap of the share's tree */

/* Encoding goes in pieces that stay in the nearest cache together with what they become. */
#define PIECE (16 * 1024)

typedef struct Splitting
{
	PorFile file;
	StorageMap source;
	uint64_t share_size;
	ShareCoder coder;
	ShareFiles shares[RS_SHARES_MAX];
	StorageProgress progress;
} Splitting;

static bool
is_zero(const McHash *hash)
{
	static const McHash zero;

	return hash_equal(hash, &zero);
}

/* A window of a data share: the file's bytes, zeros after its end. */
static void
copy_source(const Splitting *split, uint32_t share, uint64_t offset, size_t size)
{
	uint64_t at = share * split->share_size + offset;
	uint64_t left = at < split->source.size ? split->source.size - at : 0;

	memcpy(split->shares[share].content.data + offset, split->source.data + at,
		   left < size ? left : size);
}

/* Whether an earlier run wrote the window, from the same file: a cap is written last. */
static bool
is_done(const Splitting *split, uint64_t job, uint64_t offset, size_t size)
{
	for (uint32_t share = 0; share < split->file.shares; share++)
		if (is_zero(&split->shares[share].tree.caps[job]))
			return false;
	for (uint32_t share = 0; share < split->file.data_shards; share++)
	{
		uint64_t at = share * split->share_size + offset;
		uint64_t left = at < split->source.size ? split->source.size - at : 0;

		if (memcmp(split->shares[share].content.data + offset, split->source.data + at,
				   left < size ? left : size) != 0)
			return false;
	}
	return true;
}

static void
split_window(void *context, uint64_t job)
{
	Splitting *split = context;
	uint64_t offset = job * WINDOW;
	uint64_t left = split->share_size - offset;
	size_t size = (size_t) (left < WINDOW ? left : WINDOW);
	bool done = is_done(split, job, offset, size);

	for (size_t piece = 0; !done && piece < size; piece += PIECE)
	{
		size_t length = size - piece < PIECE ? size - piece : PIECE;
		uint8_t *at[RS_SHARES_MAX];

		for (uint32_t share = 0; share < split->file.shares; share++)
			at[share] = split->shares[share].content.data + offset + piece;
		for (uint32_t share = 0; share < split->file.data_shards; share++)
			copy_source(split, share, offset + piece, length);
		storage_coder_run(&split->coder, (const uint8_t *const *) at,
						  at + split->file.data_shards, length);
	}
	for (uint32_t share = 0; !done && share < split->file.shares; share++)
		storage_tree_cap(&split->shares[share].tree, job);
	storage_progress_add(&split->progress, size * split->file.data_shards);
}

static void
open_shares(Splitting *split, const char *directory)
{
	for (uint32_t share = 0; share < split->file.shares; share++)
	{
		ShareFiles *files = &split->shares[share];
		char path[STORAGE_PATH_MAX];
		bool content_there;
		bool caps_there;

		storage_path(path, directory, "share-%03d.tree", (int) share);
		files->caps = storage_map_sized(
			path, storage_cap_count(por_leaf_count(&split->file)) * HASH_SIZE, &caps_there);
		storage_path(path, directory, "share-%03d", (int) share);
		files->content = storage_map_sized(path, split->share_size, &content_there);
		if (!content_there)
			memset(files->caps.data, 0, files->caps.size);
	}
}

static size_t
put_hash(char *text, const char *name, const McHash *hash)
{
	size_t used = (size_t) sprintf(text, "%s ", name);

	for (int i = 0; i < HASH_SIZE; i++)
		used += (size_t) sprintf(text + used, "%02x", hash->bytes[i]);
	text[used++] = '\n';
	return used;
}

static void
write_list(Splitting *split, const char *directory)
{
	static char text[(RS_SHARES_MAX + 4) * 100];
	McHash roots[RS_SHARES_MAX];
	char path[STORAGE_PATH_MAX];
	size_t used;

	for (uint32_t share = 0; share < split->file.shares; share++)
		storage_tree_root(&split->shares[share].tree, &roots[share]);
	por_file_root(&split->file, roots);
	used = (size_t) sprintf(text, "shares-v1 data %u shares %u size %llu\n",
							split->file.data_shards, split->file.shares,
							(unsigned long long) split->file.size);
	used += put_hash(text + used, "file_root", &split->file.root);
	for (uint32_t share = 0; share < split->file.shares; share++)
		used += put_hash(text + used, "share_root", &roots[share]);
	storage_path(path, directory, "shares");
	storage_write_whole(path, text, used);
	fwrite(text, 1, used, stdout);
}

/* The leaf hasher of storage_share.c, for a share that is being written. */
static void
attach_trees(Splitting *split)
{
	for (uint32_t share = 0; share < split->file.shares; share++)
		storage_share_attach(&split->shares[share]);
}

void
storage_split(const char *file_path, const char *directory, uint32_t data_shards, uint32_t shares,
			  unsigned threads)
{
	static Splitting split;
	uint8_t rows[RS_SHARES_MAX][RS_DATA_MAX];
	RsCoder coder;

	memset(&split, 0, sizeof(split));
	split.file = (PorFile){ .data_shards = data_shards,
							.shares = shares,
							.size = storage_file_size(file_path) };
	if (rs_check_shape(data_shards, shares, NULL) != MC_OK)
		storage_fail("%u shares of which %u hold data: from 1 to %d hold data, of at most %d",
					 shares, data_shards, RS_DATA_MAX, RS_SHARES_MAX);
	if (por_check_file(&split.file, NULL) != MC_OK)
		storage_fail("\"%s\" is missing, empty or larger than 1 PiB", file_path);
	storage_make_directory(directory);
	split.source = storage_map(file_path);
	split.share_size = por_share_size(&split.file);
	rs_init(&coder, data_shards, shares);
	for (uint32_t share = data_shards; share < shares; share++)
		rs_row(&coder, share, rows[share - data_shards]);
	storage_coder_init(&split.coder, data_shards, shares - data_shards,
					   (const uint8_t (*)[RS_DATA_MAX]) rows);
	open_shares(&split, directory);
	attach_trees(&split);
	storage_progress_start(&split.progress, "splitting", split.share_size * data_shards, 0);
	storage_run(threads, storage_cap_count(por_leaf_count(&split.file)), split_window, &split);
	storage_progress_end(&split.progress);
	for (uint32_t share = 0; share < shares; share++)
		storage_unmap(&split.shares[share].content, true);
	write_list(&split, directory);
	for (uint32_t share = 0; share < shares; share++)
		storage_unmap(&split.shares[share].caps, true);
	storage_unmap(&split.source, false);
	storage_coder_free(&split.coder);
}

/* ---- joining ---- */

typedef struct Joining
{
	ShareList list;
	ShareFiles present[RS_DATA_MAX];
	uint32_t numbers[RS_DATA_MAX];
	uint32_t missing[RS_DATA_MAX]; /* data shares to restore */
	uint32_t missing_count;
	uint64_t share_size;
	ShareCoder coder;
	int target;
	const char *target_path;
	StorageProgress progress;
} Joining;

static void
put_data(const Joining *join, uint32_t share, uint64_t offset, const uint8_t *data, size_t size)
{
	uint64_t at = share * join->share_size + offset;
	uint64_t left = at < join->list.file.size ? join->list.file.size - at : 0;

	storage_write_at(join->target, data, left < size ? (size_t) left : size, at,
					 join->target_path);
}

static void
join_window(void *context, uint64_t job)
{
	Joining *join = context;
	uint64_t offset = job * WINDOW;
	uint64_t left = join->share_size - offset;
	size_t size = (size_t) (left < WINDOW ? left : WINDOW);
	uint8_t *restored = storage_allocate(size * (join->missing_count + 1));
	const uint8_t *in[RS_DATA_MAX];
	uint8_t *out[RS_DATA_MAX];

	for (uint32_t i = 0; i < join->list.file.data_shards; i++)
	{
		in[i] = join->present[i].content.data + offset;
		if (join->numbers[i] < join->list.file.data_shards)
			put_data(join, join->numbers[i], offset, in[i], size);
	}
	for (uint32_t i = 0; i < join->missing_count; i++)
		out[i] = restored + i * size;
	storage_coder_run(&join->coder, in, out, size);
	for (uint32_t i = 0; i < join->missing_count; i++)
		put_data(join, join->missing[i], offset, out[i], size);
	storage_release(restored, size * (join->missing_count + 1));
	storage_progress_add(&join->progress, size * join->list.file.data_shards);
}

/* Whole shares, data shares first; each is hashed from its bytes, whatever its caps file says. */
static void
choose_shares(Joining *join, const char *directory, unsigned threads)
{
	uint32_t found = 0;

	for (uint32_t share = 0;
		 share < join->list.file.shares && found < join->list.file.data_shards; share++)
	{
		char path[STORAGE_PATH_MAX];
		McHash root;

		storage_path(path, directory, "share-%03d", (int) share);
		if (storage_file_size(path) != join->share_size)
		{
			if (storage_exists(path))
				fprintf(stderr, "mesctl storage: \"%s\" has another length, left out\n", path);
			continue;
		}
		storage_share_read(&join->present[found], path, threads, &root);
		if (!hash_equal(&root, &join->list.roots[share]))
		{
			fprintf(stderr, "mesctl storage: \"%s\" is damaged, left out\n", path);
			storage_share_forget(&join->present[found]);
			continue;
		}
		join->numbers[found++] = share;
	}
	if (found < join->list.file.data_shards)
		storage_fail("%u whole shares are in \"%s\", %u are needed", found, directory,
					 join->list.file.data_shards);
}

static void
prepare_coder(Joining *join)
{
	uint8_t rows[RS_DATA_MAX][RS_DATA_MAX];
	RsCoder coder;
	McStatus status;

	rs_init(&coder, join->list.file.data_shards, join->list.file.shares);
	status = rs_prepare_restore(&coder, join->numbers, NULL);
	assert(status == MC_OK);
	for (uint32_t share = 0; status == MC_OK && share < join->list.file.data_shards; share++)
	{
		bool present = false;

		for (uint32_t i = 0; i < join->list.file.data_shards; i++)
			present |= join->numbers[i] == share;
		if (present)
			continue;
		rs_restore_row(&coder, share, rows[join->missing_count]);
		join->missing[join->missing_count++] = share;
	}
	storage_coder_init(&join->coder, join->list.file.data_shards, join->missing_count,
					   (const uint8_t (*)[RS_DATA_MAX]) rows);
}

void
storage_join(const char *directory, const char *file_path, unsigned threads)
{
	static Joining join;
	char path[STORAGE_PATH_MAX];

	memset(&join, 0, sizeof(join));
	storage_path(path, directory, "shares");
	storage_shares_read(path, &join.list);
	join.share_size = por_share_size(&join.list.file);
	choose_shares(&join, directory, threads);
	prepare_coder(&join);
	join.target_path = file_path;
	join.target = storage_open(file_path, O_WRONLY | O_CREAT | O_TRUNC);
	storage_progress_start(&join.progress, "joining",
						   join.share_size * join.list.file.data_shards, 0);
	storage_run(threads, storage_cap_count(por_leaf_count(&join.list.file)), join_window, &join);
	storage_progress_end(&join.progress);
	storage_sync(join.target, file_path);
	close(join.target);
	for (uint32_t i = 0; i < join.list.file.data_shards; i++)
		storage_share_forget(&join.present[i]);
	storage_coder_free(&join.coder);
}
