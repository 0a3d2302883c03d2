/* base_keywrap.c - keys that travel sealed and rest locked: who opens them, and who does not. */
#include "base/keywrap.h"
#include "unit/check.h"

#include <sodium.h>

static const uint8_t recipient_seed[KEYWRAP_SEED_SIZE] = { 1, 2, 3 };
static const uint8_t one_time[KEYWRAP_SEED_SIZE] = { 4, 5, 6 };
static const uint8_t random_bytes[KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE] = { 7, 8, 9 };
static const uint8_t secret[SUITE_SEED_SIZE] = "thirty-two bytes of a secret key";

static void
test_sealed_for_the_recipient_alone(void)
{
	uint8_t public_key[KEYWRAP_PUBLIC_SIZE];
	uint8_t sealed[SUITE_SEED_SIZE + KEYWRAP_SEAL_OVERHEAD];
	uint8_t found[SUITE_SEED_SIZE];

	keywrap_public(recipient_seed, public_key);
	CHECK(keywrap_seal(public_key, one_time, span_of(secret, sizeof(secret)), sealed));
	CHECK(keywrap_open(recipient_seed, span_of(sealed, sizeof(sealed)), found));
	CHECK(memcmp(found, secret, sizeof(secret)) == 0);
	CHECK(!keywrap_open(one_time, span_of(sealed, sizeof(sealed)), found));
	for (size_t i = 0; i < sizeof(sealed); i++)
	{
		sealed[i] ^= 1;
		CHECK(!keywrap_open(recipient_seed, span_of(sealed, sizeof(sealed)), found));
		sealed[i] ^= 1;
	}
	CHECK(!keywrap_open(recipient_seed, span_of(sealed, KEYWRAP_SEAL_OVERHEAD - 1), found));
}

/* Another client's library must be able to make what this one opens, and the reverse. */
static void
test_sealed_as_the_library_does(void)
{
	uint8_t public_key[KEYWRAP_PUBLIC_SIZE];
	uint8_t private_key[crypto_box_SECRETKEYBYTES];
	uint8_t sealed[SUITE_SEED_SIZE + KEYWRAP_SEAL_OVERHEAD];
	uint8_t found[SUITE_SEED_SIZE];

	crypto_box_seed_keypair(public_key, private_key, recipient_seed);
	CHECK_INT(crypto_box_seal(sealed, secret, sizeof(secret), public_key), 0);
	CHECK(keywrap_open(recipient_seed, span_of(sealed, sizeof(sealed)), found));
	CHECK(memcmp(found, secret, sizeof(secret)) == 0);
	CHECK(keywrap_seal(public_key, one_time, span_of(secret, sizeof(secret)), sealed));
	memset(found, 0, sizeof(found));
	CHECK_INT(crypto_box_seal_open(found, sealed, sizeof(sealed), public_key, private_key), 0);
	CHECK(memcmp(found, secret, sizeof(secret)) == 0);
}

static void
test_a_point_of_small_order_is_no_recipient(void)
{
	uint8_t zero[KEYWRAP_PUBLIC_SIZE] = { 0 };
	uint8_t sealed[SUITE_SEED_SIZE + KEYWRAP_SEAL_OVERHEAD];

	CHECK(!keywrap_seal(zero, one_time, span_of(secret, sizeof(secret)), sealed));
}

static void
test_locked_by_passphrase_and_name(void)
{
	uint8_t locked[KEYWRAP_LOCKED_SIZE];
	uint8_t found[SUITE_SEED_SIZE];
	McSpan blob = span_of(locked, sizeof(locked));

	CHECK(keywrap_lock(secret, span_text("open sesame"), span_text("alice"), random_bytes, locked));
	CHECK(keywrap_unlock(blob, span_text("open sesame"), span_text("alice"), found));
	CHECK(memcmp(found, secret, sizeof(secret)) == 0);
	CHECK(!keywrap_unlock(blob, span_text("open sesamE"), span_text("alice"), found));
	CHECK(!keywrap_unlock(blob, span_text("open sesame"), span_text("bob"), found));
	CHECK(!keywrap_unlock(span_of(locked, sizeof(locked) - 1), span_text("open sesame"),
						  span_text("alice"), found));
	/* a byte of each part: format, salt, nonce, key, tag */
	for (size_t i = 0; i < sizeof(locked); i += 22)
	{
		locked[i] ^= 1;
		CHECK(!keywrap_unlock(blob, span_text("open sesame"), span_text("alice"), found));
		locked[i] ^= 1;
	}
}

static void
test_passphrase_of_limit_and_over(void)
{
	static uint8_t long_one[KEYWRAP_PASSPHRASE_MAX + 1];
	uint8_t locked[KEYWRAP_LOCKED_SIZE];

	CHECK(keywrap_lock(secret, span_of(long_one, KEYWRAP_PASSPHRASE_MAX), span_text("a"),
					   random_bytes, locked));
	CHECK(!keywrap_lock(secret, span_of(long_one, sizeof(long_one)), span_text("a"), random_bytes,
						locked));
}

int
main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	RUN(test_sealed_for_the_recipient_alone);
	RUN(test_sealed_as_the_library_does);
	RUN(test_a_point_of_small_order_is_no_recipient);
	RUN(test_locked_by_passphrase_and_name);
	RUN(test_passphrase_of_limit_and_over);
	return CHECK_RESULT();
}
