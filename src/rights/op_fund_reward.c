/*
 * op_fund_reward.c - fills the pool of a work and says what part of a price it gives back:
 * [work_id, asset, amount, ppm]. A negative amount takes it back out. The work's agent only.
 */
#include "rights/field.h"
#include "rights/operations.h"
#include "rights/payment.h"
#include "rights/reward.h"
#include "rights/row.h"
#include "rights/work.h"

typedef struct Fund
{
	RightsId work_id;
	TxAsset asset;
	int64_t amount;
	uint32_t ppm;
} Fund;

static McStatus
read_arguments(McSpan arguments, Fund *fund, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 4))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &fund->work_id, problem);
	if (status == MC_OK)
		status = part_read_asset(&reader, &fund->asset, problem);
	if (status == MC_OK && !wire_read_int(&reader, &fund->amount))
		status = part_wire_problem(&reader, problem);
	if (status == MC_OK && fund->amount == INT64_MIN)
		status = part_problem_asset(problem, MC_SUM_OVERFLOW, &fund->asset, 0, INT64_MAX);
	if (status == MC_OK)
		status = field_ppm(&reader, PPM_WHOLE, &fund->ppm, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Fund fund;
	McStatus status = read_arguments(arguments, &fund, problem);

	if (status == MC_OK)
		*output_count = fund.amount < 0;
	return status;
}

static bool
next_output(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output)
{
	Fund fund;

	read_arguments(operation->arguments, &fund, NULL);
	if (cursor->next > 0 || fund.amount >= 0)
		return false;
	*output = (TxOutput){ operation->actor_address, fund.asset, -fund.amount };
	cursor->next++;
	return true;
}

#define REWARD_KEY_MAX (HASH_SIZE + ASSET_CODE_MAX)

static McSpan
reward_key(const RightsId *work_id, const TxAsset *asset, uint8_t key[REWARD_KEY_MAX])
{
	memcpy(key, work_id->bytes, HASH_SIZE);
	memcpy(key + HASH_SIZE, asset->code, strlen(asset->code));
	return span_of(key, HASH_SIZE + strlen(asset->code));
}

static RewardRow
load(TxWorld *world, const RightsId *work_id, const TxAsset *asset)
{
	uint8_t key[REWARD_KEY_MAX];
	RewardRow row = { 0 };
	McSpan value;

	if (world->get_row(world, RIGHTS_REWARDS, reward_key(work_id, asset, key), &value) &&
		!reward_row_read(value, &row))
		assert(false);
	return row;
}

static void
store(TxWorld *world, const RightsId *work_id, const TxAsset *asset, const RewardRow *row)
{
	uint8_t key[REWARD_KEY_MAX];
	uint8_t bytes[32];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	reward_row_write(&writer, row);
	assert(!writer.full);
	world->put_row(world, RIGHTS_REWARDS, reward_key(work_id, asset, key), wire_written(&writer));
}

/* The pool's money leaves the supply and comes back to it. */
static void
change_supply(TxWorld *world, const TxAsset *asset, int64_t amount)
{
	uint8_t bytes[ASSET_ROW_BYTES_MAX];
	WireWriter writer;
	AssetRow row;
	McSpan value;
	bool found = world->get_row(world, TX_TABLE_ASSETS, span_text(asset->code), &value) &&
				 asset_row_read(value, &row);

	assert(found && (amount > 0 ? row.supply <= INT64_MAX - amount : row.supply >= -amount));
	(void) found;
	row.supply += amount;
	wire_writer_init(&writer, bytes, sizeof(bytes));
	asset_row_write(&writer, &row);
	world->put_row(world, TX_TABLE_ASSETS, span_text(asset->code), wire_written(&writer));
}

/* Nothing when the supply, issued to the limit meanwhile, has no room for it. */
int64_t
reward_due(TxWorld *world, const RightsId *work_id, const TxAsset *asset, int64_t price)
{
	RewardRow pool = load(world, work_id, asset);
	int64_t part = rights_part_of(price, pool.ppm);
	AssetRow row;
	McSpan value;

	if (part > pool.left)
		part = pool.left;
	if (part == 0 || !world->get_row(world, TX_TABLE_ASSETS, span_text(asset->code), &value) ||
		!asset_row_read(value, &row) || row.supply > INT64_MAX - part)
		return 0;
	return part;
}

void
reward_take(TxWorld *world, const RightsId *work_id, const TxAsset *asset, int64_t amount)
{
	RewardRow row = load(world, work_id, asset);

	assert(amount > 0 && amount <= row.left);
	row.left -= amount;
	store(world, work_id, asset, &row);
	change_supply(world, asset, amount);
}

/* The supply as it is: what is burned must exist, what comes back must fit beside what was issued
 * since. */
static McStatus
check_supply(TxWorld *world, const Fund *fund, McProblem *problem)
{
	AssetRow row;
	McSpan value;

	if (!world->get_row(world, TX_TABLE_ASSETS, span_text(fund->asset.code), &value) ||
		!asset_row_read(value, &row))
		return part_problem_asset(problem, MC_UNKNOWN_ASSET, &fund->asset, 0, 0);
	if (fund->amount > row.supply)
		return part_problem_asset(problem, MC_BURN_OVER_SUPPLY, &fund->asset, fund->amount,
								  row.supply);
	if (fund->amount < 0 && row.supply > INT64_MAX + fund->amount)
		return part_problem_asset(problem, MC_SUPPLY_OVERFLOW, &fund->asset, 0, INT64_MAX);
	return MC_OK;
}

static McStatus
move_money(const TxOperation *operation, TxWorld *world, const Fund *fund, McProblem *problem)
{
	TxOutputCursor cursor = { 0 };
	TxOutput output;
	McStatus status = MC_OK;

	if (fund->amount > 0)
		return world->add_burned(world, operation->actor, &fund->asset, fund->amount, problem);
	if (next_output(operation, &cursor, &output))
	{
		status = world->add_issued(world, operation->actor, &fund->asset, output.amount, problem);
		if (status == MC_OK)
			status = world->add_output(world, operation->actor, &output, problem);
	}
	return status;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	RewardRow row;
	WorkRow work;
	Fund fund;
	McStatus status;

	read_arguments(operation->arguments, &fund, NULL);
	status = rights_find_work(world, &fund.work_id, &work, problem);
	if (status == MC_OK)
		status =
			rights_check_agent(world, &fund.work_id, &work, &operation->actor_address, problem);
	if (status == MC_OK)
		status = check_supply(world, &fund, problem);
	if (status != MC_OK)
		return status;
	row = load(world, &fund.work_id, &fund.asset);
	if (row.left + (__int128) fund.amount < 0)
		return status_problem(problem, MC_REWARD_SHORT, row.left, -fund.amount);
	if (row.left + (__int128) fund.amount > INT64_MAX)
		return part_problem_asset(problem, MC_SUPPLY_OVERFLOW, &fund.asset, 0, INT64_MAX);
	row.left += fund.amount;
	row.ppm = fund.ppm;
	store(world, &fund.work_id, &fund.asset, &row);
	if (fund.amount != 0)
		change_supply(world, &fund.asset, -fund.amount);
	return move_money(operation, world, &fund, problem);
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	Fund fund;

	read_arguments(operation->arguments, &fund, NULL);
	fields->hash(fields, "work_id", &fund.work_id);
	fields->text(fields, "asset", span_text(fund.asset.code));
	fields->amount(fields, "amount", &fund.asset, fund.amount);
	fields->number(fields, "reward_ppm", fund.ppm);
}

void
operation_put_fund_reward(WireWriter *writer, const RightsId *work_id, const TxAsset *asset,
						  int64_t amount, uint32_t ppm)
{
	wire_put_array(writer, 4);
	wire_put_bytes(writer, work_id->bytes, HASH_SIZE);
	part_put_asset(writer, asset);
	wire_put_int(writer, amount);
	wire_put_uint(writer, ppm);
}

const TxOperationKind operation_fund_reward = {
	.number = OPERATION_FUND_REWARD,
	.name = "fund_reward",
	.description = "fills or empties the pool that rewards buyers of a work's licences",
	.check = check,
	.execute = execute,
	.describe = describe,
	.next_output = next_output,
	.burns = true,
	.rows_max = 2,
	.state_bytes_max = ASSET_ROW_BYTES_MAX + 128,
};
