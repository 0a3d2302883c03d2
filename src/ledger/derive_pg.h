/*
 * derive_pg.h - the rows that a block must have left, derived again from its signed body by the
 * code that the apply worker runs. Right as far as the rows of the blocks below are.
 */
#ifndef MESCHAIN_LEDGER_DERIVE_PG_H
#define MESCHAIN_LEDGER_DERIVE_PG_H

#include "postgres.h"

#include "ledger/rowset_pg.h"

typedef struct DerivedRow
{
	uint64_t place;
	char *key;
	Datum values[ROWSET_COLUMNS_MAX];
	bool nulls[ROWSET_COLUMNS_MAX];
	McHash digest;
	bool met; /* for who compares */
} DerivedRow;

typedef struct DerivedRows
{
	uint32_t count;
	uint32_t capacity;
	DerivedRow *rows;
} DerivedRows;

typedef struct Derived
{
	uint64_t height;
	/*
	 * NULL when a quorum's signatures stand for this block, its transactions and its result; else
	 * what is wrong with what is stored of them, and there are no rows.
	 */
	const char *problem;
	DerivedRows relations[ROWSET_COUNT];
} Derived;

/* Needs SPI; memory is the current context's. */
extern Derived *derive_block(uint64_t height);

/*
 * Who is wrong about a row of a block: "here", "there" or "both"; NULL when the block cannot be
 * derived here. NULL for a digest: there is no such row.
 */
extern const char *derive_fault(RowsetRelation relation, uint64_t height, const char *key,
								const McHash *ours, const McHash *theirs);

#endif
