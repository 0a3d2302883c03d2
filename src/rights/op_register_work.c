/*
 * op_register_work.c - registers a work: [kind, title, title_zh or null, content_hash, isan, eidr,
 * isrc (each or null), evidence or null, resale_ppm, [[source, ppm], ...], [[holder, ppm], ...],
 * metadata]. The actor becomes registrant and agent. What it derives from must be registered
 * before, so a new work can close no circle.
 */
#include "rights/operations.h"

#include "rights/derive.h"
#include "rights/field.h"
#include "rights/identifier.h"
#include "rights/title.h"
#include "rights/work.h"

typedef struct Register
{
	WorkRow work;
	RightsShares shares;
} Register;

static McStatus
read_titles(WireReader *reader, WorkRow *work, McProblem *problem)
{
	McStatus status;

	if (!wire_read_text(reader, SIZE_MAX, &work->title))
		return part_wire_problem(reader, problem);
	status = rights_check_title(work->title, problem);
	if (status == MC_OK && wire_peek(reader) == WIRE_TEXT)
	{
		status = field_optional_text(reader, &work->title_zh, problem);
		if (status == MC_OK)
			status = rights_check_title(work->title_zh, problem);
	}
	else if (status == MC_OK)
		status = field_optional_text(reader, &work->title_zh, problem);
	return status;
}

/* An identifier stands in what is signed as the ledger keeps it. */
static McStatus
read_codes(WireReader *reader, WorkRow *work, McProblem *problem)
{
	McStatus status = MC_OK;

	for (int code = 0; status == MC_OK && code < RIGHTS_CODE_COUNT; code++)
	{
		McSpan text;
		char normal[RIGHTS_CODE_SIZE_MAX + 1];
		bool given = wire_peek(reader) != WIRE_NULL;

		status = field_optional_text(reader, &text, problem);
		if (status == MC_OK && given &&
			(!rights_normalise_code((RightsCode) code, text, normal) ||
			 span_compare(text, span_text(normal)) != 0))
			status = status_problem_name(problem, MC_INVALID_IDENTIFIER, (const char *) text.data,
										 text.size);
		work->codes[code] = text;
	}
	return status;
}

static McStatus
read_arguments(McSpan arguments, Register *new, McProblem *problem)
{
	WorkRow *work = &new->work;
	WireReader reader;
	McStatus status;

	memset(work, 0, sizeof(*work));
	wire_reader_init(&reader, arguments);
	if (!wire_read_tuple(&reader, 12))
		return part_wire_problem(&reader, problem);
	status = field_work_kind(&reader, &work->kind, problem);
	if (status == MC_OK)
		status = read_titles(&reader, work, problem);
	if (status == MC_OK)
		status = field_hash(&reader, &work->content_hash, problem);
	if (status == MC_OK)
		status = read_codes(&reader, work, problem);
	if (status == MC_OK)
		status = field_optional_hash(&reader, &work->has_evidence, &work->evidence, problem);
	if (status == MC_OK)
		status = field_ppm(&reader, RIGHTS_RESALE_PPM_MAX, &work->resale_ppm, problem);
	if (status == MC_OK)
		status = field_sources(&reader, &work->source_count, work->sources, problem);
	if (status == MC_OK)
		status = field_shares(&reader, &new->shares, problem);
	if (status == MC_OK)
		status = part_read_metadata(&reader, &work->metadata, problem);
	return status == MC_OK ? field_end(&reader, problem) : status;
}

static McStatus
check(McSpan arguments, uint32_t *output_count, McProblem *problem)
{
	Register new;

	*output_count = 0;
	return read_arguments(arguments, &new, problem);
}

/* The key of RIGHTS_CODES: the identifier's kind and text. */
static McSpan
code_key(RightsCode code, McSpan text, char key[RIGHTS_CODE_SIZE_MAX + 8])
{
	size_t head = strlen(rights_code_name(code));

	memcpy(key, rights_code_name(code), head);
	key[head] = ':';
	memcpy(key + head + 1, text.data, text.size);
	return span_of(key, head + 1 + text.size);
}

static McStatus
take_codes(TxWorld *world, const WorkRow *work, const RightsId *id, McProblem *problem)
{
	for (int code = 0; code < RIGHTS_CODE_COUNT; code++)
	{
		char text[RIGHTS_CODE_SIZE_MAX + 8];
		McSpan key;
		McSpan value;

		if (work->codes[code].size == 0)
			continue;
		key = code_key((RightsCode) code, work->codes[code], text);
		if (world->get_row(world, RIGHTS_CODES, key, &value))
			return status_problem_name(problem, MC_IDENTIFIER_TAKEN,
									   (const char *) work->codes[code].data,
									   work->codes[code].size);
		world->put_row(world, RIGHTS_CODES, key, span_hash(id));
	}
	return MC_OK;
}

static McStatus
execute(const TxOperation *operation, TxWorld *world, McProblem *problem)
{
	Register new;
	RightsId id;
	McSpan value;
	McStatus status;

	read_arguments(operation->arguments, &new, NULL);
	rights_work_id(&new.work.content_hash, &id);
	if (world->get_row(world, RIGHTS_WORKS, span_hash(&id), &value))
		return part_problem_hex(problem, MC_WORK_EXISTS, new.work.content_hash.bytes, HASH_SIZE);
	new.work.registrant = operation->actor_address;
	new.work.agent = operation->actor_address;
	status = rights_build_upon(world, &new.work, problem);
	if (status == MC_OK)
		status = take_codes(world, &new.work, &id, problem);
	if (status != MC_OK)
		return status;
	rights_put_work(world, &id, &new.work);
	rights_put_shares(world, &id, &new.shares);
	return MC_OK;
}

static void
describe(const TxOperation *operation, TxFields *fields)
{
	Register new;
	const WorkRow *work = &new.work;
	RightsId id;

	read_arguments(operation->arguments, &new, NULL);
	rights_work_id(&work->content_hash, &id);
	fields->hash(fields, "work_id", &id);
	fields->text(fields, "kind", span_text(rights_work_kind_name(work->kind)));
	fields->text(fields, "title", work->title);
	if (work->title_zh.size > 0)
		fields->text(fields, "title_zh", work->title_zh);
	fields->hash(fields, "content_hash", &work->content_hash);
	for (int code = 0; code < RIGHTS_CODE_COUNT; code++)
		if (work->codes[code].size > 0)
			fields->text(fields, rights_code_name((RightsCode) code), work->codes[code]);
	if (work->has_evidence)
		fields->hash(fields, "evidence_hash", &work->evidence);
	fields->number(fields, "resale_ppm", work->resale_ppm);
	fields->open_list(fields, "sources");
	for (uint32_t i = 0; i < work->source_count; i++)
	{
		fields->open_item(fields);
		fields->hash(fields, "work_id", &work->sources[i].work_id);
		fields->number(fields, "share_ppm", work->sources[i].ppm);
	}
	fields->close_list(fields);
	fields->open_list(fields, "shares");
	for (uint32_t i = 0; i < new.shares.count; i++)
	{
		fields->open_item(fields);
		fields->address(fields, "holder_address", &new.shares.items[i].holder);
		fields->number(fields, "share_ppm", new.shares.items[i].ppm);
	}
	fields->close_list(fields);
	fields->cbor(fields, "metadata", work->metadata);
}

void
operation_put_register_work(WireWriter *writer, const WorkRow *work, const RightsShares *shares)
{
	wire_put_array(writer, 12);
	wire_put_uint(writer, work->kind);
	wire_put_text(writer, work->title);
	field_put_optional_text(writer, work->title_zh);
	wire_put_bytes(writer, work->content_hash.bytes, HASH_SIZE);
	for (int code = 0; code < RIGHTS_CODE_COUNT; code++)
		field_put_optional_text(writer, work->codes[code]);
	field_put_optional_hash(writer, work->has_evidence, &work->evidence);
	wire_put_uint(writer, work->resale_ppm);
	field_put_sources(writer, work->source_count, work->sources);
	field_put_shares(writer, shares);
	wire_put_raw(writer, work->metadata);
}

const TxOperationKind operation_register_work = {
	.number = OPERATION_REGISTER_WORK,
	.name = "register_work",
	.description = "registers a work with its identifiers, sources and owners",
	.check = check,
	.execute = execute,
	.describe = describe,
	.rows_max = 2 + RIGHTS_CODE_COUNT + RIGHTS_SOURCES_MAX,
	.state_bytes_max = RIGHTS_SOURCES_MAX * WORK_ROW_BYTES_MAX,
};
