/*
 * op_derive_work.c - a work's agent declares that it derives from another: [work_id, source, ppm],
 * as long as no third work builds upon it. Also handing on the agent's part: [work_id, agent].
 */
#include "rights/derive.h"
#include "rights/field.h"
#include "rights/operations.h"
#include "rights/row.h"
#include "rights/work.h"

typedef struct Derive
{
	RightsId work_id;
	RightsSource source;
} Derive;

static McStatus
read_arguments(McSpan arguments, Derive *derive, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 3))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, &derive->work_id, problem);
	if (status == MC_OK)
		status = field_hash(&reader, &derive->source.work_id, problem);
	if (status == MC_OK)
		status = field_ppm(&reader, PPM_WHOLE, &derive->source.ppm, problem);
	if (status == MC_OK && derive->source.ppm == 0)
		status = status_problem(problem, MC_PPM_RANGE, 0, PPM_WHOLE);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check_derive(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Derive derive;

	*output_count = 0;
	return read_arguments(arguments, &derive, problem);
}

/* Into its place among the sources, which are ascending. */
static McStatus
add_source(WorkRow *work, const RightsSource *source, McProblem *problem)
{
	uint32_t place = 0;
	uint64_t sum = source->ppm;

	if (work->source_count == RIGHTS_SOURCES_MAX)
		return status_problem(problem, MC_TOO_MANY_SOURCES, RIGHTS_SOURCES_MAX + 1,
							  RIGHTS_SOURCES_MAX);
	for (uint32_t i = 0; i < work->source_count; i++)
	{
		int order = memcmp(work->sources[i].work_id.bytes, source->work_id.bytes, HASH_SIZE);

		if (order == 0)
			return part_problem_hex(problem, MC_SOURCES_UNORDERED, source->work_id.bytes,
									HASH_SIZE);
		place += order < 0;
		sum += work->sources[i].ppm;
	}
	if (sum > PPM_WHOLE)
		return status_problem(problem, MC_SOURCES_OVER, (int64_t) sum, PPM_WHOLE);
	memmove(&work->sources[place + 1], &work->sources[place],
			(work->source_count - place) * sizeof(RightsSource));
	work->sources[place] = *source;
	work->source_count++;
	return MC_OK;
}

/* The actor may act for the work, whose row is copied: other rows are read before it is written. */
static McStatus
find_own_work(const TxOperation *operation, TxWorld *world, const RightsId *work_id,
			  uint8_t bytes[WORK_ROW_BYTES_MAX], WorkRow *work, McProblem *problem)
{
	McSpan value;
	McStatus status = rights_find_work(world, work_id, work, problem);

	if (status == MC_OK)
		status = rights_check_agent(world, work_id, work, &operation->actor_address, problem);
	if (status != MC_OK)
		return status;
	world->get_row(world, RIGHTS_WORKS, span_hash(work_id), &value);
	assert(value.size <= WORK_ROW_BYTES_MAX);
	memcpy(bytes, value.data, value.size);
	work_row_read(span_of(bytes, value.size), work);
	return MC_OK;
}

static McStatus
execute_derive(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[WORK_ROW_BYTES_MAX];
	Derive derive;
	WorkRow work;
	McStatus status;

	read_arguments(operation->arguments, &derive, NULL);
	status = find_own_work(operation, world, &derive.work_id, bytes, &work, problem);
	if (status != MC_OK)
		return status;
	if (rights_derives_from(world, &derive.source.work_id, &derive.work_id))
		return part_problem_hex(problem, MC_DERIVATION_CYCLE, derive.source.work_id.bytes,
								HASH_SIZE);
	if (work.built_upon)
		return part_problem_hex(problem, MC_DERIVATION_CLOSED, derive.work_id.bytes, HASH_SIZE);
	status = add_source(&work, &derive.source, problem);
	if (status == MC_OK)
		status = rights_build_upon(world, &work, problem);
	if (status == MC_OK)
		rights_put_work(world, &derive.work_id, &work);
	return status;
}

static void
describe_derive(const TxOperation *operation, TxFields *fields)
{
	Derive derive;

	read_arguments(operation->arguments, &derive, NULL);
	fields->hash(fields, "work_id", &derive.work_id);
	fields->hash(fields, "source_work_id", &derive.source.work_id);
	fields->number(fields, "share_ppm", derive.source.ppm);
}

void
operation_put_derive_work(WireWriter *writer, const RightsId *work_id, const RightsSource *source)
{
	wire_put_array(writer, 3);
	wire_put_bytes(writer, work_id->bytes, HASH_SIZE);
	wire_put_bytes(writer, source->work_id.bytes, HASH_SIZE);
	wire_put_uint(writer, source->ppm);
}

const TxOperationKind operation_derive_work = {
	.number = OPERATION_DERIVE_WORK,
	.name = "derive_work",
	.description = "declares that a work derives from another, which takes part in what it earns",
	.check = check_derive,
	.execute = execute_derive,
	.describe = describe_derive,
	.rows_max = 1 + RIGHTS_SOURCES_MAX,
	.state_bytes_max = (1 + RIGHTS_SOURCES_MAX) * WORK_ROW_BYTES_MAX,
};

/* ---- the agent
 * -----------------------------------------------------------------------------------
 */

static McStatus
read_agent(McSpan arguments, RightsId *work_id, McAddress *agent, McProblem *problem)
{
	WireReader reader;
	McStatus status;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2))
		return part_wire_problem(&reader, problem);
	status = field_hash(&reader, work_id, problem);
	if (status == MC_OK)
		status = field_hash(&reader, agent, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check_agent(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	RightsId work_id;
	McAddress agent;

	*output_count = 0;
	return read_agent(arguments, &work_id, &agent, problem);
}

static McStatus
execute_agent(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	uint8_t bytes[WORK_ROW_BYTES_MAX];
	RightsId work_id;
	McAddress agent;
	WorkRow work;
	McStatus status;

	read_agent(operation->arguments, &work_id, &agent, NULL);
	status = find_own_work(operation, world, &work_id, bytes, &work, problem);
	if (status != MC_OK)
		return status;
	work.agent = agent;
	rights_put_work(world, &work_id, &work);
	return MC_OK;
}

static void
describe_agent(const TxOperation *operation, TxFields *fields)
{
	RightsId work_id;
	McAddress agent;

	read_agent(operation->arguments, &work_id, &agent, NULL);
	fields->hash(fields, "work_id", &work_id);
	fields->address(fields, "agent_address", &agent);
}

void
operation_put_appoint_agent(WireWriter *writer, const RightsId *work_id, const McAddress *agent)
{
	wire_put_array(writer, 2);
	wire_put_bytes(writer, work_id->bytes, HASH_SIZE);
	wire_put_bytes(writer, agent->bytes, HASH_SIZE);
}

const TxOperationKind operation_appoint_agent = {
	.number = OPERATION_APPOINT_AGENT,
	.name = "appoint_agent",
	.description = "names who grants licences of a work for all its holders",
	.check = check_agent,
	.execute = execute_agent,
	.describe = describe_agent,
	.rows_max = 1,
	.state_bytes_max = WORK_ROW_BYTES_MAX,
};
