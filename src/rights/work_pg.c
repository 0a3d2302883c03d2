/*
 * work_pg.c - registering works: arguments as people write them, identifiers brought to their
 * normal form, titles to Unicode's.
 */
#include "rights/rights_pg.h"

#include "base/address.h"
#include "catalog/pg_collation.h"
#include "node/errors_pg.h"
#include "node/json_pg.h"
#include "node/submission_pg.h"
#include "rights/field.h"
#include "rights/identifier.h"
#include "rights/operations.h"
#include "rights/work.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#define ARGUMENTS_MAX (WORK_ROW_BYTES_MAX + RIGHTS_HOLDERS_MAX * 48 + 1024)

/* ---- jsonb of parts: {"mes1...": 600000, ...} ---------------------------------------------------
 */

typedef void (*PartReader)(void *target, McSpan name, uint32_t ppm);

static uint32_t
part_ppm(const JsonbValue *value, McSpan name)
{
	McProblem problem;
	int64 ppm = 0;

	if (value->type != jbvNumeric)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the part of \"%.*s\" must be a number of parts per million",
							   (int) name.size, name.data)));
	ppm = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
	if (ppm < 1 || ppm > PPM_WHOLE)
		problem_check(status_problem(&problem, MC_PPM_RANGE, ppm, PPM_WHOLE), &problem);
	return (uint32_t) ppm;
}

static void
read_parts(Jsonb *json, const char *name, PartReader reader, void *target)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must be a JSON object of parts per million", name)));
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		McSpan text;

		if (token != WJB_KEY)
			continue;
		text = span_of(key.val.string.val, (size_t) key.val.string.len);
		(void) JsonbIteratorNext(&iterator, &value, true);
		reader(target, text, part_ppm(&value, text));
	}
}

static void
add_share(void *target, McSpan name, uint32_t ppm)
{
	RightsShares *shares = target;
	McProblem problem;
	McAddress holder;
	uint32_t place = 0;

	problem_check(address_parse(name, &holder, &problem), &problem);
	if (shares->count == RIGHTS_HOLDERS_MAX)
		problem_check(status_problem(&problem, MC_TOO_MANY_HOLDERS, RIGHTS_HOLDERS_MAX + 1,
									 RIGHTS_HOLDERS_MAX),
					  &problem);
	while (place < shares->count &&
		   memcmp(shares->items[place].holder.bytes, holder.bytes, HASH_SIZE) < 0)
		place++;
	memmove(&shares->items[place + 1], &shares->items[place],
			(shares->count - place) * sizeof(RightsShare));
	shares->items[place] = (RightsShare){ .holder = holder, .ppm = ppm };
	shares->count++;
}

static void
add_source(void *target, McSpan name, uint32_t ppm)
{
	WorkRow *work = target;
	McProblem problem;
	RightsId id;
	uint32_t place = 0;

	if (name.size != 2 * HASH_SIZE ||
		hex_decode((const char *) name.data, name.size, (char *) id.bytes) != HASH_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%.*s\" is not a work_id in hex", (int) name.size, name.data)));
	if (work->source_count == RIGHTS_SOURCES_MAX)
		problem_check(status_problem(&problem, MC_TOO_MANY_SOURCES, RIGHTS_SOURCES_MAX + 1,
									 RIGHTS_SOURCES_MAX),
					  &problem);
	while (place < work->source_count &&
		   memcmp(work->sources[place].work_id.bytes, id.bytes, HASH_SIZE) < 0)
		place++;
	memmove(&work->sources[place + 1], &work->sources[place],
			(work->source_count - place) * sizeof(RightsSource));
	work->sources[place] = (RightsSource){ .work_id = id, .ppm = ppm };
	work->source_count++;
}

void
rights_shares_argument(FunctionCallInfo fcinfo, int argument, RightsShares *shares)
{
	shares->count = 0;
	read_parts(PG_GETARG_JSONB_P(argument), "shares", add_share, shares);
}

/* ---- the work
 * ------------------------------------------------------------------------------------
 */

static McSpan
title_argument(FunctionCallInfo fcinfo, int argument)
{
	Datum form = CStringGetTextDatum("NFC");

	if (PG_ARGISNULL(argument))
		return span_of(NULL, 0);
	return rights_span(DatumGetByteaPP(
		DirectFunctionCall2(unicode_normalize_func, PG_GETARG_DATUM(argument), form)));
}

static McSpan
code_argument(FunctionCallInfo fcinfo, int argument, RightsCode code)
{
	McSpan text = rights_text_argument(fcinfo, argument);
	char *normal = palloc(RIGHTS_CODE_SIZE_MAX + 1);
	McProblem problem;

	if (PG_ARGISNULL(argument))
		return text;
	if (!rights_normalise_code(code, text, normal))
		problem_check(status_problem_name(&problem, MC_INVALID_IDENTIFIER, (const char *) text.data,
										  text.size),
					  &problem);
	return span_text(normal);
}

static uint32_t
kind_argument(FunctionCallInfo fcinfo, int argument)
{
	McSpan text = rights_text_argument(fcinfo, argument);
	uint32_t number = 0;

	while (number < 64 && (rights_work_kind_name(number) == NULL ||
						   span_compare(text, span_text(rights_work_kind_name(number))) != 0))
		number++;
	if (number < 64)
		return number;
	rights_refuse_choice("work kind", text);
}

/*
 * (title, content_hash, kind, title_zh, isan, eidr, isrc, shares, sources, resale_ppm,
 * evidence_hash, metadata)
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_register_work);
Datum
mes_register_work(PG_FUNCTION_ARGS)
{
	WorkRow work = { 0 };
	RightsShares shares = { 0 };
	WireWriter writer;

	rights_hash_argument(fcinfo, 1, "content_hash", &work.content_hash);
	work.title = title_argument(fcinfo, 0);
	work.kind = kind_argument(fcinfo, 2);
	work.title_zh = title_argument(fcinfo, 3);
	for (int code = 0; code < RIGHTS_CODE_COUNT; code++)
		work.codes[code] = code_argument(fcinfo, 4 + code, (RightsCode) code);
	if (PG_ARGISNULL(7))
	{
		shares.count = 1;
		shares.items[0] = (RightsShare){ .holder = *submission_address(), .ppm = PPM_WHOLE };
	}
	else
		rights_shares_argument(fcinfo, 7, &shares);
	if (!PG_ARGISNULL(8))
		read_parts(PG_GETARG_JSONB_P(8), "sources", add_source, &work);
	work.resale_ppm = rights_ppm_argument(fcinfo, 9);
	work.has_evidence = !PG_ARGISNULL(10);
	if (work.has_evidence)
		rights_hash_argument(fcinfo, 10, "evidence_hash", &work.evidence);
	work.metadata = rights_metadata_argument(fcinfo, 11);
	wire_writer_init(&writer, palloc(ARGUMENTS_MAX), ARGUMENTS_MAX);
	operation_put_register_work(&writer, &work, &shares);
	return rights_submit(OPERATION_REGISTER_WORK, &writer);
}

/* (content_hash) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_work_id);
Datum
mes_work_id(PG_FUNCTION_ARGS)
{
	McHash content;
	RightsId id;

	rights_hash_argument(fcinfo, 0, "content_hash", &content);
	rights_work_id(&content, &id);
	PG_RETURN_DATUM(rights_bytes(id.bytes, HASH_SIZE));
}
