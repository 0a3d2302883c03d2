/*
 * verify_epoch_pg.c - the epoch of a block, from the anchors below it, and the validators that an
 * epoch's last block has to name. Anchors are looked up once an epoch, not once a block.
 */
#include "ledger/epoch_pg.h"
#include "ledger/verify_item_pg.h"

void
verify_enter_epoch(Verifier *verifier, uint64_t height)
{
	bool follows = verifier->epoch_height != 0 && verifier->epoch_height + 1 == height;

	verifier->epoch_height = height;
	if (follows)
		return;
	epoch_of(height, &verifier->genesis, &verifier->epoch);
	verifier->in_force = verifier->genesis;
	(void) epoch_parameters(verifier->epoch.anchor_height, &verifier->in_force);
	governance_rules(&verifier->in_force, &verifier->rules);
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
	epoch_close(verifier->block, &block->header, parent_ms, &verifier->in_force, &verifier->epoch,
				&expected);
	if (!hash_equal(&expected, &block->next_valset_hash))
		verify_report(verifier, block->height, VERIFY_BLOCK, 0,
					  "next_valset_hash is not that of the members", "%s stored, %s expected",
					  verify_hex(&block->next_valset_hash), verify_hex(&expected));
	if (epoch_named(&block->next_valset_hash))
		verifier->epoch_height = 0; /* the next block begins an epoch */
}
