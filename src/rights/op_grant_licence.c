/*
 * op_grant_licence.c - offers a licence: [work_id, parent or null, licensee or null, standing,
 * scope, uses or null, depth, asset, price, royalty_ppm, royalty_per_use, notice_ms or null,
 * terms_hash or null]. A work's agent grants those of the work, a licensee sublicences under its
 * own. It is in force when it is bought, at whatever price.
 */
#include "rights/field.h"
#include "rights/licence.h"
#include "rights/operations.h"
#include "rights/work.h"

static McStatus
read_arguments(McSpan arguments, LicenceRow *row, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	memset(row, 0, sizeof(*row));
	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, LICENCE_TERMS_FIELDS + 4))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &row->work_id, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &row->has_parent, &row->parent, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &row->has_licensee, &row->licensee, problem);
	if (status == MC_OK)
		status = field_bool(&reader, &row->standing, problem);
	if (status == MC_OK)
		status = licence_terms_read(&reader, row, problem);
	if (status == MC_OK && row->scope.until_ms <= row->scope.from_ms)
		status = status_problem(problem, MC_LICENCE_WINDOW, (int64_t) row->scope.until_ms,
								(int64_t) row->scope.from_ms);
	if (status == MC_OK && row->standing && row->scope.exclusive)
		status = status_problem(problem, MC_STANDING_EXCLUSIVE, 0, 0);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	LicenceRow row;

	*output_count = 0;
	return read_arguments(arguments, &row, problem);
}

static McStatus
check_licensor(const TxOperation *operation, TxWorld *world, const LicenceRow *row,
			   McProblem *problem)
{
	WorkRow work;
	McStatus status;

	if (row->has_parent)
		return licence_check_parent(world, row, &operation->actor_address, problem);
	status = rights_find_work(world, &row->work_id, &work, problem);
	if (status == MC_OK)
		status =
			rights_check_agent(world, &row->work_id, &work, &operation->actor_address, problem);
	return status;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	LicenceRow row;
	RightsId id;
	McStatus status;

	read_arguments(operation->arguments, &row, NULL);
	row.licensor = operation->actor_address;
	row.status = LICENCE_OFFERED;
	status = check_licensor(operation, world, &row, problem);
	if (status == MC_OK)
		status = rights_find_asset(world, &row.asset, problem);
	if (status == MC_OK && row.scope.until_ms <= world->block_time_ms)
		status = status_problem(problem, MC_LICENCE_WINDOW, (int64_t) row.scope.until_ms,
								(int64_t) world->block_time_ms);
	if (status == MC_OK)
		status = exclusive_check(world, exclusive_owner(&row), &row.scope, problem);
	rights_new_id("MES1-licence", world, operation, &id);
	if (status == MC_OK && row.scope.exclusive)
		status = exclusive_add(world, exclusive_owner(&row), &id, &row.scope, problem);
	if (status == MC_OK)
		rights_put_licence(world, &id, &row);
	return status;
}

static void
describe_terms(const LicenceRow *row, TxFields *fields)
{
	fields->text(fields, "territory", span_text(row->scope.territory));
	fields->text(fields, "medium", span_text(rights_medium_name(row->scope.medium)));
	fields->text(fields, "exclusive", span_text(row->scope.exclusive ? "yes" : "no"));
	fields->number(fields, "valid_from_ms", (int64_t) row->scope.from_ms);
	if (row->scope.until_ms != RIGHTS_UNBOUNDED)
		fields->number(fields, "valid_until_ms", (int64_t) row->scope.until_ms);
	if (row->uses_left != RIGHTS_UNBOUNDED)
		fields->number(fields, "uses", row->uses_left);
	fields->number(fields, "sublicence_depth", row->depth_left);
	fields->text(fields, "asset", span_text(row->asset.code));
	fields->amount(fields, "price", &row->asset, row->price);
	fields->number(fields, "royalty_ppm", row->royalty_ppm);
	fields->amount(fields, "royalty_per_use", &row->asset, row->royalty_per_use);
	if (row->notice_ms != RIGHTS_UNBOUNDED)
		fields->number(fields, "revocation_notice_ms", row->notice_ms);
	if (row->has_terms)
		fields->hash(fields, "terms_hash", &row->terms_hash);
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	LicenceRow row;

	read_arguments(operation->arguments, &row, NULL);
	fields->hash(fields, "work_id", &row.work_id);
	if (row.has_parent)
		fields->hash(fields, "parent_licence_id", &row.parent);
	if (row.has_licensee)
		fields->address(fields, "licensee_address", &row.licensee);
	fields->text(fields, "standing", span_text(row.standing ? "yes" : "no"));
	describe_terms(&row, fields);
}

void
operation_put_grant_licence(WireWriter *writer, const LicenceRow *row)
{
	wire_put_array(writer, LICENCE_TERMS_FIELDS + 4);
	wire_put_bytes(writer, row->work_id.bytes, HASH_SIZE);
	field_put_optional_hash(writer, row->has_parent, &row->parent);
	field_put_optional_hash(writer, row->has_licensee, &row->licensee);
	wire_put_bool(writer, row->standing);
	licence_terms_write(writer, row);
}

const TxOperationKind operation_grant_licence = {
	.number = OPERATION_GRANT_LICENCE,
	.name = "grant_licence",
	.description = "offers a licence of a work, or a sublicence of a licence",
	.check = check,
	.execute = execute,
	.describe = describe,
	.rows_max = 2,
	.state_bytes_max = LICENCE_ROW_BYTES_MAX + RIGHTS_EXCLUSIVES_MAX * 80,
};
