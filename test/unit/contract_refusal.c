/*
 * contract_refusal.c - what the compiler refuses: each mistake with its own code, line and column,
 * and each limit at one below, at, and one over.
 */
#include "unit/acs_fixture.h"

static AcsFixture fixture;
static char text[4 * ACS_SOURCE_MAX + 64];

static McStatus
compile(const char *source)
{
	acs_fixture_compile(&fixture, acs_source(span_text(source)));
	return fixture.diagnostics.count > 0 ? fixture.diagnostics.items[0].problem.status : MC_OK;
}

static const struct
{
	const char *source;
	McStatus status;
	uint32_t line;
	uint32_t column;
} mistakes[] = {
	{ "$a = 1;\n$b = \"open;\n", MC_ACS_UNTERMINATED_TEXT, 2, 6 },
	{ "$a = \"open\\", MC_ACS_UNTERMINATED_TEXT, 1, 6 },
	{ "$a = \"a\\qb\";", MC_ACS_BAD_ESCAPE, 1, 8 },
	{ "$a = \"\xC0\x80\";", MC_INVALID_TEXT, 1, 6 },
	{ "$a = 1 @ 2;", MC_ACS_BAD_CHARACTER, 1, 8 },
	{ "$a = \"区块\" + 区;", MC_ACS_BAD_CHARACTER, 1, 13 },
	{ "$a = 1 & 2;", MC_ACS_BAD_CHARACTER, 1, 8 },
	{ "$a = 1.2.3;", MC_ACS_BAD_NUMBER, 1, 6 },
	{ "$a = 1.0000000000001;", MC_ACS_BAD_NUMBER, 1, 6 },
	{ "$a = 170141183460469231731687304;", MC_ACS_BAD_NUMBER, 1, 6 },
	{ "$a = 12ab;", MC_ACS_BAD_NUMBER, 1, 6 },
	{ "$a = 0xabc;", MC_ACS_BAD_HASH, 1, 6 },
	{ "$a = ;", MC_ACS_SYNTAX, 1, 6 },
	{ "$a = 1", MC_ACS_SYNTAX, 1, 7 },
	{ "$a = (1;", MC_ACS_SYNTAX, 1, 8 },
	{ "if (true) $a = 1;", MC_ACS_SYNTAX, 1, 11 },
	{ "{ $a = 1;", MC_ACS_SYNTAX, 1, 10 },
	{ "$a = 1; }", MC_ACS_SYNTAX, 1, 9 },
	{ "p.x = 1;", MC_ACS_SYNTAX, 1, 1 },
	{ "p.w = 1;", MC_ACS_SYNTAX, 1, 5 },
	{ "$a = p.;", MC_ACS_SYNTAX, 1, 8 },
	{ "param p.a: money;", MC_ACS_SYNTAX, 1, 12 },
	{ "param p.w.a: dec;", MC_ACS_SYNTAX, 1, 12 },
	{ "param p.a: dec = -\"x\";", MC_ACS_SYNTAX, 1, 19 },
	{ "bind p.a to CNY;", MC_ACS_SYNTAX, 1, 13 },
	{ "function f($x) { return; } $a = f(1);", MC_ACS_SYNTAX, 1, 18 },
	{ "\n\n  $b = $a;", MC_ACS_UNASSIGNED, 3, 8 },
	{ "if (p.x > 0) { $a = 1; } return $a;", MC_ACS_UNASSIGNED, 1, 33 },
	{ "while (p.x > 0) { $a = 1; } return $a;", MC_ACS_UNASSIGNED, 1, 36 },
	{ "function f($x) { return $y; } $y = 1; return f(1);", MC_ACS_UNASSIGNED, 1, 25 },
	{ "$a = f(1);", MC_ACS_UNKNOWN_FUNCTION, 1, 6 },
	{ "$a = min(1, 2, 3);", MC_ACS_WRONG_ARGUMENT_COUNT, 1, 6 },
	{ "function f() { return 1; } $a = f(1);", MC_ACS_WRONG_ARGUMENT_COUNT, 1, 33 },
	{ "$a = 1 + \"1\";", MC_ACS_TYPE_MISMATCH, 1, 10 },
	{ "$a = true < false;", MC_ACS_TYPE_MISMATCH, 1, 6 },
	{ "$a = true + true;", MC_ACS_TYPE_MISMATCH, 1, 6 },
	{ "$a = !1;", MC_ACS_TYPE_MISMATCH, 1, 7 },
	{ "$a = -\"x\";", MC_ACS_TYPE_MISMATCH, 1, 7 },
	{ "if (1) { }", MC_ACS_TYPE_MISMATCH, 1, 5 },
	{ "$a = 1; $a = \"x\";", MC_ACS_TYPE_MISMATCH, 1, 14 },
	{ "p.w.name = \"x\";", MC_ACS_TYPE_MISMATCH, 1, 12 },
	{ "param p.a: text = 1;", MC_ACS_TYPE_MISMATCH, 1, 19 },
	{ "$a = length(1);", MC_ACS_TYPE_MISMATCH, 1, 13 },
	{ "function f($x): text { return $x; } $a = f(1);", MC_ACS_TYPE_MISMATCH, 1, 31 },
	{ "param p.a: dec; param p.a: dec;", MC_ACS_DUPLICATE, 1, 23 },
	{ "function f() { return 1; } function f() { return 2; }", MC_ACS_DUPLICATE, 1, 37 },
	{ "function min($x) { return 1; }", MC_ACS_DUPLICATE, 1, 10 },
	{ "function f($x, $x) { return 1; }", MC_ACS_DUPLICATE, 1, 16 },
	{ "function f($x) { return f($x); }", MC_ACS_RECURSION, 1, 10 },
	{ "function f() { return g(); } function g() { return f(); }", MC_ACS_RECURSION, 1, 10 },
	{ "function f($x) { if ($x > 0) { return 1; } }", MC_ACS_MISSING_RETURN, 1, 10 },
	{ "function f($x) { while (true) { return 1; } }", MC_ACS_MISSING_RETURN, 1, 10 },
	{ "bind p.a to \"\";", MC_ACS_BAD_BINDING, 1, 6 },
	{ "bind p.a to \"X\" from p.a;", MC_ACS_BAD_BINDING, 1, 22 },
	{ "bind p.a to \"X\"; bind p.a to \"X\";", MC_ACS_BAD_BINDING, 1, 23 },
	{ "bind p.a to \"X\"; bind p.b to \"Y\" from p.a;", MC_ACS_BAD_BINDING, 1, 39 },
	{ "param p.a: text; bind p.a to \"X\";", MC_ACS_BAD_BINDING, 1, 23 },
	{ "bind p.a to \"X\" from p.b withhold p.r to p.a;", MC_ACS_BAD_BINDING, 1, 42 },
	{ "bind p.a to \"X\" from p.b withhold p.a to p.c;", MC_ACS_BAD_BINDING, 1, 35 },
	{ "abs(1);", MC_ACS_NO_EFFECT, 1, 1 },
};

static void
test_mistakes_and_their_places(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
	{
		uint32_t line;
		uint32_t column;

		CHECK_INT(compile(mistakes[i].source), mistakes[i].status);
		acs_locate(span_text(mistakes[i].source), fixture.diagnostics.items[0].offset, &line,
				   &column);
		if (line != mistakes[i].line || column != mistakes[i].column)
			printf("# at %u:%u: %s\n", line, column, mistakes[i].source);
		CHECK_INT(line, mistakes[i].line);
		CHECK_INT(column, mistakes[i].column);
	}
}

static void
test_caret_under_the_mistake(void)
{
	static const char source[] = "$a = 1;\n\t$b = \"区块\" + $c;\n$d = 1;";
	char caret[ACS_CARET_MAX];

	CHECK_INT(compile(source), MC_ACS_UNASSIGNED);
	acs_caret(span_text(source), fixture.diagnostics.items[0].offset, caret);
	CHECK(strcmp(caret, "\t$b = \"区块\" + $c;\n\t            ^") == 0);
	/* Of a long line only the part around the mistake is shown. */
	memset(text, ' ', 1000);
	strcpy(text + 500, "@");
	text[501] = ' ';
	acs_caret(span_of(text, 1000), 500, caret);
	CHECK_INT(strlen(caret), 60 + 60 + 1 + 60 + 1);
	acs_caret(span_text(""), 0, caret);
	CHECK(strcmp(caret, "\n^") == 0);
}

static void
test_every_mistake_of_a_source_once(void)
{
	CHECK_INT(compile("$a = ;\n$b = \"x;\n$区 = 1;\nif (true) { $c = ; $d = ; }\n$e = 1;"),
			  MC_ACS_SYNTAX);
	CHECK_INT(fixture.diagnostics.count, 4);
	CHECK_INT(compile("$a = $x;\n$b = $y + \"\";\n$c = f();"), MC_ACS_UNASSIGNED);
	CHECK_INT(fixture.diagnostics.count, 3);
	text[0] = '\0';
	for (int i = 0; i < 50; i++)
		strcat(text, "$a = ;\n");
	CHECK_INT(compile(text), MC_ACS_SYNTAX);
	CHECK_INT(fixture.diagnostics.count, ACS_DIAGNOSTIC_MAX);
}

/* head, count times piece (%d: the turn), tail */
static McStatus
compile_many(const char *head, const char *piece, int count, const char *tail)
{
	size_t used = (size_t) sprintf(text, "%s", head);

	for (int i = 0; i < count; i++)
	{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		used += (size_t) sprintf(text + used, piece, i, i, i);
#pragma GCC diagnostic pop
		assert(used < sizeof(text) - 1000);
	}
	strcpy(text + used, tail);
	return compile(text);
}

static void
check_limit(const char *head, const char *piece, int limit, const char *tail, McStatus status)
{
	CHECK_INT(compile_many(head, piece, limit - 1, tail), MC_OK);
	CHECK_INT(compile_many(head, piece, limit, tail), MC_OK);
	CHECK_INT(compile_many(head, piece, limit + 1, tail), status);
}

static void
test_limits(void)
{
	/* the return statement and the block around it are a level each */
	check_limit("return ", "-", ACS_DEPTH_MAX - 2, "1;", MC_ACS_TOO_DEEP);
	check_limit("$a = 0; return $a", "+$a", ACS_DEPTH_MAX - 2, ";", MC_ACS_TOO_DEEP);
	check_limit("", "$v%d = 1;", ACS_LOCAL_MAX, "", MC_ACS_TOO_COMPLEX);
	check_limit("", "p.w.f%d = 1;", ACS_FIELD_MAX, "", MC_ACS_TOO_COMPLEX);
	check_limit("", "$a = %d;", ACS_CONSTANT_MAX, "", MC_ACS_TOO_COMPLEX);
	check_limit("", "function f%d() { return 1; }", ACS_FUNCTION_MAX - 1, "", MC_ACS_TOO_COMPLEX);
	check_limit("function f($a", ", $b%d", ACS_PARAMETER_MAX - 1, ") { return 1; }",
				MC_ACS_TOO_COMPLEX);
	check_limit("function f0() { return 1; }", "function g%d() { return 1; } bind p.a%d to \"X\";",
				ACS_BINDING_MAX, "", MC_ACS_TOO_COMPLEX);
	check_limit("$", "a", ACS_NAME_MAX, " = 1;", MC_ACS_NAME_TOO_LONG);
	check_limit("$a = \"", "x", ACS_TEXT_MAX, "\";", MC_ACS_TEXT_TOO_LONG);
	check_limit("", " ", ACS_SOURCE_MAX, "", MC_ACS_SOURCE_TOO_LARGE);
}

static void
test_depth_of_calls(void)
{
	for (int depth = ACS_CALL_DEPTH_MAX - 1; depth <= ACS_CALL_DEPTH_MAX + 1; depth++)
	{
		size_t used = (size_t) sprintf(text, "function f1() { return 1; }");

		for (int i = 2; i <= depth; i++)
			used += (size_t) sprintf(text + used, "function f%d() { return f%d(); }", i, i - 1);
		sprintf(text + used, "return f%d();", depth);
		CHECK_INT(compile(text), depth <= ACS_CALL_DEPTH_MAX ? MC_OK : MC_ACS_CALLS_TOO_DEEP);
	}
}

static void
test_registers_run_out(void)
{
	/* each pending left operand holds a register while the right one is computed */
	CHECK_INT(compile_many("", "$l%d = 1;", ACS_LOCAL_MAX, ""), MC_OK);
	strcat(text, "return ");
	for (int i = 0; i < 80; i++)
		strcat(text, "1 * p.x + (");
	strcat(text, "1");
	for (int i = 0; i < 80; i++)
		strcat(text, ")");
	strcat(text, ";");
	CHECK_INT(compile(text), MC_ACS_TOO_COMPLEX);
}

static void
test_hostile_sizes(void)
{
	memset(text, '(', 10000);
	text[10000] = '\0';
	CHECK_INT(compile(text), MC_ACS_SYNTAX);
	memcpy(text, "$a=", 3);
	CHECK_INT(compile(text), MC_ACS_TOO_DEEP);
	CHECK_INT(fixture.diagnostics.count, 1);
	memset(text, '{', 10000);
	CHECK_INT(compile(text), MC_ACS_TOO_DEEP);
	memset(text, '-', ACS_SOURCE_MAX);
	memcpy(text, "$a=", 3);
	text[ACS_SOURCE_MAX] = '\0';
	CHECK_INT(compile(text), MC_ACS_TOO_DEEP);
	memset(text, ';', ACS_SOURCE_MAX);
	CHECK_INT(compile(text), MC_OK);
	CHECK_INT(compile_many("", "if(true){}else ", 4000, "{}"), MC_ACS_TOO_DEEP);
}

static void
test_the_fullest_source_fits_the_memory(void)
{
	/* the shortest statements there are: as many nodes as a source can hold */
	size_t used = 0;

	while (used + 5 <= ACS_SOURCE_MAX)
		used += (size_t) sprintf(text + used, "$a=1;");
	CHECK_INT(compile(text), MC_OK);
	used = 0;
	while (used + 8 <= ACS_SOURCE_MAX)
		used += (size_t) sprintf(text + used, "{{{{}}}}");
	CHECK_INT(compile(text), MC_OK);
	used = (size_t) sprintf(text, "$a=1;");
	while (used + 9 <= ACS_SOURCE_MAX)
		used += (size_t) sprintf(text + used, "$a=!1+$a;");
	CHECK_INT(compile(text), MC_ACS_TYPE_MISMATCH);
}

static void
test_property_files(void)
{
	static const struct
	{
		const char *file;
		int entries;
		McStatus status;
	} rows[] = { { "", 0, MC_OK },
				 { "# only a comment", 0, MC_OK },
				 { "a=1\r\nb = two words \n\n#c\nc=", 3, MC_OK },
				 { "a={ $x = \"}\"; // }\n $y = 1; }\nb=2", 2, MC_OK },
				 { "a={{}{{}}}", 1, MC_OK },
				 { "a=1\nno equals", 1, MC_ACS_PROPERTY_SYNTAX },
				 { "=1", 0, MC_ACS_PROPERTY_SYNTAX },
				 { "a={ $x = 1;", 0, MC_ACS_PROPERTY_SYNTAX },
				 { "a={ } b", 0, MC_ACS_PROPERTY_SYNTAX },
				 { "a={ \"\\", 0, MC_ACS_PROPERTY_SYNTAX } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		AcsPropertyReader reader = acs_property_reader(span_text(rows[i].file));
		AcsDiagnostics diagnostics = { 0 };
		AcsProperty property;
		int entries = 0;

		while (acs_property_next(&reader, &property, &diagnostics))
			entries++;
		CHECK_INT(entries, rows[i].entries);
		CHECK_INT(diagnostics.count > 0 ? diagnostics.items[0].problem.status : MC_OK,
				  rows[i].status);
	}
}

static void
test_a_property_file_has_a_limit(void)
{
	for (size_t size = ACS_PROPERTY_FILE_MAX - 1; size <= ACS_PROPERTY_FILE_MAX + 1; size++)
	{
		AcsPropertyReader reader = acs_property_reader(span_of(text, size));
		AcsDiagnostics diagnostics = { 0 };
		AcsProperty property;

		memset(text, ' ', size);
		memcpy(text, "a=1", 3);
		CHECK_INT(acs_property_next(&reader, &property, &diagnostics),
				  size <= ACS_PROPERTY_FILE_MAX);
		CHECK_INT(diagnostics.count, size > ACS_PROPERTY_FILE_MAX);
	}
}

int
main(void)
{
	RUN(test_mistakes_and_their_places);
	RUN(test_caret_under_the_mistake);
	RUN(test_every_mistake_of_a_source_once);
	RUN(test_limits);
	RUN(test_depth_of_calls);
	RUN(test_registers_run_out);
	RUN(test_hostile_sizes);
	RUN(test_the_fullest_source_fits_the_memory);
	RUN(test_property_files);
	RUN(test_a_property_file_has_a_limit);
	return CHECK_RESULT();
}
