/*
 * verify_refer_pg.h - what the rows of an item refer to, by what it is looked up, and columns of
 * keys for the queries that do so. Shared by verify*_pg.c only.
 */
#ifndef MESCHAIN_LEDGER_VERIFY_REFER_PG_H
#define MESCHAIN_LEDGER_VERIFY_REFER_PG_H

#include "postgres.h"

#include "executor/spi.h"
#include "ledger/execute.h"

typedef struct SourceKey
{
	McHash txid;
	uint32_t index;
	uint32_t zero;
	uint64_t height;
} SourceKey;

typedef struct SpendEntry
{
	int64 output_id;
	int64 spent_tx_id;
	int32 input_index;
} SpendEntry;

typedef struct AddressEntry
{
	int64 id;
	bool found;
	McAddress address;
	uint64_t first_height;
	uint64_t matched_height;
} AddressEntry;

typedef struct AssetEntry
{
	int32 id;
	TxAsset asset;
} AssetEntry;

typedef struct ItemTx
{
	McHash txid;
	uint32_t row;
} ItemTx;

/* A transaction that took the same name before. */
typedef struct EarlierTx
{
	McHash txid;
	int64 block_time;
	struct EarlierTx *next; /* later */
} EarlierTx;

/* Keys that a query is asked about, as one array. */
typedef struct VerifyColumn
{
	Datum *values;
	int count;
	int capacity;
} VerifyColumn;

/* verify_find_pg.c; all in the current context, which a query leaves as it is */
extern void verify_push(VerifyColumn *column, Datum value);
extern Datum verify_array_of(const VerifyColumn *column, Oid type);
extern void verify_select(const char *query, int count, Oid *types, Datum *values);
extern void verify_look_up(SPIPlanPtr plan, Datum *values);
/* verify_rows_pg.c */
extern McSpan verify_bytes(Datum datum, bool isnull);

#endif
