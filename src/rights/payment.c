/* payment.c - see payment.h. */
#include "rights/payment.h"

#include "rights/field.h"
#include "rights/operations.h"

void
payment_init(RightsPayment *payment, const TxAsset *asset)
{
	payment->asset = *asset;
	payment->work_count = 0;
	payment->count = 0;
	payment->reward = 0;
}

McStatus
payment_add_work(RightsPayment *payment, const RightsId *work_id, uint32_t *number,
				 McProblem *problem)
{
	if (payment->work_count == RIGHTS_TREE_MAX)
		return status_problem(problem, MC_DERIVATION_TREE, RIGHTS_TREE_MAX + 1, RIGHTS_TREE_MAX);
	*number = payment->work_count++;
	payment->works[*number] = *work_id;
	return MC_OK;
}

McStatus
payment_add(RightsPayment *payment, uint32_t work, const McAddress *payee, int64_t amount,
			McProblem *problem)
{
	assert(work < payment->work_count && amount >= 0);
	if (amount == 0)
		return MC_OK;
	if (payment->count == RIGHTS_PAYEES_MAX)
		return status_problem(problem, MC_TOO_MANY_PAYEES, RIGHTS_PAYEES_MAX + 1,
							  RIGHTS_PAYEES_MAX);
	payment->payouts[payment->count++] =
		(RightsPayout){ .payee = *payee, .amount = amount, .work = work };
	return MC_OK;
}

static McStatus
read_works(WireReader *reader, RightsPayment *payment, McProblem *problem)
{
	size_t count;
	McStatus status = part_read_list(reader, RIGHTS_TREE_MAX, MC_DERIVATION_TREE, &count, problem);

	payment->work_count = status == MC_OK ? (uint32_t) count : 0;
	for (uint32_t i = 0; status == MC_OK && i < payment->work_count; i++)
		status = field_hash(reader, &payment->works[i], problem);
	return status;
}

static McStatus
read_payout(WireReader *reader, const RightsPayment *payment, RightsPayout *payout,
			McProblem *problem)
{
	uint64_t work;
	McStatus status;

	if (!wire_read_tuple(reader, 3))
		return part_wire_problem(reader, problem);
	status = field_hash(reader, &payout->payee, problem);
	if (status == MC_OK)
		status = part_read_amount(reader, payment->asset.code, &payout->amount, problem);
	if (status == MC_OK)
		status = part_read_number(reader, &work, problem);
	if (status == MC_OK && work >= payment->work_count)
		status = status_problem(problem, MC_OUT_OF_RANGE, (int64_t) work, payment->work_count);
	payout->work = status == MC_OK ? (uint32_t) work : 0;
	return status;
}

static McStatus
read_payouts(WireReader *reader, RightsPayment *payment, McProblem *problem)
{
	size_t count;
	int64_t total = 0;
	McStatus status =
		part_read_list(reader, RIGHTS_PAYEES_MAX, MC_TOO_MANY_PAYEES, &count, problem);

	payment->count = status == MC_OK ? (uint32_t) count : 0;
	for (uint32_t i = 0; status == MC_OK && i < payment->count; i++)
	{
		status = read_payout(reader, payment, &payment->payouts[i], problem);
		if (status == MC_OK && __builtin_add_overflow(total, payment->payouts[i].amount, &total))
			status = part_problem_asset(problem, MC_SUM_OVERFLOW, &payment->asset, 0, INT64_MAX);
	}
	return status;
}

McStatus
payment_read(WireReader *reader, RightsPayment *payment, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 4))
		return part_wire_problem(reader, problem);
	status = part_read_asset(reader, &payment->asset, problem);
	if (status == MC_OK)
		status = read_works(reader, payment, problem);
	if (status == MC_OK)
		status = read_payouts(reader, payment, problem);
	if (status == MC_OK)
		status = part_read_amount_or_zero(reader, payment->asset.code, &payment->reward, problem);
	return status;
}

void
payment_write(WireWriter *writer, const RightsPayment *payment)
{
	wire_put_array(writer, 4);
	part_put_asset(writer, &payment->asset);
	wire_put_array(writer, payment->work_count);
	for (uint32_t i = 0; i < payment->work_count; i++)
		wire_put_bytes(writer, payment->works[i].bytes, HASH_SIZE);
	wire_put_array(writer, payment->count);
	for (uint32_t i = 0; i < payment->count; i++)
	{
		wire_put_array(writer, 3);
		wire_put_bytes(writer, payment->payouts[i].payee.bytes, HASH_SIZE);
		wire_put_int(writer, payment->payouts[i].amount);
		wire_put_uint(writer, payment->payouts[i].work);
	}
	wire_put_int(writer, payment->reward);
}

uint32_t
payment_output_count(const RightsPayment *payment)
{
	return payment->count + (payment->reward > 0);
}

int64_t
payment_total(const RightsPayment *payment)
{
	int64_t total = 0;

	for (uint32_t i = 0; i < payment->count; i++)
		total += payment->payouts[i].amount;
	return total;
}

int
payment_leading(uint16_t kind)
{
	if (kind == OPERATION_BUY_SHARE || kind == OPERATION_BUY_LICENCE)
		return 1;
	return kind == OPERATION_PAY_ROYALTY ? 5 : -1;
}

/* A reader at the payment, past the arguments before it. */
static void
open_payment(WireReader *reader, McSpan arguments, size_t leading)
{
	McSpan skipped;

	wire_reader_init(reader, arguments);
	wire_read_tuple(reader, leading + 1);
	for (size_t i = 0; i < leading; i++)
		wire_read_value(reader, SIZE_MAX, &skipped);
}

void
payment_of_operation(const TxOperation *operation, size_t leading, RightsPayment *payment)
{
	WireReader reader;
	McStatus status;

	open_payment(&reader, operation->arguments, leading);
	status = payment_read(&reader, payment, NULL);
	assert(status == MC_OK);
	(void) status;
}

bool
payment_next_output(const TxOperation *operation, size_t leading, TxOutputCursor *cursor,
					TxOutput *output)
{
	RightsPayment head = { .work_count = RIGHTS_TREE_MAX };
	RightsPayout payout;
	WireReader reader;
	McSpan works;
	size_t count;

	open_payment(&reader, operation->arguments, leading);
	wire_read_tuple(&reader, 4);
	part_read_asset(&reader, &head.asset, NULL);
	if (cursor->next == 0)
	{
		wire_read_value(&reader, SIZE_MAX, &works);
		wire_read_array(&reader, RIGHTS_PAYEES_MAX, &count);
		cursor->reader = reader;
	}
	output->asset = head.asset;
	if (wire_peek(&cursor->reader) == WIRE_ARRAY)
	{
		read_payout(&cursor->reader, &head, &payout, NULL);
		output->address = payout.payee;
		output->amount = payout.amount;
	}
	else if (wire_peek(&cursor->reader) == WIRE_UINT)
	{
		part_read_amount_or_zero(&cursor->reader, "", &output->amount, NULL);
		output->address = operation->actor_address;
		if (output->amount == 0)
			return false;
	}
	else
		return false;
	cursor->next++;
	return true;
}

static McStatus
compare(const RightsPayment *paid, const RightsPayment *due, McProblem *problem)
{
	int64_t paid_total = payment_total(paid);
	int64_t due_total = payment_total(due);

	assert(due->work_count >= 1);
	if (strcmp(paid->asset.code, due->asset.code) != 0)
		return part_problem_asset(problem, MC_WRONG_ASSET, &due->asset, 0, 0);
	if (paid_total < due_total)
		return status_problem(problem, MC_PAYMENT_SHORT, paid_total, due_total);
	if (paid_total > due_total)
		return status_problem(problem, MC_PAYMENT_OVER, paid_total, due_total);
	for (uint32_t i = 0; i < due->count && paid->count == due->count; i++)
		if (!hash_equal(&paid->payouts[i].payee, &due->payouts[i].payee) ||
			paid->payouts[i].amount != due->payouts[i].amount ||
			paid->payouts[i].work != due->payouts[i].work)
			return part_problem_hex(problem, MC_SPLIT_CHANGED, due->works[0].bytes, HASH_SIZE);
	if (paid->count != due->count || paid->work_count != due->work_count ||
		paid->reward != due->reward ||
		memcmp(paid->works, due->works, due->work_count * sizeof(RightsId)) != 0)
		return part_problem_hex(problem, MC_SPLIT_CHANGED, due->works[0].bytes, HASH_SIZE);
	return MC_OK;
}

McStatus
payment_execute(const TxOperation *operation, TxWorld *world, size_t leading,
				const RightsPayment *expected, McProblem *problem)
{
	RightsPayment paid;
	TxOutput output = { .asset = expected->asset };
	McStatus status;

	payment_of_operation(operation, leading, &paid);
	status = compare(&paid, expected, problem);
	for (uint32_t i = 0; status == MC_OK && i < paid.count; i++)
	{
		output.address = paid.payouts[i].payee;
		output.amount = paid.payouts[i].amount;
		status = world->add_output(world, operation->actor, &output, problem);
	}
	if (status != MC_OK || paid.reward == 0)
		return status;
	output.address = operation->actor_address;
	output.amount = paid.reward;
	status = world->add_issued(world, operation->actor, &output.asset, output.amount, problem);
	if (status == MC_OK)
		status = world->add_output(world, operation->actor, &output, problem);
	return status;
}

void
payment_describe(const RightsPayment *payment, TxFields *fields)
{
	fields->text(fields, "asset", span_text(payment->asset.code));
	fields->amount(fields, "amount", &payment->asset, payment_total(payment));
	if (payment->reward > 0)
		fields->amount(fields, "reward", &payment->asset, payment->reward);
	fields->open_list(fields, "payouts");
	for (uint32_t i = 0; i < payment->count; i++)
	{
		const RightsPayout *payout = &payment->payouts[i];

		fields->open_item(fields);
		fields->hash(fields, "work_id", &payment->works[payout->work]);
		fields->address(fields, "to_address", &payout->payee);
		fields->amount(fields, "amount", &payment->asset, payout->amount);
	}
	fields->close_list(fields);
}

/* ---- purchases ---------------------------------------------------------------------------------
 */

McStatus
purchase_read(McSpan arguments, RightsId *id, RightsPayment *payment, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, id, problem);
	if (status == MC_OK)
		status = payment_read(&reader, payment, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

void
purchase_write(WireWriter *writer, const RightsId *id, const RightsPayment *payment)
{
	wire_put_array(writer, 2);
	wire_put_bytes(writer, id->bytes, HASH_SIZE);
	payment_write(writer, payment);
}

McStatus
purchase_check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	RightsPayment payment;
	RightsId id;
	McStatus status = purchase_read(arguments, &id, &payment, problem);

	if (status == MC_OK)
		*output_count = payment_output_count(&payment);
	return status;
}

bool
purchase_next_output(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output)
{
	return payment_next_output(operation, 1, cursor, output);
}

void
purchase_describe(const TxOperation *operation, const char *id_name, TxFields *fields)
{
	RightsPayment payment;
	RightsId id;

	purchase_read(operation->arguments, &id, &payment, NULL);
	fields->hash(fields, id_name, &id);
	payment_describe(&payment, fields);
}
