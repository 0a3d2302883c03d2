/*
 * fuzz_compare.c - whatever a member sends as a question about rows or as an answer: what is taken
 * is written back as the same bytes, and nothing is read past the end.
 */
#include "ledger/compare.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static CompareAnswer answer;
	static uint8_t out[COMPARE_ANSWER_MAX];
	CompareQuestion question;

	if (compare_question_read(span_of(data, size), &question))
	{
		compare_question_write(&question, out);
		if (memcmp(out, data, size) != 0)
			abort();
	}
	if (compare_answer_read(span_of(data, size), &answer) &&
		(compare_answer_write(&answer, out) != size || memcmp(out, data, size) != 0))
		abort();
	return 0;
}
