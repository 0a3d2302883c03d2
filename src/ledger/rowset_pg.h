/*
 * rowset_pg.h - the ledger's relations as rows of bytes: what two nodes compare, and what a repair
 * writes. A row's bytes are its columns in order, by type and without a locale; its digest is their
 * SHA-256. What is a node's own (C7: certificates) is no part of the digest.
 */
#ifndef MESCHAIN_LEDGER_ROWSET_PG_H
#define MESCHAIN_LEDGER_ROWSET_PG_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "ledger/compare.h"

typedef enum RowsetRelation
{
	ROWSET_BLOCKS,
	ROWSET_TRANSACTIONS,
	ROWSET_WITNESSES,
	ROWSET_ADDRESSES,
	ROWSET_ASSETS,
	ROWSET_OUTPUTS,
	ROWSET_SPENDS,
	ROWSET_STATE,
	ROWSET_ACTORS,
	ROWSET_BURNS,
	ROWSET_COUNT,
} RowsetRelation;

#define ROWSET_COLUMNS_MAX 14

typedef struct Rowset
{
	const char *name;
	const char *columns;
	int hashed;           /* so many of the columns are compared */
	const char *key;      /* unique, as text */
	const char *order;    /* by position, then key */
	const char *position; /* what ranges are of */
	const char *place;    /* height << 20 | position in block of what wrote the row */
	const char *range;    /* a condition over two numbers: first and last position */
	const char *same_key; /* a condition: rows that cannot stand beside $1, $2, ... */
	bool by_height;       /* a position is a height */
	bool names_tx;        /* the place is a transaction's */
} Rowset;

extern const Rowset rowsets[ROWSET_COUNT];

/* Index of a relation by the name of its table, ROWSET_COUNT when it is none. */
extern RowsetRelation rowset_by_name(const char *name);

typedef struct RowsetRow
{
	uint64_t place;
	uint64_t position;
	const char *key; /* empty unless asked for */
	McSpan content;  /* the hashed columns, or all of them */
	Datum values[ROWSET_COLUMNS_MAX];
	bool nulls[ROWSET_COLUMNS_MAX];
} RowsetRow;

typedef struct RowsetRange
{
	RowsetRelation relation;
	uint64_t from;
	uint64_t to;
	uint64_t as_of; /* blocks above do not count */
	bool with_key;
	bool whole; /* content of all columns */
} RowsetRange;

/* Calls for each row in order until one call says false. Needs SPI; a row is good during its call.
 */
extern void rowset_scan(const RowsetRange *range,
						bool (*visit)(void *context, const RowsetRow *row), void *context);

/* The rows of a relation that a block wrote, by place. */
extern void rowset_scan_block(RowsetRelation relation, uint64_t height,
							  bool (*visit)(void *context, const RowsetRow *row), void *context);

extern McSpan rowset_encode(RowsetRelation relation, int columns, const Datum *values,
							const bool *nulls);
/* Back into values of the relation's types; false for bytes that are none. */
extern bool rowset_decode(RowsetRelation relation, McSpan content, Datum *values, bool *nulls);

extern int rowset_columns(RowsetRelation relation);

/* Types of the columns, in order. */
extern const Oid *rowset_types(RowsetRelation relation);

extern McHash rowset_digest(McSpan content);

#endif
