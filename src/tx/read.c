/*
 * read.c - the envelope in: one pass over hostile bytes, every limit with a refusal of its own.
 * What needs the ledger, a clock or a signature is not here.
 */
#include "base/digest.h"
#include "tx/operation.h"
#include "tx/part.h"
#include "tx/witness.h"

#define BODY_FIELDS 12

/* An address as an array item: byte string head of two bytes, then 32. */
#define ADDRESS_ITEM_BYTES (2 + HASH_SIZE)

static McStatus
read_version(WireReader *reader, McProblem *problem)
{
	size_t fields;
	uint64_t version;
	McStatus status;

	if (!wire_read_array(reader, SIZE_MAX, &fields))
		return part_wire_problem(reader, problem);
	status = part_read_number(reader, &version, problem);
	if (status == MC_OK && version != TX_VERSION)
		return status_problem(problem, MC_UNKNOWN_VERSION, (int64_t) version, TX_VERSION);
	if (status == MC_OK && fields != BODY_FIELDS)
	{
		wire_reader_fail(reader, MC_WRONG_TYPE);
		return part_wire_problem(reader, problem);
	}
	return status;
}

static McStatus
read_actors(WireReader *reader, TxView *view, McProblem *problem)
{
	size_t count;
	size_t start;
	McAddress previous = { { 0 } };
	McStatus status =
		part_read_list(reader, TX_ACTORS_MAX, MC_TOO_MANY_ACTORS, &count, problem);

	start = reader->offset;
	for (size_t i = 0; status == MC_OK && i < count; i++)
	{
		McAddress actor;

		if (!wire_read_fixed(reader, actor.bytes, HASH_SIZE))
			return part_wire_problem(reader, problem);
		if (i > 0 && memcmp(actor.bytes, previous.bytes, HASH_SIZE) <= 0)
			return part_problem_address(problem, MC_ACTORS_UNORDERED, &actor);
		if (hash_equal(&actor, &view->sender))
			return part_problem_address(problem, MC_ACTOR_IS_SENDER, &actor);
		previous = actor;
	}
	if (status != MC_OK)
		return status;
	view->actor_count = (uint32_t) count + 1;
	view->actors = span_of(reader->data + start, reader->offset - start);
	return MC_OK;
}

static McStatus
read_window(WireReader *reader, TxView *view, McProblem *problem)
{
	McStatus status = part_read_number(reader, &view->valid_from_ms, problem);

	if (status == MC_OK)
		status = part_read_number(reader, &view->valid_until_ms, problem);
	if (status == MC_OK && view->valid_until_ms <= view->valid_from_ms)
		status = status_problem(problem, MC_WINDOW_EMPTY, (int64_t) view->valid_until_ms,
								(int64_t) view->valid_from_ms);
	return status;
}

static McStatus
read_input(WireReader *reader, TxInput *input, McProblem *problem)
{
	uint64_t index;
	McStatus status;

	if (!wire_read_tuple(reader, 3) || !wire_read_fixed(reader, input->txid.bytes, HASH_SIZE))
		return part_wire_problem(reader, problem);
	status = part_read_number(reader, &index, problem);
	if (status == MC_OK && index > UINT32_MAX)
		status = status_problem(problem, MC_OUT_OF_RANGE, (int64_t) index, UINT32_MAX);
	if (status != MC_OK)
		return status;
	input->output_index = (uint32_t) index;
	return part_read_number(reader, &input->height, problem);
}

/* Strictly ascending: one spelling of a set, and a repetition shows without a table. */
static McStatus
check_input_order(const TxInput *previous, const TxInput *input, McProblem *problem)
{
	int order = memcmp(previous->txid.bytes, input->txid.bytes, HASH_SIZE);
	McStatus status;

	if (order < 0 || (order == 0 && previous->output_index < input->output_index))
		return MC_OK;
	status = order == 0 && previous->output_index == input->output_index ? MC_DUPLICATE_INPUT
																		 : MC_INPUTS_UNORDERED;
	part_problem_hex(problem, status, input->txid.bytes, HASH_SIZE);
	if (problem != NULL)
		problem->number = input->output_index;
	return status;
}

static McStatus
read_inputs(WireReader *reader, TxView *view, McProblem *problem)
{
	TxInput inputs[2]; /* this one and the one before, in turn */
	size_t count;
	size_t start;
	McStatus status =
		part_read_list(reader, TX_INPUTS_MAX, MC_TOO_MANY_INPUTS, &count, problem);

	start = reader->offset;
	for (size_t i = 0; status == MC_OK && i < count; i++)
	{
		status = read_input(reader, &inputs[i % 2], problem);
		if (status == MC_OK && i > 0)
			status = check_input_order(&inputs[(i + 1) % 2], &inputs[i % 2], problem);
	}
	if (status != MC_OK)
		return status;
	view->input_count = (uint32_t) count;
	view->inputs = span_of(reader->data + start, reader->offset - start);
	return MC_OK;
}

static McStatus
read_actor_index(WireReader *reader, const TxView *view, uint64_t *actor, McProblem *problem)
{
	McStatus status = part_read_number(reader, actor, problem);

	if (status == MC_OK && *actor >= view->actor_count)
		status = status_problem(problem, MC_UNKNOWN_ACTOR, (int64_t) *actor, view->actor_count);
	return status;
}

static McStatus
add_outputs(TxView *view, uint32_t count, McProblem *problem)
{
	if (count > TX_OUTPUTS_MAX - view->output_count)
		return status_problem(problem, MC_TOO_MANY_OUTPUTS, (int64_t) view->output_count + count,
							  TX_OUTPUTS_MAX);
	view->output_count += count;
	return MC_OK;
}

static bool
names_a_byte(McStatus status)
{
	return status == MC_TRUNCATED || status == MC_NOT_CANONICAL || status == MC_WRONG_TYPE ||
		   status == MC_TOO_DEEP || status == MC_DUPLICATE_KEY || status == MC_INVALID_TEXT ||
		   status == MC_NUMBER_TOO_LARGE;
}

static McStatus
read_operation(WireReader *reader, TxView *view, McProblem *problem)
{
	const TxOperationKind *kind;
	uint64_t number;
	uint64_t actor;
	uint32_t output_count = 0;
	McSpan arguments;
	McStatus status;

	if (!wire_read_tuple(reader, 3))
		return part_wire_problem(reader, problem);
	status = part_read_number(reader, &number, problem);
	if (status == MC_OK)
		status = read_actor_index(reader, view, &actor, problem);
	if (status != MC_OK)
		return status;
	kind = operation_kind(number);
	if (kind == NULL)
		return status_problem(problem, MC_UNKNOWN_OPERATION, (int64_t) number, 0);
	if (!wire_read_bytes(reader, SIZE_MAX, &arguments))
		return part_wire_problem(reader, problem);
	view->names_seats |= kind->names_seats;
	status = kind->check(arguments, &output_count, problem);
	/* the kind counts bytes from its arguments, people from the envelope */
	if (problem != NULL && names_a_byte(status))
		problem->number += arguments.data - reader->data;
	return status == MC_OK ? add_outputs(view, output_count, problem) : status;
}

static McStatus
read_operations(WireReader *reader, TxView *view, McProblem *problem)
{
	size_t count;
	size_t start;
	McStatus status =
		part_read_list(reader, TX_OPERATIONS_MAX, MC_TOO_MANY_OPERATIONS, &count, problem);

	if (status == MC_OK && count == 0)
		status = status_problem(problem, MC_NO_OPERATION, 0, 0);
	if (status != MC_OK)
		return status;
	start = reader->offset;
	for (size_t i = 0; i < count; i++)
	{
		status = read_operation(reader, view, problem);
		if (status == MC_OK)
			continue;
		if (problem != NULL)
			problem->operation = (int32_t) i;
		return status;
	}
	view->operation_count = (uint32_t) count;
	view->operations = span_of(reader->data + start, reader->offset - start);
	return MC_OK;
}

static McStatus
read_one_change(WireReader *reader, const TxView *view, McProblem *problem)
{
	TxAsset asset;
	uint64_t actor;
	int64_t amount;
	McStatus status;

	if (!wire_read_tuple(reader, 3))
		return part_wire_problem(reader, problem);
	status = read_actor_index(reader, view, &actor, problem);
	if (status == MC_OK)
		status = part_read_asset(reader, &asset, problem);
	if (status == MC_OK)
		status = part_read_amount(reader, asset.code, &amount, problem);
	return status;
}

static McStatus
read_change(WireReader *reader, TxView *view, McProblem *problem)
{
	size_t count;
	size_t start;
	McStatus status = part_read_list(reader, TX_CHANGE_MAX, MC_TOO_MUCH_CHANGE, &count, problem);

	start = reader->offset;
	for (size_t i = 0; status == MC_OK && i < count; i++)
		status = read_one_change(reader, view, problem);
	if (status != MC_OK)
		return status;
	view->change_count = (uint32_t) count;
	view->change = span_of(reader->data + start, reader->offset - start);
	return add_outputs(view, view->change_count, problem);
}

typedef struct AssetSum
{
	TxAsset asset;
	int64_t sum;
} AssetSum;

static AssetSum *
find_sum(AssetSum *sums, size_t count, const TxAsset *asset)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(sums[i].asset.code, asset->code, sizeof(asset->code)) == 0)
			return &sums[i];
	return NULL;
}

/* What is paid of an asset fits int64, so no later sum over outputs can overflow. */
static McStatus
check_sums(const TxView *view, McProblem *problem)
{
	AssetSum sums[TX_ASSETS_MAX];
	size_t count = 0;
	AssetSum *sum = NULL;
	TxOutputs outputs;
	TxOutput output;

	tx_outputs_init(&outputs, view);
	while (tx_next_output(&outputs, &output))
	{
		if (sum == NULL || memcmp(sum->asset.code, output.asset.code, sizeof(sum->asset.code)))
			sum = find_sum(sums, count, &output.asset);
		if (sum == NULL && count == TX_ASSETS_MAX)
			return status_problem(problem, MC_TOO_MANY_ASSETS, TX_ASSETS_MAX + 1, TX_ASSETS_MAX);
		if (sum == NULL)
		{
			sum = &sums[count++];
			*sum = (AssetSum){ .asset = output.asset };
		}
		if (output.amount > TX_AMOUNT_MAX - sum->sum)
			return part_problem_asset(problem, MC_SUM_OVERFLOW, &output.asset, output.amount,
									  TX_AMOUNT_MAX);
		sum->sum += output.amount;
	}
	return MC_OK;
}

static McStatus
read_body(WireReader *reader, TxView *view, McProblem *problem)
{
	size_t start = reader->offset;
	McStatus status = read_version(reader, problem);

	if (status != MC_OK)
		return status;
	if (!wire_read_fixed(reader, view->chain_id, CHAIN_ID_SIZE) ||
		!wire_read_fixed(reader, view->sender.bytes, HASH_SIZE))
		return part_wire_problem(reader, problem);
	status = read_actors(reader, view, problem);
	if (status == MC_OK)
		status = read_window(reader, view, problem);
	if (status == MC_OK && !wire_read_fixed(reader, view->submission, SUBMISSION_SIZE))
		status = part_wire_problem(reader, problem);
	if (status == MC_OK)
		status = part_read_text(reader, TX_REFERENCE_MAX, MC_REFERENCE_TOO_LONG,
								&view->reference, problem);
	if (status == MC_OK)
		status = part_read_amount_or_zero(reader, "the fee", &view->fee, problem);
	if (status == MC_OK)
		status = read_inputs(reader, view, problem);
	if (status == MC_OK)
		status = read_operations(reader, view, problem);
	if (status == MC_OK)
		status = read_change(reader, view, problem);
	view->body = span_of(reader->data + start, reader->offset - start);
	return status == MC_OK ? check_sums(view, problem) : status;
}

static McStatus
check_witness_count(const TxView *view, size_t count, McProblem *problem)
{
	McAddress actor;

	if (count > view->actor_count)
		return status_problem(problem, MC_SURPLUS_WITNESS, (int64_t) count, view->actor_count);
	if (count == view->actor_count)
		return MC_OK;
	tx_actor_address(view, (uint32_t) count, &actor);
	part_problem_address(problem, MC_MISSING_WITNESS, &actor);
	if (problem != NULL)
	{
		problem->number = (int64_t) count;
		problem->limit = view->actor_count;
	}
	return MC_MISSING_WITNESS;
}

static McStatus
read_witnesses(WireReader *reader, TxView *view, McProblem *problem)
{
	size_t count;
	size_t start;
	McStatus status;

	if (!wire_read_array(reader, SIZE_MAX, &count))
		return part_wire_problem(reader, problem);
	status = check_witness_count(view, count, problem);
	start = reader->offset;
	for (uint32_t i = 0; status == MC_OK && i < count; i++)
	{
		TxWitness witness;
		McAddress actor;

		tx_actor_address(view, i, &actor);
		status = witness_read(reader, &actor, &witness, problem);
		if (status != MC_OK)
			break;
		view->signature_count += witness.signature_count;
		if (witness.condition.lock_height > view->lock_height)
			view->lock_height = witness.condition.lock_height;
	}
	view->witnesses = span_of(reader->data + start, reader->offset - start);
	return status;
}

McStatus
tx_read(McSpan envelope, TxView *view, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	if (envelope.size > TX_BYTES_MAX)
		return status_problem(problem, MC_TX_TOO_LARGE, (int64_t) envelope.size, TX_BYTES_MAX);
	*view = (TxView){ .bytes = envelope };
	wire_reader_init(&reader, envelope);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = read_body(&reader, view, problem);
	if (status == MC_OK)
		status = read_witnesses(&reader, view, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = part_wire_problem(&reader, problem);
	if (status != MC_OK)
		return status;
	digest_tagged(&view->txid, "MES1-txid", view->body);
	digest_tagged(&view->body_id, "MES1-body", view->bytes);
	return MC_OK;
}

McStatus
tx_read_body(McSpan body, TxView *view, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	*view = (TxView){ 0 };
	wire_reader_init(&reader, body);
	status = read_body(&reader, view, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = part_wire_problem(&reader, problem);
	if (status == MC_OK)
		digest_tagged(&view->txid, "MES1-txid", view->body);
	return status;
}

bool
tx_next_input(WireReader *reader, TxInput *input)
{
	McStatus status;

	if (wire_peek(reader) == WIRE_NOTHING)
		return false;
	status = read_input(reader, input, NULL);
	assert(status == MC_OK);
	return status == MC_OK;
}

void
tx_actor_address(const TxView *view, uint32_t actor, McAddress *address)
{
	assert(actor < view->actor_count);
	if (actor == 0)
		*address = view->sender;
	else
		memcpy(address->bytes, view->actors.data + actor * ADDRESS_ITEM_BYTES - HASH_SIZE,
			   HASH_SIZE);
}
