/*
 * wire_writer.c - canonical CBOR out, by libcbor's encoders (shortest form each).
 */
#include "base/wire.h"

#include <cbor/encoding.h>

#define WIRE_HEAD_MAX 9

void
wire_writer_init(WireWriter *writer, void *data, size_t capacity)
{
	assert(data != NULL || capacity == 0);
	*writer = (WireWriter){ .data = data, .capacity = capacity };
}

void
wire_put_raw(WireWriter *writer, McSpan encoded)
{
	assert(writer->size <= writer->capacity);
	if (writer->full || encoded.size > writer->capacity - writer->size)
	{
		writer->full = true;
		return;
	}
	if (encoded.size > 0)
		memcpy(writer->data + writer->size, encoded.data, encoded.size);
	writer->size += encoded.size;
}

static void
put_head(WireWriter *writer, size_t (*encode)(uint64_t, unsigned char *, size_t), uint64_t value)
{
	uint8_t head[WIRE_HEAD_MAX];

	wire_put_raw(writer, span_of(head, encode(value, head, sizeof(head))));
}

static size_t
encode_array(uint64_t count, unsigned char *out, size_t size)
{
	return cbor_encode_array_start((size_t) count, out, size);
}

static size_t
encode_map(uint64_t count, unsigned char *out, size_t size)
{
	return cbor_encode_map_start((size_t) count, out, size);
}

static size_t
encode_bytes(uint64_t count, unsigned char *out, size_t size)
{
	return cbor_encode_bytestring_start((size_t) count, out, size);
}

static size_t
encode_text(uint64_t count, unsigned char *out, size_t size)
{
	return cbor_encode_string_start((size_t) count, out, size);
}

void
wire_put_uint(WireWriter *writer, uint64_t value)
{
	put_head(writer, cbor_encode_uint, value);
}

void
wire_put_int(WireWriter *writer, int64_t value)
{
	if (value >= 0)
		put_head(writer, cbor_encode_uint, (uint64_t) value);
	else
		put_head(writer, cbor_encode_negint, (uint64_t) (-(value + 1)));
}

void
wire_put_bytes(WireWriter *writer, const void *data, size_t size)
{
	put_head(writer, encode_bytes, size);
	wire_put_raw(writer, span_of(data, size));
}

void
wire_put_text(WireWriter *writer, McSpan text)
{
	put_head(writer, encode_text, text.size);
	wire_put_raw(writer, text);
}

void
wire_put_array(WireWriter *writer, size_t count)
{
	put_head(writer, encode_array, count);
}

void
wire_put_map(WireWriter *writer, size_t count)
{
	put_head(writer, encode_map, count);
}

void
wire_put_tag(WireWriter *writer, uint64_t tag)
{
	put_head(writer, cbor_encode_tag, tag);
}

void
wire_put_bool(WireWriter *writer, bool value)
{
	uint8_t head[WIRE_HEAD_MAX];

	wire_put_raw(writer, span_of(head, cbor_encode_bool(value, head, sizeof(head))));
}

void
wire_put_null(WireWriter *writer)
{
	uint8_t head[WIRE_HEAD_MAX];

	wire_put_raw(writer, span_of(head, cbor_encode_null(head, sizeof(head))));
}
