/*
 * contract_differential.c - random programs, each run twice: by the compiler and the machine, and
 * by a tree walker over the generator's own tree with arithmetic on paper. The generator prints
 * source with as few parentheses as precedence allows, so lexer and parser are under test too. Also
 * here, because every program can show them: a run needs exactly its gas, and never more than the
 * worst case that was computed without running.
 *
 * ACS_PROGRAMS says how many programs, ACS_SEED which is the first; a failure prints its seed.
 */
#include "base/digest.h"
#include "unit/acs_fixture.h"
#include "unit/acs_print.h"
#include "unit/acs_walk.h"

static AcsFixture fixture;
static McHash digest; /* of everything every program did, for comparing compilers */

static void
generate(uint64_t seed)
{
	random_state = seed;
	node_count = 0;
	has_loop = false;
	function_count = (int) draw(FUNCTIONS_MAX + 1);
	for (int i = 0; i <= function_count; i++)
		functions[i] = statements_make(1 + (int) draw(4), 2, i);
	put_program();
	for (int i = 0; i < FIELDS - 1; i++)
	{
		fields[i] = literal_make()->number;
		fields[i] = big_signed(fields[i], draw(3) == 0);
	}
}

static AcsDec
dec_of(const Big *big)
{
	AcsDec value = 0;

	for (int i = BIG_DIGITS - 1; i >= 0; i--)
		value = value * 10 + (big->negative ? -big->digits[i] : big->digits[i]);
	return value;
}

static void
fill(const Big *values)
{
	char name[16];

	memset(fixture.slots, 0, sizeof(fixture.slots));
	for (int i = 0; i < FIELDS - 1; i++)
	{
		AcsSlot *slot;

		snprintf(name, sizeof(name), "f%d", i);
		slot = acs_fixture_slot(&fixture, ACS_SELF, name);
		if (slot == NULL)
			continue;
		slot->value.dec = dec_of(&values[i]);
		slot->present = true;
	}
}

static void
compare_outcome(const Scope *scope)
{
	char name[16];

	CHECK_INT(fixture.outcome.status, walked);
	if (walked != MC_OK)
		return;
	CHECK_INT(fixture.outcome.result_type, scope->returned ? ACS_DEC : ACS_NONE);
	CHECK(!scope->returned || fixture.outcome.result.dec == dec_of(&scope->result));
	for (int i = 0; i < FIELDS; i++)
	{
		AcsSlot *slot;

		snprintf(name, sizeof(name), "f%d", i);
		slot = acs_fixture_slot(&fixture, ACS_SELF, name);
		CHECK_INT(slot != NULL && slot->written, written[i]);
		CHECK(!written[i] || slot->value.dec == dec_of(&fields[i]));
	}
}

/* A run needs what it used, and one less is too little, whether it ends well or not. */
static void
check_gas(const Big *start)
{
	AcsArena arena = acs_arena(acs_compile_memory, sizeof(acs_compile_memory));
	AcsOutcome first = fixture.outcome;
	int64_t worst = acs_program_worst_gas(&fixture.program, &arena);

	CHECK(worst < 0 ? has_loop : first.gas_used <= worst);
	fill(start);
	CHECK_INT(acs_fixture_run(&fixture, first.gas_used), first.status);
	CHECK_INT(fixture.outcome.gas_used, first.gas_used);
	fill(start);
	CHECK_INT(acs_fixture_run(&fixture, first.gas_used - 1), MC_ACS_OUT_OF_GAS);
	CHECK_INT(fixture.outcome.gas_used, first.gas_used - 1);
}

static void
note_digest(void)
{
	static char told[SOURCE_MAX];
	McSpan parts[3] = { span_hash(&digest), span_hash(&fixture.program.hash), { NULL, 0 } };

	acs_fixture_tell(&fixture, span_text(source), told, sizeof(told));
	parts[2] = span_text(told);
	digest_sha256(&digest, parts, 3);
}

/* False when the program was too long to walk. */
static bool
run_one(uint64_t seed)
{
	Scope scope = { .returned = false };
	Big start[FIELDS];

	generate(seed);
	memcpy(start, fields, sizeof(start));
	memset(written, 0, sizeof(written));
	walked = MC_OK;
	steps = 0;
	walk_statements(functions[function_count], &scope);
	CHECK(acs_fixture_compile(&fixture, acs_source(span_text(source))));
	if (walked == MC_ACS_OUT_OF_GAS || check_failures > 0)
		return check_failures > 0;
	fill(start);
	acs_fixture_run(&fixture, ACS_GAS_MAX);
	compare_outcome(&scope);
	note_digest();
	check_gas(start);
	return true;
}

static long
number_from(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? atol(text) : otherwise;
}

static void
test_walker_agrees(void)
{
	const char *level = getenv("CHECK_LEVEL");
	bool all = level != NULL && strcmp(level, "all") == 0;
	long count = number_from("ACS_PROGRAMS", all ? 1000000 : 4000);
	uint64_t seed = (uint64_t) number_from("ACS_SEED", 1);
	long compared = 0;
	long failed = 0;
	char hex[2 * HASH_SIZE + 1];

	for (long i = 0; i < count && check_failures == 0; i++)
	{
		compared += run_one(seed + (uint64_t) i);
		failed += walked != MC_OK;
		if (check_failures > 0)
			printf("# replay: ACS_SEED=%llu ACS_PROGRAMS=1 build/unit/contract_differential\n%s",
				   (unsigned long long) (seed + (uint64_t) i), source);
	}
	CHECK(compared >= count - count / 100);
	/* Both kinds of ending are under test. */
	CHECK(count < 1000 || (failed > count / 20 && failed < count - count / 20));
	check_hex(digest.bytes, HASH_SIZE, hex);
	printf("# %ld programs, %ld of them fail, digest %s\n", compared, failed, hex);
}

int
main(void)
{
	RUN(test_walker_agrees);
	return CHECK_RESULT();
}
