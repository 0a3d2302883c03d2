/*
 * op_seal_terms.c - puts confidential terms on the ledger without showing them: [subject,
 * terms_hash, box]. The subject is a licence, of which the author is a party, or a work, whose
 * agent they are. What is in the box is between those whose keys it is sealed to.
 */
#include "rights/field.h"
#include "rights/operations.h"
#include "rights/row.h"
#include "rights/work.h"

static McStatus
read_arguments(McSpan arguments, McHash *terms_hash, TermsRow *terms, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 3))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &terms->subject, problem);
	if (status == MC_OK)
		status = field_hash(&reader, terms_hash, problem);
	if (status == MC_OK && !wire_read_bytes(&reader, SIZE_MAX, &terms->box))
		status = part_wire_problem(&reader, problem);
	if (status == MC_OK && terms->box.size > RIGHTS_BOX_MAX)
		status =
			status_problem(problem, MC_BOX_TOO_LARGE, (int64_t) terms->box.size, RIGHTS_BOX_MAX);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	McHash terms_hash;
	TermsRow terms;

	*output_count = 0;
	return read_arguments(arguments, &terms_hash, &terms, problem);
}

static McStatus
check_author(TxWorld *world, const TermsRow *terms, McProblem *problem)
{
	LicenceRow licence;
	WorkRow work;
	McStatus status;

	if (rights_find_licence(world, &terms->subject, &licence, NULL) == MC_OK)
	{
		if (hash_equal(&licence.licensor, &terms->author) ||
			(licence.has_licensee && hash_equal(&licence.licensee, &terms->author)))
			return MC_OK;
		return part_problem_hex(problem, MC_NOT_LICENSEE, terms->subject.bytes, HASH_SIZE);
	}
	status = rights_find_work(world, &terms->subject, &work, problem);
	if (status == MC_OK)
		status = rights_check_agent(world, &terms->subject, &work, &terms->author, problem);
	return status;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[TERMS_ROW_BYTES_MAX];
	WireWriter writer;
	McHash terms_hash;
	TermsRow terms;
	McSpan value;
	McStatus status;

	read_arguments(operation->arguments, &terms_hash, &terms, NULL);
	terms.author = operation->actor_address;
	if (world->get_row(world, RIGHTS_TERMS, span_hash(&terms_hash), &value))
		return part_problem_hex(problem, MC_TERMS_EXIST, terms_hash.bytes, HASH_SIZE);
	status = check_author(world, &terms, problem);
	if (status != MC_OK)
		return status;
	wire_writer_init(&writer, bytes, sizeof(bytes));
	terms_row_write(&writer, &terms);
	assert(!writer.full);
	world->put_row(world, RIGHTS_TERMS, span_hash(&terms_hash), wire_written(&writer));
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	McHash terms_hash;
	TermsRow terms;

	read_arguments(operation->arguments, &terms_hash, &terms, NULL);
	fields->hash(fields, "subject_id", &terms.subject);
	fields->hash(fields, "terms_hash", &terms_hash);
	fields->number(fields, "box_size", (int64_t) terms.box.size);
}

void
operation_put_seal_terms(WireWriter *writer, const RightsId *subject, const McHash *terms_hash,
						 McSpan box)
{
	wire_put_array(writer, 3);
	wire_put_bytes(writer, subject->bytes, HASH_SIZE);
	wire_put_bytes(writer, terms_hash->bytes, HASH_SIZE);
	wire_put_bytes(writer, box.data, box.size);
}

const TxOperationKind operation_seal_terms = {
	.number = OPERATION_SEAL_TERMS,
	.name = "seal_terms",
	.description = "records terms that only the parties' keys open",
	.check = check,
	.execute = execute,
	.describe = describe,
	.rows_max = 1,
	.state_bytes_max = TERMS_ROW_BYTES_MAX,
};
