/*
 * op_pay_royalty.c - reports the use of a licence and pays what is due for it: [work_id, licence or
 * null, uses, revenue, report hash or null, payment]. Without a licence the payment is whatever the
 * payer gives to the owners of the work.
 */
#include "rights/field.h"
#include "rights/licence.h"
#include "rights/operations.h"
#include "rights/quote.h"
#include "rights/work.h"

#define LEADING 5

static McStatus
read_numbers(WireReader *reader, RoyaltyReport *report, McProblem *problem)
{
	uint64_t uses;
	uint64_t revenue;
	McStatus status = part_read_number(reader, &uses, problem);

	if (status == MC_OK)
		status = part_read_number(reader, &revenue, problem);
	if (status != MC_OK)
		return status;
	report->uses = (int64_t) uses;
	report->revenue = (int64_t) revenue;
	return MC_OK;
}

static McStatus
read_arguments(McSpan arguments, RoyaltyReport *report, RightsPayment *payment, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, LEADING + 1))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &report->work_id, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &report->has_licence, &report->licence_id, problem);
	if (status == MC_OK)
		status = read_numbers(&reader, report, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &report->has_report, &report->report, problem);
	if (status == MC_OK)
		status = payment_read(&reader, payment, problem);
	if (status == MC_OK &&
		(report->has_licence ? report->uses == 0 && report->revenue == 0 : payment->count == 0))
		status = status_problem(problem, MC_NOTHING_REPORTED, 0, 0);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	RightsPayment payment;
	RoyaltyReport report;
	McStatus status = read_arguments(arguments, &report, &payment, problem);

	if (status == MC_OK)
		*output_count = payment_output_count(&payment);
	return status;
}

static bool
next_output(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output)
{
	return payment_next_output(operation, LEADING, cursor, output);
}

/* Reports come after the time they are about, so an ended licence still settles its uses. */
static McStatus
check_licence(const TxWorld *world, const RoyaltyReport *report, const LicenceRow *row,
			  const McAddress *payer, McProblem *problem)
{
	const RightsId *id = &report->licence_id;

	if (!row->has_licensee || !hash_equal(&row->licensee, payer))
		return part_problem_hex(problem, MC_NOT_LICENSEE, id->bytes, HASH_SIZE);
	if ((row->status != LICENCE_ACTIVE && row->status != LICENCE_REVOKED) ||
		world->block_time_ms < row->scope.from_ms || !hash_equal(&row->work_id, &report->work_id))
		return part_problem_hex(problem, MC_LICENCE_NOT_ACTIVE, id->bytes, HASH_SIZE);
	if (report->uses > row->uses_left)
		return status_problem(problem, MC_USES_EXHAUSTED, report->uses, row->uses_left);
	return MC_OK;
}

static McStatus
amount_due(const RoyaltyReport *report, const LicenceRow *row, int64_t *amount, McProblem *problem)
{
	if (__builtin_mul_overflow(report->uses, row->royalty_per_use, amount) ||
		__builtin_add_overflow(*amount, rights_part_of(report->revenue, row->royalty_ppm), amount))
		return part_problem_asset(problem, MC_SUM_OVERFLOW, &row->asset, 0, INT64_MAX);
	return MC_OK;
}

McStatus
quote_royalty(TxWorld *world, const RoyaltyReport *report, const McAddress *payer,
			  LicenceRow *licence, RightsPayment *due, int64_t direct_amount, McProblem *problem)
{
	int64_t amount;
	McStatus status;

	if (!report->has_licence)
		return rights_split_work(world, &report->work_id, direct_amount, due, problem);
	status = rights_find_licence(world, &report->licence_id, licence, problem);
	if (status == MC_OK)
		status = check_licence(world, report, licence, payer, problem);
	if (status == MC_OK)
		status = amount_due(report, licence, &amount, problem);
	if (status != MC_OK)
		return status;
	payment_init(due, &licence->asset);
	return licence_settle(world, licence, amount, due, problem);
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	RightsPayment payment;
	RightsPayment due;
	RoyaltyReport report;
	LicenceRow licence;
	McStatus status;

	read_arguments(operation->arguments, &report, &payment, NULL);
	payment_init(&due, &payment.asset);
	status = quote_royalty(world, &report, &operation->actor_address, &licence, &due,
						   payment_total(&payment), problem);
	if (status == MC_OK)
		status = payment_execute(operation, world, LEADING, &due, problem);
	if (status != MC_OK || !report.has_licence || report.uses == 0 ||
		licence.uses_left == RIGHTS_UNBOUNDED)
		return status;
	licence.uses_left -= report.uses;
	rights_put_licence(world, &report.licence_id, &licence);
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	RightsPayment payment;
	RoyaltyReport report;

	read_arguments(operation->arguments, &report, &payment, NULL);
	fields->hash(fields, "work_id", &report.work_id);
	if (report.has_licence)
		fields->hash(fields, "licence_id", &report.licence_id);
	if (report.uses > 0)
		fields->number(fields, "uses", report.uses);
	if (report.revenue > 0)
		fields->amount(fields, "revenue", &payment.asset, report.revenue);
	if (report.has_report)
		fields->hash(fields, "report_hash", &report.report);
	payment_describe(&payment, fields);
}

void
operation_put_pay_royalty(WireWriter *writer, const RoyaltyReport *report,
						  const RightsPayment *payment)
{
	wire_put_array(writer, LEADING + 1);
	wire_put_bytes(writer, report->work_id.bytes, HASH_SIZE);
	field_put_optional_hash(writer, report->has_licence, &report->licence_id);
	wire_put_uint(writer, (uint64_t) report->uses);
	wire_put_uint(writer, (uint64_t) report->revenue);
	field_put_optional_hash(writer, report->has_report, &report->report);
	payment_write(writer, payment);
}

const TxOperationKind operation_pay_royalty = {
	.number = OPERATION_PAY_ROYALTY,
	.name = "pay_royalty",
	.description = "reports uses or revenue and pays the owners through the tree of works",
	.check = check,
	.execute = execute,
	.describe = describe,
	.next_output = next_output,
	.rows_max = 1,
	.state_bytes_max = LICENCE_ROW_BYTES_MAX,
};
