/*
 * parser.c - statements by recursive descent. After a mistake it goes on at the next
 * statement, so that one reading reports all it can.
 */
#include "contract/parser.h"

#include <stdio.h>

AcsNode *
acs_parser_node(AcsParser *parser, AcsNodeKind kind, size_t offset)
{
	AcsNode *node = acs_arena_take(parser->arena, sizeof(AcsNode));

	if (node == NULL)
	{
		McProblem problem;

		status_problem_name(&problem, MC_ACS_TOO_COMPLEX, "parts", 5);
		problem.limit = ACS_COMPILE_MEMORY / (int64_t) sizeof(AcsNode);
		if (!parser->stopped)
			acs_report(parser->diagnostics, offset, &problem);
		parser->panic = parser->stopped = true;
		return NULL;
	}
	memset(node, 0, sizeof(*node));
	node->kind = (uint8_t) kind;
	node->offset = (uint32_t) offset;
	return node;
}

void
acs_parser_next(AcsParser *parser)
{
	parser->lexer.quiet = parser->panic;
	parser->token = acs_lexer_next(&parser->lexer);
	if (parser->token.kind == ACS_TOKEN_BAD)
		parser->panic = true; /* the lexer said why */
}

void
acs_parser_expected(AcsParser *parser, const char *what)
{
	char text[MC_PROBLEM_NAME_MAX + 1];
	int size;

	if (!parser->panic)
	{
		const char *quote = parser->token.kind == ACS_TOKEN_END ? "" : "\"";

		size = snprintf(text, sizeof(text), "%s, not %s%.*s%s", what, quote,
						parser->token.text.size < 40 ? (int) parser->token.text.size : 40,
						(const char *) parser->token.text.data, quote);
		acs_diagnose(parser->diagnostics, parser->token.offset, MC_ACS_SYNTAX, text, (size_t) size);
	}
	parser->panic = true;
}

bool
acs_parser_at_sign(const AcsParser *parser, const char *sign)
{
	return acs_token_is(&parser->token, ACS_TOKEN_SIGN, sign);
}

bool
acs_parser_at_name(const AcsParser *parser, const char *name)
{
	return acs_token_is(&parser->token, ACS_TOKEN_NAME, name);
}

bool
acs_parser_sign(AcsParser *parser, const char *sign)
{
	char quoted[8];

	if (acs_parser_at_sign(parser, sign))
	{
		acs_parser_next(parser);
		return true;
	}
	snprintf(quoted, sizeof(quoted), "\"%s\"", sign);
	acs_parser_expected(parser, quoted);
	return false;
}

static bool
too_deep(AcsParser *parser, size_t offset)
{
	if (!parser->stopped)
		acs_diagnose_number(parser->diagnostics, offset, MC_ACS_TOO_DEEP, 0, ACS_DEPTH_MAX);
	parser->panic = parser->stopped = true;
	return false;
}

bool
acs_parser_enter(AcsParser *parser)
{
	if (parser->depth == ACS_DEPTH_MAX)
		return too_deep(parser, parser->token.offset);
	parser->depth++;
	return true;
}

void
acs_parser_leave(AcsParser *parser)
{
	assert(parser->depth > 0);
	parser->depth--;
}

bool
acs_parser_above(AcsParser *parser, AcsNode *node, const AcsNode *child)
{
	if (child->depth >= node->depth)
		node->depth = (uint16_t) (child->depth + 1);
	/* A chain like 1+1+1 nests without recursion here; those who walk the tree do recurse. */
	return node->depth <= ACS_DEPTH_MAX || too_deep(parser, node->offset);
}

void
acs_parser_recover(AcsParser *parser)
{
	unsigned depth = 0;
	bool at_end = false;

	while (!at_end && !parser->stopped && parser->token.kind != ACS_TOKEN_END)
	{
		at_end = depth == 0 && acs_parser_at_sign(parser, ";");
		if (depth == 0 && acs_parser_at_sign(parser, "}"))
			break;
		if (acs_parser_at_sign(parser, "{"))
			depth++;
		else if (acs_parser_at_sign(parser, "}"))
			at_end = --depth == 0;
		if (at_end)
			parser->panic = false;
		acs_parser_next(parser);
	}
	if (!at_end)
		parser->panic = parser->stopped;
}

static AcsNode *parse_statement(AcsParser *parser);

void
acs_parse_statements(AcsParser *parser, AcsNode *block)
{
	AcsNode **last = &block->first;

	while (!parser->stopped && parser->token.kind != ACS_TOKEN_END &&
		   !acs_parser_at_sign(parser, "}"))
	{
		AcsNode *statement;

		if (acs_parser_at_sign(parser, ";"))
		{
			acs_parser_next(parser);
			continue;
		}
		statement = parse_statement(parser);
		if (statement == NULL || parser->panic)
		{
			acs_parser_recover(parser);
			continue;
		}
		if (!acs_parser_above(parser, block, statement))
			return;
		*last = statement;
		last = &statement->next;
	}
}

AcsNode *
acs_parse_block(AcsParser *parser)
{
	AcsNode *block = acs_parser_node(parser, ACS_NODE_BLOCK, parser->token.offset);

	if (block == NULL || !acs_parser_sign(parser, "{") || !acs_parser_enter(parser))
		return NULL;
	acs_parse_statements(parser, block);
	acs_parser_leave(parser);
	return acs_parser_sign(parser, "}") ? block : NULL;
}

static AcsNode *
parse_conditional(AcsParser *parser, AcsNodeKind kind)
{
	AcsNode *node = acs_parser_node(parser, kind, parser->token.offset);

	acs_parser_next(parser);
	if (node == NULL || !acs_parser_sign(parser, "(") ||
		(node->first = acs_parse_expression(parser)) == NULL || !acs_parser_sign(parser, ")") ||
		(node->second = acs_parse_block(parser)) == NULL)
		return NULL;
	if (kind == ACS_NODE_IF && acs_parser_at_name(parser, "else"))
	{
		acs_parser_next(parser);
		if (!acs_parser_enter(parser))
			return NULL;
		node->third = acs_parser_at_name(parser, "if") ? parse_conditional(parser, ACS_NODE_IF)
													   : acs_parse_block(parser);
		acs_parser_leave(parser);
		if (node->third == NULL || !acs_parser_above(parser, node, node->third))
			return NULL;
	}
	return acs_parser_above(parser, node, node->first) &&
				   acs_parser_above(parser, node, node->second)
			   ? node
			   : NULL;
}

/* "= expression ;" for the statement, or just "expression ;". */
static AcsNode *
finish(AcsParser *parser, AcsNode *node, bool assigned)
{
	if (node == NULL || (assigned && !acs_parser_sign(parser, "=")))
		return NULL;
	node->first = acs_parse_expression(parser);
	if (node->first == NULL || !acs_parser_above(parser, node, node->first))
		return NULL;
	return acs_parser_sign(parser, ";") ? node : NULL;
}

static AcsNode *
parse_write(AcsParser *parser)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_WRITE, parser->token.offset);
	bool written = false;

	if (node == NULL)
		return NULL;
	node->second = acs_parse_field(parser, &written);
	if (node->second == NULL)
		return NULL;
	if (!written)
	{
		static const char what[] = "p.w. before the name of a field to write";

		acs_diagnose(parser->diagnostics, node->offset, MC_ACS_SYNTAX, what, sizeof(what) - 1);
		parser->panic = true;
		return NULL;
	}
	if (node->second->container == ACS_SELF &&
		span_compare(node->second->name, span_text("return")) == 0)
		node->kind = ACS_NODE_RESULT;
	return finish(parser, node, true);
}

static AcsNode *
parse_return(AcsParser *parser)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_RETURN, parser->token.offset);

	acs_parser_next(parser);
	if (node == NULL || !acs_parser_at_sign(parser, ";"))
		return finish(parser, node, false);
	acs_parser_next(parser);
	return node;
}

static AcsNode *
parse_statement(AcsParser *parser)
{
	AcsNode *node;

	if (acs_parser_at_sign(parser, "{"))
		return acs_parse_block(parser);
	if (acs_parser_at_name(parser, "if"))
		return parse_conditional(parser, ACS_NODE_IF);
	if (acs_parser_at_name(parser, "while"))
		return parse_conditional(parser, ACS_NODE_WHILE);
	if (acs_parser_at_name(parser, "return"))
		return parse_return(parser);
	if (acs_parser_at_name(parser, "p"))
		return parse_write(parser);
	if (parser->token.kind == ACS_TOKEN_LOCAL)
	{
		node = acs_parser_node(parser, ACS_NODE_ASSIGN, parser->token.offset);
		if (node != NULL)
			node->name = parser->token.text;
		acs_parser_next(parser);
		return finish(parser, node, true);
	}
	if (parser->token.kind == ACS_TOKEN_NAME)
		return finish(parser, acs_parser_node(parser, ACS_NODE_EVALUATE, parser->token.offset),
					  false);
	acs_parser_expected(parser, "a statement");
	return NULL;
}
