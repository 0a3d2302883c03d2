/*
 * facts_pg.h - the rows of one block on their way into mes_bi; shared by bi's files only.
 */
#ifndef MESCHAIN_BI_FACTS_PG_H
#define MESCHAIN_BI_FACTS_PG_H

#include "bi/bi_pg.h"
#include "ledger/bulk_pg.h"

/* A relation is opened when the block has its first row. */
typedef enum FactTable
{
	FACT_TRANSFER,
	FACT_FEE,
	FACT_REFUSAL,
	FACT_RATE,
	FACT_BLOCK,
	DIM_ACCOUNT,
	DIM_ASSET,
	DIM_WORK,
	DIM_LICENCE,
	FACT_LICENCE_SALE,
	FACT_ROYALTY,
	FACT_SHARE_CHANGE,
	AGG_REVENUE_DAY,
	AGG_PAYEE_MONTH,
	FACT_TABLES
} FactTable;

typedef struct Facts
{
	const LedgerBlock *block;
	uint64_t height;
	Datum block_time;
	Datum date_key;
	uint32_t burns; /* so far: part of their keys */
	BulkWriter *writers[FACT_TABLES];
} Facts;

extern TupleTableSlot *facts_row(Facts *facts, FactTable table);

/* The account that issues come from and burns go to; its row is there from the start. */
#define FACTS_NOBODY 0

/* Number of an account, which is new when its address is; of an asset that the ledger has. */
extern int64 facts_account(Facts *facts, const McAddress *address);
extern int32 facts_asset(const TxAsset *asset, uint8_t *decimals);

extern Datum facts_text(McSpan span);
/* numeric(28,8); beyond eight digits it is rounded. */
extern Datum facts_amount(int64_t units, uint8_t decimals);
/* height, block_time, date_key into the columns 1 to 3. */
extern void facts_common(const Facts *facts, TupleTableSlot *row, int64 key);

extern Datum facts_hex(const McHash *hash);

/* The facts of one executed transaction. */
extern void facts_transaction(Facts *facts, const LedgerTx *tx, uint32_t position,
							  const TxAsset *fee_asset);

/* Once a process; works, shares and licences of a block; after its rows were written. */
extern void facts_rights_open(void);
extern void facts_rights(Facts *facts);
extern void facts_rights_end(const Facts *facts);
/* What the operations of an executed transaction paid to owners of works. */
extern void facts_royalties(Facts *facts, const LedgerTx *tx, uint32_t position);

#endif
