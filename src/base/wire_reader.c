/*
 * wire_reader.c - canonical CBOR in. libcbor's streaming decoder parses one item at a time; this
 * file refuses every form but the shortest. Input is hostile: nothing here asserts on it.
 */
#include "base/wire.h"

#include <cbor/callbacks.h>
#include <cbor/streaming.h>

#define WIRE_HEAD_MAX 9
#define MAJOR_TAG 6

typedef struct WireItem
{
	WireKind kind;
	uint64_t value; /* integer, count, tag or byte length */
	McSpan span;
	bool refused; /* a form this format does not have */
} WireItem;

static void
item_set(void *item, WireKind kind, uint64_t value)
{
	((WireItem *) item)->kind = kind;
	((WireItem *) item)->value = value;
}

static void on_uint8(void *item, uint8_t value) { item_set(item, WIRE_UINT, value); }
static void on_uint16(void *item, uint16_t value) { item_set(item, WIRE_UINT, value); }
static void on_uint32(void *item, uint32_t value) { item_set(item, WIRE_UINT, value); }
static void on_uint64(void *item, uint64_t value) { item_set(item, WIRE_UINT, value); }
static void on_negint8(void *item, uint8_t value) { item_set(item, WIRE_NEGATIVE, value); }
static void on_negint16(void *item, uint16_t value) { item_set(item, WIRE_NEGATIVE, value); }
static void on_negint32(void *item, uint32_t value) { item_set(item, WIRE_NEGATIVE, value); }
static void on_negint64(void *item, uint64_t value) { item_set(item, WIRE_NEGATIVE, value); }
static void on_array(void *item, size_t count) { item_set(item, WIRE_ARRAY, count); }
static void on_map(void *item, size_t count) { item_set(item, WIRE_MAP, count); }
static void on_null(void *item) { item_set(item, WIRE_NULL, 0); }
static void on_refused(void *item) { ((WireItem *) item)->refused = true; }
static void on_float(void *item, float value) { (void) value; on_refused(item); }
static void on_double(void *item, double value) { (void) value; on_refused(item); }

static void
on_boolean(void *item, bool value)
{
	item_set(item, value ? WIRE_TRUE : WIRE_FALSE, 0);
}

static void
on_bytes(void *item, cbor_data data, size_t size)
{
	item_set(item, WIRE_BYTES, size);
	((WireItem *) item)->span = span_of(data, size);
}

static void
on_text(void *item, cbor_data data, size_t size)
{
	item_set(item, WIRE_TEXT, size);
	((WireItem *) item)->span = span_of(data, size);
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_uint64,
	.negint8 = on_negint8,
	.negint16 = on_negint16,
	.negint32 = on_negint32,
	.negint64 = on_negint64,
	.byte_string = on_bytes,
	.byte_string_start = on_refused,
	.string = on_text,
	.string_start = on_refused,
	.array_start = on_array,
	.indef_array_start = on_refused,
	.map_start = on_map,
	.indef_map_start = on_refused,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.null = on_null,
	.undefined = on_refused,
	.boolean = on_boolean,
	.indef_break = on_refused,
};

void
wire_reader_init(WireReader *reader, McSpan data)
{
	*reader = (WireReader){ .data = data.data, .size = data.size };
}

bool
wire_reader_fail(WireReader *reader, McStatus status)
{
	if (reader->status == MC_OK)
		reader->status = status;
	return false;
}

static size_t
head_size(uint64_t value)
{
	if (value < 24)
		return 1;
	if (value <= UINT8_MAX)
		return 2;
	if (value <= UINT16_MAX)
		return 3;
	return value <= UINT32_MAX ? 5 : 9;
}

/*
 * libcbor refuses the tags that meant nothing when it was written, COSE's 18 among them. A tag's
 * head differs from an unsigned integer's in its first three bits alone.
 */
static struct cbor_decoder_result
decode_item(McSpan bytes, WireItem *item)
{
	struct cbor_decoder_result result;
	uint8_t head[WIRE_HEAD_MAX];

	if (bytes.data[0] >> 5 != MAJOR_TAG)
		return cbor_stream_decode(bytes.data, bytes.size, &callbacks, item);
	bytes.size = bytes.size < sizeof(head) ? bytes.size : sizeof(head);
	memcpy(head, bytes.data, bytes.size);
	head[0] &= 0x1F;
	result = cbor_stream_decode(head, bytes.size, &callbacks, item);
	if (item->kind == WIRE_UINT)
		item->kind = WIRE_TAG;
	return result;
}

static bool
next_item(WireReader *reader, WireItem *item)
{
	struct cbor_decoder_result result;
	size_t expected;

	if (reader->status != MC_OK)
		return false;
	*item = (WireItem){ .kind = WIRE_NOTHING };
	reader->fault_offset = reader->offset;
	if (reader->offset == reader->size)
		return wire_reader_fail(reader, MC_TRUNCATED);
	result =
		decode_item(span_of(reader->data + reader->offset, reader->size - reader->offset), item);
	if (result.status == CBOR_DECODER_NEDATA)
		return wire_reader_fail(reader, MC_TRUNCATED);
	if (result.status != CBOR_DECODER_FINISHED || item->refused || item->kind == WIRE_NOTHING)
		return wire_reader_fail(reader, MC_NOT_CANONICAL);
	expected = head_size(item->value) + item->span.size;
	if (result.read != expected)
		return wire_reader_fail(reader, MC_NOT_CANONICAL);
	reader->offset += result.read;
	return true;
}

static bool
next_of_kind(WireReader *reader, WireKind kind, WireItem *item)
{
	if (!next_item(reader, item))
		return false;
	if (item->kind != kind)
		return wire_reader_fail(reader, MC_WRONG_TYPE);
	return true;
}

WireKind
wire_peek(WireReader *reader)
{
	static const WireKind by_major[7] = { WIRE_UINT,  WIRE_NEGATIVE, WIRE_BYTES, WIRE_TEXT,
										  WIRE_ARRAY, WIRE_MAP,		 WIRE_TAG };
	uint8_t first;

	if (reader->status != MC_OK || reader->offset == reader->size)
		return WIRE_NOTHING;
	first = reader->data[reader->offset];
	if (first >> 5 < 7)
		return by_major[first >> 5];
	if (first == 0xF4)
		return WIRE_FALSE;
	if (first == 0xF5)
		return WIRE_TRUE;
	return first == 0xF6 ? WIRE_NULL : WIRE_NOTHING;
}

bool
wire_read_uint(WireReader *reader, uint64_t *value)
{
	return wire_read_uint_max(reader, UINT64_MAX, value);
}

bool
wire_read_uint_max(WireReader *reader, uint64_t maximum, uint64_t *value)
{
	WireItem item;

	if (!next_of_kind(reader, WIRE_UINT, &item))
		return false;
	if (item.value > maximum)
		return wire_reader_fail(reader, MC_OUT_OF_RANGE);
	*value = item.value;
	return true;
}

bool
wire_read_int(WireReader *reader, int64_t *value)
{
	WireItem item;

	if (!next_item(reader, &item))
		return false;
	if (item.kind != WIRE_UINT && item.kind != WIRE_NEGATIVE)
		return wire_reader_fail(reader, MC_WRONG_TYPE);
	if (item.value > INT64_MAX)
		return wire_reader_fail(reader, MC_OUT_OF_RANGE);
	*value = item.kind == WIRE_UINT ? (int64_t) item.value : -1 - (int64_t) item.value;
	return true;
}

bool
wire_read_bytes(WireReader *reader, size_t maximum, McSpan *value)
{
	WireItem item;

	if (!next_of_kind(reader, WIRE_BYTES, &item))
		return false;
	if (item.span.size > maximum)
		return wire_reader_fail(reader, MC_TOO_LARGE);
	*value = item.span;
	return true;
}

bool
wire_read_fixed(WireReader *reader, void *out, size_t size)
{
	WireItem item;

	if (!next_of_kind(reader, WIRE_BYTES, &item))
		return false;
	if (item.span.size != size)
		return wire_reader_fail(reader, MC_WRONG_TYPE);
	memcpy(out, item.span.data, size);
	return true;
}

bool
wire_read_text(WireReader *reader, size_t maximum, McSpan *value)
{
	WireItem item;

	if (!next_of_kind(reader, WIRE_TEXT, &item))
		return false;
	if (item.span.size > maximum)
		return wire_reader_fail(reader, MC_TOO_LARGE);
	if (!wire_text_valid(item.span))
		return wire_reader_fail(reader, MC_INVALID_TEXT);
	*value = item.span;
	return true;
}

static bool
read_count(WireReader *reader, WireKind kind, size_t maximum, size_t *count)
{
	WireItem item;

	if (!next_of_kind(reader, kind, &item))
		return false;
	if (item.value > maximum)
		return wire_reader_fail(reader, MC_TOO_LARGE);
	/* an element takes a byte at least: a huge count in a short message is a lie */
	if (item.value > reader->size - reader->offset)
		return wire_reader_fail(reader, MC_TRUNCATED);
	*count = (size_t) item.value;
	return true;
}

bool
wire_read_array(WireReader *reader, size_t maximum, size_t *count)
{
	return read_count(reader, WIRE_ARRAY, maximum, count);
}

bool
wire_read_map(WireReader *reader, size_t maximum, size_t *count)
{
	return read_count(reader, WIRE_MAP, maximum, count);
}

bool
wire_read_tuple(WireReader *reader, size_t count)
{
	size_t found;

	if (!wire_read_array(reader, SIZE_MAX, &found))
		return false;
	return found == count || wire_reader_fail(reader, MC_WRONG_TYPE);
}

bool
wire_read_tag(WireReader *reader, uint64_t tag)
{
	WireItem item;

	if (!next_of_kind(reader, WIRE_TAG, &item))
		return false;
	return item.value == tag || wire_reader_fail(reader, MC_WRONG_TYPE);
}

bool
wire_read_bool(WireReader *reader, bool *value)
{
	WireItem item;

	if (!next_item(reader, &item))
		return false;
	if (item.kind != WIRE_TRUE && item.kind != WIRE_FALSE)
		return wire_reader_fail(reader, MC_WRONG_TYPE);
	*value = item.kind == WIRE_TRUE;
	return true;
}

bool
wire_read_null(WireReader *reader)
{
	WireItem item;

	return next_of_kind(reader, WIRE_NULL, &item);
}

bool
wire_read_end(WireReader *reader)
{
	if (reader->status != MC_OK)
		return false;
	if (reader->offset != reader->size)
	{
		reader->fault_offset = reader->offset;
		return wire_reader_fail(reader, MC_TRAILING_BYTES);
	}
	return true;
}
