/*
 * divergence_pg.h - what asking another member about rows needs besides the desk.
 */
#ifndef MESCHAIN_NODE_DIVERGENCE_PG_H
#define MESCHAIN_NODE_DIVERGENCE_PG_H

#include "postgres.h"

/* Number of another member of the federation that runs here; errors when it is none. */
extern uint32_t divergence_member(const char *name);

/* The last block that is rows here, whatever the rows say. */
extern uint64_t divergence_own_height(void);

#endif
