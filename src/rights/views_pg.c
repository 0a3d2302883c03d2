/*
 * views_pg.c - what the relations of rights show of stored bytes: state rows and the
 * payments in bodies. Damage found here is an error of this node's disk, which mes.verify() finds.
 */
#include "rights/rights_pg.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "node/json_pg.h"
#include "rights/field.h"
#include "rights/identifier.h"
#include "rights/row.h"
#include "utils/builtins.h"

static void damaged(const char *what) pg_attribute_noreturn();

static void
damaged(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("%s is damaged", what),
					errhint("Run mes.verify() to find the rows at fault.")));
}

Datum
rights_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

static Datum
optional_text(McSpan text, bool *isnull)
{
	*isnull = text.size == 0;
	return *isnull ? (Datum) 0 : rights_text(text);
}

static Datum
optional_hash(bool has, const McHash *hash, bool *isnull)
{
	*isnull = !has;
	return has ? rights_bytes(hash->bytes, HASH_SIZE) : (Datum) 0;
}

static Datum
bounded_number(int64_t number, bool *isnull)
{
	*isnull = number == RIGHTS_UNBOUNDED;
	return Int64GetDatum(number);
}

/* registrant, agent, kind, title, title_zh, content_hash, isan, eidr, isrc, evidence_hash,
 * resale_ppm, depth, built_upon, metadata */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_work_state);
Datum
mes_internal_work_state(PG_FUNCTION_ARGS)
{
	WorkRow row;
	Datum values[14];
	bool nulls[14] = { false };

	if (!work_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		damaged("the state of a work");
	values[0] = rights_bytes(row.registrant.bytes, HASH_SIZE);
	values[1] = rights_bytes(row.agent.bytes, HASH_SIZE);
	values[2] = CStringGetTextDatum(rights_work_kind_name(row.kind));
	values[3] = rights_text(row.title);
	values[4] = optional_text(row.title_zh, &nulls[4]);
	values[5] = rights_bytes(row.content_hash.bytes, HASH_SIZE);
	for (int code = 0; code < RIGHTS_CODE_COUNT; code++)
		values[6 + code] = optional_text(row.codes[code], &nulls[6 + code]);
	values[9] = optional_hash(row.has_evidence, &row.evidence, &nulls[9]);
	values[10] = Int32GetDatum((int32) row.resale_ppm);
	values[11] = Int32GetDatum((int32) row.depth);
	values[12] = BoolGetDatum(row.built_upon);
	values[13] = PointerGetDatum(json_from_wire(row.metadata));
	PG_RETURN_DATUM(rights_row(fcinfo, values, nulls));
}

/* source, share_ppm: the works that a work derives from */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_work_sources);
Datum
mes_internal_work_sources(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WorkRow row;

	if (!work_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		damaged("the state of a work");
	InitMaterializedSRF(fcinfo, 0);
	for (uint32_t i = 0; i < row.source_count; i++)
	{
		Datum values[2] = { rights_bytes(row.sources[i].work_id.bytes, HASH_SIZE),
							Int32GetDatum((int32) row.sources[i].ppm) };
		bool nulls[2] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* holder, share_ppm */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_share_rows);
Datum
mes_internal_share_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	RightsShares shares;

	if (!shares_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &shares))
		damaged("the shares of a work");
	InitMaterializedSRF(fcinfo, 0);
	for (uint32_t i = 0; i < shares.count; i++)
	{
		Datum values[2] = { rights_bytes(shares.items[i].holder.bytes, HASH_SIZE),
							Int32GetDatum((int32) shares.items[i].ppm) };
		bool nulls[2] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* owner, kind, code, title, content_hash, metadata */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_item_state);
Datum
mes_internal_item_state(PG_FUNCTION_ARGS)
{
	ItemRow row;
	Datum values[6];
	bool nulls[6] = { false };

	if (!item_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		damaged("the state of an item");
	values[0] = rights_bytes(row.owner.bytes, HASH_SIZE);
	values[1] = rights_text(row.kind);
	values[2] = rights_text(row.code);
	values[3] = optional_text(row.title, &nulls[3]);
	values[4] = optional_hash(row.has_content, &row.content_hash, &nulls[4]);
	values[5] = PointerGetDatum(json_from_wire(row.metadata));
	PG_RETURN_DATUM(rights_row(fcinfo, values, nulls));
}

/* work_id, seller, buyer, share_ppm, asset, price_units, valid_until, status */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_offer_state);
Datum
mes_internal_offer_state(PG_FUNCTION_ARGS)
{
	static const char *const status_names[] = { "open", "sold", "withdrawn" };
	OfferRow row;
	Datum values[8];
	bool nulls[8] = { false };

	if (!offer_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		damaged("the state of an offer");
	values[0] = rights_bytes(row.work_id.bytes, HASH_SIZE);
	values[1] = rights_bytes(row.seller.bytes, HASH_SIZE);
	values[2] = optional_hash(row.has_buyer, &row.buyer, &nulls[2]);
	values[3] = Int32GetDatum((int32) row.ppm);
	values[4] = CStringGetTextDatum(row.asset.code);
	values[5] = Int64GetDatum(row.price);
	values[6] = rights_moment(row.until_ms, &nulls[6]);
	values[7] = CStringGetTextDatum(status_names[row.status]);
	PG_RETURN_DATUM(rights_row(fcinfo, values, nulls));
}

/* left_units, reward_ppm */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_reward_state);
Datum
mes_internal_reward_state(PG_FUNCTION_ARGS)
{
	RewardRow row;
	Datum values[2];
	bool nulls[2] = { false };

	if (!reward_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		damaged("the state of a pool");
	values[0] = Int64GetDatum(row.left);
	values[1] = Int32GetDatum((int32) row.ppm);
	PG_RETURN_DATUM(rights_row(fcinfo, values, nulls));
}

static void
licence_values(const LicenceRow *row, Datum *values, bool *nulls)
{
	static const char *const status_names[] = { "offered", "active", "revoked", "withdrawn" };

	values[0] = rights_bytes(row->work_id.bytes, HASH_SIZE);
	values[1] = rights_bytes(row->licensor.bytes, HASH_SIZE);
	values[2] = optional_hash(row->has_licensee, &row->licensee, &nulls[2]);
	values[3] = CStringGetTextDatum(row->scope.territory);
	values[4] = CStringGetTextDatum(rights_medium_name(row->scope.medium));
	values[5] = BoolGetDatum(row->scope.exclusive);
	values[6] = rights_moment(row->scope.from_ms, &nulls[6]);
	values[7] = rights_moment(row->scope.until_ms, &nulls[7]);
	values[8] = bounded_number(row->uses_left, &nulls[8]);
	values[9] = Int64GetDatum(row->price);
	values[10] = CStringGetTextDatum(row->asset.code);
	values[11] = optional_hash(row->has_parent, &row->parent, &nulls[11]);
	values[12] = Int32GetDatum((int32) row->depth_left);
	values[13] = CStringGetTextDatum(status_names[row->status]);
	values[14] = optional_hash(row->has_offer, &row->offer, &nulls[14]);
	values[15] = BoolGetDatum(row->standing);
	values[16] = Int32GetDatum((int32) row->royalty_ppm);
	values[17] = Int64GetDatum(row->royalty_per_use);
	values[18] = bounded_number(row->notice_ms, &nulls[18]);
	values[19] = optional_hash(row->has_terms, &row->terms_hash, &nulls[19]);
}

/* work_id, licensor, licensee, territory, medium, exclusive, valid_from, valid_until, uses_left,
 * price_units, asset, parent, depth_left, status, offer, standing, royalty_ppm, per_use_units,
 * notice_ms, terms_hash */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_licence_state);
Datum
mes_internal_licence_state(PG_FUNCTION_ARGS)
{
	LicenceRow row;
	Datum values[20];
	bool nulls[20] = { false };

	if (!licence_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		damaged("the state of a licence");
	licence_values(&row, values, nulls);
	PG_RETURN_DATUM(rights_row(fcinfo, values, nulls));
}

/* number, name, english, chinese of the lists */
static Datum
list_rows(FunctionCallInfo fcinfo, const char *const (*rows)[3], const int *numbers, size_t count)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < count; i++)
	{
		Datum values[4] = { Int32GetDatum(numbers[i]), CStringGetTextDatum(rows[i][0]),
							CStringGetTextDatum(rows[i][1]), CStringGetTextDatum(rows[i][2]) };
		bool nulls[4] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_work_kinds);
Datum
mes_internal_work_kinds(PG_FUNCTION_ARGS)
{
	static const char *const rows[][3] = {
#define RIGHTS_WORK_KIND(number, name, english, chinese) { name, english, chinese },
#include "rights/codes.def"
	};
	static const int numbers[] = {
#define RIGHTS_WORK_KIND(number, name, english, chinese) number,
#include "rights/codes.def"
	};

	return list_rows(fcinfo, rows, numbers, lengthof(numbers));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_mediums);
Datum
mes_internal_mediums(PG_FUNCTION_ARGS)
{
	static const char *const rows[][3] = {
#define RIGHTS_MEDIUM(number, name, english, chinese) { name, english, chinese },
#include "rights/codes.def"
	};
	static const int numbers[] = {
#define RIGHTS_MEDIUM(number, name, english, chinese) number,
#include "rights/codes.def"
	};

	return list_rows(fcinfo, rows, numbers, lengthof(numbers));
}
