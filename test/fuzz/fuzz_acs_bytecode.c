/*
 * fuzz_acs_bytecode.c - any bytes as bytecode: refused, or a program that writes itself back as the
 * same bytes, runs within its gas and never beyond its computed worst case.
 */
#include "contract/run.h"

#include <stdio.h>
#include <stdlib.h>

static _Alignas(16) uint8_t program_memory[ACS_PROGRAM_MEMORY];
static _Alignas(16) uint8_t again_memory[ACS_PROGRAM_MEMORY];
static _Alignas(16) uint8_t run_memory[ACS_RUN_MEMORY];

static void
require(bool truth, const char *what)
{
	if (!truth)
	{
		fprintf(stderr, "broken: %s\n", what);
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AcsArena arena = acs_arena(program_memory, sizeof(program_memory));
	AcsArena again = acs_arena(again_memory, sizeof(again_memory));
	AcsArena run = acs_arena(run_memory, sizeof(run_memory));
	static AcsSlot slots[ACS_FIELD_MAX];
	AcsProgram program;
	AcsOutcome outcome;
	McProblem problem;
	McSpan bytecode;
	int64_t worst;

	if (acs_program_read(span_of(data, size), &arena, &program, &problem) != MC_OK)
	{
		require(problem.status != MC_OK, "a refusal has a code");
		return 0;
	}
	require(acs_program_write(&program, &again, &bytecode) &&
				span_compare(bytecode, span_of(data, size)) == 0,
			"one meaning, one byte string");
	again.used = 0;
	worst = acs_program_worst_gas(&program, &again);
	memset(slots, 0, sizeof(slots));
	acs_run(&program, slots, 100000, &run, &outcome);
	require(outcome.gas_used >= 0 && outcome.gas_used <= 100000, "gas stays in its limit");
	require(worst < 0 || outcome.gas_used <= worst, "gas stays in the computed worst case");
	return 0;
}
