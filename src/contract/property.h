/*
 * property.h - the file programs are configured in: lines key=value, lines starting with #, and
 * programs, a value in braces that may run over lines.
 */
#ifndef MESCHAIN_CONTRACT_PROPERTY_H
#define MESCHAIN_CONTRACT_PROPERTY_H

#include "contract/acs.h"

#define ACS_PROPERTY_FILE_MAX (4 * ACS_SOURCE_MAX)

typedef struct AcsProperty
{
	McSpan key;
	McSpan value;
	size_t offset; /* of the value in the file */
	uint32_t line; /* of the value, from 1 */
	bool program;
} AcsProperty;

typedef struct AcsPropertyReader
{
	McSpan file;
	size_t at;
	size_t counted; /* the lines up to here are in lines */
	uint32_t lines;
} AcsPropertyReader;

static inline AcsPropertyReader
acs_property_reader(McSpan file)
{
	return (AcsPropertyReader){ .file = file };
}

/* False at the end and after a mistake, which diagnostics then holds. */
extern bool acs_property_next(AcsPropertyReader *reader, AcsProperty *property,
							  AcsDiagnostics *diagnostics);

/* The program in the file, for messages with the file's lines. */
static inline AcsSource
acs_property_source(McSpan file, const AcsProperty *property)
{
	return (AcsSource){ file, property->offset, property->offset + property->value.size };
}

#endif
