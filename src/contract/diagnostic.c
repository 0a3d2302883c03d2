/*
 * diagnostic.c - mistakes and where they are: collected by the compiler, shown to people.
 */
#include "contract/acs.h"

void
acs_report(AcsDiagnostics *list, size_t offset, const McProblem *problem)
{
	assert(problem->status != MC_OK);
	if (list->count < ACS_DIAGNOSTIC_MAX)
		list->items[list->count++] = (AcsDiagnostic){ *problem, offset };
}

void
acs_diagnose(AcsDiagnostics *list, size_t offset, McStatus status, const char *name,
			 size_t name_size)
{
	McProblem problem;

	status_problem_name(&problem, status, name, name_size);
	acs_report(list, offset, &problem);
}

void
acs_diagnose_number(AcsDiagnostics *list, size_t offset, McStatus status, int64_t number,
					int64_t limit)
{
	McProblem problem;

	status_problem(&problem, status, number, limit);
	acs_report(list, offset, &problem);
}

static bool
starts_character(uint8_t byte)
{
	return (byte & 0xC0) != 0x80;
}

void
acs_locate(McSpan text, size_t offset, uint32_t *line, uint32_t *column)
{
	assert(line != NULL && column != NULL);
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < offset && i < text.size; i++)
	{
		if (text.data[i] == '\n')
		{
			++*line;
			*column = 1;
		}
		else
			*column += starts_character(text.data[i]);
	}
}

/* Characters kept on each side of the one at fault. */
#define CARET_WINDOW 60
#define CARET_BYTES_MAX (ACS_CARET_MAX * 5 / 8)

void
acs_caret(McSpan text, size_t offset, char out[ACS_CARET_MAX])
{
	size_t from = offset < text.size ? offset : text.size;
	size_t fault = from;
	size_t used = 0;
	int kept = 0;

	while (from > 0 && text.data[from - 1] != '\n' && kept < CARET_WINDOW)
		kept += starts_character(text.data[--from]);
	kept = 0;
	for (size_t i = from; i < text.size && text.data[i] != '\n' && text.data[i] != '\r'; i++)
	{
		kept += i >= fault && starts_character(text.data[i]);
		if (kept > CARET_WINDOW || used > CARET_BYTES_MAX)
			break;
		out[used++] = (char) text.data[i];
	}
	out[used++] = '\n';
	/* A tab stays a tab, so that the caret stands right whatever its width. */
	for (size_t i = from; i < fault; i++)
		if (starts_character(text.data[i]))
			out[used++] = text.data[i] == '\t' ? '\t' : ' ';
	out[used++] = '^';
	out[used] = '\0';
	assert(used < ACS_CARET_MAX);
}

const char *
acs_type_name(AcsType type)
{
	static const char *const names[ACS_TYPE_COUNT] = { "nothing", "dec", "bool", "text", "hash" };

	assert(type < ACS_TYPE_COUNT);
	return names[type];
}
