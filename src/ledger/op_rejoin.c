/*
 * op_rejoin.c - a member returns with a new voting key and a new, empty vote log (A18, C9): the
 * ticket that its identity key signed. The key votes from the next epoch on; the one before is void
 * then.
 */
#include "ledger/governance_op.h"
#include "ledger/report.h"

McStatus
rejoin_read(McSpan arguments, PbftRejoin *rejoin, McProblem *problem)
{
	WireReader reader;
	McSpan ticket;

	wire_reader_init(&reader, arguments);
	if (!wire_read_bytes(&reader, PBFT_REJOIN_SIZE, &ticket) || !wire_read_end(&reader))
		return status_problem(problem, reader.status, (int64_t) reader.fault_offset, 0);
	return pbft_rejoin_decode(ticket, rejoin, problem);
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	PbftRejoin rejoin;

	*output_count = 0;
	return rejoin_read(arguments, &rejoin, problem);
}

/* The ticket is this chain's, of the member whose identity key signed it. */
static McStatus
check_ticket(const PbftRejoin *rejoin, const TxWorld *world, const GovernanceMember *row,
			 McProblem *problem)
{
	SuiteKey identity = { .suite = SUITE_ED25519 };
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	const char *name = row->member.name;

	memcpy(identity.public_key, row->member.identity_key, SUITE_PUBLIC_SIZE);
	pbft_rejoin_signed(rejoin, signed_bytes);
	if (memcmp(rejoin->chain_id, world->chain_id, CHAIN_ID_SIZE) != 0 ||
		!suite_verify(&identity, span_of(signed_bytes, sizeof(signed_bytes)), rejoin->signature))
		return status_problem_name(problem, MC_IDENTITY_SIGNATURE, name, strlen(name));
	if (rejoin->incarnation != row->incarnation + 1)
		return status_problem(problem, MC_REJOIN_INCARNATION, (int64_t) rejoin->incarnation,
							  (int64_t) row->incarnation + 1);
	return MC_OK;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	GovernanceState state = governance_op_state(world);
	uint8_t value[GOVERNANCE_MEMBER_BYTES_MAX];
	GovernanceMember row;
	PbftRejoin rejoin;
	WireWriter writer;
	uint8_t key[2];

	rejoin_read(operation->arguments, &rejoin, problem);
	if (!governance_member(&state, rejoin.roster, &row) || row.standing == MEMBER_REMOVED)
		return status_problem(problem, MC_NO_VOICE, rejoin.roster, 0);
	if (check_ticket(&rejoin, world, &row, problem) != MC_OK)
		return problem->status;
	memcpy(row.member.voting_key, rejoin.voting_key, SUITE_PUBLIC_SIZE);
	row.incarnation = rejoin.incarnation;
	if (!genesis_member_valid(&row.member))
		return status_problem_name(problem, MC_PROPOSAL_FIELD, "voting_key", strlen("voting_key"));
	if (governance_unique(&state, rejoin.roster, &row.member, problem) != MC_OK)
		return problem->status;
	wire_writer_init(&writer, value, sizeof(value));
	governance_member_write(&writer, &row);
	assert(!writer.full);
	world->put_row(world, TX_TABLE_MEMBERS, governance_member_key(rejoin.roster, key),
				   wire_written(&writer));
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	PbftRejoin rejoin;
	McProblem problem;
	McHash key;

	rejoin_read(operation->arguments, &rejoin, &problem);
	memcpy(key.bytes, rejoin.voting_key, HASH_SIZE);
	fields->number(fields, "member", rejoin.roster);
	fields->number(fields, "incarnation", (int64_t) rejoin.incarnation);
	fields->hash(fields, "voting_key", &key);
}

void
operation_put_rejoin(WireWriter *writer, McSpan ticket)
{
	wire_put_bytes(writer, ticket.data, ticket.size);
}

const TxOperationKind operation_rejoin = {
	.number = OPERATION_REJOIN,
	.name = "rejoin",
	.description = "a member returns with a new voting key; signed by its identity key",
	.check = check,
	.execute = execute,
	.describe = describe,
	.state_bytes_max = GOVERNANCE_MEMBER_BYTES_MAX + 2,
	.names_seats = true,
};
