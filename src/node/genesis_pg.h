/*
 * genesis_pg.h - genesis as jsonb for people, as a row of mes_internal.genesis_rows, and as the
 * NodeGenesis that workers and sessions use.
 */
#ifndef MESCHAIN_NODE_GENESIS_PG_H
#define MESCHAIN_NODE_GENESIS_PG_H

#include "node/shmem_pg.h"

/* Fills the derived fields; self is found by the voting key of this node. */
extern void genesis_derive(NodeGenesis *genesis, const uint8_t voting_key[SUITE_PUBLIC_SIZE]);

/* Needs a transaction and SPI connected; false when this database has no ledger. */
extern bool genesis_read(Genesis *document);

/* Under the lock: what all sessions see. */
extern void genesis_publish(const NodeGenesis *genesis);

/* The running node's genesis, good until the next call; raises not_running, 25006 on a standby. */
extern const NodeGenesis *genesis_in_force(void);
/* A copy of it. */
extern void genesis_running(NodeGenesis *genesis);

#endif
