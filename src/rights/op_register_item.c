/*
 * op_register_item.c - registers a thing of another kind: [kind, code, title or null, content_hash
 * or null, metadata]. Its code is issued once: kind and code in their normal form are its name.
 */
#include "rights/field.h"
#include "rights/identifier.h"
#include "rights/operations.h"
#include "rights/row.h"
#include "rights/title.h"
#include "rights/work.h"

static McStatus
read_name(WireReader *reader, ItemRow *item, McProblem *problem)
{
	char kind[RIGHTS_ITEM_KIND_MAX + 1];
	char code[RIGHTS_ITEM_CODE_MAX + 1];

	if (!wire_read_text(reader, SIZE_MAX, &item->kind) ||
		!wire_read_text(reader, SIZE_MAX, &item->code))
		return part_wire_problem(reader, problem);
	if (!rights_normalise_item(item->kind, item->code, kind, code) ||
		span_compare(item->code, span_text(code)) != 0)
		return status_problem_name(problem, MC_INVALID_ITEM_CODE, (const char *) item->code.data,
								   item->code.size);
	return MC_OK;
}

static McStatus
read_arguments(McSpan arguments, ItemRow *item, McProblem *problem)
{
	WireReader reader;
	McStatus status;
	bool titled;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 5))
		return part_wire_problem(&reader, problem);
	status = read_name(&reader, item, problem);
	titled = wire_peek(&reader) != WIRE_NULL;
	if (status == MC_OK)
		status = field_optional_text(&reader, &item->title, problem);
	if (status == MC_OK && titled)
		status = rights_check_title(item->title, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &item->has_content, &item->content_hash, problem);
	if (status == MC_OK)
		status = part_read_metadata(&reader, &item->metadata, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	ItemRow item;

	*output_count = 0;
	return read_arguments(arguments, &item, problem);
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[ITEM_ROW_BYTES_MAX];
	WireWriter writer;
	ItemRow item;
	RightsId id;
	McSpan value;

	read_arguments(operation->arguments, &item, NULL);
	item.owner = operation->actor_address;
	rights_item_id(item.kind, item.code, &id);
	if (world->get_row(world, RIGHTS_ITEMS, span_hash(&id), &value))
		return status_problem_name(problem, MC_ITEM_EXISTS, (const char *) item.code.data,
								   item.code.size);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	item_row_write(&writer, &item);
	assert(!writer.full);
	world->put_row(world, RIGHTS_ITEMS, span_hash(&id), wire_written(&writer));
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	ItemRow item;
	RightsId id;

	read_arguments(operation->arguments, &item, NULL);
	rights_item_id(item.kind, item.code, &id);
	fields->hash(fields, "item_id", &id);
	fields->text(fields, "kind", item.kind);
	fields->text(fields, "code", item.code);
	if (item.title.size > 0)
		fields->text(fields, "title", item.title);
	if (item.has_content)
		fields->hash(fields, "content_hash", &item.content_hash);
	fields->cbor(fields, "metadata", item.metadata);
}

void
operation_put_register_item(WireWriter *writer, const ItemRow *item)
{
	wire_put_array(writer, 5);
	wire_put_text(writer, item->kind);
	wire_put_text(writer, item->code);
	field_put_optional_text(writer, item->title);
	field_put_optional_hash(writer, item->has_content, &item->content_hash);
	wire_put_raw(writer, item->metadata);
}

const TxOperationKind operation_register_item = {
	.number = OPERATION_REGISTER_ITEM,
	.name = "register_item",
	.description = "registers a thing under a code that is issued once",
	.check = check,
	.execute = execute,
	.describe = describe,
	.rows_max = 1,
	.state_bytes_max = ITEM_ROW_BYTES_MAX,
};
