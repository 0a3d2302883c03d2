/*
 * op_propose.c - puts a proposal on the ledger: [statement, signature]. Whoever hands it in pays
 * the fee; what counts is the identity key of the member that the statement names. A proposal is no
 * approval: its member approves like the others.
 */
#include "ledger/governance_op.h"

static McStatus
read_arguments(McSpan arguments, McSpan *statement, uint8_t signature[SUITE_SIGNATURE_SIZE],
			   McProblem *problem)
{
	WireReader reader;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2) ||
		!wire_read_bytes(&reader, PROPOSAL_STATEMENT_MAX, statement) ||
		!wire_read_fixed(&reader, signature, SUITE_SIGNATURE_SIZE) || !wire_read_end(&reader))
		return status_problem(problem, reader.status, (int64_t) reader.fault_offset, 0);
	return MC_OK;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	Proposal proposal;
	McSpan statement;

	*output_count = 0;
	if (read_arguments(arguments, &statement, signature, problem) != MC_OK)
		return problem->status;
	return proposal_read(statement, &proposal, problem);
}

static McStatus
check_term(const Proposal *proposal, const TxWorld *world, McProblem *problem)
{
	uint64_t now_ms = world->block_time_ms;

	if (proposal->expires_ms <= now_ms)
		return status_problem(problem, MC_PROPOSAL_EXPIRED, (int64_t) proposal->expires_ms,
							  (int64_t) now_ms);
	if (proposal->expires_ms - now_ms > GOVERNANCE_TERM_MAX_MS)
		return status_problem(problem, MC_PROPOSAL_TERM, (int64_t) (proposal->expires_ms - now_ms),
							  (int64_t) GOVERNANCE_TERM_MAX_MS);
	return MC_OK;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	GovernanceState state = governance_op_state(world);
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	Proposal proposal;
	McSpan statement;
	McSpan value;
	McHash id;

	read_arguments(operation->arguments, &statement, signature, problem);
	proposal_read(statement, &proposal, problem);
	proposal_id(world->chain_id, statement, &id);
	if (governance_op_signed(&state, proposal.member, &id, false, signature, problem) != MC_OK ||
		check_term(&proposal, world, problem) != MC_OK)
		return problem->status;
	if (world->get_row(world, TX_TABLE_PROPOSALS, span_hash(&id), &value))
		return governance_op_named(problem, MC_PROPOSAL_EXISTS, &id);
	if (proposal_check(&proposal, &state, problem) != MC_OK)
		return problem->status;
	world->put_row(world, TX_TABLE_PROPOSALS, span_hash(&id), statement);
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	Proposal proposal;
	McSpan statement;
	McProblem problem;

	read_arguments(operation->arguments, &statement, signature, &problem);
	proposal_read(statement, &proposal, &problem);
	fields->number(fields, "member", proposal.member);
	fields->text(fields, "kind", span_text(proposal_kind(proposal.kind)->name));
	fields->number(fields, "expires_ms", (int64_t) proposal.expires_ms);
	proposal_describe(&proposal, fields);
}

void
operation_put_propose(WireWriter *writer, McSpan statement,
					  const uint8_t signature[SUITE_SIGNATURE_SIZE])
{
	wire_put_array(writer, 2);
	wire_put_bytes(writer, statement.data, statement.size);
	wire_put_bytes(writer, signature, SUITE_SIGNATURE_SIZE);
}

const TxOperationKind operation_propose = {
	.number = OPERATION_PROPOSE,
	.name = "propose",
	.description = "asks the members to change the federation; signed by a member's identity key",
	.check = check,
	.execute = execute,
	.describe = describe,
};
