/*
 * acs_big.h - the oracle's numbers: decimal digits in an array, as one calculates on paper. Shares
 * no idea with contract/decimal.c, on purpose; slow, on purpose.
 */
#ifndef MESCHAIN_TEST_ACS_BIG_H
#define MESCHAIN_TEST_ACS_BIG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BIG_DIGITS 96
#define BIG_DECIMALS 12

/* A count of 10^-12; the least significant digit first; zero is never negative. */
typedef struct Big
{
	bool negative;
	uint8_t digits[BIG_DIGITS];
} Big;

static const char big_maximum[] = "170141183460469231731687303715884105727";

static inline Big
big_digits(const char *text, bool negative)
{
	Big big = { .negative = negative };
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		big.digits[size - 1 - i] = (uint8_t) (text[i] - '0');
	return big;
}

static inline int
big_compare_size(const Big *one, const Big *two)
{
	for (int i = BIG_DIGITS - 1; i >= 0; i--)
		if (one->digits[i] != two->digits[i])
			return one->digits[i] < two->digits[i] ? -1 : 1;
	return 0;
}

static inline int
big_compare(const Big *one, const Big *two)
{
	if (one->negative != two->negative)
		return one->negative ? -1 : 1;
	return one->negative ? big_compare_size(two, one) : big_compare_size(one, two);
}

/* Between -2^127 and 2^127 - 1. */
static inline bool
big_fits(const Big *big)
{
	Big limit = big_digits(big_maximum, big->negative);

	if (big->negative)
		limit.digits[0]++; /* ...727 and one */
	return big_compare_size(big, &limit) <= 0;
}

static inline Big
big_signed(Big size, bool negative)
{
	Big zero = { .negative = false };

	size.negative = negative && big_compare_size(&size, &zero) != 0;
	return size;
}

static inline Big
big_add_size(const Big *one, const Big *two)
{
	Big sum = { .negative = false };
	int carry = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		int digit = one->digits[i] + two->digits[i] + carry;

		sum.digits[i] = (uint8_t) (digit % 10);
		carry = digit / 10;
	}
	return sum;
}

/* Needs one >= two in size. */
static inline Big
big_sub_size(const Big *one, const Big *two)
{
	Big rest = { .negative = false };
	int borrow = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		int digit = one->digits[i] - two->digits[i] - borrow;

		borrow = digit < 0;
		rest.digits[i] = (uint8_t) (digit + 10 * borrow);
	}
	return rest;
}

static inline Big
big_add(Big one, Big two)
{
	if (one.negative == two.negative)
		return big_signed(big_add_size(&one, &two), one.negative);
	if (big_compare_size(&one, &two) >= 0)
		return big_signed(big_sub_size(&one, &two), one.negative);
	return big_signed(big_sub_size(&two, &one), two.negative);
}

static inline Big
big_negate(Big big)
{
	return big_signed(big, !big.negative);
}

/* Towards the more significant digits, or away from them, by so many places. */
static inline Big
big_shift(Big big, int places)
{
	Big moved = { .negative = false };

	for (int i = 0; i < BIG_DIGITS; i++)
		if (i + places >= 0 && i + places < BIG_DIGITS)
			moved.digits[i + places] = big.digits[i];
	return big_signed(moved, big.negative);
}

static inline Big
big_mul(Big one, Big two)
{
	Big product = { .negative = false };

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		int carry = 0;

		for (int j = 0; one.digits[i] != 0 && i + j < BIG_DIGITS; j++)
		{
			int digit = product.digits[i + j] + one.digits[i] * two.digits[j] + carry;

			product.digits[i + j] = (uint8_t) (digit % 10);
			carry = digit / 10;
		}
	}
	return big_signed(big_shift(product, -BIG_DECIMALS), one.negative != two.negative);
}

/* Long division of sizes; two is not zero. */
static inline Big
big_divide_size(const Big *one, const Big *two, Big *rest)
{
	Big quotient = { .negative = false };

	memset(rest, 0, sizeof(*rest));
	for (int i = BIG_DIGITS - 1; i >= 0; i--)
	{
		*rest = big_shift(*rest, 1);
		rest->digits[0] = one->digits[i];
		while (big_compare_size(rest, two) >= 0)
		{
			*rest = big_sub_size(rest, two);
			quotient.digits[i]++;
		}
	}
	return quotient;
}

static inline Big
big_div(Big one, Big two)
{
	Big rest;
	Big shifted = big_shift(one, BIG_DECIMALS);

	return big_signed(big_divide_size(&shifted, &two, &rest), one.negative != two.negative);
}

static inline Big
big_mod(Big one, Big two)
{
	Big rest;

	big_divide_size(&one, &two, &rest);
	return big_signed(rest, one.negative);
}

#endif
