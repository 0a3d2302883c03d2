/*
 * divergence_pg.c - mes.locate_divergence(member): where the rows here and there are not the same.
 * Digests of ranges first, then of their parts, down to rows; nothing is changed on either side.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/compare_pg.h"
#include "ledger/derive_pg.h"
#include "ledger/execute.h"
#include "miscadmin.h"
#include "node/desk_pg.h"
#include "node/divergence_pg.h"
#include "node/errors_pg.h"
#include "node/shmem_pg.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Positions of a first question: then less, where there are many rows. */
#define STRIDE_MAX 4096
/* Parts with so few rows are compared row by row. */
#define FEW_ROWS 64
#define LISTED_MAX 1000

typedef struct Search
{
	ReturnSetInfo *result;
	MemoryContext context; /* of one question */
	uint32_t member;
	const char *name;
	RowsetRelation relation;
	uint64_t as_of;
	uint32_t found;
	CompareAnswer ours;
	CompareAnswer theirs;
} Search;

typedef struct RowList
{
	uint32_t count;
	uint32_t capacity;
	CompareRow *rows;
} RowList;

/* ---- members -----------------------------------------------------------------------------------
 */

static void
refuse(McStatus status, const char *name)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, status, name, strlen(name)), &problem);
}

uint32_t
divergence_member(const char *name)
{
	uint32_t member = 0;
	bool found = false;
	bool own = false;

	shmem_require();
	LWLockAcquire(node_shared->lock, LW_SHARED);
	if (node_shared->domain_known && node_shared->database_oid == MyDatabaseId)
	{
		const NodeGenesis *running = &node_shared->running;

		while (member < running->peer_count &&
			   strcmp(running->document.members[member].name, name) != 0)
			member++;
		found = member < running->peer_count;
		own = found && member == running->self;
	}
	LWLockRelease(node_shared->lock);
	if (own)
		refuse(MC_OWN_MEMBER, name);
	if (!found && !node_lives())
		refuse(MC_NOT_RUNNING, "its workers are needed to ask another member");
	if (!found)
		refuse(MC_UNKNOWN_MEMBER, name);
	return member;
}

uint64_t
divergence_own_height(void)
{
	uint64_t height;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	height = node_shared->tip.height;
	LWLockRelease(node_shared->lock);
	return height;
}

static void
ask(Search *search, CompareKind kind, uint64_t from, uint64_t to, uint64_t skip)
{
	CompareQuestion question = { .kind = kind,
								 .relation = (uint8_t) search->relation,
								 .from = from,
								 .to = to,
								 .as_of = search->as_of,
								 .skip = skip };

	MemoryContext old;

	if (!desk_ask(search->member, &question, &search->theirs))
		refuse(MC_MEMBER_SILENT, search->name);
	if (kind == COMPARE_HELLO)
		return;
	old = MemoryContextSwitchTo(search->context);
	(void) compare_answer(&question, 0, &search->ours);
	MemoryContextSwitchTo(old);
	MemoryContextReset(search->context);
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static void
keep_rows(RowList *list, const CompareAnswer *answer)
{
	if (list->count + answer->count > list->capacity)
	{
		list->capacity = 2 * (list->count + answer->count);
		list->rows = list->rows == NULL ? palloc(list->capacity * sizeof(CompareRow))
										: repalloc(list->rows, list->capacity * sizeof(CompareRow));
	}
	memcpy(list->rows + list->count, answer->list, answer->count * sizeof(CompareRow));
	list->count += answer->count;
}

static int
compare_keys(const void *left, const void *right)
{
	return strcmp(((const CompareRow *) left)->key, ((const CompareRow *) right)->key);
}

static Datum
txid_at(uint64_t place, bool *isnull)
{
	Datum txid = (Datum) 0;

	if (SPI_execute(
			psprintf("SELECT txid FROM mes_internal.transaction_rows WHERE tx_id = " UINT64_FORMAT,
					 place),
			true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a transaction");
	*isnull = SPI_processed == 0;
	if (!*isnull)
		txid = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull);
	return txid;
}

static Datum
digest_datum(const CompareRow *row)
{
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);

	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	if (row != NULL)
		memcpy(VARDATA(bytes), row->digest.bytes, HASH_SIZE);
	return PointerGetDatum(bytes);
}

/* relation, key, height, txid, problem, at_fault, our_digest, their_digest */
static void
report(Search *search, const CompareRow *ours, const CompareRow *theirs)
{
	const CompareRow *row = ours != NULL ? ours : theirs;
	const char *fault =
		derive_fault(search->relation, row->place >> OUTPUT_ID_SHIFT, row->key,
					 ours != NULL ? &ours->digest : NULL, theirs != NULL ? &theirs->digest : NULL);
	bool nulls[8] = { false };
	Datum values[8] = {
		CStringGetTextDatum(rowsets[search->relation].name),
		CStringGetTextDatum(row->key),
		Int64GetDatum((int64) (row->place >> OUTPUT_ID_SHIFT)),
		(Datum) 0,
		CStringGetTextDatum(ours == NULL     ? "missing here"
							: theirs == NULL ? "missing there"
											 : "differs"),
		(Datum) 0,
		digest_datum(ours),
		digest_datum(theirs),
	};

	nulls[3] = true;
	if (rowsets[search->relation].names_tx)
		values[3] = txid_at(row->place, &nulls[3]);
	nulls[5] = fault == NULL;
	if (fault != NULL)
		values[5] = CStringGetTextDatum(fault);
	nulls[6] = ours == NULL;
	nulls[7] = theirs == NULL;
	tuplestore_putvalues(search->result->setResult, search->result->setDesc, values, nulls);
	search->found++;
}

static void
collect(Search *search, uint64_t from, uint64_t to, RowList *ours, RowList *theirs)
{
	bool more_ours = true;
	bool more_theirs = true;

	while (more_ours || more_theirs)
	{
		uint64_t skip = more_theirs ? theirs->count : ours->count;

		/* both have sent as many as the other when they are both still at it */
		ask(search, COMPARE_ROWS, from, to, skip);
		if (more_ours)
			keep_rows(ours, &search->ours);
		if (more_theirs)
			keep_rows(theirs, &search->theirs);
		more_ours = more_ours && search->ours.more;
		more_theirs = more_theirs && search->theirs.more;
	}
}

static void
compare_rows(Search *search, uint64_t from, uint64_t to)
{
	RowList ours = { 0 };
	RowList theirs = { 0 };
	uint32_t i = 0;
	uint32_t k = 0;

	collect(search, from, to, &ours, &theirs);
	if (ours.count > 0)
		qsort(ours.rows, ours.count, sizeof(CompareRow), compare_keys);
	if (theirs.count > 0)
		qsort(theirs.rows, theirs.count, sizeof(CompareRow), compare_keys);
	while ((i < ours.count || k < theirs.count) && search->found < LISTED_MAX)
	{
		const CompareRow *own = i < ours.count ? &ours.rows[i] : NULL;
		const CompareRow *other = k < theirs.count ? &theirs.rows[k] : NULL;
		int order = own == NULL ? 1 : other == NULL ? -1 : compare_keys(own, other);

		if (order < 0)
			report(search, own, NULL);
		else if (order > 0)
			report(search, NULL, other);
		else if (own->place != other->place || !hash_equal(&own->digest, &other->digest))
			report(search, own, other);
		i += order <= 0;
		k += order >= 0;
	}
	if (ours.rows != NULL)
		pfree(ours.rows);
	if (theirs.rows != NULL)
		pfree(theirs.rows);
}

/* ---- ranges ------------------------------------------------------------------------------------
 */

static void descend(Search *search, uint64_t from, uint64_t to);

typedef struct Part
{
	uint64_t from;
	uint64_t to;
	uint64_t rows;
} Part;

/* One question and answer: the parts that differ, and the first position that was not reached. */
static uint32_t
differing_parts(Search *search, uint64_t from, uint64_t to, Part parts[COMPARE_BUCKETS],
				uint64_t *next)
{
	uint32_t count = 0;
	uint32_t done;

	ask(search, COMPARE_RANGES, from, to, 0);
	done = Min(search->ours.count, search->theirs.count);
	*next = from;
	for (uint32_t i = 0; i < done; i++)
	{
		Part *part = &parts[count];

		if (!compare_part(from, to, i, &part->from, &part->to))
			break;
		part->rows = (uint64_t) search->ours.rows[i] + search->theirs.rows[i];
		count += !hash_equal(&search->ours.digests[i], &search->theirs.digests[i]);
		*next = part->to + 1;
	}
	return count;
}

static void
descend(Search *search, uint64_t from, uint64_t to)
{
	check_stack_depth();
	while (from <= to && search->found < LISTED_MAX)
	{
		Part parts[COMPARE_BUCKETS];
		uint64_t next;
		uint32_t count = differing_parts(search, from, to, parts, &next);

		for (uint32_t i = 0; i < count; i++)
			if (parts[i].rows <= FEW_ROWS || parts[i].from == parts[i].to)
				compare_rows(search, parts[i].from, parts[i].to);
			else
				descend(search, parts[i].from, parts[i].to);
		if (next == from && from == to)
			refuse(MC_MEMBER_SILENT, search->name); /* it has no such relation */
		if (next == from)
		{
			/* the first part alone is too much: halve it */
			descend(search, from, from + (to - from) / 2);
			next = from + (to - from) / 2 + 1;
		}
		from = next;
	}
}

static void
search_relation(Search *search)
{
	const Rowset *set = &rowsets[search->relation];
	uint64_t last = compare_last_position(search->relation, search->as_of);
	uint64_t stride = Min(STRIDE_MAX, compare_width(search->relation));

	for (uint64_t from = set->by_height ? 1 : 0; from <= last; from += stride)
		descend(search, from, Min(from + stride - 1, last));
	if (!set->by_height)
		descend(search, last + 1, COMPARE_POSITION_MAX);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_locate_divergence);
Datum
mes_locate_divergence(PG_FUNCTION_ARGS)
{
	Search *search = palloc0(sizeof(Search));

	search->result = (ReturnSetInfo *) fcinfo->resultinfo;
	InitMaterializedSRF(fcinfo, 0);
	search->name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	search->member = divergence_member(search->name);
	search->context =
		AllocSetContextCreate(CurrentMemoryContext, "meschain question", ALLOCSET_DEFAULT_SIZES);
	desk_open(search->member);
	SPI_connect();
	ask(search, COMPARE_HELLO, 0, 0, 0);
	search->as_of = Min(divergence_own_height(), search->theirs.applied);
	for (int relation = 0; relation < ROWSET_COUNT; relation++)
	{
		search->relation = (RowsetRelation) relation;
		search_relation(search);
	}
	SPI_finish();
	desk_close();
	if (search->found >= LISTED_MAX)
		ereport(WARNING, (errmsg("more rows differ than the %d shown", LISTED_MAX)));
	return (Datum) 0;
}
