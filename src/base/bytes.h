/*
 * bytes.h - spans, fixed-size values and big-endian integers. Inline, no allocation.
 */
#ifndef MESCHAIN_BASE_BYTES_H
#define MESCHAIN_BASE_BYTES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes: the owner outlives the span. */
typedef struct McSpan
{
	const uint8_t *data;
	size_t size;
} McSpan;

#define HASH_SIZE 32
typedef struct McHash
{
	uint8_t bytes[HASH_SIZE];
} McHash;

static inline McSpan
span_of(const void *data, size_t size)
{
	return (McSpan){ (const uint8_t *) data, size };
}

static inline McSpan
span_text(const char *text)
{
	return span_of(text, strlen(text));
}

static inline McSpan
span_hash(const McHash *hash)
{
	return span_of(hash->bytes, HASH_SIZE);
}

static inline int
span_compare(McSpan left, McSpan right)
{
	size_t common = left.size < right.size ? left.size : right.size;
	int order = common > 0 ? memcmp(left.data, right.data, common) : 0;

	if (order != 0)
		return order;
	return (left.size > right.size) - (left.size < right.size);
}

static inline int
hash_equal(const McHash *left, const McHash *right)
{
	return memcmp(left->bytes, right->bytes, HASH_SIZE) == 0;
}

/* Lower-case hex and a terminator: 2 * size + 1 characters. */
static inline void
hex_format(const void *data, size_t size, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = (const uint8_t *) data;

	for (size_t i = 0; i < size; i++)
	{
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
}

static inline void
put_be32(uint8_t out[4], uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t) (value >> (24 - 8 * i));
}

static inline void
put_be64(uint8_t out[8], uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t) (value >> (56 - 8 * i));
}

static inline uint32_t
get_be32(const uint8_t in[4])
{
	return (uint32_t) in[0] << 24 | (uint32_t) in[1] << 16 | (uint32_t) in[2] << 8 | in[3];
}

static inline uint64_t
get_be64(const uint8_t in[8])
{
	return (uint64_t) get_be32(in) << 32 | get_be32(in + 4);
}

#endif
