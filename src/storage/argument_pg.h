/*
 * argument_pg.h - SQL values as the pure room wants them, and its answers as SQL values.
 *
 * What a caller got wrong about SQL itself (NULL elements, more dimensions) is PostgreSQL's error;
 * what a proof or number has wrong is a problem with a code of ours.
 */
#ifndef MESCHAIN_STORAGE_ARGUMENT_PG_H
#define MESCHAIN_STORAGE_ARGUMENT_PG_H

#include "postgres.h"

#include "fmgr.h"

#include "base/bytes.h"
#include "base/status.h"
#include "storage/emission.h"

extern McSpan argument_bytes(FunctionCallInfo fcinfo, int number);

/* Exactly 32 bytes, else HASH_LENGTH with the name. */
extern McStatus argument_hash(FunctionCallInfo fcinfo, int number, const char *name, McHash *out,
							  McProblem *problem);

/* A one-dimensional array without NULL; *count 0 for an empty one. */
extern McSpan *argument_byte_array(FunctionCallInfo fcinfo, int number, size_t *count);
extern uint64 *argument_bigint_array(FunctionCallInfo fcinfo, int number, size_t *count);
extern Datum *argument_array(FunctionCallInfo fcinfo, int number, Oid type, size_t *count);

/* Whole numbers from 0 to maximum, else NOT_UNSIGNED with the name, raised. */
extern Wide argument_wide(Datum numeric, const char *name, Wide maximum);
extern uint64 argument_uint64(FunctionCallInfo fcinfo, int number, const char *name);
/* int4 and int8 that must not be negative. */
extern uint64 argument_count(int64 value, const char *name);
/* CCC with up to eight decimals as base units. */
extern uint64 argument_units(FunctionCallInfo fcinfo, int number, const char *name);

extern Datum answer_bytes(const void *data, size_t size);
extern Datum answer_bigint_array(const uint64 *values, size_t count);
extern Datum answer_byte_array(const McSpan *values, size_t count);
extern Datum answer_wide(Wide value);
extern Datum answer_units(uint64 units);
/* "ok", or the name of the code. */
extern Datum answer_status(McStatus status);

#endif
