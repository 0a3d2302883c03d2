/*
 * fuzz_wire.c - a value of free shape that the reader takes is written back from its items byte by
 * byte the same; and no value has a second spelling.
 */
#include "base/wire.h"

#include <stdlib.h>

/* Copies one item; returns how many items it contains, or -1 when it is none. */
static long
copy_item(WireReader *reader, WireWriter *writer)
{
	size_t count;
	McSpan span;
	int64_t number;
	bool truth;

	switch (wire_peek(reader))
	{
		case WIRE_UINT:
		case WIRE_NEGATIVE:
			if (!wire_read_int(reader, &number))
				return -1;
			wire_put_int(writer, number);
			return 0;
		case WIRE_BYTES:
			if (!wire_read_bytes(reader, SIZE_MAX, &span))
				return -1;
			wire_put_bytes(writer, span.data, span.size);
			return 0;
		case WIRE_TEXT:
			if (!wire_read_text(reader, SIZE_MAX, &span))
				return -1;
			wire_put_text(writer, span);
			return 0;
		case WIRE_ARRAY:
			if (!wire_read_array(reader, SIZE_MAX, &count))
				return -1;
			wire_put_array(writer, count);
			return (long) count;
		case WIRE_MAP:
			if (!wire_read_map(reader, SIZE_MAX, &count))
				return -1;
			wire_put_map(writer, count);
			return 2 * (long) count;
		case WIRE_FALSE:
		case WIRE_TRUE:
			if (!wire_read_bool(reader, &truth))
				return -1;
			wire_put_bool(writer, truth);
			return 0;
		case WIRE_NULL:
			if (!wire_read_null(reader))
				return -1;
			wire_put_null(writer);
			return 0;
		default:
			return -1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	WireReader reader;
	WireWriter writer;
	McSpan value;
	uint8_t *copy;
	long left = 1;

	wire_reader_init(&reader, span_of(data, size));
	if (!wire_read_value(&reader, SIZE_MAX, &value))
	{
		if (reader.status == MC_OK || reader.fault_offset > size)
			abort();
		return 0;
	}
	copy = malloc(value.size);
	wire_writer_init(&writer, copy, value.size);
	wire_reader_init(&reader, value);
	while (left > 0)
	{
		long inside = copy_item(&reader, &writer);

		if (inside < 0)
			abort();
		left += inside - 1;
	}
	if (!wire_read_end(&reader) || writer.full || span_compare(wire_written(&writer), value) != 0)
		abort();
	free(copy);
	return 0;
}
