/*
 * acs.h - the contract language ACS: limits, values, memory, diagnostics.
 *
 * Room card, contract/: from source text to result in five steps, each a file or two: lexer and
 * parser make a tree, check gives it types, codegen turns it into bytecode, program_read verifies
 * bytecode, vm runs it; settle books what bound fields gained and lost. property reads the file
 * that programs are printed in. Everything but contract_pg.c is pure and takes its memory from an
 * AcsArena of fixed size. May include base/ only. Guarded by test/unit/contract_*.c,
 * test/fuzz/fuzz_acs_*.c, test/vectors/acs/, test/sql/contract_acs.sql, docs/contracts-acs.md (its
 * tutorial is a test).
 */
#ifndef MESCHAIN_CONTRACT_ACS_H
#define MESCHAIN_CONTRACT_ACS_H

#include "base/bytes.h"
#include "base/status.h"
#include "contract/decimal.h"

#define ACS_SOURCE_MAX 65536
#define ACS_DEPTH_MAX 200 /* of expressions and blocks in each other */
#define ACS_NAME_MAX 64
#define ACS_TEXT_MAX 4096 /* bytes of a text value */
#define ACS_FIELD_MAX 256
#define ACS_CONSTANT_MAX 1024
#define ACS_FUNCTION_MAX 64 /* the program itself is one */
#define ACS_PARAMETER_MAX 7
#define ACS_REGISTER_MAX 256
#define ACS_LOCAL_MAX 192 /* of one function; the rest of its registers are for temporaries */
#define ACS_CODE_MAX 65536
#define ACS_CALL_DEPTH_MAX 8
#define ACS_BINDING_MAX 16
#define ACS_POWER_MAX 1000
#define ACS_GAS_MAX 10000000
#define ACS_GAS_BINDING 100 /* charged before the first instruction, for each bound field */

/* The memory of one compilation, one loaded program and one run; each fits by construction or fails
 * with acs_too_complex or acs_memory_full. */
#define ACS_COMPILE_MEMORY (12 << 20)
#define ACS_PROGRAM_MEMORY (4 << 20)
#define ACS_RUN_MEMORY (1 << 20)

#define ACS_COMPILER_VERSION 1

typedef enum AcsType
{
	ACS_NONE, /* no value; in the checker: unknown because of an error already reported */
	ACS_DEC,
	ACS_BOOL,
	ACS_TEXT,
	ACS_HASH
} AcsType;
#define ACS_TYPE_COUNT 5

/* A register. What it holds is known from the program, never from the cell. */
typedef union AcsCell
{
	AcsDec dec;
	bool truth;
	struct
	{
		const uint8_t *data; /* of a hash: 32 bytes, or NULL for all zeros */
		size_t size;
	} text;
} AcsCell;

/* Whose container a field belongs to: p.name or p.$name. */
typedef enum AcsContainer
{
	ACS_SELF,
	ACS_OPERATOR
} AcsContainer;

/* Bump memory that the caller owns. */
typedef struct AcsArena
{
	uint8_t *data;
	size_t capacity;
	size_t used;
} AcsArena;

static inline AcsArena
acs_arena(void *data, size_t capacity)
{
	return (AcsArena){ (uint8_t *) data, capacity, 0 };
}

/* 16-byte aligned as the start of the arena is; NULL when full. Not cleared. */
static inline void *
acs_arena_take(AcsArena *arena, size_t size)
{
	size_t rounded = (size + 15) & ~(size_t) 15;
	void *memory = arena->data + arena->used;

	if (size > arena->capacity || rounded > arena->capacity - arena->used)
		return NULL;
	arena->used += rounded;
	return memory;
}

/* The part of a text that holds one program; positions count from the start of the whole text. */
typedef struct AcsSource
{
	McSpan text;
	size_t begin;
	size_t end;
} AcsSource;

static inline AcsSource
acs_source(McSpan text)
{
	return (AcsSource){ text, 0, text.size };
}

/* What is wrong and where: a byte offset, to be shown as line and column. */
typedef struct AcsDiagnostic
{
	McProblem problem;
	size_t offset;
} AcsDiagnostic;

#define ACS_DIAGNOSTIC_MAX 20
typedef struct AcsDiagnostics
{
	size_t count;
	AcsDiagnostic items[ACS_DIAGNOSTIC_MAX];
} AcsDiagnostics;

/* Adds one; what is over the limit is dropped, the first ones matter. */
extern void acs_report(AcsDiagnostics *list, size_t offset, const McProblem *problem);
extern void acs_diagnose(AcsDiagnostics *list, size_t offset, McStatus status, const char *name,
						 size_t name_size);
extern void acs_diagnose_number(AcsDiagnostics *list, size_t offset, McStatus status,
								int64_t number, int64_t limit);

/* Line and column from 1, the column in characters. */
extern void acs_locate(McSpan text, size_t offset, uint32_t *line, uint32_t *column);

/* The line at fault and a caret under the column; cut to the window around it when long. */
#define ACS_CARET_MAX 1024
extern void acs_caret(McSpan text, size_t offset, char out[ACS_CARET_MAX]);

extern const char *acs_type_name(AcsType type);

/*
 * Compiles to bytecode, which stays in the arena. On failure diagnostics holds at least one entry
 * and the status of the first is returned.
 */
extern McStatus acs_compile(AcsSource source, AcsArena *arena, McSpan *bytecode,
							AcsDiagnostics *diagnostics);

#endif
