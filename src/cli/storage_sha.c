/*
 * storage_sha.c - SHA-256 by the SHA extensions of x86, two messages interleaved: one alone leaves
 * the unit idle half of the time, waiting for its own result.
 */
#include "cli/storage_sha.h"

#include "base/digest.h"

void
sha_pad(uint8_t *message, size_t size)
{
	size_t padded = SHA_PADDED(size);

	memset(message + size, 0, padded - size);
	message[size] = 0x80;
	put_be64(message + padded - 8, (uint64_t) size * 8);
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define SHA_INLINE SHA_TARGET __attribute__((always_inline)) static inline
#define LANES_MAX 2

static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The instructions keep the eight words of state as (a b e f) and (c d g h). */
typedef struct Lane
{
	__m128i abef;
	__m128i cdgh;
} Lane;

SHA_INLINE void
compress(Lane *lanes, const uint8_t *const *blocks, int count)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	Lane before[LANES_MAX];
	__m128i words[LANES_MAX][4];

	for (int lane = 0; lane < count; lane++)
		before[lane] = lanes[lane];
#pragma GCC unroll 16
	for (int group = 0; group < 16; group++)
	{
#pragma GCC unroll 2
		for (int lane = 0; lane < count; lane++)
		{
			__m128i *w = words[lane];
			__m128i *now = &w[group % 4];
			__m128i sum;

			if (group < 4)
				*now = _mm_shuffle_epi8(
					_mm_loadu_si128((const __m128i *) blocks[lane] + group), swap);
			else
			{
				__m128i last = w[(group + 3) % 4];

				sum = _mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(group + 1) % 4]),
									_mm_alignr_epi8(last, w[(group + 2) % 4], 4));
				*now = _mm_sha256msg2_epu32(sum, last);
			}
			sum = _mm_add_epi32(*now,
								_mm_load_si128((const __m128i *) round_constants + group));
			lanes[lane].cdgh = _mm_sha256rnds2_epu32(lanes[lane].cdgh, lanes[lane].abef, sum);
			sum = _mm_shuffle_epi32(sum, 0x0e);
			lanes[lane].abef = _mm_sha256rnds2_epu32(lanes[lane].abef, lanes[lane].cdgh, sum);
		}
	}
	for (int lane = 0; lane < count; lane++)
	{
		lanes[lane].abef = _mm_add_epi32(lanes[lane].abef, before[lane].abef);
		lanes[lane].cdgh = _mm_add_epi32(lanes[lane].cdgh, before[lane].cdgh);
	}
}

SHA_INLINE void
hash_lanes(const uint8_t *messages, size_t stride, size_t blocks, int count, McHash *out)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	Lane lanes[LANES_MAX];
	const uint8_t *at[LANES_MAX];

	for (int lane = 0; lane < count; lane++)
	{
		lanes[lane].abef =
			_mm_set_epi32(0x6a09e667, (int) 0xbb67ae85, 0x510e527f, (int) 0x9b05688c);
		lanes[lane].cdgh = _mm_set_epi32(0x3c6ef372, (int) 0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
		at[lane] = messages + (size_t) lane * stride;
	}
	for (size_t block = 0; block < blocks; block++)
	{
		compress(lanes, at, count);
		for (int lane = 0; lane < count; lane++)
			at[lane] += SHA_BLOCK;
	}
	for (int lane = 0; lane < count; lane++)
	{
		__m128i high = _mm_unpackhi_epi64(lanes[lane].abef, lanes[lane].cdgh);
		__m128i low = _mm_unpacklo_epi64(lanes[lane].abef, lanes[lane].cdgh);
		__m128i *to = (__m128i *) out[lane].bytes;

		_mm_storeu_si128(to, _mm_shuffle_epi8(_mm_shuffle_epi32(high, 0xb1), swap));
		_mm_storeu_si128(to + 1, _mm_shuffle_epi8(_mm_shuffle_epi32(low, 0xb1), swap));
	}
}

SHA_TARGET static void
sha_many_accelerated(const uint8_t *messages, size_t stride, size_t size, size_t count,
					 McHash *out)
{
	size_t blocks = SHA_BLOCKS(size);
	size_t i = 0;

	for (; i + 2 <= count; i += 2)
		hash_lanes(messages + i * stride, stride, blocks, 2, out + i);
	if (i < count)
		hash_lanes(messages + i * stride, stride, blocks, 1, out + i);
}

int
sha_accelerated(void)
{
	static int known = -1;
	unsigned a;
	unsigned b;
	unsigned c;
	unsigned d;

	/* leaf 7: SHA in bit 29 of ebx; leaf 1: SSSE3 and SSE4.1 in bits 9 and 19 of ecx */
	if (known < 0)
		known = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) &&
				__get_cpuid(1, &a, &b, &c, &d) && (c >> 9 & 1) && (c >> 19 & 1);
	return known;
}

#else

int
sha_accelerated(void)
{
	return 0;
}

static void
sha_many_accelerated(const uint8_t *messages, size_t stride, size_t size, size_t count,
					 McHash *out)
{
	assert(messages == NULL && stride + size + count == 0 && out == NULL); /* never called */
}

#endif

void
sha_many(const uint8_t *messages, size_t stride, size_t size, size_t count, McHash *out)
{
	if (sha_accelerated())
	{
		sha_many_accelerated(messages, stride, size, count, out);
		return;
	}
	for (size_t i = 0; i < count; i++)
	{
		McSpan whole = span_of(messages + i * stride, size);

		digest_sha256(&out[i], &whole, 1);
	}
}
