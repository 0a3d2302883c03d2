/* ledger_execute.c - a block's transactions in memory: what is conserved, what is refused and why.
 */
#include "unit/ledger_world.h"

static Draft draft;

/* Key 1 spends coin 0 of 100 MES: 60 to key 2, the rest to itself. */
static void
usual_payment(void)
{
	(void) add_coin(1, "MES", 100, 290);
	begin_draft(&draft, 1);
	draft_spends(&draft, 0, 1, 290);
	draft_pays(&draft, 2, "MES", 60);
	draft_change(&draft, "MES", 40);
}

static void
test_a_payment(void)
{
	uint32_t count;
	const LedgerOutput *outputs;
	const LedgerSpend *spends;
	const LedgerTx *txs;
	McAddress payee = key_address(2);

	begin_world();
	usual_payment();
	CHECK_INT(execute_draft(&draft), MC_OK);
	end_block();
	outputs = ledger_block_outputs(block, &count);
	CHECK_INT(count, 2);
	CHECK(hash_equal(&outputs[0].address, &payee));
	CHECK_INT(outputs[0].amount, 60);
	CHECK_INT(outputs[0].kind, LEDGER_OUTPUT_PAYMENT);
	CHECK_INT(outputs[1].kind, LEDGER_OUTPUT_CHANGE);
	CHECK_INT(outputs[1].output_id, OUTPUT_ID(HEIGHT, 1));
	spends = ledger_block_spends(block, &count);
	CHECK_INT(count, 1);
	CHECK_INT(spends[0].output_id, coins[0].output.output_id);
	txs = ledger_block_txs(block, &count);
	CHECK_INT(count, 1);
	CHECK_INT(txs[0].output_count, 2);
	CHECK_INT(txs[0].spend_count, 1);
	CHECK_INT(ledger_block_fees(block), 0);
}

/* The state's sum after a block is that of what is unspent, however it came about. */
static void
test_state_is_what_is_unspent(void)
{
	LtHash sum;
	McHash digest;
	uint32_t count;
	const LedgerOutput *outputs;

	begin_world();
	usual_payment();
	begin_block();
	CHECK_INT(execute_draft(&draft), MC_OK);
	end_block();
	lthash_clear(&sum);
	outputs = ledger_block_outputs(block, &count);
	for (uint32_t i = 0; i < count; i++)
	{
		McHash element;

		ledger_output_element(&outputs[i], &element);
		lthash_add(&sum, &element);
	}
	lthash_digest(&sum, &digest);
	CHECK(hash_equal(&digest, &roots.state_digest));
}

static void
test_more_out_than_in(void)
{
	begin_world();
	usual_payment();
	draft_change(&draft, "MES", 47);
	CHECK_INT(execute_draft(&draft), MC_NOT_COVERED);
	CHECK_TEXT(problem_text(last_problem()), "inputs of MES are 7 base units short");
	CHECK_INT(made(), 0);
}

static void
test_less_out_than_in(void)
{
	begin_world();
	usual_payment();
	draft_change(&draft, "MES", 33);
	CHECK_INT(execute_draft(&draft), MC_NOT_CONSERVED);
	CHECK_TEXT(problem_text(last_problem()), "inputs of MES exceed outputs by 7 base units");
	CHECK_INT(made(), 0);
}

static void
test_another_asset_does_not_cover(void)
{
	begin_world();
	usual_payment();
	draft_pays(&draft, 2, "EUR", 60);
	CHECK_INT(execute_draft(&draft), MC_NOT_CONSERVED);
	CHECK_TEXT(last_problem()->name, "MES");
}

/* Two actors: neither can pay with what the other brings. */
static void
swap(int64_t back)
{
	McAddress first = key_address(1);
	McAddress second = key_address(2);
	McSpan pay;
	McSpan payback;

	(void) add_coin(1, "MES", 100, 290);
	(void) add_coin(2, "EUR", 50, 290);
	begin_draft(&draft, 1);
	draft.field[FIELD_ACTORS] = pack("ah", N(1), &second);
	draft.signers[1] = fixture_secret(SUITE_ED25519, 2);
	draft.signer_count = 2;
	draft_spends(&draft, 0, 2, 290);
	pay = draft_transfer(&second, "MES", 100, "");
	payback = draft_transfer(&first, "EUR", back, "");
	draft.field[FIELD_OPERATIONS] = pack("aauubauub", N(2), N(3), U(OPERATION_TRANSFER), U(0), pay,
										 N(3), U(OPERATION_TRANSFER), U(1), payback);
}

static void
test_payment_against_payment(void)
{
	begin_world();
	swap(50);
	CHECK_INT(execute_draft(&draft), MC_OK);
	CHECK_INT(made(), 2);
}

static void
test_each_actor_is_balanced_alone(void)
{
	begin_world();
	swap(49);
	draft_change(&draft, "EUR", 1); /* to the sender, from the other's coin */
	CHECK_INT(execute_draft(&draft), MC_NOT_CONSERVED);
	CHECK_TEXT(last_problem()->name, "EUR");
	CHECK_INT(made(), 0);
}

static void
test_unknown_outputs(void)
{
	begin_world();
	usual_payment();
	draft_spends(&draft, 5, 1, 290);
	CHECK_INT(execute_draft(&draft), MC_UNKNOWN_OUTPUT);
	begin_world();
	usual_payment();
	draft_spends(&draft, 0, 1, 289);
	CHECK_INT(execute_draft(&draft), MC_UNKNOWN_OUTPUT);
}

/* C6: no height is allowed for the last 256 blocks. */
static void
test_height_left_out(void)
{
	begin_world();
	(void) add_coin(1, "MES", 100, HEIGHT - INPUT_HEIGHT_WINDOW);
	begin_draft(&draft, 1);
	draft_spends(&draft, 0, 1, 0);
	draft_pays(&draft, 2, "MES", 100);
	CHECK_INT(execute_draft(&draft), MC_OK);
	begin_world();
	(void) add_coin(1, "MES", 100, HEIGHT - INPUT_HEIGHT_WINDOW - 1);
	begin_draft(&draft, 1);
	draft_spends(&draft, 0, 1, 0);
	draft_pays(&draft, 2, "MES", 100);
	CHECK_INT(execute_draft(&draft), MC_UNKNOWN_OUTPUT);
}

static void
test_spent_in_an_earlier_block(void)
{
	begin_world();
	usual_payment();
	coins[0].spent = true;
	CHECK_INT(execute_draft(&draft), MC_SPENT_OUTPUT);
	CHECK(strstr(problem_text(last_problem()), ":0 is spent already") != NULL);
}

static void
test_spent_twice_in_one_block(void)
{
	begin_world();
	usual_payment();
	CHECK_INT(execute_draft(&draft), MC_OK);
	begin_draft(&draft, 1);
	draft_spends(&draft, 0, 1, 290);
	draft_pays(&draft, 3, "MES", 100);
	CHECK_INT(execute_draft(&draft), MC_SPENT_OUTPUT);
	CHECK_INT(made(), 2);
}

static void
test_somebody_elses_output(void)
{
	begin_world();
	(void) add_coin(2, "MES", 100, 290);
	begin_draft(&draft, 1);
	draft_spends(&draft, 0, 1, 290);
	draft_pays(&draft, 1, "MES", 100);
	CHECK_INT(execute_draft(&draft), MC_NOT_OWNER);
}

/* Key 2 spends on what key 1 just paid: only behind it. */
static void
test_order_within_a_block(void)
{
	Draft second;
	TxView *first_view;
	TxView *second_view;

	begin_world();
	usual_payment();
	first_view = draft_view(&draft);
	begin_draft(&second, 2);
	second.field[FIELD_INPUTS] = pack("aahuu", N(1), N(3), &first_view->txid, U(0), U(0));
	draft_pays(&second, 3, "MES", 60);
	second_view = draft_view(&second);
	CHECK_INT(ledger_block_execute(block, first_view), MC_OK);
	CHECK_INT(ledger_block_execute(block, second_view), MC_OK);
	CHECK_INT(made(), 3);
	begin_block();
	CHECK_INT(ledger_block_execute(block, second_view), MC_UNKNOWN_OUTPUT);
	CHECK_INT(ledger_block_execute(block, first_view), MC_OK);
	CHECK_INT(made(), 2);
}

/* Order shows in receipts and write sets, never in the state that is left. */
static void
test_two_orders_one_state(void)
{
	LedgerRoots one;
	TxView *a;
	TxView *b;

	begin_world();
	usual_payment();
	a = draft_view(&draft);
	(void) add_coin(3, "EUR", 9, 280);
	begin_draft(&draft, 3);
	draft_spends(&draft, 1, 1, 280);
	draft_pays(&draft, 1, "EUR", 9);
	b = draft_view(&draft);
	begin_block();
	CHECK_INT(ledger_block_execute(block, a), MC_OK);
	CHECK_INT(ledger_block_execute(block, b), MC_OK);
	end_block();
	one = roots;
	begin_block();
	CHECK_INT(ledger_block_execute(block, b), MC_OK);
	CHECK_INT(ledger_block_execute(block, a), MC_OK);
	end_block();
	CHECK(hash_equal(&one.state_digest, &roots.state_digest));
	CHECK(!hash_equal(&one.receipts_root, &roots.receipts_root));
	CHECK(!hash_equal(&one.writeset_root, &roots.writeset_root));
}

static void
test_a_refusal_leaves_no_trace(void)
{
	LtHash before;
	TxView *good;
	uint32_t count;

	begin_world();
	usual_payment();
	good = draft_view(&draft);
	begin_block();
	before = state;
	begin_draft(&draft, 1);
	draft_spends(&draft, 0, 1, 290);
	draft_pays(&draft, 2, "MES", 99);
	CHECK_INT(execute_draft(&draft), MC_NOT_CONSERVED);
	CHECK(memcmp(&before, &state, sizeof(state)) == 0);
	(void) ledger_block_spends(block, &count);
	CHECK_INT(count, 0);
	(void) ledger_block_rows(block, &count);
	CHECK_INT(count, 0);
	CHECK_INT(ledger_block_execute(block, good), MC_OK);
}

static void
test_a_name_used_before(void)
{
	const TxView *first;

	begin_world();
	usual_payment();
	first = draft_view(&draft);
	seen = first;
	CHECK_INT(ledger_block_execute(block, first), MC_DUPLICATE);
	CHECK(strstr(problem_text(last_problem()), "decided already") != NULL);
}

/* The second and the third name the first, whatever became of it. */
static void
test_a_name_used_in_the_block(void)
{
	char first[2 * HASH_SIZE + 1];
	const TxView *view;

	begin_world();
	usual_payment();
	draft_change(&draft, "MES", 39);
	view = draft_view(&draft);
	hex_format(view->txid.bytes, HASH_SIZE, first);
	CHECK_INT(ledger_block_execute(block, view), MC_NOT_CONSERVED);
	draft_change(&draft, "MES", 40);
	CHECK_INT(execute_draft(&draft), MC_DUPLICATE);
	CHECK_TEXT(last_problem()->name, first);
	draft_change(&draft, "MES", 38);
	CHECK_INT(execute_draft(&draft), MC_DUPLICATE);
	CHECK_TEXT(last_problem()->name, first);
}

/* The same uuid of another sender is another name. */
static void
test_a_name_of_two_senders(void)
{
	McSpan submission;

	begin_world();
	usual_payment();
	submission = draft.field[FIELD_SUBMISSION];
	CHECK_INT(execute_draft(&draft), MC_OK);
	(void) add_coin(3, "MES", 5, 290);
	begin_draft(&draft, 3);
	draft.field[FIELD_SUBMISSION] = submission;
	draft_spends(&draft, 1, 1, 290);
	draft_pays(&draft, 1, "MES", 5);
	CHECK_INT(execute_draft(&draft), MC_OK);
}

static void
test_time_and_height(void)
{
	TxView *view;

	begin_world();
	usual_payment();
	draft.field[FIELD_FROM] = pack("u", U(TIME_MS + 1));
	CHECK_INT(execute_draft(&draft), MC_NOT_YET_VALID);
	begin_world();
	usual_payment();
	draft.field[FIELD_UNTIL] = pack("u", U(TIME_MS - 1));
	CHECK_INT(execute_draft(&draft), MC_EXPIRED);
	begin_world();
	usual_payment();
	view = draft_view(&draft);
	view->lock_height = HEIGHT + 1;
	CHECK_INT(ledger_block_execute(block, view), MC_LOCKED);
	begin_block();
	view->lock_height = HEIGHT;
	CHECK_INT(ledger_block_execute(block, view), MC_OK);
}

static void
test_an_operation_refuses(void)
{
	McSpan pay = draft_transfer(&fixture_txid, "MES", 60, "");
	McSpan burn = pack("ati", N(2), "MES", I(40));

	begin_world();
	usual_payment();
	draft.field[FIELD_OPERATIONS] = pack("aauubauub", N(2), N(3), U(OPERATION_TRANSFER), U(0), pay,
										 N(3), U(OPERATION_BURN), U(0), burn);
	draft.field[FIELD_CHANGE] = pack("a", N(0));
	CHECK_INT(execute_draft(&draft), MC_UNKNOWN_ASSET); /* no row says that MES was issued */
	CHECK_INT(last_problem()->operation, 1);
	CHECK_INT(made(), 0);
}

/* What is issued becomes outputs, what is burned is gone; the block says both. */
static void
test_issue_and_burn(void)
{
	uint32_t count;
	const LedgerOutput *outputs;
	const LedgerBurn *burns;
	McAddress sender = key_address(1);
	McSpan issue = pack("atiihm", N(5), "EUR", I(2), I(500), &sender, N(0));
	McSpan burn = pack("ati", N(2), "EUR", I(120));

	begin_world();
	begin_draft(&draft, 1);
	draft.field[FIELD_OPERATIONS] = draft_operation(OPERATION_ISSUE_ASSET, 0, issue);
	CHECK_INT(execute_draft(&draft), MC_OK);
	outputs = ledger_block_outputs(block, &count);
	CHECK_INT(count, 1);
	CHECK_INT(outputs[0].kind, LEDGER_OUTPUT_ISSUE);
	CHECK_INT(outputs[0].amount, 500);
	begin_draft(&draft, 1);
	draft.field[FIELD_INPUTS] = pack("aahuu", N(1), N(3), &outputs[0].txid, U(0), U(0));
	draft.field[FIELD_OPERATIONS] = draft_operation(OPERATION_BURN, 0, burn);
	draft_change(&draft, "EUR", 380);
	CHECK_INT(execute_draft(&draft), MC_OK);
	burns = ledger_block_burns(block, &count);
	CHECK_INT(count, 1);
	CHECK_INT(burns[0].amount, 120);
	CHECK_INT(burns[0].position, 1);
	begin_draft(&draft, 1);
	draft.field[FIELD_OPERATIONS] = draft_operation(OPERATION_BURN, 0, burn);
	CHECK_INT(execute_draft(&draft), MC_NOT_COVERED);
	(void) ledger_block_burns(block, &count);
	CHECK_INT(count, 1);
}

/* Three actors with a hundred assets each: more pairs than a book has lines. */
static void
test_too_many_balances(void)
{
	McAddress to = key_address(5);
	McAddress actors[2] = { key_address(2), key_address(3) };
	McSpan transfers[3];
	int low = memcmp(actors[0].bytes, actors[1].bytes, HASH_SIZE) < 0 ? 0 : 1;

	begin_world();
	begin_draft(&draft, 1);
	draft.field[FIELD_ACTORS] = pack("ahh", N(2), &actors[low], &actors[1 - low]);
	draft.signers[1] = fixture_secret(SUITE_ED25519, (uint8_t) (2 + low));
	draft.signers[2] = fixture_secret(SUITE_ED25519, (uint8_t) (3 - low));
	draft.signer_count = 3;
	for (int i = 0; i < 3; i++)
	{
		uint8_t *start = arena + arena_used;

		pack("aa", N(2), N(100));
		for (int k = 0; k < 100; k++)
		{
			char code[16];

			snprintf(code, sizeof(code), "A%d", k);
			pack("ahti", N(3), &to, code, I(1));
		}
		pack("t", "");
		transfers[i] = span_of(start, (size_t) (arena + arena_used - start));
	}
	draft.field[FIELD_OPERATIONS] = pack(
		"aauubauubauub", N(3), N(3), U(OPERATION_TRANSFER), U(0), transfers[0], N(3),
		U(OPERATION_TRANSFER), U(1), transfers[1], N(3), U(OPERATION_TRANSFER), U(2), transfers[2]);
	CHECK_INT(execute_draft(&draft), MC_TOO_MANY_BALANCES);
	CHECK_INT(last_problem()->limit, 256);
	CHECK_INT(last_problem()->operation, 2);
}

int
main(void)
{
	RUN_FRESH(test_a_payment);
	RUN_FRESH(test_state_is_what_is_unspent);
	RUN_FRESH(test_more_out_than_in);
	RUN_FRESH(test_less_out_than_in);
	RUN_FRESH(test_another_asset_does_not_cover);
	RUN_FRESH(test_payment_against_payment);
	RUN_FRESH(test_each_actor_is_balanced_alone);
	RUN_FRESH(test_unknown_outputs);
	RUN_FRESH(test_height_left_out);
	RUN_FRESH(test_spent_in_an_earlier_block);
	RUN_FRESH(test_spent_twice_in_one_block);
	RUN_FRESH(test_somebody_elses_output);
	RUN_FRESH(test_order_within_a_block);
	RUN_FRESH(test_two_orders_one_state);
	RUN_FRESH(test_a_refusal_leaves_no_trace);
	RUN_FRESH(test_a_name_used_before);
	RUN_FRESH(test_a_name_used_in_the_block);
	RUN_FRESH(test_a_name_of_two_senders);
	RUN_FRESH(test_time_and_height);
	RUN_FRESH(test_an_operation_refuses);
	RUN_FRESH(test_issue_and_burn);
	RUN_FRESH(test_too_many_balances);
	return CHECK_RESULT();
}
