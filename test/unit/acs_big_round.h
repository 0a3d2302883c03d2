/*
 * acs_big_round.h - rounding on paper, for the oracle.
 */
#ifndef MESCHAIN_TEST_ACS_BIG_ROUND_H
#define MESCHAIN_TEST_ACS_BIG_ROUND_H

#include "unit/acs_big.h"

/* Cut to a number of decimals; up says whether the last kept digit then grows by one in size. */
static inline Big
big_cut(Big big, int decimals, bool up)
{
	int dropped = BIG_DECIMALS - decimals;
	Big cut = big_shift(big_shift(big, -dropped), dropped);
	Big unit = { .negative = false };

	unit.digits[dropped] = up;
	return big_signed(big_add_size(&cut, &unit), big.negative);
}

static inline bool
big_has_rest(const Big *big, int decimals)
{
	for (int i = 0; i < BIG_DECIMALS - decimals; i++)
		if (big->digits[i] != 0)
			return true;
	return false;
}

static inline Big
big_round(Big big, int decimals)
{
	int dropped = BIG_DECIMALS - decimals;
	Big half = { .negative = false };
	Big rest = { .negative = false };
	int order;

	if (dropped == 0)
		return big;
	half.digits[dropped - 1] = 5;
	memcpy(rest.digits, big.digits, (size_t) dropped);
	order = big_compare_size(&rest, &half);
	return big_cut(big, decimals, order > 0 || (order == 0 && big.digits[dropped] % 2 == 1));
}

#endif
