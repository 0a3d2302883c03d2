/* genesis.c - codec and checks of the genesis document. Pure. */
#include "ledger/genesis.h"

#include "base/digest.h"

void
genesis_init(Genesis *genesis)
{
	memset(genesis, 0, sizeof(*genesis));
	for (int id = 0; id < PARAMETER_COUNT; id++)
		genesis->parameters[id] = parameter_info((ParameterId) id)->standard;
}

static McStatus
invalid(McProblem *problem, const char *why)
{
	return status_problem_name(problem, MC_INVALID_GENESIS, why, strlen(why));
}

static bool
name_valid(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
			  name[i] == '_'))
			return false;
	return size > 0 && size <= GENESIS_NAME_MAX && name[0] >= 'a';
}

static bool
key_valid(const uint8_t key[SUITE_PUBLIC_SIZE])
{
	SuiteKey named = { .suite = SUITE_ED25519 };

	memcpy(named.public_key, key, SUITE_PUBLIC_SIZE);
	return suite_key_valid(&named);
}

bool
genesis_member_valid(const GenesisMember *member)
{
	return name_valid(member->name) && key_valid(member->identity_key) &&
		   key_valid(member->voting_key);
}

bool
genesis_members_clash(const GenesisMember *left, const GenesisMember *right)
{
	return strcmp(left->name, right->name) == 0 ||
		   memcmp(left->identity_key, right->identity_key, SUITE_PUBLIC_SIZE) == 0 ||
		   memcmp(left->voting_key, right->voting_key, SUITE_PUBLIC_SIZE) == 0;
}

McStatus
genesis_check(const Genesis *genesis, McProblem *problem)
{
	if (genesis->member_count == 0 || genesis->member_count > GENESIS_MEMBERS_MAX)
		return invalid(problem, "a federation has 1 to 100 members");
	for (uint32_t i = 0; i < genesis->member_count; i++)
	{
		const GenesisMember *member = &genesis->members[i];

		if (!name_valid(member->name))
			return invalid(problem, "a member's name is a letter and then a-z, 0-9, _");
		if (!key_valid(member->identity_key) || !key_valid(member->voting_key))
			return invalid(problem, "a member's key is no Ed25519 public key");
		for (uint32_t k = 0; k < i; k++)
			if (genesis_members_clash(member, &genesis->members[k]))
				return invalid(problem, "two members share a name or a key");
	}
	if (genesis->created_ms > INT64_MAX)
		return invalid(problem, "created_ms is out of range");
	for (int id = 0; id < PARAMETER_COUNT; id++)
		if (parameter_check((ParameterId) id, genesis->parameters[id], problem) != MC_OK)
			return problem->status;
	return MC_OK;
}

static void
put_member(WireWriter *writer, const GenesisMember *member)
{
	wire_put_array(writer, 6);
	wire_put_text(writer, span_text(member->name));
	wire_put_bytes(writer, member->identity_key, SUITE_PUBLIC_SIZE);
	wire_put_bytes(writer, member->voting_key, SUITE_PUBLIC_SIZE);
	wire_put_bytes(writer, member->fee_address.bytes, HASH_SIZE);
	wire_put_text(writer, span_text(member->host));
	wire_put_uint(writer, member->port);
}

void
genesis_encode(const Genesis *genesis, WireWriter *writer)
{
	wire_put_array(writer, 5);
	wire_put_uint(writer, GENESIS_VERSION);
	wire_put_uint(writer, genesis->created_ms);
	wire_put_text(writer, span_text(genesis->fee_asset.code));
	wire_put_array(writer, PARAMETER_COUNT);
	for (int id = 0; id < PARAMETER_COUNT; id++)
		wire_put_int(writer, genesis->parameters[id]);
	wire_put_array(writer, genesis->member_count);
	for (uint32_t i = 0; i < genesis->member_count; i++)
		put_member(writer, &genesis->members[i]);
}

static bool
read_string(WireReader *reader, size_t maximum, char *out)
{
	McSpan text;

	if (!wire_read_text(reader, maximum, &text))
		return false;
	memcpy(out, text.data, text.size);
	out[text.size] = '\0';
	return true;
}

static bool
read_member(WireReader *reader, GenesisMember *member)
{
	uint64_t port;

	if (!wire_read_tuple(reader, 6) || !read_string(reader, GENESIS_NAME_MAX, member->name) ||
		!wire_read_fixed(reader, member->identity_key, SUITE_PUBLIC_SIZE) ||
		!wire_read_fixed(reader, member->voting_key, SUITE_PUBLIC_SIZE) ||
		!wire_read_fixed(reader, member->fee_address.bytes, HASH_SIZE) ||
		!read_string(reader, GENESIS_HOST_MAX, member->host) ||
		!wire_read_uint_max(reader, UINT16_MAX, &port))
		return false;
	member->port = (uint16_t) port;
	return true;
}

static bool
read_genesis(WireReader *reader, Genesis *genesis, McProblem *problem)
{
	uint64_t version;
	size_t count;
	McSpan asset;

	if (!wire_read_tuple(reader, 5) || !wire_read_uint_max(reader, GENESIS_VERSION, &version) ||
		!wire_read_uint_max(reader, INT64_MAX, &genesis->created_ms) ||
		!wire_read_text(reader, ASSET_CODE_MAX, &asset) ||
		!wire_read_tuple(reader, PARAMETER_COUNT))
		return false;
	if (asset.size > 0 && tx_asset_parse(asset, &genesis->fee_asset, problem) != MC_OK)
		return wire_reader_fail(reader, problem->status);
	for (int id = 0; id < PARAMETER_COUNT; id++)
		if (!wire_read_int(reader, &genesis->parameters[id]))
			return false;
	if (!wire_read_array(reader, GENESIS_MEMBERS_MAX, &count))
		return false;
	genesis->member_count = (uint32_t) count;
	for (size_t i = 0; i < count; i++)
		if (!read_member(reader, &genesis->members[i]))
			return false;
	return wire_read_end(reader);
}

McStatus
genesis_decode(McSpan bytes, Genesis *genesis, McProblem *problem)
{
	WireReader reader;

	memset(genesis, 0, sizeof(*genesis));
	wire_reader_init(&reader, bytes);
	if (!read_genesis(&reader, genesis, problem))
		return status_problem(problem, reader.status, (int64_t) reader.fault_offset, 0);
	return genesis_check(genesis, problem);
}

LedgerFees
genesis_fees(const Genesis *genesis, uint32_t proposer)
{
	assert(proposer < genesis->member_count);
	return (LedgerFees){ .asset = genesis->fee_asset,
						 .payee = genesis->members[proposer].fee_address };
}

void
genesis_hash(const Genesis *genesis, McHash *hash)
{
	static _Thread_local uint8_t bytes[GENESIS_BYTES_MAX];
	WireWriter writer;
	McSpan encoded;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	genesis_encode(genesis, &writer);
	assert(!writer.full);
	encoded = wire_written(&writer);
	digest_sha256(hash, &encoded, 1);
}

void
genesis_agreement(const Genesis *genesis, McHash *hash)
{
	McHash document;

	genesis_hash(genesis, &document);
	digest_tagged(hash, "MES1-genesis-agreement", span_of(document.bytes, HASH_SIZE));
}

#define VALSET_ENTRY_SIZE (4 + SUITE_PUBLIC_SIZE + 8)

void
genesis_valset_hash(const Genesis *genesis, McHash *hash)
{
	uint8_t entries[GENESIS_MEMBERS_MAX * VALSET_ENTRY_SIZE];

	for (uint32_t i = 0; i < genesis->member_count; i++)
	{
		uint8_t *entry = entries + (size_t) i * VALSET_ENTRY_SIZE;

		put_be32(entry, i);
		memcpy(entry + 4, genesis->members[i].voting_key, SUITE_PUBLIC_SIZE);
		put_be64(entry + 4 + SUITE_PUBLIC_SIZE, 0); /* incarnation: no REJOIN yet */
	}
	digest_tagged(hash, "MES1-valset",
				  span_of(entries, genesis->member_count * (size_t) VALSET_ENTRY_SIZE));
}
