/* tx_envelope.c - reading envelopes: the whole, each refusal, each limit, no loose bit. */
#include "unit/tx_fixture.h"

static void
test_reads_every_field(void)
{
	Draft draft;
	TxView view;
	McProblem problem;
	McAddress receiver = fixture_address(SUITE_ED25519, 2);
	McAddress sender = fixture_address(SUITE_ED25519, 1);
	WireReader reader;
	TxInput input;
	TxOperation operation;
	TxChange change;

	draft_init(&draft);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(tx_verify(&view, &problem), MC_OK);
	CHECK(memcmp(view.chain_id, fixture_chain, CHAIN_ID_SIZE) == 0);
	CHECK(hash_equal(&view.sender, &sender));
	CHECK_INT(view.valid_from_ms, 1000000);
	CHECK_INT(view.valid_until_ms, 1060000);
	CHECK(memcmp(view.submission, "submission uuid!", SUBMISSION_SIZE) == 0);
	CHECK(span_compare(view.reference, span_text("invoice 7")) == 0);
	CHECK_INT(view.actor_count, 1);
	CHECK_INT(view.output_count, 2);
	CHECK_INT(view.signature_count, 1);
	CHECK_INT(view.lock_height, 0);

	wire_reader_init(&reader, view.inputs);
	CHECK(tx_next_input(&reader, &input));
	CHECK(hash_equal(&input.txid, &fixture_txid));
	CHECK_INT(input.output_index, 3);
	CHECK_INT(input.height, 9);
	CHECK(!tx_next_input(&reader, &input));

	wire_reader_init(&reader, view.operations);
	CHECK(tx_next_operation(&reader, &view, &operation));
	CHECK_INT(operation.kind, OPERATION_TRANSFER);
	CHECK_INT(operation.index, 0);
	CHECK(hash_equal(&operation.actor_address, &sender));
	CHECK(span_compare(operation.arguments, draft_transfer(&receiver, "MES", 5, "thanks")) == 0);
	CHECK(!tx_next_operation(&reader, &view, &operation));

	wire_reader_init(&reader, view.change);
	CHECK(tx_next_change(&reader, &change));
	CHECK_INT(change.amount, 95);
	CHECK_TEXT(change.asset.code, "MES");
	CHECK(!tx_next_change(&reader, &change));
}

/* Outputs are numbered through the transaction: the operations' in order, then change. */
static void
test_outputs_in_order_of_their_numbers(void)
{
	static const int64_t amounts[] = { 5, 6, 700, 8, 95 };
	static const int operations[] = { 0, 0, 1, 3, -1 };
	McAddress to = fixture_address(SUITE_ED25519, 2);
	Draft draft;
	TxView view;
	McProblem problem;
	TxOutputs outputs;
	TxOutput output;
	int count = 0;

	draft_init(&draft);
	draft.field[FIELD_OPERATIONS] =
		pack("aauubauubauubauub", N(4), N(3), U(OPERATION_TRANSFER), U(0),
			 pack("aaahtiahtit", N(2), N(2), N(3), &to, "MES", I(5), N(3), &to, "MES", I(6), ""),
			 N(3), U(OPERATION_ISSUE_ASSET), U(0),
			 pack("atuinm", N(5), "GOLD", U(2), I(700), N(0)), N(3), U(OPERATION_BURN), U(0),
			 pack("ati", N(2), "MES", I(1)), N(3), U(OPERATION_TRANSFER), U(0),
			 draft_transfer(&to, "MES", 8, ""));
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(view.output_count, 5);
	tx_outputs_init(&outputs, &view);
	for (; count < 5 && tx_next_output(&outputs, &output); count++)
	{
		CHECK_INT(output.amount, amounts[count]);
		CHECK_INT(outputs.operation_index, operations[count]);
		CHECK(hash_equal(&output.address, count == 2 || count == 4 ? &view.sender : &to));
	}
	CHECK_INT(count, 5);
	CHECK(!tx_next_output(&outputs, &output));
}

/* Two parties, one body: the order of the witnesses is that of the actors. */
static void
test_payment_against_payment(void)
{
	McAddress one = fixture_address(SUITE_ED25519, 1);
	McAddress two = fixture_address(SUITE_SCHNORR, 2);
	Draft draft;
	TxView view;
	McProblem problem;
	TxOperation operation;
	WireReader reader;

	draft_init(&draft);
	draft.field[FIELD_ACTORS] = pack("ah", N(1), &two);
	draft.field[FIELD_OPERATIONS] = pack(
		"aauubauub", N(2), N(3), U(OPERATION_TRANSFER), U(0), draft_transfer(&two, "USD", 5, ""),
		N(3), U(OPERATION_TRANSFER), U(1), draft_transfer(&one, "EUR", 4, ""));
	CHECK_INT(draft_read(&draft, &view, &problem), MC_MISSING_WITNESS);
	CHECK_INT(problem.number, 1);
	CHECK_INT(problem.limit, 2);
	CHECK(strncmp(problem.name, "mes1", 4) == 0);

	draft.signers[1] = fixture_secret(SUITE_SCHNORR, 2);
	draft.signer_count = 2;
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(tx_verify(&view, &problem), MC_OK);
	CHECK_INT(view.signature_count, 2);
	wire_reader_init(&reader, view.operations);
	CHECK(tx_next_operation(&reader, &view, &operation));
	CHECK(tx_next_operation(&reader, &view, &operation));
	CHECK_INT(operation.index, 1);
	CHECK(hash_equal(&operation.actor_address, &two));

	draft.signers[0] = fixture_secret(SUITE_SCHNORR, 2);
	draft.signers[1] = fixture_secret(SUITE_ED25519, 1);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_WRONG_SIGNER);
	draft.signers[0] = fixture_secret(SUITE_ED25519, 1);
	draft.signers[1] = fixture_secret(SUITE_SCHNORR, 2);
	draft.signers[2] = fixture_secret(SUITE_SCHNORR, 2);
	draft.signer_count = 3;
	CHECK_INT(draft_read(&draft, &view, &problem), MC_SURPLUS_WITNESS);
}

static void
test_fields_of_another_version(void)
{
	Draft draft;
	McSpan body;
	TxView view;
	McProblem problem;

	CHECK_INT(read_with(FIELD_VERSION, pack("u", U(2)), &problem), MC_UNKNOWN_VERSION);
	CHECK_INT(problem.number, 2);
	CHECK_INT(read_with(FIELD_VERSION, pack("u", U(0)), &problem), MC_UNKNOWN_VERSION);
	draft_init(&draft);
	body = draft_body(&draft);
	CHECK_INT(tx_read(pack("arra", N(3), body, pack("a", N(0)), N(0)), &view, &problem),
			  MC_WRONG_TYPE);
	CHECK_INT(read_with(FIELD_CHAIN, pack("b", span_of(fixture_chain, 15)), &problem),
			  MC_WRONG_TYPE);
	CHECK_INT(read_with(FIELD_SENDER, pack("b", span_of(fixture_chain, 16)), &problem),
			  MC_WRONG_TYPE);
	CHECK_INT(read_with(FIELD_SUBMISSION, pack("t", "submission uuid!"), &problem), MC_WRONG_TYPE);
}

/* A body that says thirteen fields and takes the witnesses for the last. */
static void
test_witnesses_within_the_body(void)
{
	Draft draft;
	TxView view;
	McProblem problem;
	McSpan envelope;

	draft_init(&draft);
	envelope = draft_envelope(&draft);
	CHECK_INT(envelope.data[1], 0x80 | FIELD_COUNT);
	((uint8_t *) envelope.data)[1]++;
	CHECK_INT(tx_read(envelope, &view, &problem), MC_WRONG_TYPE);
	((uint8_t *) envelope.data)[1] -= 2;
	CHECK_INT(tx_read(envelope, &view, &problem), MC_WRONG_TYPE);
}

static void
test_actors_are_a_set(void)
{
	McAddress zero = { { 0 } };
	McAddress sender = fixture_address(SUITE_ED25519, 1);
	McAddress low = { { 1 } };
	McAddress high = { { 2 } };
	McProblem problem;

	CHECK_INT(read_with(FIELD_ACTORS, pack("ahh", N(2), &low, &high), &problem),
			  MC_MISSING_WITNESS);
	CHECK_INT(read_with(FIELD_ACTORS, pack("ahh", N(2), &zero, &low), &problem),
			  MC_MISSING_WITNESS);
	CHECK_INT(read_with(FIELD_ACTORS, pack("ahh", N(2), &high, &low), &problem),
			  MC_ACTORS_UNORDERED);
	CHECK_INT(read_with(FIELD_ACTORS, pack("ahh", N(2), &low, &low), &problem),
			  MC_ACTORS_UNORDERED);
	CHECK_INT(read_with(FIELD_ACTORS, pack("ah", N(1), &sender), &problem), MC_ACTOR_IS_SENDER);
	CHECK(strncmp(problem.name, "mes1", 4) == 0);
}

static McSpan
many_actors(size_t count)
{
	uint8_t *start = arena + arena_used;

	pack("a", count);
	for (size_t i = 0; i < count; i++)
	{
		McAddress address = { { (uint8_t) (i + 1) } };

		pack("h", &address);
	}
	return span_of(start, (size_t) (arena + arena_used - start));
}

static void
test_limit_of_actors(void)
{
	McProblem problem;

	CHECK_INT(read_with(FIELD_ACTORS, many_actors(TX_ACTORS_MAX - 1), &problem),
			  MC_MISSING_WITNESS);
	CHECK_INT(read_with(FIELD_ACTORS, many_actors(TX_ACTORS_MAX), &problem), MC_MISSING_WITNESS);
	CHECK_INT(problem.limit, TX_ACTORS_MAX + 1);
	CHECK_INT(read_with(FIELD_ACTORS, many_actors(TX_ACTORS_MAX + 1), &problem),
			  MC_TOO_MANY_ACTORS);
	CHECK_INT(problem.number, TX_ACTORS_MAX + 1);
	CHECK_INT(problem.limit, TX_ACTORS_MAX);
}

static void
test_window(void)
{
	McProblem problem;

	CHECK_INT(read_with(FIELD_UNTIL, pack("u", U(1000001)), &problem), MC_OK);
	CHECK_INT(read_with(FIELD_UNTIL, pack("u", U(1000000)), &problem), MC_WINDOW_EMPTY);
	CHECK_INT(read_with(FIELD_UNTIL, pack("u", U(999999)), &problem), MC_WINDOW_EMPTY);
	CHECK_TEXT(problem_text(&problem), "valid_until 999999 ms is not after valid_from 1000000 ms");
	CHECK_INT(read_with(FIELD_UNTIL, pack("u", U(INT64_MAX)), &problem), MC_OK);
	CHECK_INT(read_with(FIELD_UNTIL, pack("u", U(INT64_MAX) + 1), &problem), MC_NUMBER_TOO_LARGE);
}

static void
test_limit_of_the_reference(void)
{
	McProblem problem;

	for (int over = -1; over <= 1; over++)
	{
		McSpan text = text_of_size((size_t) (TX_REFERENCE_MAX + over));

		CHECK_INT(read_with(FIELD_REFERENCE, pack("t", (const char *) text.data), &problem),
				  over > 0 ? MC_REFERENCE_TOO_LONG : MC_OK);
	}
	CHECK_INT(problem.number, TX_REFERENCE_MAX + 1);
	CHECK_INT(read_with(FIELD_REFERENCE, pack("t", "\xC0\x80"), &problem), MC_INVALID_TEXT);
}

static void
test_inputs_are_a_set(void)
{
	McHash low = { { 1 } };
	McHash high = { { 2 } };
	McProblem problem;

	CHECK_INT(read_with(FIELD_INPUTS,
						pack("aahuuahuuahuu", N(3), N(3), &low, U(1), U(0), N(3), &low, U(2), U(0),
							 N(3), &high, U(0), U(0)),
						&problem),
			  MC_OK);
	CHECK_INT(read_with(FIELD_INPUTS,
						pack("aahuuahuu", N(2), N(3), &low, U(2), U(5), N(3), &low, U(2), U(6)),
						&problem),
			  MC_DUPLICATE_INPUT);
	CHECK_INT(problem.number, 2);
	CHECK(strncmp(problem.name, "0100000000", 10) == 0);
	CHECK_INT(read_with(FIELD_INPUTS,
						pack("aahuuahuu", N(2), N(3), &low, U(2), U(0), N(3), &low, U(1), U(0)),
						&problem),
			  MC_INPUTS_UNORDERED);
	CHECK_INT(read_with(FIELD_INPUTS,
						pack("aahuuahuu", N(2), N(3), &high, U(1), U(0), N(3), &low, U(2), U(0)),
						&problem),
			  MC_INPUTS_UNORDERED);
	CHECK_INT(read_with(FIELD_INPUTS, pack("aahuu", N(1), N(3), &low, U(UINT32_MAX), U(0)),
						&problem),
			  MC_OK);
	CHECK_INT(read_with(FIELD_INPUTS, pack("aahuu", N(1), N(3), &low, U(UINT32_MAX) + 1, U(0)),
						&problem),
			  MC_OUT_OF_RANGE);
	CHECK_INT(read_with(FIELD_INPUTS, pack("a", N(0)), &problem), MC_OK);
}

static McSpan
many_inputs(size_t count)
{
	uint8_t *start = arena + arena_used;

	pack("a", count);
	for (size_t i = 0; i < count; i++)
		pack("ahuu", N(3), &fixture_txid, U(i), U(0));
	return span_of(start, (size_t) (arena + arena_used - start));
}

static void
test_limit_of_inputs(void)
{
	McProblem problem;

	CHECK_INT(read_with(FIELD_INPUTS, many_inputs(TX_INPUTS_MAX - 1), &problem), MC_OK);
	CHECK_INT(read_with(FIELD_INPUTS, many_inputs(TX_INPUTS_MAX), &problem), MC_OK);
	CHECK_INT(read_with(FIELD_INPUTS, many_inputs(TX_INPUTS_MAX + 1), &problem),
			  MC_TOO_MANY_INPUTS);
}

static void
test_operations(void)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);
	McSpan good = draft_transfer(&to, "MES", 5, "");
	McProblem problem;

	CHECK_INT(read_with(FIELD_OPERATIONS, pack("a", N(0)), &problem), MC_NO_OPERATION);
	CHECK_INT(read_with(FIELD_OPERATIONS, draft_operation(0, 0, good), &problem),
			  MC_UNKNOWN_OPERATION);
	CHECK_INT(read_with(FIELD_OPERATIONS, draft_operation(65538, 0, good), &problem),
			  MC_UNKNOWN_OPERATION);
	CHECK_TEXT(problem_text(&problem), "operation kind 65538 is not known");
	CHECK_INT(problem.operation, 0);
	CHECK_INT(read_with(FIELD_OPERATIONS, draft_operation(2, 1, good), &problem),
			  MC_UNKNOWN_ACTOR);
	CHECK_INT(read_with(FIELD_CHANGE, pack("aauti", N(1), N(3), U(1), "MES", I(95)), &problem),
			  MC_UNKNOWN_ACTOR);
	CHECK_INT(problem.operation, -1);
}

/* The operation at fault is named, and the byte counts from the envelope's first. */
static void
test_fault_of_the_second_operation(void)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);
	Draft draft;
	TxView view;
	McProblem problem;
	McSpan envelope;

	draft_init(&draft);
	draft.field[FIELD_OPERATIONS] =
		pack("aauubauub", N(2), N(3), U(2), U(0), draft_transfer(&to, "MES", 5, ""), N(3), U(2),
			 U(0), pack("aatt", N(2), N(1), "QQQQQ", ""));
	envelope = draft_envelope(&draft);
	CHECK_INT(tx_read(envelope, &view, &problem), MC_WRONG_TYPE);
	CHECK_INT(problem.operation, 1);
	CHECK(memcmp(envelope.data + problem.number, "\x65QQQQQ", 6) == 0);
}

int
main(void)
{
	RUN_FRESH(test_reads_every_field);
	RUN_FRESH(test_outputs_in_order_of_their_numbers);
	RUN_FRESH(test_payment_against_payment);
	RUN_FRESH(test_fields_of_another_version);
	RUN_FRESH(test_witnesses_within_the_body);
	RUN_FRESH(test_actors_are_a_set);
	RUN_FRESH(test_limit_of_actors);
	RUN_FRESH(test_window);
	RUN_FRESH(test_limit_of_the_reference);
	RUN_FRESH(test_inputs_are_a_set);
	RUN_FRESH(test_limit_of_inputs);
	RUN_FRESH(test_operations);
	RUN_FRESH(test_fault_of_the_second_operation);
	return CHECK_RESULT();
}
