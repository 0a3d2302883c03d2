/* ledger_compare.c - questions about rows and their answers: to bytes and back, and what is
 * neither. */
#include "ledger/compare.h"
#include "unit/check.h"

static CompareAnswer answer;
static CompareAnswer back;
static uint8_t bytes[COMPARE_ANSWER_MAX + 1];

static void
test_question(void)
{
	CompareQuestion question = { .id = 7,
								 .kind = COMPARE_ROWS,
								 .relation = 3,
								 .from = 5,
								 .to = COMPARE_POSITION_MAX,
								 .as_of = 9,
								 .skip = 48 };
	CompareQuestion found;
	uint8_t out[COMPARE_QUESTION_SIZE + 1];

	compare_question_write(&question, out);
	CHECK(compare_question_read(span_of(out, COMPARE_QUESTION_SIZE), &found));
	CHECK(memcmp(&question, &found, sizeof(found)) == 0);
	CHECK(!compare_question_read(span_of(out, COMPARE_QUESTION_SIZE - 1), &found));
	CHECK(!compare_question_read(span_of(out, COMPARE_QUESTION_SIZE + 1), &found));
	out[8] = 0;
	CHECK(!compare_question_read(span_of(out, COMPARE_QUESTION_SIZE), &found));
	out[8] = COMPARE_CONTENT + 1;
	CHECK(!compare_question_read(span_of(out, COMPARE_QUESTION_SIZE), &found));
	question.from = question.to + 1;
	compare_question_write(&question, out);
	CHECK(!compare_question_read(span_of(out, COMPARE_QUESTION_SIZE), &found));
	question.from = 0;
	question.to = COMPARE_POSITION_MAX + 1;
	compare_question_write(&question, out);
	CHECK(!compare_question_read(span_of(out, COMPARE_QUESTION_SIZE), &found));
}

static void
test_ranges(void)
{
	size_t size;

	memset(&answer, 0, sizeof(answer));
	answer.kind = COMPARE_RANGES;
	answer.id = 1;
	answer.applied = 12;
	answer.count = COMPARE_BUCKETS;
	answer.rows[15] = 70000;
	answer.digests[15].bytes[31] = 9;
	size = compare_answer_write(&answer, bytes);
	CHECK(compare_answer_read(span_of(bytes, size), &back));
	CHECK_INT(back.rows[15], 70000);
	CHECK_INT(back.digests[15].bytes[31], 9);
	CHECK_INT(back.applied, 12);
	for (size_t cut = 0; cut < size; cut++)
		CHECK(!compare_answer_read(span_of(bytes, cut), &back));
	CHECK(!compare_answer_read(span_of(bytes, size + 1), &back));
	put_be32(bytes + 18, COMPARE_BUCKETS + 1);
	CHECK(!compare_answer_read(span_of(bytes, size + 36), &back));
}

static void
test_rows(void)
{
	size_t size;

	memset(&answer, 0, sizeof(answer));
	answer.kind = COMPARE_ROWS;
	answer.count = COMPARE_ROWS_MAX;
	answer.more = true;
	for (uint32_t i = 0; i < COMPARE_ROWS_MAX; i++)
	{
		answer.list[i].place = i;
		answer.list[i].key_size = COMPARE_KEY_MAX;
		memset(answer.list[i].key, 'k', COMPARE_KEY_MAX);
	}
	size = compare_answer_write(&answer, bytes);
	CHECK(compare_answer_read(span_of(bytes, size), &back));
	CHECK_INT(back.list[COMPARE_ROWS_MAX - 1].place, COMPARE_ROWS_MAX - 1);
	CHECK_INT(strlen(back.list[0].key), COMPARE_KEY_MAX);
	CHECK(back.more);
	for (size_t cut = 0; cut < size; cut += 7)
		CHECK(!compare_answer_read(span_of(bytes, cut), &back));
	bytes[40] = '\n'; /* a key that would break a line of the log */
	CHECK(!compare_answer_read(span_of(bytes, size), &back));
	bytes[40] = 'k';
	bytes[22] = 2;
	CHECK(!compare_answer_read(span_of(bytes, size), &back));
	answer.count = 0;
	size = compare_answer_write(&answer, bytes);
	CHECK(!compare_answer_read(span_of(bytes, size), &back)); /* more, and yet none: no end */
}

static void
test_content(void)
{
	static uint8_t chunk[COMPARE_CHUNK_MAX];
	size_t size;

	memset(&answer, 0, sizeof(answer));
	answer.kind = COMPARE_CONTENT;
	answer.size = 99999;
	chunk[COMPARE_CHUNK_MAX - 1] = 3;
	answer.chunk = span_of(chunk, COMPARE_CHUNK_MAX);
	size = compare_answer_write(&answer, bytes);
	CHECK(compare_answer_read(span_of(bytes, size), &back));
	CHECK_INT(back.chunk.size, COMPARE_CHUNK_MAX);
	CHECK_INT(back.chunk.data[COMPARE_CHUNK_MAX - 1], 3);
	CHECK(!compare_answer_read(span_of(bytes, size + 1), &back));
	CHECK(!compare_answer_read(span_of(bytes, 29), &back));
	bytes[8] = 9;
	CHECK(!compare_answer_read(span_of(bytes, size), &back));
}

/* The parts of a range are the range: none twice, none left out. */
static void
check_parts(uint64_t from, uint64_t to)
{
	uint64_t next = from;
	uint64_t part_from;
	uint64_t part_to;

	for (uint32_t i = 0; i < COMPARE_BUCKETS && compare_part(from, to, i, &part_from, &part_to);
		 i++)
	{
		CHECK(part_from == next && part_to >= part_from && part_to <= to);
		next = part_to + 1;
	}
	CHECK(next == to + 1);
}

static void
test_parts(void)
{
	for (uint64_t width = 1; width < 100; width++)
		check_parts(3, 2 + width);
	check_parts(0, 0);
	check_parts(0, COMPARE_POSITION_MAX);
	check_parts(COMPARE_POSITION_MAX, COMPARE_POSITION_MAX);
}

int
main(void)
{
	RUN(test_question);
	RUN(test_ranges);
	RUN(test_rows);
	RUN(test_content);
	RUN(test_parts);
	return CHECK_RESULT();
}
