/*
 * rollup_pg.c - agg_revenue_day and agg_payee_month: see rollup_pg.h.
 *
 * The cache says which row belongs to a key, not where it lies: the row is looked up by its number
 * each time, so that somebody who rewrites the table (VACUUM FULL) moves nothing under our feet,
 * and the look-up clears old versions from the page. While the cache holds every row, a key that it
 * does not know is new.
 */
#include "bi/rollup_pg.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "node/compat_pg.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define CACHED_MAX 200000

#define COLUMNS 11

/* Columns from 0; before them number, height, block_time and date, between them the key. */
enum
{
	COLUMN_HEIGHT = 1,
	COLUMN_BLOCK_TIME = 2,
	COLUMN_COUNT = 9,
	COLUMN_AMOUNT = 10
};

/* One key: its row, 0 when it has none, and what this block adds. */
typedef struct Sum
{
	RollupKey key;
	int64 row_key;
	int64 first_royalty;
	int64 count;
	Datum amount;
} Sum;

typedef struct Rollup
{
	HTAB *sums;
	bool whole; /* sums has every row */
	SPIPlanPtr find_plan;
	List *touched; /* of this block */
} Rollup;

static struct
{
	MemoryContext context;
	Rollup tables[ROLLUP_TABLES];
} rollups;

static const struct
{
	const char *name;
	const char *columns; /* number and key, as RollupKey has it */
	FactTable rows;
} rollup_tables[ROLLUP_TABLES] = {
	[ROLLUP_REVENUE_DAY] = { "agg_revenue_day",
							 "revenue_key, date_key, source_work_key, territory_key, medium_key, "
							 "asset_key, reason",
							 AGG_REVENUE_DAY },
	[ROLLUP_PAYEE_MONTH] = { "agg_payee_month",
							 "payee_month_key, date_key, source_work_key, work_key, "
							 "payee_account_key, asset_key, reason",
							 AGG_PAYEE_MONTH },
};

const char *const royalty_reasons[ROYALTY_REASONS] = {
	[ROYALTY_LICENCE] = "licence", [ROYALTY_RESALE] = "resale", [ROYALTY_DIRECT] = "direct",
	[ROYALTY_REVENUE] = "revenue", [ROYALTY_USAGE] = "usage",
};

/* ---- the cache ---------------------------------------------------------------------------------
 */

static void
forget_sums(void)
{
	HASHCTL control = { .keysize = sizeof(RollupKey), .entrysize = sizeof(Sum) };

	MemoryContextReset(rollups.context);
	control.hcxt = rollups.context;
	for (int table = 0; table < ROLLUP_TABLES; table++)
	{
		Rollup *rollup = &rollups.tables[table];

		rollup->sums =
			hash_create("meschain sums", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		rollup->whole = false;
		rollup->touched = NIL;
	}
}

static int64
reason_of(const char *name)
{
	for (int64 reason = 0; reason < ROYALTY_REASONS; reason++)
		if (strcmp(royalty_reasons[reason], name) == 0)
			return reason;
	elog(ERROR, "\"%s\" is no reason of a royalty", name);
}

static void
load_sum(Rollup *rollup, HeapTuple row, TupleDesc desc)
{
	RollupKey key;
	Datum values[7];
	bool nulls[7];
	bool found;
	Sum *sum;

	heap_deform_tuple(row, desc, values, nulls);
	key = (RollupKey){ .date_key = DatumGetInt64(values[1]),
					   .source_work_key = DatumGetInt64(values[2]),
					   .parts = { DatumGetInt64(values[3]), DatumGetInt64(values[4]) },
					   .asset_key = DatumGetInt64(values[5]),
					   .reason = reason_of(TextDatumGetCString(values[6])) };
	sum = hash_search(rollup->sums, &key, HASH_ENTER, &found);
	sum->row_key = DatumGetInt64(values[0]);
	sum->count = 0;
}

/* Not read-only: it sees what complete_reports wrote. */
static void
load_sums(RollupTable table)
{
	Rollup *rollup = &rollups.tables[table];
	const char *query = psprintf("SELECT %s FROM mes_bi.%s", rollup_tables[table].columns,
								 rollup_tables[table].name);

	if (SPI_execute(query, false, CACHED_MAX + 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read %s", rollup_tables[table].name);
	if (SPI_processed <= CACHED_MAX)
	{
		for (uint64 i = 0; i < SPI_processed; i++)
			load_sum(rollup, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		rollup->whole = true;
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
prepare_find(RollupTable table)
{
	Oid types[] = { INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID };
	const char *columns = rollup_tables[table].columns;
	int number = (int) strcspn(columns, ",");
	SPIPlanPtr plan =
		SPI_prepare(psprintf("SELECT %.*s FROM mes_bi.%s WHERE (%s) = "
							 "($1, $2, $3, $4, $5, $6)",
							 number, columns, rollup_tables[table].name, columns + number + 1),
					lengthof(types), types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare the look-up of %s", rollup_tables[table].name);
	rollups.tables[table].find_plan = plan;
}

void
rollups_open(void)
{
	if (rollups.context == NULL)
	{
		rollups.context =
			AllocSetContextCreate(TopMemoryContext, "meschain rollups", ALLOCSET_DEFAULT_SIZES);
		for (int table = 0; table < ROLLUP_TABLES; table++)
			prepare_find((RollupTable) table);
	}
	forget_sums();
	for (int table = 0; table < ROLLUP_TABLES; table++)
		load_sums((RollupTable) table);
}

/* ---- a royalty ---------------------------------------------------------------------------------
 */

/* 0: there is none */
static int64
find_row(const Rollup *rollup, const RollupKey *key)
{
	Datum values[] = {
		Int64GetDatum(key->date_key),  Int64GetDatum(key->source_work_key),
		Int64GetDatum(key->parts[0]),  Int64GetDatum(key->parts[1]),
		Int64GetDatum(key->asset_key), CStringGetTextDatum(royalty_reasons[key->reason])
	};
	bool isnull;

	if (SPI_execute_plan(rollup->find_plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a sum");
	if (SPI_processed == 0)
		return 0;
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

void
rollup_add(RollupTable table, const RollupKey *key, int64 royalty_key, Datum amount)
{
	Rollup *rollup = &rollups.tables[table];
	bool found;
	Sum *sum = hash_search(rollup->sums, key, HASH_ENTER, &found);

	if (!found)
	{
		sum->row_key = rollup->whole ? 0 : find_row(rollup, key);
		sum->count = 0;
	}
	if (sum->count++ > 0)
		sum->amount = DirectFunctionCall2(numeric_add, sum->amount, amount);
	else
	{
		sum->first_royalty = royalty_key;
		sum->amount = amount;
		rollup->touched = lappend(rollup->touched, sum);
	}
}

/* ---- the block ---------------------------------------------------------------------------------
 */

static void
insert_sum(Facts *facts, FactTable table, Sum *sum)
{
	TupleTableSlot *row = facts_row(facts, table);

	facts_common(facts, row, sum->first_royalty);
	row->tts_values[3] = Int64GetDatum(sum->key.date_key);
	row->tts_values[4] = Int64GetDatum(sum->key.source_work_key);
	row->tts_values[5] = Int64GetDatum(sum->key.parts[0]);
	row->tts_values[6] = Int64GetDatum(sum->key.parts[1]);
	row->tts_values[7] = Int64GetDatum(sum->key.asset_key);
	row->tts_values[8] = facts_text(span_text(royalty_reasons[sum->key.reason]));
	row->tts_values[COLUMN_COUNT] = Int64GetDatum(sum->count);
	row->tts_values[COLUMN_AMOUNT] = sum->amount;
	sum->row_key = sum->first_royalty;
}

/* What is updated in place, open for a block. */
typedef struct Growing
{
	const Facts *facts;
	Relation relation;
	Relation by_number;
	IndexScanDesc scan;
	TupleTableSlot *old_row;
	TupleTableSlot *new_row;
	ResultRelInfo *result;
	EState *estate;
} Growing;

static void
open_growing(Growing *growing, const Facts *facts, RollupTable table)
{
	Oid relation = get_relname_relid(rollup_tables[table].name, get_namespace_oid("mes_bi", false));

	growing->facts = facts;
	growing->relation = table_open(relation, RowExclusiveLock);
	growing->by_number =
		index_open(RelationGetPrimaryKeyIndex(growing->relation), RowExclusiveLock);
	growing->scan =
		compat_index_beginscan(growing->relation, growing->by_number, GetActiveSnapshot(), 1);
	growing->old_row = table_slot_create(growing->relation, NULL);
	growing->new_row = table_slot_create(growing->relation, NULL);
	growing->estate = CreateExecutorState();
	growing->result = makeNode(ResultRelInfo);
	InitResultRelInfo(growing->result, growing->relation, 1, NULL, 0);
	ExecOpenIndices(growing->result, false);
}

static void
close_growing(Growing *growing)
{
	ExecCloseIndices(growing->result);
	FreeExecutorState(growing->estate);
	index_endscan(growing->scan);
	ExecDropSingleTupleTableSlot(growing->old_row);
	ExecDropSingleTupleTableSlot(growing->new_row);
	index_close(growing->by_number, NoLock);
	table_close(growing->relation, NoLock);
}

/* The row as it stands, in old_row. */
static void
fetch_row(Growing *growing, const Sum *sum)
{
	TupleTableSlot *row = growing->old_row;
	ScanKeyData number;

	ScanKeyInit(&number, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(sum->row_key));
	index_rescan(growing->scan, &number, 1, NULL, 0);
	if (!index_getnext_slot(growing->scan, ForwardScanDirection, row))
		elog(ERROR, "row " INT64_FORMAT " of \"%s\" is gone", sum->row_key,
			 RelationGetRelationName(growing->relation));
}

static void
grow_sum(Growing *growing, const Sum *sum)
{
	TupleTableSlot *old_row = growing->old_row;
	TupleTableSlot *new_row = growing->new_row;

	fetch_row(growing, sum);
	slot_getallattrs(old_row);
	ExecClearTuple(new_row);
	memcpy(new_row->tts_values, old_row->tts_values, sizeof(Datum) * COLUMNS);
	memset(new_row->tts_isnull, false, sizeof(bool) * COLUMNS);
	new_row->tts_values[COLUMN_HEIGHT] = Int64GetDatum((int64) growing->facts->height);
	new_row->tts_values[COLUMN_BLOCK_TIME] = growing->facts->block_time;
	new_row->tts_values[COLUMN_COUNT] =
		Int64GetDatum(DatumGetInt64(old_row->tts_values[COLUMN_COUNT]) + sum->count);
	new_row->tts_values[COLUMN_AMOUNT] =
		DirectFunctionCall2(numeric_add, old_row->tts_values[COLUMN_AMOUNT], sum->amount);
	ExecStoreVirtualTuple(new_row);
	if (compat_update_row(growing->relation, &old_row->tts_tid, new_row))
		compat_insert_index_tuples(growing->result, new_row, growing->estate);
	ResetPerTupleExprContext(growing->estate);
}

static void
write_rollup(Facts *facts, RollupTable table)
{
	Rollup *rollup = &rollups.tables[table];
	Growing growing = { 0 };
	ListCell *cell;

	foreach (cell, rollup->touched)
	{
		Sum *sum = lfirst(cell);

		if (sum->row_key == 0)
			insert_sum(facts, rollup_tables[table].rows, sum);
		else
		{
			if (growing.relation == NULL)
				open_growing(&growing, facts, table);
			grow_sum(&growing, sum);
		}
		sum->count = 0;
	}
	if (growing.relation != NULL)
		close_growing(&growing);
	rollup->touched = NIL; /* its cells are the block's memory */
}

void
rollups_write(Facts *facts)
{
	bool full = false;

	for (int table = 0; table < ROLLUP_TABLES; table++)
	{
		write_rollup(facts, (RollupTable) table);
		full |= hash_get_num_entries(rollups.tables[table].sums) > CACHED_MAX;
	}
	if (full)
		forget_sums();
}
