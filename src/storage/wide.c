/*
 * wide.c - the few operations on 128-bit numbers that the compiler does not have.
 */
#include "storage/wide.h"

#include <assert.h>
#include <string.h>

/*
 * Horner over the bits of b: the remainder stays below the divisor and the quotient, at most b,
 * never overflows. Doubling a remainder may, so it is compared before it is doubled.
 */
Wide
wide_share(Wide a, Wide b, Wide divisor)
{
	Wide quotient = 0;
	Wide remainder = 0;

	assert(divisor > 0 && a <= divisor);
	for (int bit = 127; bit >= 0; bit--)
	{
		Wide room = divisor - remainder;

		quotient <<= 1;
		if (remainder >= room)
			quotient++, remainder -= room;
		else
			remainder += remainder;
		if (!(b >> bit & 1))
			continue;
		room = divisor - remainder;
		if (a >= room)
			quotient++, remainder = a - room;
		else
			remainder += a;
	}
	return quotient;
}

bool
wide_parse(const char *text, Wide maximum, Wide *value)
{
	Wide parsed = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
	{
		unsigned digit = (unsigned) (*text - '0');

		if (digit > 9 || parsed > maximum / 10 || parsed * 10 > maximum - digit)
			return false;
		parsed = parsed * 10 + digit;
	}
	*value = parsed;
	return true;
}

void
wide_format(Wide value, char text[WIDE_TEXT_SIZE])
{
	char digits[WIDE_TEXT_SIZE];
	size_t used = sizeof(digits);

	digits[--used] = '\0';
	do
	{
		assert(used > 0);
		digits[--used] = (char) ('0' + (int) (value % 10));
		value /= 10;
	} while (value > 0);
	memcpy(text, digits + used, sizeof(digits) - used);
}
