/*
 * repair_pg.c - what mes.repair_node() does to one block: takes its signed parts from another
 * member where they are damaged here, and puts every row that differs from what the block leaves
 * right. Nothing of a member's is believed: it stays only if a quorum's signatures lead to it. Rows
 * are written under the append-only guard's one exception, statement by statement.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/derive_pg.h"
#include "ledger/execute.h"
#include "ledger/tables_pg.h"
#include "ledger/verify_pg.h"
#include "miscadmin.h"
#include "node/desk_pg.h"
#include "node/divergence_pg.h"
#include "node/errors_pg.h"
#include "node/guard_pg.h"
#include "node/launcher_pg.h"
#include "node/shmem_pg.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* A member's answer about one relation of one block; blocks have limits of their own. */
#define CONTENT_MAX (64 * 1024 * 1024)

static const RowsetRelation signed_relations[] = { ROWSET_BLOCKS, ROWSET_TRANSACTIONS,
												   ROWSET_WITNESSES };

/* ---- writing -----------------------------------------------------------------------------------
 */

static void
run_guarded(const char *command, int count, const Oid *types, const Datum *values,
			const char *flags)
{
	PG_TRY();
	{
		guard_repair(true);
		if (SPI_execute_with_args(command, count, unconstify(Oid *, types),
								  unconstify(Datum *, values), flags, false, 0) < 0)
			elog(ERROR, "could not run \"%s\"", command);
	}
	PG_CATCH();
	{
		guard_repair(false);
		PG_RE_THROW();
	}
	PG_END_TRY();
	guard_repair(false);
}

static void
write_row(const char *command, RowsetRelation relation, const Datum *values, const bool *nulls)
{
	char flags[ROWSET_COLUMNS_MAX];
	int columns = rowset_columns(relation);

	for (int i = 0; i < columns; i++)
		flags[i] = nulls[i] ? 'n' : ' ';
	run_guarded(command, columns, rowset_types(relation), values, flags);
}

static void
delete_row(RowsetRelation relation, const Datum *values, const bool *nulls)
{
	write_row(psprintf("DELETE FROM mes_internal.%s WHERE %s", rowsets[relation].name,
					   rowsets[relation].same_key),
			  relation, values, nulls);
}

static void
insert_row(RowsetRelation relation, const Datum *values, const bool *nulls)
{
	StringInfoData command;

	initStringInfo(&command);
	appendStringInfo(&command, "INSERT INTO mes_internal.%s (%s) VALUES (", rowsets[relation].name,
					 rowsets[relation].columns);
	for (int i = 0; i < rowset_columns(relation); i++)
		appendStringInfo(&command, "%s$%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoChar(&command, ')');
	write_row(command.data, relation, values, nulls);
}

/* ---- rows as they are stored -------------------------------------------------------------------
 */

typedef struct StoredRow
{
	char *key;
	McHash digest;
	Datum values[ROWSET_COLUMNS_MAX];
	bool nulls[ROWSET_COLUMNS_MAX];
} StoredRow;

typedef struct StoredRows
{
	RowsetRelation relation;
	MemoryContext context;
	uint32_t count;
	uint32_t capacity;
	StoredRow *rows;
} StoredRows;

static bool
keep_stored(void *context, const RowsetRow *row)
{
	StoredRows *stored = context;
	StoredRow *kept;
	MemoryContext old = MemoryContextSwitchTo(stored->context);
	McSpan whole;

	if (stored->count == stored->capacity)
	{
		stored->capacity = Max(16, stored->capacity * 2);
		stored->rows = stored->rows == NULL
						   ? palloc(stored->capacity * sizeof(StoredRow))
						   : repalloc_huge(stored->rows, stored->capacity * sizeof(StoredRow));
	}
	kept = &stored->rows[stored->count++];
	kept->key = pstrdup(row->key);
	kept->digest = rowset_digest(
		rowset_encode(stored->relation, rowsets[stored->relation].hashed, row->values, row->nulls));
	/* the row's own memory goes with its call: a copy by way of its bytes */
	whole = span_of(memcpy(palloc(row->content.size), row->content.data, row->content.size),
					row->content.size);
	if (!rowset_decode(stored->relation, whole, kept->values, kept->nulls))
		elog(ERROR, "a row of %s cannot be copied", rowsets[stored->relation].name);
	MemoryContextSwitchTo(old);
	return true;
}

static void
load_stored(RowsetRelation relation, uint64_t height, StoredRows *stored)
{
	*stored = (StoredRows){ .relation = relation, .context = CurrentMemoryContext };
	rowset_scan_block(relation, height, keep_stored, stored);
}

/* ---- a block's signed parts from another member --------------------------------------------
 */

static void
silent(const char *member)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, MC_MEMBER_SILENT, member, strlen(member)),
				  &problem);
}

static void
not_repaired(uint64_t height, const char *why)
{
	McProblem problem;

	status_problem_name(&problem, MC_NOT_REPAIRED, why, strlen(why));
	problem.number = (int64_t) height;
	problem_raise(&problem);
}

/* All rows of a relation at one height as a member has them, encoded one after the other. */
static McSpan
fetch_content(uint32_t member, const char *name, RowsetRelation relation, uint64_t height)
{
	CompareAnswer *answer = palloc(sizeof(CompareAnswer));
	StringInfoData content;

	initStringInfo(&content);
	do
	{
		CompareQuestion question = { .kind = COMPARE_CONTENT,
									 .relation = (uint8_t) relation,
									 .from = height,
									 .to = height,
									 .as_of = height,
									 .skip = (uint64_t) content.len };

		if (!desk_ask(member, &question, answer))
			silent(name);
		if (answer->size > CONTENT_MAX ||
			(answer->chunk.size == 0 && (uint64_t) content.len < answer->size))
			not_repaired(height, "the member's answer has no end");
		appendBinaryStringInfo(&content, (const char *) answer->chunk.data,
							   (int) answer->chunk.size);
	} while ((uint64_t) content.len < answer->size);
	return span_of(content.data, (size_t) content.len);
}

static void
insert_content(RowsetRelation relation, uint64_t height, McSpan content)
{
	while (content.size > 0)
	{
		Datum values[ROWSET_COLUMNS_MAX];
		bool nulls[ROWSET_COLUMNS_MAX];
		size_t size = content.size < 4 ? SIZE_MAX : get_be32(content.data);

		if (size > content.size - 4 ||
			!rowset_decode(relation, span_of(content.data + 4, size), values, nulls))
			not_repaired(height, "the member's answer is no row");
		insert_row(relation, values, nulls);
		content = span_of(content.data + 4 + size, content.size - 4 - size);
	}
}

static void
replace_signed(uint64_t height, uint32_t member, const char *name)
{
	McSpan content[lengthof(signed_relations)];

	for (size_t i = 0; i < lengthof(signed_relations); i++)
		content[i] = fetch_content(member, name, signed_relations[i], height);
	for (size_t i = 0; i < lengthof(signed_relations); i++)
	{
		StoredRows stored;

		load_stored(signed_relations[i], height, &stored);
		for (uint32_t k = 0; k < stored.count; k++)
			delete_row(signed_relations[i], stored.rows[k].values, stored.rows[k].nulls);
		insert_content(signed_relations[i], height, content[i]);
	}
}

static uint64_t
height_argument(FunctionCallInfo fcinfo)
{
	int64 height = PG_GETARG_INT64(0);

	if (height < 1 || height > (int64) COMPARE_POSITION_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("there is no block " INT64_FORMAT, height)));
	return (uint64_t) height;
}

/* Why this block's signed parts cannot be believed as they are stored here; null when they can. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_block_problem);
Datum
mes_internal_block_problem(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	const char *problem;
	text *answer = NULL;

	SPI_connect();
	problem = derive_block(height_argument(fcinfo))->problem;
	if (problem != NULL)
	{
		MemoryContextSwitchTo(context);
		answer = cstring_to_text(problem);
	}
	SPI_finish();
	if (answer == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(answer);
}

/* Replaces the signed parts by a member's, or leaves everything as it is with an error. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_fetch_block);
Datum
mes_internal_fetch_block(PG_FUNCTION_ARGS)
{
	uint64_t height = height_argument(fcinfo);
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	uint32_t member = divergence_member(name);
	const char *problem;

	desk_open(member);
	SPI_connect();
	replace_signed(height, member, name);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	problem = derive_block(height)->problem;
	PopActiveSnapshot();
	if (problem != NULL)
		not_repaired(height, psprintf("what member \"%s\" sent was refused: %s", name, problem));
	SPI_finish();
	desk_close();
	PG_RETURN_VOID();
}

/* ---- the rows of a block -----------------------------------------------------------------------
 */

typedef struct Mending
{
	ReturnSetInfo *result;
	uint64_t height;
} Mending;

static Datum
digest_datum(const McHash *digest)
{
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);

	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), digest->bytes, HASH_SIZE);
	return PointerGetDatum(bytes);
}

/* relation, key, problem, old_digest, new_digest */
static void
report(const Mending *mending, const char *table, const char *key, const McHash *was,
	   const McHash *is)
{
	const char *problem = was == NULL ? "was missing" : is == NULL ? "was too much" : "differed";
	Datum values[5] = { CStringGetTextDatum(table), CStringGetTextDatum(key),
						CStringGetTextDatum(problem) };
	bool nulls[5] = { false, false, false, was == NULL, is == NULL };

	if (was != NULL)
		values[3] = digest_datum(was);
	if (is != NULL)
		values[4] = digest_datum(is);
	tuplestore_putvalues(mending->result->setResult, mending->result->setDesc, values, nulls);
	ereport(LOG, (errmsg("meschain mends %s where %s, of block " UINT64_FORMAT ": the row %s",
						 table, key, mending->height, problem)));
}

static int
compare_derived(const void *left, const void *right)
{
	return strcmp(((const DerivedRow *) left)->key, ((const DerivedRow *) right)->key);
}

static void
mend_relation(const Mending *mending, RowsetRelation relation, DerivedRows *derived)
{
	const char *table = rowsets[relation].name;
	StoredRows stored;

	load_stored(relation, mending->height, &stored);
	if (derived->count > 0)
		qsort(derived->rows, derived->count, sizeof(DerivedRow), compare_derived);
	for (uint32_t i = 0; i < stored.count; i++)
	{
		const StoredRow *row = &stored.rows[i];
		DerivedRow wanted = { .key = row->key };
		DerivedRow *found = derived->count == 0 ? NULL
												: bsearch(&wanted, derived->rows, derived->count,
														  sizeof(DerivedRow), compare_derived);

		if (found != NULL)
			found->met = true;
		if (found != NULL && hash_equal(&found->digest, &row->digest))
			continue;
		delete_row(relation, row->values, row->nulls);
		report(mending, table, row->key, &row->digest, found != NULL ? &found->digest : NULL);
		if (found == NULL)
			continue;
		delete_row(relation, found->values, found->nulls);
		insert_row(relation, found->values, found->nulls);
	}
	for (uint32_t i = 0; i < derived->count; i++)
	{
		const DerivedRow *row = &derived->rows[i];

		if (row->met)
			continue;
		delete_row(relation, row->values, row->nulls);
		insert_row(relation, row->values, row->nulls);
		report(mending, table, row->key, NULL, &row->digest);
	}
}

/* Stored sums of the state are a short cut: one that is wrong is dropped and not missed. */
static void
drop_wrong_sum(const Mending *mending, const McHash *state_digest)
{
	char *condition = psprintf("height = " UINT64_FORMAT, mending->height);
	LtHash sum;
	McHash digest;
	bytea *bytes;
	bool isnull;

	if (SPI_execute(psprintf("SELECT lthash FROM mes_internal.state_sums WHERE %s", condition),
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the state's sums");
	if (SPI_processed == 0)
		return;
	bytes =
		DatumGetByteaPP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	memset(&digest, 0, sizeof(digest));
	if (VARSIZE_ANY_EXHDR(bytes) == LTHASH_BYTES)
	{
		lthash_load(&sum, (const uint8_t *) VARDATA_ANY(bytes));
		lthash_digest(&sum, &digest);
	}
	if (hash_equal(&digest, state_digest))
		return;
	run_guarded(psprintf("DELETE FROM mes_internal.state_sums WHERE %s", condition), 0, NULL, NULL,
				NULL);
	report(mending, "state_sums", condition, &digest, NULL);
}

/* Above the last block there is nothing: rows there are nobody's. */
static bool
above_last_block(uint64_t height)
{
	bool isnull;
	uint64_t last;

	if (node_shared != NULL && node_lives())
		return height > divergence_own_height();
	if (SPI_execute("SELECT coalesce(max(height), 0) FROM mes_internal.block_rows", true, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the last block");
	last = (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	return height > last;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_mend_block);
Datum
mes_internal_mend_block(PG_FUNCTION_ARGS)
{
	Mending mending = { .result = (ReturnSetInfo *) fcinfo->resultinfo,
						.height = height_argument(fcinfo) };
	Derived *derived;
	McHash state_digest = { 0 };

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	if (above_last_block(mending.height))
		derived = palloc0(sizeof(Derived));
	else
		derived = derive_block(mending.height);
	if (derived->problem != NULL)
		not_repaired(mending.height, derived->problem);
	if (derived->relations[ROWSET_BLOCKS].count == 1)
	{
		bytea *stored = DatumGetByteaPP(derived->relations[ROWSET_BLOCKS].rows[0].values[9]);

		memcpy(state_digest.bytes, VARDATA_ANY(stored), HASH_SIZE);
	}
	for (int relation = 0; relation < ROWSET_COUNT; relation++)
		mend_relation(&mending, (RowsetRelation) relation, &derived->relations[relation]);
	drop_wrong_sum(&mending, &state_digest);
	SPI_finish();
	return (Datum) 0;
}

/* Workers that read rows which were wrong begin anew when this transaction ends. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_restart_workers);
Datum
mes_internal_restart_workers(PG_FUNCTION_ARGS)
{
	shmem_require();
	launcher_stop_workers();
	PG_RETURN_VOID();
}
