/*
 * exchange_pg.h - where the order worker and apply hand blocks to each other.
 */
#ifndef MESCHAIN_NODE_EXCHANGE_PG_H
#define MESCHAIN_NODE_EXCHANGE_PG_H

#include "postgres.h"

#include "ledger/execute.h"
#include "pbft/pbft.h"
#include "port/atomics.h"

/*
 * One block on its way between order and apply. Each stage hands the fields over to the other side:
 * whoever may move the stage on owns them.
 */
typedef enum ExchangeStage
{
	EXCHANGE_EMPTY,    /* order's */
	EXCHANGE_EXECUTE,  /* apply's: evaluate, then EXECUTED; go on writing rows */
	EXCHANGE_EXECUTED, /* order's: exec_root is there */
	EXCHANGE_COMMIT,   /* apply's: a quorum signed exec_root; commit */
	EXCHANGE_HELD,     /* order's: written, not committed; the next one, or CLOSE */
	EXCHANGE_CLOSE,    /* apply's: there is no next one; commit */
	EXCHANGE_APPLIED,  /* order's: all are durable */
} ExchangeStage;

typedef struct BlockExchange
{
	pg_atomic_uint32 stage;
	PbftHeader header;
	McHash hash;
	uint32_t slot_count;
	uint32_t slots[BLOCK_TX_MAX];
	McHash exec_root;
	McHash next_valset; /* not zero: the block ends the epoch */
	bool more;          /* with COMMIT: the next is whole and its result agreed, so are others */
	pg_atomic_uint64 applied; /* blocks up to here are durable */
	uint32_t commit_certificate_size;
	uint32_t result_certificate_size;
	uint8_t commit_certificate[PBFT_CERTIFICATE_MAX];
	uint8_t result_certificate[PBFT_CERTIFICATE_MAX];
} BlockExchange;

#endif
