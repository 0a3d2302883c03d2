/*
 * bucket.c - a token bucket in whole numbers: what is less than a token stays in the time.
 */
#include "base/bucket.h"

#include <assert.h>

#define SECOND_US UINT64_C(1000000)

void
bucket_fill(Bucket *bucket, uint64_t rate, uint64_t now_us)
{
	int64_t full = (int64_t) (rate * BUCKET_SECONDS);
	uint64_t elapsed_us = now_us > bucket->filled_us ? now_us - bucket->filled_us : 0;
	uint64_t gained;

	assert(rate > 0 && rate <= BUCKET_RATE_MAX);
	if (bucket->filled_us == 0)
		bucket->level = full;
	if (bucket->filled_us == 0 || elapsed_us >= BUCKET_SECONDS * SECOND_US)
	{
		bucket->level = bucket->level < 0 ? bucket->level + full : full;
		bucket->filled_us = now_us;
	}
	else
	{
		gained = elapsed_us * rate / SECOND_US;
		bucket->level += (int64_t) gained;
		/* what is less than a token stays for the next time */
		bucket->filled_us += gained * SECOND_US / rate;
	}
	if (bucket->level > full)
		bucket->level = full;
}

bool
bucket_take(Bucket *bucket, uint64_t cost)
{
	if (bucket->level <= 0)
		return false;
	bucket->level -= (int64_t) cost;
	return true;
}
