/*
 * check_expression.c - the type of every expression, the meaning of every name, and folding of
 * constant arithmetic. Folding leaves alone what would fail: that is for the run to say.
 */
#include "contract/check.h"

#include <stdio.h>

bool
acs_check_type(AcsChecker *checker, const AcsNode *node, const char *what, AcsType found,
			   AcsType wanted)
{
	char text[MC_PROBLEM_NAME_MAX];
	int size;

	if (found == wanted || found == ACS_NONE || wanted == ACS_NONE)
		return found == wanted;
	size = snprintf(text, sizeof(text), "%s is %s, not %s", what, acs_type_name(found),
					acs_type_name(wanted));
	acs_diagnose(checker->diagnostics, node->offset, MC_ACS_TYPE_MISMATCH, text, (size_t) size);
	return false;
}

void
acs_check_too_many(AcsChecker *checker, const AcsNode *node, const char *what, int64_t limit)
{
	McProblem problem;

	status_problem_name(&problem, MC_ACS_TOO_COMPLEX, what, strlen(what));
	problem.limit = limit;
	acs_report(checker->diagnostics, node->offset, &problem);
}

uint16_t
acs_check_field(AcsChecker *checker, const AcsNode *node)
{
	AcsChecked *out = checker->out;
	size_t i = 0;

	while (i < out->field_count && (out->fields[i].container != node->container ||
									span_compare(out->fields[i].name, node->name) != 0))
		i++;
	if (i == ACS_FIELD_MAX)
	{
		acs_check_too_many(checker, node, "fields", ACS_FIELD_MAX);
		return 0;
	}
	if (i == out->field_count)
		out->fields[out->field_count++] =
			(AcsFieldInfo){ node->name, node->container, ACS_DEC, NULL };
	return (uint16_t) i;
}

uint16_t
acs_check_find_local(const AcsChecker *checker, McSpan name)
{
	for (uint16_t i = 0; i < checker->function->local_count; i++)
		if (span_compare(checker->local_names[i], name) == 0)
			return i;
	return ACS_NOWHERE;
}

void
acs_check_assign(AcsChecker *checker, uint16_t local)
{
	assert(local < ACS_LOCAL_MAX);
	checker->assigned.words[local / 64] |= (uint64_t) 1 << local % 64;
}

static AcsType
check_local(AcsChecker *checker, AcsNode *node)
{
	uint16_t local = acs_check_find_local(checker, node->name);

	if (local == ACS_NOWHERE || (checker->assigned.words[local / 64] >> local % 64 & 1) == 0)
	{
		acs_diagnose(checker->diagnostics, node->offset, MC_ACS_UNASSIGNED,
					 (const char *) node->name.data, node->name.size);
		return ACS_NONE;
	}
	node->index = local;
	return (AcsType) checker->function->local_types[local];
}

static bool
fold_dec(AcsOperation operation, AcsDec *out, AcsDec left, AcsDec right)
{
	switch (operation)
	{
		case ACS_PLUS:
			return acs_dec_add(out, left, right);
		case ACS_MINUS:
			return acs_dec_sub(out, left, right);
		case ACS_TIMES:
			return acs_dec_mul(out, left, right);
		case ACS_DIVIDE:
			return right != 0 && acs_dec_div(out, left, right);
		default:
			return false;
	}
}

static void
fold(AcsNode *node, const AcsNode *left, const AcsNode *right)
{
	AcsDec result;

	if (left->kind == ACS_NODE_NUMBER && right->kind == ACS_NODE_NUMBER &&
		fold_dec((AcsOperation) node->operation, &result, left->number, right->number))
	{
		node->kind = ACS_NODE_NUMBER;
		node->number = result;
	}
}

static AcsType
check_unary(AcsChecker *checker, AcsNode *node)
{
	bool negate = node->operation == ACS_NEGATE;
	AcsType wanted = negate ? ACS_DEC : ACS_BOOL;
	AcsType found = acs_check_expression(checker, node->first);
	AcsNode zero = { .kind = ACS_NODE_NUMBER };

	if (!acs_check_type(checker, node->first, negate ? "what - negates" : "what ! inverts", found,
						wanted))
		return found == ACS_NONE ? ACS_NONE : wanted;
	if (negate)
	{
		AcsNode difference = { .kind = ACS_NODE_BINARY, .operation = ACS_MINUS };

		fold(&difference, &zero, node->first);
		node->kind = difference.kind == ACS_NODE_NUMBER ? ACS_NODE_NUMBER : ACS_NODE_UNARY;
		node->number = difference.number;
	}
	return wanted;
}

/* What each binary operation takes; ACS_NONE: two of one type, of those listed beside. */
static const struct
{
	const char *sign;
	AcsType operands;
	AcsType result;
	bool ordered; /* of ACS_NONE: dec and text alone */
} binaries[] = { [ACS_OR] = { "||", ACS_BOOL, ACS_BOOL, false },
				 [ACS_AND] = { "&&", ACS_BOOL, ACS_BOOL, false },
				 [ACS_EQUAL] = { "==", ACS_NONE, ACS_BOOL, false },
				 [ACS_UNEQUAL] = { "!=", ACS_NONE, ACS_BOOL, false },
				 [ACS_LESS] = { "<", ACS_NONE, ACS_BOOL, true },
				 [ACS_AT_MOST] = { "<=", ACS_NONE, ACS_BOOL, true },
				 [ACS_GREATER] = { ">", ACS_NONE, ACS_BOOL, true },
				 [ACS_AT_LEAST] = { ">=", ACS_NONE, ACS_BOOL, true },
				 [ACS_PLUS] = { "+", ACS_NONE, ACS_NONE, true },
				 [ACS_MINUS] = { "-", ACS_DEC, ACS_DEC, false },
				 [ACS_TIMES] = { "*", ACS_DEC, ACS_DEC, false },
				 [ACS_DIVIDE] = { "/", ACS_DEC, ACS_DEC, false },
				 [ACS_REMAINDER] = { "%", ACS_DEC, ACS_DEC, false } };

static AcsType
check_binary(AcsChecker *checker, AcsNode *node)
{
	const char *sign = binaries[node->operation].sign;
	AcsType wanted = binaries[node->operation].operands;
	AcsType left = acs_check_expression(checker, node->first);
	AcsType right = acs_check_expression(checker, node->second);
	AcsType result = binaries[node->operation].result;
	char what[32];

	snprintf(what, sizeof(what), "left of %s", sign);
	if (wanted == ACS_NONE)
	{
		wanted = left;
		if (binaries[node->operation].ordered && left != ACS_DEC && left != ACS_TEXT)
			wanted = ACS_DEC;
	}
	if (!acs_check_type(checker, node->first, what, left, wanted))
		return result;
	snprintf(what, sizeof(what), "right of %s", sign);
	if (!acs_check_type(checker, node->second, what, right, wanted))
		return result;
	fold(node, node->first, node->second);
	return result == ACS_NONE ? wanted : result;
}

static const AcsBuiltin *
find_builtin(McSpan name, uint16_t *index)
{
	size_t count;
	const AcsBuiltin *list = acs_builtins(&count);

	for (*index = 0; *index < count; ++*index)
		if (span_compare(span_text(list[*index].name), name) == 0)
			return &list[*index];
	return NULL;
}

static AcsType
parameter_type(const AcsFunctionInfo *function, const AcsBuiltin *builtin, unsigned i)
{
	return builtin != NULL ? acs_builtin_argument(builtin, i) : (AcsType) function->local_types[i];
}

static void
check_arguments(AcsChecker *checker, AcsNode *node, const AcsBuiltin *builtin)
{
	const AcsFunctionInfo *function = &checker->out->functions[node->index];
	unsigned wanted = builtin ? builtin->argument_count : function->parameter_count;
	unsigned count = 0;
	char what[32];

	for (AcsNode *argument = node->first; argument != NULL; argument = argument->next)
	{
		AcsType found = acs_check_expression(checker, argument);

		snprintf(what, sizeof(what), "argument %u", count + 1);
		if (count < wanted)
			acs_check_type(checker, argument, what, found,
						   parameter_type(function, builtin, count));
		count++;
	}
	if (count != wanted)
	{
		McProblem problem;

		status_problem_name(&problem, MC_ACS_WRONG_ARGUMENT_COUNT, (const char *) node->name.data,
							node->name.size);
		problem.number = count;
		problem.limit = wanted;
		acs_report(checker->diagnostics, node->offset, &problem);
	}
}

static AcsType
check_call(AcsChecker *checker, AcsNode *node)
{
	const AcsBuiltin *builtin = find_builtin(node->name, &node->index);

	node->builtin = builtin != NULL;
	if (builtin == NULL)
	{
		/* The last function is the program itself, which has no name. */
		uint16_t i = 0;

		while (i + 1u < checker->out->function_count &&
			   span_compare(checker->out->functions[i].name, node->name) != 0)
			i++;
		if (i + 1u == checker->out->function_count)
		{
			acs_diagnose(checker->diagnostics, node->offset, MC_ACS_UNKNOWN_FUNCTION,
						 (const char *) node->name.data, node->name.size);
			return ACS_NONE;
		}
		node->index = i;
		checker->function->calls |= (uint64_t) 1 << i;
	}
	check_arguments(checker, node, builtin);
	return (AcsType) (builtin ? acs_opcodes[builtin->opcode].a
							  : checker->out->functions[node->index].result);
}

static AcsType
check_field_read(AcsChecker *checker, AcsNode *node)
{
	node->index = acs_check_field(checker, node);
	return (AcsType) checker->out->fields[node->index].type;
}

AcsType
acs_check_expression(AcsChecker *checker, AcsNode *node)
{
	AcsType type = ACS_NONE;

	switch ((AcsNodeKind) node->kind)
	{
		case ACS_NODE_NUMBER:
			type = ACS_DEC;
			break;
		case ACS_NODE_BOOL:
			type = ACS_BOOL;
			break;
		case ACS_NODE_TEXT:
			type = ACS_TEXT;
			break;
		case ACS_NODE_HASH:
			type = ACS_HASH;
			break;
		case ACS_NODE_LOCAL:
			type = check_local(checker, node);
			break;
		case ACS_NODE_FIELD:
			type = check_field_read(checker, node);
			break;
		case ACS_NODE_UNARY:
			type = check_unary(checker, node);
			break;
		case ACS_NODE_BINARY:
			type = check_binary(checker, node);
			break;
		case ACS_NODE_CALL:
			type = check_call(checker, node);
			break;
		default:
			assert(!"an expression");
	}
	node->type = (uint8_t) type;
	return type;
}
