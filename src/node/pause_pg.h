/*
 * pause_pg.h - a pause that an administrator asked for: the node takes no submissions and proposes
 * nothing. It stands in shared memory, so a restart of the server ends it too.
 */
#ifndef MESCHAIN_NODE_PAUSE_PG_H
#define MESCHAIN_NODE_PAUSE_PG_H

#include "postgres.h"

/*
 * True while the node is paused; reason, when not NULL, has room for NODE_REASON_MAX bytes and is
 * set then. A pause whose time is over ends here, whoever asks first.
 */
extern bool pause_in_force(char *reason);

/* The housekeeper's: tells the other members when it began and ended, and now and then meanwhile.
 */
extern void pause_announce(void);

/* Raises node_paused while the node is paused. */
extern void pause_refuse(void);

#endif
