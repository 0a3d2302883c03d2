/*
 * seal.c - the graph, the labels and the layers of seal-v1. Pure; proofs are in seal_proof.c.
 */
#include "storage/seal.h"

#include "base/digest.h"

#define ROUNDS 4

McStatus
seal_check_size(int64_t lg_n, McProblem *problem)
{
	if (lg_n < SEAL_LG_MIN)
		return status_problem(problem, MC_SECTOR_SIZE, lg_n, SEAL_LG_MIN);
	if (lg_n > SEAL_LG_MAX)
		return status_problem(problem, MC_SECTOR_SIZE, lg_n, SEAL_LG_MAX);
	return MC_OK;
}

static McStatus
check_length(McSpan bytes, size_t size, const char *name, McProblem *problem)
{
	if (bytes.size == size)
		return MC_OK;
	status_problem_name(problem, MC_HASH_LENGTH, name, strlen(name));
	if (problem != NULL)
	{
		problem->number = (int64_t) bytes.size;
		problem->limit = (int64_t) size;
	}
	return MC_HASH_LENGTH;
}

McStatus
seal_sector_id(McSpan chain_id, McSpan node_key, uint64_t number, int64_t lg_n, McHash *out,
			   McProblem *problem)
{
	uint8_t bytes[9];
	McSpan parts[4] = { span_text("mes.seal.v1"), chain_id, node_key, span_of(bytes, 9) };
	McStatus status = check_length(chain_id, SEAL_CHAIN_ID_SIZE, "chain_id", problem);

	if (status == MC_OK)
		status = check_length(node_key, SEAL_NODE_KEY_SIZE, "node_key", problem);
	if (status == MC_OK)
		status = seal_check_size(lg_n, problem);
	if (status != MC_OK)
		return status;
	put_be64(bytes, number);
	bytes[8] = (uint8_t) lg_n;
	digest_sha256(out, parts, 4);
	return MC_OK;
}

/* A bijection of 64 bits that scatters neighbours; its constants are those of splitmix64. */
static inline uint64_t
scatter(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

void
seal_graph_init(SealGraph *graph, uint32_t lg_n)
{
	assert(lg_n >= SEAL_LG_MIN && lg_n <= SEAL_LG_MAX);
	graph->lg_n = lg_n;
	for (uint64_t which = 0; which < SEAL_EXPANDERS; which++)
		for (uint64_t round = 0; round < ROUNDS; round++)
			graph->keys[which][round] = scatter(which * ROUNDS + round);
}

static inline uint32_t
round_value(uint32_t half, uint64_t key)
{
	return (uint32_t) ((half ^ key >> 32) * (key | 1) >> 32);
}

/*
 * An unbalanced Feistel network over lg_n bits: a permutation whatever the round function, so that
 * every position is a parent exactly as often as it has parents.
 */
static inline uint64_t
permute(const SealGraph *graph, int which, uint64_t index)
{
	const uint64_t *keys = graph->keys[which];
	uint32_t low_bits = graph->lg_n / 2;
	uint32_t low_mask = ((uint32_t) 1 << low_bits) - 1;
	uint32_t high_mask = ((uint32_t) 1 << (graph->lg_n - low_bits)) - 1;
	uint32_t low = (uint32_t) index & low_mask;
	uint32_t high = (uint32_t) (index >> low_bits);

	for (int round = 0; round < ROUNDS; round += 2)
	{
		high ^= round_value(low, keys[round]) & high_mask;
		low ^= round_value(high, keys[round + 1]) & low_mask;
	}
	return (uint64_t) high << low_bits | low;
}

/* A distance in a bucket [2^g, 2^(g+1)), each g equally likely: near and far parents alike. */
static inline uint64_t
further_back(uint64_t index)
{
	uint64_t random = scatter(~index);
	uint64_t top;
	uint64_t nearest;
	uint64_t farthest;

	if (index < 2)
		return 0;
	top = (uint64_t) (63 - __builtin_clzll(index));
	nearest = UINT64_C(1) << (1 + ((random >> 32) * top >> 32));
	farthest = 2 * nearest - 1 < index ? 2 * nearest - 1 : index;
	return index - (nearest + ((random & UINT32_MAX) * (farthest - nearest + 1) >> 32));
}

void
seal_parents(const SealGraph *graph, uint64_t index, uint64_t parents[SEAL_PARENTS])
{
	assert(index >> graph->lg_n == 0);
	parents[0] = index == 0 ? SEAL_NO_PARENT : index - 1;
	parents[1] = index == 0 ? SEAL_NO_PARENT : further_back(index);
	for (int which = 0; which < SEAL_EXPANDERS; which++)
		parents[2 + which] = permute(graph, which, index);
}

void
seal_label(SealInput *input, uint32_t layer, uint64_t index, McHash *out)
{
	McSpan whole = span_of(input, layer == 0 ? SEAL_INPUT_BASE : sizeof(*input));

	assert(layer < SEAL_LAYERS);
	put_be64(input->layer, layer);
	put_be64(input->index, index);
	digest_sha256(out, &whole, 1);
}

void
seal_layer(const SealGraph *graph, const McHash *sector_id, uint32_t layer, const McHash *below,
		   McHash *labels)
{
	SealInput input = { .sector_id = *sector_id };
	uint64_t count = UINT64_C(1) << graph->lg_n;

	for (uint64_t index = 0; index < count; index++)
	{
		uint64_t parents[SEAL_PARENTS];

		seal_parents(graph, index, parents);
		if (index > 0)
		{
			input.parents[0] = labels[parents[0]];
			input.parents[1] = labels[parents[1]];
		}
		for (int i = 2; layer > 0 && i < SEAL_PARENTS; i++)
			input.parents[i] = below[parents[i]];
		seal_label(&input, layer, index, &labels[index]);
	}
}

void
seal_column_leaf(const McHash column[SEAL_LAYERS], McHash *out)
{
	McSpan whole = span_of(column, SEAL_LAYERS * HASH_SIZE);

	merkle_leaf(out, &whole, 1);
}

void
seal_replica_leaf(const McHash *replica, McHash *out)
{
	McSpan whole = span_hash(replica);

	merkle_leaf(out, &whole, 1);
}

McStatus
seal_challenge(McSpan seed, uint64_t total_leaves, uint64_t count, uint64_t *indexes,
			   McProblem *problem)
{
	return proof_draw("mes.seal.challenge", seed, total_leaves, count, indexes, problem);
}

size_t
seal_column_set(const SealGraph *graph, uint64_t index, uint64_t positions[SEAL_COLUMNS_MAX])
{
	uint64_t parents[SEAL_PARENTS];
	size_t count = 0;

	seal_parents(graph, index, parents);
	for (int i = -1; i < SEAL_PARENTS; i++)
	{
		uint64_t position = i < 0 ? index : parents[i];
		size_t place = 0;

		if (position == SEAL_NO_PARENT)
			continue;
		while (place < count && positions[place] < position)
			place++;
		if (place < count && positions[place] == position)
			continue;
		memmove(&positions[place + 1], &positions[place], (count - place) * sizeof(positions[0]));
		positions[place] = position;
		count++;
	}
	return count;
}
