/*
 * handoff_pg.h - how a transaction passes from process to process without more waking than it
 * needs.
 *
 * A process that sleeps costs two changes of context and tens of microseconds to fetch; a transfer
 * costs a hundred and fifty in all. So nobody wakes a worker that could do nothing yet, and where
 * the next step is sure to come within less than a sleep takes, the worker looks on instead of
 * sleeping.
 */
#ifndef MESCHAIN_NODE_HANDOFF_PG_H
#define MESCHAIN_NODE_HANDOFF_PG_H

#include "node/shmem_pg.h"

/* What the order worker is doing, for those who bring it something. */
typedef enum OrderRest
{
	ORDER_AWAKE,
	ORDER_ASLEEP,  /* wakes for whatever comes */
	ORDER_ENGAGED, /* a block is on its way and the next waits for it: apply wakes it */
	ORDER_GATHERS  /* what sessions bring goes out together in a moment: it looks by itself */
} OrderRest;

/* Before sleep: says how, and how many waiting transactions are worth a turn. The caller looks for
 * work once more afterwards (P34). */
extern void handoff_rest(OrderRest how, uint32_t wants);
extern void handoff_awake(void);

/* After something was published for the order worker: wakes it where it waits for that. */
extern void handoff_bring(void);
/* The same for what other members brought: frames that a turn can do something with, or no more
 * than transactions. */
extern void handoff_bring_frames(void);
extern void handoff_bring_bodies(void);

/* Of a node that is alone, before a signature is checked: it is awake by the time that one is good.
 */
extern void handoff_announce(void);

/* Order, with nothing to do: stays a moment when a transaction was announced. */
extern void handoff_await_announced(void);

/* Waits without sleeping, for a short while, until the exchange has left this stage. */
extern void handoff_watch(ExchangeStage stage);

#endif
