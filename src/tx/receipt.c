/*
 * receipt.c - receipts in and out. An unknown status is read as it stands: a verifier may be older
 * than the ledger.
 */
#include "tx/receipt.h"

#include "base/merkle.h"
#include "tx/part.h"

void
receipt_write(WireWriter *writer, const McHash *txid, const McProblem *problem)
{
	bool success = problem->status == MC_OK;
	McSpan name = success ? span_of("", 0) : span_text(problem->name);

	assert(name.size < MC_PROBLEM_NAME_MAX && wire_text_valid(name));
	wire_put_array(writer, 6);
	wire_put_bytes(writer, txid->bytes, HASH_SIZE);
	wire_put_uint(writer, problem->status);
	wire_put_int(writer, success ? -1 : problem->operation);
	wire_put_int(writer, success ? 0 : problem->number);
	wire_put_int(writer, success ? 0 : problem->limit);
	wire_put_text(writer, name);
}

static bool
read_fields(WireReader *reader, McHash *txid, McProblem *problem)
{
	uint64_t status;
	int64_t operation;
	McSpan name;

	if (!wire_read_tuple(reader, 6) || !wire_read_fixed(reader, txid->bytes, HASH_SIZE) ||
		!wire_read_uint_max(reader, MC_STATUS_MAX, &status) || !wire_read_int(reader, &operation))
		return false;
	if (operation < -1 || operation >= TX_OPERATIONS_MAX)
		return wire_reader_fail(reader, MC_OUT_OF_RANGE);
	if (!wire_read_int(reader, &problem->number) || !wire_read_int(reader, &problem->limit) ||
		!wire_read_text(reader, MC_PROBLEM_NAME_MAX - 1, &name))
		return false;
	problem->status = (McStatus) status;
	problem->operation = (int32_t) operation;
	memcpy(problem->name, name.data, name.size);
	problem->name[name.size] = '\0';
	if (status == MC_OK &&
		(operation != -1 || problem->number != 0 || problem->limit != 0 || name.size > 0))
		return wire_reader_fail(reader, MC_NOT_CANONICAL);
	return wire_read_end(reader);
}

McStatus
receipt_read(McSpan bytes, McHash *txid, McProblem *problem, McProblem *refusal)
{
	WireReader reader;

	wire_reader_init(&reader, bytes);
	return read_fields(&reader, txid, problem) ? MC_OK : part_wire_problem(&reader, refusal);
}

void
receipt_leaf(McSpan receipt, McHash *leaf)
{
	McSpan parts[2] = { span_text("MES1-receipt"), receipt };

	merkle_leaf(leaf, parts, 2);
}
