/*
 * check.c - declarations, the order of functions, and the checker as a whole.
 */
#include "contract/check.h"

#include <stdio.h>

static void
duplicate(AcsChecker *checker, const AcsNode *node, McSpan name)
{
	acs_diagnose(checker->diagnostics, node->offset, MC_ACS_DUPLICATE, (const char *) name.data,
				 name.size);
}

static void
check_params(AcsChecker *checker, const AcsNode *list)
{
	for (const AcsNode *node = list; node != NULL; node = node->next)
	{
		size_t known = checker->out->field_count;
		uint16_t field = acs_check_field(checker, node->second);

		if (field < known)
		{
			duplicate(checker, node->second, node->second->name);
			continue;
		}
		checker->out->fields[field].type = node->type;
		checker->out->fields[field].preset = node->first;
		if (node->first != NULL)
			acs_check_type(checker, node->first, "the value for when it is missing",
						   acs_check_expression(checker, node->first), (AcsType) node->type);
	}
}

static bool
bad_binding(AcsChecker *checker, const AcsNode *node, const char *what)
{
	char text[MC_PROBLEM_NAME_MAX];
	int size = snprintf(
		text, sizeof(text), "p.%s%.*s %s", node->container == ACS_OPERATOR ? "$" : "",
		node->name.size < 40 ? (int) node->name.size : 40, (const char *) node->name.data, what);

	acs_diagnose(checker->diagnostics, node->offset, MC_ACS_BAD_BINDING, text, (size_t) size);
	return false;
}

/* A field belongs to one asset, whether bound itself or paying or taking for another. */
static bool
join_asset(AcsChecker *checker, const AcsNode *node, McSpan *owners, McSpan asset, uint16_t *field)
{
	*field = acs_check_field(checker, node);
	if (checker->out->fields[*field].type != ACS_DEC)
		return bad_binding(checker, node, "is not a dec");
	if (owners[*field].size > 0 && span_compare(owners[*field], asset) != 0)
		return bad_binding(checker, node, "belongs to another asset");
	owners[*field] = asset;
	return true;
}

static bool
check_bind(AcsChecker *checker, const AcsNode *node, McSpan *owners, AcsBindingInfo *binding)
{
	const AcsNode *rate = node->third;

	*binding = (AcsBindingInfo){ node->name, 0, ACS_NOWHERE, ACS_NOWHERE, ACS_NOWHERE };
	if (node->name.size == 0 || node->name.size > ACS_NAME_MAX)
		return bad_binding(checker, node->first, "needs an asset of 1 to 64 bytes");
	if (!join_asset(checker, node->first, owners, node->name, &binding->field))
		return false;
	for (size_t i = 0; i < checker->out->binding_count; i++)
		if (checker->out->bindings[i].field == binding->field)
			return bad_binding(checker, node->first, "is bound twice");
	if (node->second == NULL)
		return true;
	if (!join_asset(checker, node->second, owners, node->name, &binding->payer))
		return false;
	if (binding->payer == binding->field)
		return bad_binding(checker, node->second, "cannot pay itself");
	if (rate == NULL)
		return true;
	binding->rate = acs_check_field(checker, rate);
	if (checker->out->fields[binding->rate].type != ACS_DEC)
		return bad_binding(checker, rate, "is not a dec");
	if (!join_asset(checker, rate->next, owners, node->name, &binding->taker))
		return false;
	if (binding->taker == binding->field || binding->taker == binding->payer)
		return bad_binding(checker, rate->next, "cannot take from itself");
	return true;
}

static void
check_binds(AcsChecker *checker, const AcsNode *list)
{
	McSpan owners[ACS_FIELD_MAX] = { { NULL, 0 } };
	AcsBindingInfo binding;

	for (const AcsNode *node = list; node != NULL; node = node->next)
	{
		if (checker->out->binding_count == ACS_BINDING_MAX)
		{
			acs_check_too_many(checker, node, "bound fields", ACS_BINDING_MAX);
			return;
		}
		if (check_bind(checker, node, owners, &binding))
			checker->out->bindings[checker->out->binding_count++] = binding;
	}
	for (const AcsNode *node = list; node != NULL; node = node->next)
		if (node->third != NULL && owners[acs_check_field(checker, node->third)].size > 0)
			bad_binding(checker, node->third, "is money, not a share");
}

/* Names and signatures first, so that a function may call one that stands below. */
static void
declare_functions(AcsChecker *checker, const AcsTree *tree)
{
	size_t builtin_count;
	const AcsBuiltin *builtins = acs_builtins(&builtin_count);
	AcsFunctionInfo *functions = checker->out->functions;
	size_t count = 0;

	for (const AcsNode *node = tree->functions; node != NULL; node = node->next)
	{
		AcsFunctionInfo *function = &functions[count];
		bool taken = false;

		if (count == ACS_FUNCTION_MAX - 1)
		{
			acs_check_too_many(checker, node, "functions", ACS_FUNCTION_MAX - 1);
			break;
		}
		for (size_t i = 0; i < builtin_count; i++)
			taken |= span_compare(span_text(builtins[i].name), node->name) == 0;
		for (size_t i = 0; i < count; i++)
			taken |= span_compare(functions[i].name, node->name) == 0;
		if (taken)
			duplicate(checker, node, node->name);
		memset(function, 0, sizeof(*function));
		function->node = node;
		function->body = node->second;
		function->name = node->name;
		function->result = node->type;
		for (const AcsNode *parameter = node->first; parameter != NULL; parameter = parameter->next)
		{
			if (function->parameter_count == ACS_PARAMETER_MAX)
			{
				acs_check_too_many(checker, parameter, "parameters", ACS_PARAMETER_MAX);
				break;
			}
			function->local_types[function->parameter_count++] = parameter->type;
		}
		count++;
	}
	memset(&functions[count], 0, sizeof(functions[count]));
	functions[count].body = tree->body;
	functions[count].name = span_text("the program"); /* in messages: nothing can call it */
	checker->out->function_count = count + 1;
}

static void
check_function(AcsChecker *checker, AcsFunctionInfo *function)
{
	memset(&checker->assigned, 0, sizeof(checker->assigned));
	checker->assigned.alive = true;
	checker->function = function;
	if (function->node != NULL)
		for (const AcsNode *parameter = function->node->first;
			 parameter != NULL && function->local_count < function->parameter_count;
			 parameter = parameter->next)
		{
			if (acs_check_find_local(checker, parameter->name) != ACS_NOWHERE)
				duplicate(checker, parameter, parameter->name);
			checker->local_names[function->local_count] = parameter->name;
			acs_check_assign(checker, function->local_count++);
		}
	acs_check_block(checker, (AcsNode *) function->body);
	if (function->node != NULL && checker->assigned.alive)
		acs_diagnose(checker->diagnostics, function->node->offset, MC_ACS_MISSING_RETURN,
					 (const char *) function->name.data, function->name.size);
}

typedef struct Visit
{
	AcsChecker *checker;
	uint64_t entered;
	uint64_t left;
	uint16_t order;
	uint8_t depth[ACS_FUNCTION_MAX];
} Visit;

/* Depth first, at most ACS_FUNCTION_MAX deep: gives every function a place after all it calls. */
static void
visit(Visit *state, size_t at)
{
	AcsFunctionInfo *function = &state->checker->out->functions[at];
	McProblem problem;

	state->entered |= (uint64_t) 1 << at;
	for (size_t i = 0; i < state->checker->out->function_count; i++)
	{
		if ((function->calls >> i & 1) == 0)
			continue;
		if ((state->entered >> i & 1) == 0)
			visit(state, i);
		else if ((state->left >> i & 1) == 0)
		{
			AcsFunctionInfo *again = &state->checker->out->functions[i];

			acs_diagnose(state->checker->diagnostics, again->node->offset, MC_ACS_RECURSION,
						 (const char *) again->name.data, again->name.size);
		}
		if (state->depth[at] < state->depth[i] + 1)
			state->depth[at] = (uint8_t) (state->depth[i] + 1);
	}
	if (state->depth[at] == ACS_CALL_DEPTH_MAX + 1)
	{
		status_problem_name(&problem, MC_ACS_CALLS_TOO_DEEP, (const char *) function->name.data,
							function->name.size);
		problem.limit = ACS_CALL_DEPTH_MAX;
		acs_report(state->checker->diagnostics,
				   function->node != NULL ? function->node->offset : function->body->offset,
				   &problem);
	}
	state->left |= (uint64_t) 1 << at;
	function->order = state->order++;
}

bool
acs_check(AcsTree *tree, AcsChecked *checked, AcsDiagnostics *diagnostics)
{
	AcsChecker checker = { .out = checked, .diagnostics = diagnostics };
	Visit state = { .checker = &checker };
	size_t reported = diagnostics->count;

	checked->field_count = 0;
	checked->binding_count = 0;
	declare_functions(&checker, tree);
	check_params(&checker, tree->params);
	check_binds(&checker, tree->binds);
	for (size_t i = 0; i < checked->function_count; i++)
		check_function(&checker, &checked->functions[i]);
	for (size_t i = 0; i < checked->function_count; i++)
		if ((state.entered >> i & 1) == 0)
			visit(&state, i);
	return diagnostics->count == reported;
}
