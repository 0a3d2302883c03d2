/*
 * causes.c - see causes.h.
 */
#include "ledger/causes.h"

/* The seat of a member by its number on the roll; member_count: it has none. */
static uint32_t
seat_of(const CauseRules *rules, uint32_t number)
{
	uint32_t seat = 0;

	while (seat < rules->document->member_count && rules->numbers[seat] != number)
		seat++;
	return seat;
}

/* Of the running instance and by the key that its votes are counted with (A32). */
static void
take_report(const CauseRules *rules, McSpan arguments, PbftCauses *causes)
{
	EvidenceReport report;
	McProblem problem;
	uint32_t seat;

	if (report_read(arguments, &report, &problem) != MC_OK ||
		!pbft_domain_equal(&report.verdict.domain, &rules->domain))
		return;
	seat = seat_of(rules, report.member);
	if (seat < rules->document->member_count && !pbft_named(causes->liars, seat) &&
		report_signed_by(&report, rules->document->members[seat].voting_key))
		pbft_name(causes->liars, seat);
}

/* The next incarnation, signed by the identity key that the member had at the anchor. */
static void
take_rejoin(const CauseRules *rules, McSpan arguments, PbftCauses *causes)
{
	SuiteKey identity = { .suite = SUITE_ED25519 };
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	PbftRejoin rejoin;
	McProblem problem;
	uint32_t seat;

	if (rejoin_read(arguments, &rejoin, &problem) != MC_OK)
		return;
	seat = seat_of(rules, rejoin.roster);
	if (seat == rules->document->member_count || pbft_named(causes->returning, seat) ||
		rejoin.incarnation != rules->incarnations[seat] + 1 ||
		memcmp(rejoin.chain_id, rules->domain.chain_id, PBFT_CHAIN_ID_SIZE) != 0)
		return;
	memcpy(identity.public_key, rules->document->members[seat].identity_key, SUITE_PUBLIC_SIZE);
	pbft_rejoin_signed(&rejoin, signed_bytes);
	if (suite_verify(&identity, span_of(signed_bytes, sizeof(signed_bytes)), rejoin.signature))
		pbft_name(causes->returning, seat);
}

void
ledger_causes_add(const CauseRules *rules, const TxView *view, CauseCount *count)
{
	TxOperation operation = { 0 };
	WireReader reader;

	/* alone there is nobody to be judged by */
	if (!view->names_seats || rules->document->member_count == 1)
		return;
	wire_reader_init(&reader, view->operations);
	while (count->looked_at < LEDGER_NAMING_MAX && tx_next_operation(&reader, view, &operation))
	{
		if (!operation_kind(operation.kind)->names_seats)
			continue;
		count->looked_at++;
		if (operation.kind == OPERATION_REPORT)
			take_report(rules, operation.arguments, &count->causes);
		else
			take_rejoin(rules, operation.arguments, &count->causes);
	}
}
