/* rights_limits.c - the limits of rights at their edge: sources, exclusives, payees, terms. */
#include "unit/rights_run.h"

static const RightsShares whole = { .count = 1, .items = { { { { 0, 0, 0, 1 } }, PPM_WHOLE } } };

static int
by_id(const void *left, const void *right)
{
	return memcmp(left, right, HASH_SIZE);
}

/* The first eight sources are taken, a ninth is one too many. */
static void
test_limit_of_sources(void)
{
	RightsSource sources[RIGHTS_SOURCES_MAX];
	RightsSource ninth = { content(9), 1 };
	RightsId work_id = content(100);
	McAddress owner = person(1);

	rights_init();
	for (uint32_t i = 1; i <= 9; i++)
		CHECK_INT(register_work(i, 1, &whole, 0, NULL), MC_OK);
	for (uint32_t i = 0; i < RIGHTS_SOURCES_MAX; i++)
		sources[i] = (RightsSource){ content(i + 1), 1000 };
	qsort(sources, RIGHTS_SOURCES_MAX, sizeof(sources[0]), by_id);
	CHECK_INT(register_work(100, 1, &whole, RIGHTS_SOURCES_MAX, sources), MC_OK);
	operation_put_derive_work(arguments(), &work_id, &ninth);
	CHECK_INT(run(OPERATION_DERIVE_WORK, &owner), MC_TOO_MANY_SOURCES);
}

static McStatus
grant(uint64_t from_ms, bool named)
{
	LicenceRow row = { .work_id = content(1),
					   .has_licensee = named,
					   .licensee = person(5),
					   .scope = { .territory = "CN",
								  .exclusive = !named,
								  .from_ms = from_ms,
								  .until_ms = from_ms + 10 },
					   .uses_left = RIGHTS_UNBOUNDED,
					   .asset = rights_cny,
					   .royalty_per_use = 1,
					   .notice_ms = RIGHTS_UNBOUNDED };
	McAddress owner = person(1);

	operation_put_grant_licence(arguments(), &row);
	return run(OPERATION_GRANT_LICENCE, &owner);
}

/* Sixty-four at a time; one that has ended makes room. */
static void
test_limit_of_exclusives(void)
{
	rights_init();
	CHECK_INT(register_work(1, 1, &whole, 0, NULL), MC_OK);
	for (uint64_t i = 0; i < RIGHTS_EXCLUSIVES_MAX; i++)
		CHECK_INT(grant(2000 + 10 * i, false), MC_OK);
	CHECK_INT(grant(9000, false), MC_TOO_MANY_EXCLUSIVES);
	rights.calls.block_time_ms = 2009;
	CHECK_INT(grant(9000, false), MC_TOO_MANY_EXCLUSIVES);
	rights.calls.block_time_ms = 2010;
	CHECK_INT(grant(9000, false), MC_OK);
}

/* What is offered and not bought is not in force: nothing is due for it, nothing ends. */
static void
test_licence_that_nobody_bought(void)
{
	RoyaltyReport report = { .work_id = content(1), .has_licence = true, .uses = 1 };
	McAddress licensee = person(5);
	RightsPayment nothing;
	uint32_t number;

	rights_init();
	CHECK_INT(register_work(1, 1, &whole, 0, NULL), MC_OK);
	CHECK_INT(grant(1000, true), MC_OK);
	report.licence_id = made("MES1-licence");
	payment_init(&nothing, &rights_cny);
	CHECK_INT(payment_add_work(&nothing, &report.work_id, &number, NULL), MC_OK);
	operation_put_pay_royalty(arguments(), &report, &nothing);
	CHECK_INT(run(OPERATION_PAY_ROYALTY, &licensee), MC_LICENCE_NOT_ACTIVE);
	operation_put_revoke_licence(arguments(), &report.licence_id, 1005);
	CHECK_INT(run(OPERATION_REVOKE_LICENCE, &licensee), MC_LICENCE_NOT_ACTIVE);
}

/* Seventeen works of thirty-two holders each are more than one payment may name. */
static void
test_limit_of_payees(void)
{
	RightsShares shares = { .count = RIGHTS_HOLDERS_MAX };
	RightsSource sources[RIGHTS_SOURCES_MAX];
	RoyaltyReport report = { .work_id = content(100) };
	McAddress payer = person(1);
	RightsPayment due;
	LicenceRow unused;

	rights_init();
	for (uint32_t i = 0; i < RIGHTS_HOLDERS_MAX; i++)
		shares.items[i] = (RightsShare){ person(i + 1), PPM_WHOLE / RIGHTS_HOLDERS_MAX };
	for (uint32_t i = 0; i < RIGHTS_SOURCES_MAX; i++)
	{
		RightsSource above = { content(i + 1), 500000 };

		CHECK_INT(register_work(i + 1, 1, &shares, 0, NULL), MC_OK);
		CHECK_INT(register_work(i + 11, 1, &shares, 1, &above), MC_OK);
		sources[i] = (RightsSource){ content(i + 11), 100000 };
	}
	qsort(sources, RIGHTS_SOURCES_MAX, sizeof(sources[0]), by_id);
	CHECK_INT(register_work(100, 1, &shares, RIGHTS_SOURCES_MAX, sources), MC_OK);
	payment_init(&due, &rights_cny);
	CHECK_INT(
		quote_royalty(&rights.calls, &report, &payer, &unused, &due, 1000000000, &rights_problem),
		MC_TOO_MANY_PAYEES);
	/* an amount so small that most parts are nothing can be paid */
	payment_init(&due, &rights_cny);
	CHECK_INT(quote_royalty(&rights.calls, &report, &payer, &unused, &due, 100, &rights_problem),
			  MC_OK);
	CHECK_INT(payment_total(&due), 100);
}

static void
test_terms_once(void)
{
	static uint8_t box[RIGHTS_BOX_MAX + 1];
	RightsId subject = content(1);
	McHash hash = person(77);
	McAddress owner = person(1);

	rights_init();
	CHECK_INT(register_work(1, 1, &whole, 0, NULL), MC_OK);
	operation_put_seal_terms(arguments(), &subject, &hash, span_of(box, sizeof(box)));
	CHECK_INT(run(OPERATION_SEAL_TERMS, &owner), MC_BOX_TOO_LARGE);
	operation_put_seal_terms(arguments(), &subject, &hash, span_of(box, RIGHTS_BOX_MAX));
	CHECK_INT(run(OPERATION_SEAL_TERMS, &owner), MC_OK);
	CHECK_INT(run(OPERATION_SEAL_TERMS, &owner), MC_TERMS_EXIST);
}

int
main(void)
{
	RUN(test_limit_of_sources);
	RUN(test_limit_of_exclusives);
	RUN(test_licence_that_nobody_bought);
	RUN(test_limit_of_payees);
	RUN(test_terms_once);
	return CHECK_RESULT();
}
