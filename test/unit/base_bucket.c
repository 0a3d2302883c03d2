/*
 * base_bucket.c - what a token bucket lets through: the saved up, then the rate, and debts are
 * paid.
 */
#include "base/bucket.h"
#include "unit/check.h"

#define SECOND UINT64_C(1000000)

static uint32_t
taken(Bucket *bucket, uint32_t wishes)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < wishes; i++)
		count += bucket_take(bucket, 1);
	return count;
}

static void
test_a_new_one_is_full(void)
{
	Bucket bucket = { 0 };

	bucket_fill(&bucket, 100, 5 * SECOND);
	CHECK(taken(&bucket, 1000) == 100 * BUCKET_SECONDS);
}

static void
test_then_it_gives_its_rate(void)
{
	Bucket bucket = { 0 };
	uint32_t count = 0;

	bucket_fill(&bucket, 100, SECOND);
	(void) taken(&bucket, 1000);
	/* asked every millisecond, which is a tenth of a token each time */
	for (uint64_t ms = 1; ms <= 10000; ms++)
	{
		bucket_fill(&bucket, 100, SECOND + ms * 1000);
		count += taken(&bucket, 10);
	}
	CHECK(count >= 999 && count <= 1000);
}

static void
test_silence_saves_up_no_more_than_it_holds(void)
{
	Bucket bucket = { 0 };

	bucket_fill(&bucket, 100, SECOND);
	(void) taken(&bucket, 1000);
	bucket_fill(&bucket, 100, 1000 * SECOND);
	CHECK(taken(&bucket, 1000) == 100 * BUCKET_SECONDS);
}

static void
test_a_debt_is_paid_first(void)
{
	Bucket bucket = { 0 };

	bucket_fill(&bucket, 100, SECOND);
	CHECK(bucket_take(&bucket, 500));
	CHECK(!bucket_take(&bucket, 1));
	bucket_fill(&bucket, 100, 3 * SECOND);
	CHECK(!bucket_take(&bucket, 1));
	bucket_fill(&bucket, 100, 4 * SECOND + SECOND / 10);
	CHECK(taken(&bucket, 100) == 10);
}

static void
test_a_clock_that_goes_back_gives_nothing(void)
{
	Bucket bucket = { 0 };

	bucket_fill(&bucket, 100, 10 * SECOND);
	(void) taken(&bucket, 1000);
	bucket_fill(&bucket, 100, 9 * SECOND);
	CHECK(!bucket_take(&bucket, 1));
}

static void
test_the_largest_rate_does_not_overflow(void)
{
	Bucket bucket = { 0 };

	bucket_fill(&bucket, BUCKET_RATE_MAX, SECOND);
	CHECK(bucket_take(&bucket, BUCKET_RATE_MAX * BUCKET_SECONDS));
	CHECK(!bucket_take(&bucket, 1));
	bucket_fill(&bucket, BUCKET_RATE_MAX, SECOND + BUCKET_SECONDS * SECOND - 1);
	CHECK(bucket.level > 0 && bucket.level < (int64_t) (BUCKET_RATE_MAX * BUCKET_SECONDS));
}

int
main(void)
{
	RUN(test_a_new_one_is_full);
	RUN(test_then_it_gives_its_rate);
	RUN(test_silence_saves_up_no_more_than_it_holds);
	RUN(test_a_debt_is_paid_first);
	RUN(test_a_clock_that_goes_back_gives_nothing);
	RUN(test_the_largest_rate_does_not_overflow);
	return CHECK_RESULT();
}
