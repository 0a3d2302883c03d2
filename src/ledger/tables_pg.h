/*
 * tables_pg.h - an executed block as rows of the ledger's relations, in bulk (law 5).
 */
#ifndef MESCHAIN_LEDGER_TABLES_PG_H
#define MESCHAIN_LEDGER_TABLES_PG_H

#include "postgres.h"

#include "ledger/execute.h"

/* What block_rows holds beyond what was executed. */
typedef struct BlockRecord
{
	uint64_t height;
	uint64_t block_time_ms;
	McHash hash;
	McSpan header;
	uint32_t proposer;
	LedgerRoots roots;
	McHash next_valset_hash;
	McHash exec_root;
	McSpan commit_certificate;
	McSpan result_certificate;
} BlockRecord;

/* True when the leaves of this height exist; looks anew when they did not. */
extern bool tables_ready(uint64_t height);

/* The same from memory alone, outside a transaction. */
extern bool tables_known(uint64_t height);

/* Everything of the block but its row in block_rows. Needs SPI connected. */
extern void tables_write_effects(const LedgerBlock *block, uint64_t height, uint64_t block_time_ms);

extern void tables_write_block(const LedgerBlock *block, const BlockRecord *record);

/* The running set hash, stored so that a restart need not add up everything. */
extern void tables_write_sum(uint64_t height, const LtHash *sum);

/*
 * Who numbers addresses and assets: the apply worker's store, or for those who derive an old block
 * again its state at that time. NULL: the store.
 */
typedef struct TableNumbers
{
	int64 (*address)(const McAddress *address, bool *is_new);
	int32 (*asset)(const TxAsset *asset, bool *is_new);
} TableNumbers;
extern void tables_use_numbers(const TableNumbers *numbers);

extern int64 tables_timestamp(uint64_t unix_ms);

#endif
