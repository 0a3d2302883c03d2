/*
 * op_issue_more.c - adds to the supply of an asset that names an issuer: [code, amount]. Only that
 * issuer may; the amount becomes an output of the issuer.
 */
#include "tx/operation.h"
#include "tx/part.h"

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	TxAsset asset;
	int64_t amount;

	*output_count = 1;
	return part_read_asset_amount(arguments, &asset, &amount, problem);
}

static bool
next_output(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output)
{
	if (cursor->next > 0)
		return false;
	output->address = operation->actor_address;
	part_read_asset_amount(operation->arguments, &output->asset, &output->amount, NULL);
	cursor->next++;
	return true;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[ASSET_ROW_BYTES_MAX];
	WireWriter writer;
	AssetRow row;
	TxOutput output;
	TxOutputCursor cursor = { 0 };
	McSpan value;
	McStatus status;

	next_output(operation, &cursor, &output);
	if (!world->get_row(world, TX_TABLE_ASSETS, span_text(output.asset.code), &value) ||
		!asset_row_read(value, &row))
		return part_problem_asset(problem, MC_UNKNOWN_ASSET, &output.asset, 0, 0);
	if (!row.open || !hash_equal(&row.issuer, &operation->actor_address))
		return part_problem_asset(problem, MC_NOT_ISSUER, &output.asset, 0, 0);
	if (row.supply > TX_AMOUNT_MAX - output.amount)
		return part_problem_asset(problem, MC_SUPPLY_OVERFLOW, &output.asset, output.amount,
								  TX_AMOUNT_MAX);
	row.supply += output.amount;
	wire_writer_init(&writer, bytes, sizeof(bytes));
	asset_row_write(&writer, &row);
	assert(!writer.full);
	world->put_row(world, TX_TABLE_ASSETS, span_text(output.asset.code), wire_written(&writer));
	status = world->add_issued(world, operation->actor, &output.asset, output.amount, problem);
	if (status == MC_OK)
		status = world->add_output(world, operation->actor, &output, problem);
	return status;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	TxAsset asset;
	int64_t amount;

	part_read_asset_amount(operation->arguments, &asset, &amount, NULL);
	fields->text(fields, "asset", span_text(asset.code));
	fields->amount(fields, "amount", &asset, amount);
}

void
operation_put_issue_more(WireWriter *writer, const TxAsset *asset, int64_t amount)
{
	part_put_asset_amount(writer, asset, amount);
}

const TxOperationKind operation_issue_more = {
	.number = OPERATION_ISSUE_MORE,
	.name = "issue_more",
	.description = "adds to the supply of an asset; its issuer only",
	.check = check,
	.execute = execute,
	.describe = describe,
	.next_output = next_output,
};
