/*
 * blocks_pg.h - the order worker's blocks between proposal and ledger: which bodies each consists
 * of and whether they are here. The consensus core knows headers only.
 */
#ifndef MESCHAIN_NODE_BLOCKS_PG_H
#define MESCHAIN_NODE_BLOCKS_PG_H

#include "postgres.h"

#include "node/shmem_pg.h"

typedef struct HeldBlock
{
	bool used;
	bool asked;     /* the core waits for its verdict */
	bool certified; /* it is wanted whatever its content */
	bool logged;    /* its bodies stand in the vote log */
	bool ordered;   /* its slots were told */
	McHash hash;
	PbftHeader header;
	uint32_t count;
	uint32_t missing; /* bodies not here yet */
	uint32_t source;  /* member that named them */
	uint32_t turn;    /* whom to ask next */
	uint64_t ask_ms;  /* when to ask next */
	McHash *bodies;
	McHash *txids;
	uint32_t *slots;
} HeldBlock;

/* applied: the last block that is a row; nothing up to it is ever held. */
extern void blocks_init(const NodeGenesis *genesis, uint64_t applied);

/* Another epoch begins: what is not a row is nothing any more. */
extern void blocks_restart(const NodeGenesis *genesis, uint64_t applied);
extern void blocks_use(const NodeGenesis *genesis);

extern HeldBlock *block_find(const McHash *hash);

/* A block whose list came with its header (the door checked that they fit); NULL: no room. */
extern HeldBlock *block_learn(const McHash *hash, const PbftHeader *header, McSpan list,
							  uint32_t source, uint64_t now_ms);

/* A block of slots that are here: proposed, or read from the vote log. */
extern HeldBlock *block_own(const McHash *hash, const PbftHeader *header, const uint32_t *slots,
							uint32_t count);

/* A block of which only the header is known; its list must be asked for. */
extern HeldBlock *block_named(const McHash *hash, const PbftHeader *header, uint64_t now_ms);

/* Looks for missing bodies; true when all are here. */
extern bool block_complete(HeldBlock *block);

/* Whom these bodies name, as every member of the epoch computes it (A2). */
extern void blocks_name(const uint32_t *slots, uint32_t count, PbftCauses *causes);

/* Limits, doubles and whom the header names: a function of the block's bytes and the epoch alone
 * (R3). Needs a complete block. */
extern bool block_valid(const HeldBlock *block);

/* Asks another member for what is missing, if it is time. */
extern void block_ask(HeldBlock *block, uint64_t now_ms);

/* Blocks up to this height are needed by nobody. */
extern void blocks_release(uint64_t height);

/* Calls for each block that is still incomplete. */
extern void blocks_each(void (*visit)(HeldBlock *block, uint64_t now_ms), uint64_t now_ms);

/* True while some block misses bodies that were asked for. */
extern bool blocks_missing(void);

/* Calls for each complete block whose bodies are in the vote log. */
extern void blocks_each_logged(void (*visit)(HeldBlock *block));

/* Marks the slots of the chain that ends at this block: marks[slot] = mark. Returns how many of
 * them are not final yet. */
extern uint32_t blocks_mark_chain(const McHash *tip, uint32_t *marks, uint32_t mark);

/* The list as it travels: block->count items of PBFT_LIST_ITEM bytes, palloc'd. */
extern McSpan block_list(const HeldBlock *block);

/* The record of its bodies for the vote log, palloc'd; and back. */
extern McSpan block_record(const HeldBlock *block);
extern void block_read_record(McSpan record);

#endif
