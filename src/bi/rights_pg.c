/*
 * rights_pg.c - what a block did to works, shares and licences, as rows of mes_bi. Works and
 * licences have numbers of their own there, found by a cache over their tables.
 */
#include "bi/rights_pg.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "rights/field.h"
#include "rights/row.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define CACHED_MAX 200000
#define WORLD 1

/* A licence that is not as its row says, put right at the end of the block. */
typedef struct LicenceChange
{
	int64 key;
	int64 licensee_key;
	LicenceStatus status;
	uint64_t until_ms;
	bool sold;
} LicenceChange;

static struct
{
	HTAB *works;
	HTAB *licences;
	SPIPlanPtr work_plan;
	SPIPlanPtr licence_plan;
	SPIPlanPtr shares_plan;
	SPIPlanPtr change_plan;
	List *changes; /* of this block */
	uint32_t made; /* rows that this block numbered */
} rights;

static const char *const status_names[] = {
	[LICENCE_OFFERED] = "offered",
	[LICENCE_ACTIVE] = "active",
	[LICENCE_REVOKED] = "revoked",
	[LICENCE_WITHDRAWN] = "withdrawn",
};

/* ---- look-ups ----------------------------------------------------------------------------------
 */

static SPIPlanPtr
prepare(const char *query, int count, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare(query, count, types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

void
facts_rights_open(void)
{
	HASHCTL control = { .keysize = HASH_SIZE, .entrysize = sizeof(FactKnown) };

	rights.works = hash_create("meschain works", 256, &control, HASH_ELEM | HASH_BLOBS);
	rights.licences = hash_create("meschain licences", 256, &control, HASH_ELEM | HASH_BLOBS);
	rights.work_plan = prepare("SELECT work_key FROM mes_bi.dim_work WHERE work_id_hex = $1", 1,
							   (Oid[]){ TEXTOID });
	rights.licence_plan =
		prepare("SELECT licence_key, territory_key, medium_key, status, "
				"(extract(epoch FROM valid_until) * 1000)::bigint FROM mes_bi.dim_licence "
				"WHERE licence_id_hex = $1",
				1, (Oid[]){ TEXTOID });
	rights.shares_plan =
		prepare("SELECT value FROM mes_internal.state_rows WHERE table_number = 17 "
				"AND key = $1 AND height < $2 ORDER BY height DESC LIMIT 1",
				2, (Oid[]){ BYTEAOID, INT8OID });
	rights.change_plan = prepare(
		"UPDATE mes_bi.dim_licence SET status = $2, licensee_account_key = $3, "
		"valid_until = $4, changed_height = $5, "
		"granted_height = CASE WHEN $6 THEN $5 ELSE granted_height END, "
		"granted_at = CASE WHEN $6 THEN $7 ELSE granted_at END WHERE licence_key = $1",
		7, (Oid[]){ INT8OID, TEXTOID, INT8OID, TIMESTAMPTZOID, INT8OID, BOOLOID, TIMESTAMPTZOID });
}

static void
forget_all(HTAB *table)
{
	HASH_SEQ_STATUS scan;
	FactKnown *known;

	if (hash_get_num_entries(table) <= CACHED_MAX)
		return;
	hash_seq_init(&scan, table);
	while ((known = hash_seq_search(&scan)) != NULL)
		hash_search(table, &known->id, HASH_REMOVE, NULL);
}

static HeapTuple
look_up(SPIPlanPtr plan, Datum first, Datum second)
{
	if (SPI_execute_plan(plan, (Datum[]){ first, second }, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up rows of rights");
	return SPI_processed == 1 ? SPI_tuptable->vals[0] : NULL;
}

static int64
column(HeapTuple row, int number, bool *isnull)
{
	Datum value = SPI_getbinval(row, SPI_tuptable->tupdesc, number, isnull);

	return *isnull ? 0 : DatumGetInt64(value);
}

int64
facts_work(const RightsId *id)
{
	FactKnown *known = hash_search(rights.works, id, HASH_FIND, NULL);
	HeapTuple row;
	bool isnull;
	int64 key;

	if (known != NULL)
		return known->key;
	row = look_up(rights.work_plan, facts_hex(id), (Datum) 0);
	if (row == NULL)
		return 0;
	key = column(row, 1, &isnull);
	known = hash_search(rights.works, id, HASH_ENTER, NULL);
	known->key = key;
	return key;
}

static LicenceStatus
status_of(const char *name)
{
	for (size_t i = 0; i < lengthof(status_names); i++)
		if (strcmp(status_names[i], name) == 0)
			return (LicenceStatus) i;
	elog(ERROR, "\"%s\" is no status of a licence", name);
}

static FactKnown *
find_licence(const RightsId *id)
{
	FactKnown *known = hash_search(rights.licences, id, HASH_FIND, NULL);
	HeapTuple row;
	FactKnown read;
	bool isnull;

	if (known != NULL)
		return known;
	row = look_up(rights.licence_plan, facts_hex(id), (Datum) 0);
	if (row == NULL)
		return NULL;
	read = (FactKnown){ .id = *id,
						.key = column(row, 1, &isnull),
						.territory_key = column(row, 2, &isnull),
						.medium_key = column(row, 3, &isnull),
						.status = status_of(SPI_getvalue(row, SPI_tuptable->tupdesc, 4)) };
	read.until_ms = (uint64_t) column(row, 5, &isnull);
	if (isnull)
		read.until_ms = (uint64_t) RIGHTS_UNBOUNDED;
	known = hash_search(rights.licences, id, HASH_ENTER, NULL);
	*known = read;
	return known;
}

const FactKnown *
facts_licence(const RightsId *id)
{
	return find_licence(id);
}

/* ---- works, licences ---------------------------------------------------------------------------
 */

static int64
next_key(const Facts *facts)
{
	return (int64) OUTPUT_ID(facts->height, rights.made++);
}

void
facts_put_text(TupleTableSlot *row, int number, McSpan text)
{
	row->tts_isnull[number] = text.size == 0;
	row->tts_values[number] = text.size == 0 ? (Datum) 0 : facts_text(text);
}

static void
note_work(Facts *facts, const LedgerRow *from)
{
	TupleTableSlot *row;
	RightsId id;
	WorkRow work;
	FactKnown *known;

	memcpy(id.bytes, from->key.data, HASH_SIZE);
	if (facts_work(&id) != 0)
		return;
	if (!work_row_read(from->value, &work))
		elog(ERROR, "the row of a work is damaged");
	known = hash_search(rights.works, &id, HASH_ENTER, NULL);
	known->key = next_key(facts);
	row = facts_row(facts, DIM_WORK);
	row->tts_values[0] = Int64GetDatum(known->key);
	row->tts_values[1] = facts_hex(&id);
	row->tts_values[2] = facts_text(work.title);
	facts_put_text(row, 3, work.title_zh);
	row->tts_values[4] = facts_text(span_text(rights_work_kind_name(work.kind)));
	facts_put_text(row, 5, work.codes[RIGHTS_ISAN]);
	facts_put_text(row, 6, work.codes[RIGHTS_EIDR]);
	facts_put_text(row, 7, work.codes[RIGHTS_ISRC]);
	row->tts_values[8] = facts_hex(&work.content_hash);
	row->tts_values[9] = Int64GetDatum(facts_account(facts, &work.registrant));
	row->tts_values[10] = Int64GetDatum((int64) facts->height);
	row->tts_values[11] = facts->block_time;
}

/* A part of a country is that country's; its code stands beside it. */
static int64
territory_key(const char *code)
{
	if (strcmp(code, "WORLD") == 0)
		return WORLD;
	return (code[0] - 'A' + 1) * 100 + code[1] - 'A' + 1;
}

static int64
kind_key(const LicenceRow *licence)
{
	return (licence->scope.exclusive ? 1 : 0) + (licence->has_parent ? 2 : 0);
}

static Datum
moment(uint64_t ms, bool *isnull)
{
	/* what timestamptz cannot hold is as good as for ever */
	*isnull = ms >= UINT64_C(9000000000000000);
	return *isnull ? (Datum) 0 : TimestampTzGetDatum(tables_timestamp(ms));
}

static int64
licensee_key(Facts *facts, const LicenceRow *licence)
{
	/* an offer reserved for somebody is nobody's yet */
	return licence->has_licensee && licence->status != LICENCE_OFFERED
			   ? facts_account(facts, &licence->licensee)
			   : FACTS_NOBODY;
}

static void
write_licence(Facts *facts, const FactKnown *known, const LicenceRow *licence)
{
	TupleTableSlot *row = facts_row(facts, DIM_LICENCE);

	row->tts_values[0] = Int64GetDatum(known->key);
	row->tts_values[1] = facts_hex(&known->id);
	row->tts_values[2] = Int64GetDatum(facts_work(&licence->work_id));
	row->tts_values[3] = Int64GetDatum(facts_account(facts, &licence->licensor));
	row->tts_values[4] = Int64GetDatum(licensee_key(facts, licence));
	row->tts_values[5] = Int64GetDatum(known->territory_key);
	row->tts_values[6] = Int64GetDatum(known->medium_key);
	row->tts_values[7] = Int64GetDatum(kind_key(licence));
	row->tts_values[8] = facts_text(span_text(licence->scope.territory));
	row->tts_values[9] = facts_text(span_text(status_names[licence->status]));
	row->tts_values[10] = moment(licence->scope.from_ms, &row->tts_isnull[10]);
	row->tts_values[11] = moment(licence->scope.until_ms, &row->tts_isnull[11]);
	row->tts_values[12] = Int64GetDatum((int64) facts->height);
	row->tts_values[13] = facts->block_time;
	row->tts_values[14] = Int64GetDatum((int64) facts->height);
}

static void
write_sale(Facts *facts, const FactKnown *known, const LicenceRow *licence, uint32_t position)
{
	TupleTableSlot *row = facts_row(facts, FACT_LICENCE_SALE);
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(facts->block, &count);
	uint8_t decimals;
	int32 asset_id = facts_asset(&licence->asset, &decimals);

	facts_common(facts, row, next_key(facts));
	row->tts_values[4] = Int64GetDatum(known->key);
	row->tts_values[5] = Int64GetDatum(facts_work(&licence->work_id));
	row->tts_values[6] = Int64GetDatum(facts_account(facts, &licence->licensor));
	row->tts_values[7] = Int64GetDatum(licensee_key(facts, licence));
	row->tts_values[8] = Int64GetDatum(known->territory_key);
	row->tts_values[9] = Int64GetDatum(known->medium_key);
	row->tts_values[10] = Int64GetDatum(kind_key(licence));
	row->tts_values[11] = Int64GetDatum(asset_id);
	row->tts_values[12] = Int32GetDatum((int32) position);
	row->tts_values[13] = facts_hex(&txs[position].view->txid);
	row->tts_values[14] = facts_amount(licence->price, decimals);
}

static void
change_licence(Facts *facts, const FactKnown *known, const LicenceRow *licence, bool sold)
{
	LicenceChange *change = palloc(sizeof(LicenceChange));

	*change = (LicenceChange){ .key = known->key,
							   .licensee_key = licensee_key(facts, licence),
							   .status = licence->status,
							   .until_ms = licence->scope.until_ms,
							   .sold = sold };
	rights.changes = lappend(rights.changes, change);
}

static void
note_licence(Facts *facts, const LedgerRow *from)
{
	LicenceRow licence;
	RightsId id;
	FactKnown *known;
	bool is_new;
	bool sold;

	memcpy(id.bytes, from->key.data, HASH_SIZE);
	if (!licence_row_read(from->value, &licence))
		elog(ERROR, "the row of a licence is damaged");
	known = find_licence(&id);
	is_new = known == NULL;
	if (is_new)
	{
		known = hash_search(rights.licences, &id, HASH_ENTER, NULL);
		*known = (FactKnown){ .id = id,
							  .key = next_key(facts),
							  .territory_key = territory_key(licence.scope.territory),
							  .medium_key = licence.scope.medium };
		write_licence(facts, known, &licence);
	}
	sold = licence.status == LICENCE_ACTIVE && (is_new || known->status != LICENCE_ACTIVE);
	if (!is_new && (known->status != licence.status || known->until_ms != licence.scope.until_ms))
		change_licence(facts, known, &licence, sold);
	known->status = licence.status;
	known->until_ms = licence.scope.until_ms;
	if (sold)
		write_sale(facts, known, &licence, from->position);
}

/* ---- shares ------------------------------------------------------------------------------------
 */

/* The shares before this row: of an earlier row of the block, else as committed. */
static void
shares_before(const Facts *facts, const LedgerRow *rows, uint32_t number, RightsShares *shares)
{
	const LedgerRow *row = &rows[number];
	bytea *key = palloc(VARHDRSZ + HASH_SIZE);
	HeapTuple found;
	bytea *value;
	bool isnull;

	shares->count = 0;
	for (uint32_t i = number; i-- > 0;)
		if (rows[i].table == RIGHTS_SHARES && span_compare(rows[i].key, row->key) == 0)
		{
			if (!shares_row_read(rows[i].value, shares))
				elog(ERROR, "the shares of a work are damaged");
			return;
		}
	SET_VARSIZE(key, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(key), row->key.data, HASH_SIZE);
	found = look_up(rights.shares_plan, PointerGetDatum(key), Int64GetDatum((int64) facts->height));
	if (found == NULL)
		return;
	value = DatumGetByteaPP(SPI_getbinval(found, SPI_tuptable->tupdesc, 1, &isnull));
	if (!shares_row_read(span_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)), shares))
		elog(ERROR, "the shares of a work are damaged");
}

static uint32_t
share_in(const RightsShares *shares, const McAddress *holder)
{
	for (uint32_t i = 0; i < shares->count; i++)
		if (hash_equal(&shares->items[i].holder, holder))
			return shares->items[i].ppm;
	return 0;
}

static void
write_share_change(Facts *facts, const LedgerRow *from, const McAddress *holder, uint32_t before,
				   uint32_t after)
{
	TupleTableSlot *row;
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(facts->block, &count);
	RightsId work;

	if (before == after)
		return;
	memcpy(work.bytes, from->key.data, HASH_SIZE);
	row = facts_row(facts, FACT_SHARE_CHANGE);
	facts_common(facts, row, next_key(facts));
	row->tts_values[4] = Int64GetDatum(facts_work(&work));
	row->tts_values[5] = Int64GetDatum(facts_account(facts, holder));
	row->tts_values[6] = Int32GetDatum((int32) from->position);
	row->tts_values[7] = Int32GetDatum((int32) before);
	row->tts_values[8] = Int32GetDatum((int32) after);
	row->tts_values[9] = facts_hex(&txs[from->position].view->txid);
	row->tts_values[10] = facts_amount((int64_t) after - before, 6);
}

static void
note_shares(Facts *facts, const LedgerRow *rows, uint32_t number)
{
	RightsShares before;
	RightsShares after;

	if (!shares_row_read(rows[number].value, &after))
		elog(ERROR, "the shares of a work are damaged");
	shares_before(facts, rows, number, &before);
	for (uint32_t i = 0; i < before.count; i++)
		write_share_change(facts, &rows[number], &before.items[i].holder, before.items[i].ppm,
						   share_in(&after, &before.items[i].holder));
	for (uint32_t i = 0; i < after.count; i++)
		if (share_in(&before, &after.items[i].holder) == 0)
			write_share_change(facts, &rows[number], &after.items[i].holder, 0, after.items[i].ppm);
}

/* ---- a block -----------------------------------------------------------------------------------
 */

void
facts_rights(Facts *facts)
{
	uint32_t count;
	const LedgerRow *rows = ledger_block_rows(facts->block, &count);

	forget_all(rights.works);
	forget_all(rights.licences);
	rights.changes = NIL;
	rights.made = 0;
	for (uint32_t i = 0; i < count; i++)
		if (rows[i].table == RIGHTS_WORKS)
			note_work(facts, &rows[i]);
	for (uint32_t i = 0; i < count; i++)
	{
		if (rows[i].table == RIGHTS_LICENCES)
			note_licence(facts, &rows[i]);
		else if (rows[i].table == RIGHTS_SHARES)
			note_shares(facts, rows, i);
	}
}

static void
write_change(const Facts *facts, const LicenceChange *change)
{
	bool until_null;
	Datum values[7] = {
		Int64GetDatum(change->key),
		CStringGetTextDatum(status_names[change->status]),
		Int64GetDatum(change->licensee_key),
		moment(change->until_ms, &until_null),
		Int64GetDatum((int64) facts->height),
		BoolGetDatum(change->sold),
		facts->block_time,
	};
	const char nulls[7] = { ' ', ' ', ' ', until_null ? 'n' : ' ', ' ', ' ', ' ' };

	if (SPI_execute_plan(rights.change_plan, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not change a licence's row");
}

/* What changes rows that are there: after the block's own rows. */
void
facts_rights_end(const Facts *facts)
{
	ListCell *cell;

	foreach (cell, rights.changes)
		write_change(facts, lfirst(cell));
}
