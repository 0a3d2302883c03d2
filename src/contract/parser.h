/*
 * parser.h - what the parts of the parser share: declarations in declaration.c,
 * statements in parser.c, expressions in expression.c.
 */
#ifndef MESCHAIN_CONTRACT_PARSER_H
#define MESCHAIN_CONTRACT_PARSER_H

#include "contract/ast.h"
#include "contract/lexer.h"

typedef struct AcsParser
{
	AcsLexer lexer;
	AcsToken token; /* the one looked at */
	AcsArena *arena;
	AcsDiagnostics *diagnostics;
	unsigned depth; /* of recursion */
	bool panic;     /* a mistake was reported and the next statement not yet reached */
	bool stopped;   /* no point in reading on: out of memory or too deep */
} AcsParser;

/* NULL when the tree's memory is used up, which is reported. */
extern AcsNode *acs_parser_node(AcsParser *parser, AcsNodeKind kind, size_t offset);

extern void acs_parser_next(AcsParser *parser);

/* Reports "expected WHAT, not TOKEN" unless panicking already. */
extern void acs_parser_expected(AcsParser *parser, const char *what);

/* Goes past the sign; false, reported, when it is not there. */
extern bool acs_parser_sign(AcsParser *parser, const char *sign);
extern bool acs_parser_at_sign(const AcsParser *parser, const char *sign);
extern bool acs_parser_at_name(const AcsParser *parser, const char *name);

/* False, reported, when expressions or blocks nest too deep; pairs with acs_parser_leave. */
extern bool acs_parser_enter(AcsParser *parser);
extern void acs_parser_leave(AcsParser *parser);

/* Sets the depth of node above a child; false, reported, when too deep. */
extern bool acs_parser_above(AcsParser *parser, AcsNode *node, const AcsNode *child);

/* NULL after a reported mistake. */
extern AcsNode *acs_parse_expression(AcsParser *parser);
extern AcsNode *acs_parse_literal(AcsParser *parser);
/* p.name or p.$name, or with w. after the p, which sets written; the token looked at is "p". */
extern AcsNode *acs_parse_field(AcsParser *parser, bool *written);

/* Statements up to a closing brace or the end, into the block's list. */
extern void acs_parse_statements(AcsParser *parser, AcsNode *block);
extern AcsNode *acs_parse_block(AcsParser *parser);

/* Goes to where the next statement may begin. */
extern void acs_parser_recover(AcsParser *parser);

#endif
