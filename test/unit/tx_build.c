/* tx_build.c - the builder: what it writes is what a draft by hand writes, sorted and bounded. */
#include "unit/tx_fixture.h"

#include <stdalign.h>

static alignas(16) uint8_t memory[1024 * 1024];
static uint8_t body[1024 * 1024];
static TxBuilder builder;
static McProblem problem;
static const TxAsset mes = { "MES" };

static TxHeader
usual_header(void)
{
	TxHeader header = { .sender = fixture_address(SUITE_ED25519, 1),
						.valid_from_ms = 1000000,
						.valid_until_ms = 1060000,
						.reference = span_text("invoice 7") };

	memcpy(header.chain_id, fixture_chain, CHAIN_ID_SIZE);
	memcpy(header.submission, "submission uuid!", SUBMISSION_SIZE);
	return header;
}

static McSpan
built_body(void)
{
	WireWriter writer;

	wire_writer_init(&writer, body, sizeof(body));
	CHECK_INT(tx_build_body(&builder, &writer, &problem), MC_OK);
	return wire_written(&writer);
}

static void
test_equals_a_draft_by_hand(void)
{
	TxHeader header = usual_header();
	TxOutput output = { fixture_address(SUITE_ED25519, 2), mes, 5 };
	TxInput input = { fixture_txid, 3, 9 };
	Draft draft;

	tx_build_init(&builder, &header, memory, sizeof(memory));
	tx_build_input(&builder, &input);
	operation_put_transfer(tx_build_operation(&builder, OPERATION_TRANSFER, 0), &output, 1,
						   span_text("thanks"));
	tx_build_change(&builder, 0, &mes, 95);
	draft_init(&draft);
	CHECK(span_compare(built_body(), draft_body(&draft)) == 0);
}

static void
sign_and_read(McSpan bytes, TxView *view)
{
	static uint8_t envelope[1024 * 1024];
	SuiteSecret secret = fixture_secret(SUITE_ED25519, 1);
	WireWriter writer;
	McHash hash;

	draft_signing_hash(bytes, &hash);
	wire_writer_init(&writer, envelope, sizeof(envelope));
	tx_put_envelope(&writer, bytes, 1);
	tx_put_key_witness(&writer, &secret, &hash);
	CHECK(!writer.full);
	CHECK_INT(tx_read(wire_written(&writer), view, &problem), MC_OK);
	CHECK_INT(tx_verify(view, &problem), MC_OK);
}

static void
test_every_kind_of_operation(void)
{
	TxHeader header = usual_header();
	McSpan metadata = pack("mtt", N(1), "isin", "XS0");
	AssetRow open = { .decimals = 2, .open = true, .issuer = header.sender, .metadata = metadata };
	AssetRow closed = { .decimals = 0, .supply = 7, .metadata = metadata };
	TxAsset gold = { "GOLD" };
	TxAsset iron = { "IRON" };
	TxView view;
	WireReader reader;
	TxOperation operation;
	static const uint16_t kinds[] = { OPERATION_ISSUE_ASSET, OPERATION_ISSUE_ASSET,
									  OPERATION_ISSUE_MORE, OPERATION_BURN, OPERATION_NOTARISE };

	tx_build_init(&builder, &header, memory, sizeof(memory));
	operation_put_issue_asset(tx_build_operation(&builder, kinds[0], 0), &gold, &open);
	operation_put_issue_asset(tx_build_operation(&builder, kinds[1], 0), &iron, &closed);
	operation_put_issue_more(tx_build_operation(&builder, kinds[2], 0), &gold, 50);
	operation_put_burn(tx_build_operation(&builder, kinds[3], 0), &iron, 3);
	operation_put_notarise(tx_build_operation(&builder, kinds[4], 0), &fixture_txid, metadata);
	tx_build_change(&builder, 0, &iron, 4);
	sign_and_read(built_body(), &view);
	CHECK_INT(view.operation_count, 5);
	CHECK_INT(view.output_count, 3);
	wire_reader_init(&reader, view.operations);
	for (size_t i = 0; i < 5; i++)
	{
		CHECK(tx_next_operation(&reader, &view, &operation));
		CHECK_INT(operation.kind, kinds[i]);
	}
}

static void
test_inputs_are_sorted(void)
{
	TxHeader header = usual_header();
	TxInput input = { { { 0 } }, 0, 0 };
	TxView view;
	WireReader reader;
	uint32_t count = 0;

	tx_build_init(&builder, &header, memory, sizeof(memory));
	for (uint32_t i = 0; i < 1000; i++)
	{
		input.txid.bytes[0] = (uint8_t) (i * 37 % 10);
		input.output_index = i * 7919 % 1000;
		tx_build_input(&builder, &input);
	}
	operation_put_notarise(tx_build_operation(&builder, OPERATION_NOTARISE, 0), &fixture_txid,
						   pack("m", N(0)));
	sign_and_read(built_body(), &view);
	wire_reader_init(&reader, view.inputs);
	while (tx_next_input(&reader, &input))
		count++;
	CHECK_INT(count, 1000);
}

static void
test_actors_are_numbered_by_address(void)
{
	TxHeader header = usual_header();
	McAddress low = { { 1 } };
	McAddress middle = { { 2 } };
	McAddress high = { { 3 } };

	tx_build_init(&builder, &header, memory, sizeof(memory));
	tx_build_actor(&builder, &middle);
	tx_build_actor(&builder, &high);
	tx_build_actor(&builder, &low);
	CHECK_INT(tx_build_actor_number(&builder, &header.sender), 0);
	CHECK_INT(tx_build_actor_number(&builder, &low), 1);
	CHECK_INT(tx_build_actor_number(&builder, &middle), 2);
	CHECK_INT(tx_build_actor_number(&builder, &high), 3);
}

/* Memory for one input and one notarisation, to the byte; a byte less is full. */
static void
test_memory_that_is_too_small(void)
{
	TxHeader header = usual_header();
	TxInput input = { fixture_txid, 3, 9 };
	McSpan empty = pack("m", N(0));
	size_t operation_size = 3 + 2 + 1 + 34 + 1;
	WireWriter writer;

	for (size_t size = 0; size <= 128; size += 8)
	{
		tx_build_init(&builder, &header, memory, size);
		tx_build_input(&builder, &input);
		operation_put_notarise(tx_build_operation(&builder, OPERATION_NOTARISE, 0), &fixture_txid,
							   empty);
		wire_writer_init(&writer, body, sizeof(body));
		CHECK_INT(tx_build_body(&builder, &writer, &problem),
				  size >= sizeof(TxInput) + operation_size ? MC_OK : MC_BUFFER_FULL);
	}
	tx_build_init(&builder, &header, memory, sizeof(TxInput));
	tx_build_input(&builder, &input);
	wire_writer_init(&writer, body, sizeof(body));
	CHECK_INT(tx_build_body(&builder, &writer, &problem), MC_OK);
	wire_writer_init(&writer, body, 100);
	CHECK_INT(tx_build_body(&builder, &writer, &problem), MC_BUFFER_FULL);
	CHECK_INT(problem.limit, 100);
}

/* Names of submissions are uuids of version 7: in the order of time, the rest as it was drawn. */
static void
test_names_of_submissions(void)
{
	uint8_t early[SUBMISSION_SIZE];
	uint8_t late[SUBMISSION_SIZE];

	memset(early, 0xFF, sizeof(early));
	memset(late, 0, sizeof(late));
	tx_name_submission(UINT64_C(0x017F22E279B0), early);
	tx_name_submission(UINT64_C(0x017F22E279B1), late);
	CHECK_HEX(early, 16, "017f22e279b07fffbfffffffffffffff");
	CHECK_HEX(late, 16, "017f22e279b170008000000000000000");
	CHECK(memcmp(early, late, SUBMISSION_SIZE) < 0);
}

int
main(void)
{
	RUN_FRESH(test_equals_a_draft_by_hand);
	RUN_FRESH(test_every_kind_of_operation);
	RUN_FRESH(test_inputs_are_sorted);
	RUN_FRESH(test_actors_are_numbered_by_address);
	RUN_FRESH(test_memory_that_is_too_small);
	RUN(test_names_of_submissions);
	return CHECK_RESULT();
}
