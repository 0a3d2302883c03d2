/*
 * governance.c - the roll and the settings, read from rows where there are any and from genesis
 * elsewhere. Writes nothing: what passes is proposal.c's to say.
 */
#include "ledger/governance.h"

#include "base/digest.h"
#include "pbft/certificate.h"

#define PPM 1000000

McSpan
governance_member_key(uint32_t number, uint8_t key[2])
{
	assert(number < GOVERNANCE_NUMBERS_MAX);
	key[0] = (uint8_t) (number >> 8);
	key[1] = (uint8_t) number;
	return span_of(key, 2);
}

void
governance_member_write(WireWriter *writer, const GovernanceMember *row)
{
	const GenesisMember *member = &row->member;

	wire_put_array(writer, 8);
	wire_put_uint(writer, row->standing);
	wire_put_uint(writer, row->incarnation);
	wire_put_text(writer, span_text(member->name));
	wire_put_bytes(writer, member->identity_key, SUITE_PUBLIC_SIZE);
	wire_put_bytes(writer, member->voting_key, SUITE_PUBLIC_SIZE);
	wire_put_bytes(writer, member->fee_address.bytes, HASH_SIZE);
	wire_put_text(writer, span_text(member->host));
	wire_put_uint(writer, member->port);
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

bool
governance_member_read(McSpan value, GovernanceMember *row)
{
	GenesisMember *member = &row->member;
	WireReader reader;
	uint64_t standing;
	uint64_t port;

	memset(row, 0, sizeof(*row));
	wire_reader_init(&reader, value);
	if (!wire_read_tuple(&reader, 8) || !wire_read_uint_max(&reader, MEMBER_REMOVED, &standing) ||
		!wire_read_uint(&reader, &row->incarnation) ||
		!read_string(&reader, GENESIS_NAME_MAX, member->name) ||
		!wire_read_fixed(&reader, member->identity_key, SUITE_PUBLIC_SIZE) ||
		!wire_read_fixed(&reader, member->voting_key, SUITE_PUBLIC_SIZE) ||
		!wire_read_fixed(&reader, member->fee_address.bytes, HASH_SIZE) ||
		!read_string(&reader, GENESIS_HOST_MAX, member->host) ||
		!wire_read_uint_max(&reader, UINT16_MAX, &port) || !wire_read_end(&reader))
		return false;
	row->standing = (MemberStanding) standing;
	member->port = (uint16_t) port;
	return standing >= MEMBER_ACTIVE;
}

bool
governance_member(const GovernanceState *state, uint32_t number, GovernanceMember *member)
{
	uint8_t key[2];
	McSpan value;

	if (number >= GOVERNANCE_NUMBERS_MAX || state->genesis == NULL)
		return false;
	if (state->get_row(state->context, TX_TABLE_MEMBERS, governance_member_key(number, key),
					   &value))
		return governance_member_read(value, member);
	if (number >= state->genesis->member_count)
		return false;
	*member =
		(GovernanceMember){ .standing = MEMBER_ACTIVE, .member = state->genesis->members[number] };
	return true;
}

/* Numbers are given without a gap: the first that is free is found by halving. */
uint32_t
governance_number_count(const GovernanceState *state)
{
	uint32_t low = state->genesis != NULL ? state->genesis->member_count : 0;
	uint32_t high = GOVERNANCE_NUMBERS_MAX;
	GovernanceMember unused;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (governance_member(state, middle, &unused))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
governance_valset(const GovernanceState *state, GovernanceValset *valset)
{
	uint32_t count = governance_number_count(state);
	GovernanceMember row;

	valset->count = 0;
	for (uint32_t number = 0; number < count; number++)
	{
		GovernanceSeat *seat = &valset->seats[valset->count];

		if (!governance_member(state, number, &row) || row.standing != MEMBER_ACTIVE)
			continue;
		assert(valset->count < GENESIS_MEMBERS_MAX);
		seat->number = number;
		seat->incarnation = row.incarnation;
		memcpy(seat->voting_key, row.member.voting_key, SUITE_PUBLIC_SIZE);
		valset->count++;
	}
}

#define VALSET_ENTRY_SIZE (4 + SUITE_PUBLIC_SIZE + 8)

void
governance_valset_hash(const GovernanceValset *valset, McHash *hash)
{
	uint8_t entries[GENESIS_MEMBERS_MAX * VALSET_ENTRY_SIZE];

	for (uint32_t i = 0; i < valset->count; i++)
	{
		uint8_t *entry = entries + (size_t) i * VALSET_ENTRY_SIZE;

		put_be32(entry, i);
		memcpy(entry + 4, valset->seats[i].voting_key, SUITE_PUBLIC_SIZE);
		put_be64(entry + 4 + SUITE_PUBLIC_SIZE, valset->seats[i].incarnation);
	}
	digest_tagged(hash, "MES1-valset",
				  span_of(entries, valset->count * (size_t) VALSET_ENTRY_SIZE));
}

McSpan
governance_setting_key(GovernanceSetting kind, McSpan name,
					   uint8_t key[1 + GOVERNANCE_SETTING_NAME_MAX])
{
	assert(name.size <= GOVERNANCE_SETTING_NAME_MAX);
	key[0] = (uint8_t) kind;
	memcpy(key + 1, name.data, name.size);
	return span_of(key, 1 + name.size);
}

int64_t
governance_setting(const GovernanceState *state, GovernanceSetting kind, McSpan name)
{
	uint8_t key[1 + GOVERNANCE_SETTING_NAME_MAX];
	ParameterId parameter = parameter_by_name((const char *) name.data, name.size);
	WireReader reader;
	McSpan value;
	int64_t number;

	if (state->get_row(state->context, TX_TABLE_SETTINGS, governance_setting_key(kind, name, key),
					   &value))
	{
		wire_reader_init(&reader, value);
		if (wire_read_int(&reader, &number) && wire_read_end(&reader))
			return number;
	}
	if (kind != SETTING_PARAMETER || parameter == PARAMETER_COUNT || state->genesis == NULL)
		return 0;
	return state->genesis->parameters[parameter];
}

void
governance_parameters(const GovernanceState *state, Genesis *document)
{
	for (int id = 0; id < PARAMETER_COUNT; id++)
		document->parameters[id] = governance_setting(
			state, SETTING_PARAMETER, span_text(parameter_info((ParameterId) id)->name));
}

uint32_t
governance_approvals_needed(const GovernanceState *state)
{
	GovernanceValset valset;
	int64_t share =
		state->genesis != NULL ? state->genesis->parameters[PARAMETER_GOVERNANCE_SHARE] : 0;
	uint32_t by_share;
	uint32_t quorum;

	governance_valset(state, &valset);
	if (valset.count == 0)
		return 1;
	by_share = (uint32_t) ((share * valset.count + PPM - 1) / PPM);
	quorum = pbft_quorum(valset.count);
	return by_share > quorum ? by_share : quorum;
}

bool
governance_epoch_ends(const Genesis *in_force, const GovernanceEpoch *epoch, uint64_t height,
					  uint64_t parent_ms, bool flagged)
{
	assert(height > epoch->anchor_height);
	return flagged ||
		   height - epoch->anchor_height >=
			   (uint64_t) in_force->parameters[PARAMETER_EPOCH_BLOCKS] ||
		   (parent_ms > epoch->anchor_ms &&
			parent_ms - epoch->anchor_ms >= (uint64_t) in_force->parameters[PARAMETER_EPOCH_TIME]);
}

void
governance_rules(const Genesis *in_force, TxRules *rules)
{
	const int64_t *parameters = in_force->parameters;

	rules->window_max_ms = (uint64_t) parameters[PARAMETER_TX_WINDOW_MAX];
	rules->fee_floor = parameters[PARAMETER_FEE_FLOOR];
	rules->fee_asset = in_force->fee_asset;
	rules->bytes_max = (uint32_t) parameters[PARAMETER_TX_BYTES_MAX];
	rules->signatures_max = (uint32_t) parameters[PARAMETER_TX_SIGNATURES_MAX];
}
