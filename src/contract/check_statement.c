/*
 * check_statement.c - statements: types of what is assigned, which locals surely have a value, and
 * whether the end of a block can be reached.
 */
#include "contract/check.h"

static void check_statement(AcsChecker *checker, AcsNode *node);

static void
end_here(AcsChecker *checker)
{
	memset(checker->assigned.words, 0xFF, sizeof(checker->assigned.words));
	checker->assigned.alive = false;
}

void
acs_check_block(AcsChecker *checker, AcsNode *block)
{
	for (AcsNode *statement = block->first; statement != NULL; statement = statement->next)
		check_statement(checker, statement);
}

static void
check_assign(AcsChecker *checker, AcsNode *node)
{
	AcsFunctionInfo *function = checker->function;
	AcsType found = acs_check_expression(checker, node->first);
	uint16_t local = acs_check_find_local(checker, node->name);

	if (local == ACS_NOWHERE)
	{
		if (function->local_count == ACS_LOCAL_MAX)
		{
			acs_check_too_many(checker, node, "locals in a function", ACS_LOCAL_MAX);
			return;
		}
		local = function->local_count++;
		checker->local_names[local] = node->name;
		function->local_types[local] = (uint8_t) found;
	}
	acs_check_type(checker, node->first, "the value", found,
				   (AcsType) function->local_types[local]);
	node->index = local;
	acs_check_assign(checker, local);
}

static void
check_write(AcsChecker *checker, AcsNode *node)
{
	AcsType found = acs_check_expression(checker, node->first);

	node->index = acs_check_field(checker, node->second);
	acs_check_type(checker, node->first, "the value", found,
				   (AcsType) checker->out->fields[node->index].type);
}

static void
check_return(AcsChecker *checker, AcsNode *node)
{
	static const char want[] = "a value to return";
	AcsFunctionInfo *function = checker->function;
	AcsType found = ACS_NONE;

	if (node->first != NULL)
		found = acs_check_expression(checker, node->first);
	if (function->node == NULL)
		node->kind = ACS_NODE_RESULT;
	else if (node->kind == ACS_NODE_RETURN && node->first == NULL)
		acs_diagnose(checker->diagnostics, node->offset, MC_ACS_SYNTAX, want, sizeof(want) - 1);
	else if (node->kind == ACS_NODE_RETURN)
		acs_check_type(checker, node->first, "the result", found, (AcsType) function->result);
	end_here(checker);
}

static void
check_condition(AcsChecker *checker, AcsNode *node)
{
	acs_check_type(checker, node->first, "the condition",
				   acs_check_expression(checker, node->first), ACS_BOOL);
}

static void
check_if(AcsChecker *checker, AcsNode *node)
{
	AcsAssigned before;
	AcsAssigned after_first;

	check_condition(checker, node);
	before = checker->assigned;
	acs_check_block(checker, node->second);
	after_first = checker->assigned;
	checker->assigned = before;
	if (node->third != NULL)
		check_statement(checker, node->third);
	for (int i = 0; i < ACS_LOCAL_WORDS; i++)
		checker->assigned.words[i] &= after_first.words[i];
	checker->assigned.alive |= after_first.alive;
}

static void
check_while(AcsChecker *checker, AcsNode *node)
{
	AcsAssigned before;

	check_condition(checker, node);
	before = checker->assigned;
	acs_check_block(checker, node->second);
	checker->assigned = before;
}

static void
check_evaluate(AcsChecker *checker, AcsNode *node)
{
	acs_check_expression(checker, node->first);
	if (node->first->kind != ACS_NODE_CALL || node->first->builtin)
		acs_diagnose_number(checker->diagnostics, node->offset, MC_ACS_NO_EFFECT, 0, 0);
}

static void
check_statement(AcsChecker *checker, AcsNode *node)
{
	switch ((AcsNodeKind) node->kind)
	{
		case ACS_NODE_ASSIGN:
			check_assign(checker, node);
			break;
		case ACS_NODE_WRITE:
			check_write(checker, node);
			break;
		case ACS_NODE_RESULT:
		case ACS_NODE_RETURN:
			check_return(checker, node);
			break;
		case ACS_NODE_IF:
			check_if(checker, node);
			break;
		case ACS_NODE_WHILE:
			check_while(checker, node);
			break;
		case ACS_NODE_BLOCK:
			acs_check_block(checker, node);
			break;
		case ACS_NODE_EVALUATE:
			check_evaluate(checker, node);
			break;
		default:
			assert(!"a statement");
	}
}
