/*
 * rights_pg.h - what the SQL faces of this room share: arguments, and rows as PostgreSQL values.
 */
#ifndef MESCHAIN_RIGHTS_RIGHTS_PG_H
#define MESCHAIN_RIGHTS_RIGHTS_PG_H

#include "postgres.h"

#include "fmgr.h"
#include "rights/payment.h"
#include "utils/timestamp.h"

extern Datum rights_bytes(const void *data, size_t size);
extern Datum rights_text(McSpan span);
extern McSpan rights_span(bytea *bytes);

/* Chain time in ms as a moment; RIGHTS_UNBOUNDED is null. */
extern Datum rights_moment(uint64_t ms, bool *isnull);
extern uint64_t rights_moment_ms(TimestampTz moment, const char *name);

/* Arguments by position, the name is for the error. */
extern void rights_hash_argument(FunctionCallInfo fcinfo, int argument, const char *name,
								 McHash *hash);
extern void rights_address_argument(FunctionCallInfo fcinfo, int argument, const char *name,
									McAddress *address);
/* Empty when null. */
extern McSpan rights_text_argument(FunctionCallInfo fcinfo, int argument);
extern uint32_t rights_ppm_argument(FunctionCallInfo fcinfo, int argument);

/* Adds an operation to the submission and answers its uuid. */
extern Datum rights_submit(uint16_t kind, const WireWriter *writer);

#endif
