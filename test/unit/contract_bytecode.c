/*
 * contract_bytecode.c - bytecode from anywhere: what the compiler writes reads back; every cut and
 * every changed byte is refused or still safe to run; every rule of the verifier has a program that
 * breaks it alone.
 */
#include "unit/acs_fixture.h"

static AcsFixture fixture;
static uint8_t kept[4096];
static size_t kept_size;

static const char program_text[] =
	"param p.name: text = \"none\"; bind p.bl to \"CNY\" from p.$r withhold p.$t to p.$x;"
	"function half($x, $name: text) { if (length($name) > 3) { return $x / 2; } return $x; }"
	"$i = 0; while ($i < 3 && !(p.name == \"stop\")) { $i = $i + half(2, p.name); }"
	"p.w.name = p.name + text($i); p.w.hash = dec(substring(hex(sha256(p.name)), 1, 0) + \"1\");"
	"p.w.bl = p.bl + $i; return hash_pair(sha256(\"a\"), sha256(\"b\"));";

static void
compile(void)
{
	CHECK(acs_fixture_compile(&fixture, acs_source(span_text(program_text))));
	kept_size = fixture.bytecode.size;
	CHECK(kept_size < sizeof(kept));
	memcpy(kept, fixture.bytecode.data, kept_size);
}

static McStatus
read_bytes(size_t size, AcsProgram *program)
{
	AcsArena arena = acs_arena(acs_program_memory, sizeof(acs_program_memory));
	McProblem problem;

	return acs_program_read(span_of(kept, size), &arena, program, &problem);
}

static void
test_reads_back_what_was_written(void)
{
	AcsArena arena = acs_arena(acs_compile_memory, sizeof(acs_compile_memory));
	AcsProgram program;
	McSpan again;

	compile();
	CHECK_INT(read_bytes(kept_size, &program), MC_OK);
	CHECK(hash_equal(&program.hash, &fixture.program.hash));
	CHECK(acs_program_write(&program, &arena, &again));
	CHECK(span_compare(again, span_of(kept, kept_size)) == 0);
}

static void
test_every_cut_is_refused(void)
{
	AcsProgram program;

	compile();
	for (size_t size = 0; size < kept_size; size++)
		CHECK(read_bytes(size, &program) != MC_OK);
	kept[kept_size] = 0;
	CHECK_INT(read_bytes(kept_size + 1, &program), MC_TRAILING_BYTES);
}

static void
test_every_changed_byte_is_refused_or_harmless(void)
{
	static const uint8_t changes[] = { 1, 2, 4, 8, 16, 32, 64, 128, 255 };
	int refused = 0;
	int run = 0;

	compile();
	for (size_t i = 0; i < kept_size; i++)
		for (size_t j = 0; j < sizeof(changes); j++)
		{
			kept[i] ^= changes[j];
			if (read_bytes(kept_size, &fixture.program) == MC_OK)
			{
				memset(fixture.slots, 0, sizeof(fixture.slots));
				acs_fixture_run(&fixture, 5000);
				CHECK(fixture.outcome.gas_used <= 5000);
				run++;
			}
			else
				refused++;
			kept[i] ^= changes[j];
		}
	CHECK(refused > 1000 && run > 100);
}

static void
test_no_room_is_an_answer(void)
{
	AcsProgram program;
	McProblem problem;
	AcsArena arena;

	compile();
	for (size_t room = 0; room < 4096; room += 16)
	{
		arena = acs_arena(acs_program_memory, room);
		if (acs_program_read(span_of(kept, kept_size), &arena, &program, &problem) == MC_OK)
			break;
		CHECK_INT(problem.status, MC_ACS_MEMORY_FULL);
	}
	CHECK(arena.used > 0 && arena.used <= arena.capacity);
}

/* ---- one broken rule each ---------------------------------------------------------------------
 */

typedef struct Parts
{
	AcsField fields[5];
	AcsConstant constants[3];
	AcsFunction functions[2];
	uint8_t types[4];
	AcsInstruction code[8];
	uint32_t offsets[8];
	AcsBinding bindings[2];
	AcsProgram program;
} Parts;

/* Constants and fields: a dec, a text. Function 0 takes a dec and gives it back; 1 is the program.
 */
static void
make_parts(Parts *parts)
{
	static const Parts pattern = {
		.fields = { { { (const uint8_t *) "a", 1 }, ACS_SELF, ACS_DEC, ACS_NOWHERE },
					{ { (const uint8_t *) "b", 1 }, ACS_SELF, ACS_TEXT, 1 },
					{ { (const uint8_t *) "c", 1 }, ACS_SELF, ACS_DEC, ACS_NOWHERE },
					{ { (const uint8_t *) "d", 1 }, ACS_SELF, ACS_DEC, ACS_NOWHERE },
					{ { (const uint8_t *) "e", 1 }, ACS_SELF, ACS_DEC, 0 } },
		.constants = { { ACS_DEC, { .dec = 1 } },
					   { ACS_TEXT, { .text = { (const uint8_t *) "x", 1 } } },
					   { ACS_TEXT, { .text = { (const uint8_t *) "y", 1 } } } },
		.types = { ACS_DEC, ACS_DEC, ACS_TEXT, ACS_BOOL },
		.code = { { ACS_OP_RETURN, 0, 0, 0, 0 },
				  { ACS_OP_LOAD, 0, 0, 0, 0 },
				  { ACS_OP_CALL, 1, 0, 0, 0 },
				  { ACS_OP_ARGUMENTS, 0, 0, 0, 0 },
				  { ACS_OP_READ, 2, 0, 0, 1 },
				  { ACS_OP_WRITE, 1, 0, 0, 0 },
				  { ACS_OP_JUMP_IF, 3, 0, 0, 1 },
				  { ACS_OP_END, 0, 0, 0, 0 } },
		.bindings = { { 0, 1, 2, 4, 3 }, { 3, 1, ACS_NOWHERE, ACS_NOWHERE, ACS_NOWHERE } },
	};

	*parts = pattern;
	parts->functions[0] = (AcsFunction){ 0, 1, 1, ACS_DEC, 4, parts->types };
	parts->functions[1] = (AcsFunction){ 1, 8, 0, ACS_NONE, 4, parts->types };
	parts->program = (AcsProgram){ .field_count = 5,
								   .constant_count = 3,
								   .function_count = 2,
								   .code_count = 8,
								   .binding_count = 2,
								   .fields = parts->fields,
								   .constants = parts->constants,
								   .functions = parts->functions,
								   .code = parts->code,
								   .offsets = parts->offsets,
								   .bindings = parts->bindings };
}

/* Each change breaks one rule of parts that verify. */
#define BREAKS(change)                                                                             \
	do                                                                                             \
	{                                                                                              \
		Parts parts;                                                                               \
		McProblem problem;                                                                         \
		make_parts(&parts);                                                                        \
		CHECK_INT(acs_program_verify(&parts.program, &problem), MC_OK);                            \
		change;                                                                                    \
		CHECK_INT(acs_program_verify(&parts.program, &problem), MC_ACS_BYTECODE_INVALID);          \
	} while (0)

static void
test_instructions_break_rules(void)
{
	BREAKS(parts.code[1].op = ACS_OPCODE_COUNT);
	BREAKS(parts.code[1].op = 255);
	BREAKS(parts.code[1].a = 2); /* a dec into a text */
	BREAKS(parts.code[1].a = 4); /* no such register */
	BREAKS(parts.code[1].b = 1); /* an operand it does not have */
	BREAKS(parts.code[1].k = 3); /* no such constant */
	BREAKS(parts.code[1].k = 1); /* a text constant into a dec */
	BREAKS(parts.code[4].k = 5); /* no such field */
	BREAKS(parts.code[4].k = 0); /* a dec field into a text */
	BREAKS(parts.code[5] = ((AcsInstruction){ ACS_OP_WRITE, 2, 0, 0, 1 }));
	BREAKS(parts.code[6].a = 0); /* a dec as condition */
	BREAKS(parts.code[6].k = 0); /* a jump into another function */
	BREAKS(parts.code[6].k = 8); /* a jump past the end */
	BREAKS(parts.code[6].k = 3); /* a jump onto arguments */
	BREAKS(parts.code[7].op = ACS_OP_ADD);
	BREAKS(parts.code[0].a = 2); /* a result of another type */
	BREAKS(parts.code[7] = ((AcsInstruction){ ACS_OP_RETURN, 0, 0, 0, 0 }));
}

static void
test_calls_break_rules(void)
{
	BREAKS(parts.code[2].k = 1); /* itself */
	BREAKS(parts.code[2].k = 2); /* none */
	BREAKS(parts.code[2].a = 2); /* the result into a text */
	BREAKS(parts.code[3].a = 2); /* a text as a dec argument */
	BREAKS(parts.code[3].b = 1); /* an argument too many */
	BREAKS(parts.code[3].k = 1);
	BREAKS(parts.code[3].op = ACS_OP_END);
	BREAKS(parts.code[4] = ((AcsInstruction){ ACS_OP_ARGUMENTS, 0, 0, 0, 0 }));
	BREAKS(parts.code[0] = ((AcsInstruction){ ACS_OP_CALL, 0, 0, 0, 0 }));
}

static void
test_tables_break_rules(void)
{
	BREAKS(parts.fields[0].container = 2);
	BREAKS(parts.fields[0].type = ACS_NONE);
	BREAKS(parts.fields[0].type = ACS_TYPE_COUNT);
	BREAKS(parts.fields[0].name.size = 0);
	BREAKS(parts.fields[1].preset = 0);
	BREAKS(parts.fields[1].preset = 3);
	BREAKS(parts.fields[1].name = parts.fields[0].name);
	BREAKS(parts.types[1] = ACS_NONE);
	BREAKS(parts.types[1] = ACS_TYPE_COUNT);
	BREAKS(parts.functions[0].registers = ACS_REGISTER_MAX + 1);
	BREAKS(parts.functions[0].parameters = 5);
	BREAKS(parts.functions[0].parameters = ACS_PARAMETER_MAX + 1);
	BREAKS(parts.functions[0].result = ACS_NONE);
	BREAKS(parts.functions[0].end = 2);
	BREAKS(parts.functions[1].start = 2);
	BREAKS(parts.functions[1].end = 9);
	BREAKS(parts.functions[1].end = 7);
	BREAKS(parts.functions[1].end = 1);
	BREAKS(parts.functions[1].parameters = 1);
	BREAKS(parts.functions[1].result = ACS_DEC);
	BREAKS(parts.program.function_count = 0);
	BREAKS(parts.program.function_count = 1);
}

static void
test_bindings_break_rules(void)
{
	BREAKS(parts.bindings[0].field = 1); /* a text */
	BREAKS(parts.bindings[0].field = 5);
	BREAKS(parts.bindings[0].asset = 0); /* a dec */
	BREAKS(parts.bindings[0].asset = 3);
	BREAKS(parts.bindings[0].payer = 0); /* itself */
	BREAKS(parts.bindings[0].payer = 1);
	BREAKS(parts.bindings[0].payer = 5);
	BREAKS(parts.bindings[0].payer = ACS_NOWHERE); /* withheld from nobody */
	BREAKS(parts.bindings[0].rate = ACS_NOWHERE);
	BREAKS(parts.bindings[0].rate = 1);
	BREAKS(parts.bindings[0].rate = 5);
	BREAKS(parts.bindings[0].rate = 2); /* money */
	BREAKS(parts.bindings[0].taker = ACS_NOWHERE);
	BREAKS(parts.bindings[0].taker = 0);
	BREAKS(parts.bindings[0].taker = 1);
	BREAKS(parts.bindings[0].taker = 2);
	BREAKS(parts.bindings[0].taker = 5);
	BREAKS(parts.bindings[1].asset = 2); /* a field of two assets */
	BREAKS(parts.bindings[1].field = 0); /* bound twice */
}

/* What a run finds in its memory is what an earlier one left there. */
static void
test_registers_start_empty(void)
{
	Parts parts;
	McProblem problem;
	AcsOutcome outcome;
	AcsSlot slots[5] = { { .present = true } };

	for (uint8_t reg = 0; reg < 4; reg++)
	{
		AcsArena arena = acs_arena(acs_run_memory, sizeof(acs_run_memory));

		memset(acs_run_memory, 0xAA, sizeof(acs_run_memory));
		make_parts(&parts);
		parts.program.binding_count = 0;
		parts.types[1] = ACS_HASH;
		parts.code[1] = (AcsInstruction){ ACS_OP_RESULT, reg, 0, 0, 0 };
		for (int i = 2; i < 8; i++)
			parts.code[i] = (AcsInstruction){ .op = ACS_OP_END };
		CHECK_INT(acs_program_verify(&parts.program, &problem), MC_OK);
		CHECK_INT(acs_run(&parts.program, slots, 10, &arena, &outcome), MC_OK);
		CHECK_INT(outcome.result_type, parts.types[reg]);
		CHECK(outcome.result.dec == 0 && outcome.result.text.data == NULL);
	}
}

int
main(void)
{
	RUN(test_reads_back_what_was_written);
	RUN(test_every_cut_is_refused);
	RUN(test_every_changed_byte_is_refused_or_harmless);
	RUN(test_no_room_is_an_answer);
	RUN(test_registers_start_empty);
	RUN(test_instructions_break_rules);
	RUN(test_calls_break_rules);
	RUN(test_tables_break_rules);
	RUN(test_bindings_break_rules);
	return CHECK_RESULT();
}
