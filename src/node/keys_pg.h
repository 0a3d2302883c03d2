/*
 * keys_pg.h - this node's key files in meschain.state_directory: identity, voting, wrapping.
 *
 * Three keys, three purposes (A25). Files are 0600 in a 0700 directory outside the data directory,
 * so that no base backup carries one (A17). Seeds never pass through SQL.
 */
#ifndef MESCHAIN_NODE_KEYS_PG_H
#define MESCHAIN_NODE_KEYS_PG_H

#include "postgres.h"

#include "base/keywrap.h"
#include "base/suite.h"

typedef enum NodeKey
{
	NODE_KEY_IDENTITY, /* governs membership; belongs offline once it is copied away */
	NODE_KEY_VOTING,
	NODE_KEY_WRAPPING, /* encrypts the accounts' keys that this database holds */
	NODE_KEY_NEXT,     /* votes from the epoch on whose validator set names it (A18) */
} NodeKey;

/* Raises when the directory or the file is missing or unsafe. */
extern void keys_load(NodeKey key, SuiteSecret *secret);

/* True when the file is there. */
extern bool keys_exist(NodeKey key);

/* Makes the file durable; raises when it exists. */
extern void keys_create(NodeKey key);

/* The next voting key takes the old one's place, which is erased. */
extern void keys_take_next(void);

/* Takes away a next key that was never used. */
extern void keys_drop_next(void);

#define KEYS_WRAPPED_SIZE (24 + 16 + SUITE_SEED_SIZE)

/* Authenticated encryption of a seed under the wrapping key, bound to its account's name. */
extern void keys_wrap(const uint8_t seed[SUITE_SEED_SIZE], const char *account,
					  uint8_t wrapped[KEYS_WRAPPED_SIZE]);
extern bool keys_unwrap(const uint8_t *wrapped, size_t size, const char *account,
						uint8_t seed[SUITE_SEED_SIZE]);

/* Clients seal to this what only the node is to read; it opens what was sealed so. */
extern void keys_sealing_public(uint8_t public_key[KEYWRAP_PUBLIC_SIZE]);
extern bool keys_open_sealed(McSpan sealed, uint8_t *message);

extern void keys_random(void *out, size_t size);

#endif
