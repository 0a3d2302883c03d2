/*
 * details.h - an envelope that was read, as JSON: its fields for a client that builds the same, and
 * the hashes and bytes that must come out.
 */
#ifndef MESCHAIN_VECTORS_DETAILS_H
#define MESCHAIN_VECTORS_DETAILS_H

#include "vectors/addresses.h"

static bool detail_item_open;

static inline void
detail_text(TxFields *fields, const char *name, McSpan value)
{
	(void) fields;
	json_text(name, value);
}

static inline void
detail_number(TxFields *fields, const char *name, int64_t value)
{
	(void) fields;
	json_number(name, value);
}

static inline void
detail_hash(TxFields *fields, const char *name, const McHash *value)
{
	(void) fields;
	json_hex(name, value->bytes, HASH_SIZE);
}

static inline void
detail_address(TxFields *fields, const char *name, const McAddress *value)
{
	(void) fields;
	address_member(name, value);
}

static inline void
detail_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	(void) fields, (void) asset;
	json_amount(name, units);
}

static inline void
detail_cbor(TxFields *fields, const char *name, McSpan value)
{
	(void) fields;
	json_hex(name, value.data, value.size);
}

static inline void
detail_open(TxFields *fields, const char *name)
{
	(void) fields;
	json_open(name, '[');
	detail_item_open = false;
}

static inline void
detail_item(TxFields *fields)
{
	(void) fields;
	if (detail_item_open)
		json_close('}');
	json_open(NULL, '{');
	detail_item_open = true;
}

static inline void
detail_close(TxFields *fields)
{
	(void) fields;
	if (detail_item_open)
		json_close('}');
	json_close(']');
}

static TxFields detail_fields = { NULL,			 detail_text, detail_number, detail_hash,
								  detail_address, detail_amount, detail_cbor,	 detail_open,
								  detail_item,	 detail_close };

static inline void
write_inputs(const TxView *view)
{
	WireReader reader;
	TxInput input;

	json_open("inputs", '[');
	wire_reader_init(&reader, view->inputs);
	while (tx_next_input(&reader, &input))
	{
		json_open(NULL, '{');
		json_hex("txid", input.txid.bytes, HASH_SIZE);
		json_number("output_index", input.output_index);
		json_amount("height", (int64_t) input.height);
		json_close('}');
	}
	json_close(']');
}

static inline void
write_operations(const TxView *view)
{
	WireReader reader;
	TxOperation operation;

	json_open("operations", '[');
	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
	{
		const TxOperationKind *kind = operation_kind(operation.kind);

		json_open(NULL, '{');
		json_number("kind", operation.kind);
		json_string("operation", kind->name);
		json_number("actor", operation.actor);
		json_hex("arguments", operation.arguments.data, operation.arguments.size);
		json_open("detail", '{');
		kind->describe(&operation, &detail_fields);
		json_close('}');
		json_close('}');
	}
	json_close(']');
}

static inline void
write_change(const TxView *view)
{
	WireReader reader;
	TxChange change;

	json_open("change", '[');
	wire_reader_init(&reader, view->change);
	while (tx_next_change(&reader, &change))
	{
		json_open(NULL, '{');
		json_number("actor", change.actor);
		json_string("asset", change.asset.code);
		json_amount("amount", change.amount);
		json_close('}');
	}
	json_close(']');
}

static inline void
write_envelope(const char *name, McSpan envelope)
{
	TxView view;
	McHash hash;
	McStatus status = tx_read(envelope, &view, NULL);

	if (status == MC_OK)
		status = tx_verify(&view, NULL);
	assert(status == MC_OK);
	(void) status;
	tx_signing_hash(view.chain_id, &view.txid, &hash);
	json_open(NULL, '{');
	json_string("name", name);
	address_member("sender", &view.sender);
	json_open("actors", '[');
	for (uint32_t i = 1; i < view.actor_count; i++)
	{
		McAddress actor;

		tx_actor_address(&view, i, &actor);
		address_member(NULL, &actor);
	}
	json_close(']');
	json_number("valid_from_ms", (int64_t) view.valid_from_ms);
	json_number("valid_until_ms", (int64_t) view.valid_until_ms);
	json_hex("submission", view.submission, SUBMISSION_SIZE);
	json_text("reference", view.reference);
	json_amount("fee", view.fee);
	write_inputs(&view);
	write_operations(&view);
	write_change(&view);
	json_hex("body", view.body.data, view.body.size);
	json_hex("txid", view.txid.bytes, HASH_SIZE);
	json_hex("signing_hash", hash.bytes, HASH_SIZE);
	json_hex("envelope", view.bytes.data, view.bytes.size);
	json_hex("body_id", view.body_id.bytes, HASH_SIZE);
	json_number("lock_height", (int64_t) view.lock_height);
	json_close('}');
}

#endif
