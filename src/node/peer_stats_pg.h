/*
 * peer_stats_pg.h - what this node can say about the others: mes.stat_peers, and how many vote.
 */
#ifndef MESCHAIN_NODE_PEER_STATS_PG_H
#define MESCHAIN_NODE_PEER_STATS_PG_H

#include "node/shmem_pg.h"

/*
 * Not heard for so long, a member does not count as voting; idle members say STATUS four times as
 * often as a view may last.
 */
#define PEER_HEARD_US INT64CONST(5000000)

extern bool peer_heard(Peer *peer);
/* It said lately that it is active in a view, and there is a connection to it. */
extern bool peer_votes(Peer *peer);

#endif
