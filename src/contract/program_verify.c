/*
 * program_verify.c - the proof that bytecode is safe to run. Everything the VM relies on without
 * looking is checked here and only here; the VM asserts nothing about its input again.
 */
#include "contract/program.h"

typedef struct Verifier
{
	const AcsProgram *program;
	McProblem *problem;
	size_t function_index;
	const AcsFunction *function;
	uint8_t depth[ACS_FUNCTION_MAX]; /* of calls below a function */
} Verifier;

static McStatus
invalid(Verifier *verifier, size_t at, const char *what)
{
	status_problem_name(verifier->problem, MC_ACS_BYTECODE_INVALID, what, strlen(what));
	if (verifier->problem != NULL)
		verifier->problem->number = (int64_t) at;
	return MC_ACS_BYTECODE_INVALID;
}

/* Reads as far as the register is of that type; ANY takes the first type it meets. */
static bool
register_fits(const Verifier *verifier, unsigned reg, unsigned operand, uint8_t *any)
{
	if (operand == ACS_OPERAND_NO)
		return reg == 0;
	if (reg >= verifier->function->registers)
		return false;
	if (operand != ACS_OPERAND_ANY)
		return verifier->function->types[reg] == operand;
	if (*any == ACS_NONE)
		*any = verifier->function->types[reg];
	return verifier->function->types[reg] == *any;
}

static bool
jump_fits(const Verifier *verifier, uint32_t target)
{
	return target >= verifier->function->start && target < verifier->function->end &&
		   verifier->program->code[target].op != ACS_OP_ARGUMENTS;
}

static bool
k_fits(const Verifier *verifier, uint32_t k, unsigned operand, uint8_t any)
{
	const AcsProgram *program = verifier->program;

	switch (operand)
	{
		case ACS_OPERAND_CONSTANT:
			return k < program->constant_count && program->constants[k].type == any;
		case ACS_OPERAND_FIELD:
			return k < program->field_count && program->fields[k].type == any;
		case ACS_OPERAND_LABEL:
			return jump_fits(verifier, k);
		case ACS_OPERAND_FUNCTION:
			return k < verifier->function_index && program->functions[k].result == any;
		default:
			return k < ACS_REGISTER_MAX && register_fits(verifier, k, operand, &any);
	}
}

static McStatus
verify_call(Verifier *verifier, size_t at)
{
	AcsInstruction call = verifier->program->code[at];
	const AcsFunction *callee = &verifier->program->functions[call.k];
	uint8_t depth = (uint8_t) (verifier->depth[call.k] + 1);
	AcsInstruction args;

	if (depth > ACS_CALL_DEPTH_MAX)
		return invalid(verifier, at, "calls nest too deep");
	if (depth > verifier->depth[verifier->function_index])
		verifier->depth[verifier->function_index] = depth;
	if (callee->parameters == 0)
		return MC_OK;
	args = verifier->program->code[at + 1]; /* a call is never last, verify_function saw to it */
	if (args.op != ACS_OP_ARGUMENTS)
		return invalid(verifier, at, "call without arguments");
	for (unsigned i = 0; i < ACS_PARAMETER_MAX; i++)
	{
		unsigned wanted = i < callee->parameters ? callee->types[i] : (unsigned) ACS_OPERAND_NO;

		if (!register_fits(verifier, acs_argument(args, i), wanted, NULL))
			return invalid(verifier, at + 1, "argument of the wrong type");
	}
	return MC_OK;
}

static bool
arguments_follow_call(const Verifier *verifier, size_t at)
{
	const AcsProgram *program = verifier->program;

	return at > verifier->function->start && program->code[at - 1].op == ACS_OP_CALL &&
		   program->functions[program->code[at - 1].k].parameters > 0;
}

static McStatus
verify_instruction(Verifier *verifier, size_t at)
{
	AcsInstruction in = verifier->program->code[at];
	const AcsOpcodeInfo *info;
	uint8_t any = ACS_NONE;

	if (in.op >= ACS_OPCODE_COUNT)
		return invalid(verifier, at, "unknown instruction");
	if (in.op == ACS_OP_ARGUMENTS) /* verify_call has looked at what it holds */
		return arguments_follow_call(verifier, at) ? MC_OK
												   : invalid(verifier, at, "stray arguments");
	info = &acs_opcodes[in.op];
	if (!register_fits(verifier, in.a, info->a, &any) ||
		!register_fits(verifier, in.b, info->b, &any) ||
		!register_fits(verifier, in.c, info->c, &any))
		return invalid(verifier, at, "register of the wrong type");
	if (!k_fits(verifier, in.k, info->k, info->a == ACS_OPERAND_ANY ? any : info->a))
		return invalid(verifier, at, "wrong target, constant, field or function");
	if (in.op == ACS_OP_WRITE && any == ACS_TEXT)
		return invalid(verifier, at, "text written as if it had no size");
	if (in.op == ACS_OP_RETURN && any != verifier->function->result)
		return invalid(verifier, at, "result of the wrong type");
	return in.op == ACS_OP_CALL ? verify_call(verifier, at) : MC_OK;
}

static McStatus
verify_function(Verifier *verifier, uint32_t start)
{
	const AcsFunction *function = verifier->function;
	bool is_main = verifier->function_index + 1 == verifier->program->function_count;
	uint8_t last;

	if (function->start != start || function->end <= start ||
		function->end > verifier->program->code_count)
		return invalid(verifier, start, "functions do not follow each other");
	if (function->registers > ACS_REGISTER_MAX || function->parameters > ACS_PARAMETER_MAX ||
		function->parameters > function->registers)
		return invalid(verifier, start, "wrong number of registers or parameters");
	for (unsigned i = 0; i < function->registers; i++)
		if (function->types[i] == ACS_NONE || function->types[i] >= ACS_TYPE_COUNT)
			return invalid(verifier, start, "unknown register type");
	if (is_main ? function->result != ACS_NONE || function->parameters > 0
				: function->result == ACS_NONE || function->result >= ACS_TYPE_COUNT)
		return invalid(verifier, start, "wrong type of result");
	last = verifier->program->code[function->end - 1].op;
	if (last != ACS_OP_JUMP && last != ACS_OP_RETURN && last != ACS_OP_RESULT && last != ACS_OP_END)
		return invalid(verifier, function->end - 1, "a function runs past its end");
	for (uint32_t at = start; at < function->end; at++)
	{
		McStatus status = verify_instruction(verifier, at);

		if (status != MC_OK)
			return status;
	}
	return MC_OK;
}

static McStatus
verify_fields(Verifier *verifier)
{
	const AcsProgram *program = verifier->program;

	for (size_t i = 0; i < program->field_count; i++)
	{
		const AcsField *field = &program->fields[i];

		if (field->container > ACS_OPERATOR || field->type == ACS_NONE ||
			field->type >= ACS_TYPE_COUNT || field->name.size == 0 ||
			field->name.size > ACS_NAME_MAX)
			return invalid(verifier, i, "field of unknown container or type");
		if (field->preset != ACS_NOWHERE && (field->preset >= program->constant_count ||
											 program->constants[field->preset].type != field->type))
			return invalid(verifier, i, "field with a preset of the wrong type");
		for (size_t j = 0; j < i; j++)
			if (program->fields[j].container == field->container &&
				span_compare(program->fields[j].name, field->name) == 0)
				return invalid(verifier, i, "field listed twice");
	}
	return MC_OK;
}

/* A dec field that belongs to no other asset yet; it belongs to this one from now on. */
static bool
joins_asset(const AcsProgram *program, unsigned field, uint16_t asset, uint16_t *owners)
{
	const AcsCell *one = &program->constants[asset].value;
	const AcsCell *two;

	if (field >= program->field_count || program->fields[field].type != ACS_DEC)
		return false;
	if (owners[field] == ACS_NOWHERE)
		owners[field] = asset;
	two = &program->constants[owners[field]].value;
	return span_compare(span_of(one->text.data, one->text.size),
						span_of(two->text.data, two->text.size)) == 0;
}

static bool
binding_fits(const AcsProgram *program, const AcsBinding *binding, uint16_t *owners)
{
	bool pays = binding->payer != ACS_NOWHERE;
	bool withholds = binding->rate != ACS_NOWHERE;

	if (binding->asset >= program->constant_count ||
		program->constants[binding->asset].type != ACS_TEXT ||
		!joins_asset(program, binding->field, binding->asset, owners))
		return false;
	if (withholds != (binding->taker != ACS_NOWHERE) || (withholds && !pays))
		return false;
	if (pays && (binding->payer == binding->field ||
				 !joins_asset(program, binding->payer, binding->asset, owners)))
		return false;
	return !withholds ||
		   (binding->taker != binding->field && binding->taker != binding->payer &&
			joins_asset(program, binding->taker, binding->asset, owners) &&
			binding->rate < program->field_count && program->fields[binding->rate].type == ACS_DEC);
}

/* The rules of bound fields that settle.c builds on: each once, one asset a field, no rate of
 * money. */
static McStatus
verify_bindings(Verifier *verifier)
{
	const AcsProgram *program = verifier->program;
	uint16_t owners[ACS_FIELD_MAX];

	for (size_t i = 0; i < ACS_FIELD_MAX; i++)
		owners[i] = ACS_NOWHERE;
	for (size_t i = 0; i < program->binding_count; i++)
	{
		if (!binding_fits(program, &program->bindings[i], owners))
			return invalid(verifier, i, "binding of wrong fields");
		for (size_t j = 0; j < i; j++)
			if (program->bindings[j].field == program->bindings[i].field)
				return invalid(verifier, i, "field bound twice");
	}
	for (size_t i = 0; i < program->binding_count; i++)
		if (program->bindings[i].rate != ACS_NOWHERE &&
			owners[program->bindings[i].rate] != ACS_NOWHERE)
			return invalid(verifier, i, "rate that is money");
	return MC_OK;
}

McStatus
acs_program_verify(const AcsProgram *program, McProblem *problem)
{
	Verifier verifier = { .program = program, .problem = problem };
	uint32_t start = 0;
	McStatus status = verify_fields(&verifier);

	if (status == MC_OK)
		status = verify_bindings(&verifier);
	if (status == MC_OK && program->function_count == 0)
		status = invalid(&verifier, 0, "no program");
	for (size_t i = 0; status == MC_OK && i < program->function_count; i++)
	{
		verifier.function_index = i;
		verifier.function = &program->functions[i];
		status = verify_function(&verifier, start);
		start = program->functions[i].end;
	}
	if (status == MC_OK && start != program->code_count)
		status = invalid(&verifier, start, "code after the last function");
	return status;
}
