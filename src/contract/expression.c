/*
 * expression.c - expressions by precedence climbing (Pratt): one table of binary operators, one
 * function for what can stand on its own.
 */
#include "contract/parser.h"

typedef struct Infix
{
	const char *sign;
	uint8_t binding; /* the higher, the tighter */
	uint8_t operation;
} Infix;

static const Infix infixes[] = { { "||", 1, ACS_OR },      { "&&", 2, ACS_AND },
								 { "==", 3, ACS_EQUAL },   { "!=", 3, ACS_UNEQUAL },
								 { "<", 4, ACS_LESS },     { "<=", 4, ACS_AT_MOST },
								 { ">", 4, ACS_GREATER },  { ">=", 4, ACS_AT_LEAST },
								 { "+", 5, ACS_PLUS },     { "-", 5, ACS_MINUS },
								 { "*", 6, ACS_TIMES },    { "/", 6, ACS_DIVIDE },
								 { "%", 6, ACS_REMAINDER } };

static const Infix *
infix_at(const AcsParser *parser)
{
	for (size_t i = 0; i < sizeof(infixes) / sizeof(infixes[0]); i++)
		if (acs_parser_at_sign(parser, infixes[i].sign))
			return &infixes[i];
	return NULL;
}

static int
hex_value(uint8_t c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static bool
decode_hash(AcsParser *parser, AcsNode *node)
{
	uint8_t *bytes = acs_arena_take(parser->arena, HASH_SIZE);
	const uint8_t *digits = parser->token.text.data;

	if (bytes == NULL)
		return false;
	for (int i = 0; i < HASH_SIZE; i++)
		bytes[i] = (uint8_t) (hex_value(digits[2 * i]) << 4 | hex_value(digits[2 * i + 1]));
	node->name = span_of(bytes, HASH_SIZE);
	return true;
}

static bool
decode_text(AcsParser *parser, AcsNode *node)
{
	static const char escapes[] = "\"\\nt";
	static const char meanings[] = "\"\\\n\t";
	McSpan from = parser->token.text;
	uint8_t *bytes = acs_arena_take(parser->arena, from.size);
	size_t size = 0;

	for (size_t i = 0; bytes != NULL && i < from.size; i++)
	{
		const char *known = escapes;

		if (from.data[i] != '\\')
		{
			bytes[size++] = from.data[i];
			continue;
		}
		/* The lexer saw to it that a character follows. */
		known = strchr(escapes, from.data[++i]);
		if (known == NULL)
		{
			size_t offset = (size_t) (from.data + i - 1 - parser->lexer.source.text.data);

			acs_diagnose(parser->diagnostics, offset, MC_ACS_BAD_ESCAPE,
						 (const char *) from.data + i - 1, 2);
			parser->panic = true;
			return false;
		}
		bytes[size++] = (uint8_t) meanings[known - escapes];
	}
	if (size > ACS_TEXT_MAX)
		acs_diagnose_number(parser->diagnostics, parser->token.offset, MC_ACS_TEXT_TOO_LONG,
							(int64_t) size, ACS_TEXT_MAX);
	node->name = span_of(bytes, size);
	return bytes != NULL && size <= ACS_TEXT_MAX;
}

AcsNode *
acs_parse_literal(AcsParser *parser)
{
	static const AcsNodeKind kinds[] = { [ACS_TOKEN_NUMBER] = ACS_NODE_NUMBER,
										 [ACS_TOKEN_TEXT] = ACS_NODE_TEXT,
										 [ACS_TOKEN_HASH] = ACS_NODE_HASH,
										 [ACS_TOKEN_NAME] = ACS_NODE_BOOL };
	AcsTokenKind kind = parser->token.kind;
	bool truth = acs_parser_at_name(parser, "true");
	AcsNode *node;

	if (kind != ACS_TOKEN_NUMBER && kind != ACS_TOKEN_TEXT && kind != ACS_TOKEN_HASH && !truth &&
		!acs_parser_at_name(parser, "false"))
	{
		acs_parser_expected(parser, "a value");
		return NULL;
	}
	node = acs_parser_node(parser, kinds[kind], parser->token.offset);
	if (node == NULL)
		return NULL;
	node->number = kind == ACS_TOKEN_NUMBER ? parser->token.number : truth;
	if ((kind == ACS_TOKEN_TEXT && !decode_text(parser, node)) ||
		(kind == ACS_TOKEN_HASH && !decode_hash(parser, node)))
		return NULL;
	acs_parser_next(parser);
	return node;
}

AcsNode *
acs_parse_field(AcsParser *parser, bool *written)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_FIELD, parser->token.offset);

	acs_parser_next(parser);
	if (node == NULL || !acs_parser_sign(parser, "."))
		return NULL;
	if (acs_parser_at_name(parser, "w"))
	{
		*written = true;
		acs_parser_next(parser);
		if (!acs_parser_sign(parser, "."))
			return NULL;
	}
	if (parser->token.kind != ACS_TOKEN_NAME && parser->token.kind != ACS_TOKEN_LOCAL)
	{
		acs_parser_expected(parser, "a field name");
		return NULL;
	}
	node->container = parser->token.kind == ACS_TOKEN_LOCAL ? ACS_OPERATOR : ACS_SELF;
	node->name = parser->token.text;
	acs_parser_next(parser);
	return node;
}

static AcsNode *
parse_call(AcsParser *parser)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_CALL, parser->token.offset);
	AcsNode **last;

	if (node == NULL)
		return NULL;
	node->name = parser->token.text;
	last = &node->first;
	acs_parser_next(parser);
	if (!acs_parser_sign(parser, "("))
		return NULL;
	while (!acs_parser_at_sign(parser, ")"))
	{
		AcsNode *argument = acs_parse_expression(parser);

		if (argument == NULL || !acs_parser_above(parser, node, argument))
			return NULL;
		*last = argument;
		last = &argument->next;
		if (!acs_parser_at_sign(parser, ","))
			break;
		acs_parser_next(parser);
	}
	return acs_parser_sign(parser, ")") ? node : NULL;
}

static AcsNode *parse_binding(AcsParser *parser, unsigned binding);

#define BINDING_UNARY 7

static AcsNode *
parse_unary(AcsParser *parser, AcsOperation operation)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_UNARY, parser->token.offset);

	if (node == NULL)
		return NULL;
	node->operation = (uint8_t) operation;
	acs_parser_next(parser);
	node->first = parse_binding(parser, BINDING_UNARY);
	return node->first != NULL && acs_parser_above(parser, node, node->first) ? node : NULL;
}

static AcsNode *
parse_primary(AcsParser *parser)
{
	AcsNode *node;
	bool written;

	if (acs_parser_at_sign(parser, "-"))
		return parse_unary(parser, ACS_NEGATE);
	if (acs_parser_at_sign(parser, "!"))
		return parse_unary(parser, ACS_INVERT);
	if (acs_parser_at_sign(parser, "("))
	{
		acs_parser_next(parser);
		node = acs_parse_expression(parser);
		return node != NULL && acs_parser_sign(parser, ")") ? node : NULL;
	}
	if (parser->token.kind == ACS_TOKEN_LOCAL)
	{
		node = acs_parser_node(parser, ACS_NODE_LOCAL, parser->token.offset);
		if (node != NULL)
			node->name = parser->token.text;
		acs_parser_next(parser);
		return node;
	}
	if (parser->token.kind != ACS_TOKEN_NAME || acs_parser_at_name(parser, "true") ||
		acs_parser_at_name(parser, "false"))
		return acs_parse_literal(parser);
	/* p.w.name reads what was written, which is what p.name reads too. */
	return acs_parser_at_name(parser, "p") ? acs_parse_field(parser, &written) : parse_call(parser);
}

static AcsNode *
parse_binding(AcsParser *parser, unsigned binding)
{
	AcsNode *left;
	const Infix *infix;

	if (!acs_parser_enter(parser))
		return NULL;
	left = parse_primary(parser);
	while (left != NULL && (infix = infix_at(parser)) != NULL && infix->binding > binding)
	{
		AcsNode *node = acs_parser_node(parser, ACS_NODE_BINARY, parser->token.offset);

		acs_parser_next(parser);
		if (node != NULL)
		{
			node->operation = infix->operation;
			node->first = left;
			node->second = parse_binding(parser, infix->binding);
			if (node->second == NULL || !acs_parser_above(parser, node, left) ||
				!acs_parser_above(parser, node, node->second))
				node = NULL;
		}
		left = node;
	}
	acs_parser_leave(parser);
	return left;
}

AcsNode *
acs_parse_expression(AcsParser *parser)
{
	return parse_binding(parser, 0);
}
