/*
 * verify_epoch_pg.c - the epoch of a block, from the anchors below it, and the validators that an
 * epoch's last block has to name. Anchors are looked up once an epoch, not once a block.
 */
#include "ledger/epoch_pg.h"
#include "ledger/recovery_pg.h"
#include "ledger/verify_item_pg.h"

/* Whose signatures a certificate of an epoch bears: the members who have seats in it. */
static void
trust(const Verifier *verifier, const GovernanceEpoch *epoch, const Genesis *document,
	  const EpochSeats *seats, ProofTrust *out)
{
	ProofStart start = { .epoch = epoch->number,
						 .resume_no = epoch->resume_no,
						 .anchor_height = epoch->anchor_height,
						 .anchor_hash = epoch->anchor_hash };
	ProofMember members[PBFT_NODE_MAX];

	for (uint32_t i = 0; i < document->member_count; i++)
	{
		memcpy(members[i].voting_key, document->members[i].voting_key, SUITE_PUBLIC_SIZE);
		members[i].incarnation = seats->incarnations[i];
	}
	proof_trust_epoch(out, verifier->genesis_hash.bytes, &start, members, document->member_count);
	/* of a recovery the hash of its document, not that of the keys alone */
	epoch_instance(epoch, out->instance.domain.instance);
}

ProofTrust *
verify_trust_recovery(const Verifier *verifier, uint64_t height)
{
	Genesis *document;
	EpochSeats *seats;
	ProofTrust *out;
	GovernanceEpoch epoch;
	RecoveryRow recovery;

	if (!recovery_from(height, &recovery) || recovery.base.height - height >= 2 * PBFT_LAG_MAX)
		return NULL;
	document = palloc(sizeof(Genesis));
	seats = palloc(sizeof(EpochSeats));
	out = palloc(sizeof(ProofTrust));
	*document = verifier->genesis;
	epoch_of(recovery.base.height + 1, &verifier->genesis, &epoch);
	(void) epoch_seats(&epoch, &verifier->genesis, document, seats);
	trust(verifier, &epoch, document, seats, out);
	pfree(document);
	pfree(seats);
	return out;
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
	trust(verifier, &verifier->epoch, &verifier->in_force, &verifier->seats, &verifier->trust);
}

/* By its own result, or because a recovery began on it. Most ledgers never had one. */
bool
verify_ends_epoch(Verifier *verifier, const BlockRow *block)
{
	RecoveryRow recovery;

	if (epoch_named(&block->next_valset_hash))
		return true;
	if (!verifier->recoveries_known)
		verifier->recovered = recovery_from(0, &recovery);
	verifier->recoveries_known = true;
	return verifier->recovered && recovery_from(block->height, &recovery) &&
		   recovery.base.height == block->height;
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
