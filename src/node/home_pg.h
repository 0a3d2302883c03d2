/*
 * home_pg.h - which copy of a node may make blocks: the one whose database and state directory know
 * each other (A17). A dump, a base backup, a promoted standby and an upgraded cluster do not, until
 * mes.finish_restore() has verified them.
 *
 * The row of mes_internal.home_rows is left out of every dump; the file "home" in the state
 * directory is left out of every base backup. So the mark of an unfinished restore is something
 * that is missing, and nobody can forget to set it.
 */
#ifndef MESCHAIN_NODE_HOME_PG_H
#define MESCHAIN_NODE_HOME_PG_H

#include "postgres.h"

#include "node/shmem_pg.h"

/*
 * The apply worker's, in its first transaction, with SPI: holds the state directory for this
 * process's life, or leaves with the reason in mes.status when this copy may not make blocks.
 * Needs the genesis as all signed it, and how many vote now.
 */
extern void home_enter(const Genesis *document, uint32_t seats);

/* After each block's commit: what the state directory has seen, so that an older copy shows. */
extern void home_note_height(uint64_t height);

/* True when this database was made, or its restore finished, here. Needs SPI. */
extern bool home_exists(void);

#endif
