/*
 * wide.h - 128-bit whole numbers: spaces reach 2^90 bytes, byte-minutes 2^110.
 */
#ifndef MESCHAIN_STORAGE_WIDE_H
#define MESCHAIN_STORAGE_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 Wide;

/* 2^128 has 39 digits. */
#define WIDE_TEXT_SIZE 40

/* floor(a * b / divisor) with the full product in between; needs a <= divisor and divisor > 0. */
extern Wide wide_share(Wide a, Wide b, Wide divisor);

/* Decimal digits only, at most maximum; false for anything else. */
extern bool wide_parse(const char *text, Wide maximum, Wide *value);
extern void wide_format(Wide value, char text[WIDE_TEXT_SIZE]);

#endif
