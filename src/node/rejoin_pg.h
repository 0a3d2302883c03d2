/*
 * rejoin_pg.h - the next voting key of this node, for whoever names it: a proposal, a ticket, a
 * statement for a recovery.
 */
#ifndef MESCHAIN_NODE_REJOIN_PG_H
#define MESCHAIN_NODE_REJOIN_PG_H

#include "postgres.h"

#include "node/votelog_pg.h"

/* Its public half; what was made for an earlier attempt serves again. */
extern void rejoin_next_key(uint8_t voting_key[SUITE_PUBLIC_SIZE],
							uint8_t log_uuid[VOTELOG_UUID_SIZE]);

#endif
