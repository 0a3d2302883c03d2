/* tx_operations.c - operations executed against a small ledger, and what they say of themselves. */
#include "unit/tx_fields.h"
#include "unit/tx_fixture.h"
#include "unit/tx_world.h"

static McProblem problem;
static World world;

/* Executes one operation of the address with this byte, as actor 1. */
static McStatus
execute(uint16_t kind, uint8_t actor, McSpan arguments)
{
	TxOperation operation = { .kind = kind,
							  .actor = 1,
							  .actor_address = { { actor } },
							  .arguments = arguments };
	uint32_t output_count = 99;

	CHECK_INT(operation_kind(kind)->check(arguments, &output_count, &problem), MC_OK);
	return operation_kind(kind)->execute(&operation, &world.calls, &problem);
}

static const char *
describe(uint16_t kind, McSpan arguments)
{
	TxOperation operation = { .kind = kind, .arguments = arguments };

	line[0] = '\0';
	operation_kind(kind)->describe(&operation, &line_fields);
	return line;
}

static McSpan
issue(const char *code, int64_t supply, int issuer)
{
	McAddress address = { { (uint8_t) issuer } };

	return issuer > 0 ? pack("atuihmtt", N(5), code, U(2), supply, &address, N(1), "isin", "X")
					  : pack("atuinm", N(5), code, U(2), supply, N(0));
}

static void
check_asset(const char *code, int64_t supply)
{
	McSpan value;
	AssetRow row;

	CHECK(world_get(&world.calls, TX_TABLE_ASSETS, span_text(code), &value));
	CHECK(asset_row_read(value, &row));
	CHECK_INT(row.supply, supply);
	CHECK_INT(row.decimals, 2);
}

static void
test_issue_asset(void)
{
	world_init(&world);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 5, issue("GOLD", 1000, 0)), MC_OK);
	check_asset("GOLD", 1000);
	CHECK_INT(world.issued, 1000);
	CHECK_INT(world.output_count, 1);
	CHECK_INT(world.outputs[0].amount, 1000);
	CHECK_INT(world.outputs[0].address.bytes[0], 5);
	CHECK_INT(world.output_actors[0], 1);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 6, issue("GOLD", 1, 0)), MC_ASSET_EXISTS);
	CHECK_TEXT(problem_text(&problem), "asset GOLD is issued already");
	CHECK_INT(world.issued, 1000);
}

static void
test_issue_of_nothing_yet(void)
{
	world_init(&world);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 5, issue("GOLD", 0, 5)), MC_OK);
	check_asset("GOLD", 0);
	CHECK_INT(world.output_count, 0);
	CHECK_INT(world.issued, 0);
}

static void
test_issue_more(void)
{
	McSpan more = pack("ati", N(2), "GOLD", I(7));

	world_init(&world);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 5, more), MC_UNKNOWN_ASSET);
	CHECK_TEXT(problem_text(&problem), "asset GOLD was never issued");
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 5, issue("GOLD", 1000, 9)), MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 5, more), MC_NOT_ISSUER);
	CHECK_INT(world.issued, 1000);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 9, more), MC_OK);
	check_asset("GOLD", 1007);
	CHECK_INT(world.issued, 1007);
	CHECK_INT(world.outputs[1].amount, 7);
	CHECK_INT(world.outputs[1].address.bytes[0], 9);
}

static void
test_supply_that_is_final(void)
{
	world_init(&world);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 5, issue("GOLD", 1000, 0)), MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 5, pack("ati", N(2), "GOLD", I(7))), MC_NOT_ISSUER);
	check_asset("GOLD", 1000);
}

static void
test_limit_of_the_supply(void)
{
	world_init(&world);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 9, issue("GOLD", INT64_MAX - 7, 9)), MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 9, pack("ati", N(2), "GOLD", I(8))),
			  MC_SUPPLY_OVERFLOW);
	CHECK_TEXT(problem_text(&problem), "the supply of GOLD would pass 9223372036854775807");
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 9, pack("ati", N(2), "GOLD", I(6))), MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 9, pack("ati", N(2), "GOLD", I(1))), MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 9, pack("ati", N(2), "GOLD", I(1))),
			  MC_SUPPLY_OVERFLOW);
	check_asset("GOLD", INT64_MAX);
}

static void
test_burn(void)
{
	world_init(&world);
	CHECK_INT(execute(OPERATION_BURN, 5, pack("ati", N(2), "GOLD", I(1))), MC_UNKNOWN_ASSET);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 5, issue("GOLD", 1000, 0)), MC_OK);
	CHECK_INT(execute(OPERATION_BURN, 5, pack("ati", N(2), "GOLD", I(999))), MC_OK);
	check_asset("GOLD", 1);
	CHECK_INT(execute(OPERATION_BURN, 5, pack("ati", N(2), "GOLD", I(2))), MC_BURN_OVER_SUPPLY);
	CHECK_TEXT(problem_text(&problem), "burning 2 of GOLD, of which only 1 exist");
	CHECK_INT(execute(OPERATION_BURN, 5, pack("ati", N(2), "GOLD", I(1))), MC_OK);
	check_asset("GOLD", 0);
	CHECK_INT(world.burned, 1000);
}

static void
test_notarise_once(void)
{
	McHash document = { { 0xD0, 0xC5 } };
	McSpan arguments = pack("ahmtt", N(2), &document, N(1), "title", "Deed");
	McSpan value;
	NotarisationRow row;

	world_init(&world);
	CHECK_INT(execute(OPERATION_NOTARISE, 5, arguments), MC_OK);
	CHECK(world_get(&world.calls, TX_TABLE_NOTARISATIONS, span_hash(&document), &value));
	CHECK(notarisation_row_read(value, &row));
	CHECK_INT(row.address.bytes[0], 5);
	CHECK(hash_equal(&row.txid, &world.calls.txid));
	CHECK(span_compare(row.metadata, pack("mtt", N(1), "title", "Deed")) == 0);
	CHECK_INT(execute(OPERATION_NOTARISE, 6, arguments), MC_ALREADY_NOTARISED);
	CHECK(strncmp(problem.name, "d0c5000000", 10) == 0);
	CHECK_INT(strlen(problem.name), 64);
	CHECK(world_get(&world.calls, TX_TABLE_NOTARISATIONS, span_hash(&document), &value));
	CHECK(notarisation_row_read(value, &row));
	CHECK_INT(row.address.bytes[0], 5);
}

static void
test_transfer_of_several_assets(void)
{
	McAddress a = { { 1 } };
	McAddress b = { { 2 } };
	McSpan arguments = pack("aaahtiahtit", N(2), N(2), N(3), &a, "MES", I(5), N(3), &b, "GOLD",
							I(6), "rent");

	world_init(&world);
	CHECK_INT(execute(OPERATION_TRANSFER, 5, arguments), MC_OK);
	CHECK_INT(world.output_count, 2);
	CHECK_INT(world.outputs[0].amount, 5);
	CHECK_INT(world.outputs[1].amount, 6);
	CHECK_TEXT(world.outputs[1].asset.code, "GOLD");
	CHECK(hash_equal(&world.outputs[1].address, &b));
	CHECK_INT(world.output_actors[1], 1);
}

/* What the ledger refuses, the operation passes on and stops. */
static void
test_refusal_of_the_ledger(void)
{
	McAddress a = { { 1 } };

	world_init(&world);
	world.refuse_output = MC_SUM_OVERFLOW;
	CHECK_INT(execute(OPERATION_TRANSFER, 5, draft_transfer(&a, "MES", 5, "")), MC_SUM_OVERFLOW);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 5, issue("GOLD", 5, 5)), MC_SUM_OVERFLOW);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 5, pack("ati", N(2), "GOLD", I(8))), MC_SUM_OVERFLOW);
}

static void
test_largest_metadata_in_rows(void)
{
	McHash document = { { 1 } };
	McSpan metadata = pack("mtb", N(1), "m", text_of_size(TX_METADATA_MAX - 6));
	McAddress issuer = { { 9 } };

	world_init(&world);
	CHECK_INT(execute(OPERATION_NOTARISE, 9, pack("ahr", N(2), &document, metadata)), MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_ASSET, 9,
					  pack("atuihr", N(5), "GOLD", U(2), INT64_MAX - 1, &issuer, metadata)),
			  MC_OK);
	CHECK_INT(execute(OPERATION_ISSUE_MORE, 9, pack("ati", N(2), "GOLD", I(1))), MC_OK);
	CHECK_INT(execute(OPERATION_BURN, 9, pack("ati", N(2), "GOLD", I(1))), MC_OK);
	check_asset("GOLD", INT64_MAX - 1);
}

static void
test_rows_that_are_no_rows(void)
{
	AssetRow asset;
	NotarisationRow notarisation;

	CHECK(!asset_row_read(pack("n"), &asset));
	CHECK(!asset_row_read(pack("aunim", N(4), U(13), I(1), N(0)), &asset));
	CHECK(!asset_row_read(pack("aunim", N(4), U(2), I(-1), N(0)), &asset));
	CHECK(!asset_row_read(pack("aunimn", N(4), U(2), I(1), N(0)), &asset));
	CHECK(asset_row_read(pack("aunim", N(4), U(2), I(1), N(0)), &asset));
	CHECK(!notarisation_row_read(pack("ahhn", N(3), &fixture_txid, &fixture_txid), &notarisation));
	CHECK(!notarisation_row_read(pack("ahhmn", N(3), &fixture_txid, &fixture_txid, N(0)),
								 &notarisation));
	CHECK(notarisation_row_read(pack("ahhm", N(3), &fixture_txid, &fixture_txid, N(0)),
								&notarisation));
}

static void
test_fields_of_each_kind(void)
{
	McAddress to = { { 1 } };
	McHash document = { { 0xAB } };

	CHECK_TEXT(describe(OPERATION_TRANSFER,
						pack("aaahtiahtit", N(2), N(2), N(3), &to, "MES", I(5), N(3), &to, "EUR",
							 I(6), "rent")),
			   "memo=rent;outputs[|to_address=mes1qyqq;asset=MES;amount=5MES;"
			   "|to_address=mes1qyqq;asset=EUR;amount=6EUR;]");
	CHECK_TEXT(describe(OPERATION_ISSUE_ASSET, issue("GOLD", 1000, 1)),
			   "asset=GOLD;decimals=2;supply=1000GOLD;issuer=mes1qyqq;metadata=a1646973696e6158;");
	CHECK_TEXT(describe(OPERATION_ISSUE_ASSET, issue("GOLD", 1000, 0)),
			   "asset=GOLD;decimals=2;supply=1000GOLD;metadata=a0;");
	CHECK_TEXT(describe(OPERATION_ISSUE_MORE, pack("ati", N(2), "GOLD", I(7))),
			   "asset=GOLD;amount=7GOLD;");
	CHECK_TEXT(describe(OPERATION_BURN, pack("ati", N(2), "GOLD", I(7))),
			   "asset=GOLD;amount=7GOLD;");
	CHECK_TEXT(describe(OPERATION_NOTARISE, pack("ahm", N(2), &document, N(0))),
			   "document_hash=ab00000000000000000000000000000000000000000000000000000000000000;"
			   "metadata=a0;");
}

int
main(void)
{
	RUN_FRESH(test_issue_asset);
	RUN_FRESH(test_issue_of_nothing_yet);
	RUN_FRESH(test_issue_more);
	RUN_FRESH(test_supply_that_is_final);
	RUN_FRESH(test_limit_of_the_supply);
	RUN_FRESH(test_burn);
	RUN_FRESH(test_notarise_once);
	RUN_FRESH(test_transfer_of_several_assets);
	RUN_FRESH(test_refusal_of_the_ledger);
	RUN_FRESH(test_largest_metadata_in_rows);
	RUN_FRESH(test_rows_that_are_no_rows);
	RUN_FRESH(test_fields_of_each_kind);
	return CHECK_RESULT();
}
