/*
 * build.c - envelopes out. The counts of a CBOR array come before its items, so the parts are kept
 * apart until the body is written.
 */
#include "tx/build.h"

#include "base/digest.h"
#include "tx/part.h"

void
tx_build_init(TxBuilder *builder, const TxHeader *header, void *memory, size_t size)
{
	size_t whole = size / _Alignof(TxInput) * _Alignof(TxInput);

	assert((uintptr_t) memory % _Alignof(TxInput) == 0);
	builder->header = *header;
	builder->actor_count = 0;
	builder->operation_count = 0;
	builder->input_count = 0;
	builder->change_count = 0;
	builder->full = false;
	builder->open = false;
	builder->inputs = (TxInput *) (void *) ((uint8_t *) memory + whole);
	wire_writer_init(&builder->operations, memory, whole);
}

void
tx_build_actor(TxBuilder *builder, const McAddress *address)
{
	uint32_t at = builder->actor_count;

	assert(builder->operation_count == 0 && builder->change_count == 0);
	assert(builder->actor_count < TX_ACTORS_MAX);
	for (; at > 0 && memcmp(builder->actors[at - 1].bytes, address->bytes, HASH_SIZE) > 0; at--)
		builder->actors[at] = builder->actors[at - 1];
	builder->actors[at] = *address;
	builder->actor_count++;
}

uint32_t
tx_build_actor_number(const TxBuilder *builder, const McAddress *address)
{
	uint32_t at = 0;

	if (hash_equal(address, &builder->header.sender))
		return 0;
	while (at < builder->actor_count && !hash_equal(address, &builder->actors[at]))
		at++;
	assert(at < builder->actor_count);
	return at + 1;
}

void
tx_build_input(TxBuilder *builder, const TxInput *input)
{
	/* an input takes the place of bytes that operations could have had */
	if (builder->operations.capacity - builder->operations.size < sizeof(TxInput))
	{
		builder->full = true;
		return;
	}
	builder->operations.capacity -= sizeof(TxInput);
	*--builder->inputs = *input;
	builder->input_count++;
}

/* Moves the arguments of the last operation up to make room for the head of their byte string. */
static void
close_operation(TxBuilder *builder)
{
	WireWriter *operations = &builder->operations;
	uint8_t *start = operations->data + builder->arguments_start;
	size_t size = operations->size - builder->arguments_start;
	uint8_t bytes[16];
	WireWriter head;

	if (!builder->open || operations->full)
		return;
	builder->open = false;
	/* the head of a byte string is that of an integer with another major type */
	wire_writer_init(&head, bytes, sizeof(bytes));
	wire_put_uint(&head, size);
	bytes[0] |= 0x40;
	wire_put_raw(operations, wire_written(&head)); /* for the room only */
	if (operations->full)
		return;
	memmove(start + head.size, start, size);
	memcpy(start, bytes, head.size);
}

WireWriter *
tx_build_operation(TxBuilder *builder, uint16_t kind, uint32_t actor)
{
	assert(actor <= builder->actor_count);
	close_operation(builder);
	builder->operation_count++;
	wire_put_array(&builder->operations, 3);
	wire_put_uint(&builder->operations, kind);
	wire_put_uint(&builder->operations, actor);
	builder->open = true;
	builder->arguments_start = builder->operations.size;
	return &builder->operations;
}

void
tx_build_change(TxBuilder *builder, uint32_t actor, const TxAsset *asset, int64_t amount)
{
	assert(actor <= builder->actor_count && amount > 0);
	assert(builder->change_count < TX_CHANGE_MAX);
	builder->change[builder->change_count++] = (TxChange){ actor, *asset, amount };
}

static bool
input_before(const TxInput *left, const TxInput *right)
{
	int order = memcmp(left->txid.bytes, right->txid.bytes, HASH_SIZE);

	return order < 0 || (order == 0 && left->output_index < right->output_index);
}

/* Moves the input at root down until both below it are smaller. */
static void
sift_down(TxInput *inputs, size_t root, size_t count)
{
	TxInput moving = inputs[root];

	for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1)
	{
		if (child + 1 < count && input_before(&inputs[child], &inputs[child + 1]))
			child++;
		if (!input_before(&moving, &inputs[child]))
			break;
		inputs[root] = inputs[child];
		root = child;
	}
	inputs[root] = moving;
}

/* Heapsort: in place and without libc's qsort, which may allocate. */
static void
sort_inputs(TxInput *inputs, size_t count)
{
	for (size_t root = count / 2; root-- > 0;)
		sift_down(inputs, root, count);
	for (size_t last = count; last-- > 1;)
	{
		TxInput largest = inputs[0];

		inputs[0] = inputs[last];
		inputs[last] = largest;
		sift_down(inputs, 0, last);
	}
}

static void
put_header(WireWriter *writer, const TxBuilder *builder)
{
	const TxHeader *header = &builder->header;

	wire_put_array(writer, 12);
	wire_put_uint(writer, TX_VERSION);
	wire_put_bytes(writer, header->chain_id, CHAIN_ID_SIZE);
	wire_put_bytes(writer, header->sender.bytes, HASH_SIZE);
	wire_put_array(writer, builder->actor_count);
	for (uint32_t i = 0; i < builder->actor_count; i++)
		wire_put_bytes(writer, builder->actors[i].bytes, HASH_SIZE);
	wire_put_uint(writer, header->valid_from_ms);
	wire_put_uint(writer, header->valid_until_ms);
	wire_put_bytes(writer, header->submission, SUBMISSION_SIZE);
	wire_put_text(writer, header->reference);
	wire_put_int(writer, header->fee);
}

McStatus
tx_build_body(TxBuilder *builder, WireWriter *writer, McProblem *problem)
{
	close_operation(builder);
	put_header(writer, builder);
	sort_inputs(builder->inputs, builder->input_count);
	wire_put_array(writer, builder->input_count);
	for (uint32_t i = 0; i < builder->input_count; i++)
	{
		const TxInput *input = &builder->inputs[i];

		wire_put_array(writer, 3);
		wire_put_bytes(writer, input->txid.bytes, HASH_SIZE);
		wire_put_uint(writer, input->output_index);
		wire_put_uint(writer, input->height);
	}
	wire_put_array(writer, builder->operation_count);
	wire_put_raw(writer, wire_written(&builder->operations));
	wire_put_array(writer, builder->change_count);
	for (uint32_t i = 0; i < builder->change_count; i++)
	{
		wire_put_array(writer, 3);
		wire_put_uint(writer, builder->change[i].actor);
		part_put_asset(writer, &builder->change[i].asset);
		wire_put_int(writer, builder->change[i].amount);
	}
	if (builder->full || builder->operations.full)
		return status_problem(problem, MC_BUFFER_FULL, 0, (int64_t) builder->operations.capacity);
	if (writer->full)
		return status_problem(problem, MC_BUFFER_FULL, 0, (int64_t) writer->capacity);
	return MC_OK;
}

void
tx_name_submission(uint64_t unix_ms, uint8_t submission[SUBMISSION_SIZE])
{
	uint8_t time[8];

	put_be64(time, unix_ms);
	memcpy(submission, time + 2, 6);
	submission[6] = (submission[6] & 0x0F) | 0x70;
	submission[8] = (submission[8] & 0x3F) | 0x80;
}

void
tx_txid(McSpan body, McHash *txid)
{
	digest_tagged(txid, "MES1-txid", body);
}

void
tx_put_envelope(WireWriter *writer, McSpan body, uint32_t witness_count)
{
	wire_put_array(writer, 2);
	wire_put_raw(writer, body);
	wire_put_array(writer, witness_count);
}

void
tx_put_key_witness(WireWriter *writer, const SuiteSecret *secret, const McHash *signing_hash)
{
	uint8_t bytes[64];
	WireWriter condition;
	TxSignature signature = { 0 };

	wire_writer_init(&condition, bytes, sizeof(bytes));
	condition_put(&condition, 1, &secret->key, 1, 0, NULL);
	assert(!condition.full);
	suite_sign(secret, span_hash(signing_hash), signature.bytes);
	witness_put(writer, wire_written(&condition), 0, NULL, 0, &signature, 1, NULL);
}
