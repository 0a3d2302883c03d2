/*
 * ledger_world.h - committed state in arrays, and a block over it: what execution sees of a ledger.
 */
#ifndef MESCHAIN_TEST_LEDGER_WORLD_H
#define MESCHAIN_TEST_LEDGER_WORLD_H

#include "ledger/execute.h"
#include "tx/part.h"
#include "unit/tx_fixture.h"

#define COINS_MAX 20000
#define VIEWS_MAX 16
#define HEIGHT 300
#define TIME_MS 1000500

typedef struct Coin
{
	LedgerOutput output;
	bool spent;
} Coin;

static Coin coins[COINS_MAX];
static uint32_t coin_count;
static TxView views[VIEWS_MAX];
static uint32_t view_count;
static LtHash state;
static LedgerBlock *block;
static LedgerFees fees;
static const TxView *seen; /* its submission was decided in an earlier block */
static LedgerRoots roots;

static inline McAddress
key_address(uint8_t number)
{
	return fixture_address(SUITE_ED25519, number);
}

/* A coin's txid begins with its number, so that it is found at once. */
static inline McHash
coin_txid(uint32_t number)
{
	McHash txid = { { 0x11 } };

	put_be32(txid.bytes, number);
	return txid;
}

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
		block = aligned_alloc(LEDGER_BLOCK_ALIGNMENT,
							  (ledger_block_size() + LEDGER_BLOCK_ALIGNMENT) /
								  LEDGER_BLOCK_ALIGNMENT * LEDGER_BLOCK_ALIGNMENT);
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

/* A draft of this key, with a submission of its own and nothing in it yet. */
static inline void
begin_draft(Draft *draft, uint8_t sender)
{
	static uint32_t number;
	uint8_t submission[SUBMISSION_SIZE] = { 0 };
	McAddress address = key_address(sender);

	put_be32(submission, ++number);
	draft_init(draft);
	draft->field[FIELD_SENDER] = pack("h", &address);
	draft->field[FIELD_SUBMISSION] = pack("b", span_of(submission, SUBMISSION_SIZE));
	draft->field[FIELD_INPUTS] = pack("a", N(0));
	draft->field[FIELD_OPERATIONS] = pack("a", N(0));
	draft->field[FIELD_CHANGE] = pack("a", N(0));
	draft->signers[0] = fixture_secret(SUITE_ED25519, sender);
}

static inline void
draft_spends(Draft *draft, uint32_t first, uint32_t count, uint64_t height)
{
	uint8_t *start = arena + arena_used;

	pack("a", N(count));
	for (uint32_t i = first; i < first + count; i++)
	{
		McHash txid = coin_txid(i);

		pack("ahuu", N(3), &txid, U(0), U(height));
	}
	draft->field[FIELD_INPUTS] = span_of(start, (size_t) (arena + arena_used - start));
}

static inline void
draft_pays(Draft *draft, uint8_t to, const char *asset, int64_t amount)
{
	McAddress receiver = key_address(to);

	draft->field[FIELD_OPERATIONS] =
		draft_operation(OPERATION_TRANSFER, 0, draft_transfer(&receiver, asset, amount, ""));
}

static inline void
draft_change(Draft *draft, const char *asset, int64_t amount)
{
	draft->field[FIELD_CHANGE] = pack("aauti", N(1), N(3), U(0), asset, I(amount));
}

static inline void
draft_fee(Draft *draft, int64_t fee)
{
	draft->field[FIELD_FEE] = pack("i", I(fee));
}

static inline TxView *
draft_view(const Draft *draft)
{
	TxView *view = &views[view_count++];
	McProblem problem;
	McStatus status = draft_read(draft, view, &problem);

	assert(view_count <= VIEWS_MAX);
	if (status != MC_OK)
		printf("# %s\n", problem_text(&problem));
	assert(status == MC_OK);
	return view;
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
