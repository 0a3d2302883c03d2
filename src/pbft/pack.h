/*
 * pack.h - fixed-width big-endian fields in and out of bounded memory. The reader is sticky: after
 * the first short read everything is zero and `bad` says so. Room-private.
 */
#ifndef MESCHAIN_PBFT_PACK_H
#define MESCHAIN_PBFT_PACK_H

#include "base/bytes.h"

#include <stdbool.h>

static inline bool
hash_is_zero(const McHash *hash)
{
	static const McHash zero;

	return hash_equal(hash, &zero);
}

typedef struct PbftPacker
{
	uint8_t *data;
	size_t size;
	size_t capacity;
} PbftPacker;

static inline void
pack_bytes(PbftPacker *packer, const void *data, size_t size)
{
	assert(packer->size + size <= packer->capacity);
	memcpy(packer->data + packer->size, data, size);
	packer->size += size;
}

static inline void
pack_8(PbftPacker *packer, uint8_t value)
{
	pack_bytes(packer, &value, 1);
}

static inline void
pack_32(PbftPacker *packer, uint32_t value)
{
	uint8_t bytes[4];

	put_be32(bytes, value);
	pack_bytes(packer, bytes, 4);
}

static inline void
pack_64(PbftPacker *packer, uint64_t value)
{
	uint8_t bytes[8];

	put_be64(bytes, value);
	pack_bytes(packer, bytes, 8);
}

static inline void
pack_hash(PbftPacker *packer, const McHash *hash)
{
	pack_bytes(packer, hash->bytes, HASH_SIZE);
}

typedef struct PbftUnpacker
{
	McSpan input;
	size_t offset;
	bool bad;
} PbftUnpacker;

static inline void
unpack_bytes(PbftUnpacker *unpacker, void *out, size_t size)
{
	if (unpacker->bad || unpacker->input.size - unpacker->offset < size)
	{
		unpacker->bad = true;
		memset(out, 0, size);
		return;
	}
	memcpy(out, unpacker->input.data + unpacker->offset, size);
	unpacker->offset += size;
}

static inline uint8_t
unpack_8(PbftUnpacker *unpacker)
{
	uint8_t value;

	unpack_bytes(unpacker, &value, 1);
	return value;
}

/* A byte that is 0 or 1: one meaning, one byte string. */
static inline bool
unpack_bool(PbftUnpacker *unpacker)
{
	uint8_t value = unpack_8(unpacker);

	unpacker->bad |= value > 1;
	return value == 1;
}

static inline uint32_t
unpack_32(PbftUnpacker *unpacker)
{
	uint8_t bytes[4];

	unpack_bytes(unpacker, bytes, 4);
	return get_be32(bytes);
}

static inline uint64_t
unpack_64(PbftUnpacker *unpacker)
{
	uint8_t bytes[8];

	unpack_bytes(unpacker, bytes, 8);
	return get_be64(bytes);
}

static inline void
unpack_hash(PbftUnpacker *unpacker, McHash *hash)
{
	unpack_bytes(unpacker, hash->bytes, HASH_SIZE);
}

#endif
