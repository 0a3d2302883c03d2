/*
 * part.c - readers and writers of the pieces that formats share. Every limit is checked here with
 * a refusal of its own, so the wire reader is always called without one.
 */
#include "tx/part.h"

McStatus
part_wire_problem(const WireReader *reader, McProblem *problem)
{
	int64_t at = (int64_t) reader->fault_offset;

	assert(reader->status != MC_OK);
	if (reader->status == MC_OUT_OF_RANGE)
		return status_problem(problem, MC_NUMBER_TOO_LARGE, at, 0);
	if (reader->status == MC_TRAILING_BYTES)
		return status_problem(problem, MC_TRAILING_BYTES, (int64_t) reader->size - at, 0);
	if (reader->status == MC_TOO_DEEP)
		return status_problem(problem, MC_TOO_DEEP, at, WIRE_DEPTH_MAX);
	return status_problem(problem, reader->status, at, 0);
}

McStatus
part_problem_hex(McProblem *problem, McStatus status, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * HASH_SIZE];

	assert(size <= HASH_SIZE);
	for (size_t i = 0; i < size; i++)
	{
		text[2 * i] = digits[((const uint8_t *) data)[i] >> 4];
		text[2 * i + 1] = digits[((const uint8_t *) data)[i] & 15];
	}
	return status_problem_name(problem, status, text, 2 * size);
}

McStatus
part_problem_address(McProblem *problem, McStatus status, const McAddress *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	address_format(address, text);
	return status_problem_name(problem, status, text, ADDRESS_TEXT_SIZE);
}

McStatus
part_problem_asset(McProblem *problem, McStatus status, const TxAsset *asset, int64_t number,
				   int64_t limit)
{
	status_problem_name(problem, status, asset->code, strlen(asset->code));
	if (problem != NULL)
	{
		problem->number = number;
		problem->limit = limit;
	}
	return status;
}

McStatus
part_read_number(WireReader *reader, uint64_t *number, McProblem *problem)
{
	if (!wire_read_uint_max(reader, INT64_MAX, number))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
part_read_list(WireReader *reader, size_t maximum, McStatus over, size_t *count,
			   McProblem *problem)
{
	if (!wire_read_array(reader, SIZE_MAX, count))
		return part_wire_problem(reader, problem);
	if (*count > maximum)
		return status_problem(problem, over, (int64_t) *count, (int64_t) maximum);
	return MC_OK;
}

McStatus
part_read_text(WireReader *reader, size_t maximum, McStatus over, McSpan *text, McProblem *problem)
{
	if (!wire_read_text(reader, SIZE_MAX, text))
		return part_wire_problem(reader, problem);
	if (text->size > maximum)
		return status_problem(problem, over, (int64_t) text->size, (int64_t) maximum);
	return MC_OK;
}

static bool
code_character(uint8_t character)
{
	return (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9') ||
		   character == '.' || character == '-';
}

McStatus
tx_asset_parse(McSpan code, TxAsset *asset, McProblem *problem)
{
	bool valid = code.size >= 1 && code.size <= ASSET_CODE_MAX && code.data[0] >= 'A' &&
				 code.data[0] <= 'Z';

	for (size_t i = 1; valid && i < code.size; i++)
		valid = code_character(code.data[i]);
	if (!valid)
		return status_problem_name(problem, MC_INVALID_ASSET, (const char *) code.data, code.size);
	*asset = (TxAsset){ 0 };
	memcpy(asset->code, code.data, code.size);
	return MC_OK;
}

McStatus
part_read_asset(WireReader *reader, TxAsset *asset, McProblem *problem)
{
	McSpan code;

	if (!wire_read_text(reader, SIZE_MAX, &code))
		return part_wire_problem(reader, problem);
	return tx_asset_parse(code, asset, problem);
}

McStatus
part_read_amount_or_zero(WireReader *reader, const char *name, int64_t *amount, McProblem *problem)
{
	McStatus status;

	if (!wire_read_int(reader, amount))
		return part_wire_problem(reader, problem);
	if (*amount >= 0)
		return MC_OK;
	status = status_problem_name(problem, MC_AMOUNT_NEGATIVE, name, strlen(name));
	if (problem != NULL)
		problem->number = *amount;
	return status;
}

McStatus
part_read_amount(WireReader *reader, const char *name, int64_t *amount, McProblem *problem)
{
	McStatus status = part_read_amount_or_zero(reader, name, amount, problem);

	if (status == MC_OK && *amount == 0)
		status = status_problem_name(problem, MC_AMOUNT_ZERO, name, strlen(name));
	return status;
}

McStatus
part_read_output(WireReader *reader, TxOutput *output, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 3) ||
		!wire_read_fixed(reader, output->address.bytes, sizeof(output->address.bytes)))
		return part_wire_problem(reader, problem);
	status = part_read_asset(reader, &output->asset, problem);
	if (status == MC_OK)
		status = part_read_amount(reader, output->asset.code, &output->amount, problem);
	return status;
}

McStatus
part_read_metadata(WireReader *reader, McSpan *metadata, McProblem *problem)
{
	if (wire_peek(reader) != WIRE_MAP)
	{
		reader->fault_offset = reader->offset;
		wire_reader_fail(reader, MC_WRONG_TYPE);
	}
	if (!wire_read_value(reader, SIZE_MAX, metadata))
		return part_wire_problem(reader, problem);
	if (metadata->size > TX_METADATA_MAX)
		return status_problem(problem, MC_METADATA_TOO_LARGE, (int64_t) metadata->size,
							  TX_METADATA_MAX);
	return MC_OK;
}

void
part_put_asset(WireWriter *writer, const TxAsset *asset)
{
	wire_put_text(writer, span_text(asset->code));
}

void
part_put_output(WireWriter *writer, const TxOutput *output)
{
	wire_put_array(writer, 3);
	wire_put_bytes(writer, output->address.bytes, sizeof(output->address.bytes));
	part_put_asset(writer, &output->asset);
	wire_put_int(writer, output->amount);
}

McStatus
part_read_asset_amount(McSpan arguments, TxAsset *asset, int64_t *amount, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = part_read_asset(&reader, asset, problem);
	if (status == MC_OK)
		status = part_read_amount(&reader, asset->code, amount, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = part_wire_problem(&reader, problem);
	return status;
}

void
part_put_asset_amount(WireWriter *writer, const TxAsset *asset, int64_t amount)
{
	wire_put_array(writer, 2);
	part_put_asset(writer, asset);
	wire_put_int(writer, amount);
}
