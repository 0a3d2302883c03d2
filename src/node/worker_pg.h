/*
 * worker_pg.h - what the workers with a database connection do alike: connect, pin settings, become
 * mes_engine, check the extension.
 */
#ifndef MESCHAIN_NODE_WORKER_PG_H
#define MESCHAIN_NODE_WORKER_PG_H

#include "postgres.h"

#include "ledger/execute.h"
#include "node/shmem_pg.h"

/* Connects to meschain.database and pins every setting that could change or delay a block (P5). */
extern void worker_connect(void);

#define REASON_NO_EXTENSION "the extension is not created in this database"

/*
 * In the worker's first transaction: becomes mes_engine (P6); goes away with a reason in mes.status
 * when the extension is missing or of another version than the library.
 */
extern void worker_check_extension(void);

/* Ends this worker for good; mes.status shows why until somebody gives the launcher a reason. */
extern void worker_leave(NodeMode mode, const char *reason, const char *hint)
	pg_attribute_noreturn();

/* Adds to sum what the blocks above from_height up to to_height did to the state. Needs SPI. */
extern void state_sum_add(LtHash *sum, uint64_t from_height, uint64_t to_height);

/* Adds the outputs of these blocks that are unspent now, and the current state rows. Need SPI. */
extern void state_sum_current(LtHash *sum, uint64_t from_height, uint64_t to_height);
extern void state_sum_current_rows(LtHash *sum);

#endif
