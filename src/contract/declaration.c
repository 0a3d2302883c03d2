/*
 * declaration.c - a whole program: param, bind and function declarations, then statements.
 */
#include "contract/parser.h"

static bool
parse_type(AcsParser *parser, uint8_t *type)
{
	*type = ACS_DEC;
	if (!acs_parser_at_sign(parser, ":"))
		return true;
	acs_parser_next(parser);
	for (uint8_t i = ACS_DEC; i < ACS_TYPE_COUNT; i++)
		if (acs_parser_at_name(parser, acs_type_name((AcsType) i)))
		{
			*type = i;
			acs_parser_next(parser);
			return true;
		}
	acs_parser_expected(parser, "a type (dec, bool, text, hash)");
	return false;
}

static AcsNode *
parse_plain_field(AcsParser *parser)
{
	bool written = false;
	AcsNode *field;

	if (!acs_parser_at_name(parser, "p"))
	{
		acs_parser_expected(parser, "a field (p.name or p.$name)");
		return NULL;
	}
	field = acs_parse_field(parser, &written);
	if (field != NULL && written)
		acs_parser_expected(parser, "the field without w.");
	return written ? NULL : field;
}

static AcsNode *
parse_preset(AcsParser *parser)
{
	bool negative = acs_parser_at_sign(parser, "-");
	AcsNode *value;

	if (negative)
		acs_parser_next(parser);
	if (negative && parser->token.kind != ACS_TOKEN_NUMBER)
	{
		acs_parser_expected(parser, "a number");
		return NULL;
	}
	value = acs_parse_literal(parser);
	if (value != NULL && negative)
		value->number = -value->number;
	return value;
}

/* param p.name: type [= value]; */
static AcsNode *
parse_param(AcsParser *parser)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_PARAM, parser->token.offset);

	acs_parser_next(parser);
	if (node == NULL || (node->second = parse_plain_field(parser)) == NULL ||
		!parse_type(parser, &node->type))
		return NULL;
	if (acs_parser_at_sign(parser, "="))
	{
		acs_parser_next(parser);
		node->first = parse_preset(parser);
		if (node->first == NULL)
			return NULL;
	}
	return acs_parser_sign(parser, ";") ? node : NULL;
}

static bool
parse_word(AcsParser *parser, const char *word)
{
	if (acs_parser_at_name(parser, word))
	{
		acs_parser_next(parser);
		return true;
	}
	acs_parser_expected(parser, word);
	return false;
}

/* bind p.field to "ASSET" [from p.payer [withhold p.rate to p.taker]]; */
static AcsNode *
parse_bind(AcsParser *parser)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_BIND, parser->token.offset);
	AcsNode *asset;

	acs_parser_next(parser);
	if (node == NULL || (node->first = parse_plain_field(parser)) == NULL ||
		!parse_word(parser, "to"))
		return NULL;
	if (parser->token.kind != ACS_TOKEN_TEXT)
	{
		acs_parser_expected(parser, "the asset's code in quotes");
		return NULL;
	}
	if ((asset = acs_parse_literal(parser)) == NULL)
		return NULL;
	node->name = asset->name;
	if (acs_parser_at_name(parser, "from"))
	{
		acs_parser_next(parser);
		if ((node->second = parse_plain_field(parser)) == NULL)
			return NULL;
	}
	if (node->second != NULL && acs_parser_at_name(parser, "withhold"))
	{
		acs_parser_next(parser);
		if ((node->third = parse_plain_field(parser)) == NULL || !parse_word(parser, "to") ||
			(node->third->next = parse_plain_field(parser)) == NULL)
			return NULL;
	}
	return acs_parser_sign(parser, ";") ? node : NULL;
}

static AcsNode *
parse_parameter(AcsParser *parser)
{
	AcsNode *node = acs_parser_node(parser, ACS_NODE_PARAMETER, parser->token.offset);

	if (parser->token.kind != ACS_TOKEN_LOCAL)
	{
		acs_parser_expected(parser, "a parameter ($name)");
		return NULL;
	}
	if (node == NULL)
		return NULL;
	node->name = parser->token.text;
	acs_parser_next(parser);
	return parse_type(parser, &node->type) ? node : NULL;
}

/* function name($a, $b: type): type { ... } */
static AcsNode *
parse_function(AcsParser *parser)
{
	AcsNode *node;
	AcsNode **last;

	acs_parser_next(parser);
	node = acs_parser_node(parser, ACS_NODE_FUNCTION, parser->token.offset);
	if (node == NULL)
		return NULL;
	if (parser->token.kind != ACS_TOKEN_NAME)
	{
		acs_parser_expected(parser, "the function's name");
		return NULL;
	}
	node->name = parser->token.text;
	last = &node->first;
	acs_parser_next(parser);
	if (!acs_parser_sign(parser, "("))
		return NULL;
	while (!acs_parser_at_sign(parser, ")"))
	{
		*last = parse_parameter(parser);
		if (*last == NULL)
			return NULL;
		last = &(*last)->next;
		if (!acs_parser_at_sign(parser, ","))
			break;
		acs_parser_next(parser);
	}
	if (!acs_parser_sign(parser, ")") || !parse_type(parser, &node->type))
		return NULL;
	node->second = acs_parse_block(parser);
	return node->second != NULL ? node : NULL;
}

typedef struct Declaration
{
	const char *word;
	AcsNode *(*parse)(AcsParser *parser);
} Declaration;

static const Declaration declarations[] = { { "param", parse_param },
											{ "bind", parse_bind },
											{ "function", parse_function } };
#define DECLARATION_COUNT (sizeof(declarations) / sizeof(declarations[0]))

static bool
parse_declaration(AcsParser *parser, AcsNode **lasts[DECLARATION_COUNT])
{
	for (size_t i = 0; i < DECLARATION_COUNT; i++)
		if (acs_parser_at_name(parser, declarations[i].word))
		{
			AcsNode *node = declarations[i].parse(parser);

			if (node == NULL || parser->panic)
			{
				acs_parser_recover(parser);
				return true;
			}
			*lasts[i] = node;
			lasts[i] = &node->next;
			return true;
		}
	return false;
}

bool
acs_parse(AcsSource source, AcsArena *arena, AcsTree *tree, AcsDiagnostics *diagnostics)
{
	AcsParser parser = { .arena = arena, .diagnostics = diagnostics };
	AcsNode **lasts[DECLARATION_COUNT] = { &tree->params, &tree->binds, &tree->functions };
	size_t reported = diagnostics->count;

	assert(source.text.size <= UINT32_MAX);
	memset(tree, 0, sizeof(*tree));
	acs_lexer_init(&parser.lexer, source, diagnostics);
	acs_parser_next(&parser);
	tree->body = acs_parser_node(&parser, ACS_NODE_BLOCK, parser.token.offset);
	while (!parser.stopped && parse_declaration(&parser, lasts))
		;
	if (tree->body != NULL)
		acs_parse_statements(&parser, tree->body);
	if (!parser.panic && parser.token.kind != ACS_TOKEN_END)
		acs_parser_expected(&parser, "a statement");
	return diagnostics->count == reported;
}
