/*
 * decimal.c - 128-bit decimal arithmetic through 256-bit intermediates. No floating point, no
 * allocation; the hot cases, where everything fits 64 or 128 bits, come first.
 */
#include "contract/decimal.h"

__extension__ typedef unsigned __int128 Wide;

#define ONE ((uint64_t) ACS_DEC_ONE)
#define MAGNITUDE_MAX (((Wide) 1 << 127) - 1)

static Wide
magnitude(AcsDec value)
{
	return value < 0 ? -(Wide) value : (Wide) value;
}

static bool
from_magnitude(AcsDec *out, Wide value, bool negative)
{
	if (value > MAGNITUDE_MAX + negative)
		return false;
	*out = (AcsDec) (negative ? -value : value);
	return true;
}

/* Divides limbs (most significant first) by a 64-bit divisor in place; returns the remainder. */
static uint64_t
limbs_divide(uint64_t *limbs, size_t count, uint64_t divisor)
{
	uint64_t remainder = 0;

	assert(divisor != 0);
	for (size_t i = 0; i < count; i++)
	{
		Wide part = (Wide) remainder << 64 | limbs[i];

		limbs[i] = (uint64_t) (part / divisor);
		remainder = (uint64_t) (part % divisor);
	}
	return remainder;
}

static void
multiply_wide(Wide left, Wide right, uint64_t limbs[4])
{
	uint64_t left_high = (uint64_t) (left >> 64);
	uint64_t left_low = (uint64_t) left;
	uint64_t right_high = (uint64_t) (right >> 64);
	uint64_t right_low = (uint64_t) right;
	Wide low = (Wide) left_low * right_low;
	Wide cross = (Wide) left_high * right_low + (low >> 64);
	Wide cross_two = (Wide) left_low * right_high + (uint64_t) cross;
	Wide high = (Wide) left_high * right_high + (cross >> 64) + (cross_two >> 64);

	limbs[0] = (uint64_t) (high >> 64);
	limbs[1] = (uint64_t) high;
	limbs[2] = (uint64_t) cross_two;
	limbs[3] = (uint64_t) low;
}

bool
acs_dec_mul(AcsDec *out, AcsDec left, AcsDec right)
{
	Wide one = magnitude(left);
	Wide two = magnitude(right);
	bool negative = (left < 0) != (right < 0);
	uint64_t limbs[4];

	assert(out != NULL);
	if ((one | two) >> 64 == 0)
		return from_magnitude(out, one * two / ONE, negative);
	multiply_wide(one, two, limbs);
	limbs_divide(limbs, 4, ONE);
	if (limbs[0] != 0 || limbs[1] != 0)
		return false;
	return from_magnitude(out, (Wide) limbs[2] << 64 | limbs[3], negative);
}

/*
 * One digit of Knuth's algorithm D in base 2^64: divides remainder:next by a divisor whose top bit
 * is set. Needs *remainder < divisor, which then holds for the new remainder too.
 */
static uint64_t
divide_digit(Wide *remainder, uint64_t next, Wide divisor)
{
	uint64_t high = (uint64_t) (divisor >> 64);
	uint64_t low = (uint64_t) divisor;
	Wide digit = *remainder / high;
	Wide rest = *remainder % high;

	assert(*remainder < divisor);
	if (digit >> 64 != 0)
	{
		digit = UINT64_MAX;
		rest = *remainder - digit * high;
	}
	while (rest >> 64 == 0 && digit * low > (rest << 64 | next))
	{
		digit--;
		rest += high;
	}
	/* The true remainder fits 128 bits, so the arithmetic may wrap on the way. */
	*remainder = (*remainder << 64 | next) - digit * divisor;
	return (uint64_t) digit;
}

/* numerator * 10^12 / divisor for a divisor of more than 64 bits. */
static Wide
divide_long(Wide numerator, Wide divisor)
{
	uint64_t limbs[4];
	unsigned shift = (unsigned) __builtin_clzll((uint64_t) (divisor >> 64));
	Wide remainder;
	uint64_t digit;

	multiply_wide(numerator, ONE, limbs);
	if (shift > 0)
	{
		for (int i = 0; i < 3; i++)
			limbs[i] = limbs[i] << shift | limbs[i + 1] >> (64 - shift);
		limbs[3] <<= shift;
	}
	remainder = (Wide) limbs[0] << 64 | limbs[1];
	digit = divide_digit(&remainder, limbs[2], divisor << shift);
	return (Wide) digit << 64 | divide_digit(&remainder, limbs[3], divisor << shift);
}

bool
acs_dec_div(AcsDec *out, AcsDec left, AcsDec right)
{
	Wide one = magnitude(left);
	Wide two = magnitude(right);
	bool negative = (left < 0) != (right < 0);
	uint64_t limbs[4];

	assert(out != NULL && right != 0);
	if (one >> 88 == 0)
		return from_magnitude(out, one * ONE / two, negative);
	if (two >> 64 != 0)
		return from_magnitude(out, divide_long(one, two), negative);
	multiply_wide(one, ONE, limbs);
	limbs_divide(limbs, 4, (uint64_t) two);
	if (limbs[0] != 0 || limbs[1] != 0)
		return false;
	return from_magnitude(out, (Wide) limbs[2] << 64 | limbs[3], negative);
}

AcsDec
acs_dec_mod(AcsDec left, AcsDec right)
{
	assert(right != 0);
	/* The most negative number divided by minus one traps on some machines. */
	return right == -1 ? 0 : left % right;
}

static AcsDec
power_of_ten(unsigned exponent)
{
	AcsDec power = 1;

	assert(exponent <= ACS_DEC_DIGITS);
	while (exponent-- > 0)
		power *= 10;
	return power;
}

bool
acs_dec_round(AcsDec *out, AcsDec value, unsigned digits)
{
	AcsDec unit = power_of_ten(ACS_DEC_DIGITS - digits);
	AcsDec rest = value % unit;
	AcsDec twice = 2 * (rest < 0 ? -rest : rest);
	bool odd = (value / unit) % 2 != 0;
	bool away = twice > unit || (twice == unit && odd);

	*out = value - rest;
	if (!away)
		return true;
	return value < 0 ? acs_dec_sub(out, *out, unit) : acs_dec_add(out, *out, unit);
}

bool
acs_dec_floor(AcsDec *out, AcsDec value)
{
	AcsDec rest = value % ACS_DEC_ONE;

	return acs_dec_sub(out, value - rest, rest < 0 ? ACS_DEC_ONE : 0);
}

bool
acs_dec_ceil(AcsDec *out, AcsDec value)
{
	AcsDec rest = value % ACS_DEC_ONE;

	return acs_dec_add(out, value - rest, rest > 0 ? ACS_DEC_ONE : 0);
}

bool
acs_dec_pow(AcsDec *out, AcsDec base, unsigned exponent)
{
	AcsDec power = ACS_DEC_ONE;

	for (unsigned i = 0; i < exponent; i++)
		if (!acs_dec_mul(&power, power, base))
			return false;
	*out = power;
	return true;
}

size_t
acs_dec_format(AcsDec value, char out[ACS_DEC_TEXT_MAX])
{
	char digits[ACS_DEC_TEXT_MAX];
	Wide rest = magnitude(value);
	size_t count = 0;
	size_t skip = 0;
	size_t size = 0;

	while (rest > 0 || count <= ACS_DEC_DIGITS)
	{
		digits[count++] = (char) ('0' + (int) (rest % 10));
		rest /= 10;
	}
	while (skip < ACS_DEC_DIGITS && digits[skip] == '0')
		skip++;
	if (value < 0)
		out[size++] = '-';
	for (size_t i = count; i > skip; i--)
	{
		if (i == ACS_DEC_DIGITS)
			out[size++] = '.';
		out[size++] = digits[i - 1];
	}
	assert(size < ACS_DEC_TEXT_MAX);
	out[size] = '\0';
	return size;
}

bool
acs_dec_parse(McSpan text, AcsDec *out)
{
	Wide value = 0;
	size_t at = 0;
	size_t whole = 0;
	size_t decimals = 0;
	bool negative = text.size > 0 && text.data[0] == '-';
	bool point = false;

	for (at = negative; at < text.size; at++)
	{
		uint8_t c = text.data[at];

		if (c == '.' && !point && whole > 0)
		{
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || decimals == ACS_DEC_DIGITS || value > MAGNITUDE_MAX / 10)
			return false;
		value = value * 10 + (c - '0');
		decimals += point;
		whole += !point;
	}
	if (whole == 0 || (point && decimals == 0))
		return false;
	for (; decimals < ACS_DEC_DIGITS; decimals++)
	{
		if (value > MAGNITUDE_MAX / 10)
			return false;
		value *= 10;
	}
	return from_magnitude(out, value, negative);
}
