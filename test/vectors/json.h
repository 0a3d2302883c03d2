/*
 * json.h - JSON out, one member a line, for the vector files. Names and texts are ASCII.
 */
#ifndef MESCHAIN_VECTORS_JSON_H
#define MESCHAIN_VECTORS_JSON_H

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>

static FILE *json;
static int json_depth;
static int json_members[16];

static inline void
json_text_out(McSpan text)
{
	fputc('"', json);
	for (size_t i = 0; i < text.size; i++)
	{
		uint8_t c = text.data[i];

		if (c == '"' || c == '\\')
			fprintf(json, "\\%c", c);
		else
			fputc(c, json);
	}
	fputc('"', json);
}

/* Begins a member; name NULL in an array. */
static inline void
json_member(const char *name)
{
	if (json_members[json_depth]++ > 0)
		fputc(',', json);
	fputc('\n', json);
	for (int i = 0; i < json_depth; i++)
		fputs("  ", json);
	if (name == NULL)
		return;
	json_text_out(span_text(name));
	fputs(": ", json);
}

static inline void
json_open(const char *name, char bracket)
{
	if (json_depth > 0)
		json_member(name);
	fputc(bracket, json);
	json_depth++;
	assert(json_depth < 16);
	json_members[json_depth] = 0;
}

static inline void
json_close(char bracket)
{
	json_depth--;
	if (json_members[json_depth + 1] > 0)
	{
		fputc('\n', json);
		for (int i = 0; i < json_depth; i++)
			fputs("  ", json);
	}
	fputc(bracket, json);
	if (json_depth == 0)
		fputc('\n', json);
}

static inline void
json_text(const char *name, McSpan text)
{
	json_member(name);
	json_text_out(text);
}

static inline void
json_string(const char *name, const char *text)
{
	json_text(name, span_text(text));
}

static inline void
json_number(const char *name, int64_t number)
{
	json_member(name);
	fprintf(json, "%" PRId64, number);
}

/* Amounts are strings: beyond 2^53 a JSON number is not safe in every client. */
static inline void
json_amount(const char *name, int64_t number)
{
	json_member(name);
	fprintf(json, "\"%" PRId64 "\"", number);
}

static inline void
json_hex(const char *name, const void *data, size_t size)
{
	json_member(name);
	fputc('"', json);
	for (size_t i = 0; i < size; i++)
		fprintf(json, "%02x", ((const uint8_t *) data)[i]);
	fputc('"', json);
}

#endif
