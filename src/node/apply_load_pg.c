/*
 * apply_load_pg.c - what the apply worker goes on from.
 */
#include "node/apply_load_pg.h"

#include "executor/spi.h"
#include "ledger/store_pg.h"
#include "ledger/tables_pg.h"
#include "node/worker_pg.h"
#include "utils/builtins.h"

static McHash
hash_column(HeapTuple row, TupleDesc desc, int column)
{
	McHash hash;
	bool isnull;
	bytea *bytes = DatumGetByteaPP(SPI_getbinval(row, desc, column, &isnull));

	if (isnull || VARSIZE_ANY_EXHDR(bytes) != HASH_SIZE)
		elog(ERROR, "column %d of the last block is damaged", column);
	memcpy(hash.bytes, VARDATA_ANY(bytes), HASH_SIZE);
	return hash;
}

void
apply_load_tip(const Genesis *origin, PbftTip *tip)
{
	PbftHeader header;
	McProblem problem;
	HeapTuple row;
	TupleDesc desc;
	bytea *bytes;
	bool isnull;

	*tip = (PbftTip){ .ts_ms = origin->created_ms };
	genesis_hash(origin, &tip->hash);
	tip->exec_root = tip->stable_exec_root = tip->hash;
	if (SPI_execute("SELECT height, hash, state_root, header FROM mes_internal.block_rows "
					"ORDER BY height DESC LIMIT 1",
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the last block");
	if (SPI_processed == 0)
		return;
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	bytes = DatumGetByteaPP(SPI_getbinval(row, desc, 4, &isnull));
	if (pbft_header_decode(span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), &header,
						   &problem) != MC_OK)
		elog(ERROR, "the header of the last block is damaged");
	tip->height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	tip->hash = hash_column(row, desc, 2);
	tip->exec_root = hash_column(row, desc, 3);
	tip->ts_ms = header.ts_ms;
	tip->stable_height = header.stable_height;
	tip->stable_exec_root = header.stable_exec_root;
}

static void
check_sum(const LtHash *sum, uint64_t height)
{
	McHash digest;
	McHash expected;

	if (height == 0)
		return;
	if (SPI_execute(
			psprintf(
				"SELECT state_digest FROM mes_internal.block_rows WHERE height = " UINT64_FORMAT,
				height),
			true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "block " UINT64_FORMAT " is missing", height);
	expected = hash_column(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	lthash_digest(sum, &digest);
	if (!hash_equal(&digest, &expected))
		worker_leave(
			NODE_OFFLINE,
			psprintf("the ledger's rows do not add up to the state of block " UINT64_FORMAT,
					 height),
			"Run mesctl node repair; mes.verify() shows the rows at fault.");
}

uint64_t
apply_load_sum(uint64_t tip_height, LtHash *sum)
{
	uint64_t stored_height = 0;
	bool isnull;
	bytea *bytes;

	lthash_clear(sum);
	if (SPI_execute(
			"SELECT height, lthash FROM mes_internal.state_sums ORDER BY height DESC LIMIT 1", true,
			1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the state's sum");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];

		stored_height =
			(uint64_t) DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		bytes = DatumGetByteaPP(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
		lthash_load(sum, (const uint8_t *) VARDATA_ANY(bytes));
	}
	state_sum_add(sum, stored_height, tip_height);
	check_sum(sum, tip_height);
	return stored_height;
}
