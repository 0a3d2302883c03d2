/*
 * frame.h - what one element of mes_internal.deliver's array is: a message with the list of its
 * block's bodies, a body, or a question for bodies.
 *
 *   1 MESSAGE  size of the message (4), the message, then (txid, body_id) of each of the block's
 *              transactions, in order; no list but for PRE_PREPARE and CERTIFIED
 *   2 BODY     an envelope, spread ahead of any block (law 2)
 *   3 NAMED    an envelope that was asked for, or that goes with a block
 *   4 WANT     body_ids
 *   5 ASK      height (8) and hash of a block whose list is wanted: CERTIFIED answers it
 *   6 QUESTION about rows: the message kind DIGEST of ledger/compare.h
 *   7 TELL     its answer
 *   8 NOTICE   what the member says of itself: 1 and why it is paused, or 0
 *
 * A list is proved by its header's tx_root, so it may come from anybody.
 */
#ifndef MESCHAIN_PBFT_FRAME_H
#define MESCHAIN_PBFT_FRAME_H

#include "base/bytes.h"
#include "base/status.h"

typedef enum PbftFrameKind
{
	PBFT_FRAME_MESSAGE = 1,
	PBFT_FRAME_BODY = 2,
	PBFT_FRAME_NAMED = 3,
	PBFT_FRAME_WANT = 4,
	PBFT_FRAME_ASK = 5,
	PBFT_FRAME_QUESTION = 6,
	PBFT_FRAME_TELL = 7,
	PBFT_FRAME_NOTICE = 8
} PbftFrameKind;

#define PBFT_LIST_ITEM (2 * HASH_SIZE)
#define PBFT_LIST_MAX 4096
#define PBFT_WANT_MAX 1024

typedef struct PbftFrame
{
	PbftFrameKind kind;
	McSpan content; /* the message, the envelope, the question or its answer */
	McSpan list;    /* MESSAGE: PBFT_LIST_ITEM each; WANT: HASH_SIZE each */
	uint32_t count;
	uint64_t height; /* ASK */
	McHash hash;
} PbftFrame;

/* Hostile bytes; the spans point into them. */
extern McStatus pbft_frame_read(McSpan bytes, PbftFrame *frame, McProblem *problem);

/* What stands before the content of a MESSAGE; the list follows it. */
#define PBFT_FRAME_HEAD 5
extern void pbft_frame_head(uint8_t out[PBFT_FRAME_HEAD], size_t message_size);

static inline McHash
pbft_list_txid(McSpan list, uint32_t at)
{
	return *(const McHash *) (list.data + (size_t) at * PBFT_LIST_ITEM);
}

static inline McHash
pbft_list_body(McSpan list, uint32_t at)
{
	return *(const McHash *) (list.data + (size_t) at * PBFT_LIST_ITEM + HASH_SIZE);
}

#endif
