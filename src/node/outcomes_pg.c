/*
 * outcomes_pg.c - notes of what the blocks of one database transaction decided.
 */
#include "node/outcomes_pg.h"

#include "node/shmem_pg.h"

/* A block that does not fit with others may still be the last of its transaction. */
#define NOTES_MAX (OUTCOMES_TX_MAX + BLOCK_TX_MAX)

static struct
{
	uint32_t blocks;
	uint32_t count;
	struct
	{
		uint64_t height;
		uint32_t count;
	} of[OUTCOMES_BLOCKS_MAX];
	uint32_t slots[NOTES_MAX];
	McProblem problems[NOTES_MAX];
} notes;

bool
outcomes_fit(uint32_t count)
{
	return notes.blocks + 1 < OUTCOMES_BLOCKS_MAX && notes.count + count <= OUTCOMES_TX_MAX;
}

void
outcomes_note(const LedgerBlock *block, uint64_t height, const uint32_t *slots)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);

	Assert(notes.blocks < OUTCOMES_BLOCKS_MAX && notes.count + count <= NOTES_MAX);
	for (uint32_t i = 0; i < count; i++)
	{
		notes.slots[notes.count + i] = slots[i];
		notes.problems[notes.count + i] = txs[i].problem;
	}
	notes.of[notes.blocks].height = height;
	notes.of[notes.blocks].count = count;
	notes.blocks++;
	notes.count += count;
}

static void
tell(uint64_t height, const uint32_t *slots, const McProblem *problems, uint32_t count)
{
	uint32_t refused = 0;

	for (uint32_t i = 0; i < count; i++)
	{
		PoolSlot *slot = pool_slot(slots[i]);

		refused += problems[i].status != MC_OK;
		if (pg_atomic_read_u32(&slot->state) == POOL_DONE)
			continue; /* an earlier block decided it; this one refused the double */
		slot->outcome = (PoolOutcome){ problems[i], height, i };
	}
	pool_finish(slots, count);
	pg_atomic_fetch_add_u64(&node_shared->stats.transactions, count);
	pg_atomic_fetch_add_u64(&node_shared->stats.refused, refused);
}

void
outcomes_tell(void)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < notes.blocks; i++)
	{
		tell(notes.of[i].height, notes.slots + from, notes.problems + from, notes.of[i].count);
		from += notes.of[i].count;
	}
	notes.blocks = notes.count = 0;
}
