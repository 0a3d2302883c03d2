/*
 * tx_pack.h - CBOR written from a format, into an arena that each test starts empty.
 */
#ifndef MESCHAIN_TEST_TX_PACK_H
#define MESCHAIN_TEST_TX_PACK_H

#include "base/wire.h"
#include "unit/check.h"

#include <stdarg.h>

static uint8_t arena[32 * 1024 * 1024];
static size_t arena_used;

/* Every test starts with an empty arena. */
#define RUN_FRESH(test)                                                                            \
	do                                                                                             \
	{                                                                                              \
		arena_used = 0;                                                                            \
		RUN(test);                                                                                 \
	} while (0)

static inline void
pack_item(WireWriter *writer, char kind, va_list *list)
{
	McSpan span;

	switch (kind)
	{
		case 'a':
			wire_put_array(writer, va_arg(*list, size_t));
			break;
		case 'm':
			wire_put_map(writer, va_arg(*list, size_t));
			break;
		case 'i':
			wire_put_int(writer, va_arg(*list, int64_t));
			break;
		case 'u':
			wire_put_uint(writer, va_arg(*list, uint64_t));
			break;
		case 't':
			wire_put_text(writer, span_text(va_arg(*list, const char *)));
			break;
		case 'h':
			wire_put_bytes(writer, va_arg(*list, const void *), HASH_SIZE);
			break;
		case 'b':
			span = va_arg(*list, McSpan);
			wire_put_bytes(writer, span.data, span.size);
			break;
		case 'r':
			wire_put_raw(writer, va_arg(*list, McSpan));
			break;
		default:
			assert(kind == 'n');
			wire_put_null(writer);
	}
}

/*
 * CBOR from a format: a array of size_t, m map of size_t, i int64_t, u uint64_t, t text, h hash,
 * b bytes of a span, r raw span, n null.
 */
static inline McSpan
pack(const char *format, ...)
{
	WireWriter writer;
	va_list list;

	wire_writer_init(&writer, arena + arena_used, sizeof(arena) - arena_used);
	va_start(list, format);
	for (; *format != '\0'; format++)
		pack_item(&writer, *format, &list);
	va_end(list);
	assert(!writer.full);
	arena_used += writer.size;
	return wire_written(&writer);
}

#define N(count) ((size_t) (count))
#define U(value) ((uint64_t) (value))
#define I(value) ((int64_t) (value))

/* The same item count times, as an array. */
static inline McSpan
pack_repeated(size_t count, McSpan item)
{
	uint8_t *start = arena + arena_used;

	pack("a", count);
	for (size_t i = 0; i < count; i++)
		pack("r", item);
	return span_of(start, (size_t) (arena + arena_used - start));
}

static inline McSpan
text_of_size(size_t size)
{
	char *text = (char *) arena + arena_used;

	memset(text, 'x', size);
	text[size] = '\0';
	arena_used += size + 1;
	return span_of(text, size);
}

#endif
