/*
 * op_buy_licence.c - takes up an offered licence: [licence_id, payment]. Its price is split in the
 * same operation; a standing offer stays and a new licence is made from it.
 */
#include "rights/field.h"
#include "rights/licence.h"
#include "rights/operations.h"
#include "rights/quote.h"
#include "rights/reward.h"
#include "rights/work.h"

static McStatus
check_offered(TxWorld *world, const RightsId *id, const LicenceRow *row, const McAddress *buyer,
			  McProblem *problem)
{
	McStatus status;

	if (row->status != LICENCE_OFFERED || row->scope.until_ms <= world->block_time_ms)
		return part_problem_hex(problem, MC_OFFER_CLOSED, id->bytes, HASH_SIZE);
	if (row->has_licensee && !hash_equal(&row->licensee, buyer))
		return part_problem_hex(problem, MC_OFFER_RESERVED, id->bytes, HASH_SIZE);
	status = licence_check_parents(world, row, problem);
	/* an exclusive one stands in the list itself; others may have been overtaken by one */
	if (status == MC_OK && !row->scope.exclusive)
		status = exclusive_check(world, exclusive_owner(row), &row->scope, problem);
	return status;
}

McStatus
quote_licence(TxWorld *world, const RightsId *licence_id, const McAddress *buyer,
			  LicenceRow *licence, RightsPayment *due, McProblem *problem)
{
	McStatus status = rights_find_licence(world, licence_id, licence, problem);

	if (status == MC_OK)
		status = check_offered(world, licence_id, licence, buyer, problem);
	if (status != MC_OK)
		return status;
	payment_init(due, &licence->asset);
	status = licence_settle(world, licence, licence->price, due, problem);
	if (status == MC_OK)
		due->reward = reward_due(world, &licence->work_id, &licence->asset, licence->price);
	return status;
}

static void
put_bought(const TxOperation *operation, TxWorld *world, const RightsId *offer, LicenceRow *row)
{
	RightsId id = *offer;

	if (row->standing)
	{
		rights_new_id("MES1-licence", world, operation, &id);
		row->has_offer = true;
		row->offer = *offer;
		row->standing = false;
	}
	row->has_licensee = true;
	row->licensee = operation->actor_address;
	row->status = LICENCE_ACTIVE;
	rights_put_licence(world, &id, row);
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	RightsPayment payment;
	RightsPayment due;
	RightsId licence_id;
	LicenceRow row;
	McStatus status;

	purchase_read(operation->arguments, &licence_id, &payment, NULL);
	status = quote_licence(world, &licence_id, &operation->actor_address, &row, &due, problem);
	if (status == MC_OK)
		status = payment_execute(operation, world, 1, &due, problem);
	if (status != MC_OK)
		return status;
	if (due.reward > 0)
		reward_take(world, &row.work_id, &row.asset, due.reward);
	put_bought(operation, world, &licence_id, &row);
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	purchase_describe(operation, "licence_id", fields);
}

void
operation_put_buy_licence(WireWriter *writer, const RightsId *licence_id,
						  const RightsPayment *payment)
{
	purchase_write(writer, licence_id, payment);
}

const TxOperationKind operation_buy_licence = {
	.number = OPERATION_BUY_LICENCE,
	.name = "buy_licence",
	.description = "buys an offered licence and splits its price among the owners",
	.check = purchase_check,
	.execute = execute,
	.describe = describe,
	.next_output = purchase_next_output,
	.rows_max = 3,
	.state_bytes_max = LICENCE_ROW_BYTES_MAX + ASSET_ROW_BYTES_MAX + 128,
};
