/*
 * check.h - the unit tests' few words. A test is a function with one subject; a failed CHECK prints
 * where and what, and the test goes on to its end.
 */
#ifndef MESCHAIN_TEST_CHECK_H
#define MESCHAIN_TEST_CHECK_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

static int check_test_count;
static int check_failures;
static int check_failures_all;

#define CHECK(condition)                                                                           \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
		{                                                                                          \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                              \
			check_failures++;                                                                      \
		}                                                                                          \
	} while (0)

#define CHECK_INT(found, expected)                                                                 \
	do                                                                                             \
	{                                                                                              \
		long long found_ = (long long) (found);                                                    \
		long long expected_ = (long long) (expected);                                              \
		if (found_ != expected_)                                                                   \
		{                                                                                          \
			printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #found, found_,         \
				   expected_);                                                                     \
			check_failures++;                                                                      \
		}                                                                                          \
	} while (0)

#define RUN(test)                                                                                  \
	do                                                                                             \
	{                                                                                              \
		check_failures = 0;                                                                        \
		test();                                                                                    \
		check_test_count++;                                                                        \
		printf("%s %d %s\n", check_failures ? "not ok" : "ok", check_test_count, #test);           \
		check_failures_all += check_failures;                                                      \
	} while (0)

#define CHECK_RESULT() (check_failures_all ? EXIT_FAILURE : EXIT_SUCCESS)

static inline void
check_hex(const void *data, size_t size, char *out)
{
	for (size_t i = 0; i < size; i++)
		sprintf(out + 2 * i, "%02x", ((const uint8_t *) data)[i]);
}

#define CHECK_HEX(data, size, expected)                                                            \
	do                                                                                             \
	{                                                                                              \
		char *hex_ = malloc(2 * (size) + 1);                                                       \
		hex_[0] = '\0';                                                                            \
		check_hex(data, size, hex_);                                                               \
		if (strcmp(hex_, expected) != 0)                                                           \
		{                                                                                          \
			printf("# %s:%d: %s is %s\n", __FILE__, __LINE__, #data, hex_);                       \
			check_failures++;                                                                      \
		}                                                                                          \
		free(hex_);                                                                                \
	} while (0)

#endif
