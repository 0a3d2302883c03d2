/*
 * receipts.h - writes receipts.json: a success and refusals with every field in use.
 */
#ifndef MESCHAIN_VECTORS_RECEIPTS_H
#define MESCHAIN_VECTORS_RECEIPTS_H

#include "tx/receipt.h"
#include "vectors/json.h"
#include "vectors/party.h"

static inline void
write_receipt(const McProblem *problem)
{
	uint8_t bytes[RECEIPT_BYTES_MAX];
	WireWriter writer;
	McHash leaf;
	char message[256] = "";

	wire_writer_init(&writer, bytes, sizeof(bytes));
	receipt_write(&writer, &fixture_txid, problem);
	receipt_leaf(wire_written(&writer), &leaf);
	if (problem->status != MC_OK)
		status_message(problem, message, sizeof(message));
	json_open(NULL, '{');
	json_hex("txid", fixture_txid.bytes, HASH_SIZE);
	json_number("status", problem->status);
	json_number("operation_index", problem->operation);
	json_amount("number", problem->number);
	json_amount("limit", problem->limit);
	json_string("name", problem->name);
	json_string("message", message);
	json_hex("receipt", writer.data, writer.size);
	json_hex("leaf", leaf.bytes, HASH_SIZE);
	json_close('}');
}

static inline void
write_receipts(void)
{
	static const McProblem problems[] = {
		{ .status = MC_OK, .operation = -1 },
		{ .status = MC_ASSET_EXISTS, .operation = 3, .name = "GOLD" },
		{ .status = MC_BURN_OVER_SUPPLY, .operation = 0, .number = 300, .limit = 255, .name = "X" },
		{ .status = MC_EXPIRED, .operation = -1, .number = 1767226200000, .limit = 1767226200001 },
	};

	json_open(NULL, '{');
	json_open("receipts", '[');
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		write_receipt(&problems[i]);
	json_close(']');
	json_close('}');
}

#endif
