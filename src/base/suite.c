/*
 * suite.c - the two signature libraries behind one port. libsecp256k1's context is made once a
 * thread without randomisation: blinding would need entropy that a pure room does not have, and
 * what is signed here is public.
 */
#include "base/suite.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <sodium.h>
#include <stdlib.h>

_Static_assert(crypto_sign_SEEDBYTES == SUITE_SEED_SIZE, "Ed25519 seed");
_Static_assert(crypto_sign_PUBLICKEYBYTES == SUITE_PUBLIC_SIZE, "Ed25519 public key");
_Static_assert(crypto_sign_BYTES == SUITE_SIGNATURE_SIZE, "Ed25519 signature");

static _Thread_local secp256k1_context *curve_context;

static const secp256k1_context *
curve_ready(void)
{
	if (curve_context == NULL)
		curve_context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
	if (curve_context == NULL)
		abort();
	return curve_context;
}

static void
sodium_ready(void)
{
	static _Thread_local bool ready;

	if (!ready && sodium_init() < 0)
		abort();
	ready = true;
}

bool
suite_known(uint64_t suite)
{
	return suite == SUITE_ED25519 || suite == SUITE_SCHNORR;
}

const char *
suite_name(uint8_t suite)
{
	return suite == SUITE_ED25519 ? "ed25519" : suite == SUITE_SCHNORR ? "schnorr" : "unknown";
}

static bool
schnorr_secret(SuiteSecret *secret)
{
	secp256k1_keypair pair;
	secp256k1_xonly_pubkey point;
	bool valid = secp256k1_keypair_create(curve_ready(), &pair, secret->seed) &&
				 secp256k1_keypair_xonly_pub(curve_ready(), &point, NULL, &pair) &&
				 secp256k1_xonly_pubkey_serialize(curve_ready(), secret->key.public_key, &point);

	suite_wipe(&pair, sizeof(pair));
	return valid;
}

bool
suite_secret_from_seed(uint8_t suite, const uint8_t seed[SUITE_SEED_SIZE], SuiteSecret *secret)
{
	uint8_t expanded[crypto_sign_SECRETKEYBYTES];

	sodium_ready();
	secret->key.suite = suite;
	memcpy(secret->seed, seed, SUITE_SEED_SIZE);
	if (suite == SUITE_SCHNORR)
		return schnorr_secret(secret);
	if (suite != SUITE_ED25519)
		return false;
	crypto_sign_seed_keypair(secret->key.public_key, expanded, seed);
	suite_wipe(expanded, sizeof(expanded));
	return true;
}

static void
schnorr_sign(const SuiteSecret *secret, McSpan message, uint8_t signature[SUITE_SIGNATURE_SIZE])
{
	secp256k1_keypair pair;

	if (!secp256k1_keypair_create(curve_ready(), &pair, secret->seed) ||
		!secp256k1_schnorrsig_sign_custom(curve_ready(), signature, message.data, message.size,
										  &pair, NULL))
		abort();
	suite_wipe(&pair, sizeof(pair));
}

void
suite_sign(const SuiteSecret *secret, McSpan message, uint8_t signature[SUITE_SIGNATURE_SIZE])
{
	uint8_t expanded[crypto_sign_SECRETKEYBYTES];

	sodium_ready();
	assert(suite_known(secret->key.suite));
	if (secret->key.suite == SUITE_SCHNORR)
	{
		schnorr_sign(secret, message, signature);
		return;
	}
	memcpy(expanded, secret->seed, SUITE_SEED_SIZE);
	memcpy(expanded + SUITE_SEED_SIZE, secret->key.public_key, SUITE_PUBLIC_SIZE);
	crypto_sign_detached(signature, NULL, message.data, message.size, expanded);
	suite_wipe(expanded, sizeof(expanded));
}

/*
 * P35: to parse a key of suite 2 takes a root of its curve, and the same few keys come again. Each
 * has one place; whoever makes keys that share one only makes them cost what they would have cost.
 */
#define POINTS_KEPT 256

typedef struct KeptPoint
{
	bool valid;
	uint8_t public_key[SUITE_PUBLIC_SIZE];
	secp256k1_xonly_pubkey point;
} KeptPoint;

static const secp256k1_xonly_pubkey *
schnorr_point(const uint8_t public_key[SUITE_PUBLIC_SIZE])
{
	static _Thread_local KeptPoint points[POINTS_KEPT];
	KeptPoint *kept = &points[public_key[0] % POINTS_KEPT];

	if (kept->valid && memcmp(kept->public_key, public_key, SUITE_PUBLIC_SIZE) == 0)
		return &kept->point;
	kept->valid = secp256k1_xonly_pubkey_parse(curve_ready(), &kept->point, public_key);
	memcpy(kept->public_key, public_key, SUITE_PUBLIC_SIZE);
	return kept->valid ? &kept->point : NULL;
}

bool
suite_verify(const SuiteKey *key, McSpan message, const uint8_t signature[SUITE_SIGNATURE_SIZE])
{
	const secp256k1_xonly_pubkey *point;

	sodium_ready();
	if (key->suite == SUITE_ED25519)
		return crypto_sign_verify_detached(signature, message.data, message.size,
										   key->public_key) == 0;
	if (key->suite != SUITE_SCHNORR)
		return false;
	point = schnorr_point(key->public_key);
	return point != NULL &&
		   secp256k1_schnorrsig_verify(curve_ready(), signature, message.data, message.size, point);
}

bool
suite_key_valid(const SuiteKey *key)
{
	secp256k1_xonly_pubkey point;
	uint8_t montgomery[crypto_scalarmult_curve25519_BYTES];

	sodium_ready();
	if (key->suite == SUITE_SCHNORR)
		return secp256k1_xonly_pubkey_parse(curve_ready(), &point, key->public_key);
	/* the conversion refuses what is off the curve, of small order or outside the prime group */
	return key->suite == SUITE_ED25519 &&
		   crypto_sign_ed25519_pk_to_curve25519(montgomery, key->public_key) == 0;
}

void
suite_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
}
