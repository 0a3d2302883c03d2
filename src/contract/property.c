/*
 * property.c - reads a property file entry by entry. It knows of programs only where they end.
 */
#include "contract/property.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
skip_blank(AcsPropertyReader *reader)
{
	while (reader->at < reader->file.size && is_blank(reader->file.data[reader->at]))
		reader->at++;
}

static size_t
line_end(const AcsPropertyReader *reader)
{
	const uint8_t *end =
		memchr(reader->file.data + reader->at, '\n', reader->file.size - reader->at);

	return end != NULL ? (size_t) (end - reader->file.data) : reader->file.size;
}

static bool
mistake(AcsPropertyReader *reader, AcsDiagnostics *diagnostics, size_t offset, const char *what)
{
	acs_diagnose(diagnostics, offset, MC_ACS_PROPERTY_SYNTAX, what, strlen(what));
	reader->at = reader->file.size;
	return false;
}

static McSpan
trimmed(const AcsPropertyReader *reader, size_t from, size_t to)
{
	while (to > from && is_blank(reader->file.data[to - 1]))
		to--;
	return span_of(reader->file.data + from, to - from);
}

/* The closing brace of the program that begins here; braces in texts and comments do not count. */
static size_t
program_end(const AcsPropertyReader *reader)
{
	const uint8_t *data = reader->file.data;
	size_t depth = 0;
	bool quoted = false;

	for (size_t at = reader->at; at < reader->file.size; at++)
	{
		bool escaped = quoted && data[at] == '\\';
		bool comment =
			!quoted && data[at] == '/' && at + 1 < reader->file.size && data[at + 1] == '/';

		if (escaped)
			at++;
		else if (comment)
			while (at + 1 < reader->file.size && data[at + 1] != '\n')
				at++;
		else if (data[at] == '"' || data[at] == '\n')
			quoted = data[at] == '"' && !quoted;
		else if (!quoted && data[at] == '{')
			depth++;
		else if (!quoted && data[at] == '}' && --depth == 0)
			return at + 1;
	}
	return 0;
}

static bool
read_value(AcsPropertyReader *reader, AcsProperty *property, AcsDiagnostics *diagnostics)
{
	size_t end;

	property->offset = reader->at;
	for (; reader->counted < reader->at; reader->counted++)
		reader->lines += reader->file.data[reader->counted] == '\n';
	property->line = reader->lines + 1;
	property->program = reader->at < reader->file.size && reader->file.data[reader->at] == '{';
	if (!property->program)
	{
		end = line_end(reader);
		property->value = trimmed(reader, reader->at, end);
		reader->at = end;
		return true;
	}
	end = program_end(reader);
	if (end == 0)
		return mistake(reader, diagnostics, property->offset,
					   "the program's opening brace has no closing one");
	property->value = span_of(reader->file.data + reader->at, end - reader->at);
	reader->at = end;
	skip_blank(reader);
	if (reader->at < reader->file.size && reader->file.data[reader->at] != '\n')
		return mistake(reader, diagnostics, reader->at, "text after the program's closing brace");
	return true;
}

static bool
too_large(AcsPropertyReader *reader, AcsDiagnostics *diagnostics)
{
	acs_diagnose_number(diagnostics, 0, MC_ACS_SOURCE_TOO_LARGE, (int64_t) reader->file.size,
						ACS_PROPERTY_FILE_MAX);
	reader->at = reader->file.size;
	return false;
}

bool
acs_property_next(AcsPropertyReader *reader, AcsProperty *property, AcsDiagnostics *diagnostics)
{
	if (reader->at == 0 && reader->file.size > ACS_PROPERTY_FILE_MAX)
		return too_large(reader, diagnostics);
	while (reader->at < reader->file.size)
	{
		size_t start;
		const uint8_t *equals;

		skip_blank(reader);
		start = reader->at;
		if (start == reader->file.size)
			break;
		if (reader->file.data[start] == '\n' || reader->file.data[start] == '#')
		{
			reader->at = line_end(reader);
			reader->at += reader->at < reader->file.size;
			continue;
		}
		equals = memchr(reader->file.data + start, '=', line_end(reader) - start);
		if (equals == NULL)
			return mistake(reader, diagnostics, start, "a line without = is no property");
		property->key = trimmed(reader, start, (size_t) (equals - reader->file.data));
		if (property->key.size == 0)
			return mistake(reader, diagnostics, start, "a property without a key");
		reader->at = (size_t) (equals - reader->file.data) + 1;
		skip_blank(reader);
		return read_value(reader, property, diagnostics);
	}
	return false;
}
