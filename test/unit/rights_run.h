/*
 * rights_run.h - operations of rights/ executed one by one in the world of rights_world.h.
 */
#ifndef MESCHAIN_TEST_RIGHTS_RUN_H
#define MESCHAIN_TEST_RIGHTS_RUN_H

#include "unit/rights_world.h"

static McProblem rights_problem;
static uint8_t rights_arguments[65536];
static WireWriter rights_writer;

static inline WireWriter *
arguments(void)
{
	wire_writer_init(&rights_writer, rights_arguments, sizeof(rights_arguments));
	return &rights_writer;
}

static inline McAddress
person(uint32_t number)
{
	McAddress address = { { 0 } };

	put_be32(address.bytes, number);
	return address;
}

/*
 * Checks and executes what was written, as the operation of a transaction of its own; a refusal
 * leaves no trace. What execution pays is what next_output foretells.
 */
static inline McStatus
run(uint16_t kind, const McAddress *actor)
{
	const TxOperationKind *known = operation_kind(kind);
	TxOperation operation = { .kind = kind,
							  .actor_address = *actor,
							  .arguments = wire_written(&rights_writer) };
	int mark = rights.count;
	int64_t issued = rights.issued;
	int64_t burned = rights.burned;
	TxOutputCursor cursor = { 0 };
	TxOutput foretold;
	uint32_t expected = 99;
	int64_t sum = 0;
	McStatus status;

	assert(!rights_writer.full);
	put_be64(rights.calls.txid.bytes, ++rights.calls.height);
	rights.out = 0;
	rights.outputs = 0;
	status = known->check(operation.arguments, &expected, &rights_problem);
	if (status != MC_OK)
		return status;
	status = known->execute(&operation, &rights.calls, &rights_problem);
	if (status != MC_OK)
	{
		rights_cut(mark);
		rights.issued = issued;
		rights.burned = burned;
		return status;
	}
	CHECK(rights.count - mark <= (int) known->rows_max);
	CHECK_INT(rights.outputs, expected);
	while (known->next_output != NULL && known->next_output(&operation, &cursor, &foretold))
		sum += foretold.amount;
	CHECK_INT(cursor.next, rights.outputs);
	CHECK_INT(sum, rights.out);
	return MC_OK;
}

/* The id of what the last operation made. */
static inline RightsId
made(const char *tag)
{
	TxOperation operation = { 0 };
	RightsId id;

	rights_new_id(tag, &rights.calls, &operation, &id);
	return id;
}

static inline RightsId
content(uint32_t number)
{
	McHash hash = person(number);
	RightsId id;

	rights_work_id(&hash, &id);
	return id;
}

static const uint8_t rights_map = 0xA0;

/* A work of this number's content, whose title is the same for all. */
static inline McStatus
register_work(uint32_t number, uint32_t actor, const RightsShares *shares, uint32_t source_count,
			  const RightsSource *sources)
{
	WorkRow work = { .kind = 1,
					 .title = span_text("Title"),
					 .content_hash = person(number),
					 .resale_ppm = 50000,
					 .source_count = source_count,
					 .metadata = span_of(&rights_map, 1) };
	McAddress address = person(actor);

	for (uint32_t i = 0; i < source_count; i++)
		work.sources[i] = sources[i];
	operation_put_register_work(arguments(), &work, shares);
	return run(OPERATION_REGISTER_WORK, &address);
}

#endif
