/*
 * op_notarise.c - writes a document's hash into the ledger: [document_hash, metadata]. The first
 * notarisation of a hash keeps it; who comes later is refused.
 */
#include "tx/operation.h"
#include "tx/part.h"

static McStatus
read_arguments(McSpan arguments, McHash *document, McSpan *metadata, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2) || !wire_read_fixed(&reader, document->bytes, HASH_SIZE))
		return part_wire_problem(&reader, problem);
	status = part_read_metadata(&reader, metadata, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = part_wire_problem(&reader, problem);
	return status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	McHash document;
	McSpan metadata;

	*output_count = 0;
	return read_arguments(arguments, &document, &metadata, problem);
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[NOTARISATION_ROW_BYTES_MAX];
	WireWriter writer;
	McHash document;
	McSpan metadata;
	McSpan value;

	read_arguments(operation->arguments, &document, &metadata, NULL);
	if (world->get_row(world, TX_TABLE_NOTARISATIONS, span_hash(&document), &value))
		return part_problem_hex(problem, MC_ALREADY_NOTARISED, document.bytes, HASH_SIZE);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_put_array(&writer, 3);
	wire_put_bytes(&writer, operation->actor_address.bytes, HASH_SIZE);
	wire_put_bytes(&writer, world->txid.bytes, HASH_SIZE);
	wire_put_raw(&writer, metadata);
	assert(!writer.full);
	world->put_row(world, TX_TABLE_NOTARISATIONS, span_hash(&document), wire_written(&writer));
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	McHash document;
	McSpan metadata;

	read_arguments(operation->arguments, &document, &metadata, NULL);
	fields->hash(fields, "document_hash", &document);
	fields->cbor(fields, "metadata", metadata);
}

void
operation_put_notarise(WireWriter *writer, const McHash *document, McSpan metadata)
{
	wire_put_array(writer, 2);
	wire_put_bytes(writer, document->bytes, HASH_SIZE);
	wire_put_raw(writer, metadata);
}

bool
notarisation_row_read(McSpan value, NotarisationRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 3) &&
		   wire_read_fixed(&reader, row->address.bytes, HASH_SIZE) &&
		   wire_read_fixed(&reader, row->txid.bytes, HASH_SIZE) &&
		   part_read_metadata(&reader, &row->metadata, NULL) == MC_OK && wire_read_end(&reader);
}

const TxOperationKind operation_notarise = {
	.number = OPERATION_NOTARISE,
	.name = "notarise",
	.description = "records the hash of a document with metadata, once for ever",
	.check = check,
	.execute = execute,
	.describe = describe,
};
