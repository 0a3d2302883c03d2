/*
 * acs_walk.h - runs a generated program over its tree with arithmetic on paper: the oracle.
 */
#ifndef MESCHAIN_TEST_ACS_WALK_H
#define MESCHAIN_TEST_ACS_WALK_H

#include "base/status.h"
#include "unit/acs_generate.h"

#define STEPS_MAX 20000

typedef struct Scope
{
	Big locals[LOCALS];
	Big result;
	bool returned;
} Scope;

static Big fields[FIELDS];
static bool written[FIELDS];
static McStatus walked; /* of the walk so far */
static int steps;

static Big walk(const Node *node, Scope *scope);

static Big
limited(Big big)
{
	if (walked == MC_OK && !big_fits(&big))
		walked = MC_ACS_OVERFLOW;
	return big;
}

static void walk_statements(const Node *node, Scope *scope);

static Big
walk_call(const Node *node, Scope *scope)
{
	Scope inner = { .returned = false };

	inner.locals[0] = walk(node->child[0], scope);
	inner.locals[1] = walk(node->child[1], scope);
	if (walked == MC_OK)
		walk_statements(functions[node->choice], &inner);
	return inner.result;
}

static Big
walk_builtin(const Node *node, Scope *scope)
{
	Big one = walk(node->child[0], scope);
	Big two = node->choice >= 1 && node->choice <= 3 ? walk(node->child[1], scope) : one;
	bool rest = big_has_rest(&one, 0);

	if (walked != MC_OK)
		return one;
	switch (node->choice)
	{
		case 0:
			one.negative = false;
			return limited(one);
		case 1:
			return big_compare(&one, &two) < 0 ? one : two;
		case 2:
			return big_compare(&one, &two) > 0 ? one : two;
		case 3:
			return limited(big_round(one, two.digits[BIG_DECIMALS]));
		case 4:
			return limited(big_cut(one, 0, rest && one.negative));
		default:
			return limited(big_cut(one, 0, rest && !one.negative));
	}
}

static Big
walk_arithmetic(const Node *node, Scope *scope)
{
	Big one = walk(node->child[0], scope);
	Big two = walk(node->child[1], scope);
	Big zero = { .negative = false };

	if (walked != MC_OK)
		return zero;
	if (node->choice >= 3 && big_compare(&two, &zero) == 0)
		walked = MC_ACS_DIVISION_BY_ZERO;
	if (walked != MC_OK)
		return zero;
	return limited(node->choice == 0   ? big_add(one, two)
				   : node->choice == 1 ? big_add(one, big_negate(two))
				   : node->choice == 2 ? big_mul(one, two)
				   : node->choice == 3 ? big_div(one, two)
									   : big_mod(one, two));
}

static Big
walk(const Node *node, Scope *scope)
{
	Big zero = { .negative = false };

	if (walked != MC_OK)
		return zero;
	switch (node->kind)
	{
		case LITERAL:
			return node->number;
		case LOCAL:
			return scope->locals[node->choice];
		case FIELD:
			if (node->choice == FIELDS - 1)
				walked = MC_ACS_UNKNOWN_FIELD;
			return fields[node->choice];
		case NEGATE:
			return limited(big_negate(walk(node->child[0], scope)));
		case BUILTIN:
			return walk_builtin(node, scope);
		case CALL:
			return walk_call(node, scope);
		default:
			return walk_arithmetic(node, scope);
	}
}

static bool
walk_truth(const Node *node, Scope *scope)
{
	bool first;
	int order;
	Big one;
	Big two;

	if (node->kind != COMPARE)
	{
		first = walk_truth(node->child[0], scope);
		if (node->kind == INVERT)
			return !first;
		return first == (node->choice == 0) ? first : walk_truth(node->child[1], scope);
	}
	one = walk(node->child[0], scope);
	two = walk(node->child[1], scope);
	order = big_compare(&one, &two);
	return node->choice == 0   ? order == 0
		   : node->choice == 1 ? order != 0
		   : node->choice == 2 ? order < 0
		   : node->choice == 3 ? order <= 0
		   : node->choice == 4 ? order > 0
							   : order >= 0;
}

static void
walk_statements(const Node *node, Scope *scope)
{
	for (; node != NULL && walked == MC_OK && !scope->returned; node = node->next)
	{
		Big value = { .negative = false };
		int turns = 0;

		if (++steps > STEPS_MAX)
			walked = MC_ACS_OUT_OF_GAS; /* too long for paper: not compared */
		if (node->kind == IF)
		{
			bool truth = walk_truth(node->child[0], scope);

			walk_statements(truth ? node->child[1] : node->child[2], scope);
			continue;
		}
		while (node->kind == WHILE && turns++ < node->choice && walked == MC_OK &&
			   !scope->returned && walk_truth(node->child[0], scope))
			walk_statements(node->child[1], scope);
		if (node->kind == WHILE)
			continue;
		value = walk(node->child[0], scope);
		if (walked != MC_OK)
			return;
		if (node->kind == ASSIGN)
			scope->locals[node->choice] = value;
		else if (node->kind == WRITE)
		{
			fields[node->choice] = value;
			written[node->choice] = true;
		}
		else
		{
			scope->result = value;
			scope->returned = true;
		}
	}
}

#endif
