/*
 * acs_generate.h - a random program as a tree of the oracle's own.
 */
#ifndef MESCHAIN_TEST_ACS_GENERATE_H
#define MESCHAIN_TEST_ACS_GENERATE_H

#include "unit/acs_big_round.h"
#include "unit/check.h"

#define NODES_MAX 4096
#define LOCALS 4 /* of decimals in every function; the first two are its parameters */
#define FIELDS 4 /* the last one is missing */
#define FUNCTIONS_MAX 3

typedef enum Kind
{
	LITERAL,
	LOCAL,
	FIELD,
	NEGATE,
	ARITHMETIC, /* dec: + - * / % */
	BUILTIN,    /* dec: abs min max round floor ceil */
	CALL,
	COMPARE, /* bool */
	LOGIC,
	INVERT,
	ASSIGN, /* statements */
	WRITE,
	IF,
	WHILE,
	RETURN
} Kind;

typedef struct Node Node;
struct Node
{
	Kind kind;
	int choice; /* operator, builtin, function, local or field */
	Node *child[3];
	Node *next;
	Big number;
};

static Node nodes[NODES_MAX];
static int node_count;
static Node *functions[FUNCTIONS_MAX + 1]; /* the last one is the program */
static int function_count;
static uint64_t random_state;
static bool has_loop;

static uint64_t
draw(uint64_t below)
{
	uint64_t z = (random_state += 0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return (z ^ z >> 31) % below;
}

static Node *
node_make(Kind kind, int choice)
{
	Node *node = &nodes[node_count++];

	CHECK(node_count < NODES_MAX);
	memset(node, 0, sizeof(*node));
	node->kind = kind;
	node->choice = choice;
	return node;
}

static Node *
literal_make(void)
{
	static const char *const corners[] = {
		"0", "1000000000000",   "2000000000000", "500000000000",
		"1", "100000000000000", "50000000000",   "170141183460469231731687303715884105727"
	};
	Node *node = node_make(LITERAL, 0);
	char digits[40];
	int size = 1 + (int) draw(27);

	if (draw(2) == 0)
	{
		node->number = big_digits(corners[draw(8)], false);
		return node;
	}
	for (int i = 0; i < size; i++)
		digits[i] = (char) ('0' + draw(10));
	digits[size] = '\0';
	node->number = big_digits(digits, false);
	return node;
}

static Node *truth_make(int depth, int function);

static Node *
dec_make(int depth, int function)
{
	Node *node;
	uint64_t kind = draw(depth > 0 ? 12 : 3);

	if (kind == 0)
		return literal_make();
	if (kind == 1)
		return node_make(LOCAL, (int) draw(LOCALS));
	if (kind == 2)
		return node_make(FIELD, (int) draw(draw(40) == 0 ? FIELDS : FIELDS - 1));
	node = kind == 3                   ? node_make(NEGATE, 0)
		   : kind == 4                 ? node_make(BUILTIN, (int) draw(6))
		   : kind == 5 && function > 0 ? node_make(CALL, (int) draw((uint64_t) function))
									   : node_make(ARITHMETIC, (int) draw(5));
	node->child[0] = dec_make(depth - 1, function);
	node->child[1] = dec_make(depth - 1, function);
	if (node->kind == BUILTIN && node->choice == 3)
	{
		node->child[1] = literal_make();
		node->child[1]->number = big_shift(big_digits("6", false), BIG_DECIMALS);
		node->child[1]->number.digits[BIG_DECIMALS] = (uint8_t) draw(10);
	}
	return node;
}

static Node *
truth_make(int depth, int function)
{
	uint64_t kind = draw(depth > 0 ? 5 : 1);
	Node *node;

	if (kind < 2)
	{
		node = node_make(COMPARE, (int) draw(6));
		node->child[0] = dec_make(depth - 1, function);
		node->child[1] = dec_make(depth - 1, function);
		return node;
	}
	node = kind == 4 ? node_make(INVERT, 0) : node_make(LOGIC, (int) kind - 2);
	node->child[0] = truth_make(depth - 1, function);
	if (kind != 4)
		node->child[1] = truth_make(depth - 1, function);
	return node;
}

static Node *
statements_make(int count, int depth, int function)
{
	Node *first = NULL;
	Node **last = &first;

	while (count-- > 0)
	{
		uint64_t kind = draw(depth > 0 ? 10 : 7);
		Node *node;

		if (kind < 4)
			node = node_make(ASSIGN, (int) draw(LOCALS));
		else if (kind < 7)
			node = node_make(WRITE, (int) draw(FIELDS - 1));
		else
			node = node_make(kind == 9 ? WHILE : kind == 8 && draw(4) == 0 ? RETURN : IF, 0);
		if (node->kind == IF || node->kind == WHILE)
		{
			node->child[0] = truth_make(2, function);
			node->child[1] = statements_make(1 + (int) draw(3), depth - 1, function);
			if (node->kind == IF && draw(2) == 0)
				node->child[2] = statements_make(1 + (int) draw(2), depth - 1, function);
			node->choice = node->kind == WHILE ? 1 + (int) draw(4) : 0;
			has_loop |= node->kind == WHILE;
		}
		else
			node->child[0] = dec_make(3, function);
		*last = node;
		last = &node->next;
	}
	return first;
}

#endif
