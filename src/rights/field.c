/* field.c - see field.h. Every limit has a refusal of its own. */
#include "rights/field.h"

#include <inttypes.h>
#include <stdio.h>

static const struct
{
	uint64_t number;
	const char *name;
} work_kinds[] = {
#define RIGHTS_WORK_KIND(number, name, english, chinese) { number, name },
#include "rights/codes.def"
}, mediums[] = {
#define RIGHTS_MEDIUM(number, name, english, chinese) { number, name },
#include "rights/codes.def"
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

const char *
rights_work_kind_name(uint64_t number)
{
	for (size_t i = 0; i < COUNT(work_kinds); i++)
		if (work_kinds[i].number == number)
			return work_kinds[i].name;
	return NULL;
}

const char *
rights_medium_name(uint64_t number)
{
	for (size_t i = 0; i < COUNT(mediums); i++)
		if (mediums[i].number == number)
			return mediums[i].name;
	return NULL;
}

static McStatus
unknown_choice(const char *what, uint64_t number, McProblem *problem)
{
	char text[48];

	snprintf(text, sizeof(text), "%s %" PRIu64, what, number);
	return status_problem_name(problem, MC_UNKNOWN_CHOICE, text, strlen(text));
}

McStatus
field_work_kind(WireReader *reader, uint32_t *kind, McProblem *problem)
{
	uint64_t number;
	McStatus status = part_read_number(reader, &number, problem);

	if (status == MC_OK && rights_work_kind_name(number) == NULL)
		status = unknown_choice("work kind", number, problem);
	*kind = status == MC_OK ? (uint32_t) number : 0;
	return status;
}

McStatus
field_medium(WireReader *reader, uint32_t *medium, McProblem *problem)
{
	uint64_t number;
	McStatus status = part_read_number(reader, &number, problem);

	if (status == MC_OK && rights_medium_name(number) == NULL)
		status = unknown_choice("medium", number, problem);
	*medium = status == MC_OK ? (uint32_t) number : 0;
	return status;
}

McStatus
field_hash(WireReader *reader, McHash *hash, McProblem *problem)
{
	if (!wire_read_fixed(reader, hash->bytes, HASH_SIZE))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
field_optional_hash(WireReader *reader, bool *has, McHash *hash, McProblem *problem)
{
	*has = wire_peek(reader) != WIRE_NULL;
	if (*has ? !wire_read_fixed(reader, hash->bytes, HASH_SIZE) : !wire_read_null(reader))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
field_bool(WireReader *reader, bool *value, McProblem *problem)
{
	if (!wire_read_bool(reader, value))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
field_ppm(WireReader *reader, uint32_t maximum, uint32_t *ppm, McProblem *problem)
{
	uint64_t number;
	McStatus status = part_read_number(reader, &number, problem);

	if (status == MC_OK && number > maximum)
		status = status_problem(problem, MC_PPM_RANGE, (int64_t) number, maximum);
	*ppm = status == MC_OK ? (uint32_t) number : 0;
	return status;
}

McStatus
field_bounded(WireReader *reader, uint64_t *number, McProblem *problem)
{
	*number = RIGHTS_UNBOUNDED;
	if (wire_peek(reader) == WIRE_NULL)
		return wire_read_null(reader) ? MC_OK : part_wire_problem(reader, problem);
	if (!wire_read_uint_max(reader, RIGHTS_UNBOUNDED - 1, number))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
field_optional_text(WireReader *reader, McSpan *text, McProblem *problem)
{
	*text = span_of(NULL, 0);
	if (wire_peek(reader) == WIRE_NULL)
		return wire_read_null(reader) ? MC_OK : part_wire_problem(reader, problem);
	if (!wire_read_text(reader, SIZE_MAX, text))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

McStatus
field_territory(WireReader *reader, char territory[RIGHTS_TERRITORY_MAX + 1], McProblem *problem)
{
	McSpan text;

	if (!wire_read_text(reader, SIZE_MAX, &text))
		return part_wire_problem(reader, problem);
	if (!territory_valid(text))
		return status_problem_name(problem, MC_INVALID_TERRITORY, (const char *) text.data,
								   text.size);
	memcpy(territory, text.data, text.size);
	territory[text.size] = '\0';
	return MC_OK;
}

static McStatus
read_source(WireReader *reader, const RightsSource *before, RightsSource *source,
			McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return part_wire_problem(reader, problem);
	status = field_hash(reader, &source->work_id, problem);
	if (status == MC_OK)
		status = field_ppm(reader, PPM_WHOLE, &source->ppm, problem);
	if (status == MC_OK && source->ppm == 0)
		status = status_problem(problem, MC_PPM_RANGE, 0, PPM_WHOLE);
	if (status == MC_OK && before != NULL &&
		memcmp(before->work_id.bytes, source->work_id.bytes, HASH_SIZE) >= 0)
		status = part_problem_hex(problem, MC_SOURCES_UNORDERED, source->work_id.bytes, HASH_SIZE);
	return status;
}

McStatus
field_sources(WireReader *reader, uint32_t *count, RightsSource sources[RIGHTS_SOURCES_MAX],
			  McProblem *problem)
{
	size_t items;
	uint64_t sum = 0;
	McStatus status =
		part_read_list(reader, RIGHTS_SOURCES_MAX, MC_TOO_MANY_SOURCES, &items, problem);

	*count = status == MC_OK ? (uint32_t) items : 0;
	for (uint32_t i = 0; status == MC_OK && i < *count; i++)
	{
		status = read_source(reader, i > 0 ? &sources[i - 1] : NULL, &sources[i], problem);
		sum += sources[i].ppm;
	}
	if (status == MC_OK && sum > PPM_WHOLE)
		status = status_problem(problem, MC_SOURCES_OVER, (int64_t) sum, PPM_WHOLE);
	return status;
}

static McStatus
read_share(WireReader *reader, const RightsShare *before, RightsShare *share, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return part_wire_problem(reader, problem);
	status = field_hash(reader, &share->holder, problem);
	if (status == MC_OK)
		status = field_ppm(reader, PPM_WHOLE, &share->ppm, problem);
	if (status == MC_OK && share->ppm == 0)
		status = status_problem(problem, MC_PPM_RANGE, 0, PPM_WHOLE);
	if (status == MC_OK && before != NULL &&
		memcmp(before->holder.bytes, share->holder.bytes, HASH_SIZE) >= 0)
		status = part_problem_address(problem, MC_HOLDERS_UNORDERED, &share->holder);
	return status;
}

McStatus
field_shares(WireReader *reader, RightsShares *shares, McProblem *problem)
{
	size_t items;
	uint64_t sum = 0;
	McStatus status =
		part_read_list(reader, RIGHTS_HOLDERS_MAX, MC_TOO_MANY_HOLDERS, &items, problem);

	shares->count = status == MC_OK ? (uint32_t) items : 0;
	for (uint32_t i = 0; status == MC_OK && i < shares->count; i++)
	{
		status =
			read_share(reader, i > 0 ? &shares->items[i - 1] : NULL, &shares->items[i], problem);
		sum += shares->items[i].ppm;
	}
	if (status == MC_OK && sum != PPM_WHOLE)
		status = status_problem(problem, MC_SHARES_SUM, (int64_t) sum, PPM_WHOLE);
	return status;
}

McStatus
field_end(WireReader *reader, McProblem *problem)
{
	return wire_read_end(reader) ? MC_OK : part_wire_problem(reader, problem);
}

void
field_put_optional_hash(WireWriter *writer, bool has, const McHash *hash)
{
	if (has)
		wire_put_bytes(writer, hash->bytes, HASH_SIZE);
	else
		wire_put_null(writer);
}

void
field_put_bounded(WireWriter *writer, uint64_t number)
{
	assert(number <= RIGHTS_UNBOUNDED);
	if (number < RIGHTS_UNBOUNDED)
		wire_put_uint(writer, number);
	else
		wire_put_null(writer);
}

void
field_put_optional_text(WireWriter *writer, McSpan text)
{
	if (text.size > 0)
		wire_put_text(writer, text);
	else
		wire_put_null(writer);
}

void
field_put_sources(WireWriter *writer, uint32_t count, const RightsSource *sources)
{
	wire_put_array(writer, count);
	for (uint32_t i = 0; i < count; i++)
	{
		wire_put_array(writer, 2);
		wire_put_bytes(writer, sources[i].work_id.bytes, HASH_SIZE);
		wire_put_uint(writer, sources[i].ppm);
	}
}

void
field_put_shares(WireWriter *writer, const RightsShares *shares)
{
	wire_put_array(writer, shares->count);
	for (uint32_t i = 0; i < shares->count; i++)
	{
		wire_put_array(writer, 2);
		wire_put_bytes(writer, shares->items[i].holder.bytes, HASH_SIZE);
		wire_put_uint(writer, shares->items[i].ppm);
	}
}

static bool
is_letter(uint8_t character)
{
	return character >= 'A' && character <= 'Z';
}

static const char world[] = "WORLD";

bool
territory_valid(McSpan text)
{
	if (span_compare(text, span_text(world)) == 0)
		return true;
	if (text.size < 2 || text.size > RIGHTS_TERRITORY_MAX || !is_letter(text.data[0]) ||
		!is_letter(text.data[1]))
		return false;
	if (text.size == 2)
		return true;
	if (text.size < 4 || text.data[2] != '-')
		return false;
	for (size_t i = 3; i < text.size; i++)
		if (!is_letter(text.data[i]) && !(text.data[i] >= '0' && text.data[i] <= '9'))
			return false;
	return true;
}

bool
territory_within(const char *inner, const char *outer)
{
	if (strcmp(outer, world) == 0 || strcmp(inner, outer) == 0)
		return true;
	return strlen(outer) == 2 && strncmp(inner, outer, 2) == 0 && inner[2] == '-';
}

bool
territory_overlaps(const char *left, const char *right)
{
	return territory_within(left, right) || territory_within(right, left);
}
