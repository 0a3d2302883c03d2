/*
 * decimal.h - the number of the contract language: a 128-bit integer that counts 10^-12.
 *
 * Every operation is exact or truncates toward zero, and says so when the result does not fit. No
 * operation can trap: overflow and a zero divisor are answers.
 */
#ifndef MESCHAIN_CONTRACT_DECIMAL_H
#define MESCHAIN_CONTRACT_DECIMAL_H

#include "base/bytes.h"

#include <stdbool.h>

__extension__ typedef __int128 AcsDec;

#define ACS_DEC_DIGITS 12
#define ACS_DEC_ONE ((AcsDec) 1000000000000)

/* Sign, 27 whole digits, point, 12 decimals, terminator. */
#define ACS_DEC_TEXT_MAX 42

static inline bool
acs_dec_add(AcsDec *out, AcsDec left, AcsDec right)
{
	return !__builtin_add_overflow(left, right, out);
}

static inline bool
acs_dec_sub(AcsDec *out, AcsDec left, AcsDec right)
{
	return !__builtin_sub_overflow(left, right, out);
}

/* False when the result does not fit. */
extern bool acs_dec_mul(AcsDec *out, AcsDec left, AcsDec right);

/* Needs right != 0. False when the result does not fit. */
extern bool acs_dec_div(AcsDec *out, AcsDec left, AcsDec right);

/* Needs right != 0. Exact, with the sign of left. */
extern AcsDec acs_dec_mod(AcsDec left, AcsDec right);

/* Half to even at 0 to 12 decimals. */
extern bool acs_dec_round(AcsDec *out, AcsDec value, unsigned digits);
extern bool acs_dec_floor(AcsDec *out, AcsDec value);
extern bool acs_dec_ceil(AcsDec *out, AcsDec value);

/* base multiplied exponent times, truncated after each. */
extern bool acs_dec_pow(AcsDec *out, AcsDec base, unsigned exponent);

/* The shortest text, without trailing zeros; returns its length. */
extern size_t acs_dec_format(AcsDec value, char out[ACS_DEC_TEXT_MAX]);

/* [-]digits[.digits]; false for anything else, over 12 decimals or out of range. */
extern bool acs_dec_parse(McSpan text, AcsDec *out);

#endif
