/*
 * wire.h - deterministic CBOR (RFC 8949, 4.2.1) into and out of bounded memory.
 *
 * One meaning, one byte string: the reader refuses longer-than-needed lengths, indefinite lengths,
 * floats, tags it was not asked for, invalid UTF-8, unsorted or repeated map keys. Formats are read
 * by a fixed sequence of calls, so nesting is bounded by the code that reads; only wire_read_value
 * walks data of free shape and takes its bound from WIRE_DEPTH_MAX.
 *
 * Reader and writer are sticky: after the first failure every call fails with the same status, so a
 * caller may check once at the end.
 */
#ifndef MESCHAIN_BASE_WIRE_H
#define MESCHAIN_BASE_WIRE_H

#include "base/bytes.h"
#include "base/status.h"

#define WIRE_DEPTH_MAX 8

typedef struct WireReader
{
	const uint8_t *data;
	size_t size;
	size_t offset;
	McStatus status;
	size_t fault_offset; /* where the item at fault begins */
} WireReader;

typedef enum WireKind
{
	WIRE_UINT,
	WIRE_NEGATIVE,
	WIRE_BYTES,
	WIRE_TEXT,
	WIRE_ARRAY,
	WIRE_MAP,
	WIRE_TAG,
	WIRE_FALSE,
	WIRE_TRUE,
	WIRE_NULL,
	WIRE_NOTHING /* end of data or a failed reader */
} WireKind;

extern void wire_reader_init(WireReader *reader, McSpan data);

/* The kind of the next item, without reading it. */
extern WireKind wire_peek(WireReader *reader);

extern bool wire_read_uint(WireReader *reader, uint64_t *value);
/* Any integer that fits int64_t. */
extern bool wire_read_int(WireReader *reader, int64_t *value);
/* An unsigned integer of at most maximum, else out_of_range. */
extern bool wire_read_uint_max(WireReader *reader, uint64_t maximum, uint64_t *value);
extern bool wire_read_bytes(WireReader *reader, size_t maximum, McSpan *value);
/* Bytes of exactly this size. */
extern bool wire_read_fixed(WireReader *reader, void *out, size_t size);
extern bool wire_read_text(WireReader *reader, size_t maximum, McSpan *value);
/* The element count of an array; the caller reads that many items. */
extern bool wire_read_array(WireReader *reader, size_t maximum, size_t *count);
/* An array of exactly count elements. */
extern bool wire_read_tuple(WireReader *reader, size_t count);
extern bool wire_read_tag(WireReader *reader, uint64_t tag);
extern bool wire_read_bool(WireReader *reader, bool *value);
extern bool wire_read_null(WireReader *reader);
extern bool wire_read_map(WireReader *reader, size_t maximum, size_t *count);

/* One value of free shape, checked to be canonical; value is its bytes. */
extern bool wire_read_value(WireReader *reader, size_t maximum_size, McSpan *value);

/* True when all was read and nothing failed; trailing bytes are a failure. */
extern bool wire_read_end(WireReader *reader);

/* Marks the reader failed at the item just read; for checks of meaning. Returns false. */
extern bool wire_reader_fail(WireReader *reader, McStatus status);

typedef struct WireWriter
{
	uint8_t *data;
	size_t capacity;
	size_t size;
	bool full;
} WireWriter;

extern void wire_writer_init(WireWriter *writer, void *data, size_t capacity);
extern void wire_put_uint(WireWriter *writer, uint64_t value);
extern void wire_put_int(WireWriter *writer, int64_t value);
extern void wire_put_bytes(WireWriter *writer, const void *data, size_t size);
extern void wire_put_text(WireWriter *writer, McSpan text);
extern void wire_put_array(WireWriter *writer, size_t count);
extern void wire_put_map(WireWriter *writer, size_t count);
extern void wire_put_tag(WireWriter *writer, uint64_t tag);
extern void wire_put_bool(WireWriter *writer, bool value);
extern void wire_put_null(WireWriter *writer);
/* Bytes that are already canonical CBOR. */
extern void wire_put_raw(WireWriter *writer, McSpan encoded);

static inline McSpan
wire_written(const WireWriter *writer)
{
	return span_of(writer->data, writer->size);
}

/* Well-formed UTF-8 (no overlong form, no surrogate, at most U+10FFFF), no NUL. */
extern bool wire_text_valid(McSpan text);

#endif
