/*
 * keywrap.h - secret keys that travel or rest encrypted, so that none ever stands in SQL text
 * (P11): sealed to a public key, or locked by a passphrase.
 *
 * Randomness comes in as arguments: this floor has none. A sealed message is libsodium's sealed box
 * of X25519 and XSalsa20-Poly1305, so a client opens and makes it with crypto_box_seal alone. A
 * locked key is XChaCha20-Poly1305 under Argon2id of the passphrase:
 *
 *   locked = format 1 (1 byte) || salt (16) || nonce (24) || encrypted seed and tag (48)
 */
#ifndef MESCHAIN_BASE_KEYWRAP_H
#define MESCHAIN_BASE_KEYWRAP_H

#include "base/bytes.h"
#include "base/suite.h"

#define KEYWRAP_PUBLIC_SIZE 32
#define KEYWRAP_SEED_SIZE 32
/* What sealing adds: the sender's one-time public key and a tag. */
#define KEYWRAP_SEAL_OVERHEAD 48

#define KEYWRAP_SALT_SIZE 16
#define KEYWRAP_NONCE_SIZE 24
#define KEYWRAP_LOCKED_SIZE (1 + KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE + SUITE_SEED_SIZE + 16)
#define KEYWRAP_PASSPHRASE_MAX 1024

/* The X25519 key to seal to, whose secret is the seed's. */
extern void keywrap_public(const uint8_t seed[KEYWRAP_SEED_SIZE],
						   uint8_t public_key[KEYWRAP_PUBLIC_SIZE]);

/* one_time: fresh random bytes, never used twice. Writes message.size + KEYWRAP_SEAL_OVERHEAD. */
extern bool keywrap_seal(const uint8_t recipient[KEYWRAP_PUBLIC_SIZE],
						 const uint8_t one_time[KEYWRAP_SEED_SIZE], McSpan message,
						 uint8_t *sealed);

/* Writes sealed.size - KEYWRAP_SEAL_OVERHEAD bytes; false for what was not sealed to this seed. */
extern bool keywrap_open(const uint8_t seed[KEYWRAP_SEED_SIZE], McSpan sealed, uint8_t *message);

/* random: salt and nonce, fresh. False when memory for Argon2id is not to be had. */
extern bool keywrap_lock(const uint8_t seed[SUITE_SEED_SIZE], McSpan passphrase, McSpan name,
						 const uint8_t random[KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE],
						 uint8_t locked[KEYWRAP_LOCKED_SIZE]);

/* False for another passphrase, another account's name, a changed byte. */
extern bool keywrap_unlock(McSpan locked, McSpan passphrase, McSpan name,
						   uint8_t seed[SUITE_SEED_SIZE]);

#endif
