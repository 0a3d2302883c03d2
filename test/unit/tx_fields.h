/*
 * tx_fields.h - a receiver of described fields that writes them as one line of text.
 */
#ifndef MESCHAIN_TEST_TX_FIELDS_H
#define MESCHAIN_TEST_TX_FIELDS_H

#include "tx/operation.h"
#include "unit/check.h"

static char line[4096];

static inline void
line_add(const char *name, const char *value)
{
	size_t used = strlen(line);

	snprintf(line + used, sizeof(line) - used, "%s=%s;", name, value);
}

static inline void
line_text(TxFields *fields, const char *name, McSpan value)
{
	char text[256];

	(void) fields;
	snprintf(text, sizeof(text), "%.*s", (int) value.size, (const char *) value.data);
	line_add(name, text);
}

static inline void
line_number(TxFields *fields, const char *name, int64_t value)
{
	char text[32];

	(void) fields;
	snprintf(text, sizeof(text), "%lld", (long long) value);
	line_add(name, text);
}

static inline void
line_hash(TxFields *fields, const char *name, const McHash *value)
{
	char text[2 * HASH_SIZE + 1];

	(void) fields;
	check_hex(value->bytes, HASH_SIZE, text);
	line_add(name, text);
}

static inline void
line_address(TxFields *fields, const char *name, const McAddress *value)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	(void) fields;
	address_format(value, text);
	text[8] = '\0';
	line_add(name, text);
}

static inline void
line_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	char text[64];

	(void) fields;
	snprintf(text, sizeof(text), "%lld%s", (long long) units, asset->code);
	line_add(name, text);
}

static inline void
line_cbor(TxFields *fields, const char *name, McSpan value)
{
	char text[128];

	(void) fields;
	check_hex(value.data, value.size, text);
	line_add(name, text);
}

static inline void
line_open(TxFields *fields, const char *name)
{
	(void) fields;
	strcat(line, name);
	strcat(line, "[");
}

static inline void
line_item(TxFields *fields)
{
	(void) fields;
	strcat(line, "|");
}

static inline void
line_close(TxFields *fields)
{
	(void) fields;
	strcat(line, "]");
}

static TxFields line_fields = { NULL,		 line_text, line_number, line_hash, line_address,
								line_amount, line_cbor, line_open,	 line_item, line_close };

#endif
