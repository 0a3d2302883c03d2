/*
 * bulk_pg.c - the insert path of apply. Buffers a few rows, inserts them page by page, then makes
 * their index entries.
 */
#include "ledger/bulk_pg.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "node/compat_pg.h"
#include "utils/rel.h"

#define BULK_ROWS 64

static BulkSink sink;
static void *sink_context;

struct BulkWriter
{
	Relation relation;
	EState *estate;
	ResultRelInfo *result;
	int count;
	int made;
	TupleTableSlot *slots[BULK_ROWS];
};

BulkWriter *
bulk_open(Oid relation)
{
	BulkWriter *writer = palloc0(sizeof(BulkWriter));

	writer->relation = table_open(relation, RowExclusiveLock);
	writer->estate = CreateExecutorState();
	writer->result = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->result, writer->relation, 1, NULL, 0);
	if (sink == NULL)
		ExecOpenIndices(writer->result, false);
	return writer;
}

void
bulk_divert(BulkSink to, void *context)
{
	sink = to;
	sink_context = context;
}

static void
divert(BulkWriter *writer)
{
	for (int i = 0; i < writer->count; i++)
	{
		sink(sink_context, RelationGetRelationName(writer->relation), writer->slots[i]->tts_values,
			 writer->slots[i]->tts_isnull);
		ExecClearTuple(writer->slots[i]);
	}
	writer->count = 0;
}

static void
flush(BulkWriter *writer)
{
	if (sink != NULL)
		divert(writer);
	if (writer->count == 0)
		return;
	table_multi_insert(writer->relation, writer->slots, writer->count, GetCurrentCommandId(true), 0,
					   NULL);
	for (int i = 0; i < writer->count; i++)
	{
		if (writer->result->ri_NumIndices > 0)
			compat_insert_index_tuples(writer->result, writer->slots[i], writer->estate);
		ResetPerTupleExprContext(writer->estate);
		ExecClearTuple(writer->slots[i]);
	}
	writer->count = 0;
}

TupleTableSlot *
bulk_row(BulkWriter *writer)
{
	TupleTableSlot *slot;

	if (writer->count > 0)
		ExecStoreVirtualTuple(writer->slots[writer->count - 1]);
	if (writer->count == BULK_ROWS)
		flush(writer);
	if (writer->count == writer->made)
		writer->slots[writer->made++] = table_slot_create(writer->relation, NULL);
	slot = writer->slots[writer->count++];
	memset(slot->tts_isnull, false, sizeof(bool) * slot->tts_tupleDescriptor->natts);
	return slot;
}

void
bulk_close(BulkWriter *writer)
{
	if (writer->count > 0)
		ExecStoreVirtualTuple(writer->slots[writer->count - 1]);
	flush(writer);
	for (int i = 0; i < writer->made; i++)
		ExecDropSingleTupleTableSlot(writer->slots[i]);
	if (writer->result->ri_NumIndices > 0)
		ExecCloseIndices(writer->result);
	table_close(writer->relation, NoLock);
	FreeExecutorState(writer->estate);
	pfree(writer);
}
