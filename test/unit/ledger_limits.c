/* ledger_limits.c - a block that is full, and the fees that it pays to its proposer. */
#include "unit/ledger_world.h"

static Draft draft;

/* ---- a full block ----------------------------------------------------------------------------
 */

static void
pay_many(uint32_t coin, uint32_t count)
{
	McAddress to = key_address(2);
	uint8_t *start;
	McSpan arguments;

	begin_draft(&draft, 1);
	draft_spends(&draft, coin, 1, 290);
	start = arena + arena_used;
	pack("aa", N(2), N(count));
	for (uint32_t i = 0; i < count; i++)
		pack("ahti", N(3), &to, "MES", I(1));
	pack("t", "");
	arguments = span_of(start, (size_t) (arena + arena_used - start));
	draft.field[FIELD_OPERATIONS] = draft_operation(OPERATION_TRANSFER, 0, arguments);
	draft_fee(&draft, 1);
}

/* The last place is for the fees, which always fit. */
static void
test_full_of_outputs(void)
{
	begin_world();
	for (uint32_t i = 0; i < 4; i++)
		(void) add_coin(1, "MES", TX_OUTPUTS_MAX + 1, 290);
	(void) add_coin(1, "MES", 2, 290);
	for (uint32_t i = 0; i < 4; i++)
	{
		pay_many(i, TX_OUTPUTS_MAX);
		CHECK_INT(execute_draft(&draft), MC_OK);
	}
	CHECK_INT(made(), BLOCK_OUTPUTS_MAX);
	pay_many(4, 1);
	CHECK_INT(execute_draft(&draft), MC_BLOCK_FULL);
	CHECK(status_info(MC_BLOCK_FULL)->transient);
	end_block();
	CHECK_INT(made(), BLOCK_OUTPUTS_MAX + 1);
	CHECK_INT(ledger_block_fees(block), 4);
}

static void
test_full_of_inputs(void)
{
	begin_world();
	for (uint32_t i = 0; i <= BLOCK_INPUTS_MAX; i++)
		(void) add_coin(1, "MES", 1, 290);
	for (uint32_t i = 0; i < BLOCK_INPUTS_MAX / TX_INPUTS_MAX; i++)
	{
		begin_draft(&draft, 1);
		draft_spends(&draft, i * TX_INPUTS_MAX, TX_INPUTS_MAX, 290);
		draft_pays(&draft, 2, "MES", TX_INPUTS_MAX);
		CHECK_INT(execute_draft(&draft), MC_OK);
	}
	begin_draft(&draft, 1);
	draft_spends(&draft, BLOCK_INPUTS_MAX, 1, 290);
	draft_pays(&draft, 2, "MES", 1);
	CHECK_INT(execute_draft(&draft), MC_BLOCK_FULL);
	CHECK_INT(last_problem()->limit, BLOCK_INPUTS_MAX);
}

static void
notarise_many(uint32_t first, uint32_t count)
{
	uint8_t *start;
	McSpan *arguments = malloc(count * sizeof(McSpan));

	begin_draft(&draft, 1);
	for (uint32_t i = 0; i < count; i++)
	{
		McHash document = coin_txid(first + i);

		arguments[i] = pack("ahm", N(2), &document, N(0));
	}
	start = arena + arena_used;
	pack("a", N(count));
	for (uint32_t i = 0; i < count; i++)
		pack("auub", N(3), U(OPERATION_NOTARISE), U(0), arguments[i]);
	draft.field[FIELD_OPERATIONS] = span_of(start, (size_t) (arena + arena_used - start));
	free(arguments);
}

static void
test_full_of_rows(void)
{
	begin_world();
	notarise_many(0, TX_OPERATIONS_MAX);
	CHECK_INT(execute_draft(&draft), MC_OK);
	notarise_many(TX_OPERATIONS_MAX, TX_OPERATIONS_MAX);
	CHECK_INT(execute_draft(&draft), MC_BLOCK_FULL);
	CHECK_INT(last_problem()->limit, BLOCK_ROWS_MAX);
}

/* ---- fees ------------------------------------------------------------------------------------
 */

static void
pay_with_fee(uint8_t key, const char *asset, int64_t fee)
{
	uint32_t coin = add_coin(key, asset, 100, 290);

	begin_draft(&draft, key);
	draft_spends(&draft, coin, 1, 290);
	draft_pays(&draft, 2, asset, strcmp(asset, "MES") == 0 ? 100 - fee : 100);
	draft_fee(&draft, fee);
}

static void
test_fees_are_one_output(void)
{
	uint32_t count;
	const LedgerOutput *output;
	McHash name;

	begin_world();
	pay_with_fee(1, "MES", 3);
	CHECK_INT(execute_draft(&draft), MC_OK);
	pay_with_fee(3, "MES", 4);
	CHECK_INT(execute_draft(&draft), MC_OK);
	CHECK_INT(made(), 2);
	end_block();
	output = ledger_block_outputs(block, &count) + 2;
	CHECK_INT(count, 3);
	CHECK_INT(output->amount, 7);
	CHECK_INT(output->kind, LEDGER_OUTPUT_FEES);
	CHECK_INT(output->position, 2);
	CHECK_INT(output->index, 0);
	CHECK_INT(output->output_id, OUTPUT_ID(HEIGHT, 2));
	CHECK(hash_equal(&output->address, &fees.payee));
	CHECK_TEXT(output->asset.code, "MES");
	ledger_fees_txid(HEIGHT, &name);
	CHECK(hash_equal(&output->txid, &name));
	CHECK_HEX(name.bytes, 32, "6cd9f63208be5430edb535fa1398667c8c434e142a84891730fca1e855ff13cd");
}

static void
test_no_fees_no_output(void)
{
	LedgerRoots open;

	begin_world();
	pay_with_fee(1, "MES", 0);
	CHECK_INT(execute_draft(&draft), MC_OK);
	ledger_block_roots(block, &open);
	end_block();
	CHECK_INT(made(), 1);
	CHECK(hash_equal(&open.writeset_root, &roots.writeset_root));
	CHECK(hash_equal(&open.state_digest, &roots.state_digest));
}

static void
test_fees_are_in_the_roots(void)
{
	LedgerRoots open;

	begin_world();
	pay_with_fee(1, "MES", 5);
	CHECK_INT(execute_draft(&draft), MC_OK);
	ledger_block_roots(block, &open);
	end_block();
	CHECK(!hash_equal(&open.writeset_root, &roots.writeset_root));
	CHECK(!hash_equal(&open.state_digest, &roots.state_digest));
	CHECK(hash_equal(&open.receipts_root, &roots.receipts_root));
}

/* A fee is owed even where nothing else of the transaction is in the fee asset. */
static void
test_a_fee_that_nothing_covers(void)
{
	begin_world();
	pay_with_fee(1, "EUR", 5);
	CHECK_INT(execute_draft(&draft), MC_NOT_COVERED);
	CHECK_TEXT(problem_text(last_problem()), "inputs of MES are 5 base units short");
	end_block();
	CHECK_INT(made(), 0);
	CHECK_INT(ledger_block_fees(block), 0);
}

static void
test_refused_pay_no_fee(void)
{
	begin_world();
	pay_with_fee(1, "MES", 5);
	draft_pays(&draft, 2, "MES", 96);
	CHECK_INT(execute_draft(&draft), MC_NOT_COVERED);
	end_block();
	CHECK_INT(made(), 0);
}

/* Fees of block 290 are spent with their height and never without. */
static void
spend_fees(uint64_t height)
{
	LedgerOutput *output;

	begin_world();
	output = &coins[add_coin(9, "MES", 12, 290)].output;
	output->kind = LEDGER_OUTPUT_FEES;
	begin_draft(&draft, 9);
	draft_spends(&draft, 0, 1, height);
	draft_pays(&draft, 2, "MES", 12);
}

static void
test_fees_are_spent_with_their_height(void)
{
	spend_fees(290);
	CHECK_INT(execute_draft(&draft), MC_OK);
	spend_fees(0);
	CHECK_INT(execute_draft(&draft), MC_UNKNOWN_OUTPUT);
}

static void
test_inputs_that_may_be_fees(void)
{
	TxInput input = { .height = 290 };

	ledger_fees_txid(290, &input.txid);
	CHECK(ledger_input_is_fees(&input));
	input.output_index = 1;
	CHECK(!ledger_input_is_fees(&input));
	input.output_index = 0;
	input.height = 291;
	CHECK(!ledger_input_is_fees(&input));
	input.height = 0;
	CHECK(!ledger_input_is_fees(&input));
}

int
main(void)
{
	RUN_FRESH(test_full_of_outputs);
	RUN_FRESH(test_full_of_inputs);
	RUN_FRESH(test_full_of_rows);
	RUN_FRESH(test_fees_are_one_output);
	RUN_FRESH(test_no_fees_no_output);
	RUN_FRESH(test_fees_are_in_the_roots);
	RUN_FRESH(test_a_fee_that_nothing_covers);
	RUN_FRESH(test_refused_pay_no_fee);
	RUN_FRESH(test_fees_are_spent_with_their_height);
	RUN_FRESH(test_inputs_that_may_be_fees);
	return CHECK_RESULT();
}
