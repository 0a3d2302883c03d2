/*
 * genesis_json_pg.h - genesis as the jsonb that people write and exchange. What it reads was
 * written by strangers: a field that is missing, too long, of another type or out of range is
 * named.
 */
#ifndef MESCHAIN_NODE_GENESIS_JSON_PG_H
#define MESCHAIN_NODE_GENESIS_JSON_PG_H

#include "postgres.h"

#include "ledger/genesis.h"
#include "utils/jsonb.h"

/* Members and parameters as mes.create_genesis takes them; adds to genesis. */
extern void genesis_json_member(Jsonb *json, Genesis *genesis);
extern void genesis_json_parameters(Jsonb *json, Genesis *genesis);

/* A whole document, checked, its genesis_hash too. */
extern void genesis_from_json(Jsonb *json, Genesis *genesis);

/* The document, in one form whatever it was read from. */
extern Jsonb *genesis_to_json(const Genesis *genesis);
/* The same without its end: the caller adds fields and closes the object. */
extern void genesis_to_json_open(const Genesis *genesis, JsonbParseState **state);

extern void json_push_text(JsonbParseState **state, const char *key, const char *text);
extern void json_push_number(JsonbParseState **state, const char *key, int64 number);
extern void json_push_hex(JsonbParseState **state, const char *key, const void *data, size_t size);
extern void json_push_key(JsonbParseState **state, const char *key);

/* NULL when the object has no such field. */
extern JsonbValue *json_find(Jsonb *json, const char *field, JsonbValue *buffer);

/* Hex text of exactly size bytes, else invalid_genesis naming the field. */
extern void json_hex(const JsonbValue *value, const char *field, void *out, size_t size);

#endif
