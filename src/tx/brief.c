/*
 * brief.c - a receiver of an operation's fields that wants some of them and lets the others pass.
 */
#include "tx/brief.h"

#include <string.h>

static void
want_text(TxFields *fields, const char *name, McSpan value)
{
	if (strcmp(name, "memo") == 0)
		((TxBrief *) fields->target)->memo = value;
}

static void
want_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	TxBrief *brief = fields->target;

	(void) name;
	brief->asset = *asset;
	brief->amount = units;
}

static void
pass_number(TxFields *fields, const char *name, int64_t value)
{
	(void) fields;
	(void) name;
	(void) value;
}

static void
pass_hash(TxFields *fields, const char *name, const McHash *value)
{
	(void) fields;
	(void) name;
	(void) value;
}

static void
pass_cbor(TxFields *fields, const char *name, McSpan value)
{
	(void) fields;
	(void) name;
	(void) value;
}

static void
pass_list(TxFields *fields, const char *name)
{
	(void) fields;
	(void) name;
}

static void
pass_item(TxFields *fields)
{
	(void) fields;
}

void
tx_describe_brief(const TxOperation *operation, TxBrief *brief)
{
	TxFields fields = { .target = brief,
						.text = want_text,
						.number = pass_number,
						.hash = pass_hash,
						.address = pass_hash,
						.amount = want_amount,
						.cbor = pass_cbor,
						.open_list = pass_list,
						.open_item = pass_item,
						.close_list = pass_item };

	*brief = (TxBrief){ 0 };
	operation_kind(operation->kind)->describe(operation, &fields);
}
