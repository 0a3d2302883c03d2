/*
 * recovery_statement_pg.c - mes.recovery_statement(): what this node still proves (C8 (1)). The
 * order worker closes its instance first; from then on its voting key is of no use before the
 * recovery, and the statement names the fresh one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/recovery_pg.h"
#include "miscadmin.h"
#include "node/accounts_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/keys_pg.h"
#include "node/recovery_chain_pg.h"
#include "node/rejoin_pg.h"
#include "pgstat.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define ANSWER_MS 20000

/* ---- what the worker proves --------------------------------------------------------------------
 */

static void
ask_worker(PbftAttest *attest, bool *witness)
{
	RecoveryDesk *desk = &node_shared->recovery;
	TimestampTz start = GetCurrentTimestamp();
	McProblem problem;

	pg_atomic_write_u32(&desk->stage, RECOVERY_ASKED);
	while (pg_atomic_read_u32(&desk->stage) != RECOVERY_ANSWERED)
	{
		node_wake(&node_shared->order_latch);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 20,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (TimestampDifferenceExceeds(start, GetCurrentTimestamp(), ANSWER_MS))
			problem_check(status_problem_name(&problem, MC_NOT_RUNNING, "its workers do not answer",
											  strlen("its workers do not answer")),
						  &problem);
	}
	pg_read_barrier();
	*attest = desk->attest;
	*witness = desk->witness;
	pg_atomic_write_u32(&desk->stage, RECOVERY_IDLE);
}

/* ---- what the tables prove ---------------------------------------------------------------------
 */

static McSpan
column(int number)
{
	bool isnull;
	bytea *bytes = DatumGetByteaPP(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, number, &isnull));

	return isnull ? span_of(NULL, 0) : span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

/* A certificate beside the last block, when it proves more than what is there already. */
static void
raise_proof(const RecoveryChain *chain, const ChainEpoch epochs[2], McSpan bytes, PbftProof *proof)
{
	PbftCertificate certificate;
	McProblem problem;

	if (pbft_certificate_decode(bytes, &certificate, &problem) != MC_OK ||
		(proof->present && proof->certificate.subject.height >= certificate.subject.height))
		return;
	for (int i = 0; i < 2; i++)
		if (chain_signed(chain, &epochs[i], &certificate))
		{
			proof->present = true;
			proof->at = epochs[i].at;
			proof->certificate = certificate;
			return;
		}
}

/* A descendant's certificate is of no use when the descendant is not here. */
static void
add_tables(RecoveryChain *chain, PbftAttest *attest)
{
	ChainEpoch *epochs = palloc0(2 * sizeof(ChainEpoch));
	RecoveryRow recovery;

	if (chain->tip_height == 0)
		return;
	chain_epoch(chain, chain->tip_height, &epochs[0]);
	/* the last blocks up to a recovery's base became final in the epoch that it began */
	if (recovery_from(chain->tip_height, &recovery))
		chain_epoch(chain, recovery.base.height + 1, &epochs[1]);
	if (SPI_execute(psprintf("SELECT commit_certificate, result_certificate "
							 "FROM mes_internal.block_rows WHERE height = " UINT64_FORMAT,
							 chain->tip_height),
					true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read block " UINT64_FORMAT, chain->tip_height);
	raise_proof(chain, epochs, column(1), &attest->commit);
	raise_proof(chain, epochs, column(2), &attest->result);
	pfree(epochs);
}

/* ---- the statement -----------------------------------------------------------------------------
 */

/* Signed when the identity key is here (A25); recorded before the signature leaves. */
static void
sign(PbftAttest *attest, const GovernanceMember *member)
{
	uint8_t message[PBFT_DOCUMENT_SIGNED_SIZE];
	SuiteSecret identity;

	if (!keys_exist(NODE_KEY_IDENTITY))
		return;
	keys_load(NODE_KEY_IDENTITY, &identity);
	if (memcmp(identity.key.public_key, member->member.identity_key, SUITE_PUBLIC_SIZE) == 0)
	{
		recovery_record_signature(attest);
		pbft_attest_signed(attest, message);
		suite_sign(&identity, span_of(message, sizeof(message)), attest->signature);
	}
	suite_wipe(&identity, sizeof(identity));
}

static McSpan
own_voting_key(void)
{
	SuiteSecret voting;
	uint8_t *key = palloc0(SUITE_PUBLIC_SIZE);

	if (keys_exist(NODE_KEY_VOTING))
	{
		keys_load(NODE_KEY_VOTING, &voting);
		memcpy(key, voting.key.public_key, SUITE_PUBLIC_SIZE);
		suite_wipe(&voting, sizeof(voting));
	}
	return span_of(key, SUITE_PUBLIC_SIZE);
}

/* What was said once stays said: an earlier statement of this key is raised, not forgotten. */
typedef struct Earlier
{
	bool made;
	bool witness;
	PbftAttest attest;
	McSpan bytes;
} Earlier;

static uint64_t
choose_number(FunctionCallInfo fcinfo, const Earlier *earlier, uint64_t running)
{
	McProblem problem;
	uint64_t number = running + 1;

	if (earlier->made && earlier->attest.resume_no > running)
		number = earlier->attest.resume_no;
	if (!PG_ARGISNULL(0))
		number = PG_GETARG_INT64(0) < 0 ? 0 : (uint64_t) PG_GETARG_INT64(0);
	if (number <= running)
		problem_check(
			status_problem(&problem, MC_RECOVERY_STALE, (int64_t) number, (int64_t) running),
			&problem);
	if (earlier->made && number < earlier->attest.resume_no)
		problem_check(status_problem(&problem, MC_RECOVERY_SIGNED, (int64_t) number,
									 (int64_t) earlier->attest.resume_no),
					  &problem);
	return number;
}

static McSpan
make_statement(const Earlier *earlier, uint64_t number, const GovernanceMember *member,
			   uint32_t roster)
{
	PbftAttest *attest = palloc0(sizeof(PbftAttest));
	uint8_t *encoded = palloc(PBFT_ATTEST_MAX);
	RecoveryChain *chain = palloc(sizeof(RecoveryChain));
	uint8_t log_uuid[PBFT_LOG_UUID_SIZE];
	McSpan blocks = span_of(NULL, 0);
	StringInfoData out;
	bool witness;

	ask_worker(attest, &witness);
	if (witness)
		blocks = recovery_read_file(RECOVERY_FILE_HELD);
	else if (earlier->made && earlier->witness)
	{
		RecoveryParts parts;

		witness = true;
		*attest = earlier->attest;
		recovery_open(earlier->bytes, RECOVERY_STATEMENT, &parts);
		blocks = parts.blocks;
	}
	chain_open(chain, blocks);
	memcpy(attest->chain_id, chain->chain_id, PBFT_CHAIN_ID_SIZE);
	attest->roster = roster;
	attest->resume_no = number;
	attest->fenced = !witness;
	attest->incarnation = member->incarnation + 1;
	rejoin_next_key(attest->fresh_key, log_uuid);
	add_tables(chain, attest);
	memset(attest->signature, 0, PBFT_SIGNATURE_SIZE);
	sign(attest, member);
	initStringInfo(&out);
	recovery_put(&out, RECOVERY_STATEMENT, span_of(encoded, pbft_attest_encode(attest, encoded)),
				 NULL, blocks);
	recovery_keep_statement(own_voting_key().data, witness, span_of(out.data, (size_t) out.len));
	return span_of(out.data, (size_t) out.len);
}

static McSpan
statement(FunctionCallInfo fcinfo, const NodeGenesis *genesis)
{
	Genesis *origin = palloc(sizeof(Genesis));
	Earlier *earlier = palloc0(sizeof(Earlier));
	GovernanceMember member;
	uint32_t roster;
	uint64_t number;
	McProblem problem;

	if (!genesis_read(origin) || !epoch_find_member(origin, genesis->name, &roster, &member) ||
		genesis->self >= genesis->document.member_count)
		problem_check(
			status_problem_name(&problem, MC_NOT_A_MEMBER, genesis->name, strlen(genesis->name)),
			&problem);
	/* one session at a time, and none while a recovery is applied */
	if (SPI_execute("LOCK TABLE mes_internal.recovery_rows IN EXCLUSIVE MODE", false, 0) !=
		SPI_OK_UTILITY)
		elog(ERROR, "could not lock the recoveries");
	earlier->made = recovery_kept_statement(own_voting_key().data, &earlier->witness,
											&earlier->attest, &earlier->bytes);
	number = choose_number(fcinfo, earlier, genesis->resume_no);
	if (earlier->made && earlier->attest.resume_no == number)
		return earlier->bytes;
	return make_statement(earlier, number, &member, roster);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_recovery_statement);
Datum
mes_recovery_statement(PG_FUNCTION_ARGS)
{
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));
	MemoryContext context = CurrentMemoryContext;
	EngineRights saved;
	McSpan made;
	bytea *result;

	genesis_running(genesis);
	if (genesis->document.member_count == 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("a ledger with one member has no quorum to lose"),
						errhint("mes.finish_restore() lets it go on from a backup.")));
	engine_rights_take(&saved);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	made = statement(fcinfo, genesis);
	result = MemoryContextAllocHuge(context, VARHDRSZ + made.size);
	SET_VARSIZE(result, VARHDRSZ + made.size);
	memcpy(VARDATA(result), made.data, made.size);
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&saved);
	PG_RETURN_BYTEA_P(result);
}
