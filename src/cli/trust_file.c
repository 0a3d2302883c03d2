/*
 * trust_file.c - reads a trust file. Of a genesis document every field is hashed anew: who compared
 * the hash with others has compared the keys.
 */
#include "cli/trust_file.h"

#include "ledger/genesis.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define TRUST_FILE_MAX (1024 * 1024)

static const char *
text_field(const json_t *object, const char *name, const char *path)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL)
		cli_fail("\"%s\" lacks \"%s\"", path, name);
	return text;
}

static int64_t
number_field(const json_t *object, const char *name, const char *path)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		cli_fail("\"%s\" lacks the number \"%s\"", path, name);
	return json_integer_value(value);
}

static void
copy_text(char *out, size_t size, const char *text, const char *path)
{
	if (strlen(text) >= size)
		cli_fail("\"%s\" holds a text that is too long: \"%.40s\"", path, text);
	memcpy(out, text, strlen(text) + 1);
}

static void
read_parameters(const json_t *parameters, Genesis *genesis, const char *path)
{
	const char *fee_asset = json_string_value(json_object_get(parameters, "fee_asset"));
	McProblem problem;

	for (int id = 0; id < PARAMETER_COUNT; id++)
		genesis->parameters[id] =
			number_field(parameters, parameter_info((ParameterId) id)->name, path);
	if (fee_asset != NULL)
		cli_check(tx_asset_parse(span_text(fee_asset), &genesis->fee_asset, &problem), &problem);
}

static void
read_member(const json_t *object, GenesisMember *member, const char *path)
{
	copy_text(member->name, sizeof(member->name), text_field(object, "name", path), path);
	copy_text(member->host, sizeof(member->host), text_field(object, "host", path), path);
	cli_hex("identity_key", text_field(object, "identity_key", path), member->identity_key,
			SUITE_PUBLIC_SIZE);
	cli_hex("voting_key", text_field(object, "voting_key", path), member->voting_key,
			SUITE_PUBLIC_SIZE);
	member->fee_address = cli_address(text_field(object, "fee_address", path));
	member->port = (uint16_t) number_field(object, "port", path);
}

static void
read_genesis(const json_t *document, Genesis *genesis, const char *path)
{
	const json_t *members = json_object_get(document, "members");
	McProblem problem;

	genesis_init(genesis);
	genesis->created_ms = (uint64_t) number_field(document, "created_ms", path);
	read_parameters(json_object_get(document, "parameters"), genesis, path);
	if (json_array_size(members) > GENESIS_MEMBERS_MAX)
		cli_fail("\"%s\" has more than %d members", path, GENESIS_MEMBERS_MAX);
	for (size_t i = 0; i < json_array_size(members); i++)
		read_member(json_array_get(members, i), &genesis->members[genesis->member_count++], path);
	cli_check(genesis_check(genesis, &problem), &problem);
}

static const char *
trust_genesis(const json_t *document, ProofTrust *trust, const char *path)
{
	Genesis *genesis = cli_alloc(sizeof(Genesis));
	ProofMember members[GENESIS_MEMBERS_MAX] = { 0 };
	McHash stated;
	McHash hash;

	read_genesis(document, genesis, path);
	genesis_hash(genesis, &hash);
	cli_hex("genesis_hash", text_field(document, "genesis_hash", path), stated.bytes, HASH_SIZE);
	if (!hash_equal(&stated, &hash))
		cli_fail("\"%s\" was changed: it says hash %s and hashes to %s", path,
				 text_field(document, "genesis_hash", path), cli_to_hex(hash.bytes, HASH_SIZE));
	for (uint32_t i = 0; i < genesis->member_count; i++)
		memcpy(members[i].voting_key, genesis->members[i].voting_key, SUITE_PUBLIC_SIZE);
	proof_trust_genesis(trust, &hash, members, genesis->member_count);
	return cli_format("genesis %s of %u member%s", cli_to_hex(hash.bytes, HASH_SIZE),
					  genesis->member_count, genesis->member_count == 1 ? "" : "s");
}

static const char *
trust_block(const json_t *anchor, ProofTrust *trust, const char *path)
{
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	int64_t height = number_field(anchor, "height", path);
	McHash hash;

	if (height < 1)
		cli_fail("\"%s\": height %" PRId64 " is no block's", path, height);
	cli_hex("chain_id", text_field(anchor, "chain_id", path), chain_id, sizeof(chain_id));
	cli_hex("block_hash", text_field(anchor, "block_hash", path), hash.bytes, HASH_SIZE);
	proof_trust_block(trust, chain_id, (uint64_t) height, &hash);
	return cli_format("block %" PRId64 " with hash %s", height, cli_to_hex(hash.bytes, HASH_SIZE));
}

const char *
trust_file_read(const char *path, ProofTrust *trust)
{
	McSpan content = cli_read(path, TRUST_FILE_MAX);
	json_error_t error;
	json_t *document =
		json_loadb((const char *) content.data, content.size, JSON_REJECT_DUPLICATES, &error);

	if (document == NULL)
		cli_fail("\"%s\", line %d: %s", path, error.line, error.text);
	return json_object_get(document, "members") != NULL ? trust_genesis(document, trust, path)
														: trust_block(document, trust, path);
}
