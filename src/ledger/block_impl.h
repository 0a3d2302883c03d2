/*
 * block_impl.h - the inside of LedgerBlock, shared by execute.c and world.c only.
 *
 * Everything grows at its end, so a refused transaction is undone by cutting back to a mark. The
 * hash tables chain through arrays in insertion order; cutting pops the chains' heads.
 */
#ifndef MESCHAIN_LEDGER_BLOCK_IMPL_H
#define MESCHAIN_LEDGER_BLOCK_IMPL_H

#include "ledger/execute.h"

#define BUCKETS 16384 /* power of two */
#define NO_ENTRY UINT32_MAX

/* Different (actor, asset) pairs of one transaction. */
#define BOOK_MAX 256
typedef struct BookEntry
{
	uint32_t actor;
	TxAsset asset;
	__int128 balance; /* in less out */
} BookEntry;

typedef struct LedgerMark
{
	uint32_t outputs;
	uint32_t spends;
	uint32_t burns;
	uint32_t rows;
	size_t arena;
} LedgerMark;

struct LedgerBlock
{
	LedgerStore store;
	uint64_t height;
	uint64_t block_time_ms;
	LedgerFees fees;
	LtHash *state;
	int64_t fees_paid;

	uint32_t tx_count;
	uint32_t output_count;
	uint32_t spend_count;
	uint32_t burn_count;
	uint32_t row_count;
	size_t arena_used;
	MerkleBuilder receipts;
	MerkleBuilder writeset;

	/* the transaction being executed */
	const TxView *view;
	TxWorld world;
	uint32_t output_index; /* of the next output in the transaction */
	uint32_t burn_number;  /* of the next burn there */
	LedgerOutputKind output_kind;
	uint32_t book_count;
	BookEntry book[BOOK_MAX];

	uint32_t output_heads[BUCKETS];     /* (txid, index) -> outputs of this block */
	uint32_t spend_heads[BUCKETS];      /* output_id -> spends of this block */
	uint32_t submission_heads[BUCKETS]; /* (sender, submission) -> txs of this block */
	uint32_t row_heads[BUCKETS];        /* (table, key) -> rows of this block, latest first */
	uint32_t output_next[BLOCK_OUTPUTS_MAX + 1];
	uint32_t spend_next[BLOCK_INPUTS_MAX];
	uint32_t submission_next[BLOCK_TX_MAX];
	uint32_t submission_buckets[BLOCK_TX_MAX];
	uint32_t row_next[BLOCK_ROWS_MAX];

	LedgerTx txs[BLOCK_TX_MAX];
	LedgerOutput outputs[BLOCK_OUTPUTS_MAX + 1]; /* and the fees */
	LedgerSpend spends[BLOCK_INPUTS_MAX];
	LedgerBurn burns[BLOCK_BURNS_MAX];
	LedgerRow rows[BLOCK_ROWS_MAX];
	uint8_t arena[BLOCK_ARENA_SIZE]; /* keys and values of rows, write set of one transaction */
};

extern void world_begin(LedgerBlock *block, const TxView *view);
extern McStatus world_spend(LedgerBlock *block, const TxInput *input, uint32_t input_index,
							McProblem *problem);
extern McStatus world_pay_fee(LedgerBlock *block, McProblem *problem);
extern McStatus world_balanced(const LedgerBlock *block, McProblem *problem);
extern McStatus world_add_output(LedgerBlock *block, uint32_t actor, const TxOutput *output,
								 LedgerOutputKind kind, McProblem *problem);
/* The latest row of this key among those from the chain's entry on; NO_ENTRY when there is none. */
extern uint32_t world_find_row(const LedgerBlock *block, uint32_t at, TxTable table, McSpan key);
extern void world_clear(LedgerBlock *block);
extern void world_cut(LedgerBlock *block, const LedgerMark *mark);

#endif
