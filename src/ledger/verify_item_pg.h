/*
 * verify_item_pg.h - one item of mes.verify: its rows in memory, what they refer to, and the checks
 * that one process makes on them. Shared by verify*_pg.c only.
 */
#ifndef MESCHAIN_LEDGER_VERIFY_ITEM_PG_H
#define MESCHAIN_LEDGER_VERIFY_ITEM_PG_H

#include "ledger/epoch_pg.h"
#include "ledger/verify_party_pg.h"
#include "ledger/verify_pg.h"
#include "ledger/verify_refer_pg.h"
#include "utils/hsearch.h"

typedef struct BlockRow
{
	uint64_t height;
	bool present;
	bool damaged; /* the header cannot be read or is another's */
	PbftHeader header;
	McHash header_hash;
	McHash hash;
	McSpan header_bytes;
	int64 block_time;
	int16 proposer;
	int32 tx_count;
	int32 output_count;
	LedgerRoots roots;
	McHash next_valset_hash;
	McHash state_root;
	McSpan commit_certificate;
	McSpan result_certificate;
	McSpan witnesses;
	bool has_witnesses;
	bool archived;
	uint32_t first_tx; /* in the item's arrays */
	uint32_t tx_rows;
	uint32_t first_output;
	uint32_t output_rows;
} BlockRow;

typedef struct TxRow
{
	int64 tx_id;
	int64 sender_id;
	int32 first_output;
	int32 output_count;
	int16 status;
	int16 operation;
	int16 operation_count;
	int64 block_time;
	uint8_t submission[SUBMISSION_SIZE];
	McHash txid;
	McSpan body;
	bool has_receipt;
	McSpan receipt;
	/* derived */
	bool readable;
	TxView view;
	EarlierTx *earlier;
} TxRow;

typedef struct OutputRow
{
	int64 output_id;
	int64 address_id;
	int64 amount;
	int32 asset_id;
	int32 position;
	int32 index;
	int16 actor;
	int16 kind;
} OutputRow;

typedef struct ItemRows
{
	uint64_t from_height;
	uint32_t block_count;
	BlockRow *blocks;
	BlockRow parent; /* height from_height - 1 */
	TxRow *txs;
	uint32_t tx_count;
	OutputRow *outputs;
	uint32_t output_count;
	ActorRow *actors; /* in order of transaction and actor */
	uint32_t actor_count;
	BurnRow *burns; /* in order of transaction and number */
	uint32_t burn_count;
} ItemRows;

/* What one process needs for its blocks. */
struct Verifier
{
	VerifyRound *round;
	VerifyFindings *findings;
	Genesis genesis;
	McHash genesis_hash;
	ProofTrust trust;
	GovernanceEpoch epoch; /* of the block being executed */
	uint64_t epoch_height; /* for which the next fields are right; 0: none */
	Genesis in_force;      /* the epoch's parameters and, as far as they have seats, its members */
	EpochSeats seats;
	bool seats_good; /* as the anchor names them */
	bool recoveries_known;
	bool recovered; /* this ledger had a recovery */
	TxRules rules;
	MemoryContext item_context;
	LedgerBlock *block;
	ItemRows rows;
	HTAB *sources;   /* (txid, index, claimed height) -> the output as stored */
	HTAB *spends;    /* output_id -> spend as stored */
	HTAB *addresses; /* id -> address; kept from item to item */
	HTAB *assets;    /* id -> code */
	HTAB *item_txs;  /* txid -> row of this item */
	uint64_t height; /* being executed */
	const TxRow *current;
	SPIPlanPtr row_plan;
	SPIPlanPtr version_plan;
	SPIPlanPtr asset_plan;
	SPIPlanPtr txs_plan;
	SPIPlanPtr outputs_plan;
	SPIPlanPtr spends_plan;
	SPIPlanPtr names_plan;
	uint32_t read_count; /* state rows that the block read: causes when it disagrees */
	uint64_t reads[VERIFY_CAUSES_MAX];
};

typedef struct Source
{
	SourceKey key;
	bool found;
	OutputRow row;
} Source;

/* verify_run_pg.c */
extern Verifier *verifier_create(VerifyRound *round);
/* verify_rows_pg.c */
extern void verify_load_item(Verifier *verifier, const VerifyItem *item);
extern bool verify_load_block(uint64_t height, BlockRow *block);

/* verify_sources_pg.c */
extern void verify_find_sources(Verifier *verifier);
/* verify_find_pg.c */
extern void verify_find_submissions(Verifier *verifier);
extern void verify_find_addresses(Verifier *verifier);
extern AddressEntry *verify_address(const Verifier *verifier, int64 id);
extern const TxAsset *verify_asset(Verifier *verifier, int32 id);

/* verify_store_pg.c */
extern const LedgerStore *verify_store(Verifier *verifier);
extern void verify_read_transactions(Verifier *verifier);
/* verify_block_pg.c: header, certificates, execution, rows */
extern void verify_check_block(Verifier *verifier, BlockRow *block, const BlockRow *parent);
extern void verify_execute(Verifier *verifier, const BlockRow *block, VerifyBlock *result);
/* verify_burns_pg.c */
extern void verify_load_burns(ItemRows *rows, const VerifyItem *item);
extern void verify_compare_burns(Verifier *verifier, const BlockRow *block, VerifyBlock *result);
/* verify_actors_pg.c */
extern void verify_load_actors(ItemRows *rows, const VerifyItem *item);
extern void verify_compare_actors(Verifier *verifier, const BlockRow *block, VerifyBlock *result);
/* verify_epoch_pg.c: the epoch and rules of a block, and whether it names the next validators */
extern void verify_enter_epoch(Verifier *verifier, uint64_t height);
/* by a number on the roll, -1 when there is none */
extern bool verify_ends_epoch(Verifier *verifier, const BlockRow *block);
/* The members who signed what the recovery at or soon above a height made final; NULL: none did. */
extern ProofTrust *verify_trust_recovery(const Verifier *verifier, uint64_t height);
extern int verify_seat(const Verifier *verifier, int number);
extern void verify_check_valset(Verifier *verifier, const BlockRow *block, const BlockRow *parent);
/* verify_effects_pg.c */
extern bool verify_address_agrees(Verifier *verifier, const BlockRow *block, int64 id,
								  const McAddress *address, VerifyBlock *result);
extern void verify_compare(Verifier *verifier, const BlockRow *block, VerifyBlock *result);

#endif
