/*
 * addresses.h - writes addresses.json: keys from seeds, conditions, trees, addresses of every
 * shape, and texts that are no address.
 */
#ifndef MESCHAIN_VECTORS_ADDRESSES_H
#define MESCHAIN_VECTORS_ADDRESSES_H

#include "vectors/json.h"
#include "vectors/party.h"

static inline void
address_member(const char *name, const McAddress *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	address_format(address, text);
	json_string(name, text);
}

static inline void
write_keys(void)
{
	static const struct
	{
		uint8_t suite;
		uint8_t number;
	} keys[] = { { 1, 1 }, { 1, 2 }, { 2, 1 }, { 2, 2 }, { 1, 11 }, { 1, 12 }, { 2, 13 },
				 { 1, 21 }, { 1, 22 } };

	json_open("keys", '[');
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
	{
		SuiteSecret secret = fixture_secret(keys[i].suite, keys[i].number);
		McAddress address = fixture_address(keys[i].suite, keys[i].number);

		json_open(NULL, '{');
		json_number("suite", keys[i].suite);
		json_hex("seed", secret.seed, SUITE_SEED_SIZE);
		json_hex("public_key", secret.key.public_key, SUITE_PUBLIC_SIZE);
		address_member("address", &address);
		json_close('}');
	}
	json_close(']');
}

static inline void
write_condition(const Party *party)
{
	WireReader reader;
	TxCondition condition;
	McHash leaf;

	wire_reader_init(&reader, party->condition);
	condition_read(&reader, &condition, NULL);
	condition_leaf(party->condition, &leaf);
	json_open(NULL, '{');
	json_number("threshold", condition.threshold);
	json_open("keys", '[');
	for (uint32_t i = 0; i < condition.key_count; i++)
	{
		SuiteKey key;

		condition_key(&condition, i, &key);
		json_open(NULL, '{');
		json_number("suite", key.suite);
		json_hex("public_key", key.public_key, SUITE_PUBLIC_SIZE);
		json_close('}');
	}
	json_close(']');
	json_number("lock_height", (int64_t) condition.lock_height);
	if (condition.hash_locked)
		json_hex("hash_lock", condition.hash_lock, HASH_SIZE);
	json_hex("encoded", party->condition.data, party->condition.size);
	json_hex("leaf", leaf.bytes, HASH_SIZE);
	json_number("position", party->position);
	json_open("path", '[');
	for (uint32_t i = 0; i < party->path_count; i++)
		json_hex(NULL, party->path[i].bytes, HASH_SIZE);
	json_close(']');
	json_close('}');
}

static inline void
write_address(const char *name, const Party *branches, size_t count)
{
	McHash leaf;
	McHash root;

	condition_leaf(branches[0].condition, &leaf);
	condition_climb(&leaf, branches[0].position, branches[0].path, branches[0].path_count, &root);
	json_open(NULL, '{');
	json_string("name", name);
	json_open("conditions", '[');
	for (size_t i = 0; i < count; i++)
		write_condition(&branches[i]);
	json_close(']');
	json_hex("root", root.bytes, HASH_SIZE);
	json_hex("address_bytes", branches[0].address.bytes, HASH_SIZE);
	address_member("address", &branches[0].address);
	json_close('}');
}

/* Texts that differ from a good one by what people and programs do to them. */
static inline void
write_bad_texts(void)
{
	McAddress address = fixture_address(SUITE_ED25519, 1);
	char good[ADDRESS_TEXT_SIZE + 1];
	char text[ADDRESS_TEXT_SIZE + 1];

	address_format(&address, good);
	json_open("not_addresses", '[');
	json_string(NULL, "");
	json_string(NULL, "mes1");
	json_text(NULL, span_of(good, ADDRESS_TEXT_SIZE - 1));
	memcpy(text, good, sizeof(good));
	text[20] = text[20] == 'q' ? 'p' : 'q';
	json_string(NULL, text);
	memcpy(text, good, sizeof(good));
	text[61] = text[61] == 'q' ? 'p' : 'q';
	json_string(NULL, text);
	memcpy(text, good, sizeof(good));
	text[0] = 'M';
	json_string(NULL, text);
	memcpy(text, good, sizeof(good));
	text[2] = 'r';
	json_string(NULL, text);
	memcpy(text, good, sizeof(good));
	text[30] = 'b';
	json_string(NULL, text);
	json_close(']');
}

static inline void
write_addresses(void)
{
	Party key = party_of_key(SUITE_ED25519, 1);
	Party schnorr = party_of_key(SUITE_SCHNORR, 1);
	Party several = party_of_two_of_three();
	Party policy[BRANCHES];

	for (size_t i = 0; i < BRANCHES; i++)
		policy[i] = party_of_branch(i);
	json_open(NULL, '{');
	write_keys();
	json_open("addresses", '[');
	write_address("one key of suite 1", &key, 1);
	write_address("one key of suite 2", &schnorr, 1);
	write_address("two of three keys of both suites", &several, 1);
	write_address("a policy of three branches", policy, BRANCHES);
	json_close(']');
	write_bad_texts();
	json_close('}');
}

#endif
