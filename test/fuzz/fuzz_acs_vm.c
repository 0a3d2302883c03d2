/*
 * fuzz_acs_vm.c - instructions from any bytes, bent until they verify, so that the machine meets
 * programs no compiler writes: every register start, jump and call that the verifier lets through.
 * Running out of gas one short is checked on each.
 */
#include "contract/run.h"

#include <stdio.h>
#include <stdlib.h>

#define REGISTERS 16
#define FUNCTIONS 3
#define PER_FUNCTION 40
#define CONSTANTS 8
#define FIELDS 8

static _Alignas(16) uint8_t run_memory[ACS_RUN_MEMORY];
static const uint8_t *input;
static size_t input_left;

static uint32_t
draw(uint32_t below)
{
	uint32_t value = 0;

	for (int i = 0; i < 2 && input_left > 0; i++, input_left--)
		value = value << 8 | *input++;
	return value % below;
}

static void
require(bool truth, const char *what)
{
	if (!truth)
	{
		fprintf(stderr, "broken: %s\n", what);
		abort();
	}
}

/* Register r has type 1 + r % 4 in every function, and so have constants and fields. */
static uint32_t
of_type(unsigned type, uint32_t count)
{
	return draw(count / 4) * 4 + type - 1;
}

static uint32_t
operand(unsigned kind, unsigned *any, uint32_t function, uint32_t start)
{
	switch (kind)
	{
		case ACS_OPERAND_NO:
			return 0;
		case ACS_OPERAND_ANY:
			if (*any == 0)
				*any = 1 + draw(4);
			return of_type(*any, REGISTERS);
		case ACS_OPERAND_CONSTANT:
			return of_type(*any, CONSTANTS);
		case ACS_OPERAND_FIELD:
			return of_type(*any, FIELDS);
		case ACS_OPERAND_LABEL:
			return start + draw(PER_FUNCTION);
		case ACS_OPERAND_FUNCTION:
			return draw(function + 1);
		default:
			return of_type(kind, REGISTERS);
	}
}

static AcsInstruction
instruction(uint32_t function, uint32_t start)
{
	uint8_t op = (uint8_t) draw(ACS_OPCODE_COUNT);
	const AcsOpcodeInfo *info = &acs_opcodes[op];
	unsigned any = 0;
	AcsInstruction in = { .op = op };

	if (op == ACS_OP_WRITE || op == ACS_OP_RETURN || op == ACS_OP_CALL)
		any = 1;
	if (op == ACS_OP_WRITE_TEXT)
		any = ACS_TEXT;
	in.a = (uint8_t) operand(info->a, &any, function, start);
	in.b = (uint8_t) operand(info->b, &any, function, start);
	in.c = (uint8_t) operand(info->c, &any, function, start);
	in.k = operand(info->k, &any, function, start);
	return in;
}

static void
run(const AcsProgram *program, int64_t gas, AcsOutcome *outcome)
{
	AcsArena arena = acs_arena(run_memory, sizeof(run_memory));
	AcsSlot slots[FIELDS] = { { .present = true } };

	for (int i = 0; i < FIELDS; i += 2)
		slots[i].present = true;
	acs_run(program, slots, gas, &arena, outcome);
	require(outcome->gas_used >= 0 && outcome->gas_used <= gas, "gas stays in its limit");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t bytes[HASH_SIZE] = "\xE5\x8C\xBA block";
	static uint8_t types[REGISTERS];
	AcsConstant constants[CONSTANTS] = { { 0 } };
	AcsField fields[FIELDS];
	AcsFunction functions[FUNCTIONS];
	AcsInstruction code[FUNCTIONS * PER_FUNCTION];
	uint32_t offsets[FUNCTIONS * PER_FUNCTION] = { 0 };
	AcsBinding binding = { 0, 2, 4, ACS_NOWHERE, ACS_NOWHERE };
	AcsProgram program = { FIELDS, CONSTANTS, FUNCTIONS, FUNCTIONS * PER_FUNCTION,
						   0,      fields,    constants, functions,
						   code,   offsets,   &binding,  { { 0 } } };
	AcsOutcome outcome;
	AcsOutcome again;
	McProblem problem;

	input = data;
	input_left = size;
	program.binding_count = draw(2);
	for (int i = 0; i < REGISTERS; i++)
		types[i] = (uint8_t) (1 + i % 4);
	for (int i = 0; i < CONSTANTS; i++)
	{
		constants[i].type = (uint8_t) (1 + i % 4);
		if (constants[i].type == ACS_DEC)
			constants[i].value.dec = ((AcsDec) draw(65536) << 100) / (1 + draw(65536));
		if (constants[i].type >= ACS_TEXT)
			constants[i].value.text.data = bytes;
		if (constants[i].type >= ACS_TEXT)
			constants[i].value.text.size = constants[i].type == ACS_HASH ? HASH_SIZE : 9;
		fields[i] =
			(AcsField){ span_of(&"abcdefgh"[i], 1), ACS_SELF, constants[i].type, ACS_NOWHERE };
	}
	for (uint32_t f = 0; f < FUNCTIONS; f++)
	{
		uint32_t start = f * PER_FUNCTION;
		bool is_main = f == FUNCTIONS - 1;

		functions[f] =
			(AcsFunction){ start, start + PER_FUNCTION, 0, is_main ? ACS_NONE : ACS_DEC, REGISTERS,
						   types };
		for (uint32_t i = 0; i < PER_FUNCTION; i++)
			code[start + i] = instruction(f, start);
		code[start + PER_FUNCTION - 1] = (AcsInstruction){ .op = ACS_OP_END };
	}
	if (acs_program_verify(&program, &problem) != MC_OK)
	{
		/* What bending cannot mend (a stray ARGUMENTS, a call to a later function) becomes a step.
		 */
		for (size_t i = 0; i < program.code_count; i++)
		{
			uint32_t f = (uint32_t) i / PER_FUNCTION;

			if (code[i].op == ACS_OP_ARGUMENTS || (code[i].op == ACS_OP_CALL && code[i].k >= f) ||
				(code[i].op == ACS_OP_RETURN && f == FUNCTIONS - 1))
				code[i] = (AcsInstruction){ .op = ACS_OP_ADD };
		}
		require(acs_program_verify(&program, &problem) == MC_OK, "bent programs verify");
	}
	run(&program, 20000, &outcome);
	if (outcome.status == MC_ACS_OUT_OF_GAS || outcome.gas_used == 0)
		return 0;
	run(&program, outcome.gas_used, &again);
	require(again.status == outcome.status && again.gas_used == outcome.gas_used,
			"the same run with just its gas");
	run(&program, outcome.gas_used - 1, &again);
	require(again.status == MC_ACS_OUT_OF_GAS, "one gas short is out of gas");
	return 0;
}
