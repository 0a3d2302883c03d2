/*
 * verify_pg.h - the inside of mes.verify, shared by verify*_pg.c only.
 *
 * A run goes through its heights in rounds. In a round the leader and its parallel workers take
 * items, runs of neighbouring blocks, execute them from stored rows and leave for each block what
 * it did to the state's sum; the leader then adds up the sums in order and follows the chain of
 * roots. Nothing that one process finds depends on what another did, so any number of jobs gives
 * the same answer.
 */
#ifndef MESCHAIN_LEDGER_VERIFY_PG_H
#define MESCHAIN_LEDGER_VERIFY_PG_H

#include "postgres.h"

#include "executor/spi.h"
#include "ledger/execute.h"
#include "ledger/proof.h"
#include "port/atomics.h"
#include "nodes/pg_list.h"

#define VERIFY_ROUND_BLOCKS 1024
#define VERIFY_ITEM_BLOCKS 64
#define VERIFY_ITEM_TXS 2000
#define VERIFY_JOBS_MAX 64
#define VERIFY_PROBLEMS_MAX 500 /* of one process in one round; the rest is counted */
#define VERIFY_CAUSES_MAX 16
#define PPM 1000000

typedef enum VerifyObject
{
	VERIFY_BLOCK,
	VERIFY_TRANSACTION,
	VERIFY_RECEIPT,
	VERIFY_OUTPUT,
	VERIFY_SPEND,
	VERIFY_ADDRESS,
	VERIFY_ASSET,
	VERIFY_NOTARISATION,
	VERIFY_CERTIFICATE,
	VERIFY_STATE,
	VERIFY_ACTOR,
	VERIFY_BURN,
	VERIFY_CLOSING,
} VerifyObject;

/*
 * A wrong row may make blocks wrong that use it. So a problem says under which key it may be the
 * cause of others, and a disagreement of execution names the keys of what was read: it is dropped
 * when one of them is a problem itself.
 */
typedef struct VerifyProblem
{
	uint64_t height;
	VerifyObject object;
	uint32_t order; /* in which it was found in its block */
	bool gap;       /* transactions of this block cannot be looked up */
	uint64_t key;
	uint64_t gap_low; /* heights that an input may have come from and that was not found */
	uint64_t gap_high;
	uint32_t cause_count;
	uint64_t causes[VERIFY_CAUSES_MAX];
	char problem[96];
	char detail[256];
} VerifyProblem;

/* What execution of one block leaves for the leader. */
typedef struct VerifyBlock
{
	bool present;   /* the block's own row is there and readable */
	bool executed;  /* change and roots are filled */
	bool uncertain; /* something in it is wrong: change and roots say nothing */
	LtHash change;
	LedgerRoots roots; /* of execution; state_digest as stored */
	McHash hash;
	McHash next_valset_hash;
	McHash stored_root;
	McHash certified_root; /* as the result certificate has it */
	uint32_t txs;
	/* rows found as executed, to be compared with how many there are */
	uint32_t spends;
	uint32_t rows;
	uint32_t assets;
	uint32_t addresses;
} VerifyBlock;

typedef struct VerifyItem
{
	uint64_t from_height;
	uint64_t to_height; /* included */
} VerifyItem;

typedef struct VerifyFindings
{
	uint32_t count;
	uint32_t left_out;
	uint32_t archived; /* blocks whose witnesses are archived */
	VerifyProblem problems[VERIFY_PROBLEMS_MAX];
} VerifyFindings;

/* One round, in memory that the processes share. */
typedef struct VerifyRound
{
	uint64_t from_height;
	uint64_t to_height;
	uint32_t sample_ppm;
	int progress_slot;
	uint32_t item_count;
	pg_atomic_uint32 next_item;
	VerifyItem items[VERIFY_ROUND_BLOCKS];
	VerifyBlock blocks[VERIFY_ROUND_BLOCKS];
	VerifyFindings findings[FLEXIBLE_ARRAY_MEMBER]; /* one a process */
} VerifyRound;

typedef struct Verifier Verifier;

/* verify_problem_pg.c */
extern VerifyProblem *verify_report(Verifier *verifier, uint64_t height, VerifyObject object,
									uint64_t key, const char *problem, const char *detail, ...)
	pg_attribute_printf(6, 7);
extern uint64_t verify_key_tx(const McHash *txid);
extern uint64_t verify_key_output(int64 output_id);
extern uint64_t verify_key_row(int table, McSpan key);
extern uint64_t verify_key_address(int64 address_id);
extern const char *verify_object_name(VerifyObject object);
extern char *verify_hex(const McHash *hash);
/* Drops what follows from something else, sorts, keeps the first of each height and object. */
extern List *verify_settle(List *problems);

/* verify_chain_pg.c: the leader's part, from the first round to the last */
typedef struct VerifyChain VerifyChain;
extern VerifyChain *verify_chain_begin(uint64_t from_height);
extern void verify_chain_round(VerifyChain *chain, Verifier *verifier);

/* verify_count_pg.c: rows that no block wrote */
typedef struct VerifyCounts
{
	uint64_t from_height;
	uint64_t capacity;
	struct VerifyBlockCounts
	{
		uint32_t spends;
		uint32_t rows;
		uint32_t assets;
		uint32_t addresses;
		bool uncertain;
	} * blocks;
} VerifyCounts;
extern VerifyCounts *verify_counts_create(uint64_t from_height, uint64_t to_height);
extern void verify_counts_round(VerifyCounts *counts, const VerifyRound *round);
extern void verify_check_surplus(const VerifyCounts *counts, Verifier *verifier, uint64_t to_height,
								 bool to_tip);
/* verify_surplus_pg.c: reports the rows of a block that it did not write; false when all are its */
extern bool verify_name_surplus(Verifier *verifier, uint64_t height, VerifyObject object);
/* verify_closing_pg.c */
extern void verify_check_closings(Verifier *verifier, uint64_t from_height, uint64_t to_height,
								  bool to_tip);
/* verify_state_pg.c */
extern void verify_check_state(Verifier *verifier, uint64_t height, int jobs);

/* verify_run_pg.c: one process's part of a round, and all rounds */
typedef struct VerifyRequest
{
	uint64_t from_height;
	uint64_t to_height;
	bool to_tip;
	int jobs;
	uint32_t sample_ppm;
} VerifyRequest;
extern List *verify_run(const VerifyRequest *request);

#endif
