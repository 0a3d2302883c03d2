/*
 * verify_epoch_pg.c - the epoch of a block, from the anchors below it, and the validators that an
 * epoch's last block has to name. Anchors are looked up once an epoch, not once a block.
 */
#include "ledger/epoch_pg.h"
#include "ledger/verify_item_pg.h"

/* Whose signatures a certificate of this epoch bears. */
static void
trust_seats(Verifier *verifier)
{
	const GovernanceEpoch *epoch = &verifier->epoch;
	ProofStart start = { .epoch = epoch->number,
						 .anchor_height = epoch->anchor_height,
						 .anchor_hash = epoch->anchor_hash };
	ProofMember members[PBFT_NODE_MAX];

	for (uint32_t i = 0; i < verifier->in_force.member_count; i++)
	{
		memcpy(members[i].voting_key, verifier->in_force.members[i].voting_key, SUITE_PUBLIC_SIZE);
		members[i].incarnation = verifier->seats.incarnations[i];
	}
	proof_trust_epoch(&verifier->trust, verifier->genesis_hash.bytes, &start, members,
					  verifier->in_force.member_count);
}

/* Somebody has to be paid the fees when the roll says nothing of use. */
static void
seat_founders(Verifier *verifier)
{
	const Genesis *genesis = &verifier->genesis;

	verifier->in_force.member_count = genesis->member_count;
	memcpy(verifier->in_force.members, genesis->members, sizeof(genesis->members));
	for (uint32_t i = 0; i < genesis->member_count; i++)
	{
		verifier->seats.numbers[i] = i;
		verifier->seats.incarnations[i] = 0;
	}
}

void
verify_enter_epoch(Verifier *verifier, uint64_t height)
{
	bool follows = verifier->epoch_height != 0 && verifier->epoch_height + 1 == height;

	verifier->epoch_height = height;
	if (follows)
		return;
	epoch_open(height, &verifier->genesis, &verifier->in_force, &verifier->rules, &verifier->epoch);
	verifier->seats_good =
		epoch_seats(&verifier->epoch, &verifier->genesis, &verifier->in_force, &verifier->seats);
	if (!verifier->seats_good)
		seat_founders(verifier);
	trust_seats(verifier);
}

int
verify_seat(const Verifier *verifier, int number)
{
	for (uint32_t i = 0; i < verifier->in_force.member_count; i++)
		if (verifier->seats.numbers[i] == (uint32_t) number)
			return (int) i;
	return -1;
}

void
verify_check_valset(Verifier *verifier, const BlockRow *block, const BlockRow *parent)
{
	McHash expected;
	uint64_t parent_ms = verifier->genesis.created_ms;

	if (block->height > 1 && (parent == NULL || !parent->present || parent->damaged))
		return;
	if (block->height > 1)
		parent_ms = parent->header.ts_ms;
	epoch_close(verifier->block, &block->header, parent_ms, &verifier->genesis, &verifier->in_force,
				&verifier->epoch, &expected);
	if (!hash_equal(&expected, &block->next_valset_hash))
		verify_report(verifier, block->height, VERIFY_BLOCK, 0,
					  "next_valset_hash is not that of the members", "%s stored, %s expected",
					  verify_hex(&block->next_valset_hash), verify_hex(&expected));
}
