/*
 * rowset_pg.c - see rowset_pg.h. The table of relations is the whole difference between them.
 */
#include "ledger/rowset_pg.h"

#include "access/htup_details.h"
#include "base/digest.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/execute.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#define FETCH_ROWS 256
/* place, position and key stand before a row's columns */
#define LEADING 3

#define BY_HEIGHT "height BETWEEN %llu AND %llu"
#define BY_ID(id) id " >= (%llu::bigint << 20) AND " id " < (%llu::bigint + 1) << 20"

const Rowset rowsets[ROWSET_COUNT] = {
	[ROWSET_BLOCKS] = { "block_rows",
						"height, hash, header, block_time, proposer, tx_count, output_count, "
						"receipts_root, writeset_root, state_digest, next_valset_hash, state_root, "
						"commit_certificate, result_certificate",
						12, "'height = ' || height", "height", "height", "height << 20", BY_HEIGHT,
						"height = $1", true, false },
	[ROWSET_TRANSACTIONS] = { "transaction_rows",
							  "tx_id, sender_id, first_output, output_count, status, operation, "
							  "operation_count, actor_count, block_time, submission, txid, body, "
							  "receipt",
							  13, "'tx_id = ' || tx_id", "tx_id", "tx_id >> 20", "tx_id",
							  BY_ID("tx_id"), "tx_id = $1", true, true },
	[ROWSET_WITNESSES] = { "witness_rows", "height, witnesses", 2, "'height = ' || height",
						   "height", "height", "height << 20", BY_HEIGHT, "height = $1", true,
						   false },
	[ROWSET_ADDRESSES] = { "address_rows", "address_id, address, first_height", 3,
						   "'address_id = ' || address_id", "address_id", "address_id",
						   "first_height << 20", "address_id BETWEEN %llu AND %llu",
						   "address_id = $1 OR address = $2", false, false },
	[ROWSET_ASSETS] = { "asset_rows", "asset_id, code, decimals, tx_id", 4,
						"'asset_id = ' || asset_id", "asset_id", "asset_id::bigint", "tx_id",
						"asset_id BETWEEN %llu AND %llu", "asset_id = $1 OR code = $2", false,
						true },
	[ROWSET_OUTPUTS] = { "output_rows",
						 "output_id, address_id, amount_units, asset_id, position_in_block, "
						 "output_index, actor, kind",
						 8, "'output_id = ' || output_id", "output_id", "output_id >> 20",
						 "(output_id >> 20 << 20) + position_in_block", BY_ID("output_id"),
						 "output_id = $1", true, true },
	[ROWSET_SPENDS] = { "spend_rows", "output_id, spent_tx_id, input_index", 3,
						"'output_id = ' || output_id", "output_id", "output_id >> 20",
						"spent_tx_id", BY_ID("output_id"), "output_id = $1", true, true },
	[ROWSET_STATE] = { "state_rows", "table_number, key, height, tx_id, value", 5,
					   "'table_number = ' || table_number || ' AND height = ' || height || "
					   "CASE WHEN length(key) <= 64 THEN ' AND key = ''\\x' || encode(key, 'hex') "
					   "ELSE ' AND sha256(key) = ''\\x' || encode(sha256(key), 'hex') END || ''''",
					   "height, table_number, key", "height", "tx_id", BY_HEIGHT,
					   "table_number = $1 AND key = $2 AND height = $3", true, true },
	[ROWSET_ACTORS] = { "actor_rows", "address_id, tx_id, actor", 3,
						"'tx_id = ' || tx_id || ' AND actor = ' || actor", "tx_id, actor",
						"tx_id >> 20", "tx_id", BY_ID("tx_id"),
						"tx_id = $2 AND (actor = $3 OR address_id = $1)", true, true },
	[ROWSET_BURNS] = { "burn_rows", "address_id, tx_id, burn_number, asset_id, amount_units", 5,
					   "'tx_id = ' || tx_id || ' AND burn_number = ' || burn_number",
					   "tx_id, burn_number", "tx_id >> 20", "tx_id", BY_ID("tx_id"),
					   "tx_id = $2 AND burn_number = $3", true, true },
};

static const Oid types[ROWSET_COUNT][ROWSET_COLUMNS_MAX] = {
	[ROWSET_BLOCKS] = { INT8OID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID, INT2OID, INT4OID, INT4OID,
						BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID },
	[ROWSET_TRANSACTIONS] = { INT8OID, INT8OID, INT4OID, INT4OID, INT2OID, INT2OID, INT2OID,
							  INT2OID, TIMESTAMPTZOID, UUIDOID, BYTEAOID, BYTEAOID, BYTEAOID },
	[ROWSET_WITNESSES] = { INT8OID, BYTEAOID },
	[ROWSET_ADDRESSES] = { INT8OID, BYTEAOID, INT8OID },
	[ROWSET_ASSETS] = { INT4OID, TEXTOID, INT2OID, INT8OID },
	[ROWSET_OUTPUTS] = { INT8OID, INT8OID, INT8OID, INT4OID, INT4OID, INT4OID, INT2OID, INT2OID },
	[ROWSET_SPENDS] = { INT8OID, INT8OID, INT4OID },
	[ROWSET_STATE] = { INT2OID, BYTEAOID, INT8OID, INT8OID, BYTEAOID },
	[ROWSET_ACTORS] = { INT8OID, INT8OID, INT2OID },
	[ROWSET_BURNS] = { INT8OID, INT8OID, INT4OID, INT4OID, INT8OID },
};

RowsetRelation
rowset_by_name(const char *name)
{
	int relation = 0;

	while (relation < ROWSET_COUNT && strcmp(rowsets[relation].name, name) != 0)
		relation++;
	return (RowsetRelation) relation;
}

const Oid *
rowset_types(RowsetRelation relation)
{
	return types[relation];
}

int
rowset_columns(RowsetRelation relation)
{
	int count = 0;

	while (count < ROWSET_COLUMNS_MAX && OidIsValid(types[relation][count]))
		count++;
	return count;
}

/* ---- bytes -------------------------------------------------------------------------------------
 */

static size_t
value_size(Oid type, Datum value)
{
	switch (type)
	{
		case BYTEAOID:
		case TEXTOID:
			return 4 + VARSIZE_ANY_EXHDR(DatumGetPointer(value));
		case UUIDOID:
			return UUID_LEN;
		default:
			return 8;
	}
}

static uint8_t *
put_value(uint8_t *at, Oid type, Datum value)
{
	size_t size = value_size(type, value);
	int64 number;

	switch (type)
	{
		case BYTEAOID:
		case TEXTOID:
			put_be32(at, (uint32_t) (size - 4));
			memcpy(at + 4, VARDATA_ANY(DatumGetPointer(value)), size - 4);
			return at + size;
		case UUIDOID:
			memcpy(at, DatumGetUUIDP(value)->data, UUID_LEN);
			return at + size;
		case INT2OID:
			number = DatumGetInt16(value);
			break;
		case INT4OID:
			number = DatumGetInt32(value);
			break;
		default:
			number = DatumGetInt64(value);
			break;
	}
	put_be64(at, (uint64_t) number);
	return at + size;
}

/* Long values may stand outside the row, and compressed. */
static Datum
plain_value(Oid type, Datum value)
{
	if (type == BYTEAOID || type == TEXTOID)
		return PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
	return value;
}

McSpan
rowset_encode(RowsetRelation relation, int columns, const Datum *values, const bool *nulls)
{
	Datum plain[ROWSET_COLUMNS_MAX];
	size_t size = 0;
	uint8_t *bytes;
	uint8_t *at;

	for (int i = 0; i < columns; i++)
	{
		size += 1;
		if (nulls[i])
			continue;
		plain[i] = plain_value(types[relation][i], values[i]);
		size += value_size(types[relation][i], plain[i]);
	}
	at = bytes = palloc(size);
	for (int i = 0; i < columns; i++)
	{
		*at++ = nulls[i] ? 0 : 1;
		if (!nulls[i])
			at = put_value(at, types[relation][i], plain[i]);
	}
	return span_of(bytes, size);
}

static bool
take_value(McSpan *rest, Oid type, Datum *value)
{
	size_t size = type == UUIDOID ? UUID_LEN : 8;
	struct varlena *copy;
	int64 number;

	if (type == BYTEAOID || type == TEXTOID)
	{
		if (rest->size < 4 || get_be32(rest->data) > rest->size - 4)
			return false;
		size = get_be32(rest->data);
		copy = palloc(VARHDRSZ + size);
		SET_VARSIZE(copy, VARHDRSZ + size);
		memcpy(VARDATA(copy), rest->data + 4, size);
		*value = PointerGetDatum(copy);
		*rest = span_of(rest->data + 4 + size, rest->size - 4 - size);
		return type != TEXTOID ||
			   pg_verify_mbstr(GetDatabaseEncoding(), VARDATA(copy), (int) size, true);
	}
	if (rest->size < size)
		return false;
	number = (int64) get_be64(rest->data);
	if (type == UUIDOID)
		*value = PointerGetDatum(memcpy(palloc(UUID_LEN), rest->data, UUID_LEN));
	else if (type == INT2OID)
		*value = Int16GetDatum((int16) number);
	else if (type == INT4OID)
		*value = Int32GetDatum((int32) number);
	else
		*value = Int64GetDatum(number);
	*rest = span_of(rest->data + size, rest->size - size);
	return (type != INT2OID || (number >= PG_INT16_MIN && number <= PG_INT16_MAX)) &&
		   (type != INT4OID || (number >= PG_INT32_MIN && number <= PG_INT32_MAX));
}

bool
rowset_decode(RowsetRelation relation, McSpan content, Datum *values, bool *nulls)
{
	int columns = rowset_columns(relation);

	for (int i = 0; i < columns; i++)
	{
		if (content.size < 1 || content.data[0] > 1)
			return false;
		nulls[i] = content.data[0] == 0;
		content = span_of(content.data + 1, content.size - 1);
		if (!nulls[i] && !take_value(&content, types[relation][i], &values[i]))
			return false;
	}
	return content.size == 0;
}

McHash
rowset_digest(McSpan content)
{
	McHash digest;

	digest_tagged(&digest, "MES1-row", content);
	return digest;
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static void
fill_row(RowsetRow *row, RowsetRelation relation, const Datum *values, const bool *nulls,
		 bool whole)
{
	int columns = rowset_columns(relation);

	row->place = (uint64_t) DatumGetInt64(values[0]);
	row->position = (uint64_t) DatumGetInt64(values[1]);
	row->key = nulls[2] ? "" : TextDatumGetCString(values[2]);
	memcpy(row->values, values + LEADING, sizeof(Datum) * columns);
	memcpy(row->nulls, nulls + LEADING, sizeof(bool) * columns);
	row->content = rowset_encode(relation, whole ? columns : rowsets[relation].hashed, row->values,
								 row->nulls);
}

static void
scan(const char *query, RowsetRelation relation, bool whole,
	 bool (*visit)(void *context, const RowsetRow *row), void *context)
{
	Portal portal = SPI_cursor_parse_open(NULL, query, &(SPIParseOpenOptions){ .read_only = true });
	MemoryContext row_context =
		AllocSetContextCreate(CurrentMemoryContext, "meschain row", ALLOCSET_DEFAULT_SIZES);
	bool more = true;

	do
	{
		SPITupleTable *table;
		uint64 count;

		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		table = SPI_tuptable;
		count = SPI_processed;
		for (uint64 i = 0; more && i < count; i++)
		{
			MemoryContext old = MemoryContextSwitchTo(row_context);
			Datum values[LEADING + ROWSET_COLUMNS_MAX];
			bool nulls[LEADING + ROWSET_COLUMNS_MAX];
			RowsetRow row;

			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(table->vals[i], table->tupdesc, values, nulls);
			fill_row(&row, relation, values, nulls, whole);
			MemoryContextSwitchTo(old);
			more = visit(context, &row);
			MemoryContextReset(row_context);
		}
		SPI_freetuptable(table);
		more = more && count == FETCH_ROWS;
	} while (more);
	SPI_cursor_close(portal);
	MemoryContextDelete(row_context);
}

static char *
select_of(const Rowset *set, bool with_key)
{
	return psprintf("SELECT (%s)::bigint AS row_place, (%s)::bigint AS row_position, "
					"(%s)::text AS row_key, %s FROM mes_internal.%s WHERE ",
					set->place, set->position, with_key ? set->key : "NULL", set->columns,
					set->name);
}

void
rowset_scan(const RowsetRange *range, bool (*visit)(void *context, const RowsetRow *row),
			void *context)
{
	const Rowset *set = &rowsets[range->relation];
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, select_of(set, range->with_key));
	appendStringInfo(&query, set->range, (unsigned long long) range->from,
					 (unsigned long long) range->to);
	appendStringInfo(&query, " AND %s < (%llu::bigint + 1) << 20 ORDER BY %s", set->place,
					 (unsigned long long) range->as_of, set->order);
	scan(query.data, range->relation, range->whole, visit, context);
	pfree(query.data);
}

void
rowset_scan_block(RowsetRelation relation, uint64_t height,
				  bool (*visit)(void *context, const RowsetRow *row), void *context)
{
	const Rowset *set = &rowsets[relation];
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, select_of(set, true));
	if (set->by_height && relation != ROWSET_SPENDS)
	{
		appendStringInfo(&query, set->range, (unsigned long long) height,
						 (unsigned long long) height);
		appendStringInfoString(&query, " AND ");
	}
	appendStringInfo(&query,
					 "%s >= (%llu::bigint << 20) AND %s < (%llu::bigint + 1) << 20 ORDER BY %s",
					 set->place, (unsigned long long) height, set->place,
					 (unsigned long long) height, set->order);
	scan(query.data, relation, true, visit, context);
	pfree(query.data);
}
