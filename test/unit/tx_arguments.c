/* tx_arguments.c - the static check of each operation's arguments: every refusal and limit. */
#include "unit/tx_fixture.h"

static McProblem problem;

static McStatus
read_operation(uint64_t kind, McSpan arguments)
{
	return read_with(FIELD_OPERATIONS, draft_operation(kind, 0, arguments), &problem);
}

static McStatus
read_transfer(const char *asset, McSpan amount)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);

	return read_operation(OPERATION_TRANSFER,
						  pack("aaahtrt", N(2), N(1), N(3), &to, asset, amount, ""));
}

static void
test_amounts(void)
{
	CHECK_INT(read_transfer("MES", pack("i", I(1))), MC_OK);
	CHECK_INT(read_transfer("XYZ", pack("i", INT64_MAX)), MC_OK);
	CHECK_INT(read_transfer("MES", pack("i", I(0))), MC_AMOUNT_ZERO);
	CHECK_TEXT(problem_text(&problem), "the amount of MES is zero");
	CHECK_INT(read_transfer("MES", pack("i", I(-3))), MC_AMOUNT_NEGATIVE);
	CHECK_TEXT(problem_text(&problem), "the amount of MES is negative: -3");
	CHECK_INT(read_transfer("MES", pack("i", INT64_MIN)), MC_AMOUNT_NEGATIVE);
	CHECK_INT(read_transfer("MES", pack("u", U(INT64_MAX) + 1)), MC_NUMBER_TOO_LARGE);
	CHECK_INT(read_transfer("MES", pack("t", "5")), MC_WRONG_TYPE);
}

static void
test_asset_codes(void)
{
	static const char *const good[] = { "A", "Z", "MES", "XS0123456789", "A.B-9", "AZ" };
	static const char *const bad[] = { "",   "9A",  ".A", "-A",			"aA",
									   "Aa", "A B", "A_", "ABCDEFGHIJKLM", "\xC3\x84" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_INT(read_transfer(good[i], pack("i", I(1))), MC_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		CHECK_INT(read_transfer(bad[i], pack("i", I(1))), MC_INVALID_ASSET);
		CHECK_TEXT(problem.name, bad[i]);
	}
}

/* 5 MES are in the change of the usual draft's 95. */
static void
test_sums_over_operations_and_change(void)
{
	CHECK_INT(read_transfer("MES", pack("i", INT64_MAX - 96)), MC_OK);
	CHECK_INT(read_transfer("MES", pack("i", INT64_MAX - 95)), MC_OK);
	CHECK_INT(read_transfer("MES", pack("i", INT64_MAX - 94)), MC_SUM_OVERFLOW);
	CHECK_TEXT(problem_text(&problem),
			   "the amounts of MES add up to more than 9223372036854775807");
	CHECK_INT(problem.operation, -1);
}

static McSpan
transfer_of_assets(int count)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);
	uint8_t *start = arena + arena_used;

	pack("aa", N(2), N(count));
	for (int i = 0; i < count; i++)
	{
		char code[16];

		snprintf(code, sizeof(code), "A%d", i);
		pack("ahti", N(3), &to, code, I(1));
	}
	pack("t", "");
	return span_of(start, (size_t) (arena + arena_used - start));
}

/* The change's MES is one asset more. */
static void
test_limit_of_assets(void)
{
	CHECK_INT(read_operation(OPERATION_TRANSFER, transfer_of_assets(TX_ASSETS_MAX - 2)), MC_OK);
	CHECK_INT(read_operation(OPERATION_TRANSFER, transfer_of_assets(TX_ASSETS_MAX - 1)), MC_OK);
	CHECK_INT(read_operation(OPERATION_TRANSFER, transfer_of_assets(TX_ASSETS_MAX)),
			  MC_TOO_MANY_ASSETS);
	CHECK_INT(problem.number, TX_ASSETS_MAX + 1);
	CHECK_INT(problem.limit, TX_ASSETS_MAX);
}

static void
test_limit_of_outputs(void)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);
	McSpan output = pack("ahti", N(3), &to, "MES", I(1));

	CHECK_INT(read_operation(OPERATION_TRANSFER, pack("att", N(2), "", "")), MC_WRONG_TYPE);
	CHECK_INT(read_operation(OPERATION_TRANSFER, pack("aat", N(2), N(0), "")), MC_NO_OUTPUT);
	for (int over = -1; over <= 1; over++)
	{
		/* one of the outputs is the change */
		McSpan outputs = pack_repeated((size_t) (TX_OUTPUTS_MAX - 1 + over), output);

		CHECK_INT(read_operation(OPERATION_TRANSFER, pack("art", N(2), outputs, "")),
				  over > 0 ? MC_TOO_MANY_OUTPUTS : MC_OK);
	}
	CHECK_INT(problem.number, TX_OUTPUTS_MAX + 1);
	CHECK_INT(read_operation(OPERATION_TRANSFER,
							 pack("art", N(2), pack_repeated(TX_OUTPUTS_MAX + 1, output), "")),
			  MC_TOO_MANY_OUTPUTS);
	CHECK_INT(problem.operation, 0);
}

static void
test_limit_of_change(void)
{
	McSpan item = pack("auti", N(3), U(0), "MES", I(1));

	for (int over = -1; over <= 1; over++)
		CHECK_INT(read_with(FIELD_CHANGE, pack_repeated((size_t) (TX_CHANGE_MAX + over), item),
							&problem),
				  over > 0 ? MC_TOO_MUCH_CHANGE : MC_OK);
	CHECK_INT(read_with(FIELD_CHANGE, pack("aauti", N(1), N(3), U(0), "MES", I(0)), &problem),
			  MC_AMOUNT_ZERO);
	CHECK_INT(read_with(FIELD_CHANGE, pack("aauti", N(1), N(3), U(0), "mes", I(1)), &problem),
			  MC_INVALID_ASSET);
}

static void
test_limit_of_operations(void)
{
	McHash document = { { 1 } };
	McSpan item = pack("auub", N(3), U(OPERATION_NOTARISE), U(0),
					   pack("ahm", N(2), &document, N(0)));

	for (int over = -1; over <= 1; over++)
		CHECK_INT(read_with(FIELD_OPERATIONS,
							pack_repeated((size_t) (TX_OPERATIONS_MAX + over), item), &problem),
				  over > 0 ? MC_TOO_MANY_OPERATIONS : MC_OK);
	CHECK_INT(problem.number, TX_OPERATIONS_MAX + 1);
}

static void
test_memo(void)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);

	for (int over = -1; over <= 1; over++)
	{
		McSpan memo = text_of_size((size_t) (TX_MEMO_MAX + over));

		CHECK_INT(read_operation(OPERATION_TRANSFER,
								 draft_transfer(&to, "MES", 5, (const char *) memo.data)),
				  over > 0 ? MC_MEMO_TOO_LONG : MC_OK);
	}
	CHECK_TEXT(problem_text(&problem), "memo of 141 bytes is over the limit of 140");
	CHECK_INT(read_operation(OPERATION_TRANSFER, draft_transfer(&to, "MES", 5, "\xFF")),
			  MC_INVALID_TEXT);
}

/* A map of this many bytes in all: head, key head and "m", a byte string with a head of three. */
static McSpan
metadata_of_size(size_t size)
{
	return pack("mtb", N(1), "m", text_of_size(size - 6));
}

static McStatus
read_notarise(McSpan metadata)
{
	McHash document = { { 1 } };

	return read_operation(OPERATION_NOTARISE, pack("ahr", N(2), &document, metadata));
}

static void
test_metadata(void)
{
	for (int over = -1; over <= 1; over++)
	{
		McSpan metadata = metadata_of_size((size_t) (TX_METADATA_MAX + over));

		CHECK_INT(metadata.size, TX_METADATA_MAX + over);
		CHECK_INT(read_notarise(metadata), over > 0 ? MC_METADATA_TOO_LARGE : MC_OK);
	}
	CHECK_INT(problem.number, TX_METADATA_MAX + 1);
	CHECK_INT(read_notarise(pack("a", N(0))), MC_WRONG_TYPE);
	CHECK_INT(read_notarise(pack("n")), MC_WRONG_TYPE);
	CHECK_INT(read_notarise(pack("mtntn", N(2), "b", "a")), MC_NOT_CANONICAL);
	CHECK_INT(read_notarise(pack("mtntn", N(2), "a", "a")), MC_DUPLICATE_KEY);
}

static void
test_depth_of_metadata(void)
{
	for (int over = -1; over <= 1; over++)
	{
		uint8_t *start = arena + arena_used;

		pack("mt", N(1), "a");
		for (int level = 2; level < WIRE_DEPTH_MAX + over; level++)
			pack("a", N(1));
		pack("a", N(0));
		CHECK_INT(read_notarise(span_of(start, (size_t) (arena + arena_used - start))),
				  over > 0 ? MC_TOO_DEEP : MC_OK);
	}
	CHECK_INT(problem.limit, WIRE_DEPTH_MAX);
}

static void
test_document_hash(void)
{
	CHECK_INT(read_operation(OPERATION_NOTARISE,
							 pack("abm", N(2), span_of(fixture_chain, 16), N(0))),
			  MC_WRONG_TYPE);
	CHECK_INT(read_operation(OPERATION_NOTARISE, pack("an", N(1))), MC_WRONG_TYPE);
}

static McStatus
read_issue(McSpan decimals, McSpan supply, McSpan issuer)
{
	return read_operation(OPERATION_ISSUE_ASSET,
						  pack("atrrrm", N(5), "GOLD", decimals, supply, issuer, N(0)));
}

static void
test_issue_asset(void)
{
	McSpan two = pack("u", U(2));
	McSpan some = pack("u", U(1000));
	McSpan nobody = pack("n");
	McAddress issuer = fixture_address(SUITE_ED25519, 3);
	McSpan somebody = pack("h", &issuer);

	CHECK_INT(read_issue(pack("u", U(ASSET_DECIMALS_MAX - 1)), some, nobody), MC_OK);
	CHECK_INT(read_issue(pack("u", U(ASSET_DECIMALS_MAX)), some, nobody), MC_OK);
	CHECK_INT(read_issue(pack("u", U(ASSET_DECIMALS_MAX + 1)), some, nobody),
			  MC_TOO_MANY_DECIMALS);
	CHECK_INT(problem.number, ASSET_DECIMALS_MAX + 1);
	CHECK_INT(read_issue(pack("u", U(256)), some, nobody), MC_TOO_MANY_DECIMALS);
	CHECK_INT(read_issue(two, some, somebody), MC_OK);
	CHECK_INT(read_issue(two, pack("u", U(0)), somebody), MC_OK);
	CHECK_INT(read_issue(two, pack("u", U(0)), nobody), MC_AMOUNT_ZERO);
	CHECK_INT(read_issue(two, pack("i", I(-1)), somebody), MC_AMOUNT_NEGATIVE);
	CHECK_TEXT(problem.name, "GOLD");
	CHECK_INT(read_issue(two, some, pack("b", span_of(fixture_chain, 16))), MC_WRONG_TYPE);
	CHECK_INT(read_operation(OPERATION_ISSUE_ASSET,
							 pack("atuunm", N(5), "gold", U(0), U(1), N(0))),
			  MC_INVALID_ASSET);
	CHECK_INT(read_operation(OPERATION_ISSUE_ASSET,
							 pack("atuunr", N(5), "GOLD", U(0), U(1),
								  metadata_of_size(TX_METADATA_MAX + 1))),
			  MC_METADATA_TOO_LARGE);
}

static void
test_burn_and_issue_more(void)
{
	static const uint16_t kinds[] = { OPERATION_BURN, OPERATION_ISSUE_MORE };

	for (int i = 0; i < 2; i++)
	{
		CHECK_INT(read_operation(kinds[i], pack("ati", N(2), "GOLD", I(7))), MC_OK);
		CHECK_INT(read_operation(kinds[i], pack("ati", N(2), "GOLD", I(0))), MC_AMOUNT_ZERO);
		CHECK_INT(read_operation(kinds[i], pack("ati", N(2), "GOLD", I(-7))), MC_AMOUNT_NEGATIVE);
		CHECK_INT(read_operation(kinds[i], pack("ati", N(2), "", I(7))), MC_INVALID_ASSET);
		CHECK_INT(read_operation(kinds[i], pack("atii", N(3), "GOLD", I(7), I(7))),
				  MC_WRONG_TYPE);
	}
}

/* Good arguments of each kind, then the same and a byte, and the same without their last. */
static void
test_arguments_end_where_they_end(void)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);
	McSpan good[] = { pack("atuinm", N(5), "GOLD", U(2), I(7), N(0)),
					  draft_transfer(&to, "MES", 5, ""), pack("ati", N(2), "GOLD", I(7)),
					  pack("ahm", N(2), &fixture_txid, N(0)), pack("ati", N(2), "GOLD", I(7)) };

	for (uint64_t i = 0; i < 5; i++)
	{
		CHECK_INT(read_operation(i + 1, good[i]), MC_OK);
		CHECK_INT(read_operation(i + 1, pack("rn", good[i])), MC_TRAILING_BYTES);
		CHECK_INT(problem.number, 1);
		CHECK_INT(read_operation(i + 1, pack("rr", good[i], good[i])), MC_TRAILING_BYTES);
		CHECK(read_operation(i + 1, span_of(good[i].data, good[i].size - 1)) != MC_OK);
		CHECK_INT(read_operation(i + 1, span_of("", 0)), MC_TRUNCATED);
	}
}

/* mes.operation_kinds is this list: a change of it is a change of the format. */
static void
test_table_of_kinds(void)
{
	static const char *const names[] = { "issue_asset", "transfer", "burn", "notarise",
										 "issue_more" };
	const size_t own = sizeof(names) / sizeof(names[0]);
	const TxOperationKind *kind;
	uint16_t before = 0;
	size_t count = 0;

	for (; (kind = operation_kind_at(count)) != NULL; count++)
	{
		CHECK(kind->number > before);
		CHECK(operation_kind(kind->number) == kind);
		if (count < own)
			CHECK_TEXT(kind->name, names[count]);
		/* numbers up to 15 are this room's */
		CHECK(count < own ? kind->number == count + 1 : kind->number >= 16);
		CHECK(kind->check != NULL && kind->execute != NULL && kind->describe != NULL);
		before = kind->number;
	}
	CHECK(count > own);
	CHECK(operation_kind(0) == NULL);
	CHECK(operation_kind(own + 1) == NULL);
	CHECK(operation_kind((uint64_t) before + 1) == NULL);
	CHECK(operation_kind(UINT64_MAX) == NULL);
}

int
main(void)
{
	RUN_FRESH(test_amounts);
	RUN_FRESH(test_asset_codes);
	RUN_FRESH(test_sums_over_operations_and_change);
	RUN_FRESH(test_limit_of_assets);
	RUN_FRESH(test_limit_of_outputs);
	RUN_FRESH(test_limit_of_change);
	RUN_FRESH(test_limit_of_operations);
	RUN_FRESH(test_memo);
	RUN_FRESH(test_metadata);
	RUN_FRESH(test_depth_of_metadata);
	RUN_FRESH(test_document_hash);
	RUN_FRESH(test_issue_asset);
	RUN_FRESH(test_burn_and_issue_more);
	RUN_FRESH(test_arguments_end_where_they_end);
	RUN_FRESH(test_table_of_kinds);
	return CHECK_RESULT();
}
