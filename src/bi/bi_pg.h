/*
 * bi_pg.h - the reporting relations of schema mes_bi, kept up to date by the block.
 *
 * Room card, bi/: facts and dimensions for people's own tools (docs/reports.md). All files are _pg;
 * they stand on what ledger/ executed and on tx/ to read it, and decide nothing. Guarded by
 * test/sql/bi_*.sql, test/t/08*.pl, test/bench/bi.sh.
 *
 * The rows are part of the block's own transaction, so that a reader's snapshot holds the ledger
 * and its reports at one height (docs/decisions.md). They follow from the block alone: every member
 * has the same ones.
 */
#ifndef MESCHAIN_BI_BI_PG_H
#define MESCHAIN_BI_BI_PG_H

#include "postgres.h"

#include "ledger/tables_pg.h"

/* Once a process, inside a transaction with SPI connected; the tip is that of the ledger's rows. */
extern void bi_open(uint64_t tip_height, uint64_t tip_ms);

/* The facts of an executed block, after its effects were written. Needs SPI connected. */
extern void bi_write_block(const LedgerBlock *block, const BlockRecord *record,
						   const TxAsset *fee_asset);

#endif
