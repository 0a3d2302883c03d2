/*
 * op_report_evidence.c - puts a proof that a member signed two things no honest one signs on the
 * ledger (R18, A32): [number of the member, proof]. Anybody may: the proof speaks for itself. What
 * it does to the order of proposers is the header's (causes.h); here it is kept for all to see.
 */
#include "ledger/governance_op.h"
#include "ledger/report.h"

McStatus
report_read(McSpan arguments, EvidenceReport *report, McProblem *problem)
{
	WireReader reader;
	uint64_t member;

	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 2) ||
		!wire_read_uint_max(&reader, GOVERNANCE_NUMBERS_MAX - 1, &member) ||
		!wire_read_bytes(&reader, PBFT_EVIDENCE_MAX, &report->proof) || !wire_read_end(&reader))
		return status_problem(problem, reader.status, (int64_t) reader.fault_offset, 0);
	report->member = (uint32_t) member;
	if (pbft_evidence_decode(report->proof, &report->evidence, problem) != MC_OK)
		return problem->status;
	if (pbft_evidence_judge(&report->evidence, &report->verdict) == PBFT_LIE_NONE)
		return status_problem(problem, MC_EVIDENCE_OF_NOTHING, report->member, 0);
	return MC_OK;
}

bool
report_signed_by(const EvidenceReport *report, const uint8_t public_key[SUITE_PUBLIC_SIZE])
{
	SuiteKey key = { .suite = SUITE_ED25519 };

	memcpy(key.public_key, public_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, pbft_statement_signed(&report->evidence.first),
						report->evidence.first.signature) &&
		   suite_verify(&key, pbft_statement_signed(&report->evidence.second),
						report->evidence.second.signature);
}

const char *
report_lie_name(PbftLie lie)
{
	static const char *const names[PBFT_LIE_END] = {
		[PBFT_LIE_NONE] = "nothing",
		[PBFT_LIE_PROPOSALS] = "two proposals",
		[PBFT_LIE_PREPARES] = "two prepare votes",
		[PBFT_LIE_COMMITS] = "two commit votes",
		[PBFT_LIE_VIEW_CHANGES] = "two view changes",
		[PBFT_LIE_FORGOTTEN] = "a commit vote and a later lock below it",
		[PBFT_LIE_NEW_VIEWS] = "two new views",
		[PBFT_LIE_RESULTS] = "two results",
	};

	return names[lie];
}

McSpan
report_key(const EvidenceReport *report, uint8_t key[REPORT_KEY_SIZE])
{
	uint8_t *at = key + 2 + PBFT_INSTANCE_SIZE;

	(void) governance_member_key(report->member, key);
	memcpy(key + 2, report->verdict.domain.instance, PBFT_INSTANCE_SIZE);
	at[0] = (uint8_t) report->verdict.lie;
	put_be64(at + 1, report->verdict.view);
	put_be64(at + 9, report->verdict.height);
	return span_of(key, REPORT_KEY_SIZE);
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	EvidenceReport report;

	*output_count = 0;
	return report_read(arguments, &report, problem);
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	GovernanceState state = governance_op_state(world);
	uint8_t key[REPORT_KEY_SIZE];
	EvidenceReport report;
	GovernanceMember row;
	McSpan known;

	report_read(operation->arguments, &report, problem);
	if (!governance_member(&state, report.member, &row))
		return status_problem(problem, MC_NO_VOICE, report.member, 0);
	if (memcmp(report.verdict.domain.chain_id, world->chain_id, CHAIN_ID_SIZE) != 0 ||
		!report_signed_by(&report, row.member.voting_key))
		return status_problem_name(problem, MC_EVIDENCE_SIGNATURE, row.member.name,
								   strlen(row.member.name));
	if (world->get_row(world, TX_TABLE_EVIDENCE, report_key(&report, key), &known))
		return status_problem_name(problem, MC_EVIDENCE_KNOWN, row.member.name,
								   strlen(row.member.name));
	world->put_row(world, TX_TABLE_EVIDENCE, span_of(key, sizeof(key)), report.proof);
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	EvidenceReport report;
	McProblem problem;

	report_read(operation->arguments, &report, &problem);
	fields->number(fields, "member", report.member);
	fields->text(fields, "lie", span_text(report_lie_name(report.verdict.lie)));
	fields->number(fields, "view", (int64_t) report.verdict.view);
	fields->number(fields, "height", (int64_t) report.verdict.height);
}

void
operation_put_report(WireWriter *writer, uint32_t member, McSpan proof)
{
	wire_put_array(writer, 2);
	wire_put_uint(writer, member);
	wire_put_bytes(writer, proof.data, proof.size);
}

const TxOperationKind operation_report_evidence = {
	.number = OPERATION_REPORT,
	.name = "report_evidence",
	.description = "proves that a member signed two things that contradict each other",
	.check = check,
	.execute = execute,
	.describe = describe,
	.state_bytes_max = REPORT_KEY_SIZE + PBFT_EVIDENCE_MAX,
	.names_seats = true,
};
