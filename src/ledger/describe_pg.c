/*
 * describe_pg.c - a TxFields that builds jsonb. An amount of an asset that was never issued, as a
 * refused transaction may name one, has no whole units: it is shown as NAME_units.
 */
#include "ledger/describe_pg.h"

#include "base/address.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "node/accounts_pg.h"
#include "node/amounts_pg.h"
#include "node/json_pg.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define NO_DECIMALS (-1)

typedef struct JsonFields
{
	TxFields fields;
	JsonbParseState *state;
	bool item_open;
	int declared_decimals; /* of the asset that the operation itself creates */
} JsonFields;

typedef struct KnownAsset
{
	TxAsset asset;
	uint8_t decimals;
} KnownAsset;

/* ---- decimals: an asset keeps them for ever, so a backend asks once
 * ------------------------------
 */

/* The relation they came from: another one after DROP and CREATE EXTENSION. */
static Oid known_from;
static HTAB *known_assets;

static void
check_source(void)
{
	HASHCTL control = { .keysize = sizeof(TxAsset), .entrysize = sizeof(KnownAsset) };
	Oid source = get_relname_relid("asset_rows", get_namespace_oid("mes_internal", false));

	if (source == known_from)
		return;
	if (known_assets != NULL)
		hash_destroy(known_assets);
	known_assets = hash_create("meschain decimals of assets", 64, &control, HASH_ELEM | HASH_BLOBS);
	known_from = source;
}

/* By the caller's snapshot: whatever names the asset is not older than its row. */
static int
query_decimals(const char *code)
{
	EngineRights saved;
	int decimals = NO_DECIMALS;
	bool isnull;

	engine_rights_take(&saved);
	SPI_connect();
	if (SPI_execute_with_args("SELECT decimals FROM mes_internal.asset_rows WHERE code = $1", 1,
							  (Oid[]){ TEXTOID }, (Datum[]){ CStringGetTextDatum(code) }, NULL,
							  true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up an asset");
	if (SPI_processed == 1)
		decimals =
			DatumGetInt16(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	engine_rights_return(&saved);
	return decimals;
}

static int
known_decimals(const TxAsset *asset)
{
	TxAsset key = { 0 };
	KnownAsset *known;
	int decimals;

	strlcpy(key.code, asset->code, sizeof(key.code));
	check_source();
	known = hash_search(known_assets, &key, HASH_FIND, NULL);
	if (known != NULL)
		return known->decimals;
	decimals = query_decimals(key.code);
	if (decimals != NO_DECIMALS)
	{
		known = hash_search(known_assets, &key, HASH_ENTER, NULL);
		known->decimals = (uint8_t) decimals;
	}
	return decimals;
}

/* ---- the receiver
 * --------------------------------------------------------------------------------
 */

static void
push(TxFields *fields, JsonbIteratorToken token, JsonbValue *value)
{
	(void) pushJsonbValue(&((JsonFields *) fields->target)->state, token, value);
}

static JsonbValue
text_value(McSpan text)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = (char *) text.data;
	value.val.string.len = (int) text.size;
	return value;
}

static void
push_key(TxFields *fields, const char *name)
{
	JsonbValue key = text_value(span_text(pstrdup(name)));

	push(fields, WJB_KEY, &key);
}

/* A field's bytes may live in the kind's own frame: what is pushed is a copy. */
static void
put_text(TxFields *fields, const char *name, McSpan value)
{
	JsonbValue scalar =
		text_value(span_of(pnstrdup((const char *) value.data, value.size), value.size));

	push_key(fields, name);
	push(fields, WJB_VALUE, &scalar);
}

static void
put_numeric(TxFields *fields, const char *name, Numeric value)
{
	JsonbValue scalar = { .type = jbvNumeric };

	scalar.val.numeric = value;
	push_key(fields, name);
	push(fields, WJB_VALUE, &scalar);
}

static void
put_number(TxFields *fields, const char *name, int64_t value)
{
	if (strcmp(name, "decimals") == 0)
		((JsonFields *) fields->target)->declared_decimals = (int) value;
	put_numeric(fields, name, int64_to_numeric(value));
}

static void
put_hash(TxFields *fields, const char *name, const McHash *value)
{
	char *hex = palloc(2 * HASH_SIZE + 1);

	hex_format(value->bytes, HASH_SIZE, hex);
	put_text(fields, name, span_text(hex));
}

static void
put_address(TxFields *fields, const char *name, const McAddress *value)
{
	char *formatted = palloc(ADDRESS_TEXT_SIZE + 1);

	address_format(value, formatted);
	put_text(fields, name, span_text(formatted));
}

static void
put_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	int decimals = ((JsonFields *) fields->target)->declared_decimals;

	if (decimals == NO_DECIMALS)
		decimals = known_decimals(asset);
	if (decimals == NO_DECIMALS)
		put_numeric(fields, psprintf("%s_units", name), int64_to_numeric(units));
	else
		put_numeric(fields, name, amount_from_units(units, (uint8_t) decimals));
}

static void
put_cbor(TxFields *fields, const char *name, McSpan value)
{
	WireReader reader;

	push_key(fields, name);
	wire_reader_init(&reader, value);
	(void) json_push_wire(&((JsonFields *) fields->target)->state, WJB_VALUE, &reader);
}

static void
open_list(TxFields *fields, const char *name)
{
	push_key(fields, name);
	push(fields, WJB_BEGIN_ARRAY, NULL);
	((JsonFields *) fields->target)->item_open = false;
}

static void
close_item(TxFields *fields)
{
	JsonFields *target = fields->target;

	if (target->item_open)
		push(fields, WJB_END_OBJECT, NULL);
	target->item_open = false;
}

static void
open_item(TxFields *fields)
{
	close_item(fields);
	push(fields, WJB_BEGIN_OBJECT, NULL);
	((JsonFields *) fields->target)->item_open = true;
}

static void
close_list(TxFields *fields)
{
	close_item(fields);
	push(fields, WJB_END_ARRAY, NULL);
}

static void
json_fields_init(JsonFields *target)
{
	*target = (JsonFields){
		.fields = { .text = put_text,
					.number = put_number,
					.hash = put_hash,
					.address = put_address,
					.amount = put_amount,
					.cbor = put_cbor,
					.open_list = open_list,
					.open_item = open_item,
					.close_list = close_list },
	};
	target->fields.target = target;
}

/* ---- operations
 * ----------------------------------------------------------------------------------
 */

static JsonbValue *
push_operation(JsonFields *target, const TxOperation *operation, bool named)
{
	const TxOperationKind *kind = operation_kind(operation->kind);

	target->declared_decimals = NO_DECIMALS;
	push(&target->fields, WJB_BEGIN_OBJECT, NULL);
	if (named)
	{
		put_text(&target->fields, "operation", span_text(kind->name));
		put_address(&target->fields, "address", &operation->actor_address);
	}
	kind->describe(operation, &target->fields);
	return pushJsonbValue(&target->state, WJB_END_OBJECT, NULL);
}

Jsonb *
describe_operation(const TxOperation *operation)
{
	JsonFields target;

	json_fields_init(&target);
	return JsonbValueToJsonb(push_operation(&target, operation, false));
}

Jsonb *
describe_fields(void (*describe)(const void *subject, TxFields *fields), const void *subject)
{
	JsonFields target;

	json_fields_init(&target);
	target.declared_decimals = NO_DECIMALS;
	push(&target.fields, WJB_BEGIN_OBJECT, NULL);
	describe(subject, &target.fields);
	return JsonbValueToJsonb(pushJsonbValue(&target.state, WJB_END_OBJECT, NULL));
}

Jsonb *
describe_transaction(const TxView *view)
{
	JsonFields target;
	WireReader reader;
	TxOperation operation = { 0 };

	json_fields_init(&target);
	wire_reader_init(&reader, view->operations);
	if (view->operation_count == 1 && tx_next_operation(&reader, view, &operation))
		return JsonbValueToJsonb(push_operation(&target, &operation, false));
	push(&target.fields, WJB_BEGIN_ARRAY, NULL);
	while (tx_next_operation(&reader, view, &operation))
		(void) push_operation(&target, &operation, true);
	return JsonbValueToJsonb(pushJsonbValue(&target.state, WJB_END_ARRAY, NULL));
}
