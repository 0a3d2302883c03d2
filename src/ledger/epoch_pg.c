/*
 * epoch_pg.c - look-ups of anchors and of settings in force; the rules are governance.c's.
 */
#include "ledger/epoch_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "pbft/header.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static McSpan
bytes_of(HeapTuple row, TupleDesc desc, int column)
{
	bool isnull;
	bytea *bytes = DatumGetByteaPP(SPI_getbinval(row, desc, column, &isnull));

	if (isnull)
		elog(ERROR, "column %d of a row of the ledger is missing", column);
	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

void
epoch_of(uint64_t height, const Genesis *genesis, GovernanceEpoch *epoch)
{
	MemoryContext context = CurrentMemoryContext;
	PbftHeader header;
	McProblem problem;
	bool isnull;

	*epoch = (GovernanceEpoch){ .anchor_ms = genesis->created_ms };
	/* each leaf has an index of just these */
	if (SPI_execute_with_args(
			"SELECT b.height, b.header, count(*) OVER () FROM mes_internal.block_rows b "
			"WHERE b.height < $1 AND b.next_valset_hash <> decode(repeat('00', 32), 'hex') "
			"ORDER BY b.height DESC LIMIT 1",
			1, (Oid[]){ INT8OID }, (Datum[]){ Int64GetDatum((int64) height) }, NULL, true,
			1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for the epoch");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];
		TupleDesc desc = SPI_tuptable->tupdesc;

		if (pbft_header_decode(bytes_of(row, desc, 2), &header, &problem) != MC_OK)
			elog(ERROR, "the header of an anchor is damaged");
		epoch->anchor_height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
		epoch->anchor_ms = header.ts_ms;
		epoch->number = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 3, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
}

bool
epoch_parameters(uint64_t anchor_height, Genesis *document)
{
	MemoryContext context = CurrentMemoryContext;
	bool changed = false;

	if (SPI_execute_with_args("SELECT DISTINCT ON (key) key, value FROM mes_internal.state_rows "
							  "WHERE table_number = $1 AND height <= $2 ORDER BY key, height DESC",
							  2, (Oid[]){ INT2OID, INT8OID },
							  (Datum[]){ Int16GetDatum((int16) TX_TABLE_SETTINGS),
										 Int64GetDatum((int64) anchor_height) },
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the settings");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		McSpan key = bytes_of(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		McSpan value = bytes_of(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		ParameterId id = parameter_by_name((const char *) key.data + 1, key.size - 1);
		WireReader reader;
		int64_t number;

		wire_reader_init(&reader, value);
		if (key.data[0] != SETTING_PARAMETER || id == PARAMETER_COUNT ||
			!wire_read_int(&reader, &number))
			continue;
		changed = changed || document->parameters[id] != number;
		document->parameters[id] = number;
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return changed;
}

void
epoch_next_valset(LedgerBlock *block, const Genesis *genesis, McHash *hash)
{
	GovernanceState state = { .context = block,
							  .get_row = ledger_block_get_row,
							  .genesis = genesis };
	GovernanceValset valset;

	governance_valset(&state, &valset);
	governance_valset_hash(&valset, hash);
}

void
epoch_open(uint64_t height, Genesis *document, TxRules *rules, GovernanceEpoch *epoch)
{
	epoch_of(height, document, epoch);
	(void) epoch_parameters(epoch->anchor_height, document);
	governance_rules(document, rules);
}

bool
epoch_begin(uint64_t height, uint64_t time_ms, Genesis *document, GovernanceEpoch *epoch)
{
	bool changed = epoch_parameters(height, document);

	*epoch = (GovernanceEpoch){ .number = epoch->number + 1,
								.anchor_height = height,
								.anchor_ms = time_ms };
	if (changed)
		ereport(LOG, (errmsg("meschain begins epoch " UINT64_FORMAT " with other parameters",
							 epoch->number)));
	return changed;
}

bool
epoch_named(const McHash *next_valset)
{
	return !hash_equal(next_valset, &(McHash){ { 0 } });
}

void
epoch_close(LedgerBlock *block, const PbftHeader *header, uint64_t parent_ms,
			const Genesis *document, const GovernanceEpoch *epoch, McHash *next_valset)
{
	bool flagged = (header->flags & PBFT_FLAG_END_EPOCH) != 0;

	memset(next_valset, 0, sizeof(*next_valset));
	if (governance_epoch_ends(document, epoch, header->height, parent_ms, flagged))
		epoch_next_valset(block, document, next_valset);
}
