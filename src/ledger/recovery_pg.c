/*
 * recovery_pg.c - rows of mes_internal.recovery_rows, written by mes.apply_recovery() alone. A row
 * whose base lies above the last block is a recovery that is under way.
 */
#include "ledger/recovery_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/memutils.h"

static McSpan
bytes_column(HeapTuple row, TupleDesc desc, int column)
{
	bool isnull;
	bytea *bytes = DatumGetByteaPP(SPI_getbinval(row, desc, column, &isnull));

	if (isnull)
		elog(ERROR, "column %d of a recovery is missing", column);
	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static uint64_t
number_column(HeapTuple row, TupleDesc desc, int column)
{
	bool isnull;

	return (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, column, &isnull));
}

static void
read_row(HeapTuple tuple, TupleDesc desc, MemoryContext context, RecoveryRow *row)
{
	McSpan header = bytes_column(tuple, desc, 4);
	McSpan document = bytes_column(tuple, desc, 5);
	McProblem problem;

	row->resume_no = number_column(tuple, desc, 1);
	row->epoch = number_column(tuple, desc, 2);
	row->roll_height = number_column(tuple, desc, 3);
	if (pbft_header_decode(header, &row->base, &problem) != MC_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("recovery " UINT64_FORMAT " in this database is damaged", row->resume_no)));
	pbft_header_hash(&row->base, &row->base_hash);
	row->document.data = MemoryContextAlloc(context, document.size);
	row->document.size = document.size;
	memcpy(unconstify(uint8_t *, row->document.data), document.data, document.size);
	digest_sha256(&row->document_hash, &row->document, 1);
}

static bool
find(const char *condition, uint64_t height, RecoveryRow *row)
{
	MemoryContext context = CurrentMemoryContext;
	bool found;

	if (SPI_execute_with_args(
			psprintf("SELECT resume_no, epoch, roll_height, base_header, document "
					 "FROM mes_internal.recovery_rows WHERE base_height %s LIMIT 1",
					 condition),
			1, (Oid[]){ INT8OID }, (Datum[]){ Int64GetDatum((int64) height) }, NULL, true,
			1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a recovery");
	found = SPI_processed == 1;
	if (found)
		read_row(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, context, row);
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return found;
}

bool
recovery_below(uint64_t height, RecoveryRow *row)
{
	return find("< $1 ORDER BY resume_no DESC", height, row);
}

bool
recovery_from(uint64_t height, RecoveryRow *row)
{
	return find(">= $1 ORDER BY resume_no", height, row);
}

void
recovery_execute(LedgerBlock *block, uint64_t height, const GovernanceEpoch *epoch,
				 const Genesis *origin)
{
	RecoveryKeys *keys;
	PbftAttest *scratch;
	RecoveryRow row;

	if (!epoch->resumed || height != epoch->anchor_height + 1 || !recovery_below(height, &row))
		return;
	keys = palloc(sizeof(RecoveryKeys));
	scratch = palloc(sizeof(PbftAttest));
	if (!recovery_keys(row.document, scratch, keys))
		elog(ERROR, "recovery " UINT64_FORMAT " names a key twice", row.resume_no);
	recovery_write(block, origin, keys);
	pfree(scratch);
	pfree(keys);
}

/* Recoveries that followed each other without an epoch's end between them share a roll. */
void
recovery_seat(const GovernanceEpoch *epoch, uint32_t number, GovernanceMember *member)
{
	RecoveryKeys *keys = palloc(sizeof(RecoveryKeys));
	PbftAttest *scratch = palloc(sizeof(PbftAttest));
	uint64_t below = epoch->anchor_height + 1;
	RecoveryRow row;

	/* newest first: its keys are those of the highest incarnation */
	while (below > 0 && recovery_below(below, &row) && row.base.height >= epoch->roll_height)
	{
		if (recovery_keys(row.document, scratch, keys))
			(void) recovery_rekey(keys, number, member);
		below = row.base.height;
	}
	pfree(scratch);
	pfree(keys);
}
