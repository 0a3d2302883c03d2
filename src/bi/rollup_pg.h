/*
 * rollup_pg.h - sums of royalties, kept by the block: one row for each key that occurs.
 *
 * Statements that add up a block's royalties cost more than the royalties' own rows. So a block's
 * sums are made in memory while its royalties are written, and each row that grows is found by its
 * number and updated in place, without a statement.
 */
#ifndef MESCHAIN_BI_ROLLUP_PG_H
#define MESCHAIN_BI_ROLLUP_PG_H

#include "bi/facts_pg.h"

/* Two relations of one shape: they differ in what columns 5 and 6 hold. */
typedef enum RollupTable
{
	ROLLUP_REVENUE_DAY, /* territory, medium */
	ROLLUP_PAYEE_MONTH, /* the work whose holder earned, the holder */
	ROLLUP_TABLES
} RollupTable;

typedef enum RoyaltyReason
{
	ROYALTY_LICENCE,
	ROYALTY_RESALE,
	ROYALTY_DIRECT,
	ROYALTY_REVENUE,
	ROYALTY_USAGE,
	ROYALTY_REASONS
} RoyaltyReason;

extern const char *const royalty_reasons[ROYALTY_REASONS];

/* Eight bytes each and no gaps: compared as bytes. */
typedef struct RollupKey
{
	int64 date_key;
	int64 source_work_key;
	int64 parts[2];
	int64 asset_key;
	int64 reason;
} RollupKey;

/* Forgets what a block that was rolled back left; needs SPI connected. */
extern void rollups_open(void);

/* A royalty of the block; royalty_key becomes its row's number when it is the first of its key. */
extern void rollup_add(RollupTable table, const RollupKey *key, int64 royalty_key, Datum amount);

/* Once a block, before its new rows are flushed. */
extern void rollups_write(Facts *facts);

#endif
