/*
 * storage_seal.c - the sealer. A layer is one chain of hashes, so a thread seals two sectors side
 * by side; parents are known long before they are needed and are fetched ahead. Layers go to their
 * files in chunks, each on disk before the next: an interrupted run goes on from the last chunk.
 */
#include "cli/storage_sector.h"
#include "cli/storage_sha.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LANES 2
#define CHUNK_LG 19 /* 16 MiB of labels */
#define AHEAD 8		/* labels whose parents are being fetched */
#define MESSAGE_STRIDE SHA_PADDED(sizeof(SealInput))

/* One sector being sealed. */
typedef struct Lane
{
	SectorFiles files;
	uint64_t number;
	McHash *below;
	McHash *own;
	char path[STORAGE_PATH_MAX]; /* of the layer being made */
	int file;
} Lane;

typedef struct Sealer
{
	const SealRequest *request;
	SealGraph graph;
	uint64_t count; /* labels of a layer */
	uint64_t lanes; /* sectors a thread takes at once: one while there are threads enough */
	uint64_t jobs;
	StorageProgress progress;
} Sealer;

/* Labels that an earlier run left in a layer, whole chunks. */
static uint64_t
labels_on_disk(const Sealer *sealer, const Lane *lane, int layer)
{
	char path[STORAGE_PATH_MAX];
	uint64_t labels;

	storage_path(path, lane->files.directory, "layer%03d", layer);
	labels = storage_file_size(path) / HASH_SIZE;
	return labels >= sealer->count ? sealer->count : labels >> CHUNK_LG << CHUNK_LG;
}

static void
read_labels(const Lane *lane, int layer, uint64_t count, McHash *to)
{
	char path[STORAGE_PATH_MAX];
	StorageMap map;

	if (count == 0)
		return;
	storage_path(path, lane->files.directory, "layer%03d", layer);
	map = storage_map(path);
	memcpy(to, map.data, count * HASH_SIZE);
	storage_unmap(&map, false);
}

/* Parents in the order of the message. */
typedef uint64_t Parents[SEAL_PARENTS];

static inline void
fetch_ahead(const Sealer *sealer, Lane *lanes, int lane_count, bool has_below, uint64_t index,
			Parents *ring)
{
	uint64_t *parents = ring[index % AHEAD];

	if (index >= sealer->count)
		return;
	seal_parents(&sealer->graph, index, parents);
	for (int lane = 0; lane < lane_count; lane++)
	{
		__builtin_prefetch(&lanes[lane].own[parents[1]]);
		for (int i = 2; has_below && i < SEAL_PARENTS; i++)
			__builtin_prefetch(&lanes[lane].below[parents[i]]);
	}
}

static inline void
fill_message(uint8_t *message, const Lane *lane, bool has_below, uint64_t index,
			 const uint64_t *parents)
{
	SealInput *input = (SealInput *) message;

	put_be64(input->index, index);
	if (index > 0)
	{
		input->parents[0] = lane->own[index - 1];
		input->parents[1] = lane->own[parents[1]];
	}
	for (int i = 2; has_below && i < SEAL_PARENTS; i++)
		input->parents[i] = lane->below[parents[i]];
}

/* Labels [first, last) of a layer, in all lanes at once. */
static void
seal_labels(Sealer *sealer, Lane *lanes, int lane_count, uint32_t layer, uint64_t first,
			uint64_t last)
{
	uint8_t messages[LANES * MESSAGE_STRIDE] = { 0 };
	size_t size = layer == 0 ? SEAL_INPUT_BASE : sizeof(SealInput);
	Parents ring[AHEAD];

	for (int lane = 0; lane < lane_count; lane++)
	{
		SealInput *input = (SealInput *) (messages + lane * MESSAGE_STRIDE);

		input->sector_id = lanes[lane].files.sector.sector_id;
		put_be64(input->layer, layer);
		sha_pad((uint8_t *) input, size);
	}
	for (uint64_t index = first; index < first + AHEAD; index++)
		fetch_ahead(sealer, lanes, lane_count, layer > 0, index, ring);
	for (uint64_t index = first; index < last; index++)
	{
		McHash labels[LANES];

		for (int lane = 0; lane < lane_count; lane++)
			fill_message(messages + lane * MESSAGE_STRIDE, &lanes[lane], layer > 0, index,
						 ring[index % AHEAD]);
		fetch_ahead(sealer, lanes, lane_count, layer > 0, index + AHEAD, ring);
		sha_many(messages, MESSAGE_STRIDE, size, (size_t) lane_count, labels);
		for (int lane = 0; lane < lane_count; lane++)
			lanes[lane].own[index] = labels[lane];
	}
}

static void
seal_layer_of_lanes(Sealer *sealer, Lane *lanes, int lane_count, uint32_t layer, uint64_t first)
{
	uint64_t chunk = UINT64_C(1) << CHUNK_LG;

	for (int lane = 0; lane < lane_count; lane++)
	{
		storage_path(lanes[lane].path, lanes[lane].files.directory, "layer%03d", (int) layer);
		lanes[lane].file = storage_open(lanes[lane].path, O_WRONLY | O_CREAT);
		read_labels(&lanes[lane], (int) layer, first, lanes[lane].own);
	}
	while (first < sealer->count)
	{
		uint64_t last = sealer->count - first < chunk ? sealer->count : first + chunk;

		seal_labels(sealer, lanes, lane_count, layer, first, last);
		for (int lane = 0; lane < lane_count; lane++)
		{
			storage_write_at(lanes[lane].file, lanes[lane].own + first, (last - first) * HASH_SIZE,
							 first * HASH_SIZE, lanes[lane].path);
			storage_sync(lanes[lane].file, lanes[lane].path);
		}
		storage_progress_add(&sealer->progress, (last - first) * HASH_SIZE * (uint64_t) lane_count);
		first = last;
	}
	for (int lane = 0; lane < lane_count; lane++)
	{
		McHash *kept = lanes[lane].below;

		close(lanes[lane].file);
		lanes[lane].below = lanes[lane].own;
		lanes[lane].own = kept;
	}
}

/* Lanes that stand at the same label. */
static void
seal_layers(Sealer *sealer, Lane *lanes, int lane_count)
{
	size_t size = (size_t) sealer->count * HASH_SIZE;
	int layer = 0;

	while (layer < SEAL_LAYERS && labels_on_disk(sealer, &lanes[0], layer) == sealer->count)
		layer++;
	if (layer == SEAL_LAYERS)
		return;
	for (int lane = 0; lane < lane_count; lane++)
	{
		lanes[lane].below = storage_allocate(size);
		lanes[lane].own = storage_allocate(size);
		if (layer > 0)
			read_labels(&lanes[lane], layer - 1, sealer->count, lanes[lane].below);
	}
	for (; layer < SEAL_LAYERS; layer++)
		seal_layer_of_lanes(sealer, lanes, lane_count, (uint32_t) layer,
							labels_on_disk(sealer, &lanes[0], layer));
	for (int lane = 0; lane < lane_count; lane++)
	{
		storage_release(lanes[lane].below, size);
		storage_release(lanes[lane].own, size);
	}
}

static uint64_t
labels_done(const Sealer *sealer, const Lane *lane)
{
	uint64_t done = 0;

	for (int layer = 0; layer < SEAL_LAYERS; layer++)
	{
		uint64_t labels = labels_on_disk(sealer, lane, layer);

		done += labels;
		if (labels < sealer->count)
			break;
	}
	return done;
}

/* The file's bytes of this sector, padded with zeros, and their sum with the last layer. */
static void
make_replica(const Sealer *sealer, Lane *lane)
{
	SectorFiles *files = &lane->files;
	uint64_t size = sealer->count * HASH_SIZE;
	uint64_t skip = (lane->number - sealer->request->first_sector) * size;
	char path[STORAGE_PATH_MAX];
	StorageMap source;
	bool was_there;

	storage_path(path, files->directory, "replica");
	if (sealer->request->data_path == NULL)
	{
		/* a capacity sector's replica is its last layer: one file, two names */
		char last[STORAGE_PATH_MAX];

		storage_path(last, files->directory, "layer%03d", SEAL_LAYERS - 1);
		unlink(path);
		if (link(last, path) != 0)
			storage_fail("cannot link \"%s\"", path);
		files->replica = storage_map(path);
		return;
	}
	files->replica = storage_map_sized(path, size, &was_there);
	storage_path(path, files->directory, "data");
	files->data = storage_map_sized(path, size, &was_there);
	source = storage_map(sealer->request->data_path);
	if (source.size > skip)
		memcpy(files->data.data, source.data + skip,
			   source.size - skip < size ? source.size - skip : size);
	storage_unmap(&source, false);
	for (uint64_t i = 0; i < size; i++)
		files->replica.data[i] = files->layers[SEAL_LAYERS - 1].data[i] ^ files->data.data[i];
}

static void
make_cap(void *context, uint64_t job)
{
	storage_tree_cap(context, job);
}

static void
make_tree(StorageTree *tree, unsigned threads, McHash *root)
{
	storage_run(threads, storage_cap_count(tree->leaf_count), make_cap, tree);
	storage_tree_root(tree, root);
}

static void
finish_sector(Sealer *sealer, Lane *lane, unsigned threads)
{
	SectorFiles *files = &lane->files;

	for (int layer = 0; layer < SEAL_LAYERS; layer++)
	{
		char path[STORAGE_PATH_MAX];

		storage_path(path, files->directory, "layer%03d", layer);
		files->layers[layer] = storage_map(path);
	}
	make_replica(sealer, lane);
	storage_sector_trees(files);
	make_tree(&files->column_tree, threads, &files->sector.root_c);
	make_tree(&files->replica_tree, threads, &files->sector.root_r);
	if (files->data.data != NULL)
	{
		make_tree(&files->data_tree, threads, &files->data_root);
		files->sector.data_root = &files->data_root;
		storage_unmap(&files->replica, true);
		storage_unmap(&files->data, true);
	}
	for (int i = 0; i < 3; i++)
		storage_unmap(&files->caps[i], true);
	storage_sector_finish(files);
	storage_sector_close(files);
}

static void
start_lane(const Sealer *sealer, Lane *lane, uint64_t number)
{
	const SealRequest *request = sealer->request;
	SectorFiles *files = &lane->files;

	memset(lane, 0, sizeof(*lane));
	lane->number = number;
	storage_path(files->directory, request->directory, "sector-%llu", (unsigned long long) number);
	storage_make_directory(files->directory);
	files->sector.lg_n = request->lg_n;
	if (seal_sector_id(span_of(request->chain_id, SEAL_CHAIN_ID_SIZE),
					   span_of(request->node_key, SEAL_NODE_KEY_SIZE), number, request->lg_n,
					   &files->sector.sector_id, NULL) != MC_OK)
		storage_fail("lg_n %u is out of range, %d to %d", request->lg_n, SEAL_LG_MIN, SEAL_LG_MAX);
}

static bool
is_finished(const Lane *lane)
{
	char path[STORAGE_PATH_MAX];

	storage_path(path, lane->files.directory, "sector");
	return storage_exists(path);
}

/* A job is one sector or two neighbours; those that stand at different labels go one by one. */
static void
seal_job(void *context, uint64_t job)
{
	Sealer *sealer = context;
	const SealRequest *request = sealer->request;
	unsigned threads = (unsigned) (request->threads > sealer->jobs
									   ? request->threads / sealer->jobs
									   : 1);
	Lane lanes[LANES];
	int count = 0;

	for (uint64_t i = job * sealer->lanes;
		 i < (job + 1) * sealer->lanes && i < request->sector_count; i++)
	{
		start_lane(sealer, &lanes[count], request->first_sector + i);
		if (!is_finished(&lanes[count]))
			count++;
	}
	if (count == LANES && labels_done(sealer, &lanes[0]) == labels_done(sealer, &lanes[1]))
		seal_layers(sealer, lanes, LANES);
	else
		for (int lane = 0; lane < count; lane++)
			seal_layers(sealer, &lanes[lane], 1);
	for (int lane = 0; lane < count; lane++)
		finish_sector(sealer, &lanes[lane], threads);
}

/* As many threads as have memory for two layers of each of their sectors. */
static unsigned
threads_that_fit(const SealRequest *request, uint64_t lanes)
{
	uint64_t each = lanes * 2 * HASH_SIZE << request->lg_n;
	uint64_t room = storage_memory_available() / each;

	if (room == 0)
		storage_fail("sealing takes %llu MiB of memory, %llu MiB are free; seal smaller sectors, "
					 "or one at a time",
					 (unsigned long long) (each >> 20),
					 (unsigned long long) (storage_memory_available() >> 20));
	return request->threads < room ? request->threads : (unsigned) room;
}

void
storage_seal(const SealRequest *request)
{
	Sealer sealer = { .request = request, .count = UINT64_C(1) << request->lg_n };
	uint64_t already = 0;

	sealer.lanes = request->sector_count > request->threads ? LANES : 1;
	sealer.jobs = (request->sector_count + sealer.lanes - 1) / sealer.lanes;
	seal_graph_init(&sealer.graph, request->lg_n);
	storage_make_directory(request->directory);
	for (uint64_t i = 0; i < request->sector_count; i++)
	{
		Lane lane;

		start_lane(&sealer, &lane, request->first_sector + i);
		already += is_finished(&lane) ? SEAL_LAYERS * sealer.count : labels_done(&sealer, &lane);
	}
	storage_progress_start(&sealer.progress, "sealing",
						   request->sector_count * SEAL_LAYERS * sealer.count * HASH_SIZE,
						   already * HASH_SIZE);
	storage_run(threads_that_fit(request, sealer.lanes), sealer.jobs, seal_job, &sealer);
	storage_progress_end(&sealer.progress);
}
