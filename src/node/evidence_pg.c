/*
 * evidence_pg.c - evidence in SQL: mes.report_evidence() hands a proof in,
 * mes_internal.evidence_state() says what one proves, for mes.evidence.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/epoch_pg.h"
#include "ledger/report.h"
#include "node/accounts_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/submission_pg.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

static uint32_t
number_of(const char *name)
{
	Genesis *origin = palloc(sizeof(Genesis));
	GovernanceMember member;
	EngineRights saved;
	McProblem problem;
	uint32_t number;
	bool found;

	engine_rights_take(&saved);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (!genesis_read(origin))
		problem_check(status_problem(&problem, MC_NO_LEDGER, 0, 0), &problem);
	found = epoch_find_member(origin, name, &number, &member);
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&saved);
	if (!found)
		problem_check(status_problem_name(&problem, MC_UNKNOWN_MEMBER, name, strlen(name)),
					  &problem);
	return number;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_report_evidence);
Datum
mes_report_evidence(PG_FUNCTION_ARGS)
{
	bytea *proof = PG_GETARG_BYTEA_PP(1);
	McSpan bytes = span_of(VARDATA_ANY(proof), VARSIZE_ANY_EXHDR(proof));
	uint8_t arguments[REPORT_BYTES_MAX];
	const uint8_t *submission;
	WireWriter writer;

	if (bytes.size > PBFT_EVIDENCE_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a proof has at most %d bytes, not %zu", (int) PBFT_EVIDENCE_MAX,
							   bytes.size),
						errhint("It is two statements with their signatures, as mes.evidence shows "
								"them.")));
	wire_writer_init(&writer, arguments, sizeof(arguments));
	operation_put_report(&writer, number_of(text_to_cstring(PG_GETARG_TEXT_PP(0))), bytes);
	submission = submission_add(OPERATION_REPORT, wire_written(&writer));
	PG_RETURN_UUID_P((pg_uuid_t *) memcpy(palloc(UUID_LEN), submission, UUID_LEN));
}

/* lie, view, height, instance */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_evidence_state);
Datum
mes_internal_evidence_state(PG_FUNCTION_ARGS)
{
	bytea *proof = PG_GETARG_BYTEA_PP(0);
	PbftEvidence evidence;
	PbftVerdict verdict;
	McProblem problem;
	TupleDesc desc;
	Datum values[4];
	bool nulls[4] = { false };
	bytea *instance = palloc(VARHDRSZ + PBFT_INSTANCE_SIZE);

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	problem_check(pbft_evidence_decode(span_of(VARDATA_ANY(proof), VARSIZE_ANY_EXHDR(proof)),
									   &evidence, &problem),
				  &problem);
	(void) pbft_evidence_judge(&evidence, &verdict);
	SET_VARSIZE(instance, VARHDRSZ + PBFT_INSTANCE_SIZE);
	memcpy(VARDATA(instance), verdict.domain.instance, PBFT_INSTANCE_SIZE);
	values[0] = CStringGetTextDatum(report_lie_name(verdict.lie));
	values[1] = Int64GetDatum((int64) verdict.view);
	values[2] = Int64GetDatum((int64) verdict.height);
	values[3] = PointerGetDatum(instance);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
