/*
 * value.c - messages, and values as people write them.
 */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void __attribute__((format(printf, 1, 0))) complain(const char *format, va_list arguments)
{
	fflush(stdout);
	fputs("mesctl: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void
cli_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	exit(CLI_FAILED);
}

void
cli_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	exit(CLI_USAGE);
}

void
cli_check(McStatus status, const McProblem *problem)
{
	const McStatusInfo *info = status_info(status);
	char message[512];

	if (status == MC_OK)
		return;
	status_message(problem, message, sizeof(message));
	fflush(stdout);
	fprintf(stderr, "mesctl: MC%03d %s: %s\n", status, info != NULL ? info->name : "", message);
	if (info != NULL && info->hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", info->hint);
	exit(CLI_FAILED);
}

int64_t
cli_number(const char *what, const char *text, int64_t minimum, int64_t maximum)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < minimum || value > maximum)
		cli_usage("%s \"%s\" is not a number from %" PRId64 " to %" PRId64, what, text, minimum,
				  maximum);
	return value;
}

/* Adds a decimal digit; false when the sum leaves the range of amounts. */
static bool
add_digit(int64_t *units, int digit)
{
	return !__builtin_mul_overflow(*units, 10, units) &&
		   !__builtin_add_overflow(*units, digit, units);
}

int64_t
cli_units(const char *text, int decimals)
{
	int64_t units = 0;
	int after = -1; /* digits behind the point, -1 before it */
	bool fits = text[0] != '\0' && text[0] != '.';

	for (const char *at = text; fits && *at != '\0'; at++)
	{
		if (*at == '.' && after < 0)
			after = 0;
		else if (*at < '0' || *at > '9')
			fits = false;
		else if (after >= decimals && *at != '0')
			cli_usage("amount \"%s\" has more decimals than its asset's %d", text, decimals);
		else if (after < decimals)
		{
			fits = add_digit(&units, *at - '0');
			after += after >= 0;
		}
	}
	for (after = after < 0 ? 0 : after; fits && after < decimals; after++)
		fits = add_digit(&units, 0);
	if (!fits || units == 0)
		cli_usage("\"%s\" is not a positive amount that fits into 63 bits of base units", text);
	return units;
}

char *
cli_amount(int64_t units, int decimals)
{
	int64_t whole = units;
	int64_t scale = 1;

	for (int i = 0; i < decimals; i++)
		scale *= 10;
	whole = units / scale;
	if (decimals == 0)
		return cli_format("%" PRId64, whole);
	return cli_format("%" PRId64 ".%0*" PRId64, whole, decimals, units % scale);
}

McAddress
cli_address(const char *text)
{
	McAddress address;
	McProblem problem;

	cli_check(address_parse(span_text(text), &address, &problem), &problem);
	return address;
}

void
cli_hex(const char *what, const char *text, void *out, size_t size)
{
	size_t got = 0;
	const char *end = NULL;

	if (sodium_hex2bin(out, size, text, strlen(text), NULL, &got, &end) != 0 || got != size ||
		*end != '\0')
		cli_usage("%s \"%s\" is not %zu bytes in hex", what, text, size);
}

char *
cli_to_hex(const void *data, size_t size)
{
	char *text = cli_alloc(2 * size + 1);

	hex_format(data, size, text);
	return text;
}

void *
cli_alloc(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);

	if (memory == NULL)
		cli_fail("out of memory");
	return memory;
}

char *
cli_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		cli_fail("out of memory");
	va_end(arguments);
	return text;
}

int64_t
cli_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
cli_random(void *out, size_t size)
{
	if (sodium_init() < 0)
		cli_fail("libsodium does not start");
	randombytes_buf(out, size);
}
