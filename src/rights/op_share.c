/*
 * op_share.c - shares that move without payment, and those put on offer: transfer_share
 * [work_id, [[to, ppm], ...]], offer_share [work_id, ppm, asset, price, buyer or null, until_ms or
 * null]. An offer does not bind the shares: the sale finds them there or is refused.
 */
#include "rights/field.h"
#include "rights/operations.h"
#include "rights/work.h"

typedef struct Transfer
{
	RightsId work_id;
	RightsShares to; /* their parts add up to what is given, not to a million */
} Transfer;

static McStatus
read_receiver(WireReader *reader, Transfer *transfer, uint32_t i, McProblem *problem)
{
	RightsShare *share = &transfer->to.items[i];
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return part_wire_problem(reader, problem);
	status = field_hash(reader, &share->holder, problem);
	if (status == MC_OK)
		status = field_ppm(reader, PPM_WHOLE, &share->ppm, problem);
	if (status == MC_OK && share->ppm == 0)
		status = status_problem(problem, MC_PPM_RANGE, 0, PPM_WHOLE);
	if (status == MC_OK && i > 0 &&
		memcmp(share[-1].holder.bytes, share->holder.bytes, HASH_SIZE) >= 0)
		status = part_problem_address(problem, MC_HOLDERS_UNORDERED, &share->holder);
	return status;
}

static McStatus
read_transfer(McSpan arguments, Transfer *transfer, McProblem *problem)
{
	WireReader reader;
	size_t count = 0;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &transfer->work_id, problem);
	if (status == MC_OK)
		status = part_read_list(&reader, RIGHTS_HOLDERS_MAX, MC_TOO_MANY_HOLDERS, &count, problem);
	if (status == MC_OK && count == 0)
		status = status_problem(problem, MC_PPM_RANGE, 0, PPM_WHOLE);
	transfer->to.count = status == MC_OK ? (uint32_t) count : 0;
	for (uint32_t i = 0; status == MC_OK && i < transfer->to.count; i++)
		status = read_receiver(&reader, transfer, i, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check_transfer(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Transfer transfer;

	*output_count = 0;
	return read_transfer(arguments, &transfer, problem);
}

static McStatus
execute_transfer(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	Transfer transfer;
	RightsShares shares;
	McStatus status;

	read_transfer(operation->arguments, &transfer, NULL);
	status = rights_find_shares(world, &transfer.work_id, &shares, problem);
	for (uint32_t i = 0; status == MC_OK && i < transfer.to.count; i++)
		status = rights_move_share(&shares, &operation->actor_address, &transfer.to.items[i].holder,
								   transfer.to.items[i].ppm, problem);
	if (status == MC_OK)
		rights_put_shares(world, &transfer.work_id, &shares);
	return status;
}

static void
describe_transfer(const TxOperation *operation, TxFields *fields)
{
	Transfer transfer;

	read_transfer(operation->arguments, &transfer, NULL);
	fields->hash(fields, "work_id", &transfer.work_id);
	fields->open_list(fields, "shares");
	for (uint32_t i = 0; i < transfer.to.count; i++)
	{
		fields->open_item(fields);
		fields->address(fields, "to_address", &transfer.to.items[i].holder);
		fields->number(fields, "share_ppm", transfer.to.items[i].ppm);
	}
	fields->close_list(fields);
}

void
operation_put_transfer_share(WireWriter *writer, const RightsId *work_id, const RightsShares *to)
{
	wire_put_array(writer, 2);
	wire_put_bytes(writer, work_id->bytes, HASH_SIZE);
	field_put_shares(writer, to);
}

const TxOperationKind operation_transfer_share = {
	.number = OPERATION_TRANSFER_SHARE,
	.name = "transfer_share",
	.description = "gives shares of a work to one or several addresses",
	.check = check_transfer,
	.execute = execute_transfer,
	.describe = describe_transfer,
	.rows_max = 1,
	.state_bytes_max = RIGHTS_HOLDERS_MAX * 48,
};

/* ---- offers
 * --------------------------------------------------------------------------------------
 */

static McStatus
read_offer(McSpan arguments, OfferRow *offer, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 6))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &offer->work_id, problem);
	if (status == MC_OK)
		status = field_ppm(&reader, PPM_WHOLE, &offer->ppm, problem);
	if (status == MC_OK && offer->ppm == 0)
		status = status_problem(problem, MC_PPM_RANGE, 0, PPM_WHOLE);
	if (status == MC_OK)
		status = part_read_asset(&reader, &offer->asset, problem);
	if (status == MC_OK)
		status = part_read_amount_or_zero(&reader, offer->asset.code, &offer->price, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &offer->has_buyer, &offer->buyer, problem);
	if (status == MC_OK)
		status = field_bounded(&reader, &offer->until_ms, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check_offer(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	OfferRow offer;

	*output_count = 0;
	return read_offer(arguments, &offer, problem);
}

static McStatus
execute_offer(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	OfferRow offer = { 0 };
	RightsShares shares;
	RightsId id;
	McStatus status;

	read_offer(operation->arguments, &offer, NULL);
	offer.seller = operation->actor_address;
	status = rights_find_shares(world, &offer.work_id, &shares, problem);
	if (status == MC_OK)
		status = rights_check_share(&shares, &offer.seller, offer.ppm, problem);
	if (status == MC_OK)
		status = rights_find_asset(world, &offer.asset, problem);
	if (status == MC_OK && offer.until_ms <= world->block_time_ms)
		status = status_problem(problem, MC_LICENCE_WINDOW, (int64_t) offer.until_ms,
								(int64_t) world->block_time_ms);
	if (status != MC_OK)
		return status;
	rights_new_id("MES1-offer", world, operation, &id);
	rights_put_offer(world, &id, &offer);
	return MC_OK;
}

static void
describe_offer(const TxOperation *operation, TxFields *fields)
{
	OfferRow offer;

	read_offer(operation->arguments, &offer, NULL);
	fields->hash(fields, "work_id", &offer.work_id);
	fields->number(fields, "share_ppm", offer.ppm);
	fields->text(fields, "asset", span_text(offer.asset.code));
	fields->amount(fields, "price", &offer.asset, offer.price);
	if (offer.has_buyer)
		fields->address(fields, "buyer_address", &offer.buyer);
	if (offer.until_ms != RIGHTS_UNBOUNDED)
		fields->number(fields, "valid_until_ms", (int64_t) offer.until_ms);
}

void
operation_put_offer_share(WireWriter *writer, const OfferRow *offer)
{
	wire_put_array(writer, 6);
	wire_put_bytes(writer, offer->work_id.bytes, HASH_SIZE);
	wire_put_uint(writer, offer->ppm);
	part_put_asset(writer, &offer->asset);
	wire_put_int(writer, offer->price);
	field_put_optional_hash(writer, offer->has_buyer, &offer->buyer);
	field_put_bounded(writer, offer->until_ms);
}

const TxOperationKind operation_offer_share = {
	.number = OPERATION_OFFER_SHARE,
	.name = "offer_share",
	.description = "offers shares of a work for a price",
	.check = check_offer,
	.execute = execute_offer,
	.describe = describe_offer,
	.rows_max = 1,
	.state_bytes_max = OFFER_ROW_BYTES_MAX,
};
