/*
 * op_burn.c - takes an amount of the actor's inputs out of the supply: [asset, amount].
 */
#include "tx/operation.h"
#include "tx/part.h"

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	TxAsset asset;
	int64_t amount;

	*output_count = 0;
	return part_read_asset_amount(arguments, &asset, &amount, problem);
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[ASSET_ROW_BYTES_MAX];
	WireWriter writer;
	AssetRow row;
	TxAsset asset;
	int64_t amount;
	McSpan value;

	part_read_asset_amount(operation->arguments, &asset, &amount, NULL);
	if (!world->get_row(world, TX_TABLE_ASSETS, span_text(asset.code), &value) ||
		!asset_row_read(value, &row))
		return part_problem_asset(problem, MC_UNKNOWN_ASSET, &asset, 0, 0);
	if (amount > row.supply)
		return part_problem_asset(problem, MC_BURN_OVER_SUPPLY, &asset, amount, row.supply);
	row.supply -= amount;
	wire_writer_init(&writer, bytes, sizeof(bytes));
	asset_row_write(&writer, &row);
	assert(!writer.full);
	world->put_row(world, TX_TABLE_ASSETS, span_text(asset.code), wire_written(&writer));
	return world->add_burned(world, operation->actor, &asset, amount, problem);
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
operation_put_burn(WireWriter *writer, const TxAsset *asset, int64_t amount)
{
	part_put_asset_amount(writer, asset, amount);
}

const TxOperationKind operation_burn = {
	.number = OPERATION_BURN,
	.name = "burn",
	.description = "takes an amount of the actor's out of circulation",
	.check = check,
	.execute = execute,
	.describe = describe,
	.burns = true,
};
