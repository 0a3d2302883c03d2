/*
 * block.c - headers by hash: a fixed table. What is final and not applied, accepted, or was
 * prepared here is kept longest (A5).
 */
#include "pbft/replica.h"

PbftBlock *
pbft_block_find(PbftReplica *replica, const McHash *hash)
{
	for (uint32_t i = 0; i < PBFT_BLOCK_MAX; i++)
		if (replica->blocks[i].used && hash_equal(&replica->blocks[i].hash, hash))
			return &replica->blocks[i];
	return NULL;
}

/* Higher is dearer. Below the parent of what may still be needed: free for the taking. */
static uint64_t
block_worth(PbftReplica *replica, const PbftBlock *block)
{
	uint64_t low = replica->applied < replica->stable ? replica->applied : replica->stable;
	const PbftFinal *final;

	if (block->header.height < low)
		return 0;
	if (block->header.height <= replica->committed)
	{
		final = pbft_final(replica, block->header.height);
		if (final != NULL && hash_equal(&final->hash, &block->hash))
			return UINT64_MAX;
		/* a long log replays blocks far above the last final kept: the newest lead to its tip */
		return 1 + (block->header.height < UINT32_MAX ? block->header.height : UINT32_MAX - 1);
	}
	if (pbft_in_window(replica, block->header.height))
	{
		const PbftSlot *slot = pbft_slot(replica, block->header.height);

		if (slot->accepted && hash_equal(&slot->accepted_hash, &block->hash))
			return UINT64_MAX;
	}
	if (hash_equal(&replica->lock.hash, &block->hash))
		return UINT64_MAX;
	/* prepared ones by the newest view in which they were seen; others below all of them */
	return ((uint64_t) 1 << 32) + (block->prepared ? UINT32_MAX : 0) +
		   (block->view_seen < UINT32_MAX ? block->view_seen : UINT32_MAX - 1);
}

PbftBlock *
pbft_block_add(PbftReplica *replica, const PbftHeader *header, const McHash *hash)
{
	PbftBlock *block = pbft_block_find(replica, hash);
	uint64_t least = UINT64_MAX;

	if (block != NULL)
		return block;
	for (uint32_t i = 0; i < PBFT_BLOCK_MAX; i++)
	{
		PbftBlock *other = &replica->blocks[i];
		uint64_t worth = other->used ? block_worth(replica, other) : 0;

		if (block != NULL && worth >= least)
			continue;
		block = other;
		least = worth;
		if (!other->used)
			break;
	}
	/* finals and the window together are fewer than the table */
	assert(block != NULL && least != UINT64_MAX);
	memset(block, 0, sizeof(*block));
	block->used = true;
	block->view_seen = replica->view;
	block->hash = *hash;
	block->header = *header;
	return block;
}

/* What a child must know of its parent. */
bool
pbft_block_tip(PbftReplica *replica, const McHash *hash, PbftTip *tip)
{
	const PbftBlock *block;

	if (hash_equal(hash, &replica->config.anchor.hash))
	{
		*tip = replica->config.anchor;
		return true;
	}
	if (hash_equal(hash, &replica->root.hash))
	{
		*tip = replica->root;
		return true;
	}
	block = pbft_block_find(replica, hash);
	if (block == NULL)
		return false;
	memset(tip, 0, sizeof(*tip));
	tip->height = block->header.height;
	tip->hash = block->hash;
	tip->ts_ms = block->header.ts_ms;
	tip->stable_height = block->header.stable_height;
	tip->stable_exec_root = block->header.stable_exec_root;
	tip->flags = block->header.flags;
	return true;
}

bool
pbft_block_chain(PbftReplica *replica, uint64_t height, const McHash *hash, McHash *hashes,
				 McHash *missing, bool *conflict)
{
	McHash at = *hash;

	*conflict = false;
	memset(missing, 0, sizeof(*missing));
	assert(height >= replica->committed);
	for (; height > replica->committed; height--)
	{
		const PbftBlock *block = pbft_block_find(replica, &at);

		if (block == NULL)
		{
			*missing = at;
			return false;
		}
		if (block->header.height != height)
		{
			*conflict = true;
			return false;
		}
		if (height - replica->committed <= PBFT_BLOCK_MAX && hashes != NULL)
			hashes[height - replica->committed - 1] = at;
		at = block->header.parent_hash;
	}
	*conflict = !hash_equal(&at, &replica->committed_hash);
	return !*conflict;
}
