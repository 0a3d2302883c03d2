/*
 * ledger_causes.c - evidence on the ledger, and whom the body of a block names (A2, A10, C9): good
 * proofs and tickets and all that must name nobody.
 */
#include "tx/build.h"
#include "unit/governance_world.h"

extern const TxOperationKind operation_report_evidence;

static void
commit_by(uint32_t signer, const PbftDomain *domain, uint64_t height, uint8_t hash,
		  PbftStatement *statement)
{
	PbftSubject subject = { .kind = PBFT_COMMIT, .height = height, .hash = { { hash } } };
	SuiteSecret voting = secret_of((uint8_t) (101 + signer));

	memset(statement, 0, sizeof(*statement));
	statement->size = (uint8_t) pbft_subject_signed(domain, &subject, statement->bytes);
	suite_sign(&voting, pbft_statement_signed(statement), statement->signature);
}

/* Two COMMITs for one height by these members' keys, said of a member. */
static McSpan
report_of(uint32_t member, uint32_t first, uint32_t second, const PbftDomain *domain,
		  uint8_t second_hash, uint8_t arguments[ARGUMENTS_MAX])
{
	uint8_t proof[PBFT_EVIDENCE_MAX];
	PbftEvidence evidence;
	WireWriter writer;

	commit_by(first, domain, 7, 1, &evidence.first);
	commit_by(second, domain, 7, second_hash, &evidence.second);
	wire_writer_init(&writer, arguments, ARGUMENTS_MAX);
	operation_put_report(&writer, member, span_of(proof, pbft_evidence_encode(&evidence, proof)));
	return wire_written(&writer);
}

static PbftDomain
domain_here(void)
{
	PbftDomain domain = { .instance = "epoch 3" };

	memcpy(domain.chain_id, chain_id, CHAIN_ID_SIZE);
	return domain;
}

static void
test_who_is_reported(void)
{
	uint8_t bytes[ARGUMENTS_MAX];
	PbftDomain domain = domain_here();
	const TxOperationKind *kind = &operation_report_evidence;

	begin();
	CHECK_INT(run(kind, report_of(2, 2, 2, &domain, 1, bytes)), MC_EVIDENCE_OF_NOTHING);
	CHECK_INT(run(kind, report_of(1, 2, 2, &domain, 2, bytes)), MC_EVIDENCE_SIGNATURE);
	CHECK_INT(run(kind, report_of(2, 2, 1, &domain, 2, bytes)), MC_EVIDENCE_SIGNATURE);
	CHECK_INT(run(kind, report_of(2, 1, 2, &domain, 2, bytes)), MC_EVIDENCE_SIGNATURE);
	CHECK_INT(run(kind, report_of(MEMBERS, 2, 2, &domain, 2, bytes)), MC_NO_VOICE);
	CHECK_INT(row_count, 0);
	CHECK_INT(run(kind, report_of(2, 2, 2, &domain, 2, bytes)), MC_OK);
	CHECK_INT(row_count, 1);
	CHECK_INT(run(kind, report_of(2, 2, 2, &domain, 3, bytes)), MC_EVIDENCE_KNOWN);
	domain.instance[0] ^= 1;
	CHECK_INT(run(kind, report_of(2, 2, 2, &domain, 2, bytes)), MC_OK);
	domain.chain_id[0] ^= 1;
	CHECK_INT(run(kind, report_of(2, 2, 2, &domain, 2, bytes)), MC_EVIDENCE_SIGNATURE);
}

static CauseCount named;
static uint64_t incarnations[MEMBERS];

/* One transaction with so many operations of these arguments. */
static void
body_names(uint16_t kind, McSpan arguments, uint32_t count)
{
	static uint64_t room[8192];
	static uint8_t bytes[65536];
	static const uint16_t numbers[MEMBERS] = { 0, 1, 2, 3 };
	CauseRules rules = { &genesis, numbers, incarnations, domain_here() };
	TxHeader header = { .valid_until_ms = 1000, .reference = span_text("") };
	static TxBuilder builder;
	WireWriter writer;
	TxView view;
	McProblem problem;

	memcpy(header.chain_id, chain_id, CHAIN_ID_SIZE);
	tx_build_init(&builder, &header, room, sizeof(room));
	for (uint32_t i = 0; i < count; i++)
		wire_put_raw(tx_build_operation(&builder, kind, 0), arguments);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	CHECK_INT(tx_build_body(&builder, &writer, &problem), MC_OK);
	CHECK_INT(tx_read_body(wire_written(&writer), &view, &problem), MC_OK);
	CHECK(view.names_seats);
	ledger_causes_add(&rules, &view, &named);
}

static bool
names(uint16_t kind, McSpan arguments)
{
	memset(&named, 0, sizeof(named));
	body_names(kind, arguments, 1);
	return !pbft_causes_none(&named.causes);
}

/* A2, A10: a function of the body and the anchor; what was signed in another epoch names nobody. */
static void
test_whom_a_body_names(void)
{
	uint8_t bytes[ARGUMENTS_MAX];
	PbftDomain domain = domain_here();

	begin();
	CHECK(names(OPERATION_REPORT, report_of(2, 2, 2, &domain, 2, bytes)));
	CHECK(pbft_named(named.causes.liars, 2));
	CHECK(!names(OPERATION_REPORT, report_of(1, 2, 2, &domain, 2, bytes)));
	CHECK(!names(OPERATION_REPORT, report_of(2, 2, 1, &domain, 2, bytes)));
	domain.instance[7] ^= 1;
	CHECK(!names(OPERATION_REPORT, report_of(2, 2, 2, &domain, 2, bytes)));
	CHECK(names(OPERATION_REJOIN, rejoin_of(1, 1, 1, 201, bytes)));
	CHECK(pbft_named(named.causes.returning, 1));
	CHECK(!names(OPERATION_REJOIN, rejoin_of(1, 2, 1, 201, bytes)));
	CHECK(!names(OPERATION_REJOIN, rejoin_of(1, 1, 2, 201, bytes)));
	CHECK(!names(OPERATION_REJOIN, rejoin_of(MEMBERS, MEMBERS, 1, 201, bytes)));
	genesis.member_count = 1;
	CHECK(!names(OPERATION_REJOIN, rejoin_of(0, 0, 1, 201, bytes)));
}

/* What a body costs those who validate it is bounded: the operations after the sixteenth are not
 * looked at, over all transactions of the block. */
static void
test_so_many_operations_name_somebody(void)
{
	uint8_t forged[ARGUMENTS_MAX];
	uint8_t good[ARGUMENTS_MAX];
	PbftDomain domain = domain_here();
	McSpan noise;

	begin();
	noise = report_of(3, 2, 2, &domain, 2, forged);
	memset(&named, 0, sizeof(named));
	body_names(OPERATION_REPORT, noise, LEDGER_NAMING_MAX - 1);
	body_names(OPERATION_REPORT, report_of(2, 2, 2, &domain, 2, good), 1);
	CHECK(pbft_named(named.causes.liars, 2));
	memset(&named, 0, sizeof(named));
	body_names(OPERATION_REPORT, noise, LEDGER_NAMING_MAX / 2);
	body_names(OPERATION_REPORT, noise, LEDGER_NAMING_MAX / 2);
	body_names(OPERATION_REPORT, report_of(2, 2, 2, &domain, 2, good), 1);
	CHECK(pbft_causes_none(&named.causes));
}

int
main(void)
{
	RUN(test_who_is_reported);
	RUN(test_whom_a_body_names);
	RUN(test_so_many_operations_name_somebody);
	return CHECK_RESULT();
}
