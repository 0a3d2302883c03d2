/*
 * ledger_world.h - committed state in arrays, and a block over it: what execution sees of a ledger.
 */
#ifndef MESCHAIN_TEST_LEDGER_WORLD_H
#define MESCHAIN_TEST_LEDGER_WORLD_H

#include "ledger/execute.h"
#include "unit/ledger_drafts.h"

#define COINS_MAX 20000
#define HEIGHT 300
#define TIME_MS 1000500

typedef struct Coin
{
	LedgerOutput output;
	bool spent;
} Coin;

static Coin coins[COINS_MAX];
static uint32_t coin_count;
static LtHash state;
static LedgerBlock *block;
static LedgerFees fees;
static const TxView *seen; /* its submission was decided in an earlier block */
static LedgerRoots roots;

static inline LedgerFound
world_find_output(void *context, const TxInput *input, LedgerOutput *output)
{
	uint32_t number = get_be32(input->txid.bytes);

	(void) context;
	if (number >= coin_count || input->output_index != coins[number].output.index ||
		!hash_equal(&coins[number].output.txid, &input->txid))
		return LEDGER_UNKNOWN;
	*output = coins[number].output;
	return coins[number].spent ? LEDGER_SPENT : LEDGER_UNSPENT;
}

static inline bool
world_no_row(void *context, TxTable table, McSpan key, McSpan *value)
{
	(void) context, (void) table, (void) key, (void) value;
	return false;
}

static inline bool
world_seen(void *context, const McAddress *sender, const uint8_t submission[SUBMISSION_SIZE],
		   McHash *first_txid)
{
	(void) context;
	if (seen == NULL || !hash_equal(&seen->sender, sender) ||
		memcmp(seen->submission, submission, SUBMISSION_SIZE) != 0)
		return false;
	*first_txid = seen->txid;
	return true;
}

static inline void
begin_block(void)
{
	static const LedgerStore store = { .find_output = world_find_output,
									   .get_row = world_no_row,
									   .submission_seen = world_seen };

	if (block == NULL)
	{
		block = aligned_alloc(LEDGER_BLOCK_ALIGNMENT,
							  (ledger_block_size() + LEDGER_BLOCK_ALIGNMENT) /
								  LEDGER_BLOCK_ALIGNMENT * LEDGER_BLOCK_ALIGNMENT);
		ledger_block_init(block);
	}
	lthash_clear(&state);
	for (uint32_t i = 0; i < coin_count; i++)
		if (!coins[i].spent && i < 100)
		{
			McHash element;

			ledger_output_element(&coins[i].output, &element);
			lthash_add(&state, &element);
		}
	fees = (LedgerFees){ .asset = { "MES" }, .payee = key_address(9) };
	ledger_block_begin(block, &store, HEIGHT, TIME_MS, &fees, &state);
}

/* Nothing committed, nothing executed. */
static inline void
begin_world(void)
{
	coin_count = 0;
	view_count = 0;
	seen = NULL;
	begin_block();
}

static inline uint32_t
add_coin(uint8_t owner, const char *asset, int64_t amount, uint64_t height)
{
	LedgerOutput *output = &coins[coin_count].output;

	assert(coin_count < COINS_MAX);
	memset(&coins[coin_count], 0, sizeof(Coin));
	output->txid = coin_txid(coin_count);
	output->output_id = OUTPUT_ID(height, coin_count);
	output->address = key_address(owner);
	memcpy(output->asset.code, asset, strlen(asset));
	output->amount = amount;
	return coin_count++;
}

static inline McStatus
execute_draft(const Draft *draft)
{
	return ledger_block_execute(block, draft_view(draft));
}

static inline const McProblem *
last_problem(void)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);

	assert(count > 0);
	return &txs[count - 1].problem;
}

static inline void
end_block(void)
{
	ledger_block_close(block);
	ledger_block_roots(block, &roots);
}

static inline uint32_t
made(void)
{
	uint32_t count;

	(void) ledger_block_outputs(block, &count);
	return count;
}

#endif
