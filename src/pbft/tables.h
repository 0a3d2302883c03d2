/*
 * tables.h - the bounded tables of a replica: blocks, votes, results, what is being fetched.
 * Whatever peers send, an entry is overwritten and none is added. Room-private.
 */
#ifndef MESCHAIN_PBFT_TABLES_H
#define MESCHAIN_PBFT_TABLES_H

#include "pbft/pbft.h"

/* Headers known: final but not applied, in flight, and kept from earlier views (A5). */
#define PBFT_BLOCK_MAX 256
/* Final blocks whose transaction is not yet durable here. */
#define PBFT_FINAL_MAX (2 * PBFT_LAG_MAX)
#define PBFT_SLOT_TIMES 15
/* Proposals of one member above the next height. */
#define PBFT_EARLY_MAX 4

typedef enum PbftBody
{
	PBFT_BODY_UNKNOWN,
	PBFT_BODY_ASKED,
	PBFT_BODY_HELD, /* valid, or vouched for by a certificate, and on this node's disk */
	PBFT_BODY_INVALID
} PbftBody;

typedef struct PbftBlock
{
	bool used;
	bool logged;   /* D1 is in the log */
	bool prepared; /* this node sent PREPARE for it: kept until min(s, a) (A5) */
	PbftBody body;
	uint64_t view_seen;
	McHash hash;
	PbftHeader header;
} PbftBlock;

typedef struct PbftVote
{
	uint64_t view_next; /* view + 1; 0: no vote */
	McHash hash;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftVote;

/* A proposal as it came. */
typedef struct PbftProposed
{
	uint64_t height; /* 0: free */
	uint64_t view;
	McHash hash;
	PbftHeader header;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftProposed;

/* One height of the window (c, c + W]. */
typedef struct PbftSlot
{
	uint64_t height;
	bool accepted; /* acc[height] of the current view */
	bool proposed; /* a proposal of the current view waits or was accepted */
	McHash accepted_hash;
	PbftProposed proposal;
	PbftVote prepare[PBFT_NODE_MAX];   /* highest view of each member */
	PbftVote commit[2][PBFT_NODE_MAX]; /* of my view, and of the highest other view (A6) */
} PbftSlot;

typedef struct PbftResultVote
{
	bool used;
	McHash hash;
	McHash exec_root;
	McHash next_valset;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftResultVote;

/* CHECKPOINTs of one height; stays readable until its place in the ring is needed. */
typedef struct PbftResultSlot
{
	uint64_t height;
	bool stable;
	uint32_t witness; /* a member whose vote is the quorum's */
	PbftResultVote votes[PBFT_NODE_MAX];
} PbftResultSlot;

/* A final block: order decided, result perhaps. */
typedef struct PbftFinal
{
	uint64_t height;
	bool executed;
	McHash hash;
	McHash exec_root;
	McHash next_valset;
} PbftFinal;

typedef struct PbftFetching
{
	bool active;
	uint32_t member;
	uint32_t count;
	uint64_t height;
	uint64_t deadline_ms;
	McHash hash;
} PbftFetching;

#endif
