/*
 * wire_value.c - values of free shape (metadata): walked with an explicit stack, map keys checked
 * to be text, sorted and unique. Also the UTF-8 check. No recursion: depth is an attacker's number.
 */
#include "base/wire.h"

typedef struct Level
{
	size_t left; /* items still to come at this level */
	bool map;
	bool at_key;
	McSpan last_key; /* the encoded previous key, empty before the first */
} Level;

static bool
is_container(WireKind kind)
{
	return kind == WIRE_ARRAY || kind == WIRE_MAP;
}

/* Deterministic CBOR sorts keys by their encoded bytes. */
static bool
check_key(WireReader *reader, Level *level)
{
	size_t start = reader->offset;
	McSpan text;
	McSpan key;
	int order;

	if (!wire_read_text(reader, SIZE_MAX, &text))
		return false;
	key = span_of(reader->data + start, reader->offset - start);
	order = level->last_key.size > 0 ? span_compare(level->last_key, key) : -1;
	if (order == 0)
		return wire_reader_fail(reader, MC_DUPLICATE_KEY);
	if (order > 0)
		return wire_reader_fail(reader, MC_NOT_CANONICAL);
	level->last_key = key;
	level->at_key = false;
	return true;
}

static bool
read_scalar(WireReader *reader, WireKind kind)
{
	McSpan span;
	int64_t number;
	bool truth;

	switch (kind)
	{
		case WIRE_UINT:
		case WIRE_NEGATIVE:
			return wire_read_int(reader, &number);
		case WIRE_BYTES:
			return wire_read_bytes(reader, SIZE_MAX, &span);
		case WIRE_TEXT:
			return wire_read_text(reader, SIZE_MAX, &span);
		case WIRE_FALSE:
		case WIRE_TRUE:
			return wire_read_bool(reader, &truth);
		default:
			return wire_read_null(reader); /* fails with the right status for anything else */
	}
}

/* Opens a container one level down, or fails when that is too deep. */
static bool
open_container(WireReader *reader, WireKind kind, Level *levels, int *depth)
{
	size_t count;

	if (kind == WIRE_ARRAY ? !wire_read_array(reader, SIZE_MAX, &count)
						   : !wire_read_map(reader, SIZE_MAX / 2, &count))
		return false;
	if (*depth == WIRE_DEPTH_MAX)
		return wire_reader_fail(reader, MC_TOO_DEEP);
	levels[(*depth)++] = (Level){
		.left = kind == WIRE_MAP ? count * 2 : count,
		.map = kind == WIRE_MAP,
		.at_key = kind == WIRE_MAP,
	};
	return true;
}

bool
wire_read_value(WireReader *reader, size_t maximum_size, McSpan *value)
{
	Level levels[WIRE_DEPTH_MAX];
	size_t start = reader->offset;
	int depth = 0;

	do
	{
		Level *level = depth > 0 ? &levels[depth - 1] : NULL;
		WireKind kind = wire_peek(reader);

		if (level != NULL)
			level->left--;
		if (level != NULL && level->at_key)
		{
			if (!check_key(reader, level))
				return false;
			continue;
		}
		if (level != NULL)
			level->at_key = level->map;
		if (is_container(kind) ? !open_container(reader, kind, levels, &depth)
							   : !read_scalar(reader, kind))
			return false;
		while (depth > 0 && levels[depth - 1].left == 0)
			depth--;
	} while (depth > 0);

	if (reader->offset - start > maximum_size)
		return wire_reader_fail(reader, MC_TOO_LARGE);
	*value = span_of(reader->data + start, reader->offset - start);
	return true;
}

/* Length of the well-formed character at text, 0 when it is not one (Unicode table 3-7). */
static size_t
character_size(const uint8_t *at, size_t left)
{
	uint8_t first = at[0];
	uint8_t low = 0x80;
	uint8_t high = 0xBF;
	size_t size;

	if (first < 0x80)
		return first == 0 ? 0 : 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if (first == 0xE0)
		low = 0xA0;
	else if (first == 0xED)
		high = 0x9F;
	else if (first == 0xF0)
		low = 0x90;
	else if (first == 0xF4)
		high = 0x8F;
	if (left < size || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	return size;
}

bool
wire_text_valid(McSpan text)
{
	size_t offset = 0;

	while (offset < text.size)
	{
		size_t size = character_size(text.data + offset, text.size - offset);

		if (size == 0)
			return false;
		offset += size;
	}
	return true;
}
