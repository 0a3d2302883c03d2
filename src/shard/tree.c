/*
 * tree.c - the prefix tree as an ordered list of leaves. Pure. It knows no members and no epochs:
 * where a key belongs never depends on who holds it.
 */
#include "shard/tree.h"

#include "base/digest.h"

uint16_t
shard_bucket(McSpan key)
{
	McHash hash;

	digest_sha256(&hash, &key, 1);
	return (uint16_t) (hash.bytes[0] << 8 | hash.bytes[1]);
}

unsigned
shard_prefix_length(uint32_t number)
{
	unsigned length = 0;

	assert(number >= SHARD_ROOT && number <= SHARD_NUMBER_MAX);
	while (number >> (length + 1) != 0)
		length++;
	return length;
}

uint32_t
shard_bucket_count(uint32_t number)
{
	return SHARD_BUCKETS >> shard_prefix_length(number);
}

uint32_t
shard_first_bucket(uint32_t number)
{
	return number * shard_bucket_count(number) - SHARD_BUCKETS;
}

void
shard_prefix_text(uint32_t number, char text[SHARD_BUCKET_BITS + 1])
{
	unsigned length = shard_prefix_length(number);

	for (unsigned i = 0; i < length; i++)
		text[i] = number >> (length - 1 - i) & 1 ? '1' : '0';
	text[length] = '\0';
}

void
shard_tree_init(ShardTree *tree)
{
	*tree = (ShardTree){ .generation = 1, .count = 1, .leaves = { { SHARD_ROOT, 1 } } };
}

uint32_t
shard_tree_find(const ShardTree *tree, uint16_t bucket)
{
	uint32_t low = 0;
	uint32_t high = tree->count;

	assert(tree->count >= 1 && tree->count <= SHARD_COUNT_MAX);
	while (high - low > 1)
	{
		uint32_t middle = low + (high - low) / 2;

		if (shard_first_bucket(tree->leaves[middle].number) <= bucket)
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool
shard_tree_position(const ShardTree *tree, uint32_t number, uint32_t *position)
{
	if (number < SHARD_ROOT || number > SHARD_NUMBER_MAX)
		return false;
	*position = shard_tree_find(tree, (uint16_t) shard_first_bucket(number));
	return tree->leaves[*position].number == number;
}

static McStatus
check_generation(const ShardTree *tree, McProblem *problem)
{
	if (tree->generation < SHARD_GENERATION_MAX)
		return MC_OK;
	return status_problem(problem, MC_OUT_OF_RANGE, tree->generation, SHARD_GENERATION_MAX - 1);
}

McStatus
shard_tree_split(ShardTree *tree, uint32_t position, McProblem *problem)
{
	uint32_t number;

	assert(position < tree->count);
	number = tree->leaves[position].number;
	if (shard_prefix_length(number) == SHARD_BUCKET_BITS)
		return status_problem(problem, MC_SHARD_INDIVISIBLE, number, SHARD_BUCKET_BITS);
	if (tree->count == SHARD_COUNT_MAX)
		return status_problem(problem, MC_SHARD_TOO_MANY, tree->count + 1, SHARD_COUNT_MAX);
	if (check_generation(tree, problem) != MC_OK)
		return MC_OUT_OF_RANGE;
	tree->generation++;
	memmove(&tree->leaves[position + 1], &tree->leaves[position],
			(tree->count - position) * sizeof(ShardLeaf));
	tree->count++;
	tree->leaves[position] = (ShardLeaf){ 2 * number, tree->generation };
	tree->leaves[position + 1] = (ShardLeaf){ 2 * number + 1, tree->generation };
	return MC_OK;
}

McStatus
shard_tree_merge(ShardTree *tree, uint32_t position, uint32_t *merged, McProblem *problem)
{
	uint32_t number;
	uint32_t sibling;

	assert(position < tree->count);
	number = tree->leaves[position].number;
	/* the sibling of the whole range would be 0, which is no shard */
	if (!shard_tree_position(tree, number ^ 1, &sibling))
		return status_problem(problem, MC_SHARD_NO_SIBLING, number, 0);
	if (check_generation(tree, problem) != MC_OK)
		return MC_OUT_OF_RANGE;
	tree->generation++;
	*merged = position < sibling ? position : sibling;
	tree->leaves[*merged] = (ShardLeaf){ number / 2, tree->generation };
	tree->count--;
	memmove(&tree->leaves[*merged + 1], &tree->leaves[*merged + 2],
			(tree->count - *merged - 1) * sizeof(ShardLeaf));
	tree->leaves[tree->count] = (ShardLeaf){ 0 }; /* equal trees are equal bytes */
	return MC_OK;
}

void
shard_tree_write(WireWriter *writer, const ShardTree *tree)
{
	wire_put_array(writer, 2);
	wire_put_uint(writer, tree->generation);
	wire_put_array(writer, tree->count);
	for (uint32_t i = 0; i < tree->count; i++)
	{
		wire_put_array(writer, 2);
		wire_put_uint(writer, tree->leaves[i].number);
		wire_put_uint(writer, tree->leaves[i].born);
	}
}

McStatus
shard_reader_problem(const WireReader *reader, McProblem *problem)
{
	size_t at = reader->fault_offset;

	/* the readers' own limits are not used in this room, so every status speaks of a byte */
	if (reader->status == MC_TRAILING_BYTES)
		at = reader->size - reader->offset;
	return status_problem(problem, reader->status, (int64_t) at, 0);
}

McStatus
shard_read_uint(WireReader *reader, uint32_t minimum, uint32_t maximum, uint32_t *value,
				McProblem *problem)
{
	uint64_t found;

	if (!wire_read_uint(reader, &found))
		return shard_reader_problem(reader, problem);
	if (found < minimum || found > maximum)
		return status_problem(problem, MC_OUT_OF_RANGE,
							  found < INT64_MAX ? (int64_t) found : INT64_MAX,
							  found < minimum ? minimum : maximum);
	*value = (uint32_t) found;
	return MC_OK;
}

McStatus
shard_read_count(WireReader *reader, uint32_t maximum, uint32_t *count, McProblem *problem)
{
	size_t found;

	/* never above the bytes at hand, so it fits */
	if (!wire_read_array(reader, SIZE_MAX, &found))
		return shard_reader_problem(reader, problem);
	if (found > maximum)
		return status_problem(problem, MC_TOO_LARGE, (int64_t) found, maximum);
	*count = (uint32_t) found;
	return MC_OK;
}

static McStatus
read_leaf(WireReader *reader, uint32_t generation, ShardLeaf *leaf, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return shard_reader_problem(reader, problem);
	status = shard_read_uint(reader, SHARD_ROOT, SHARD_NUMBER_MAX, &leaf->number, problem);
	if (status == MC_OK)
		status = shard_read_uint(reader, 1, generation, &leaf->born, problem);
	return status;
}

static McStatus
read_leaves(WireReader *reader, ShardTree *tree, McProblem *problem)
{
	uint32_t covered = 0;

	for (uint32_t i = 0; i < tree->count; i++)
	{
		McStatus status = read_leaf(reader, tree->generation, &tree->leaves[i], problem);
		uint32_t first;

		if (status != MC_OK)
			return status;
		first = shard_first_bucket(tree->leaves[i].number);
		if (first > covered)
			return status_problem(problem, MC_SHARD_GAP, covered, first - 1);
		if (first < covered)
			return status_problem(problem, MC_SHARD_OVERLAP, first, tree->leaves[i].number);
		covered = first + shard_bucket_count(tree->leaves[i].number);
	}
	if (covered != SHARD_BUCKETS)
		return status_problem(problem, MC_SHARD_GAP, covered, SHARD_BUCKETS - 1);
	return MC_OK;
}

McStatus
shard_tree_read(WireReader *reader, ShardTree *tree, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return shard_reader_problem(reader, problem);
	status = shard_read_uint(reader, 1, SHARD_GENERATION_MAX, &tree->generation, problem);
	if (status == MC_OK)
		status = shard_read_count(reader, SHARD_COUNT_MAX, &tree->count, problem);
	if (status == MC_OK)
		status = read_leaves(reader, tree, problem);
	return status;
}
