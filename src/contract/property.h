/*
 * property.h - the file programs are configured in: lines key=value, lines starting with #, and
 * programs, a value in braces that may run over lines.
 */
#ifndef MESCHAIN_CONTRACT_PROPERTY_H
#define MESCHAIN_CONTRACT_PROPERTY_H

#include "contract/acs.h"

typedef struct AcsProperty
{
	McSpan key;
	McSpan value;
	size_t offset; /* of the value in the file */
	bool program;
} AcsProperty;

typedef struct AcsPropertyReader
{
	McSpan file;
	size_t at;
} AcsPropertyReader;

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
