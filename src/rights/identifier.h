/*
 * identifier.h - identifiers of works as people write them, brought to the one form that the ledger
 * keeps, so that what means the same cannot be registered twice.
 */
#ifndef MESCHAIN_RIGHTS_IDENTIFIER_H
#define MESCHAIN_RIGHTS_IDENTIFIER_H

#include "rights/rights.h"

#define RIGHTS_CODE_SIZE_MAX 40

/*
 * ISAN 0000-0001-8947-0000-8 or with a version, 0000-0001-8947-0000-8-0000-0001-B; EIDR
 * 10.5240/7791-8534-2C23-9030-8610-5; ISRC CN-F21-18-00317. Reads them with or without hyphens,
 * spaces, lower case and prefix; an ISAN also without check characters. False: not valid.
 */
extern bool rights_normalise_code(RightsCode code, McSpan text, char out[RIGHTS_CODE_SIZE_MAX + 1]);

extern const char *rights_code_name(RightsCode code);

/* Lower-case kind and upper-case code of an item, spaces left out; false: neither fits. */
extern bool rights_normalise_item(McSpan kind, McSpan code, char kind_out[RIGHTS_ITEM_KIND_MAX + 1],
								  char code_out[RIGHTS_ITEM_CODE_MAX + 1]);

#endif
