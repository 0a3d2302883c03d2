/*
 * op_approve.c - a member's approval of a proposal: [proposal, member, signature]. The one that
 * completes the number makes the proposal pass: its row is written, to hold from the next epoch.
 */
#include "ledger/governance_op.h"

typedef struct Approval
{
	McHash id;
	uint32_t member;
	uint8_t signature[SUITE_SIGNATURE_SIZE];
} Approval;

static McStatus
read_arguments(McSpan arguments, Approval *approval, McProblem *problem)
{
	WireReader reader;
	uint64_t member;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 3) || !wire_read_fixed(&reader, approval->id.bytes, HASH_SIZE) ||
		!wire_read_uint_max(&reader, GOVERNANCE_NUMBERS_MAX - 1, &member) ||
		!wire_read_fixed(&reader, approval->signature, SUITE_SIGNATURE_SIZE) ||
		!wire_read_end(&reader))
		return status_problem(problem, reader.status, (int64_t) reader.fault_offset, 0);
	approval->member = (uint32_t) member;
	return MC_OK;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Approval approval;

	*output_count = 0;
	return read_arguments(arguments, &approval, problem);
}

static McStatus
read_proposal(TxWorld *world, const McHash *id, Proposal *proposal, McProblem *problem)
{
	McSpan statement;

	if (!world->get_row(world, TX_TABLE_PROPOSALS, span_hash(id), &statement))
		return governance_op_named(problem, MC_UNKNOWN_PROPOSAL, id);
	if (proposal_read(statement, proposal, problem) != MC_OK)
		return problem->status;
	if (proposal->expires_ms <= world->block_time_ms)
		return status_problem(problem, MC_PROPOSAL_EXPIRED, (int64_t) proposal->expires_ms,
							  (int64_t) world->block_time_ms);
	return MC_OK;
}

/* Notes the approval in the row as it stands. */
static McStatus
note_approval(TxWorld *world, const Approval *approval, ApprovalRow *row, McProblem *problem)
{
	uint8_t bit = (uint8_t) (1 << approval->member % 8);
	McSpan value;

	memset(row, 0, sizeof(*row));
	if (world->get_row(world, TX_TABLE_APPROVALS, span_hash(&approval->id), &value) &&
		!approval_row_read(value, row))
		return governance_op_named(problem, MC_UNKNOWN_PROPOSAL, &approval->id);
	if (row->passed)
		return governance_op_named(problem, MC_PROPOSAL_PASSED, &approval->id);
	if ((row->members[approval->member / 8] & bit) != 0)
		return status_problem(problem, MC_APPROVED_ALREADY, approval->member, 0);
	row->members[approval->member / 8] |= bit;
	return MC_OK;
}

static void
put_row(TxWorld *world, const McHash *id, const ApprovalRow *row)
{
	uint8_t bytes[APPROVAL_ROW_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	approval_row_write(&writer, row);
	assert(!writer.full);
	world->put_row(world, TX_TABLE_APPROVALS, span_hash(id), wire_written(&writer));
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	GovernanceState state = governance_op_state(world);
	ProposalEffect effect;
	Approval approval;
	Proposal proposal;
	ApprovalRow row;

	read_arguments(operation->arguments, &approval, problem);
	if (governance_op_signed(&state, approval.member, &approval.id, true, approval.signature,
							 problem) != MC_OK ||
		read_proposal(world, &approval.id, &proposal, problem) != MC_OK ||
		note_approval(world, &approval, &row, problem) != MC_OK)
		return problem->status;
	row.passed = approval_count(&row, &state) >= governance_approvals_needed(&state);
	if (row.passed && proposal_check(&proposal, &state, problem) != MC_OK)
		return problem->status;
	put_row(world, &approval.id, &row);
	if (row.passed)
	{
		proposal_effect(&proposal, &state, &effect);
		world->put_row(world, effect.table, effect.key, effect.value);
	}
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	Approval approval;
	McProblem problem;

	read_arguments(operation->arguments, &approval, &problem);
	fields->hash(fields, "proposal", &approval.id);
	fields->number(fields, "member", approval.member);
}

void
operation_put_approve(WireWriter *writer, const McHash *id, uint32_t member,
					  const uint8_t signature[SUITE_SIGNATURE_SIZE])
{
	wire_put_array(writer, 3);
	wire_put_bytes(writer, id->bytes, HASH_SIZE);
	wire_put_uint(writer, member);
	wire_put_bytes(writer, signature, SUITE_SIGNATURE_SIZE);
}

const TxOperationKind operation_approve = {
	.number = OPERATION_APPROVE,
	.name = "approve",
	.description = "approves a proposal; signed by a member's identity key",
	.check = check,
	.execute = execute,
	.describe = describe,
	.state_bytes_max = 2 * HASH_SIZE + APPROVAL_ROW_BYTES_MAX + GOVERNANCE_MEMBER_BYTES_MAX,
};
