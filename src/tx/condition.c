/*
 * condition.c - conditions in and out, and the tree they stand in.
 *
 * The position in the tree travels as one bit a level, not as index and count: the root does not
 * fix the count, so a third party could change a count and keep the path valid.
 */
#include "tx/condition.h"

#include "base/digest.h"
#include "base/merkle.h"
#include "tx/part.h"

/* [suite, public_key]: array head, suite below 24, byte string head, key */
#define CONDITION_KEY_BYTES (1 + 1 + 2 + SUITE_PUBLIC_SIZE)

_Static_assert(SUITE_MAX < 24, "a suite takes one byte");

static McStatus
read_key(WireReader *reader, McProblem *problem)
{
	uint8_t public_key[SUITE_PUBLIC_SIZE];
	uint64_t suite;
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return part_wire_problem(reader, problem);
	status = part_read_number(reader, &suite, problem);
	if (status != MC_OK)
		return status;
	if (!suite_known(suite))
		return status_problem(problem, MC_UNKNOWN_SUITE, (int64_t) suite, SUITE_MAX);
	if (!wire_read_fixed(reader, public_key, sizeof(public_key)))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

/* Keys of one length sort by their encodings: by suite, then by bytes. */
static McStatus
read_keys(WireReader *reader, TxCondition *condition, McProblem *problem)
{
	size_t count;
	size_t start;
	McStatus status =
		part_read_list(reader, CONDITION_KEYS_MAX, MC_TOO_MANY_KEYS, &count, problem);

	start = reader->offset;
	for (size_t i = 0; status == MC_OK && i < count; i++)
	{
		const uint8_t *item = reader->data + reader->offset;

		status = read_key(reader, problem);
		if (status == MC_OK && i > 0 &&
			memcmp(item - CONDITION_KEY_BYTES, item, CONDITION_KEY_BYTES) >= 0)
			status = status_problem(problem, MC_KEYS_UNORDERED, (int64_t) i, 0);
	}
	if (status != MC_OK)
		return status;
	condition->key_count = (uint32_t) count;
	condition->keys = span_of(reader->data + start, reader->offset - start);
	return MC_OK;
}

static McStatus
read_hash_lock(WireReader *reader, TxCondition *condition, McProblem *problem)
{
	condition->hash_locked = wire_peek(reader) != WIRE_NULL;
	if (condition->hash_locked ? !wire_read_fixed(reader, condition->hash_lock, HASH_SIZE)
							   : !wire_read_null(reader))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
condition_read(WireReader *reader, TxCondition *condition, McProblem *problem)
{
	size_t start = reader->offset;
	uint64_t threshold;
	McStatus status;

	if (!wire_read_tuple(reader, 4))
		return part_wire_problem(reader, problem);
	status = part_read_number(reader, &threshold, problem);
	if (status == MC_OK)
		status = read_keys(reader, condition, problem);
	if (status != MC_OK)
		return status;
	/* a condition without a signature would let anyone who sees the preimage redirect the money */
	if (threshold < 1 || threshold > condition->key_count)
		return status_problem(problem, MC_THRESHOLD_OUT_OF_RANGE, (int64_t) threshold,
							  condition->key_count);
	condition->threshold = (uint32_t) threshold;
	status = part_read_number(reader, &condition->lock_height, problem);
	if (status == MC_OK)
		status = read_hash_lock(reader, condition, problem);
	condition->bytes = span_of(reader->data + start, reader->offset - start);
	return status;
}

void
condition_key(const TxCondition *condition, uint32_t index, SuiteKey *key)
{
	const uint8_t *item = condition->keys.data + (size_t) index * CONDITION_KEY_BYTES;

	assert(index < condition->key_count);
	key->suite = item[1];
	memcpy(key->public_key, item + 4, SUITE_PUBLIC_SIZE);
}

static int
key_compare(const SuiteKey *left, const SuiteKey *right)
{
	if (left->suite != right->suite)
		return left->suite < right->suite ? -1 : 1;
	return memcmp(left->public_key, right->public_key, SUITE_PUBLIC_SIZE);
}

void
condition_sort_keys(SuiteKey *keys, uint32_t key_count)
{
	assert(key_count <= CONDITION_KEYS_MAX);
	for (uint32_t i = 1; i < key_count; i++)
	{
		SuiteKey key = keys[i];
		uint32_t at = i;

		for (; at > 0 && key_compare(&keys[at - 1], &key) > 0; at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

void
condition_put(WireWriter *writer, uint32_t threshold, const SuiteKey *keys, uint32_t key_count,
			  uint64_t lock_height, const uint8_t *hash_lock)
{
	assert(threshold >= 1 && threshold <= key_count && key_count <= CONDITION_KEYS_MAX);
	wire_put_array(writer, 4);
	wire_put_uint(writer, threshold);
	wire_put_array(writer, key_count);
	for (uint32_t i = 0; i < key_count; i++)
	{
		assert(i == 0 || key_compare(&keys[i - 1], &keys[i]) < 0);
		wire_put_array(writer, 2);
		wire_put_uint(writer, keys[i].suite);
		wire_put_bytes(writer, keys[i].public_key, SUITE_PUBLIC_SIZE);
	}
	wire_put_uint(writer, lock_height);
	if (hash_lock != NULL)
		wire_put_bytes(writer, hash_lock, HASH_SIZE);
	else
		wire_put_null(writer);
}

void
condition_leaf(McSpan condition, McHash *leaf)
{
	McSpan parts[2] = { span_text("MES1-condition"), condition };

	merkle_leaf(leaf, parts, 2);
}

void
condition_address(const McHash *root, McAddress *address)
{
	digest_tagged(address, "MES1-address", span_hash(root));
}

void
condition_address_of_key(const SuiteKey *key, McAddress *address)
{
	uint8_t bytes[CONDITION_KEY_BYTES + 16];
	WireWriter writer;
	McHash leaf;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	condition_put(&writer, 1, key, 1, 0, NULL);
	assert(!writer.full);
	condition_leaf(wire_written(&writer), &leaf);
	condition_address(&leaf, address);
}

void
condition_climb(const McHash *leaf, uint32_t position, const McHash *path, uint32_t count,
				McHash *root)
{
	assert(count <= POLICY_PATH_MAX);
	*root = *leaf;
	for (uint32_t i = 0; i < count; i++)
	{
		if (position >> i & 1)
			merkle_node(root, &path[i], root);
		else
			merkle_node(root, root, &path[i]);
	}
}

uint32_t
condition_path(const McHash *leaves, size_t count, size_t index, McHash path[POLICY_PATH_MAX],
			   uint32_t *position)
{
	McHash full[MERKLE_PATH_MAX];
	uint32_t used = (uint32_t) merkle_path(leaves, count, index, full);
	size_t last = count - 1;
	uint32_t level = 0;

	assert(used <= POLICY_PATH_MAX);
	memcpy(path, full, used * sizeof(McHash));
	*position = 0;
	/* a node without a right sibling rises unchanged and takes no bit */
	for (; last > 0; index >>= 1, last >>= 1)
	{
		if (index == last && !(index & 1))
			continue;
		*position |= (uint32_t) (index & 1) << level;
		level++;
	}
	assert(level == used);
	return used;
}
