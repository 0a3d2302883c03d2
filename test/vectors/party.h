/*
 * party.h - who signs in the vectors: a key, two of three keys, one branch of a policy. Keys come
 * from seeds of one repeated byte.
 */
#ifndef MESCHAIN_VECTORS_PARTY_H
#define MESCHAIN_VECTORS_PARTY_H

#include "base/digest.h"
#include "base/merkle.h"
#include "unit/tx_fixture.h"

#define BRANCHES 3

typedef struct Party
{
	McSpan condition;
	McAddress address;
	uint32_t position;
	uint32_t path_count;
	McHash path[POLICY_PATH_MAX];
	SuiteSecret signers[2];
	uint32_t key_indexes[2];
	uint32_t signer_count;
	const uint8_t *preimage;
} Party;

static const uint8_t party_preimage[PREIMAGE_SIZE + 1] = "thirty-two bytes open this lock.";

static inline McSpan
party_condition(uint32_t threshold, const SuiteKey *keys, uint32_t count, uint64_t lock_height,
				const uint8_t *hash_lock)
{
	WireWriter writer;

	wire_writer_init(&writer, arena + arena_used, CONDITION_BYTES_MAX);
	condition_put(&writer, threshold, keys, count, lock_height, hash_lock);
	assert(!writer.full);
	arena_used += writer.size;
	return wire_written(&writer);
}

static inline Party
party_of_key(uint8_t suite, uint8_t number)
{
	Party party = { .signers = { fixture_secret(suite, number) }, .signer_count = 1 };

	party.condition = party_condition(1, &party.signers[0].key, 1, 0, NULL);
	party.address = fixture_address(suite, number);
	return party;
}

/* Keys 11 and 12 of suite 1 and 13 of suite 2, sorted. */
static inline void
party_three_keys(SuiteKey keys[3])
{
	keys[0] = fixture_secret(SUITE_ED25519, 11).key;
	keys[1] = fixture_secret(SUITE_ED25519, 12).key;
	keys[2] = fixture_secret(SUITE_SCHNORR, 13).key;
	condition_sort_keys(keys, 3);
}

/* Signs with the first of the sorted keys and with key 13, which is the last. */
static inline void
party_two_sign(Party *party)
{
	SuiteKey keys[3];
	SuiteSecret eleven = fixture_secret(SUITE_ED25519, 11);

	party_three_keys(keys);
	party->signers[0] =
		memcmp(keys[0].public_key, eleven.key.public_key, SUITE_PUBLIC_SIZE) == 0
			? eleven
			: fixture_secret(SUITE_ED25519, 12);
	party->signers[1] = fixture_secret(SUITE_SCHNORR, 13);
	party->key_indexes[1] = 2;
	party->signer_count = 2;
}

static inline Party
party_of_two_of_three(void)
{
	Party party = { .position = 0 };
	SuiteKey keys[3];
	McHash leaf;

	party_three_keys(keys);
	party.condition = party_condition(2, keys, 3, 0, NULL);
	condition_leaf(party.condition, &leaf);
	condition_address(&leaf, &party.address);
	party_two_sign(&party);
	return party;
}

/*
 * A policy: key 21 at any time and the preimage; two of three from block 1000; key 22 from block
 * 5000.
 */
static inline void
party_policy_conditions(McSpan conditions[BRANCHES])
{
	McSpan preimage = span_of(party_preimage, PREIMAGE_SIZE);
	SuiteKey keys[3];
	SuiteKey owner = fixture_secret(SUITE_ED25519, 21).key;
	SuiteKey heir = fixture_secret(SUITE_ED25519, 22).key;
	McHash lock;

	digest_sha256(&lock, &preimage, 1);
	party_three_keys(keys);
	conditions[0] = party_condition(1, &owner, 1, 0, lock.bytes);
	conditions[1] = party_condition(2, keys, 3, 1000, NULL);
	conditions[2] = party_condition(1, &heir, 1, 5000, NULL);
}

static inline Party
party_of_branch(size_t branch)
{
	Party party = { .signer_count = 1 };
	McSpan conditions[BRANCHES];
	McHash leaves[BRANCHES];
	McHash root;

	party_policy_conditions(conditions);
	for (size_t i = 0; i < BRANCHES; i++)
		condition_leaf(conditions[i], &leaves[i]);
	merkle_root(leaves, BRANCHES, &root);
	condition_address(&root, &party.address);
	party.condition = conditions[branch];
	party.path_count = condition_path(leaves, BRANCHES, branch, party.path, &party.position);
	party.signers[0] = fixture_secret(SUITE_ED25519, branch == 0 ? 21 : 22);
	if (branch == 0)
		party.preimage = party_preimage;
	if (branch == 1)
		party_two_sign(&party);
	return party;
}

static inline void
party_put_witness(WireWriter *writer, const Party *party, const McHash *signing_hash)
{
	TxSignature signatures[2];

	for (uint32_t i = 0; i < party->signer_count; i++)
	{
		signatures[i].key_index = party->key_indexes[i];
		suite_sign(&party->signers[i], span_hash(signing_hash), signatures[i].bytes);
	}
	witness_put(writer, party->condition, party->position, party->path, party->path_count,
				signatures, party->signer_count, party->preimage);
}

#endif
