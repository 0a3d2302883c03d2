/*
 * members_pg.h - the members as this node runs with them in an epoch: who has a seat, who is a
 * guest, where each is reached, and which of them this node is.
 */
#ifndef MESCHAIN_NODE_MEMBERS_PG_H
#define MESCHAIN_NODE_MEMBERS_PG_H

#include "ledger/epoch_pg.h"
#include "node/shmem_pg.h"

/*
 * Fills what an epoch is made of, for the block to come: parameters, seats, guests, addresses, this
 * node's own place. A next voting key that the epoch names takes its place (A18). Needs SPI.
 */
extern void members_open(uint64_t height, const Genesis *origin, GovernanceEpoch *epoch,
						 NodeGenesis *genesis);

/*
 * The members run in the epoch that a recovery began while blocks up to its base are of the one
 * before (C8). Fills what they run with and returns the height of the base, 0 when no recovery is
 * under way above this height. Needs SPI.
 */
extern uint64_t members_open_recovery(uint64_t height, const Genesis *origin, NodeGenesis *genesis);

/* Guests and addresses as they are now, within the epoch. Needs SPI. */
extern void members_reload(const Genesis *origin, NodeGenesis *genesis);

/* What every signature of the epoch begins with (A7). */
extern void members_domain(const NodeGenesis *genesis, PbftDomain *domain);

/* True when links and doors of the one do not serve the other. */
extern bool members_differ(const NodeGenesis *left, const NodeGenesis *right);

/*
 * A seat in whose name something unsigned may be taken that peer brought: the sender of CERTIFIED
 * is an index of whatever epoch its sender is in.
 */
extern uint32_t members_speaker(const NodeGenesis *genesis, uint32_t peer);

#endif
