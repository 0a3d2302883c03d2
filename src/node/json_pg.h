/*
 * json_pg.h - jsonb as canonical CBOR and back. Metadata and genesis are written by people as jsonb
 * and hashed as CBOR; both sort keys by length, then bytes, so no second order can arise.
 */
#ifndef MESCHAIN_NODE_JSON_PG_H
#define MESCHAIN_NODE_JSON_PG_H

#include "postgres.h"

#include "base/wire.h"
#include "utils/jsonb.h"

/* Raises unsupported_json for a fraction or an integer beyond 64 bits. */
extern void json_to_wire(Jsonb *json, WireWriter *writer);

/* A jsonb of canonical CBOR; bytes become hex text. */
extern Jsonb *json_from_wire(McSpan encoded);

/* Reads the next CBOR value into a jsonb being built. */
extern JsonbValue *json_push_wire(JsonbParseState **state, JsonbIteratorToken token,
								  WireReader *reader);

#endif
