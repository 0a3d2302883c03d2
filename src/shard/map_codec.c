/*
 * map_codec.c - a map as canonical CBOR. Reading is of hostile bytes: what it accepts is a whole
 * map whose every committee can be relied on, and nothing is allocated.
 */
#include "shard/seat.h"

void
shard_map_write(WireWriter *writer, const ShardMap *map)
{
	wire_put_array(writer, 7);
	wire_put_uint(writer, SHARD_MAP_VERSION);
	wire_put_uint(writer, map->epoch);
	shard_tree_write(writer, &map->tree);
	wire_put_uint(writer, map->faults);
	wire_put_uint(writer, map->seats);
	wire_put_array(writer, map->member_count);
	for (uint32_t i = 0; i < map->member_count; i++)
		wire_put_text(writer, span_of(map->members[i].name, map->members[i].size));
	wire_put_array(writer, map->tree.count);
	for (uint32_t i = 0; i < map->tree.count; i++)
	{
		wire_put_array(writer, shard_committee_size(map, i));
		for (uint32_t j = 0; j < map->member_count; j++)
			if (seat_held(&map->committees[i], j))
				wire_put_uint(writer, j);
	}
}

static McStatus
read_members(WireReader *reader, ShardMap *map, McProblem *problem)
{
	McSpan last = { NULL, 0 };
	uint32_t count;
	McStatus status = shard_read_count(reader, UINT32_MAX, &count, problem);

	if (status != MC_OK)
		return status;
	if (count > SHARD_MEMBERS_MAX)
		return status_problem(problem, MC_SHARD_MEMBERS_TOO_MANY, count, SHARD_MEMBERS_MAX);
	map->member_count = count;
	for (uint32_t i = 0; i < count; i++)
	{
		McSpan name;

		if (!wire_read_text(reader, SIZE_MAX, &name))
			return shard_reader_problem(reader, problem);
		/* the empty name is not above the empty start, so it is refused here too */
		if (name.size > SHARD_NAME_MAX || span_compare(name, last) <= 0)
			return status_problem_name(problem, MC_SHARD_MEMBER_NAME, (const char *) name.data,
									   name.size);
		map->members[i].size = (uint8_t) name.size;
		memcpy(map->members[i].name, name.data, name.size);
		last = name;
	}
	return MC_OK;
}

static McStatus
read_committee(WireReader *reader, ShardMap *map, uint32_t position, McProblem *problem)
{
	uint32_t needed = map->seats == 0 ? map->member_count : map->seats;
	uint32_t number = map->tree.leaves[position].number;
	uint32_t next = 0; /* the lowest index that may follow */
	uint32_t count;
	McStatus status = shard_read_count(reader, UINT32_MAX, &count, problem);

	if (status != MC_OK)
		return status;
	if (count != needed)
		return status_problem(problem, MC_COMMITTEE_MALFORMED, number, needed);
	for (uint32_t i = 0; i < count; i++)
	{
		uint64_t member;

		if (!wire_read_uint(reader, &member))
			return shard_reader_problem(reader, problem);
		if (member < next || member >= map->member_count)
			return status_problem(problem, MC_COMMITTEE_MALFORMED, number, needed);
		seat_give(&map->committees[position], (uint32_t) member);
		next = (uint32_t) member + 1;
	}
	return MC_OK;
}

static McStatus
read_committees(WireReader *reader, ShardMap *map, McProblem *problem)
{
	uint32_t count;
	McStatus status = shard_read_count(reader, SHARD_COUNT_MAX, &count, problem);

	if (status == MC_OK && count != map->tree.count)
		return status_problem(problem, MC_OUT_OF_RANGE, count, map->tree.count);
	for (uint32_t i = 0; i < count && status == MC_OK; i++)
		status = read_committee(reader, map, i, problem);
	return status;
}

static McStatus
read_head(WireReader *reader, ShardMap *map, McProblem *problem)
{
	uint32_t version;
	McStatus status;

	if (!wire_read_tuple(reader, 7))
		return shard_reader_problem(reader, problem);
	status = shard_read_uint(reader, SHARD_MAP_VERSION, SHARD_MAP_VERSION, &version, problem);
	if (status != MC_OK)
		return status;
	if (!wire_read_uint(reader, &map->epoch))
		return shard_reader_problem(reader, problem);
	if (map->epoch > SHARD_EPOCH_MAX)
		return status_problem(problem, MC_OUT_OF_RANGE, INT64_MAX, SHARD_EPOCH_MAX);
	status = shard_tree_read(reader, &map->tree, problem);
	if (status == MC_OK)
		status = shard_read_uint(reader, 0, SHARD_FAULTS_MAX, &map->faults, problem);
	if (status == MC_OK)
		status = shard_read_uint(reader, 0, SHARD_MEMBERS_MAX, &map->seats, problem);
	return status;
}

McStatus
shard_map_read(McSpan bytes, ShardMap *map, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	memset(map, 0, sizeof(*map));
	wire_reader_init(&reader, bytes);
	status = read_head(&reader, map, problem);
	if (status == MC_OK)
		status = read_members(&reader, map, problem);
	if (status == MC_OK)
		status = shard_map_check(map, problem);
	if (status == MC_OK)
		status = read_committees(&reader, map, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = shard_reader_problem(&reader, problem);
	return status;
}
