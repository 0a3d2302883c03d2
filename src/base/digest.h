/*
 * digest.h - SHA-256 of a list of spans, and the LtHash of a set.
 *
 * SHA-256 comes from OpenSSL, fetched once a thread (0.15 us a short call against 0.45).
 */
#ifndef MESCHAIN_BASE_DIGEST_H
#define MESCHAIN_BASE_DIGEST_H

#include "base/bytes.h"

/* out = SHA-256(parts[0] || parts[1] || ...). Lengths are not hashed: callers separate domains. */
extern void digest_sha256(McHash *out, const McSpan *parts, size_t count);

/* out = SHA-256(tag || data), the usual case. */
extern void digest_tagged(McHash *out, const char *tag, McSpan data);

/*
 * LtHash16/1024: a homomorphic hash of a set, the sum of its elements' expansions modulo 2^16 in
 * each of 1,024 lanes. Adding and removing commute, so current state needs no tree. An element must
 * be unique in its set (a lane would overflow silently at multiplicity 2^16) and must hold nothing
 * that is known only after ordering (P16). Expansion: AES-256-CTR keyed by SHA-256 of the element.
 */
#define LTHASH_LANES 1024
typedef struct LtHash
{
	uint16_t lanes[LTHASH_LANES];
} LtHash;

extern void lthash_clear(LtHash *sum);
extern void lthash_add(LtHash *sum, const McHash *element);
extern void lthash_remove(LtHash *sum, const McHash *element);

/* SHA-256 over "MES1-lthash" and the lanes, little-endian whatever the machine. */
extern void lthash_digest(const LtHash *sum, McHash *out);

#define LTHASH_BYTES (LTHASH_LANES * 2)
extern void lthash_store(const LtHash *sum, uint8_t out[LTHASH_BYTES]);
extern void lthash_load(LtHash *sum, const uint8_t in[LTHASH_BYTES]);

#endif
