/*
 * suite.h - signature suites by number: 1 Ed25519 (libsodium alone verifies), 2 BIP340 Schnorr over
 * secp256k1 (libsecp256k1). Room is left for 3, SM2.
 *
 * Consensus needs one verifier: OpenSSL and libsodium differ on edge cases of Ed25519, so no other
 * library ever decides. Signing is deterministic: the same key and message give the same bytes.
 */
#ifndef MESCHAIN_BASE_SUITE_H
#define MESCHAIN_BASE_SUITE_H

#include "base/bytes.h"
#include "base/status.h"

#define SUITE_ED25519 1
#define SUITE_SCHNORR 2
#define SUITE_MAX 2

#define SUITE_PUBLIC_SIZE 32
#define SUITE_SIGNATURE_SIZE 64
#define SUITE_SEED_SIZE 32

typedef struct SuiteKey
{
	uint8_t suite;
	uint8_t public_key[SUITE_PUBLIC_SIZE];
} SuiteKey;

typedef struct SuiteSecret
{
	SuiteKey key;
	uint8_t seed[SUITE_SEED_SIZE];
} SuiteSecret;

extern bool suite_known(uint64_t suite);
extern const char *suite_name(uint8_t suite);

/* False when the seed is no key of the suite: one in about 2^128 for suite 2, never for suite 1. */
extern bool suite_secret_from_seed(uint8_t suite, const uint8_t seed[SUITE_SEED_SIZE],
								   SuiteSecret *secret);

extern void suite_sign(const SuiteSecret *secret, McSpan message,
					   uint8_t signature[SUITE_SIGNATURE_SIZE]);

/* False for a bad signature, a bad key, an unknown suite: hostile input throughout. */
extern bool suite_verify(const SuiteKey *key, McSpan message,
						 const uint8_t signature[SUITE_SIGNATURE_SIZE]);

/* A point of the curve that can be signed for; refuses small-order Ed25519 points. */
extern bool suite_key_valid(const SuiteKey *key);

/* Overwrites memory that held a secret; never optimised away. */
extern void suite_wipe(void *data, size_t size);

#endif
