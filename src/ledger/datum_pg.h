/*
 * datum_pg.h - bytes of the pure rooms as PostgreSQL's values.
 */
#ifndef MESCHAIN_LEDGER_DATUM_PG_H
#define MESCHAIN_LEDGER_DATUM_PG_H

#include "postgres.h"

static inline bytea *
bytes_of(const void *data, size_t size)
{
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), data, size);
	return bytes;
}

static inline Datum
bytes_datum(const void *data, size_t size)
{
	return PointerGetDatum(bytes_of(data, size));
}

#endif
