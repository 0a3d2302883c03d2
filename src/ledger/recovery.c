/*
 * recovery.c - fresh keys: out of a document, over the roll, into the block that makes them state.
 */
#include "ledger/recovery.h"

static bool
key_taken(const RecoveryKeys *keys, const uint8_t key[SUITE_PUBLIC_SIZE])
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (memcmp(keys->keys[i].voting_key, key, SUITE_PUBLIC_SIZE) == 0)
			return true;
	return false;
}

bool
recovery_keys(McSpan document, PbftAttest *scratch, RecoveryKeys *keys)
{
	size_t offset = 0;

	keys->count = 0;
	while (keys->count < PBFT_NODE_MAX && pbft_resume_next(document, &offset, scratch))
	{
		RecoveryKey *key = &keys->keys[keys->count];

		if (key_taken(keys, scratch->fresh_key))
			return false;
		key->number = scratch->roster;
		key->incarnation = scratch->incarnation;
		memcpy(key->voting_key, scratch->fresh_key, SUITE_PUBLIC_SIZE);
		keys->count++;
	}
	return true;
}

/* A key of a lower incarnation was replaced in the meantime. */
bool
recovery_rekey(const RecoveryKeys *keys, uint32_t number, GovernanceMember *member)
{
	for (uint32_t i = 0; i < keys->count; i++)
	{
		const RecoveryKey *key = &keys->keys[i];

		if (key->number != number || key->incarnation <= member->incarnation)
			continue;
		member->incarnation = key->incarnation;
		memcpy(member->member.voting_key, key->voting_key, SUITE_PUBLIC_SIZE);
		return true;
	}
	return false;
}

void
recovery_write(LedgerBlock *block, const Genesis *genesis, const RecoveryKeys *keys)
{
	GovernanceState state = { .context = block,
							  .get_row = ledger_block_get_row,
							  .genesis = genesis };

	for (uint32_t i = 0; i < keys->count; i++)
	{
		uint32_t number = keys->keys[i].number;
		uint8_t value[GOVERNANCE_MEMBER_BYTES_MAX];
		GovernanceMember member;
		WireWriter writer;
		uint8_t key[2];

		if (!governance_member(&state, number, &member) || member.standing == MEMBER_REMOVED ||
			!recovery_rekey(keys, number, &member))
			continue;
		wire_writer_init(&writer, value, sizeof(value));
		governance_member_write(&writer, &member);
		assert(!writer.full);
		ledger_block_put_row(block, TX_TABLE_MEMBERS, governance_member_key(number, key),
							 wire_written(&writer));
	}
}
