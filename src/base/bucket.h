/*
 * bucket.h - a token bucket: so much a second, and what two quiet seconds have saved. The caller
 * brings the time.
 */
#ifndef MESCHAIN_BASE_BUCKET_H
#define MESCHAIN_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define BUCKET_SECONDS 2
#define BUCKET_RATE_MAX (UINT64_C(1) << 40)

/* All zero: one that was never used, and so is full. */
typedef struct Bucket
{
	int64_t level;
	uint64_t filled_us;
} Bucket;

/* What the time since the last call brought; rate is a second's share. */
void bucket_fill(Bucket *bucket, uint64_t rate, uint64_t now_us);

/* False when nothing is left. Something is enough for any cost: the rest is owed. */
bool bucket_take(Bucket *bucket, uint64_t cost);

#endif
