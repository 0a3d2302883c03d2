/* title.c - see title.h. Own tables: Unicode's change from version to version, and must not. */
#include "rights/title.h"

typedef enum Script
{
	COMMON,
	EAST_ASIAN, /* beside Latin */
	LATIN,
	GREEK,
	CYRILLIC,
	ARMENIAN,
	HEBREW,
	ARABIC,
	DEVANAGARI,
	THAI,
	SCRIPT_COUNT,
	FOREIGN = SCRIPT_COUNT,
} Script;

static const char *const script_names[SCRIPT_COUNT] = {
	"",         "East Asian", "Latin",  "Greek",      "Cyrillic",
	"Armenian", "Hebrew",     "Arabic", "Devanagari", "Thai",
};

static const struct
{
	uint32_t from;
	uint32_t to;
	Script script;
} alphabet[] = {
	{ 0x0020, 0x0040, COMMON },       { 0x0041, 0x005A, LATIN },
	{ 0x005B, 0x0060, COMMON },       { 0x0061, 0x007A, LATIN },
	{ 0x007B, 0x007E, COMMON },       { 0x00A1, 0x00AC, COMMON },
	{ 0x00AE, 0x00BF, COMMON },       { 0x00C0, 0x00D6, LATIN },
	{ 0x00D7, 0x00D7, COMMON },       { 0x00D8, 0x00F6, LATIN },
	{ 0x00F7, 0x00F7, COMMON },       { 0x00F8, 0x024F, LATIN },
	{ 0x0370, 0x0373, GREEK },        { 0x0376, 0x0377, GREEK },
	{ 0x037B, 0x037D, GREEK },        { 0x037F, 0x037F, GREEK },
	{ 0x0386, 0x0386, GREEK },        { 0x0388, 0x038A, GREEK },
	{ 0x038C, 0x038C, GREEK },        { 0x038E, 0x03A1, GREEK },
	{ 0x03A3, 0x03E1, GREEK },        { 0x03F3, 0x03F3, GREEK },
	{ 0x0400, 0x0481, CYRILLIC },     { 0x048A, 0x052F, CYRILLIC },
	{ 0x0531, 0x0556, ARMENIAN },     { 0x0561, 0x0587, ARMENIAN },
	{ 0x05D0, 0x05EA, HEBREW },       { 0x05F3, 0x05F4, HEBREW },
	{ 0x060C, 0x060C, ARABIC },       { 0x061B, 0x061B, ARABIC },
	{ 0x061F, 0x061F, ARABIC },       { 0x0621, 0x063A, ARABIC },
	{ 0x0641, 0x064A, ARABIC },       { 0x0660, 0x0669, ARABIC },
	{ 0x0671, 0x0673, ARABIC },       { 0x0679, 0x06D3, ARABIC },
	{ 0x06F0, 0x06F9, ARABIC },       { 0x0900, 0x0950, DEVANAGARI },
	{ 0x0955, 0x0957, DEVANAGARI },   { 0x0960, 0x097F, DEVANAGARI },
	{ 0x0E01, 0x0E3A, THAI },         { 0x0E40, 0x0E5B, THAI },
	{ 0x1E00, 0x1EFF, LATIN },        { 0x2010, 0x2027, COMMON },
	{ 0x2030, 0x203E, COMMON },       { 0x20A0, 0x20BF, COMMON },
	{ 0x2116, 0x2116, COMMON },       { 0x2122, 0x2122, COMMON },
	{ 0x3001, 0x3003, COMMON },       { 0x3005, 0x3007, EAST_ASIAN },
	{ 0x3008, 0x3011, COMMON },       { 0x3014, 0x301B, COMMON },
	{ 0x3041, 0x3096, EAST_ASIAN },   { 0x309D, 0x309E, EAST_ASIAN },
	{ 0x30A1, 0x30FA, EAST_ASIAN },   { 0x30FB, 0x30FB, COMMON },
	{ 0x30FC, 0x30FE, EAST_ASIAN },   { 0x3105, 0x312F, EAST_ASIAN },
	{ 0x3400, 0x4DBF, EAST_ASIAN },   { 0x4E00, 0x9FFF, EAST_ASIAN },
	{ 0xAC00, 0xD7A3, EAST_ASIAN },   { 0xFF01, 0xFF01, COMMON },
	{ 0xFF08, 0xFF09, COMMON },       { 0xFF0C, 0xFF0C, COMMON },
	{ 0xFF1A, 0xFF1B, COMMON },       { 0xFF1F, 0xFF1F, COMMON },
	{ 0x20000, 0x2A6DF, EAST_ASIAN }, { 0x2A700, 0x2B738, EAST_ASIAN },
	{ 0x2B740, 0x2B81D, EAST_ASIAN }, { 0x2B820, 0x2CEA1, EAST_ASIAN },
	{ 0x2CEB0, 0x2EBE0, EAST_ASIAN }, { 0x30000, 0x3134A, EAST_ASIAN },
};

#define NUKTA 0x093C

static Script
script_of(uint32_t point)
{
	size_t low = 0;
	size_t high = sizeof(alphabet) / sizeof(alphabet[0]);

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (point > alphabet[middle].to)
			low = middle + 1;
		else if (point < alphabet[middle].from)
			high = middle;
		else
			return alphabet[middle].script;
	}
	return FOREIGN;
}

static uint32_t
next_point(McSpan text, size_t *offset)
{
	uint8_t first = text.data[(*offset)++];
	int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
	uint32_t point = more == 0 ? first : first & (0x3Fu >> more);

	for (; more > 0; more--)
	{
		assert(*offset < text.size);
		point = point << 6 | (text.data[(*offset)++] & 0x3F);
	}
	return point;
}

static McStatus
refuse_character(uint32_t point, McProblem *problem)
{
	char name[9] = "U+";
	int digits = point > 0xFFFFF ? 6 : point > 0xFFFF ? 5 : 4;

	for (int i = 0; i < digits; i++)
		name[2 + i] = "0123456789ABCDEF"[point >> 4 * (digits - 1 - i) & 15];
	return status_problem_name(problem, MC_TITLE_CHARACTER, name, (size_t) digits + 2);
}

static McStatus
refuse_mixture(Script first, Script second, McProblem *problem)
{
	char name[64];
	size_t used = strlen(script_names[first]);

	memcpy(name, script_names[first], used);
	memcpy(name + used, " and ", 5);
	used += 5;
	memcpy(name + used, script_names[second], strlen(script_names[second]));
	used += strlen(script_names[second]);
	return status_problem_name(problem, MC_TITLE_SCRIPTS, name, used);
}

static bool
stand_together(Script left, Script right)
{
	return left == right || (left <= LATIN && right <= LATIN);
}

/* Unicode's combining class of the alphabet's few marks, 0 for all else. */
static int
mark_class(uint32_t point)
{
	switch (point)
	{
		case NUKTA:
			return 7;
		case 0x094D:
		case 0x0E3A:
			return 9;
		case 0x0E38:
		case 0x0E39:
			return 103;
		default:
			return point >= 0x0E48 && point <= 0x0E4B ? 107 : 0;
	}
}

/* Normal form C orders marks by class, and composes three letters with the dot below. */
static bool
decomposed(uint32_t before, uint32_t point)
{
	if (point == NUKTA && (before == 0x0928 || before == 0x0930 || before == 0x0933))
		return true;
	return mark_class(point) > 0 && mark_class(before) > mark_class(point);
}

McStatus
rights_check_title(McSpan title, McProblem *problem)
{
	Script script = COMMON;
	uint32_t before = ' ';

	if (title.size == 0 || title.size > RIGHTS_TITLE_MAX)
		return status_problem(problem, MC_TITLE_LENGTH, (int64_t) title.size, RIGHTS_TITLE_MAX);
	for (size_t at = 0; at < title.size;)
	{
		size_t start = at;
		uint32_t point = next_point(title, &at);
		Script found = script_of(point);

		if (found == FOREIGN || decomposed(before, point))
			return refuse_character(point, problem);
		if (point == ' ' && (before == ' ' || at == title.size))
			return status_problem(problem, MC_TITLE_SPACES, (int64_t) start, 0);
		if (found != COMMON && !stand_together(script, found) && script != COMMON)
			return refuse_mixture(script, found, problem);
		/* Latin is kept in mind rather than what may stand beside it */
		if (found > script)
			script = found;
		before = point;
	}
	return MC_OK;
}
