/* storage_emission.c - the whitepaper's own numbers of minting; nodes never get more. */
#include "storage/emission.h"
#include "unit/check.h"

#define MINUTES(bytes, minutes) ((Wide) (bytes) * (minutes))
#define GIB (UINT64_C(1) << 30)
#define PIB (UINT64_C(1) << 50)
#define EIB (UINT64_C(1) << 60)

static uint64_t random_state = 1;

static uint64_t
random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void
test_one_gib_for_a_period_is_one_ccc(void)
{
	CHECK_INT(emission_minted(MINUTES(GIB, EMISSION_PERIOD_MINUTES)), CCC_UNITS);
	CHECK_INT(emission_minted(MINUTES(GIB, EMISSION_PERIOD_MINUTES - 1)), CCC_UNITS - 191);
}

static void
test_one_eib_for_a_minute_is_2048_ccc(void)
{
	CHECK_INT(emission_minted(EIB), 2048LL * CCC_UNITS);
}

static void
test_a_space_earns_its_own_size_in_a_period(void)
{
	CHECK_INT(emission_minted(MINUTES(PIB, EMISSION_PERIOD_MINUTES)),
			  (int64_t) (PIB / GIB) * CCC_UNITS);
	CHECK_INT(emission_minted(PIB), 2LL * CCC_UNITS);
}

static void
test_the_end(void)
{
	Wide end = (Wide) EMISSION_STAGES << EMISSION_STAGE_BITS;

	CHECK_INT(emission_minted(end), 1073741823LL * CCC_UNITS);
	CHECK(emission_minted(end - 1) < emission_minted(end));
	CHECK_INT(emission_minted(end + 1), emission_minted(end));
	CHECK_INT(emission_minted(EMISSION_BYTE_MINUTES_MAX), emission_minted(end));
	/* at 1 EiB: 7,864,320 minutes, 14.95 years of 365.2425 days */
	CHECK_INT(end / EIB, 7864320);
	CHECK_INT(end / EIB * 100 * 10000 / (1440LL * 3652425), 1495);
}

static void
test_every_stage_mints_half_of_what_is_left(void)
{
	for (unsigned stage = 0; stage < EMISSION_STAGES; stage++)
	{
		Wide from = (Wide) stage << EMISSION_STAGE_BITS;
		Wide to = (Wide) (stage + 1) << EMISSION_STAGE_BITS;

		CHECK_INT(emission_stage(from), stage);
		CHECK_INT(emission_stage(to - 1), stage);
		CHECK_INT(emission_minted(to) - emission_minted(from),
				  (int64_t) (CCC_SUPPLY >> (stage + 1)) * CCC_UNITS);
	}
}

static void
test_minting_never_falls(void)
{
	Wide at = 0;
	uint64_t before = 0;

	for (int step = 0; step < 200000; step++)
	{
		uint64_t now;

		at += (Wide) random_next() << (random_next() % 20);
		now = emission_minted(at);
		CHECK(now >= before);
		before = now;
	}
}

static void
test_a_minute_across_a_border(void)
{
	Wide border = (Wide) 1 << EMISSION_STAGE_BITS;
	EmissionPart parts[2];

	CHECK_INT(emission_minute(border - 100, 300, parts), 2);
	CHECK_INT(parts[0].stage, 0);
	CHECK_INT(parts[0].byte_minutes, 100);
	CHECK_INT(parts[1].stage, 1);
	CHECK_INT(parts[1].byte_minutes, 200);
	CHECK_INT(emission_minute(border - 300, 300, parts), 1);
	CHECK_INT(emission_minute(border, 300, parts), 1);
	CHECK_INT(emission_minute(0, 0, parts), 0);
}

static void
test_a_minute_counts_at_most_one_eib(void)
{
	EmissionPart parts[2];

	CHECK_INT(emission_minute(0, (Wide) EIB + 1, parts), 1);
	CHECK(parts[0].byte_minutes == EIB);
	CHECK_INT(emission_minute(0, EIB - 1, parts), 1);
	CHECK(parts[0].byte_minutes == EIB - 1);
}

static void
test_the_last_minute_ends_at_the_end(void)
{
	Wide end = (Wide) EMISSION_STAGES << EMISSION_STAGE_BITS;
	EmissionPart parts[2];

	CHECK_INT(emission_minute(end - 5, 300, parts), 1);
	CHECK_INT(parts[0].byte_minutes, 5);
	CHECK_INT(emission_minute(end, 300, parts), 0);
}

/* Nodes of random size through the borders of all stages: together never more than was minted. */
static void
test_nodes_never_get_more_than_is_minted(void)
{
	enum
	{
		NODES = 7
	};
	static Wide held[NODES][EMISSION_STAGES];
	Wide byte_minutes = 0;
	uint64_t paid = 0;

	memset(held, 0, sizeof(held));
	for (int minute = 0; minute < 3000; minute++)
	{
		Wide sizes[NODES];
		Wide all = 0;
		EmissionPart parts[2];
		size_t count;

		for (int node = 0; node < NODES; node++)
			all += sizes[node] = random_next() >> (4 + random_next() % 20);
		/* a walk in single minutes would take years: jump near the next border instead */
		if (minute % 100 == 99)
			byte_minutes = ((Wide) (minute / 100 + 1) << EMISSION_STAGE_BITS) - all / 3;
		count = emission_minute(byte_minutes, all, parts);
		for (int node = 0; node < NODES; node++)
		{
			Wide mine[2];

			CHECK_INT(emission_node_minute(sizes[node], all, parts, count, mine, NULL), MC_OK);
			for (size_t i = 0; i < count; i++)
				held[node][parts[i].stage] += mine[i];
		}
		for (size_t i = 0; i < count; i++)
			byte_minutes += parts[i].byte_minutes;
	}
	CHECK(emission_stage(byte_minutes) == EMISSION_STAGES);
	for (int node = 0; node < NODES; node++)
	{
		uint64_t units;

		CHECK_INT(emission_owed(held[node], EMISSION_STAGES, &units, NULL), MC_OK);
		paid += units;
	}
	CHECK(paid > 0 && paid <= emission_minted(byte_minutes));
}

static void
test_a_node_alone_gets_all(void)
{
	EmissionPart parts[2];
	Wide border = (Wide) 3 << EMISSION_STAGE_BITS;
	size_t count = emission_minute(border - GIB, PIB, parts);
	Wide mine[2];

	CHECK_INT(count, 2);
	CHECK_INT(emission_node_minute(PIB, PIB, parts, count, mine, NULL), MC_OK);
	CHECK(mine[0] == GIB && mine[1] == PIB - GIB);
}

static void
test_refusals(void)
{
	static Wide stages[EMISSION_STAGES + 1];
	EmissionPart parts[2];
	McProblem problem;
	uint64_t units;
	Wide mine[2];

	CHECK_INT(emission_node_minute(2, 1, parts, 0, mine, &problem), MC_PART_OVER_WHOLE);
	CHECK_INT(emission_node_minute(0, 0, parts, 0, mine, &problem), MC_PART_OVER_WHOLE);
	CHECK_INT(emission_owed(stages, EMISSION_STAGES + 1, &units, &problem), MC_STAGE_COUNT);
	stages[4] = ((Wide) 1 << EMISSION_STAGE_BITS) + 1;
	CHECK_INT(emission_owed(stages, EMISSION_STAGES, &units, &problem), MC_STAGE_OVERFULL);
	CHECK_INT(problem.number, 4);
	stages[4]--;
	CHECK_INT(emission_owed(stages, EMISSION_STAGES, &units, &problem), MC_OK);
	CHECK_INT(units, (int64_t) (CCC_SUPPLY >> 5) * CCC_UNITS);
}

static void
test_share_of_wide_numbers(void)
{
	Wide most = ~(Wide) 0;

	CHECK(wide_share(most, most, most) == most);
	CHECK(wide_share(most - 1, most, most) == most - 1);
	CHECK(wide_share(0, most, 1) == 0);
	CHECK(wide_share(1, most, most) == 1);
	CHECK(wide_share(1, most - 1, most) == 0);
	for (int i = 0; i < 100000; i++)
	{
		uint64_t divisor = (random_next() >> random_next() % 64) | 1;
		uint64_t a = random_next() % (divisor + (divisor < UINT64_MAX));
		uint64_t b = random_next() >> random_next() % 64;

		CHECK(wide_share(a, b, divisor) == (Wide) a * b / divisor);
	}
}

static void
test_wide_text(void)
{
	char text[WIDE_TEXT_SIZE];
	Wide value;

	wide_format(~(Wide) 0, text);
	CHECK(strcmp(text, "340282366920938463463374607431768211455") == 0);
	CHECK(wide_parse(text, ~(Wide) 0, &value) && value == ~(Wide) 0);
	CHECK(!wide_parse("340282366920938463463374607431768211456", ~(Wide) 0, &value));
	CHECK(wide_parse("0", 0, &value) && value == 0);
	CHECK(wide_parse("17", 17, &value) && value == 17);
	CHECK(!wide_parse("18", 17, &value));
	CHECK(!wide_parse("", 17, &value));
	CHECK(!wide_parse("-1", 17, &value));
	CHECK(!wide_parse("1.5", 17, &value));
}

int
main(void)
{
	RUN(test_one_gib_for_a_period_is_one_ccc);
	RUN(test_one_eib_for_a_minute_is_2048_ccc);
	RUN(test_a_space_earns_its_own_size_in_a_period);
	RUN(test_the_end);
	RUN(test_every_stage_mints_half_of_what_is_left);
	RUN(test_minting_never_falls);
	RUN(test_a_minute_across_a_border);
	RUN(test_a_minute_counts_at_most_one_eib);
	RUN(test_the_last_minute_ends_at_the_end);
	RUN(test_nodes_never_get_more_than_is_minted);
	RUN(test_a_node_alone_gets_all);
	RUN(test_refusals);
	RUN(test_share_of_wide_numbers);
	RUN(test_wide_text);
	return CHECK_RESULT();
}
