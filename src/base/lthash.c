/*
 * lthash.c - the set hash of digest.h. Lanes are read little-endian so that every machine agrees.
 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

static _Thread_local EVP_CIPHER_CTX *expand_context;

/* 2,048 bytes of AES-256-CTR key stream under the element's hash, counter from zero. */
static void
expand(const McHash *element, uint8_t stream[LTHASH_BYTES])
{
	static const uint8_t zeros[LTHASH_BYTES];
	static const uint8_t counter[16];
	int written = 0;

	if (expand_context == NULL)
	{
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);

		expand_context = EVP_CIPHER_CTX_new();
		if (cipher == NULL || expand_context == NULL ||
			!EVP_EncryptInit_ex(expand_context, cipher, NULL, NULL, NULL))
			abort();
		EVP_CIPHER_free(cipher);
	}
	if (!EVP_EncryptInit_ex(expand_context, NULL, NULL, element->bytes, counter) ||
		!EVP_EncryptUpdate(expand_context, stream, &written, zeros, LTHASH_BYTES) ||
		written != LTHASH_BYTES)
		abort();
}

static inline uint16_t
lane_at(const uint8_t *stream, int lane)
{
	return (uint16_t) (stream[2 * lane] | stream[2 * lane + 1] << 8);
}

void
lthash_clear(LtHash *sum)
{
	memset(sum, 0, sizeof(*sum));
}

void
lthash_add(LtHash *sum, const McHash *element)
{
	uint8_t stream[LTHASH_BYTES];

	expand(element, stream);
	for (int lane = 0; lane < LTHASH_LANES; lane++)
		sum->lanes[lane] = (uint16_t) (sum->lanes[lane] + lane_at(stream, lane));
}

void
lthash_remove(LtHash *sum, const McHash *element)
{
	uint8_t stream[LTHASH_BYTES];

	expand(element, stream);
	for (int lane = 0; lane < LTHASH_LANES; lane++)
		sum->lanes[lane] = (uint16_t) (sum->lanes[lane] - lane_at(stream, lane));
}

void
lthash_store(const LtHash *sum, uint8_t out[LTHASH_BYTES])
{
	for (int lane = 0; lane < LTHASH_LANES; lane++)
	{
		out[2 * lane] = (uint8_t) sum->lanes[lane];
		out[2 * lane + 1] = (uint8_t) (sum->lanes[lane] >> 8);
	}
}

void
lthash_load(LtHash *sum, const uint8_t in[LTHASH_BYTES])
{
	for (int lane = 0; lane < LTHASH_LANES; lane++)
		sum->lanes[lane] = lane_at(in, lane);
}

void
lthash_digest(const LtHash *sum, McHash *out)
{
	uint8_t bytes[LTHASH_BYTES];

	lthash_store(sum, bytes);
	digest_tagged(out, "MES1-lthash", span_of(bytes, sizeof(bytes)));
}
