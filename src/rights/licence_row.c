/* licence_row.c - a licence as canonical bytes, and its scope, which arguments share. */
#include "rights/licence.h"

#include "rights/field.h"
#include "rights/row.h"

McStatus
licence_scope_read(WireReader *reader, LicenceScope *scope, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 5))
		return part_wire_problem(reader, problem);
	status = field_territory(reader, scope->territory, problem);
	if (status == MC_OK)
		status = field_medium(reader, &scope->medium, problem);
	if (status == MC_OK)
		status = field_bool(reader, &scope->exclusive, problem);
	if (status == MC_OK)
		status = part_read_number(reader, &scope->from_ms, problem);
	if (status == MC_OK)
		status = field_bounded(reader, &scope->until_ms, problem);
	return status;
}

void
licence_scope_write(WireWriter *writer, const LicenceScope *scope)
{
	wire_put_array(writer, 5);
	wire_put_text(writer, span_text(scope->territory));
	wire_put_uint(writer, scope->medium);
	wire_put_bool(writer, scope->exclusive);
	wire_put_uint(writer, scope->from_ms);
	field_put_bounded(writer, scope->until_ms);
}

McStatus
licence_terms_read(WireReader *reader, LicenceRow *row, McProblem *problem)
{
	uint64_t uses;
	uint64_t depth;
	uint64_t notice;
	McStatus status = licence_scope_read(reader, &row->scope, problem);

	if (status == MC_OK)
		status = field_bounded(reader, &uses, problem);
	if (status == MC_OK)
		status = part_read_number(reader, &depth, problem);
	if (status == MC_OK && depth > RIGHTS_SUBLICENCE_DEPTH_MAX)
		status = status_problem(problem, MC_SUBLICENCE_DEPTH, (int64_t) depth,
								RIGHTS_SUBLICENCE_DEPTH_MAX);
	if (status == MC_OK)
		status = part_read_asset(reader, &row->asset, problem);
	if (status == MC_OK)
		status = part_read_amount_or_zero(reader, row->asset.code, &row->price, problem);
	if (status == MC_OK)
		status = field_ppm(reader, PPM_WHOLE, &row->royalty_ppm, problem);
	if (status == MC_OK)
		status = part_read_amount_or_zero(reader, row->asset.code, &row->royalty_per_use, problem);
	if (status == MC_OK)
		status = field_bounded(reader, &notice, problem);
	if (status == MC_OK)
		status = field_optional_hash(reader, &row->has_terms, &row->terms_hash, problem);
	if (status != MC_OK)
		return status;
	row->uses_left = (int64_t) uses;
	row->depth_left = (uint32_t) depth;
	row->notice_ms = (int64_t) notice;
	return MC_OK;
}

void
licence_terms_write(WireWriter *writer, const LicenceRow *row)
{
	licence_scope_write(writer, &row->scope);
	field_put_bounded(writer, (uint64_t) row->uses_left);
	wire_put_uint(writer, row->depth_left);
	part_put_asset(writer, &row->asset);
	wire_put_int(writer, row->price);
	wire_put_uint(writer, row->royalty_ppm);
	wire_put_int(writer, row->royalty_per_use);
	field_put_bounded(writer, (uint64_t) row->notice_ms);
	field_put_optional_hash(writer, row->has_terms, &row->terms_hash);
}

bool
licence_row_read(McSpan value, LicenceRow *row)
{
	WireReader reader;
	uint64_t status;

	wire_reader_init(&reader, value);
	if (!wire_read_tuple(&reader, LICENCE_TERMS_FIELDS + 7) ||
		!wire_read_uint_max(&reader, LICENCE_WITHDRAWN, &status) ||
		!wire_read_bool(&reader, &row->standing) ||
		!wire_read_fixed(&reader, row->work_id.bytes, HASH_SIZE) ||
		!wire_read_fixed(&reader, row->licensor.bytes, HASH_SIZE))
		return false;
	row->status = (LicenceStatus) status;
	return field_optional_hash(&reader, &row->has_parent, &row->parent, NULL) == MC_OK &&
		   field_optional_hash(&reader, &row->has_offer, &row->offer, NULL) == MC_OK &&
		   field_optional_hash(&reader, &row->has_licensee, &row->licensee, NULL) == MC_OK &&
		   licence_terms_read(&reader, row, NULL) == MC_OK && wire_read_end(&reader);
}

void
licence_row_write(WireWriter *writer, const LicenceRow *row)
{
	wire_put_array(writer, LICENCE_TERMS_FIELDS + 7);
	wire_put_uint(writer, row->status);
	wire_put_bool(writer, row->standing);
	wire_put_bytes(writer, row->work_id.bytes, HASH_SIZE);
	wire_put_bytes(writer, row->licensor.bytes, HASH_SIZE);
	field_put_optional_hash(writer, row->has_parent, &row->parent);
	field_put_optional_hash(writer, row->has_offer, &row->offer);
	field_put_optional_hash(writer, row->has_licensee, &row->licensee);
	licence_terms_write(writer, row);
}
