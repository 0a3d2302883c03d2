/*
 * base_suite_cache.c - keys of suite 2 are parsed once and kept, and one that is kept is never
 * taken for another.    P35
 */
#define _GNU_SOURCE
#include "base/suite.h"
#include "unit/check.h"

#include <dlfcn.h>
#include <secp256k1_extrakeys.h>

static int parsed;

/* Stands before the library's own: counts, and asks that one. */
int
secp256k1_xonly_pubkey_parse(const secp256k1_context *context, secp256k1_xonly_pubkey *point,
							 const unsigned char *bytes)
{
	static int (*parse)(const secp256k1_context *, secp256k1_xonly_pubkey *, const unsigned char *);

	if (parse == NULL)
		*(void **) &parse = dlsym(RTLD_NEXT, "secp256k1_xonly_pubkey_parse");
	parsed++;
	return parse(context, point, bytes);
}

static SuiteSecret
secret_of(uint32_t number)
{
	uint8_t seed[SUITE_SEED_SIZE] = { 7 };
	SuiteSecret secret;

	put_be32(seed + 28, number);
	CHECK(suite_secret_from_seed(SUITE_SCHNORR, seed, &secret));
	return secret;
}

static bool
verifies(const SuiteSecret *signer, const SuiteKey *key)
{
	McHash message = { { 9 } };
	uint8_t signature[SUITE_SIGNATURE_SIZE];

	suite_sign(signer, span_hash(&message), signature);
	return suite_verify(key, span_hash(&message), signature);
}

static void
test_a_key_is_parsed_once(void)
{
	SuiteSecret secret = secret_of(1);

	parsed = 0;
	for (int i = 0; i < 10; i++)
		CHECK(verifies(&secret, &secret.key));
	CHECK_INT(parsed, 1);
}

/* Another key that has the same place. */
static SuiteSecret
neighbour_of(const SuiteSecret *secret)
{
	SuiteSecret other;

	for (uint32_t number = 2;; number++)
	{
		other = secret_of(number);
		if (other.key.public_key[0] == secret->key.public_key[0])
			return other;
	}
}

static void
test_two_keys_of_one_place(void)
{
	SuiteSecret one = secret_of(1);
	SuiteSecret other = neighbour_of(&one);

	for (int i = 0; i < 4; i++)
	{
		CHECK(verifies(&one, &one.key));
		CHECK(!verifies(&other, &one.key));
		CHECK(verifies(&other, &other.key));
		CHECK(!verifies(&one, &other.key));
	}
}

/* No point of the curve has this x; neither before nor after it was looked at. */
static void
test_no_key_is_kept_for_bytes_that_are_none(void)
{
	SuiteSecret secret = secret_of(1);
	SuiteKey none = { .suite = SUITE_SCHNORR };

	memset(none.public_key, 0xFF, SUITE_PUBLIC_SIZE);
	none.public_key[0] = secret.key.public_key[0];
	while (suite_key_valid(&none))
		none.public_key[31]--;
	for (int i = 0; i < 3; i++)
	{
		CHECK(!verifies(&secret, &none));
		CHECK(verifies(&secret, &secret.key));
		CHECK(!verifies(&secret, &none));
	}
}

int
main(void)
{
	RUN(test_a_key_is_parsed_once);
	RUN(test_two_keys_of_one_place);
	RUN(test_no_key_is_kept_for_bytes_that_are_none);
	return CHECK_RESULT();
}
