/*
 * condition.h - what an address commits to: a Merkle tree of spending conditions.
 *
 *   condition = [threshold, [[suite, public_key], ...], lock_height, hash_lock or null]
 *   leaf      = RFC 6962 leaf over "MES1-condition" || condition
 *   address   = H("MES1-address" || root of the leaves)
 *
 * A condition holds when threshold of its keys signed, the block is not below lock_height, and
 * the 32 bytes whose SHA-256 is hash_lock are shown. One key is a tree of one leaf, m-of-n also;
 * a policy has many leaves and a spend reveals one. All addresses look alike.
 */
#ifndef MESCHAIN_TX_CONDITION_H
#define MESCHAIN_TX_CONDITION_H

#include "base/address.h"
#include "base/suite.h"
#include "base/wire.h"

#define CONDITION_KEYS_MAX 128
#define PREIMAGE_SIZE 32

/* A tree of at most 2^16 conditions. */
#define POLICY_PATH_MAX 16

/* Every byte of a condition at its largest: heads, keys, height, hash. */
#define CONDITION_BYTES_MAX (CONDITION_KEYS_MAX * 36 + 64)

typedef struct TxCondition
{
	McSpan bytes;
	uint32_t threshold;
	uint32_t key_count;
	McSpan keys; /* the items, each CONDITION_KEY_BYTES long */
	uint64_t lock_height;
	bool hash_locked;
	uint8_t hash_lock[HASH_SIZE];
} TxCondition;

extern McStatus condition_read(WireReader *reader, TxCondition *condition, McProblem *problem);

/* index < key_count */
extern void condition_key(const TxCondition *condition, uint32_t index, SuiteKey *key);

/*
 * Writes a condition; sorts nothing: keys come strictly ascending by suite and bytes
 * (condition_sort_keys). hash_lock may be NULL.
 */
extern void condition_put(WireWriter *writer, uint32_t threshold, const SuiteKey *keys,
						  uint32_t key_count, uint64_t lock_height, const uint8_t *hash_lock);
extern void condition_sort_keys(SuiteKey *keys, uint32_t key_count);

extern void condition_leaf(McSpan condition, McHash *leaf);

/* The address of a tree with this root. */
extern void condition_address(const McHash *root, McAddress *address);

/* The address of one key, the usual case. */
extern void condition_address_of_key(const SuiteKey *key, McAddress *address);

/*
 * From a leaf to the root: bit i of position says whether path[i] stands left of the node. Needs
 * count <= POLICY_PATH_MAX.
 */
extern void condition_climb(const McHash *leaf, uint32_t position, const McHash *path,
							uint32_t count, McHash *root);

/* The path and position of a leaf; returns the length. Needs index < count <= 2^POLICY_PATH_MAX. */
extern uint32_t condition_path(const McHash *leaves, size_t count, size_t index,
							   McHash path[POLICY_PATH_MAX], uint32_t *position);

#endif
