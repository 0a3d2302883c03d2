/*
 * acs_print.h - the source of a generated program, with as few parentheses as precedence allows, so
 * that lexer and parser are under test too.
 */
#ifndef MESCHAIN_TEST_ACS_PRINT_H
#define MESCHAIN_TEST_ACS_PRINT_H

#include "unit/acs_generate.h"

#define SOURCE_MAX 65536

static char source[SOURCE_MAX];
static size_t source_size;

static void
put(const char *text)
{
	size_t size = strlen(text);

	CHECK(source_size + size < SOURCE_MAX);
	memcpy(source + source_size, text, size + 1);
	source_size += size;
}

static void
put_number(const Big *number)
{
	char text[BIG_DIGITS + 2];
	int size = 0;
	int top = BIG_DIGITS - 1;
	int bottom = 0;

	while (top > BIG_DECIMALS && number->digits[top] == 0)
		top--;
	while (bottom < BIG_DECIMALS && number->digits[bottom] == 0)
		bottom++;
	for (int i = top; i >= bottom; i--)
	{
		if (i == BIG_DECIMALS - 1)
			text[size++] = '.';
		text[size++] = (char) ('0' + number->digits[i]);
	}
	text[size] = '\0';
	put(text);
}

static const char *const arithmetic_signs[] = { " + ", " - ", " * ", "/", "%" };
static const char *const compare_signs[] = { "==", " != ", "<", " <= ", ">", ">=" };
static const char *const builtin_names[] = { "abs", "min", "max", "round", "floor", "ceil" };

static int
binding_of(const Node *node)
{
	switch (node->kind)
	{
		case LOGIC:
			return node->choice == 0 ? 1 : 2;
		case COMPARE:
			return node->choice < 2 ? 3 : 4;
		case ARITHMETIC:
			return node->choice < 2 ? 5 : 6;
		default:
			return 7;
	}
}

static void put_expression(const Node *node, int outer);

static void
put_call(const char *name, const Node *node, int arguments)
{
	put(name);
	put("(");
	put_expression(node->child[0], 0);
	if (arguments > 1)
	{
		put(", ");
		put_expression(node->child[1], 0);
	}
	put(")");
}

static void
put_expression(const Node *node, int outer)
{
	char name[16];
	int binding = binding_of(node);
	bool wrapped = binding < outer;

	if (wrapped)
		put("(");
	if (node->kind == LITERAL)
		put_number(&node->number);
	else if (node->kind == LOCAL || node->kind == FIELD)
	{
		snprintf(name, sizeof(name), node->kind == LOCAL ? "$v%d" : "p.f%d", node->choice);
		put(name);
	}
	else if (node->kind == NEGATE || node->kind == INVERT)
	{
		put(node->kind == NEGATE ? "-" : "!");
		put_expression(node->child[0], 7);
	}
	else if (node->kind == BUILTIN)
		put_call(builtin_names[node->choice], node, node->choice >= 1 && node->choice <= 3 ? 2 : 1);
	else if (node->kind == CALL)
	{
		snprintf(name, sizeof(name), "g%d", node->choice);
		put_call(name, node, 2);
	}
	else
	{
		put_expression(node->child[0], binding);
		put(node->kind == LOGIC     ? (node->choice == 0 ? " || " : " && ")
			: node->kind == COMPARE ? compare_signs[node->choice]
									: arithmetic_signs[node->choice]);
		put_expression(node->child[1], binding + 1);
	}
	if (wrapped)
		put(")");
}

static void
put_statements(const Node *node, int depth)
{
	char text[96];

	for (; node != NULL; node = node->next)
	{
		if (node->kind == WHILE)
		{
			snprintf(text, sizeof(text), "$n%d = 0; while ($n%d < %d && (", depth, depth,
					 node->choice);
			put(text);
			put_expression(node->child[0], 0);
			snprintf(text, sizeof(text), ")) { $n%d = $n%d + 1; ", depth, depth);
			put(text);
			put_statements(node->child[1], depth + 1);
			put("}\n");
			continue;
		}
		snprintf(text, sizeof(text),
				 node->kind == ASSIGN  ? "$v%d = "
				 : node->kind == WRITE ? "p.w.f%d = "
				 : node->kind == IF    ? "if ("
									   : "return ",
				 node->choice);
		put(text);
		put_expression(node->child[0], 0);
		put(node->kind == IF ? ") {\n" : ";\n");
		if (node->kind != IF)
			continue;
		put_statements(node->child[1], depth + 1);
		put(node->child[2] != NULL ? "} else {\n" : "}\n");
		put_statements(node->child[2], depth + 1);
		put(node->child[2] != NULL ? "}\n" : "");
	}
}

static void
put_program(void)
{
	char text[96];

	source_size = 0;
	for (int i = 0; i <= function_count; i++)
	{
		snprintf(text, sizeof(text), "function g%d($v0, $v1) { ", i);
		put(i < function_count ? text : "$v0 = 0; $v1 = 0; ");
		put("$v2 = 0; $v3 = 0;\n");
		put_statements(functions[i], 0);
		put(i < function_count ? "return 0; }\n" : "");
	}
}

#endif
