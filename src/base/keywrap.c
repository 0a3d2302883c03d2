/*
 * keywrap.c - libsodium's boxes and password hash behind one port. The cost of Argon2id is fixed
 * here: a blob cannot ask for more memory.
 */
#include "base/keywrap.h"

#include <sodium.h>

_Static_assert(crypto_box_PUBLICKEYBYTES == KEYWRAP_PUBLIC_SIZE, "X25519 key");
_Static_assert(crypto_box_SEEDBYTES == KEYWRAP_SEED_SIZE, "X25519 seed");
_Static_assert(crypto_box_SEALBYTES == KEYWRAP_SEAL_OVERHEAD, "sealed box");
_Static_assert(crypto_pwhash_SALTBYTES == KEYWRAP_SALT_SIZE, "Argon2id salt");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == KEYWRAP_NONCE_SIZE, "nonce");

#define LOCKED_FORMAT 1
#define ARGON_PASSES 3
#define ARGON_BYTES (64 * 1024 * 1024)

void
keywrap_public(const uint8_t seed[KEYWRAP_SEED_SIZE], uint8_t public_key[KEYWRAP_PUBLIC_SIZE])
{
	uint8_t secret[crypto_box_SECRETKEYBYTES];

	crypto_box_seed_keypair(public_key, secret, seed);
	suite_wipe(secret, sizeof(secret));
}

/* As crypto_box_seal has it: the nonce is the hash of both public keys. */
static void
seal_nonce(const uint8_t *sender, const uint8_t *recipient, uint8_t nonce[crypto_box_NONCEBYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
	crypto_generichash_update(&state, sender, crypto_box_PUBLICKEYBYTES);
	crypto_generichash_update(&state, recipient, crypto_box_PUBLICKEYBYTES);
	crypto_generichash_final(&state, nonce, crypto_box_NONCEBYTES);
}

bool
keywrap_seal(const uint8_t recipient[KEYWRAP_PUBLIC_SIZE],
			 const uint8_t one_time[KEYWRAP_SEED_SIZE], McSpan message, uint8_t *sealed)
{
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	uint8_t nonce[crypto_box_NONCEBYTES];
	bool done;

	crypto_box_seed_keypair(sealed, secret, one_time);
	seal_nonce(sealed, recipient, nonce);
	done = crypto_box_easy(sealed + crypto_box_PUBLICKEYBYTES, message.data, message.size, nonce,
						   recipient, secret) == 0;
	suite_wipe(secret, sizeof(secret));
	return done;
}

bool
keywrap_open(const uint8_t seed[KEYWRAP_SEED_SIZE], McSpan sealed, uint8_t *message)
{
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	uint8_t public_key[KEYWRAP_PUBLIC_SIZE];
	bool opened;

	if (sealed.size < KEYWRAP_SEAL_OVERHEAD)
		return false;
	crypto_box_seed_keypair(public_key, secret, seed);
	opened = crypto_box_seal_open(message, sealed.data, sealed.size, public_key, secret) == 0;
	suite_wipe(secret, sizeof(secret));
	return opened;
}

static bool
stretch(McSpan passphrase, const uint8_t *salt, uint8_t key[32])
{
	return passphrase.size <= KEYWRAP_PASSPHRASE_MAX &&
		   crypto_pwhash(key, 32, (const char *) passphrase.data, passphrase.size, salt,
						 ARGON_PASSES, ARGON_BYTES, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool
keywrap_lock(const uint8_t seed[SUITE_SEED_SIZE], McSpan passphrase, McSpan name,
			 const uint8_t random[KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE],
			 uint8_t locked[KEYWRAP_LOCKED_SIZE])
{
	const uint8_t *nonce = random + KEYWRAP_SALT_SIZE;
	uint8_t key[32];
	bool done = stretch(passphrase, random, key);

	locked[0] = LOCKED_FORMAT;
	memcpy(locked + 1, random, KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE);
	if (done)
		crypto_aead_xchacha20poly1305_ietf_encrypt(
			locked + 1 + KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE, NULL, seed, SUITE_SEED_SIZE,
			name.data, name.size, NULL, nonce, key);
	suite_wipe(key, sizeof(key));
	return done;
}

bool
keywrap_unlock(McSpan locked, McSpan passphrase, McSpan name, uint8_t seed[SUITE_SEED_SIZE])
{
	const uint8_t *salt = locked.data + 1;
	const uint8_t *nonce = salt + KEYWRAP_SALT_SIZE;
	uint8_t key[32];
	bool opened;

	if (locked.size != KEYWRAP_LOCKED_SIZE || locked.data[0] != LOCKED_FORMAT)
		return false;
	opened = stretch(passphrase, salt, key) &&
			 crypto_aead_xchacha20poly1305_ietf_decrypt(
				 seed, NULL, NULL, nonce + KEYWRAP_NONCE_SIZE, SUITE_SEED_SIZE + 16, name.data,
				 name.size, nonce, key) == 0;
	suite_wipe(key, sizeof(key));
	return opened;
}
