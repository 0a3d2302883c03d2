/*
 * storage_sha.h - SHA-256 of many short messages of one length, two at a time in the instructions
 * of the processor where it has them; elsewhere through base/digest. Sealing is nothing but this,
 * and the library has no call for several messages at once. Equal to base/digest in every bit
 * (test/t/070_storage.pl); nothing that verifies uses it.
 */
#ifndef MESCHAIN_CLI_STORAGE_SHA_H
#define MESCHAIN_CLI_STORAGE_SHA_H

#include "base/bytes.h"

#define SHA_BLOCK 64
#define SHA_BLOCKS(size) (((size) + 9 + SHA_BLOCK - 1) / SHA_BLOCK)
#define SHA_PADDED(size) (SHA_BLOCKS(size) * SHA_BLOCK)

/* Writes the end of a message of this size into a buffer of SHA_PADDED(size) bytes, once. */
extern void sha_pad(uint8_t *message, size_t size);

/*
 * Hashes count padded messages of the same size, stride bytes apart. out may overlap the messages
 * only when it lies inside a message already hashed.
 */
extern void sha_many(const uint8_t *messages, size_t stride, size_t size, size_t count,
					 McHash *out);

/* Whether the processor's instructions are in use. */
extern int sha_accelerated(void);

#endif
