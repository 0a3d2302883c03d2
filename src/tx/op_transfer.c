/*
 * op_transfer.c - pays outputs of any assets to any addresses: [[output, ...], memo].
 */
#include "tx/operation.h"
#include "tx/part.h"

typedef struct Transfer
{
	size_t count;
	McSpan outputs; /* the array's items */
	McSpan memo;
} Transfer;

static McStatus
read_arguments(McSpan arguments, Transfer *transfer, McProblem *problem)
{
	WireReader reader;
	size_t start;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = part_read_list(&reader, TX_OUTPUTS_MAX, MC_TOO_MANY_OUTPUTS, &transfer->count,
							problem);
	if (status == MC_OK && transfer->count == 0)
		status = status_problem(problem, MC_NO_OUTPUT, 0, 0);
	start = reader.offset;
	for (size_t i = 0; status == MC_OK && i < transfer->count; i++)
	{
		TxOutput output;

		status = part_read_output(&reader, &output, problem);
	}
	transfer->outputs = span_of(reader.data + start, reader.offset - start);
	if (status == MC_OK)
		status = part_read_text(&reader, TX_MEMO_MAX, MC_MEMO_TOO_LONG, &transfer->memo, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = part_wire_problem(&reader, problem);
	return status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Transfer transfer;
	McStatus status = read_arguments(arguments, &transfer, problem);

	if (status == MC_OK)
		*output_count = (uint32_t) transfer.count;
	return status;
}

static bool
next_output(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output)
{
	size_t count;
	McStatus status;

	if (cursor->next == 0)
	{
		wire_reader_init(&cursor->reader, operation->arguments);
		wire_read_tuple(&cursor->reader, 2);
		wire_read_array(&cursor->reader, TX_OUTPUTS_MAX, &count);
	}
	/* the memo follows the last output */
	if (wire_peek(&cursor->reader) != WIRE_ARRAY)
		return false;
	status = part_read_output(&cursor->reader, output, NULL);
	assert(status == MC_OK);
	(void) status;
	cursor->next++;
	return true;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	TxOutputCursor cursor = { 0 };
	TxOutput output;
	McStatus status = MC_OK;

	while (status == MC_OK && next_output(operation, &cursor, &output))
		status = world->add_output(world, operation->actor, &output, problem);
	return status;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	TxOutputCursor cursor = { 0 };
	TxOutput output;
	Transfer transfer;

	read_arguments(operation->arguments, &transfer, NULL);
	fields->text(fields, "memo", transfer.memo);
	fields->open_list(fields, "outputs");
	while (next_output(operation, &cursor, &output))
	{
		fields->open_item(fields);
		fields->address(fields, "to_address", &output.address);
		fields->text(fields, "asset", span_text(output.asset.code));
		fields->amount(fields, "amount", &output.asset, output.amount);
	}
	fields->close_list(fields);
}

void
operation_put_transfer(WireWriter *writer, const TxOutput *outputs, size_t count, McSpan memo)
{
	wire_put_array(writer, 2);
	wire_put_array(writer, count);
	for (size_t i = 0; i < count; i++)
		part_put_output(writer, &outputs[i]);
	wire_put_text(writer, memo);
}

const TxOperationKind operation_transfer = {
	.number = OPERATION_TRANSFER,
	.name = "transfer",
	.description = "pays amounts of assets from the actor's outputs to addresses",
	.check = check,
	.execute = execute,
	.describe = describe,
	.next_output = next_output,
};
