/*
 * serve_pg.h - blocks and bodies for members that lack them, from the session they asked in: rows
 * and pool go into the member's outbox ring, and the order worker's link carries them there.
 */
#ifndef MESCHAIN_NODE_SERVE_PG_H
#define MESCHAIN_NODE_SERVE_PG_H

#include "postgres.h"

#include "base/bytes.h"

/* Applied blocks with both certificates and all bodies, as many as the ring takes. */
extern void serve_range(uint32_t member, uint64_t from, uint32_t count, uint64_t applied);

/* An applied block by its hash, which a certificate of about this height vouches for; false: it is
 * none of ours. */
extern bool serve_hash(uint32_t member, const McHash *hash, uint64_t near_height);

/* Bodies by body_id, from the pool. */
extern void serve_bodies(uint32_t member, McSpan ids, uint32_t count);

#endif
