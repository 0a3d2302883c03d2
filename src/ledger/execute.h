/*
 * execute.h - what a block does to the ledger, computed in memory and nowhere else.
 *
 * Room card, ledger/: executing blocks, the roots they leave, and (in _pg files) the ledger's
 * relations. The pure files may include base/ and tx/, whose TxWorld they implement. Guarded by
 * test/unit/ledger_*.c, test/sql/ledger_*.sql, test/t/.
 *
 * The same code runs in the apply worker, in mes.verify and in tests; only the LedgerStore differs.
 * Every node must compute the same: integers only, no clock, fixed order.
 */
#ifndef MESCHAIN_LEDGER_EXECUTE_H
#define MESCHAIN_LEDGER_EXECUTE_H

#include "base/digest.h"
#include "base/merkle.h"
#include "tx/operation.h"
#include "tx/tx.h"

/* Limits of one block; the proposer cuts by them and a block over them is invalid. */
#define BLOCK_TX_MAX 4096
#define BLOCK_INPUTS_MAX 16384
#define BLOCK_OUTPUTS_MAX 32768
#define BLOCK_ROWS_MAX 8192
#define BLOCK_BURNS_MAX 8192
#define BLOCK_BYTES_MAX (4 * 1024 * 1024)
#define BLOCK_ARENA_SIZE (8 * 1024 * 1024)

/* An output is numbered in its block: id = height << 20 | index in block. */
#define OUTPUT_ID_SHIFT 20
#define OUTPUT_ID(height, index) ((uint64_t) (height) << OUTPUT_ID_SHIFT | (uint64_t) (index))
#define OUTPUT_ID_HEIGHT(id) ((uint64_t) (id) >> OUTPUT_ID_SHIFT)
_Static_assert(BLOCK_OUTPUTS_MAX <= 1 << OUTPUT_ID_SHIFT, "an output's index fits its id");

/* An input may leave its output's height unsaid for so many blocks (C6). */
#define INPUT_HEIGHT_WINDOW 256

typedef enum LedgerOutputKind
{
	LEDGER_OUTPUT_PAYMENT = 0, /* made by an operation for somebody */
	LEDGER_OUTPUT_CHANGE = 1,
	LEDGER_OUTPUT_ISSUE = 2,
	LEDGER_OUTPUT_FEES = 3, /* of the whole block, to its proposer */
} LedgerOutputKind;

typedef struct LedgerOutput
{
	McHash txid;
	uint32_t index; /* in the transaction */
	uint64_t output_id;
	McAddress address;
	TxAsset asset;
	int64_t amount;
	uint32_t position; /* of the transaction in the block */
	uint32_t actor;
	LedgerOutputKind kind;
} LedgerOutput;

typedef struct LedgerSpend
{
	uint64_t output_id;
	uint32_t position;
	uint32_t input;
	LedgerOutput output;
} LedgerSpend;

/* What an operation took out of the supply of an asset. */
typedef struct LedgerBurn
{
	uint32_t position;
	uint32_t number; /* in the transaction */
	uint32_t actor;
	TxAsset asset;
	int64_t amount;
} LedgerBurn;

/* Who is paid the fees of a block, in what. */
typedef struct LedgerFees
{
	TxAsset asset; /* empty: none are taken */
	McAddress payee;
} LedgerFees;

/* The last value of a state row in this block. */
typedef struct LedgerRow
{
	TxTable table;
	uint32_t position; /* of the transaction that wrote it */
	McSpan key;
	McSpan value;
	bool superseded; /* a later row of the block has the same key */
} LedgerRow;

typedef enum LedgerFound
{
	LEDGER_UNSPENT,
	LEDGER_SPENT,
	LEDGER_UNKNOWN,
} LedgerFound;

/* Committed state as of the parent block. */
typedef struct LedgerStore
{
	void *context;
	const struct Genesis *genesis; /* NULL: a ledger without members, in tests */
	const TxRules *rules;          /* of the epoch; NULL: not checked, in tests */
	LedgerFound (*find_output)(void *context, const TxInput *input, LedgerOutput *output);
	bool (*get_row)(void *context, TxTable table, McSpan key, McSpan *value);
	/* Was this submission of this sender decided in an earlier block? */
	bool (*submission_seen)(void *context, const McAddress *sender,
							const uint8_t submission[SUBMISSION_SIZE], McHash *first_txid);
} LedgerStore;

typedef struct LedgerTx
{
	const TxView *view;
	McProblem problem; /* status MC_OK: all effects below are in force */
	uint32_t first_output;
	uint32_t output_count;
	uint32_t first_spend;
	uint32_t spend_count;
} LedgerTx;

typedef struct LedgerRoots
{
	McHash receipts_root;
	McHash writeset_root;
	McHash state_digest; /* H(LtHash) after the block */
} LedgerRoots;

typedef struct LedgerBlock LedgerBlock;

/* One allocation, aligned to LEDGER_BLOCK_ALIGNMENT, serves any number of blocks. */
#define LEDGER_BLOCK_ALIGNMENT 16
extern size_t ledger_block_size(void);

/* Once after the allocation. */
extern void ledger_block_init(LedgerBlock *block);

/* state is updated in place as transactions execute: hand in a copy until the block is durable. */
extern void ledger_block_begin(LedgerBlock *block, const LedgerStore *store, uint64_t height,
							   uint64_t block_time_ms, const LedgerFees *fees, LtHash *state);

/* Executes the next transaction and returns its status; a refusal leaves no other trace. */
extern McStatus ledger_block_execute(LedgerBlock *block, const TxView *view);

/* After the last transaction and before the close: a row that no transaction wrote. */
extern void ledger_block_put_row(LedgerBlock *block, TxTable table, McSpan key, McSpan value);

/*
 * After the last transaction: the fees paid are one output of the block, behind all others, with
 * a txid that no transaction has and at the position after the last.
 */
extern void ledger_block_close(LedgerBlock *block);

extern void ledger_block_roots(const LedgerBlock *block, LedgerRoots *roots);

/* What the block did, in order; valid until the next ledger_block_begin. */
extern const LedgerTx *ledger_block_txs(const LedgerBlock *block, uint32_t *count);
extern const LedgerOutput *ledger_block_outputs(const LedgerBlock *block, uint32_t *count);
extern const LedgerSpend *ledger_block_spends(const LedgerBlock *block, uint32_t *count);
extern const LedgerBurn *ledger_block_burns(const LedgerBlock *block, uint32_t *count);
extern const LedgerRow *ledger_block_rows(const LedgerBlock *block, uint32_t *count);

/* A state row as it stands in the block, or before it; context is the block. */
extern bool ledger_block_get_row(void *context, TxTable table, McSpan key, McSpan *value);

/* The fee that successful transactions of the block paid. */
extern int64_t ledger_block_fees(const LedgerBlock *block);

/* H("MES1-fees" || height), the height in 8 bytes big-endian: what names the fees of a block. */
extern void ledger_fees_txid(uint64_t height, McHash *txid);

/* An input that may be the fees of a block: it says the height and fits its name. */
extern bool ledger_input_is_fees(const TxInput *input);

/* Leaf of tx_root: H(0x00 || txid || body_id) (A1). */
extern void ledger_tx_leaf(const McHash *txid, const McHash *body_id, McHash *leaf);

/* Elements of the state's set: an unspent output, a current row. */
extern void ledger_output_element(const LedgerOutput *output, McHash *element);
extern void ledger_row_element(TxTable table, McSpan key, McSpan value, McHash *element);

/*
 * exec_root(n) = H("MES1-exec" || exec_root(n-1) || H(n || h_n || receipts_root || writeset_root ||
 * H(LtHash) || next_valset_hash)); n is 8 bytes big-endian (A15).
 */
extern void ledger_exec_root(const McHash *parent_root, uint64_t height, const McHash *block_hash,
							 const LedgerRoots *roots, const McHash *next_valset_hash,
							 McHash *root);

#endif
