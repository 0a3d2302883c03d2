/*
 * vm.c - the machine: one switch, a handler an instruction, gas and overflow checked on each. It
 * trusts what acs_program_verify proved (indexes, types, targets) and nothing else. No allocation:
 * registers and texts live in the run's arena.
 */
#include "contract/vm.h"

#include <stdio.h>

bool
acs_vm_spent(AcsVm *vm)
{
	vm->gas = 0; /* what was left is spent */
	status_problem(&vm->outcome->problem, MC_ACS_OUT_OF_GAS, 0, vm->gas_limit);
	return false;
}

McStatus
acs_vm_fail(AcsVm *vm, McStatus status, const char *what)
{
	return status_problem_name(&vm->outcome->problem, status, what, strlen(what));
}

size_t
acs_field_label(const AcsField *field, char out[ACS_NAME_MAX + 4])
{
	return (size_t) snprintf(out, ACS_NAME_MAX + 4, "p.%s%.*s",
							 field->container == ACS_OPERATOR ? "$" : "", (int) field->name.size,
							 (const char *) field->name.data);
}

#define HANDLER(name)                                                                              \
	static inline McStatus op_##name(__attribute__((unused)) AcsVm *vm, AcsCell *registers,        \
									 AcsInstruction in)
#define A (registers[in.a])
#define B (registers[in.b])
#define C (registers[in.c])

HANDLER(load)
{
	A = vm->program->constants[in.k].value;
	return MC_OK;
}

HANDLER(move)
{
	A = B;
	return MC_OK;
}

HANDLER(add)
{
	if (acs_dec_add(&A.dec, B.dec, C.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "+");
}

HANDLER(sub)
{
	if (acs_dec_sub(&A.dec, B.dec, C.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "-");
}

HANDLER(mul)
{
	if (acs_dec_mul(&A.dec, B.dec, C.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "*");
}

HANDLER(div)
{
	if (C.dec == 0)
		return acs_vm_fail(vm, MC_ACS_DIVISION_BY_ZERO, "");
	if (acs_dec_div(&A.dec, B.dec, C.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "/");
}

HANDLER(mod)
{
	if (C.dec == 0)
		return acs_vm_fail(vm, MC_ACS_DIVISION_BY_ZERO, "");
	A.dec = acs_dec_mod(B.dec, C.dec);
	return MC_OK;
}

HANDLER(neg)
{
	if (acs_dec_sub(&A.dec, 0, B.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "-");
}

HANDLER(not )
{
	A.truth = !B.truth;
	return MC_OK;
}

#define COMPARE(name, member, sign)                                                                \
	HANDLER(name)                                                                                  \
	{                                                                                              \
		A.truth = B.member sign C.member;                                                          \
		return MC_OK;                                                                              \
	}
COMPARE(eq, dec, ==)
COMPARE(ne, dec, !=)
COMPARE(lt, dec, <)
COMPARE(le, dec, <=)
COMPARE(eq_bool, truth, ==)
COMPARE(ne_bool, truth, !=)

HANDLER(read)
{
	const AcsSlot *slot = &vm->slots[in.k];
	char label[ACS_NAME_MAX + 4];

	if (slot->present)
	{
		A = slot->value;
		return MC_OK;
	}
	acs_field_label(&vm->program->fields[in.k], label);
	return acs_vm_fail(vm, MC_ACS_UNKNOWN_FIELD, label);
}

HANDLER(write)
{
	AcsSlot *slot = &vm->slots[in.k];

	slot->value = A;
	slot->present = true;
	slot->written = true;
	return MC_OK;
}

HANDLER(abs)
{
	if (acs_dec_sub(&A.dec, B.dec < 0 ? 0 : B.dec, B.dec < 0 ? B.dec : 0))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "abs");
}

HANDLER(min)
{
	A.dec = B.dec < C.dec ? B.dec : C.dec;
	return MC_OK;
}

HANDLER(max)
{
	A.dec = B.dec > C.dec ? B.dec : C.dec;
	return MC_OK;
}

/* A whole number from 0 to maximum. */
static bool
whole(AcsDec value, unsigned maximum, unsigned *number)
{
	if (value < 0 || value > ACS_DEC_ONE * maximum || value % ACS_DEC_ONE != 0)
		return false;
	*number = (unsigned) (value / ACS_DEC_ONE);
	return true;
}

HANDLER(round)
{
	unsigned digits;

	if (!whole(C.dec, ACS_DEC_DIGITS, &digits))
		return acs_vm_fail(vm, MC_ACS_BAD_ARGUMENT, "round needs 0 to 12 decimals");
	if (acs_dec_round(&A.dec, B.dec, digits))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "round");
}

HANDLER(floor)
{
	if (acs_dec_floor(&A.dec, B.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "floor");
}

HANDLER(ceil)
{
	if (acs_dec_ceil(&A.dec, B.dec))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "ceil");
}

HANDLER(pow)
{
	unsigned exponent;

	if (!whole(C.dec, ACS_POWER_MAX, &exponent))
		return acs_vm_fail(vm, MC_ACS_BAD_ARGUMENT, "pow needs a whole exponent from 0 to 1000");
	if (!acs_vm_charge(vm, 3 * (int64_t) exponent))
		return MC_ACS_OUT_OF_GAS;
	if (acs_dec_pow(&A.dec, B.dec, exponent))
		return MC_OK;
	return acs_vm_fail(vm, MC_ACS_OVERFLOW, "pow");
}

HANDLER(eq_hash)
{
	A.truth = memcmp(acs_hash_bytes(&B), acs_hash_bytes(&C), HASH_SIZE) == 0;
	return MC_OK;
}

HANDLER(ne_hash)
{
	A.truth = memcmp(acs_hash_bytes(&B), acs_hash_bytes(&C), HASH_SIZE) != 0;
	return MC_OK;
}

#undef A
#undef B
#undef C

#define op_eq_text acs_op_compare_text
#define op_ne_text acs_op_compare_text
#define op_lt_text acs_op_compare_text
#define op_le_text acs_op_compare_text
#define op_write_text acs_op_write_text
#define op_length acs_op_length
#define op_concat acs_op_concat
#define op_substring acs_op_substring
#define op_dec_to_text acs_op_dec_to_text
#define op_text_to_dec acs_op_text_to_dec
#define op_hash_to_text acs_op_hash_to_text
#define op_text_to_hash acs_op_text_to_hash
#define op_sha256 acs_op_sha256
#define op_hash_pair acs_op_hash_pair
#define op_verify_ed25519 acs_op_verify
#define op_verify_schnorr acs_op_verify

static const uint16_t gas_of[ACS_OPCODE_COUNT] = {
#define ACS_OP(NAME, handler, gas, worst, a, b, c, k) gas,
#define ACS_CONTROL(NAME, gas, a, k) gas,
#include "contract/opcode.def"
#undef ACS_OP
#undef ACS_CONTROL
};

/* Enters a function: fresh zeroed registers above the caller's. */
static AcsCell *
enter(AcsVm *vm, const AcsFunction *function, AcsCell *registers)
{
	AcsFrame *frame = &vm->frames[vm->depth++];

	assert(vm->depth <= ACS_CALL_DEPTH_MAX + 1);
	frame->function = function;
	frame->registers = registers;
	memset(registers, 0, function->registers * sizeof(AcsCell));
	return registers;
}

static AcsCell *
call(AcsVm *vm, uint32_t pc, AcsInstruction in)
{
	AcsFrame *caller = &vm->frames[vm->depth - 1];
	const AcsFunction *function = &vm->program->functions[in.k];
	AcsInstruction args = vm->program->code[pc + 1];
	AcsCell *registers = enter(vm, function, caller->registers + caller->function->registers);

	caller->result = in.a;
	caller->after = pc + (function->parameters > 0 ? 2 : 1);
	for (unsigned i = 0; i < function->parameters; i++)
		registers[i] = caller->registers[acs_argument(args, i)];
	return registers;
}

static uint32_t
leave(AcsVm *vm, const AcsCell *result)
{
	AcsFrame *caller = &vm->frames[--vm->depth - 1];

	assert(vm->depth > 0);
	caller->registers[caller->result] = *result;
	return caller->after;
}

static McStatus
vm_loop(AcsVm *vm, AcsCell *registers)
{
	const AcsInstruction *code = vm->program->code;
	uint32_t pc = vm->frames[0].function->start;

	for (;;)
	{
		AcsInstruction in = code[pc];
		McStatus status = MC_OK;

		vm->outcome->offset = vm->program->offsets[pc];
		if (!acs_vm_charge(vm, gas_of[in.op]))
			return MC_ACS_OUT_OF_GAS;
		switch ((AcsOpcode) in.op)
		{
#define ACS_OP(NAME, handler, gas, worst, a, b, c, k)                                              \
	case ACS_OP_##NAME:                                                                            \
		status = op_##handler(vm, registers, in);                                                  \
		pc++;                                                                                      \
		break;
#define ACS_CONTROL(NAME, gas, a, k)
#include "contract/opcode.def"
#undef ACS_OP
#undef ACS_CONTROL
			case ACS_OP_JUMP:
				pc = in.k;
				break;
			case ACS_OP_JUMP_IF:
				pc = registers[in.a].truth ? in.k : pc + 1;
				break;
			case ACS_OP_JUMP_UNLESS:
				pc = registers[in.a].truth ? pc + 1 : in.k;
				break;
			case ACS_OP_CALL:
				registers = call(vm, pc, in);
				pc = vm->program->functions[in.k].start;
				break;
			case ACS_OP_RETURN:
				pc = leave(vm, &registers[in.a]);
				registers = vm->frames[vm->depth - 1].registers;
				break;
			case ACS_OP_RESULT:
				vm->outcome->result = registers[in.a];
				vm->outcome->result_type = vm->frames[vm->depth - 1].function->types[in.a];
				return MC_OK;
			case ACS_OP_END:
				return MC_OK;
			case ACS_OP_ARGUMENTS:
			case ACS_OPCODE_COUNT:
				break;
		}
		if (__builtin_expect(status != MC_OK, 0))
			return status;
	}
}

static McStatus
begin(AcsVm *vm, AcsCell **registers)
{
	const AcsProgram *program = vm->program;
	size_t room = (ACS_CALL_DEPTH_MAX + 1) * ACS_REGISTER_MAX * sizeof(AcsCell);

	*registers = acs_arena_take(vm->arena, room);
	assert(*registers != NULL);
	for (size_t i = 0; i < program->field_count; i++)
	{
		if (!vm->slots[i].present && program->fields[i].preset != ACS_NOWHERE)
		{
			vm->slots[i].value = program->constants[program->fields[i].preset].value;
			vm->slots[i].present = true;
		}
		vm->slots[i].before = vm->slots[i].value;
		vm->slots[i].written = false;
	}
	enter(vm, acs_program_main(program), *registers);
	if (!acs_vm_charge(vm, ACS_GAS_BINDING * (int64_t) program->binding_count))
		return MC_ACS_OUT_OF_GAS;
	return MC_OK;
}

McStatus
acs_run(const AcsProgram *program, AcsSlot *slots, int64_t gas, AcsArena *arena,
		AcsOutcome *outcome)
{
	AcsVm vm = { program, slots, arena, outcome, gas, gas, 0, { { 0 } } };
	AcsCell *registers;
	McStatus status;

	assert(gas >= 0 && gas <= ACS_GAS_MAX && arena->capacity >= ACS_RUN_MEMORY);
	memset(outcome, 0, sizeof(*outcome));
	status = begin(&vm, &registers);
	if (status == MC_OK)
		status = vm_loop(&vm, registers);
	if (status == MC_OK)
		status = acs_settle(program, slots, outcome);
	outcome->status = status;
	outcome->gas_used = gas - vm.gas;
	if (status == MC_OK)
		return MC_OK;
	for (size_t i = 0; i < program->field_count; i++)
	{
		slots[i].value = slots[i].before;
		slots[i].written = false;
	}
	outcome->leg_count = 0;
	outcome->result_type = ACS_NONE;
	return status;
}
