/*
 * fuzz_shard.c - any bytes as a shard map. What is read must write back to the same bytes, route
 * every bucket, and stand every step without breaking a rule of its own.
 */
#include "shard/map.h"

static ShardMap map;
static ShardMap again;
static uint8_t bytes[SHARD_MAP_BYTES_MAX];

static void
must_read_back(void)
{
	WireWriter writer;
	McProblem problem;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	shard_map_write(&writer, &map);
	if (writer.full || shard_map_read(wire_written(&writer), &again, &problem) != MC_OK ||
		memcmp(&map, &again, sizeof(map)) != 0)
		__builtin_trap();
}

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	McHash salt = { { 0 } };
	McProblem problem;
	uint32_t number;

	if (shard_map_read(span_of(data, size), &map, &problem) != MC_OK)
		return 0;
	must_read_back();
	if (span_compare(span_of(bytes, size), span_of(data, size)) != 0)
		__builtin_trap();
	memcpy(salt.bytes, data, size < HASH_SIZE ? size : HASH_SIZE);
	number = map.tree.leaves[shard_tree_find(&map.tree, (uint16_t) (data[0] << 8))].number;
	shard_map_split(&map, number, &problem);
	must_read_back();
	shard_map_admit(&map, span_text("newcomer"), &salt, &problem);
	must_read_back();
	shard_map_resalt(&map, &salt, &problem);
	must_read_back();
	shard_map_remove(&map, span_of(map.members[0].name, map.members[0].size), &salt, &problem);
	must_read_back();
	shard_map_merge(&map, 2 * number, &salt, &problem);
	must_read_back();
	return 0;
}
