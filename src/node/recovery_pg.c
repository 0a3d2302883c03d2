/*
 * recovery_pg.c - mes.assemble_recovery(), describe, apply: the statements of a quorum become a
 * document, every node judges it by its own chain, and goes on from the block that it names (C8).
 */
#include "node/recovery_chain_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/datum_pg.h"
#include "ledger/recovery_pg.h"
#include "node/accounts_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/keys_pg.h"
#include "node/launcher_pg.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

typedef struct Session
{
	EngineRights rights;
	MemoryContext context; /* the caller's */
} Session;

static void
begin(Session *session)
{
	session->context = CurrentMemoryContext;
	shmem_require();
	engine_rights_take(&session->rights);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
}

static void
end(const Session *session)
{
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&session->rights);
}

static McSpan
argument(Datum value)
{
	bytea *bytes = DatumGetByteaPP(value);

	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

/* ---- assembling --------------------------------------------------------------------------------
 */

typedef struct Statement
{
	PbftAttest attest;
	RecoveryParts parts;
} Statement;

static int
compare_statements(const void *left, const void *right)
{
	const Statement *const *first = left;
	const Statement *const *second = right;

	return (int) (*first)->attest.roster - (int) (*second)->attest.roster;
}

static Statement *
read_statement(const RecoveryChain *chain, Datum value)
{
	Statement *statement = palloc(sizeof(Statement));
	McProblem problem;

	recovery_open(argument(value), RECOVERY_STATEMENT, &statement->parts);
	problem_check(pbft_attest_decode(statement->parts.document, &statement->attest, &problem),
				  &problem);
	if (memcmp(statement->attest.chain_id, chain->chain_id, PBFT_CHAIN_ID_SIZE) != 0)
		problem_check(status_problem(&problem, MC_CONSENSUS_INSTANCE, 0, 0), &problem);
	return statement;
}

/* One of each member, of one recovery; handed in twice is no harm, made twice is proof of a lie. */
static int
keep_distinct(Statement **statements, int count)
{
	McProblem problem;
	int kept = 0;

	qsort(statements, (size_t) count, sizeof(*statements), compare_statements);
	for (int i = 0; i < count; i++)
	{
		const PbftAttest *attest = &statements[i]->attest;

		if (attest->resume_no != statements[0]->attest.resume_no)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("statements are for recoveries " UINT64_FORMAT " and " UINT64_FORMAT,
							statements[0]->attest.resume_no, attest->resume_no),
					 errhint("All members make theirs for one number: mesctl recovery "
							 "attest --number.")));
		if (kept > 0 && statements[kept - 1]->attest.roster == attest->roster)
		{
			if (pbft_attest_conflict(&statements[kept - 1]->attest, attest))
				problem_check(status_problem(&problem, MC_RECOVERY_TWICE, attest->roster,
											 (int64_t) attest->resume_no),
							  &problem);
			continue;
		}
		statements[kept++] = statements[i];
	}
	return kept;
}

static void
add_blocks(StringInfo out, McSpan blocks)
{
	McSpan record;
	PbftHeader header;
	McHash hash;

	while (recovery_next_block(&blocks, &record, &header, &hash))
	{
		RecoveryChain there = { .blocks = span_of(out->data, (size_t) out->len) };
		PbftHeader known;
		McSpan other;

		if (chain_find(&there, &hash, &other, &known))
			continue;
		appendBinaryStringInfo(out, (const char *) record.data - 4, (int) record.size + 4);
	}
}

/* By the identity key that is here, when it is its turn; else zeros, for mesctl to fill in. */
static bool
sign(const RecoveryChain *chain, McSpan document, uint64_t number,
	 uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	uint8_t message[PBFT_DOCUMENT_SIGNED_SIZE];
	GovernanceMember issuer;
	SuiteSecret identity;
	bool turn;

	memset(signature, 0, PBFT_SIGNATURE_SIZE);
	if (!keys_exist(NODE_KEY_IDENTITY) ||
		!epoch_member(chain->origin, (uint32_t) (number % epoch_number_count(chain->origin)),
					  &issuer))
		return false;
	keys_load(NODE_KEY_IDENTITY, &identity);
	turn = memcmp(identity.key.public_key, issuer.member.identity_key, SUITE_PUBLIC_SIZE) == 0;
	pbft_resume_signed(document, message);
	if (turn)
		suite_sign(&identity, span_of(message, sizeof(message)), signature);
	suite_wipe(&identity, sizeof(identity));
	return turn;
}

static void
assemble(ArrayType *array, StringInfo out)
{
	RecoveryChain *chain = palloc(sizeof(RecoveryChain));
	PbftResume verdict;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
	Statement *statements[PBFT_NODE_MAX];
	McSpan spans[PBFT_NODE_MAX];
	StringInfoData blocks;
	RecoveryParts parts;
	uint8_t *document;
	Datum *values;
	bool *nulls;
	int count;
	size_t size = PBFT_NODE_MAX * (size_t) PBFT_ATTEST_MAX;

	chain_open(chain, span_of(NULL, 0));
	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	if (count < 1 || count > PBFT_NODE_MAX || array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d statements make no recovery", count)));
	for (int i = 0; i < count; i++)
		statements[i] = read_statement(chain, values[i]);
	count = keep_distinct(statements, count);
	initStringInfo(&blocks);
	for (int i = 0; i < count; i++)
	{
		spans[i] = statements[i]->parts.document;
		add_blocks(&blocks, statements[i]->parts.blocks);
	}
	document = MemoryContextAllocHuge(CurrentMemoryContext, size);
	size = pbft_resume_encode(chain->chain_id, statements[0]->attest.resume_no, spans,
							  (uint32_t) count, document, size);
	parts = (RecoveryParts){ .document = span_of(document, size),
							 .signature = signature,
							 .blocks = span_of(blocks.data, (size_t) blocks.len) };
	chain->blocks = parts.blocks;
	if (sign(chain, parts.document, statements[0]->attest.resume_no, signature))
		chain_judge(chain, &parts, &verdict);
	recovery_put(out, RECOVERY_DOCUMENT, parts.document, signature, parts.blocks);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_assemble_recovery);
Datum
mes_assemble_recovery(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	StringInfoData out;
	Session session;
	bytea *result;

	initStringInfo(&out);
	begin(&session);
	assemble(array, &out);
	end(&session);
	result = palloc(VARHDRSZ + (Size) out.len);
	SET_VARSIZE(result, VARHDRSZ + out.len);
	memcpy(VARDATA(result), out.data, (size_t) out.len);
	PG_RETURN_BYTEA_P(result);
}

/* ---- describing --------------------------------------------------------------------------------
 */

static char *
warning_of(const PbftResume *verdict)
{
	return psprintf(
		"SELECT mes_internal.recovery_warning(%s, %s, " UINT64_FORMAT ", " UINT64_FORMAT ")",
		verdict->may_be_lost ? "true" : "false", verdict->only_if_intact_lied ? "true" : "false",
		verdict->base_height, verdict->results_from);
}

#define DESCRIBED 11

static void
describe(McSpan bytes, MemoryContext context, Datum values[DESCRIBED], bool nulls[DESCRIBED])
{
	RecoveryChain *chain = palloc(sizeof(RecoveryChain));
	RecoveryParts parts;
	PbftResume verdict;
	GovernanceMember issuer;
	char *warning;

	recovery_open(bytes, RECOVERY_DOCUMENT, &parts);
	chain_open(chain, parts.blocks);
	chain_judge(chain, &parts, &verdict);
	(void) epoch_member(
		chain->origin, (uint32_t) (verdict.resume_no % epoch_number_count(chain->origin)), &issuer);
	if (SPI_execute(warning_of(&verdict), true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not say what a recovery loses");
	warning = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	MemoryContextSwitchTo(context);
	values[0] = Int64GetDatum((int64) verdict.resume_no);
	values[1] = CStringGetTextDatum(issuer.member.name);
	values[2] = Int64GetDatum((int64) verdict.base_height);
	values[3] = PointerGetDatum(palloc(VARHDRSZ + HASH_SIZE));
	SET_VARSIZE(DatumGetPointer(values[3]), VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(DatumGetPointer(values[3])), verdict.base.bytes, HASH_SIZE);
	values[4] = Int64GetDatum((int64) verdict.agreed);
	values[5] = Int32GetDatum((int32) verdict.member_count);
	values[6] = Int32GetDatum((int32) verdict.signers);
	values[7] = Int32GetDatum((int32) verdict.fenced);
	values[8] = BoolGetDatum(verdict.may_be_lost);
	values[9] = Int64GetDatum((int64) verdict.results_from);
	nulls[9] = verdict.results_from == 0;
	values[10] = warning != NULL ? CStringGetTextDatum(warning) : (Datum) 0;
	nulls[10] = warning == NULL;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_describe_recovery);
Datum
mes_describe_recovery(PG_FUNCTION_ARGS)
{
	McSpan bytes = argument(PG_GETARG_DATUM(0));
	Datum values[DESCRIBED] = { 0 };
	bool nulls[DESCRIBED] = { false };
	TupleDesc desc;
	Session session;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "describe_recovery must be called as a row");
	begin(&session);
	describe(bytes, session.context, values, nulls);
	end(&session);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* ---- applying ----------------------------------------------------------------------------------
 */

/* The bodies are those that the header names; a quorum prepared or committed it. */
static bool
bodies_fit(McSpan record, const PbftHeader *header)
{
	size_t at = PBFT_HEADER_SIZE;
	MerkleBuilder tree;
	TxView view;
	McProblem problem;
	McHash root;

	merkle_builder_init(&tree);
	for (uint32_t i = 0; i < header->tx_count; i++)
	{
		uint32_t size = at + 4 <= record.size ? get_be32(record.data + at) : UINT32_MAX;
		McHash leaf;

		if (size > record.size - Min(record.size, at + 4) ||
			tx_read(span_of(record.data + at + 4, size), &view, &problem) != MC_OK)
			return false;
		ledger_tx_leaf(&view.txid, &view.body_id, &leaf);
		merkle_builder_add(&tree, &leaf);
		at += 4 + size;
	}
	merkle_builder_root(&tree, &root);
	return at == record.size && hash_equal(&root, &header->tx_root);
}

/* From the base down to this node's last block, each with its bodies; the base's header. */
static void
check_chain(RecoveryChain *chain, const PbftResume *verdict, PbftHeader *base)
{
	McHash at = verdict->base;
	uint64_t height = verdict->base_height;
	PbftHeader header;
	McProblem problem;
	McSpan record;

	if (chain->tip_height > height)
		problem_check(status_problem(&problem, MC_RECOVERY_ABOVE, (int64_t) chain->tip_height,
									 (int64_t) height),
					  &problem);
	while (height > chain->tip_height && chain_find(chain, &at, &record, &header) &&
		   header.height == height && bodies_fit(record, &header))
	{
		if (height == verdict->base_height)
			*base = header;
		at = header.parent_hash;
		height--;
	}
	if (height > chain->tip_height)
		problem_check(status_problem(&problem, MC_RECOVERY_BEHIND, (int64_t) chain->tip_height,
									 (int64_t) verdict->base_height),
					  &problem);
	if (!hash_equal(&at, &chain->tip_hash))
		problem_check(status_problem(&problem, MC_RECOVERY_ABOVE, (int64_t) chain->tip_height,
									 (int64_t) verdict->base_height),
					  &problem);
}

/* The base is a row already. */
static void
read_base(const RecoveryChain *chain, PbftHeader *base)
{
	McProblem problem;
	bool isnull;
	bytea *bytes;

	if (SPI_execute(psprintf("SELECT header FROM mes_internal.block_rows "
							 "WHERE height = " UINT64_FORMAT,
							 chain->tip_height),
					true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read block " UINT64_FORMAT, chain->tip_height);
	bytes =
		DatumGetByteaPP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	problem_check(
		pbft_header_decode(span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), base, &problem),
		&problem);
}

/* Recoveries that the statements do not stand on were never effective: they are not on the way. */
static void
store(RecoveryChain *chain, const RecoveryParts *parts, const PbftResume *verdict,
	  const PbftHeader *base)
{
	uint8_t header[PBFT_HEADER_SIZE];
	ChainEpoch *before = palloc(sizeof(ChainEpoch));

	if (SPI_execute(psprintf("DELETE FROM mes_internal.recovery_rows "
							 "WHERE resume_no > " UINT64_FORMAT,
							 verdict->from.resume_no),
					false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not drop a recovery");
	CommandCounterIncrement();
	chain_epoch(chain, verdict->base_height, before);
	pbft_header_encode(base, header);
	if (SPI_execute_with_args(
			"INSERT INTO mes_internal.recovery_rows (resume_no, epoch, base_height, roll_height, "
			"base_header, document, signature, agreed_height, member_count, signers, fenced, "
			"may_be_lost, only_if_lied, results_from) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
			14,
			(Oid[]){ INT8OID, INT8OID, INT8OID, INT8OID, BYTEAOID, BYTEAOID, BYTEAOID, INT8OID,
					 INT4OID, INT4OID, INT4OID, BOOLOID, BOOLOID, INT8OID },
			(Datum[]){
				Int64GetDatum((int64) verdict->resume_no), Int64GetDatum((int64) base->epoch + 1),
				Int64GetDatum((int64) verdict->base_height),
				Int64GetDatum((int64) before->roll_height), bytes_datum(header, sizeof(header)),
				bytes_datum(parts->document.data, parts->document.size),
				bytes_datum(parts->signature, PBFT_SIGNATURE_SIZE),
				Int64GetDatum((int64) verdict->agreed),
				Int32GetDatum((int32) verdict->member_count),
				Int32GetDatum((int32) verdict->signers), Int32GetDatum((int32) verdict->fenced),
				BoolGetDatum(verdict->may_be_lost), BoolGetDatum(verdict->only_if_intact_lied),
				Int64GetDatum((int64) verdict->results_from) },
			NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store a recovery");
}

/* Handed in again, or over: base height of what is in force, 0: this one is new. */
static uint64_t
known(const PbftResume *verdict)
{
	RecoveryRow last;
	McProblem problem;

	if (!recovery_below((uint64_t) PG_INT64_MAX, &last) || verdict->resume_no > last.resume_no)
		return 0;
	if (verdict->resume_no == last.resume_no && hash_equal(&verdict->hash, &last.document_hash))
		return last.base.height;
	problem_check(status_problem(&problem, MC_RECOVERY_STALE, (int64_t) verdict->resume_no,
								 (int64_t) last.resume_no),
				  &problem);
	return 0;
}

/* C8 (3): never one with a lower number than this node's own statement has. */
static void
check_statement(const PbftResume *verdict)
{
	PbftAttest *attest = palloc(sizeof(PbftAttest));
	SuiteSecret voting;
	McProblem problem;
	McSpan statement;
	bool witness;

	if (!keys_exist(NODE_KEY_VOTING))
		return;
	keys_load(NODE_KEY_VOTING, &voting);
	if (recovery_kept_statement(voting.key.public_key, &witness, attest, &statement) &&
		attest->resume_no > verdict->resume_no)
		problem_check(status_problem(&problem, MC_RECOVERY_STALE, (int64_t) verdict->resume_no,
									 (int64_t) attest->resume_no),
					  &problem);
	suite_wipe(&voting, sizeof(voting));
	pfree(attest);
}

static uint64_t
apply(McSpan bytes)
{
	RecoveryChain *chain = palloc(sizeof(RecoveryChain));
	RecoveryParts parts;
	PbftResume verdict;
	PbftHeader base;
	uint64_t base_height;

	recovery_open(bytes, RECOVERY_DOCUMENT, &parts);
	if (SPI_execute("LOCK TABLE mes_internal.recovery_rows IN EXCLUSIVE MODE", false, 0) !=
		SPI_OK_UTILITY)
		elog(ERROR, "could not lock the recoveries");
	/* what holds on this node is known before anything is stopped */
	verdict.resume_no = parts.document.size >= PBFT_CHAIN_ID_SIZE + 8
							? get_be64(parts.document.data + PBFT_CHAIN_ID_SIZE)
							: 0;
	digest_sha256(&verdict.hash, &parts.document, 1);
	base_height = known(&verdict);
	if (base_height > 0)
		return base_height;
	chain_open(chain, parts.blocks);
	chain_judge(chain, &parts, &verdict);
	check_statement(&verdict);
	check_chain(chain, &verdict, &base);
	/* nothing moves from here on; a block may have come in meanwhile */
	launcher_stop_workers();
	PushActiveSnapshot(GetTransactionSnapshot());
	chain_open(chain, parts.blocks);
	check_chain(chain, &verdict, &base);
	if (chain->tip_height == verdict.base_height)
		read_base(chain, &base);
	recovery_write_file(RECOVERY_FILE_BLOCKS, parts.blocks);
	store(chain, &parts, &verdict, &base);
	PopActiveSnapshot();
	return verdict.base_height;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_apply_recovery);
Datum
mes_apply_recovery(PG_FUNCTION_ARGS)
{
	McSpan bytes = argument(PG_GETARG_DATUM(0));
	Session session;
	uint64_t base_height;

	begin(&session);
	base_height = apply(bytes);
	end(&session);
	PG_RETURN_INT64((int64) base_height);
}
