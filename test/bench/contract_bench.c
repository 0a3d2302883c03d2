/*
 * contract_bench.c - instructions a second of the contract machine, gas and overflow checked on
 * each; and how long a program takes to compile and to load.
 */
#include "contract/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Alignas(16) uint8_t compile_memory[ACS_COMPILE_MEMORY];
static _Alignas(16) uint8_t program_memory[ACS_PROGRAM_MEMORY];
static _Alignas(16) uint8_t run_memory[ACS_RUN_MEMORY];

/* A turn: sum, product, quotient, comparison, three constants, two jumps. */
static const char loop_text[] = "$i = 0; $x = 1.5; while ($i < 400000) {"
								" $x = ($x * 1.000001 + $i) / 1.5; $i = $i + 1; }"
								" return $x;";
#define LOOP_TURNS 400000

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void
compile(const char *text, AcsProgram *program)
{
	AcsArena arena = acs_arena(compile_memory, sizeof(compile_memory));
	AcsArena load = acs_arena(program_memory, sizeof(program_memory));
	AcsDiagnostics diagnostics;
	McProblem problem;
	McSpan bytecode;

	if (acs_compile(acs_source(span_text(text)), &arena, &bytecode, &diagnostics) != MC_OK ||
		acs_program_read(bytecode, &load, program, &problem) != MC_OK)
		exit(1);
}

/* The back jump's place tells how many instructions a turn has, so that the figure stays honest. */
static unsigned
turn_instructions(const AcsProgram *program)
{
	for (size_t i = 0; i < program->code_count; i++)
		if (program->code[i].op == ACS_OP_JUMP && program->code[i].k < i)
			return (unsigned) (i - program->code[i].k + 1);
	exit(1);
}

static double
best_run(const AcsProgram *program)
{
	double best = 1e9;

	for (int round = 0; round < 15; round++)
	{
		AcsArena arena = acs_arena(run_memory, sizeof(run_memory));
		AcsOutcome outcome;
		double start = seconds();

		if (acs_run(program, NULL, ACS_GAS_MAX, &arena, &outcome) != MC_OK)
			exit(1);
		if (seconds() - start < best)
			best = seconds() - start;
	}
	return best;
}

int
main(void)
{
	AcsProgram program;
	double start;

	compile(loop_text, &program);
	printf("bench vm_minstr_s %.0f million/s\n",
		   1e-6 * LOOP_TURNS * turn_instructions(&program) / best_run(&program));
	start = seconds();
	for (int i = 0; i < 2000; i++)
		compile(loop_text, &program);
	printf("bench acs_compile_us %.1f us\n", (seconds() - start) / 2000 * 1e6);
	return 0;
}
