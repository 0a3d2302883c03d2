/* rights_rules.c - identifiers, titles, splits, and payments that are not what is due. */
#include "rights/field.h"
#include "rights/identifier.h"
#include "rights/title.h"
#include "unit/rights_run.h"

static const char *
normal(RightsCode code, const char *text)
{
	static char out[RIGHTS_CODE_SIZE_MAX + 1];

	return rights_normalise_code(code, span_text(text), out) ? out : "none";
}

static void
check_normal(RightsCode code, const char *text, const char *expected)
{
	if (strcmp(normal(code, text), expected) != 0)
	{
		printf("# %s is %s, not %s\n", text, normal(code, text), expected);
		check_failures++;
	}
}

/* P-numbers and check characters are those of the standards' own examples. */
static void
test_identifiers_in_one_form(void)
{
	check_normal(RIGHTS_ISAN, "0000-0001-8947-0000-8", "0000-0001-8947-0000-8");
	check_normal(RIGHTS_ISAN, "isan 0000 0001 8947 0000", "0000-0001-8947-0000-8");
	check_normal(RIGHTS_ISAN, "ISAN:0000-0001-8947-0000-8-0000-0000-D", "0000-0001-8947-0000-8");
	check_normal(RIGHTS_ISAN, "000000018947000000000001", "0000-0001-8947-0000-8-0000-0001-B");
	check_normal(RIGHTS_ISAN, "0000-0000-3A8D-0000-Z", "0000-0000-3A8D-0000-Z");
	check_normal(RIGHTS_ISAN, "0000-0000-D07A-0090-Q", "0000-0000-D07A-0090-Q");
	check_normal(RIGHTS_EIDR, "10.5240/7791-8534-2C23-9030-8610-5",
				 "10.5240/7791-8534-2C23-9030-8610-5");
	check_normal(RIGHTS_EIDR, "doi:10.5240/779185342c23903086105",
				 "10.5240/7791-8534-2C23-9030-8610-5");
	check_normal(RIGHTS_ISRC, "isrc cnf211800317", "CN-F21-18-00317");
	check_normal(RIGHTS_ISRC, "ISRC11800317", "IS-RC1-18-00317");
}

static void
test_identifiers_that_are_none(void)
{
	check_normal(RIGHTS_ISAN, "", "none");
	check_normal(RIGHTS_ISAN, "0000-0001-8947-0000-9", "none");
	check_normal(RIGHTS_ISAN, "0000-0001-8947-0000-8-0000-0001-C", "none");
	check_normal(RIGHTS_ISAN, "0000-0001-8947-000", "none");
	check_normal(RIGHTS_ISAN, "0000-0001-8947-G000", "none");
	check_normal(RIGHTS_EIDR, "10.5240/7791-8534-2C23-9030-8610-6", "none");
	check_normal(RIGHTS_EIDR, "10.5241/7791-8534-2C23-9030-8610-5", "none");
	check_normal(RIGHTS_ISRC, "CN-F21-18-0031", "none");
	check_normal(RIGHTS_ISRC, "1N-F21-18-00317", "none");
	check_normal(RIGHTS_ISRC, "CN-F21-18-0031X", "none");
	check_normal(RIGHTS_ISAN, "0000000000000000000000000000000000000000000000000", "none");
}

/* Every single wrong digit and every exchange of neighbours changes the check character. */
static void
test_check_character_finds_slips(void)
{
	const char *good = "0000-0001-8947-0000-8";

	for (size_t i = 0; i < strlen(good); i++)
		for (const char *digit = "0123456789ABCDEF"; *digit != '\0'; digit++)
		{
			char slip[32];

			strcpy(slip, good);
			slip[i] = *digit;
			if (good[i] != '-' && good[i] != *digit)
				check_normal(RIGHTS_ISAN, slip, "none");
		}
}

static McStatus
title(const char *text)
{
	return rights_check_title(span_text(text), &rights_problem);
}

static void
test_titles(void)
{
	CHECK_INT(title("Crouching Tiger, Hidden Dragon"), MC_OK);
	CHECK_INT(title("卧虎藏龙 Crouching Tiger"), MC_OK);
	CHECK_INT(title("नी"), MC_OK);
	CHECK_INT(title("फ़िल्म"), MC_OK);
	CHECK_INT(title("ที่รัก"), MC_OK);
	CHECK_INT(title("न\xE0\xA4\xBC"), MC_TITLE_CHARACTER); /* composes */
	CHECK_INT(title("e\xCC\x81"), MC_TITLE_CHARACTER);     /* combining acute */
	CHECK_INT(title("\xE2\x84\xAB"), MC_TITLE_CHARACTER);  /* Angstrom sign */
	CHECK_INT(title("\xF0\x9F\x8E\xAC"), MC_TITLE_CHARACTER);
	CHECK(strcmp(rights_problem.name, "U+1F3AC") == 0);
	CHECK_INT(title("\xD0\x90 A"), MC_TITLE_SCRIPTS);
	CHECK(strcmp(rights_problem.name, "Cyrillic and Latin") == 0);
	CHECK_INT(title("\xCE\x91\xD0\x90"), MC_TITLE_SCRIPTS);
	CHECK_INT(title("\xD7\x90 \xE7\x94\xB5"), MC_TITLE_SCRIPTS);
	CHECK_INT(title(" a"), MC_TITLE_SPACES);
	CHECK_INT(title("a "), MC_TITLE_SPACES);
	CHECK_INT(title(""), MC_TITLE_LENGTH);
}

static uint64_t seed;

static uint32_t
random_below(uint32_t limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t) (seed >> 33) % limit;
}

/* Parts of any amount are the amount, each within one unit of its exact value. */
static void
test_splits_are_exact(void)
{
	seed = 7;
	for (int round = 0; round < 20000; round++)
	{
		uint32_t weights[RIGHTS_HOLDERS_MAX];
		int64_t parts[RIGHTS_HOLDERS_MAX];
		uint32_t count = 1 + random_below(RIGHTS_HOLDERS_MAX);
		uint32_t left = PPM_WHOLE;
		int64_t amount = round % 3 == 0 ? INT64_MAX - random_below(99) : random_below(100000);
		int64_t sum = 0;

		for (uint32_t i = 0; i + 1 < count; i++)
			left -= weights[i] = random_below(left / count + 1);
		weights[count - 1] = left;
		rights_apportion(amount, weights, count, parts);
		for (uint32_t i = 0; i < count; i++)
		{
			__int128 exact = (__int128) amount * weights[i];
			__int128 given = (__int128) parts[i] * PPM_WHOLE;

			CHECK(given > exact - PPM_WHOLE && given < exact + PPM_WHOLE);
			sum += parts[i];
		}
		CHECK_INT(sum, amount);
	}
}

static void
test_largest_remainder_then_first(void)
{
	int64_t parts[3];

	rights_apportion(100, (uint32_t[]){ 333333, 333333, 333334 }, 3, parts);
	CHECK_INT(parts[0], 33);
	CHECK_INT(parts[2], 34);
	rights_apportion(1, (uint32_t[]){ 500000, 500000 }, 2, parts);
	CHECK_INT(parts[0], 1);
	CHECK_INT(parts[1], 0);
}

static void
test_territories(void)
{
	CHECK(territory_within("CN-GD", "CN") && territory_within("CN", "WORLD"));
	CHECK(!territory_within("CN", "CN-GD") && !territory_within("WORLD", "CN"));
	CHECK(territory_overlaps("WORLD", "CN-GD") && !territory_overlaps("CN-GD", "CN-BJ"));
	CHECK(!territory_overlaps("CN", "KR") && !territory_within("WORLD", "WO"));
	CHECK(!territory_valid(span_text("cn")) && !territory_valid(span_text("CN-")));
	CHECK(!territory_valid(span_text("CN-GDXX")) && territory_valid(span_text("CN-GDX")));
}

static const RightsShares halves = {
	.count = 2, .items = { { { { 0, 0, 0, 1 } }, 500000 }, { { { 0, 0, 0, 2 } }, 500000 } }
};

static RightsId
licence_for(int64_t price)
{
	LicenceRow row = { .work_id = content(1),
					   .scope = { .territory = "CN", .until_ms = 5000 },
					   .uses_left = RIGHTS_UNBOUNDED,
					   .asset = rights_cny,
					   .price = price,
					   .notice_ms = RIGHTS_UNBOUNDED };
	McAddress owner = person(1);

	operation_put_grant_licence(arguments(), &row);
	CHECK_INT(run(OPERATION_GRANT_LICENCE, &owner), MC_OK);
	return made("MES1-licence");
}

static McStatus
buy(const RightsId *id, const RightsPayment *payment)
{
	McAddress buyer = person(9);

	operation_put_buy_licence(arguments(), id, payment);
	return run(OPERATION_BUY_LICENCE, &buyer);
}

/* The ledger itself refuses what a client of its own making pays otherwise. */
static void
test_payments_that_are_not_due(void)
{
	McAddress buyer = person(9);
	RightsPayment due;
	RightsPayment paid;
	LicenceRow row;
	RightsId id;

	rights_init();
	CHECK_INT(register_work(1, 1, &halves, 0, NULL), MC_OK);
	id = licence_for(101);
	CHECK_INT(quote_licence(&rights.calls, &id, &buyer, &row, &due, &rights_problem), MC_OK);
	CHECK_INT(due.count, 2);
	CHECK_INT(due.payouts[0].amount, 51);
	paid = due;
	paid.payouts[0].amount--;
	CHECK_INT(buy(&id, &paid), MC_PAYMENT_SHORT);
	CHECK_INT(rights_problem.number, 100);
	CHECK_INT(rights_problem.limit, 101);
	paid.payouts[0].amount += 2;
	CHECK_INT(buy(&id, &paid), MC_PAYMENT_OVER);
	paid = due;
	paid.asset = rights_usd;
	CHECK_INT(buy(&id, &paid), MC_WRONG_ASSET);
	paid = due;
	paid.payouts[0].payee = buyer;
	CHECK_INT(buy(&id, &paid), MC_SPLIT_CHANGED);
	paid = due;
	paid.payouts[0].amount--;
	paid.payouts[1].amount++;
	CHECK_INT(buy(&id, &paid), MC_SPLIT_CHANGED);
	paid = due;
	paid.reward = 1;
	CHECK_INT(buy(&id, &paid), MC_SPLIT_CHANGED);
	paid = due;
	paid.works[0] = content(2);
	CHECK_INT(buy(&id, &paid), MC_SPLIT_CHANGED);
	CHECK_INT(buy(&id, &due), MC_OK);
	CHECK_INT(rights.out, 101);
	CHECK_INT(buy(&id, &due), MC_OFFER_CLOSED);
}

/* Whoever bought before the shares moved paid the holders of then, later the holders of now. */
static void
test_shares_that_move_before_a_payment(void)
{
	McAddress buyer = person(9);
	McAddress owner = person(1);
	RightsShares to = { .count = 1, .items = { { person(5), 100000 } } };
	RightsPayment due;
	LicenceRow row;
	RightsId work_id = content(1);
	RightsId id;

	rights_init();
	CHECK_INT(register_work(1, 1, &halves, 0, NULL), MC_OK);
	id = licence_for(1000);
	CHECK_INT(quote_licence(&rights.calls, &id, &buyer, &row, &due, &rights_problem), MC_OK);
	operation_put_transfer_share(arguments(), &work_id, &to);
	CHECK_INT(run(OPERATION_TRANSFER_SHARE, &owner), MC_OK);
	CHECK_INT(buy(&id, &due), MC_SPLIT_CHANGED);
	CHECK_INT(quote_licence(&rights.calls, &id, &buyer, &row, &due, &rights_problem), MC_OK);
	CHECK_INT(due.count, 3);
	CHECK_INT(buy(&id, &due), MC_OK);
}

static void
test_offers_end_on_time(void)
{
	McAddress buyer = person(9);
	RightsPayment due;
	LicenceRow row;
	RightsId id;

	rights_init();
	CHECK_INT(register_work(1, 1, &halves, 0, NULL), MC_OK);
	id = licence_for(10);
	rights.calls.block_time_ms = 4999;
	CHECK_INT(quote_licence(&rights.calls, &id, &buyer, &row, &due, &rights_problem), MC_OK);
	rights.calls.block_time_ms = 5000;
	CHECK_INT(buy(&id, &due), MC_OFFER_CLOSED);
	rights.calls.block_time_ms = 4999;
	CHECK_INT(buy(&id, &due), MC_OK);
}

static void
test_limit_of_holders(void)
{
	RightsShares shares = { .count = RIGHTS_HOLDERS_MAX };
	RightsShares to = { .count = 1, .items = { { person(99), 1 } } };
	RightsId work_id = content(1);
	McAddress owner = person(1);

	rights_init();
	for (uint32_t i = 0; i < RIGHTS_HOLDERS_MAX; i++)
		shares.items[i] =
			(RightsShare){ person(i + 1), i > 0 ? 1 : PPM_WHOLE - RIGHTS_HOLDERS_MAX + 1 };
	CHECK_INT(register_work(1, 1, &shares, 0, NULL), MC_OK);
	operation_put_transfer_share(arguments(), &work_id, &to);
	CHECK_INT(run(OPERATION_TRANSFER_SHARE, &owner), MC_TOO_MANY_HOLDERS);
	shares.items[1].ppm = 2;
	CHECK_INT(register_work(2, 1, &shares, 0, NULL), MC_SHARES_SUM);
	CHECK_INT(rights_problem.number, PPM_WHOLE + 1);
	shares.items[1] = shares.items[2];
	CHECK_INT(register_work(2, 1, &shares, 0, NULL), MC_HOLDERS_UNORDERED);
}

/* Eight sources of four works each, and the work itself, pass what a royalty may go through. */
static void
test_limit_of_the_tree(void)
{
	RightsSource sources[RIGHTS_SOURCES_MAX];

	rights_init();
	for (uint32_t i = 0; i < 8; i++)
	{
		for (uint32_t level = 0; level < 4; level++)
		{
			RightsSource below = { content(i * 10 + level), 1 };

			CHECK_INT(register_work(i * 10 + level + 1, 1, &halves, level > 0, &below), MC_OK);
		}
		sources[i] = (RightsSource){ content(i * 10 + 4), 1 };
	}
	for (int i = 1; i < 8; i++) /* insertion sort by id */
		for (int k = i;
			 k > 0 && memcmp(sources[k - 1].work_id.bytes, sources[k].work_id.bytes, HASH_SIZE) > 0;
			 k--)
		{
			RightsSource swapped = sources[k];

			sources[k] = sources[k - 1];
			sources[k - 1] = swapped;
		}
	CHECK_INT(register_work(999, 1, &halves, 8, sources), MC_DERIVATION_TREE);
	CHECK_INT(rights_problem.number, 33);
	CHECK_INT(register_work(999, 1, &halves, 7, sources), MC_OK);
}

int
main(void)
{
	RUN(test_identifiers_in_one_form);
	RUN(test_identifiers_that_are_none);
	RUN(test_check_character_finds_slips);
	RUN(test_titles);
	RUN(test_splits_are_exact);
	RUN(test_largest_remainder_then_first);
	RUN(test_territories);
	RUN(test_payments_that_are_not_due);
	RUN(test_shares_that_move_before_a_payment);
	RUN(test_offers_end_on_time);
	RUN(test_limit_of_holders);
	RUN(test_limit_of_the_tree);
	return CHECK_RESULT();
}
