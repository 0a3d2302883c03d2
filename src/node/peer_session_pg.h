/*
 * peer_session_pg.h - a session of another member runs `SELECT mes_internal.deliver($1)` and
 * nothing else (P12, A20): the first other thing ends it.
 *
 * Such a session is one whose login role is called mes_peer_<member> or is in the group mes_peer.
 * Its settings are pinned above what the client, the role and the database say; its memory, the age
 * of its transaction and the time for which a dead line holds its place are bounded.
 */
#ifndef MESCHAIN_NODE_PEER_SESSION_PG_H
#define MESCHAIN_NODE_PEER_SESSION_PG_H

#include "postgres.h"

#define PEER_ROLE_PREFIX "mes_peer_"
#define PEER_STATEMENT "SELECT mes_internal.deliver($1)"

extern void peer_session_init(void);

#endif
