/*
 * vm.h - the state of a run, shared by vm.c (numbers, fields, control) and vm_text.c (texts,
 * hashes).
 */
#ifndef MESCHAIN_CONTRACT_VM_H
#define MESCHAIN_CONTRACT_VM_H

#include "contract/run.h"

typedef struct AcsFrame
{
	const AcsFunction *function;
	AcsCell *registers;
	uint32_t after; /* where the caller goes on */
	uint8_t result; /* the caller's register for the result */
} AcsFrame;

typedef struct AcsVm
{
	const AcsProgram *program;
	AcsSlot *slots;
	AcsArena *arena;
	AcsOutcome *outcome;
	int64_t gas; /* left */
	int64_t gas_limit;
	size_t depth;
	AcsFrame frames[ACS_CALL_DEPTH_MAX + 1];
} AcsVm;

/* Out of gas: the outcome of the run. Returns false. */
extern bool acs_vm_spent(AcsVm *vm);

/* Takes gas; false when there is not enough. */
static inline bool
acs_vm_charge(AcsVm *vm, int64_t gas)
{
	if (__builtin_expect(gas > vm->gas, 0))
		return acs_vm_spent(vm);
	vm->gas -= gas;
	return true;
}

/* The outcome of a run that cannot go on. */
extern McStatus acs_vm_fail(AcsVm *vm, McStatus status, const char *what);

#define ACS_TEXT_HANDLER(name)                                                                     \
	extern McStatus acs_op_##name(AcsVm *vm, AcsCell *registers, AcsInstruction in)
ACS_TEXT_HANDLER(compare_text);
ACS_TEXT_HANDLER(write_text);
ACS_TEXT_HANDLER(length);
ACS_TEXT_HANDLER(concat);
ACS_TEXT_HANDLER(substring);
ACS_TEXT_HANDLER(dec_to_text);
ACS_TEXT_HANDLER(text_to_dec);
ACS_TEXT_HANDLER(hash_to_text);
ACS_TEXT_HANDLER(text_to_hash);
ACS_TEXT_HANDLER(sha256);
ACS_TEXT_HANDLER(hash_pair);
ACS_TEXT_HANDLER(verify);
#undef ACS_TEXT_HANDLER

/* The bytes of a hash register, which holds NULL for all zeros. */
extern const uint8_t *acs_hash_bytes(const AcsCell *cell);

#endif
