/*
 * op_buy_share.c - delivery against payment: [offer_id, payment]. The shares move and the price is
 * paid in one operation; of a resale the registrant gets the part that the work's row names.
 */
#include "rights/field.h"
#include "rights/operations.h"
#include "rights/quote.h"
#include "rights/work.h"

static McStatus
check_open(const TxWorld *world, const RightsId *id, const OfferRow *offer, const McAddress *buyer,
		   McProblem *problem)
{
	if (offer->status != OFFER_OPEN || offer->until_ms <= world->block_time_ms)
		return part_problem_hex(problem, MC_OFFER_CLOSED, id->bytes, HASH_SIZE);
	if (offer->has_buyer && !hash_equal(&offer->buyer, buyer))
		return part_problem_hex(problem, MC_OFFER_RESERVED, id->bytes, HASH_SIZE);
	return MC_OK;
}

McStatus
quote_share(TxWorld *world, const RightsId *offer_id, const McAddress *buyer, OfferRow *offer,
			RightsPayment *due, McProblem *problem)
{
	int64_t royalty = 0;
	uint32_t number;
	WorkRow work;
	McStatus status = rights_find_offer(world, offer_id, offer, problem);

	if (status == MC_OK)
		status = check_open(world, offer_id, offer, buyer, problem);
	if (status == MC_OK)
		status = rights_find_work(world, &offer->work_id, &work, problem);
	if (status != MC_OK)
		return status;
	payment_init(due, &offer->asset);
	if (!hash_equal(&work.registrant, &offer->seller))
		royalty = rights_part_of(offer->price, work.resale_ppm);
	status = payment_add_work(due, &offer->work_id, &number, problem);
	if (status == MC_OK)
		status = payment_add(due, number, &work.registrant, royalty, problem);
	if (status == MC_OK)
		status = payment_add(due, number, &offer->seller, offer->price - royalty, problem);
	return status;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	RightsPayment payment;
	RightsPayment due;
	RightsId offer_id;
	RightsShares shares;
	OfferRow offer;
	McStatus status;

	purchase_read(operation->arguments, &offer_id, &payment, NULL);
	status = quote_share(world, &offer_id, &operation->actor_address, &offer, &due, problem);
	if (status == MC_OK)
		status = rights_find_shares(world, &offer.work_id, &shares, problem);
	if (status == MC_OK)
		status = rights_move_share(&shares, &offer.seller, &operation->actor_address, offer.ppm,
								   problem);
	if (status == MC_OK)
		status = payment_execute(operation, world, 1, &due, problem);
	if (status != MC_OK)
		return status;
	offer.status = OFFER_SOLD;
	rights_put_offer(world, &offer_id, &offer);
	rights_put_shares(world, &offer.work_id, &shares);
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	purchase_describe(operation, "offer_id", fields);
}

void
operation_put_buy_share(WireWriter *writer, const RightsId *offer_id, const RightsPayment *payment)
{
	purchase_write(writer, offer_id, payment);
}

const TxOperationKind operation_buy_share = {
	.number = OPERATION_BUY_SHARE,
	.name = "buy_share",
	.description = "buys offered shares: they move and the price is paid in one",
	.check = purchase_check,
	.execute = execute,
	.describe = describe,
	.next_output = purchase_next_output,
	.rows_max = 2,
	.state_bytes_max = RIGHTS_HOLDERS_MAX * 48 + OFFER_ROW_BYTES_MAX,
};
