/*
 * fuzz_acs_parse.c - any bytes as source, and as a property file: the compiler answers with a
 * program that verifies or with mistakes that lie in the source; it never crashes.
 */
#include "contract/program.h"
#include "contract/property.h"

#include <stdio.h>
#include <stdlib.h>

static _Alignas(16) uint8_t compile_memory[ACS_COMPILE_MEMORY];
static _Alignas(16) uint8_t program_memory[ACS_PROGRAM_MEMORY];

static void
require(bool truth, const char *what)
{
	if (!truth)
	{
		fprintf(stderr, "broken: %s\n", what);
		abort();
	}
}

static void
compile(AcsSource source)
{
	AcsArena arena = acs_arena(compile_memory, sizeof(compile_memory));
	AcsArena load = acs_arena(program_memory, sizeof(program_memory));
	AcsDiagnostics diagnostics;
	AcsProgram program;
	McProblem problem;
	McSpan bytecode;
	char caret[ACS_CARET_MAX];

	if (acs_compile(source, &arena, &bytecode, &diagnostics) == MC_OK)
	{
		require(diagnostics.count == 0, "no mistake in a program that compiles");
		require(acs_program_read(bytecode, &load, &program, &problem) == MC_OK,
				"what compiles verifies");
		return;
	}
	require(diagnostics.count > 0, "a refusal has a reason");
	for (size_t i = 0; i < diagnostics.count; i++)
	{
		require(diagnostics.items[i].problem.status != MC_OK, "a mistake has a code");
		require(diagnostics.items[i].offset >= source.begin &&
					diagnostics.items[i].offset <= source.end,
				"a mistake lies in the source");
		acs_caret(source.text, diagnostics.items[i].offset, caret);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AcsPropertyReader reader = acs_property_reader(span_of(data, size));
	AcsDiagnostics diagnostics = { 0 };
	AcsProperty property;

	compile(acs_source(span_of(data, size)));
	while (acs_property_next(&reader, &property, &diagnostics))
		if (property.program)
			compile(acs_property_source(reader.file, &property));
	return 0;
}
