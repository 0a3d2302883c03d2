/*
 * rows_pg.c - one kept plan a backend: an operation of several look-ups must not plan each anew.
 */
#include "node/rows_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

bool
rows_get_current(TxTable table, McSpan key, McSpan *value)
{
	static SPIPlanPtr plan;
	bytea *key_bytes = palloc(VARHDRSZ + key.size);
	Datum values[2] = { Int16GetDatum((int16) table), PointerGetDatum(key_bytes) };
	bytea *found;
	bool isnull;

	SET_VARSIZE(key_bytes, VARHDRSZ + key.size);
	memcpy(VARDATA(key_bytes), key.data, key.size);
	if (plan == NULL)
	{
		plan = SPI_prepare("SELECT value FROM mes_internal.state_rows "
						   "WHERE table_number = $1 AND key = $2 ORDER BY height DESC LIMIT 1",
						   2, (Oid[]){ INT2OID, BYTEAOID });
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the look-up of a state row");
	}
	if (SPI_execute_plan(plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a state row");
	if (SPI_processed == 0)
		return false;
	found =
		DatumGetByteaPCopy(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	*value = span_of(VARDATA(found), VARSIZE(found) - VARHDRSZ);
	return true;
}
