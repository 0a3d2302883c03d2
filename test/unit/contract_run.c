/*
 * contract_run.c - a run at its limits: gas, texts, memory, arguments, signatures; and what a
 * failed run leaves behind, which is nothing.
 */
#include "base/digest.h"
#include "base/suite.h"
#include "unit/acs_fixture.h"

static AcsFixture fixture;

static McStatus
run_with(const char *source, int64_t gas)
{
	CHECK(acs_fixture_compile(&fixture, acs_source(span_text(source))));
	return acs_fixture_run(&fixture, gas);
}

static McStatus
run(const char *source)
{
	return run_with(source, ACS_GAS_MAX);
}

static bool
gives_true(const char *source)
{
	McStatus status = run(source);

	CHECK_INT(status, MC_OK);
	CHECK_INT(fixture.outcome.result_type, ACS_BOOL);
	return fixture.outcome.result.truth;
}

static void
test_gas_one_short(void)
{
	static const char *const sources[] = {
		"",
		"return 1;",
		"p.w.a = 1; p.w.b = p.a;",
		"$t = \"twelve bytes\"; return $t + $t + $t;",
		"return pow(1.5, 20);",
		"return sha256(\"a text longer than sixty-four bytes, so that its size costs some gas\");",
		"function f($x) { return $x * 2; } return f(f(f(1)));",
		"param p.t: text; p.w.t = \"0123456789abcdef\";",
		"bind p.a to \"X\" from p.b; p.w.c = 1;",
		"$i = 0; while ($i < 100) { $i = $i + 1; }",
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
	{
		int64_t used;

		CHECK_INT(run(sources[i]), MC_OK);
		used = fixture.outcome.gas_used;
		CHECK(used > 0);
		for (int64_t gas = 0; gas < used; gas++)
		{
			CHECK_INT(run_with(sources[i], gas), MC_ACS_OUT_OF_GAS);
			CHECK_INT(fixture.outcome.gas_used, gas);
			CHECK_INT(fixture.outcome.problem.limit, gas);
		}
		CHECK_INT(run_with(sources[i], used), MC_OK);
		CHECK_INT(fixture.outcome.gas_used, used);
	}
}

static void
test_no_gas_no_binding(void)
{
	CHECK_INT(run_with("bind p.a to \"X\";", ACS_GAS_BINDING), MC_ACS_OUT_OF_GAS);
	CHECK_INT(run_with("bind p.a to \"X\";", ACS_GAS_BINDING - 1), MC_ACS_OUT_OF_GAS);
	CHECK_INT(run_with("bind p.a to \"X\";", ACS_GAS_BINDING + 1), MC_OK);
}

static void
test_a_failed_run_leaves_nothing(void)
{
	static const char source[] = "p.w.a = 5; p.w.new = 1; $z = 0; return 1 / $z;";
	AcsSlot *slot;

	CHECK(acs_fixture_compile(&fixture, acs_source(span_text(source))));
	acs_fixture_set_dec(&fixture, ACS_SELF, "a", "2");
	CHECK_INT(acs_fixture_run(&fixture, ACS_GAS_MAX), MC_ACS_DIVISION_BY_ZERO);
	slot = acs_fixture_slot(&fixture, ACS_SELF, "a");
	CHECK(!slot->written && slot->value.dec == 2 * ACS_DEC_ONE);
	CHECK(!acs_fixture_slot(&fixture, ACS_SELF, "new")->written);
	CHECK_INT(fixture.outcome.result_type, ACS_NONE);
	CHECK_INT(fixture.outcome.leg_count, 0);
}

static void
test_every_operation_overflows_by_name(void)
{
	static const struct
	{
		const char *expression;
		const char *name;
	} rows[] = { { "$m + 0.000000000001", "+" },
				 { "-$m - 1", "-" },
				 { "$m * 1.1", "*" },
				 { "$m / 0.5", "/" },
				 { "-(-$m - 0.000000000001)", "-" },
				 { "abs(-$m - 0.000000000001)", "abs" },
				 { "round($m, 0)", "round" },
				 { "ceil($m)", "ceil" },
				 { "floor(-$m)", "floor" },
				 { "pow(10, 27)", "pow" } };
	char source[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		snprintf(source, sizeof(source),
				 "$m = 170141183460469231731687303.715884105727; return %s;", rows[i].expression);
		CHECK_INT(run(source), MC_ACS_OVERFLOW);
		CHECK(strcmp(fixture.outcome.problem.name, rows[i].name) == 0);
	}
}

static void
test_arguments_at_their_limits(void)
{
	static const struct
	{
		const char *expression;
		McStatus status;
	} rows[] = { { "round(1.5, 0)", MC_OK },
				 { "round(1.5, 12)", MC_OK },
				 { "round(1.5, 13)", MC_ACS_BAD_ARGUMENT },
				 { "round(1.5, -1)", MC_ACS_BAD_ARGUMENT },
				 { "round(1.5, 0.5)", MC_ACS_BAD_ARGUMENT },
				 { "pow(1, 1000)", MC_OK },
				 { "pow(1, 1001)", MC_ACS_BAD_ARGUMENT },
				 { "pow(1, 999)", MC_OK },
				 { "pow(1, -1)", MC_ACS_BAD_ARGUMENT },
				 { "substring(\"abc\", 1, 0)", MC_OK },
				 { "substring(\"abc\", 4, 1)", MC_OK },
				 { "substring(\"\", 1, 1)", MC_OK },
				 { "substring(\"abc\", 100000000000000000000, 100000000000000000000)", MC_OK },
				 { "substring(\"abc\", 0, 1)", MC_ACS_BAD_ARGUMENT },
				 { "substring(\"abc\", 1, -1)", MC_ACS_BAD_ARGUMENT },
				 { "substring(\"abc\", 1.5, 1)", MC_ACS_BAD_ARGUMENT },
				 { "hash(\"12\")", MC_ACS_BAD_ARGUMENT },
				 { "dec(\"\")", MC_ACS_BAD_ARGUMENT },
				 { "1 % 0", MC_ACS_DIVISION_BY_ZERO } };
	char source[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		snprintf(source, sizeof(source), "return %s;", rows[i].expression);
		CHECK_INT(run(source), rows[i].status);
	}
}

static void
test_text_at_its_limit(void)
{
	static char source[ACS_TEXT_MAX + 64];

	for (int size = ACS_TEXT_MAX - 1; size <= ACS_TEXT_MAX + 1; size++)
	{
		int used = sprintf(source, "$t = \"");

		memset(source + used, 'x', (size_t) size - 1);
		strcpy(source + used + size - 1, "\"; return $t + \"y\";");
		CHECK_INT(run(source), size <= ACS_TEXT_MAX ? MC_OK : MC_ACS_TEXT_TOO_LONG);
	}
	CHECK_INT(fixture.outcome.problem.number, ACS_TEXT_MAX + 1);
}

static void
test_memory_runs_out_in_order(void)
{
	CHECK_INT(run("$i = 0; while (true) { $t = text($i) + \"0123456789abcdef\"; $i = $i + 1; }"),
			  MC_ACS_MEMORY_FULL);
	CHECK(fixture.outcome.gas_used < ACS_GAS_MAX);
}

/* 2 to begin with and 1 for each 64 bytes that both have; the rest of the run is the same. */
static void
test_comparing_costs_by_size(void)
{
	static const char form[] = "param p.a: text; return p.a == \"%.*s\";";
	static char longest[129];
	char source[256];
	int64_t least = 0;

	memset(longest, 'x', sizeof(longest) - 1);
	for (int size = 0; size <= 128; size++)
	{
		snprintf(source, sizeof(source), form, size, longest);
		CHECK(acs_fixture_compile(&fixture, acs_source(span_text(source))));
		acs_fixture_set_text(&fixture, ACS_SELF, "a", longest);
		CHECK_INT(acs_fixture_run(&fixture, ACS_GAS_MAX), MC_OK);
		if (size == 0)
			least = fixture.outcome.gas_used;
		CHECK_INT(fixture.outcome.gas_used, least + size / 64);
	}
}

static void
test_substrings_by_character(void)
{
	CHECK(gives_true("$t = \"a区b块\"; return length($t) == 4 && substring($t, 2, 1) == \"区\" &&"
					 " substring($t, 2, 9) == \"区b块\" && substring($t, 4, 1) == \"块\" &&"
					 " substring($t, 5, 1) == \"\" && substring($t, 1, 0) == \"\";"));
}

static void
test_signatures(void)
{
	for (uint8_t suite = 1; suite <= SUITE_MAX; suite++)
	{
		static const char form[] = "return verify_%s(0x%s, sha256(\"%s\"), \"%s\");";
		const char *name = suite == SUITE_ED25519 ? "ed25519" : "schnorr";
		uint8_t seed[SUITE_SEED_SIZE] = { 7, suite };
		uint8_t signature[SUITE_SIGNATURE_SIZE];
		char key_hex[2 * SUITE_PUBLIC_SIZE + 1];
		char signature_hex[2 * SUITE_SIGNATURE_SIZE + 1];
		char source[512];
		SuiteSecret secret;
		McHash message;

		CHECK(suite_secret_from_seed(suite, seed, &secret));
		digest_tagged(&message, "", span_text("pay 5"));
		suite_sign(&secret, span_hash(&message), signature);
		check_hex(secret.key.public_key, SUITE_PUBLIC_SIZE, key_hex);
		check_hex(signature, SUITE_SIGNATURE_SIZE, signature_hex);
		snprintf(source, sizeof(source), form, name, key_hex, "pay 5", signature_hex);
		CHECK(gives_true(source));
		CHECK(fixture.outcome.gas_used > 3000);
		snprintf(source, sizeof(source), form, name, key_hex, "pay 6", signature_hex);
		CHECK(!gives_true(source));
		signature_hex[0] ^= 1;
		snprintf(source, sizeof(source), form, name, key_hex, "pay 5", signature_hex);
		CHECK(!gives_true(source));
		snprintf(source, sizeof(source), form, name, key_hex, "pay 5", "no signature");
		CHECK(!gives_true(source));
	}
}

static void
test_worst_gas_is_reached(void)
{
	static const struct
	{
		const char *source;
		int64_t worst;
	} rows[] = { { "return 1;", 2 },
				 { "if (p.a > 1) { p.w.b = 1; } else { p.w.b = p.a; }",
				   20 + 1 + 1 + 1 + 20 + 50 + 1 },
				 { "function f($x) { return $x; } return f(1) + f(2);", 2 * (1 + 100 + 1) + 1 + 1 },
				 { "function f($x) { while (true) { } return 1; } return f(1);", -1 },
				 { "function f($x) { while (true) { } return 1; } return 1;", 2 },
				 { "while (false) { }", -1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		AcsArena arena = acs_arena(acs_compile_memory, sizeof(acs_compile_memory));

		CHECK(acs_fixture_compile(&fixture, acs_source(span_text(rows[i].source))));
		CHECK_INT(acs_program_worst_gas(&fixture.program, &arena), rows[i].worst);
		CHECK_INT(arena.used, 0);
		acs_fixture_set_dec(&fixture, ACS_SELF, "a", "0");
		if (rows[i].worst < 0)
			continue;
		CHECK_INT(acs_fixture_run(&fixture, ACS_GAS_MAX), MC_OK);
		CHECK_INT(fixture.outcome.gas_used, rows[i].worst);
	}
}

int
main(void)
{
	RUN(test_gas_one_short);
	RUN(test_no_gas_no_binding);
	RUN(test_a_failed_run_leaves_nothing);
	RUN(test_every_operation_overflows_by_name);
	RUN(test_arguments_at_their_limits);
	RUN(test_text_at_its_limit);
	RUN(test_memory_runs_out_in_order);
	RUN(test_comparing_costs_by_size);
	RUN(test_substrings_by_character);
	RUN(test_signatures);
	RUN(test_worst_gas_is_reached);
	return CHECK_RESULT();
}
