/*
 * contract_decimal.c - 128-bit decimals against arithmetic on paper: random operands of every
 * width, and the edges of the range.
 */
#include "contract/decimal.h"
#include "unit/acs_big_round.h"
#include "unit/check.h"

#define ROUNDS 5000

static uint64_t state = 20261120;

static uint64_t
random_bits(void)
{
	uint64_t z = (state += 0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return z ^ z >> 31;
}

static const AcsDec dec_max = (AcsDec) ((((unsigned __int128) 1) << 127) - 1);

static Big
big_of(AcsDec value)
{
	unsigned __int128 rest = value < 0 ? -(unsigned __int128) value : (unsigned __int128) value;
	Big big = { .negative = false };

	for (int i = 0; rest > 0; i++)
	{
		big.digits[i] = (uint8_t) (rest % 10);
		rest /= 10;
	}
	return big_signed(big, value < 0);
}

/* Every width alike, and now and then one of the corners. */
static AcsDec
random_dec(void)
{
	static const AcsDec corners[] = { 0, 1, -1, ACS_DEC_ONE, -ACS_DEC_ONE };
	unsigned __int128 value = (unsigned __int128) random_bits() << 64 | random_bits();
	unsigned choice = random_bits() % 32;

	if (choice < 5)
		return corners[choice];
	if (choice < 7)
		return choice == 5 ? dec_max : -dec_max - 1;
	value >>= random_bits() % 128;
	return (AcsDec) (random_bits() % 2 ? value : -value);
}

/* Takes the result by address: an argument may be evaluated before the one that sets it. */
static void
compare(bool fits, const AcsDec *found, Big wanted)
{
	Big big = big_of(*found);

	CHECK_INT(fits, big_fits(&wanted));
	CHECK(!fits || big_compare(&big, &wanted) == 0);
}

static void
test_operations_on_paper(void)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		AcsDec one = random_dec();
		AcsDec two = random_dec();
		AcsDec result = 0;

		compare(acs_dec_add(&result, one, two), &result, big_add(big_of(one), big_of(two)));
		compare(acs_dec_sub(&result, one, two), &result,
				big_add(big_of(one), big_negate(big_of(two))));
		compare(acs_dec_mul(&result, one, two), &result, big_mul(big_of(one), big_of(two)));
		if (two == 0)
			continue;
		compare(acs_dec_div(&result, one, two), &result, big_div(big_of(one), big_of(two)));
		result = acs_dec_mod(one, two);
		compare(true, &result, big_mod(big_of(one), big_of(two)));
	}
}

static void
test_rounding_on_paper(void)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		AcsDec one = random_dec();
		Big big = big_of(one);
		int decimals = (int) (random_bits() % (ACS_DEC_DIGITS + 1));
		bool rest = big_has_rest(&big, 0);
		AcsDec result = 0;

		compare(acs_dec_round(&result, one, (unsigned) decimals), &result,
				big_round(big, decimals));
		compare(acs_dec_floor(&result, one), &result, big_cut(big, 0, rest && one < 0));
		compare(acs_dec_ceil(&result, one), &result, big_cut(big, 0, rest && one > 0));
	}
}

static void
test_half_goes_to_even(void)
{
	static const struct
	{
		AcsDec value;
		AcsDec whole;
	} halves[] = { { 5, 0 }, { 15, 20 }, { 25, 20 }, { 35, 40 }, { -5, 0 }, { -15, -20 } };

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
	{
		AcsDec result;

		CHECK(acs_dec_round(&result, halves[i].value * ACS_DEC_ONE / 10, 0));
		CHECK(result == halves[i].whole * ACS_DEC_ONE / 10);
	}
}

static void
test_power_is_repeated_multiplication(void)
{
	AcsDec base = ACS_DEC_ONE * 21 / 20;
	AcsDec wanted = ACS_DEC_ONE;
	AcsDec found;

	for (unsigned i = 0; i <= 1000; i++)
	{
		CHECK(acs_dec_pow(&found, base, i) && found == wanted);
		CHECK(acs_dec_mul(&wanted, wanted, base));
	}
	CHECK(!acs_dec_pow(&found, ACS_DEC_ONE * 10, 27));
}

static void
test_text_and_back(void)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		char text[ACS_DEC_TEXT_MAX];
		AcsDec value = random_dec();
		AcsDec back = 0;
		size_t size = acs_dec_format(value, text);

		CHECK(acs_dec_parse(span_of(text, size), &back) && back == value);
		CHECK(strchr(text, '.') == NULL || text[size - 1] != '0');
	}
}

static void
test_what_is_no_number(void)
{
	static const char *const texts[] = { "",
										 "-",
										 ".",
										 "1.",
										 ".5",
										 "--1",
										 "+1",
										 " 1",
										 "1 ",
										 "1e5",
										 "1,5",
										 "0x1",
										 "1.0000000000000",
										 "1.1234567890123",
										 "170141183460469231731687303.715884105728",
										 "-170141183460469231731687303.715884105729",
										 "99999999999999999999999999999999999999999999",
										 "1.2.3",
										 "NaN" };
	AcsDec value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(!acs_dec_parse(span_text(texts[i]), &value));
	CHECK(acs_dec_parse(span_text("170141183460469231731687303.715884105727"), &value) &&
		  value == dec_max);
	CHECK(acs_dec_parse(span_text("-170141183460469231731687303.715884105728"), &value) &&
		  value == -dec_max - 1);
}

int
main(void)
{
	RUN(test_operations_on_paper);
	RUN(test_rounding_on_paper);
	RUN(test_half_goes_to_even);
	RUN(test_power_is_repeated_multiplication);
	RUN(test_text_and_back);
	RUN(test_what_is_no_number);
	return CHECK_RESULT();
}
