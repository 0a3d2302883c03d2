/*
 * acs_fixture.h - compiles and runs a program in one call and tells the outcome as text, for tests
 * that compare with expected lines.
 */
#ifndef MESCHAIN_TEST_ACS_FIXTURE_H
#define MESCHAIN_TEST_ACS_FIXTURE_H

#include "contract/property.h"
#include "contract/run.h"
#include "unit/check.h"

static _Alignas(16) uint8_t acs_compile_memory[ACS_COMPILE_MEMORY];
static _Alignas(16) uint8_t acs_program_memory[ACS_PROGRAM_MEMORY];
static _Alignas(16) uint8_t acs_run_memory[ACS_RUN_MEMORY];

typedef struct AcsFixture
{
	AcsDiagnostics diagnostics;
	McSpan bytecode;
	AcsProgram program;
	AcsSlot slots[ACS_FIELD_MAX];
	AcsOutcome outcome;
} AcsFixture;

/* Compiles and loads; false, with diagnostics, when the source is refused. */
static inline bool
acs_fixture_compile(AcsFixture *fixture, AcsSource source)
{
	AcsArena compile = acs_arena(acs_compile_memory, sizeof(acs_compile_memory));
	AcsArena load = acs_arena(acs_program_memory, sizeof(acs_program_memory));
	McProblem problem;

	memset(fixture->slots, 0, sizeof(fixture->slots));
	if (acs_compile(source, &compile, &fixture->bytecode, &fixture->diagnostics) != MC_OK)
		return false;
	CHECK_INT(acs_program_read(fixture->bytecode, &load, &fixture->program, &problem), MC_OK);
	return true;
}

static inline AcsSlot *
acs_fixture_slot(AcsFixture *fixture, AcsContainer container, const char *name)
{
	for (size_t i = 0; i < fixture->program.field_count; i++)
		if (fixture->program.fields[i].container == container &&
			span_compare(fixture->program.fields[i].name, span_text(name)) == 0)
			return &fixture->slots[i];
	return NULL;
}

/* A field the program does not use is left out, as the host leaves it out. */
static inline void
acs_fixture_set_dec(AcsFixture *fixture, AcsContainer container, const char *name,
					const char *value)
{
	AcsSlot *slot = acs_fixture_slot(fixture, container, name);

	if (slot == NULL)
		return;
	CHECK(acs_dec_parse(span_text(value), &slot->value.dec));
	slot->present = true;
}

static inline void
acs_fixture_set_text(AcsFixture *fixture, AcsContainer container, const char *name,
					 const char *value)
{
	AcsSlot *slot = acs_fixture_slot(fixture, container, name);

	if (slot == NULL)
		return;
	slot->value.text.data = (const uint8_t *) value;
	slot->value.text.size = strlen(value);
	slot->present = true;
}

static inline McStatus
acs_fixture_run(AcsFixture *fixture, int64_t gas)
{
	AcsArena run = acs_arena(acs_run_memory, sizeof(acs_run_memory));

	return acs_run(&fixture->program, fixture->slots, gas, &run, &fixture->outcome);
}

static inline void
acs_fixture_cell(AcsType type, const AcsCell *cell, char *out, size_t size)
{
	char number[ACS_DEC_TEXT_MAX];
	char hex[2 * HASH_SIZE + 1];

	if (type == ACS_DEC)
	{
		acs_dec_format(cell->dec, number);
		snprintf(out, size, "%s", number);
	}
	else if (type == ACS_BOOL)
		snprintf(out, size, "%s", cell->truth ? "true" : "false");
	else if (type == ACS_TEXT)
		snprintf(out, size, "\"%.*s\"", (int) cell->text.size, (const char *) cell->text.data);
	else
	{
		check_hex(cell->text.data, HASH_SIZE, hex);
		snprintf(out, size, "0x%s", hex);
	}
}

/* "error CODE LINE:COLUMN MESSAGE" */
static inline size_t
acs_fixture_error(McSpan text, const McProblem *problem, size_t offset, char *out, size_t size)
{
	uint32_t line;
	uint32_t column;
	char message[256];

	acs_locate(text, offset, &line, &column);
	status_message(problem, message, sizeof(message));
	return (size_t) snprintf(out, size, "error %s %u:%u %s\n", status_info(problem->status)->name,
							 line, column, message);
}

/* The outcome of the last run, a line a fact: writes, legs, return, error, gas. */
static inline void
acs_fixture_tell(const AcsFixture *fixture, McSpan text, char *out, size_t size)
{
	const AcsProgram *program = &fixture->program;
	const AcsOutcome *outcome = &fixture->outcome;
	char label[ACS_NAME_MAX + 4];
	char to[ACS_NAME_MAX + 4];
	char value[ACS_TEXT_MAX + 8];
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < program->field_count; i++)
		if (fixture->slots[i].written)
		{
			acs_field_label(&program->fields[i], label);
			acs_fixture_cell((AcsType) program->fields[i].type, &fixture->slots[i].value, value,
							 sizeof(value));
			used += (size_t) snprintf(out + used, size - used, "write %s %s\n", label + 2, value);
		}
	for (size_t i = 0; i < outcome->leg_count; i++)
	{
		const AcsLeg *leg = &outcome->legs[i];
		const AcsCell *asset = &program->constants[leg->asset].value;

		acs_field_label(&program->fields[leg->from], label);
		acs_field_label(&program->fields[leg->to], to);
		acs_fixture_cell(ACS_DEC, &(AcsCell){ .dec = leg->amount }, value, sizeof(value));
		used += (size_t) snprintf(out + used, size - used, "leg %.*s %s %s %s%s\n",
								  (int) asset->text.size, (const char *) asset->text.data,
								  label + 2, to + 2, value, leg->withheld ? " withheld" : "");
	}
	if (outcome->result_type != ACS_NONE)
	{
		acs_fixture_cell((AcsType) outcome->result_type, &outcome->result, value, sizeof(value));
		used += (size_t) snprintf(out + used, size - used, "return %s\n", value);
	}
	if (outcome->status != MC_OK)
		used +=
			acs_fixture_error(text, &outcome->problem, outcome->offset, out + used, size - used);
	snprintf(out + used, size - used, "gas %lld\n", (long long) outcome->gas_used);
}

#endif
