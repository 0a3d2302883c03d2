/*
 * tx_print.c - a transaction in words, from its body alone: what a signer reads before signing.
 */
#include "cli/tx_file.h"

#include "tx/operation.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* the end of the year 9999 */
#define MOMENT_MAX_MS UINT64_C(253402300799999)

static void
print_head(const char *name)
{
	printf("    %-14s ", name);
}

/* Text of strangers may hold terminal controls; they are shown, not obeyed. */
static void
print_text(McSpan text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < 32 || text.data[i] == 127)
			printf("\\x%02x", text.data[i]);
		else
			putchar(text.data[i]);
}

static void
field_text(TxFields *fields, const char *name, McSpan value)
{
	(void) fields;
	if (value.size == 0)
		return;
	print_head(name);
	print_text(value);
	putchar('\n');
}

static void
field_number(TxFields *fields, const char *name, int64_t value)
{
	(void) fields;
	print_head(name);
	printf("%" PRId64 "\n", value);
}

static void
field_hash(TxFields *fields, const char *name, const McHash *value)
{
	(void) fields;
	print_head(name);
	printf("%s\n", cli_to_hex(value->bytes, HASH_SIZE));
}

static void
print_address(const McAddress *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	address_format(address, text);
	printf("%s\n", text);
}

static void
field_address(TxFields *fields, const char *name, const McAddress *value)
{
	(void) fields;
	print_head(name);
	print_address(value);
}

static void
field_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	(void) fields;
	print_head(name);
	printf("%" PRId64 " base units of %s\n", units, asset->code);
}

/* Depth was bounded when the bytes were read. */
static void
print_value(WireReader *reader)
{
	WireKind kind = wire_peek(reader);
	McSpan span;
	size_t count = 0;
	int64_t number;
	bool truth;

	if (kind == WIRE_TEXT && wire_read_text(reader, SIZE_MAX, &span))
		print_text(span);
	else if (kind == WIRE_BYTES && wire_read_bytes(reader, SIZE_MAX, &span))
		printf("0x%s", cli_to_hex(span.data, span.size));
	else if ((kind == WIRE_UINT || kind == WIRE_NEGATIVE) && wire_read_int(reader, &number))
		printf("%" PRId64, number);
	else if ((kind == WIRE_TRUE || kind == WIRE_FALSE) && wire_read_bool(reader, &truth))
		printf("%s", truth ? "true" : "false");
	else if (kind == WIRE_ARRAY && wire_read_array(reader, SIZE_MAX, &count))
		for (size_t i = 0; i < count; i++)
			printf(i == 0 ? "[" : ", "), print_value(reader);
	else if (kind == WIRE_MAP && wire_read_map(reader, SIZE_MAX, &count))
		for (size_t i = 0; i < count; i++)
		{
			printf(i == 0 ? "{" : ", ");
			print_value(reader);
			printf(": ");
			print_value(reader);
		}
	else if (wire_read_null(reader))
		printf("null");
	if (kind == WIRE_ARRAY)
		printf(count == 0 ? "[]" : "]");
	if (kind == WIRE_MAP)
		printf(count == 0 ? "{}" : "}");
}

static void
field_cbor(TxFields *fields, const char *name, McSpan value)
{
	WireReader reader;

	(void) fields;
	print_head(name);
	wire_reader_init(&reader, value);
	print_value(&reader);
	putchar('\n');
}

static void
field_list(TxFields *fields, const char *name)
{
	(void) fields;
	printf("    %s\n", name);
}

static void
field_item(TxFields *fields)
{
	(void) fields;
}

static void
print_operations(const TxView *view)
{
	TxFields fields = { NULL,         field_text, field_number, field_hash, field_address,
						field_amount, field_cbor, field_list,   field_item, field_item };
	WireReader reader;
	TxOperation operation = { 0 };

	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
	{
		const TxOperationKind *kind = operation_kind(operation.kind);

		printf("%s by ", kind->name);
		print_address(&operation.actor_address);
		kind->describe(&operation, &fields);
	}
}

static void
print_change(const TxView *view)
{
	WireReader reader;
	TxChange change;

	wire_reader_init(&reader, view->change);
	while (tx_next_change(&reader, &change))
	{
		McAddress owner;

		tx_actor_address(view, change.actor, &owner);
		printf("change %" PRId64 " base units of %s to ", change.amount, change.asset.code);
		print_address(&owner);
	}
}

/* A moment that no calendar has is shown as the number it is. */
static void
print_moment(uint64_t ms)
{
	time_t seconds = (time_t) (ms / 1000);
	struct tm parts;
	char text[32];

	if (ms > MOMENT_MAX_MS || gmtime_r(&seconds, &parts) == NULL ||
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 0)
		printf("%" PRIu64 " ms", ms);
	else
		printf("%s.%03d UTC", text, (int) (ms % 1000));
}

static void
print_uuid(const uint8_t uuid[SUBMISSION_SIZE])
{
	const char *hex = cli_to_hex(uuid, SUBMISSION_SIZE);

	printf("%.8s-%.4s-%.4s-%.4s-%s\n", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void
draft_print(const Draft *draft)
{
	const TxView *view = &draft->view;

	printf("txid       %s\n", cli_to_hex(view->txid.bytes, HASH_SIZE));
	printf("chain      %s\n", cli_to_hex(view->chain_id, CHAIN_ID_SIZE));
	printf("sender     ");
	print_address(&view->sender);
	for (uint32_t i = 1; i < view->actor_count; i++)
	{
		McAddress actor;

		tx_actor_address(view, i, &actor);
		printf("actor      ");
		print_address(&actor);
	}
	printf("valid      from ");
	print_moment(view->valid_from_ms);
	printf(" to ");
	print_moment(view->valid_until_ms);
	printf("\nsubmission ");
	print_uuid(view->submission);
	if (view->reference.size > 0)
	{
		printf("reference  ");
		print_text(view->reference);
		putchar('\n');
	}
	printf("fee        %" PRId64 "\ninputs     %u\n", view->fee, view->input_count);
	print_operations(view);
	print_change(view);
}
