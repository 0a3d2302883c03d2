/*
 * proof.c - headers, indexes and the draw of a challenge. Pure.
 */
#include "storage/proof.h"

#include "base/digest.h"

#define PROOF_VERSION 1
#define SHORT_HASH 8

void
proof_subject(const McHash *root, uint64_t number, McHash *out)
{
	uint8_t bytes[8];
	McSpan parts[3] = { span_text("mes.proof.subject"), span_hash(root), span_of(bytes, 8) };

	put_be64(bytes, number);
	digest_sha256(out, parts, 3);
}

static void
challenge_hash(const MerkleIndexes *challenge, McHash *out)
{
	uint8_t bytes[17 + 8 * (PROOF_INDEXES_MAX + 1)] = "mes.proof.indexes";
	McSpan whole = span_of(bytes, 17 + 8 * (challenge->count + 1));

	assert(challenge->count <= PROOF_INDEXES_MAX);
	put_be64(bytes + 17, challenge->leaf_count);
	for (size_t i = 0; i < challenge->count; i++)
		put_be64(bytes + 17 + 8 * (i + 1), challenge->at[i]);
	digest_sha256(out, &whole, 1);
}

void
proof_header_write(const ProofHeader *header, uint8_t out[PROOF_HEADER_SIZE])
{
	McHash challenge;

	challenge_hash(&header->challenge, &challenge);
	memcpy(out, "MS", 2);
	out[2] = header->kind;
	out[3] = PROOF_VERSION;
	put_be32(out + 4, header->size);
	memcpy(out + 8, header->subject.bytes, SHORT_HASH);
	memcpy(out + 16, challenge.bytes, SHORT_HASH);
}

bool
proof_is_zero(McSpan bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i] != 0)
			return false;
	return bytes.size > 0;
}

McStatus
proof_header_check(const ProofHeader *expected, McSpan proof, uint64_t body_size,
				   McProblem *problem)
{
	uint64_t needed = PROOF_HEADER_SIZE + body_size;
	uint8_t header[PROOF_HEADER_SIZE];

	if (proof_is_zero(proof))
		return status_problem(problem, MC_PROOF_ALL_ZERO, (int64_t) proof.size, 0);
	if (proof.size < PROOF_HEADER_SIZE)
		return status_problem(problem, MC_PROOF_TRUNCATED, (int64_t) proof.size, (int64_t) needed);
	proof_header_write(expected, header);
	if (memcmp(proof.data, header, 4) != 0)
		return status_problem_name(problem, MC_PROOF_KIND, (const char *) &expected->kind, 1);
	if (memcmp(proof.data + 4, header + 4, 4) != 0)
		return status_problem(problem, MC_PROOF_OTHER_SIZE, get_be32(proof.data + 4),
							  expected->size);
	if (memcmp(proof.data + 8, header + 8, SHORT_HASH) != 0)
		return status_problem(problem, MC_PROOF_OTHER_SUBJECT, 0, 0);
	if (memcmp(proof.data + 16, header + 16, SHORT_HASH) != 0)
		return status_problem(problem, MC_PROOF_OTHER_CHALLENGE, 0, 0);
	if (proof.size < needed)
		return status_problem(problem, MC_PROOF_TRUNCATED, (int64_t) proof.size, (int64_t) needed);
	if (proof.size > needed)
		return status_problem(problem, MC_PROOF_EXTENDED, (int64_t) proof.size, (int64_t) needed);
	return MC_OK;
}

McStatus
proof_check_indexes(const MerkleIndexes *indexes, McProblem *problem)
{
	if (indexes->leaf_count < 1 || indexes->leaf_count > PROOF_LEAVES_MAX)
		return status_problem(problem, MC_LEAF_COUNT, (int64_t) indexes->leaf_count,
							  (int64_t) PROOF_LEAVES_MAX);
	if (indexes->count < 1 || indexes->count > PROOF_INDEXES_MAX)
		return status_problem(problem, MC_INDEX_COUNT, (int64_t) indexes->count,
							  PROOF_INDEXES_MAX);
	for (size_t i = 0; i < indexes->count; i++)
	{
		uint64_t index = indexes->at[i];

		if (index >= indexes->leaf_count)
			return status_problem(problem, MC_INDEX_OUT_OF_RANGE, (int64_t) index,
								  (int64_t) indexes->leaf_count);
		if (i > 0 && index == indexes->at[i - 1])
			return status_problem(problem, MC_INDEX_DUPLICATE, (int64_t) index, 0);
		if (i > 0 && index < indexes->at[i - 1])
			return status_problem(problem, MC_INDEX_NOT_ASCENDING, (int64_t) indexes->at[i - 1],
								  (int64_t) index);
	}
	return MC_OK;
}

/* A number in [0, range): the bias of the product is below range / 2^64. */
static uint64_t
draw_below(const char *tag, McSpan seed, uint64_t leaf_count, uint64_t draw, uint64_t range)
{
	uint8_t numbers[16];
	McSpan parts[3] = { span_text(tag), seed, span_of(numbers, sizeof(numbers)) };
	McHash hash;

	put_be64(numbers, leaf_count);
	put_be64(numbers + 8, draw);
	digest_sha256(&hash, parts, 3);
	return (uint64_t) ((unsigned __int128) get_be64(hash.bytes) * range >> 64);
}

/* Where value stands, or belongs, in the ascending row. */
static size_t
find_place(const uint64_t *row, size_t count, uint64_t value)
{
	size_t low = 0;
	size_t high = count;

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (row[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

McStatus
proof_draw(const char *tag, McSpan seed, uint64_t leaf_count, uint64_t count, uint64_t *indexes,
		   McProblem *problem)
{
	if (seed.size < 1 || seed.size > PROOF_SEED_MAX)
		return status_problem(problem, MC_SEED_LENGTH, (int64_t) seed.size, PROOF_SEED_MAX);
	if (leaf_count < 1 || leaf_count > PROOF_LEAVES_MAX)
		return status_problem(problem, MC_LEAF_COUNT, (int64_t) leaf_count,
							  (int64_t) PROOF_LEAVES_MAX);
	if (count < 1 || count > PROOF_INDEXES_MAX || count > leaf_count)
		return status_problem(problem, MC_INDEX_COUNT, (int64_t) count,
							  (int64_t) (leaf_count < PROOF_INDEXES_MAX ? leaf_count
																		: PROOF_INDEXES_MAX));
	for (size_t used = 0; used < count; used++)
	{
		uint64_t last = leaf_count - count + used;
		uint64_t drawn = draw_below(tag, seed, leaf_count, used, last + 1);
		size_t place = find_place(indexes, used, drawn);

		/* taken already: the newest candidate, which no earlier draw could reach */
		if (place < used && indexes[place] == drawn)
			drawn = last, place = used;
		memmove(&indexes[place + 1], &indexes[place], (used - place) * sizeof(indexes[0]));
		indexes[place] = drawn;
	}
	return MC_OK;
}
