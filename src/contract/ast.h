/*
 * ast.h - the tree between parser, checker and code generator, and the parser's one entry.
 */
#ifndef MESCHAIN_CONTRACT_AST_H
#define MESCHAIN_CONTRACT_AST_H

#include "contract/acs.h"
#include "contract/program.h"

typedef enum AcsNodeKind
{
	/* expressions */
	ACS_NODE_NUMBER,
	ACS_NODE_BOOL,
	ACS_NODE_TEXT,
	ACS_NODE_HASH,
	ACS_NODE_LOCAL,  /* name; checker: index */
	ACS_NODE_FIELD,  /* name, container; checker: index */
	ACS_NODE_UNARY,  /* operation, first */
	ACS_NODE_BINARY, /* operation, first, second */
	ACS_NODE_CALL,   /* name, first: arguments in a list; checker: index, builtin */
	/* statements */
	ACS_NODE_ASSIGN,   /* name = first */
	ACS_NODE_WRITE,    /* second: the field, = first */
	ACS_NODE_RESULT,   /* first: value or NULL; ends the run */
	ACS_NODE_RETURN,   /* first: value or NULL; ends the function */
	ACS_NODE_IF,       /* first: condition, second: block, third: block or NULL */
	ACS_NODE_WHILE,    /* first: condition, second: block */
	ACS_NODE_BLOCK,    /* first: statements in a list */
	ACS_NODE_EVALUATE, /* first: a call whose value is dropped */
	/* declarations */
	ACS_NODE_PARAMETER, /* of a function: name, type */
	ACS_NODE_PARAM,     /* second: the field, type; first: preset literal or NULL */
	ACS_NODE_FUNCTION,  /* name, type; first: parameters in a list, second: block */
	ACS_NODE_BIND /* text: asset; first: field, second: payer or NULL, third: rate or NULL, its
					 next: taker */
} AcsNodeKind;

typedef enum AcsOperation
{
	ACS_OR,
	ACS_AND,
	ACS_EQUAL,
	ACS_UNEQUAL,
	ACS_LESS,
	ACS_AT_MOST,
	ACS_GREATER,
	ACS_AT_LEAST,
	ACS_PLUS,
	ACS_MINUS,
	ACS_TIMES,
	ACS_DIVIDE,
	ACS_REMAINDER,
	ACS_NEGATE,
	ACS_INVERT
} AcsOperation;

typedef struct AcsNode AcsNode;
struct AcsNode
{
	uint8_t kind;
	uint8_t operation;
	uint8_t type; /* AcsType of an expression once checked */
	uint8_t container;
	uint16_t depth; /* of the tree below; bounds every walk */
	uint16_t index;
	uint32_t offset;
	bool builtin;
	AcsNode *first;
	AcsNode *second;
	AcsNode *third;
	AcsNode *next; /* in a list */
	McSpan name;   /* of a text or hash literal: its value */
	AcsDec number; /* of a bool literal: 0 or 1 */
};

typedef struct AcsTree
{
	AcsNode *params;
	AcsNode *functions;
	AcsNode *binds;
	AcsNode *body; /* a block */
} AcsTree;

/* Reports every mistake it can place; false when there was one. */
extern bool acs_parse(AcsSource source, AcsArena *arena, AcsTree *tree,
					  AcsDiagnostics *diagnostics);

/* What the checker learns; indexes in the nodes point in here. */
typedef struct AcsFunctionInfo
{
	const AcsNode *node; /* NULL for the program itself */
	const AcsNode *body;
	McSpan name;
	uint8_t result;
	uint8_t parameter_count;
	uint8_t local_count; /* parameters first */
	uint8_t local_types[ACS_LOCAL_MAX];
	uint64_t calls; /* functions it calls, a bit each */
	uint16_t order; /* its place in the program: after all it calls */
} AcsFunctionInfo;

typedef struct AcsFieldInfo
{
	McSpan name;
	uint8_t container;
	uint8_t type;
	const AcsNode *preset;
} AcsFieldInfo;

typedef struct AcsBindingInfo
{
	McSpan asset;
	uint16_t field;
	uint16_t payer;
	uint16_t rate;
	uint16_t taker;
} AcsBindingInfo;

typedef struct AcsChecked
{
	size_t field_count;
	size_t function_count; /* the program itself last */
	size_t binding_count;
	AcsFieldInfo fields[ACS_FIELD_MAX];
	AcsFunctionInfo functions[ACS_FUNCTION_MAX];
	AcsBindingInfo bindings[ACS_BINDING_MAX];
} AcsChecked;

/* Names, types, assignment before use, the shape of calls. False when something was reported. */
extern bool acs_check(AcsTree *tree, AcsChecked *checked, AcsDiagnostics *diagnostics);

/* A function of the language: what it takes, gives and compiles to. */
typedef struct AcsBuiltin
{
	const char *name;
	uint8_t opcode;
	uint8_t argument_count;
	const char *description;
} AcsBuiltin;

extern const AcsBuiltin *acs_builtins(size_t *count);

/* The type of a builtin's i-th argument, from its opcode's operands. */
extern AcsType acs_builtin_argument(const AcsBuiltin *builtin, unsigned i);

/* Bytecode in the arena from a checked tree; false when something was reported. */
extern bool acs_generate(const AcsChecked *checked, AcsArena *arena, McSpan *bytecode,
						 AcsDiagnostics *diagnostics);

#endif
