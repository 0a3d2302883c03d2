/*
 * link_pg.h - the order worker's connections to the other members: libpq without a blocking call,
 * pipeline mode, one `SELECT mes_internal.deliver($1)` for all that a turn says to a member.
 *
 * Nothing here waits for a peer. What a link cannot carry is dropped and counted; the protocol says
 * it again (R22). No slow, mute or hostile server costs more than its own link (P14).
 */
#ifndef MESCHAIN_NODE_LINK_PG_H
#define MESCHAIN_NODE_LINK_PG_H

#include "node/shmem_pg.h"

/* Links to every other member, in place of those before; they come up by themselves. */
extern void links_open(const NodeGenesis *genesis);

/* The same members as before, in another copy. */
extern void links_use(const NodeGenesis *genesis);

/* Queues a frame, in two pieces; what is queued leaves with the next links_flush. */
extern void link_queue(uint32_t member, McSpan first, McSpan second);

/* Sends what is queued, as far as each link takes it. */
extern void links_flush(void);

/* Makes, polls and drops connections; time in ms of CLOCK_MONOTONIC. */
extern void links_poll(uint64_t now_ms);

/* Sleeps until the latch, a socket or the timeout (ms, -1: none). */
extern void links_wait(long timeout_ms);

/* True once for each time the link came up. */
extern bool link_came_up(uint32_t member);

extern bool link_is_up(uint32_t member);

#endif
