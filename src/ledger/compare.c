/*
 * compare.c - questions and answers as bytes, fixed width and big-endian. Reading takes any bytes.
 */
#include "ledger/compare.h"

#include <assert.h>

#define ANSWER_HEAD 22

void
compare_question_write(const CompareQuestion *question, uint8_t out[COMPARE_QUESTION_SIZE])
{
	put_be64(out, question->id);
	out[8] = (uint8_t) question->kind;
	out[9] = question->relation;
	out[10] = 0;
	put_be64(out + 11, question->from);
	put_be64(out + 19, question->to);
	put_be64(out + 27, question->as_of);
	put_be64(out + 35, question->skip);
}

bool
compare_question_read(McSpan bytes, CompareQuestion *question)
{
	if (bytes.size != COMPARE_QUESTION_SIZE)
		return false;
	*question = (CompareQuestion){
		.id = get_be64(bytes.data),
		.kind = (CompareKind) bytes.data[8],
		.relation = bytes.data[9],
		.from = get_be64(bytes.data + 11),
		.to = get_be64(bytes.data + 19),
		.as_of = get_be64(bytes.data + 27),
		.skip = get_be64(bytes.data + 35),
	};
	return bytes.data[8] >= COMPARE_HELLO && bytes.data[8] <= COMPARE_CONTENT &&
		   bytes.data[10] == 0 && question->from <= question->to &&
		   question->to <= COMPARE_POSITION_MAX && question->as_of <= COMPARE_POSITION_MAX;
}

static size_t
write_rows(const CompareAnswer *answer, uint8_t *out)
{
	uint8_t *at = out;

	*at++ = answer->more;
	for (uint32_t i = 0; i < answer->count; i++)
	{
		const CompareRow *row = &answer->list[i];

		put_be64(at, row->place);
		at[8] = row->key_size;
		memcpy(at + 9, row->key, row->key_size);
		memcpy(at + 9 + row->key_size, row->digest.bytes, HASH_SIZE);
		at += 9 + row->key_size + HASH_SIZE;
	}
	return (size_t) (at - out);
}

size_t
compare_answer_write(const CompareAnswer *answer, uint8_t out[COMPARE_ANSWER_MAX])
{
	size_t size = ANSWER_HEAD;

	put_be64(out, answer->id);
	out[8] = (uint8_t) answer->kind;
	out[9] = answer->relation;
	put_be64(out + 10, answer->applied);
	put_be32(out + 18, answer->count);
	if (answer->kind == COMPARE_RANGES)
		for (uint32_t i = 0; i < answer->count; i++)
		{
			put_be32(out + size, answer->rows[i]);
			memcpy(out + size + 4, answer->digests[i].bytes, HASH_SIZE);
			size += 4 + HASH_SIZE;
		}
	else if (answer->kind == COMPARE_ROWS)
		size += write_rows(answer, out + size);
	else if (answer->kind == COMPARE_CONTENT)
	{
		assert(answer->chunk.size <= COMPARE_CHUNK_MAX);
		put_be64(out + size, answer->size);
		if (answer->chunk.size > 0)
			memcpy(out + size + 8, answer->chunk.data, answer->chunk.size);
		size += 8 + answer->chunk.size;
	}
	assert(size <= COMPARE_ANSWER_MAX);
	return size;
}

static bool
read_ranges(McSpan rest, CompareAnswer *answer)
{
	if (answer->count > COMPARE_BUCKETS || rest.size != answer->count * (4 + HASH_SIZE))
		return false;
	for (uint32_t i = 0; i < answer->count; i++)
	{
		const uint8_t *at = rest.data + i * (4 + HASH_SIZE);

		answer->rows[i] = get_be32(at);
		memcpy(answer->digests[i].bytes, at + 4, HASH_SIZE);
	}
	return true;
}

/* Keys are shown to people: printable ASCII and nothing else. */
static bool
printable(const uint8_t *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] < 0x20 || text[i] > 0x7E)
			return false;
	return true;
}

static bool
read_rows(McSpan rest, CompareAnswer *answer)
{
	const uint8_t *at = rest.data + 1;
	const uint8_t *end = rest.data + rest.size;

	if (answer->count > COMPARE_ROWS_MAX || rest.size < 1 || rest.data[0] > 1)
		return false;
	answer->more = rest.data[0] == 1;
	for (uint32_t i = 0; i < answer->count; i++)
	{
		CompareRow *row = &answer->list[i];

		if ((size_t) (end - at) < 9 || at[8] > COMPARE_KEY_MAX ||
			(size_t) (end - at) < 9u + at[8] + HASH_SIZE || !printable(at + 9, at[8]))
			return false;
		row->place = get_be64(at);
		row->key_size = at[8];
		memcpy(row->key, at + 9, row->key_size);
		row->key[row->key_size] = '\0';
		memcpy(row->digest.bytes, at + 9 + row->key_size, HASH_SIZE);
		at += 9 + row->key_size + HASH_SIZE;
	}
	return at == end && (answer->count > 0 || !answer->more);
}

bool
compare_answer_read(McSpan bytes, CompareAnswer *answer)
{
	McSpan rest;

	if (bytes.size < ANSWER_HEAD || bytes.size > COMPARE_ANSWER_MAX)
		return false;
	answer->id = get_be64(bytes.data);
	answer->kind = (CompareKind) bytes.data[8];
	answer->relation = bytes.data[9];
	answer->applied = get_be64(bytes.data + 10);
	answer->count = get_be32(bytes.data + 18);
	rest = span_of(bytes.data + ANSWER_HEAD, bytes.size - ANSWER_HEAD);
	if (answer->applied > COMPARE_POSITION_MAX)
		return false;
	switch (answer->kind)
	{
		case COMPARE_HELLO:
			return rest.size == 0 && answer->count == 0;
		case COMPARE_RANGES:
			return read_ranges(rest, answer);
		case COMPARE_ROWS:
			return read_rows(rest, answer);
		case COMPARE_CONTENT:
			if (rest.size < 8 || rest.size - 8 > COMPARE_CHUNK_MAX || answer->count != 0)
				return false;
			answer->size = get_be64(rest.data);
			answer->chunk = span_of(rest.data + 8, rest.size - 8);
			return true;
	}
	return false;
}

bool
compare_part(uint64_t from, uint64_t to, uint32_t number, uint64_t *part_from, uint64_t *part_to)
{
	uint64_t width = (to - from) / COMPARE_BUCKETS + 1;

	assert(from <= to && number < COMPARE_BUCKETS);
	if (number > (to - from) / width)
		return false;
	*part_from = from + number * width;
	*part_to = to - *part_from < width ? to : *part_from + width - 1;
	return true;
}
