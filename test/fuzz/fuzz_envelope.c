/*
 * fuzz_envelope.c - an envelope that is accepted is written by the builder to the same bytes, and
 * its parts can be walked, described and counted. The input is read as it stands, and once more
 * as the fields of a body around which the target puts a witness that fits, so that reading gets
 * past it.
 */
#include "base/digest.h"
#include "tx/build.h"

#include <stdlib.h>

#define CHECK(condition)                                                                           \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			abort();                                                                               \
	} while (0)

static TxBuilder builder;
static _Alignas(16) uint8_t memory[TX_INPUTS_MAX * sizeof(TxInput) + TX_BYTES_MAX];
static uint8_t rebuilt[2 * TX_BYTES_MAX];

static void
build_header(const TxView *view)
{
	TxHeader header = { .sender = view->sender,
						.valid_from_ms = view->valid_from_ms,
						.valid_until_ms = view->valid_until_ms,
						.reference = view->reference,
						.fee = view->fee };

	memcpy(header.chain_id, view->chain_id, CHAIN_ID_SIZE);
	memcpy(header.submission, view->submission, SUBMISSION_SIZE);
	tx_build_init(&builder, &header, memory, sizeof(memory));
	for (uint32_t i = 1; i < view->actor_count; i++)
	{
		McAddress actor;

		tx_actor_address(view, i, &actor);
		tx_build_actor(&builder, &actor);
		CHECK(tx_build_actor_number(&builder, &actor) == i);
	}
}

/* Takes the body apart and puts it together again. */
static void
check_body(const TxView *view)
{
	WireReader reader;
	WireWriter writer;
	TxInput input;
	TxOperation operation;
	TxChange change;

	build_header(view);
	wire_reader_init(&reader, view->inputs);
	while (tx_next_input(&reader, &input))
		tx_build_input(&builder, &input);
	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
		wire_put_raw(tx_build_operation(&builder, operation.kind, operation.actor),
					 operation.arguments);
	wire_reader_init(&reader, view->change);
	while (tx_next_change(&reader, &change))
		tx_build_change(&builder, change.actor, &change.asset, change.amount);
	CHECK(builder.input_count == view->input_count);
	CHECK(builder.operation_count == view->operation_count);
	CHECK(builder.change_count == view->change_count);
	wire_writer_init(&writer, rebuilt, sizeof(rebuilt));
	CHECK(tx_build_body(&builder, &writer, NULL) == MC_OK);
	CHECK(span_compare(wire_written(&writer), view->body) == 0);
}

static void
check_witnesses(const TxView *view)
{
	WireReader reader;
	WireWriter writer;
	uint32_t signatures = 0;

	wire_reader_init(&reader, view->witnesses);
	wire_writer_init(&writer, rebuilt, sizeof(rebuilt));
	for (uint32_t i = 0; i < view->actor_count; i++)
	{
		static TxSignature items[CONDITION_KEYS_MAX];
		WireReader inner;
		TxWitness witness;
		McAddress actor;

		tx_actor_address(view, i, &actor);
		CHECK(witness_read(&reader, &actor, &witness, NULL) == MC_OK);
		wire_reader_init(&inner, witness.signatures);
		for (uint32_t k = 0; k < witness.signature_count; k++)
		{
			uint64_t index;

			CHECK(wire_read_tuple(&inner, 2) && wire_read_uint(&inner, &index) &&
				  wire_read_fixed(&inner, items[k].bytes, SUITE_SIGNATURE_SIZE));
			items[k].key_index = (uint32_t) index;
		}
		witness_put(&writer, witness.condition.bytes, witness.position, witness.path,
					witness.path_count, items, witness.signature_count,
					witness.has_preimage ? witness.preimage : NULL);
		signatures += witness.signature_count;
	}
	CHECK(wire_read_end(&reader));
	CHECK(signatures == view->signature_count);
	CHECK(span_compare(wire_written(&writer), view->witnesses) == 0);
}

static void
check_outputs(const TxView *view)
{
	TxOutputs outputs;
	TxOutput output;
	uint32_t count = 0;

	tx_outputs_init(&outputs, view);
	while (tx_next_output(&outputs, &output))
	{
		CHECK(output.amount > 0 && output.asset.code[0] != '\0');
		count++;
	}
	CHECK(count == view->output_count);
}

static void
check_envelope(McSpan envelope)
{
	McProblem problem = { 0 };
	TxView view;
	McStatus status = tx_read(envelope, &view, &problem);

	if (status != MC_OK)
	{
		CHECK(problem.status == status && status_info(status) != NULL);
		CHECK(wire_text_valid(span_text(problem.name)));
		return;
	}
	check_body(&view);
	check_witnesses(&view);
	check_outputs(&view);
	tx_verify(&view, &problem);
}

/* The fields after the actors come from the input; sender and witness are of a fixed key. */
static void
check_as_fields(McSpan fields)
{
	static uint8_t bytes[2 * TX_BYTES_MAX];
	uint8_t seed[SUITE_SEED_SIZE] = { 1 };
	uint8_t chain_id[CHAIN_ID_SIZE] = { 0 };
	SuiteSecret secret;
	McAddress sender;
	McHash hash = { { 0 } };
	WireWriter writer;

	if (fields.size > TX_BYTES_MAX || !suite_secret_from_seed(SUITE_ED25519, seed, &secret))
		return;
	condition_address_of_key(&secret.key, &sender);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_put_array(&writer, 2);
	wire_put_array(&writer, 12);
	wire_put_uint(&writer, TX_VERSION);
	wire_put_bytes(&writer, chain_id, sizeof(chain_id));
	wire_put_bytes(&writer, sender.bytes, HASH_SIZE);
	wire_put_array(&writer, 0);
	wire_put_raw(&writer, fields);
	wire_put_array(&writer, 1);
	tx_put_key_witness(&writer, &secret, &hash);
	check_envelope(wire_written(&writer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_envelope(span_of(data, size));
	check_as_fields(span_of(data, size));
	return 0;
}
