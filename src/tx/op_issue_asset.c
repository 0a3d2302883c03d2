/*
 * op_issue_asset.c - creates an asset: [code, decimals, supply, issuer or null, metadata]. The
 * supply becomes an output of the actor. With an issuer, that address may issue more later;
 * without, the supply is final. Also the row of an asset, which the other kinds read.
 */
#include "tx/operation.h"
#include "tx/part.h"

typedef struct Issue
{
	TxAsset asset;
	AssetRow row;
} Issue;

/* The fields that arguments and row share, in the order of the arguments. */
static McStatus
read_issuer(WireReader *reader, AssetRow *row, McProblem *problem)
{
	row->open = wire_peek(reader) != WIRE_NULL;
	if (row->open ? !wire_read_fixed(reader, row->issuer.bytes, HASH_SIZE)
				  : !wire_read_null(reader))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

static McStatus
read_decimals(WireReader *reader, AssetRow *row, McProblem *problem)
{
	uint64_t decimals;
	McStatus status = part_read_number(reader, &decimals, problem);

	if (status == MC_OK && decimals > ASSET_DECIMALS_MAX)
		status = status_problem(problem, MC_TOO_MANY_DECIMALS, (int64_t) decimals,
								ASSET_DECIMALS_MAX);
	if (status == MC_OK)
		row->decimals = (uint8_t) decimals;
	return status;
}

static McStatus
read_arguments(McSpan arguments, Issue *issue, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 5))
		return part_wire_problem(&reader, problem);
	status = part_read_asset(&reader, &issue->asset, problem);
	if (status == MC_OK)
		status = read_decimals(&reader, &issue->row, problem);
	if (status == MC_OK)
		status = part_read_amount_or_zero(&reader, issue->asset.code, &issue->row.supply, problem);
	if (status == MC_OK)
		status = read_issuer(&reader, &issue->row, problem);
	/* nothing now and nobody to issue it later would only take a code away */
	if (status == MC_OK && issue->row.supply == 0 && !issue->row.open)
		status = part_problem_asset(problem, MC_AMOUNT_ZERO, &issue->asset, 0, 0);
	if (status == MC_OK)
		status = part_read_metadata(&reader, &issue->row.metadata, problem);
	if (status == MC_OK && !wire_read_end(&reader))
		status = part_wire_problem(&reader, problem);
	return status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Issue issue;
	McStatus status = read_arguments(arguments, &issue, problem);

	if (status == MC_OK)
		*output_count = issue.row.supply > 0;
	return status;
}

static bool
next_output(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output)
{
	Issue issue;

	read_arguments(operation->arguments, &issue, NULL);
	if (cursor->next > 0 || issue.row.supply == 0)
		return false;
	*output = (TxOutput){ operation->actor_address, issue.asset, issue.row.supply };
	cursor->next++;
	return true;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[ASSET_ROW_BYTES_MAX];
	WireWriter writer;
	Issue issue;
	TxOutput output;
	TxOutputCursor cursor = { 0 };
	McSpan key;
	McSpan value;
	McStatus status = MC_OK;

	read_arguments(operation->arguments, &issue, NULL);
	key = span_text(issue.asset.code);
	if (world->get_row(world, TX_TABLE_ASSETS, key, &value))
		return part_problem_asset(problem, MC_ASSET_EXISTS, &issue.asset, 0, 0);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	asset_row_write(&writer, &issue.row);
	assert(!writer.full);
	world->put_row(world, TX_TABLE_ASSETS, key, wire_written(&writer));
	if (next_output(operation, &cursor, &output))
	{
		status = world->add_issued(world, operation->actor, &issue.asset, output.amount, problem);
		if (status == MC_OK)
			status = world->add_output(world, operation->actor, &output, problem);
	}
	return status;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	Issue issue;

	read_arguments(operation->arguments, &issue, NULL);
	fields->text(fields, "asset", span_text(issue.asset.code));
	fields->number(fields, "decimals", issue.row.decimals);
	fields->amount(fields, "supply", &issue.asset, issue.row.supply);
	if (issue.row.open)
		fields->address(fields, "issuer", &issue.row.issuer);
	fields->cbor(fields, "metadata", issue.row.metadata);
}

static void
put_issuer(WireWriter *writer, const AssetRow *row)
{
	if (row->open)
		wire_put_bytes(writer, row->issuer.bytes, HASH_SIZE);
	else
		wire_put_null(writer);
}

void
operation_put_issue_asset(WireWriter *writer, const TxAsset *asset, const AssetRow *row)
{
	wire_put_array(writer, 5);
	part_put_asset(writer, asset);
	wire_put_uint(writer, row->decimals);
	wire_put_int(writer, row->supply);
	put_issuer(writer, row);
	wire_put_raw(writer, row->metadata);
}

bool
asset_row_read(McSpan value, AssetRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 4) && read_decimals(&reader, row, NULL) == MC_OK &&
		   read_issuer(&reader, row, NULL) == MC_OK &&
		   part_read_amount_or_zero(&reader, "", &row->supply, NULL) == MC_OK &&
		   part_read_metadata(&reader, &row->metadata, NULL) == MC_OK && wire_read_end(&reader);
}

void
asset_row_write(WireWriter *writer, const AssetRow *row)
{
	assert(row->decimals <= ASSET_DECIMALS_MAX && row->supply >= 0);
	wire_put_array(writer, 4);
	wire_put_uint(writer, row->decimals);
	put_issuer(writer, row);
	wire_put_int(writer, row->supply);
	wire_put_raw(writer, row->metadata);
}

const TxOperationKind operation_issue_asset = {
	.number = OPERATION_ISSUE_ASSET,
	.name = "issue_asset",
	.description = "creates an asset and gives its first supply to the actor",
	.check = check,
	.execute = execute,
	.describe = describe,
	.next_output = next_output,
};
