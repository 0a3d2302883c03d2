/*
 * op_end.c - ends what was granted or offered: revoke_licence [licence_id, end_ms], withdraw_offer
 * [id] of a licence or of shares that nobody has bought.
 */
#include "rights/field.h"
#include "rights/licence.h"
#include "rights/operations.h"
#include "rights/work.h"

static McStatus
read_revoke(McSpan arguments, RightsId *licence_id, uint64_t *end_ms, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, licence_id, problem);
	if (status == MC_OK)
		status = part_read_number(&reader, end_ms, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check_revoke(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	RightsId licence_id;
	uint64_t end_ms;

	*output_count = 0;
	return read_revoke(arguments, &licence_id, &end_ms, problem);
}

/* The licensor with the notice agreed, the licensee at once; never to a later end. */
static McStatus
may_end(const TxOperation *operation, const TxWorld *world, const RightsId *id,
		const LicenceRow *row, uint64_t end_ms, McProblem *problem)
{
	const McAddress *actor = &operation->actor_address;
	uint64_t earliest = world->block_time_ms;

	if (!licence_in_force(row, world->block_time_ms))
		return part_problem_hex(problem, MC_LICENCE_NOT_ACTIVE, id->bytes, HASH_SIZE);
	if (!hash_equal(actor, &row->licensee))
	{
		if (!hash_equal(actor, &row->licensor))
			return part_problem_hex(problem, MC_NOT_LICENSEE, id->bytes, HASH_SIZE);
		if (row->notice_ms == RIGHTS_UNBOUNDED)
			return part_problem_hex(problem, MC_NOT_REVOCABLE, id->bytes, HASH_SIZE);
		if (__builtin_add_overflow(earliest, (uint64_t) row->notice_ms, &earliest) ||
			earliest > INT64_MAX)
			earliest = INT64_MAX;
	}
	if (end_ms < earliest)
		return status_problem(problem, MC_NOTICE_SHORT, (int64_t) end_ms, (int64_t) earliest);
	if (end_ms >= row->scope.until_ms)
		return status_problem(problem, MC_LICENCE_WINDOW, (int64_t) row->scope.until_ms,
							  (int64_t) end_ms);
	return MC_OK;
}

static McStatus
execute_revoke(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	RightsId licence_id;
	LicenceRow row;
	uint64_t end_ms;
	McStatus status;

	read_revoke(operation->arguments, &licence_id, &end_ms, NULL);
	status = rights_find_licence(world, &licence_id, &row, problem);
	if (status == MC_OK)
		status = may_end(operation, world, &licence_id, &row, end_ms, problem);
	if (status != MC_OK)
		return status;
	row.status = LICENCE_REVOKED;
	row.scope.until_ms = end_ms;
	if (row.scope.exclusive)
		exclusive_end(world, exclusive_owner(&row), &licence_id, end_ms);
	rights_put_licence(world, &licence_id, &row);
	return MC_OK;
}

static void
describe_revoke(const TxOperation *operation, TxFields *fields)
{
	RightsId licence_id;
	uint64_t end_ms;

	read_revoke(operation->arguments, &licence_id, &end_ms, NULL);
	fields->hash(fields, "licence_id", &licence_id);
	fields->number(fields, "end_ms", (int64_t) end_ms);
}

void
operation_put_revoke_licence(WireWriter *writer, const RightsId *licence_id, uint64_t end_ms)
{
	wire_put_array(writer, 2);
	wire_put_bytes(writer, licence_id->bytes, HASH_SIZE);
	wire_put_uint(writer, end_ms);
}

const TxOperationKind operation_revoke_licence = {
	.number = OPERATION_REVOKE_LICENCE,
	.name = "revoke_licence",
	.description = "ends a licence earlier, with the notice that its terms name",
	.check = check_revoke,
	.execute = execute_revoke,
	.describe = describe_revoke,
	.rows_max = 2,
	.state_bytes_max = LICENCE_ROW_BYTES_MAX + RIGHTS_EXCLUSIVES_MAX * 80,
};

/* ---- offers
 * --------------------------------------------------------------------------------------
 */

static McStatus
read_withdraw(McSpan arguments, RightsId *id, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 1))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, id, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check_withdraw(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	RightsId id;

	*output_count = 0;
	return read_withdraw(arguments, &id, problem);
}

static McStatus
may_withdraw(const TxOperation *operation, const RightsId *id, const McAddress *author, bool open,
			 McProblem *problem)
{
	if (!hash_equal(&operation->actor_address, author))
		return part_problem_address(problem, MC_NOT_SELLER, &operation->actor_address);
	return open ? MC_OK : part_problem_hex(problem, MC_OFFER_CLOSED, id->bytes, HASH_SIZE);
}

static McStatus
withdraw_licence(const TxOperation *operation, TxWorld *world, const RightsId *id,
				 McProblem *problem)
{
	LicenceRow row;
	McStatus status;

	/* neither a licence nor an offer of shares: the answer speaks of an offer */
	if (rights_find_licence(world, id, &row, NULL) != MC_OK)
		return part_problem_hex(problem, MC_UNKNOWN_OFFER, id->bytes, HASH_SIZE);
	status = may_withdraw(operation, id, &row.licensor, row.status == LICENCE_OFFERED, problem);
	if (status != MC_OK)
		return status;
	row.status = LICENCE_WITHDRAWN;
	if (row.scope.exclusive)
		exclusive_end(world, exclusive_owner(&row), id, 0);
	rights_put_licence(world, id, &row);
	return MC_OK;
}

static McStatus
execute_withdraw(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	OfferRow offer;
	RightsId id;
	McStatus status;

	read_withdraw(operation->arguments, &id, NULL);
	if (rights_find_offer(world, &id, &offer, NULL) != MC_OK)
		return withdraw_licence(operation, world, &id, problem);
	status = may_withdraw(operation, &id, &offer.seller, offer.status == OFFER_OPEN, problem);
	if (status != MC_OK)
		return status;
	offer.status = OFFER_WITHDRAWN;
	rights_put_offer(world, &id, &offer);
	return MC_OK;
}

static void
describe_withdraw(const TxOperation *operation, TxFields *fields)
{
	RightsId id;

	read_withdraw(operation->arguments, &id, NULL);
	fields->hash(fields, "offer_id", &id);
}

void
operation_put_withdraw_offer(WireWriter *writer, const RightsId *id)
{
	wire_put_array(writer, 1);
	wire_put_bytes(writer, id->bytes, HASH_SIZE);
}

const TxOperationKind operation_withdraw_offer = {
	.number = OPERATION_WITHDRAW_OFFER,
	.name = "withdraw_offer",
	.description = "takes back an offer of shares or of a licence",
	.check = check_withdraw,
	.execute = execute_withdraw,
	.describe = describe_withdraw,
	.rows_max = 2,
	.state_bytes_max = LICENCE_ROW_BYTES_MAX + RIGHTS_EXCLUSIVES_MAX * 80,
};
