/*
 * program.c - the instruction table, and what a program without loops can cost at most.
 */
#include "contract/program.h"

#define NO ACS_OPERAND_NO
#define DEC ACS_OPERAND_DEC
#define BOOL ACS_OPERAND_BOOL
#define TEXT ACS_OPERAND_TEXT
#define HASH ACS_OPERAND_HASH
#define ANY ACS_OPERAND_ANY
#define CONSTANT ACS_OPERAND_CONSTANT
#define FIELD ACS_OPERAND_FIELD
#define LABEL ACS_OPERAND_LABEL
#define FUNCTION ACS_OPERAND_FUNCTION

const AcsOpcodeInfo acs_opcodes[ACS_OPCODE_COUNT] = {
#define ACS_OP(NAME, handler, gas, worst, a, b, c, k) { #NAME, gas, worst, a, b, c, k, false },
#define ACS_CONTROL(NAME, gas, a, k) { #NAME, gas, 0, a, NO, NO, k, true },
#include "contract/opcode.def"
#undef ACS_OP
#undef ACS_CONTROL
};

static int64_t
larger(int64_t one, int64_t two)
{
	return one > two ? one : two;
}

/* From the last instruction to the first: all that follow one are known by then. */
static int64_t
worst_of_function(const AcsProgram *program, const AcsFunction *function, const int64_t *worst,
				  int64_t *rest)
{
	for (uint32_t at = function->end; at-- > function->start;)
	{
		AcsInstruction in = program->code[at];
		const AcsOpcodeInfo *info = &acs_opcodes[in.op];
		int64_t after = at + 1 < function->end ? rest[at + 1] : 0;

		if (info->k == ACS_OPERAND_LABEL && in.k <= at)
			return -1;
		if (in.op == ACS_OP_JUMP)
			after = rest[in.k];
		else if (info->k == ACS_OPERAND_LABEL)
			after = larger(after, rest[in.k]);
		else if (in.op == ACS_OP_RETURN || in.op == ACS_OP_RESULT || in.op == ACS_OP_END)
			after = 0;
		else if (in.op == ACS_OP_CALL)
		{
			if (worst[in.k] < 0)
				return -1;
			after += worst[in.k];
		}
		rest[at] = info->gas + info->worst + after;
	}
	return rest[function->start];
}

int64_t
acs_program_worst_gas(const AcsProgram *program, AcsArena *arena)
{
	int64_t worst[ACS_FUNCTION_MAX];
	size_t used = arena->used;
	int64_t *rest = acs_arena_take(arena, program->code_count * sizeof(int64_t));

	assert(rest != NULL && program->function_count > 0);
	for (size_t i = 0; i < program->function_count; i++)
		worst[i] = worst_of_function(program, &program->functions[i], worst, rest);
	arena->used = used;
	if (worst[program->function_count - 1] < 0)
		return -1;
	return worst[program->function_count - 1] + ACS_GAS_BINDING * (int64_t) program->binding_count;
}
