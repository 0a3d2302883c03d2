/*
 * contract_golden.c - the cases of test/vectors/acs: a program, its fields, and every line of what
 * comes out. The programs of nbcs.properties are the ones the language was first printed with.
 *
 *   == title             begins a case
 *   program KEY          a program of nbcs.properties, after the lines of source, if any
 *   | source             a line of source
 *   self|operator NAME VALUE   a field; a value in quotes is a text
 *   gas N                the limit, 10000000 when left out
 *   --                   what follows, up to the next case, is the outcome
 */
#include "unit/acs_fixture.h"

#define FILE_MAX 65536
#define INPUT_MAX 32

typedef struct Case
{
	char title[128];
	char source[FILE_MAX];
	char inputs[INPUT_MAX][3][128];
	size_t input_count;
	int64_t gas;
	char expected[FILE_MAX];
	bool at_outcome;
} Case;

static AcsFixture fixture;
static char properties[FILE_MAX];
static int case_count;

static void
read_whole(const char *path, char *out)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;

	CHECK(file != NULL);
	if (file != NULL)
	{
		size = fread(out, 1, FILE_MAX - 1, file);
		fclose(file);
	}
	out[size] = '\0';
}

static void
add_program(Case *one, const char *key)
{
	AcsPropertyReader reader = acs_property_reader(span_text(properties));
	AcsProperty property;
	AcsDiagnostics diagnostics = { 0 };
	bool found = false;

	while (!found && acs_property_next(&reader, &property, &diagnostics))
		found = span_compare(property.key, span_text(key)) == 0;
	CHECK(found && property.program);
	if (found)
		strncat(one->source, (const char *) property.value.data, property.value.size);
}

static void
run_case(Case *one)
{
	static char told[FILE_MAX];
	McSpan text = span_text(one->source);

	if (!acs_fixture_compile(&fixture, acs_source(text)))
		acs_fixture_error(text, &fixture.diagnostics.items[0].problem,
						  fixture.diagnostics.items[0].offset, told, sizeof(told));
	else
	{
		for (size_t i = 0; i < one->input_count; i++)
		{
			AcsContainer container =
				strcmp(one->inputs[i][0], "self") == 0 ? ACS_SELF : ACS_OPERATOR;
			char *value = one->inputs[i][2];

			if (value[0] == '"')
			{
				value[strlen(value) - 1] = '\0';
				acs_fixture_set_text(&fixture, container, one->inputs[i][1], value + 1);
			}
			else
				acs_fixture_set_dec(&fixture, container, one->inputs[i][1], value);
		}
		acs_fixture_run(&fixture, one->gas);
		acs_fixture_tell(&fixture, text, told, sizeof(told));
	}
	case_count++;
	if (strcmp(told, one->expected) != 0)
		printf("# == %s\n%s# wanted:\n%s", one->title, told, one->expected);
	CHECK(strcmp(told, one->expected) == 0);
}

static void
read_line(Case *one, const char *line)
{
	char(*input)[128] = one->inputs[one->input_count];

	if (one->at_outcome)
	{
		strcat(one->expected, line);
		strcat(one->expected, "\n");
	}
	else if (strcmp(line, "--") == 0)
		one->at_outcome = true;
	else if (strncmp(line, "program ", 8) == 0)
		add_program(one, line + 8);
	else if (strncmp(line, "| ", 2) == 0)
	{
		strcat(one->source, line + 2);
		strcat(one->source, "\n");
	}
	else if (strncmp(line, "gas ", 4) == 0)
		one->gas = atoll(line + 4);
	else if (sscanf(line, "%127s %127s %127[^\n]", input[0], input[1], input[2]) == 3)
		one->input_count++;
	else
		CHECK(line[0] == '\0');
}

static void
run_file(const char *path)
{
	static char text[FILE_MAX];
	static Case one;
	bool open = false;

	read_whole(path, text);
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
	{
		if (strncmp(line, "== ", 3) != 0)
		{
			if (open)
				read_line(&one, line);
			continue;
		}
		if (open)
			run_case(&one);
		memset(&one, 0, sizeof(one));
		one.gas = ACS_GAS_MAX;
		snprintf(one.title, sizeof(one.title), "%s", line + 3);
		open = true;
	}
	if (open)
		run_case(&one);
}

static void
test_programs_as_printed(void)
{
	run_file("test/vectors/acs/printed.case");
	CHECK_INT(case_count, 9);
}

static void
test_bound_fields(void)
{
	case_count = 0;
	run_file("test/vectors/acs/bound.case");
	CHECK_INT(case_count, 18);
}

static void
test_language(void)
{
	case_count = 0;
	run_file("test/vectors/acs/language.case");
	CHECK_INT(case_count, 31);
}

int
main(void)
{
	read_whole("test/vectors/acs/nbcs.properties", properties);
	RUN(test_programs_as_printed);
	RUN(test_bound_fields);
	RUN(test_language);
	return CHECK_RESULT();
}
