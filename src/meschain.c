/* meschain.c - the library's entry point: _PG_init calls each room's init, nothing else. */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
}
