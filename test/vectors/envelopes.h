/*
 * envelopes.h - writes envelopes.json: each operation, each shape of signer, each width of integer,
 * with every hash on the way.
 */
#ifndef MESCHAIN_VECTORS_ENVELOPES_H
#define MESCHAIN_VECTORS_ENVELOPES_H

#include "vectors/details.h"

static TxBuilder vector_builder;
static _Alignas(16) uint8_t vector_memory[65536];

static const TxAsset asset_mes = { "MES" };
static const TxAsset asset_gold = { "GOLD.A-1" };

static inline void
vector_begin(const Party *sender, const char *reference, int64_t fee)
{
	TxHeader header = { .sender = sender->address,
						.valid_from_ms = 1767225600000,
						.valid_until_ms = 1767226200000,
						.reference = span_text(reference),
						.fee = fee };

	memcpy(header.chain_id, fixture_chain, CHAIN_ID_SIZE);
	memcpy(header.submission, "\x01\x9b\x77\x6a\x4c\x00\x70\x01\x80\x02\x03\x04\x05\x06\x07\x08",
		   SUBMISSION_SIZE);
	tx_build_init(&vector_builder, &header, vector_memory, sizeof(vector_memory));
}

static inline WireWriter *
vector_operation(uint16_t kind, uint32_t actor)
{
	return tx_build_operation(&vector_builder, kind, actor);
}

static inline void
vector_input(uint8_t txid_byte, uint32_t index, uint64_t height)
{
	TxInput input = { .output_index = index, .height = height };

	memset(input.txid.bytes, txid_byte, HASH_SIZE);
	tx_build_input(&vector_builder, &input);
}

/* Signs by the parties, sender first, then in the order of their addresses. */
static inline void
vector_end(const char *name, const Party *parties, uint32_t count)
{
	WireWriter writer;
	McSpan body;
	McHash hash;
	McStatus status;

	wire_writer_init(&writer, arena + arena_used, 65536);
	status = tx_build_body(&vector_builder, &writer, NULL);
	assert(status == MC_OK);
	(void) status;
	body = wire_written(&writer);
	arena_used += writer.size;
	draft_signing_hash(body, &hash);
	wire_writer_init(&writer, arena + arena_used, 65536);
	tx_put_envelope(&writer, body, count);
	for (uint32_t i = 0; i < count; i++)
		party_put_witness(&writer, &parties[i], &hash);
	arena_used += writer.size;
	write_envelope(name, wire_written(&writer));
}

static inline void
vector_transfer(const char *name, const Party *sender)
{
	TxOutput output = { fixture_address(SUITE_ED25519, 2), asset_mes, 5 };

	vector_begin(sender, "invoice 7", 0);
	vector_input(0xAA, 3, 9);
	operation_put_transfer(vector_operation(OPERATION_TRANSFER, 0), &output, 1,
						   span_text("thanks"));
	tx_build_change(&vector_builder, 0, &asset_mes, 95);
	vector_end(name, sender, 1);
}

static inline void
vector_assets(const Party *one)
{
	McSpan metadata = pack("mtttt", N(2), "isin", "XS0000000009", "issuer", "Bank A");
	AssetRow open = { 2, true, one->address, 1000000, metadata };
	AssetRow closed = { .decimals = 0, .supply = 21, .metadata = pack("m", N(0)) };

	vector_begin(one, "", 10);
	vector_input(0xAB, 0, 1);
	operation_put_issue_asset(vector_operation(OPERATION_ISSUE_ASSET, 0), &asset_gold, &open);
	tx_build_change(&vector_builder, 0, &asset_mes, 90);
	vector_end("issue an asset that its issuer may add to", one, 1);

	vector_begin(one, "", 0);
	operation_put_issue_asset(vector_operation(OPERATION_ISSUE_ASSET, 0), &asset_gold, &closed);
	vector_end("issue an asset of final supply", one, 1);

	vector_begin(one, "", 0);
	operation_put_issue_more(vector_operation(OPERATION_ISSUE_MORE, 0), &asset_gold, 500);
	vector_end("issue more", one, 1);

	vector_begin(one, "", 0);
	vector_input(0xAC, 1, 2);
	operation_put_burn(vector_operation(OPERATION_BURN, 0), &asset_gold, 40);
	tx_build_change(&vector_builder, 0, &asset_gold, 60);
	vector_end("burn", one, 1);

	vector_begin(one, "deed 12", 0);
	operation_put_notarise(vector_operation(OPERATION_NOTARISE, 0), &fixture_txid,
						   pack("mttta", N(2), "file", "deed.pdf", "pages", N(0)));
	vector_end("notarise a document", one, 1);
}

static inline void
vector_exchange(const Party *one)
{
	Party parties[2] = { *one, party_of_key(SUITE_SCHNORR, 2) };
	TxOutput dollars = { parties[1].address, { "USD" }, 110 };
	TxOutput euros = { one->address, { "EUR" }, 100 };
	uint32_t other;

	vector_begin(one, "trade 5", 0);
	tx_build_actor(&vector_builder, &parties[1].address);
	other = tx_build_actor_number(&vector_builder, &parties[1].address);
	vector_input(0xB0, 0, 0);
	vector_input(0xAF, 7, 70000);
	operation_put_transfer(vector_operation(OPERATION_TRANSFER, 0), &dollars, 1, span_text(""));
	operation_put_transfer(vector_operation(OPERATION_TRANSFER, other), &euros, 1, span_text(""));
	tx_build_change(&vector_builder, other, &euros.asset, 1);
	vector_end("payment against payment", parties, 2);
}

/* Amounts, indexes and heights on both sides of each width that CBOR has. */
static inline void
vector_widths(const Party *one)
{
	static const int64_t amounts[] = { 1,	  23,	 24,		 255,		256,
									   65535, 65536, 4294967295, 4294967296, 9223372028264709586 };
	TxOutput outputs[10];

	vector_begin(one, "widths", 0);
	for (int i = 0; i < 10; i++)
	{
		outputs[i] = (TxOutput){ fixture_address(SUITE_ED25519, 2), asset_mes, amounts[i] };
		if (amounts[i] <= UINT32_MAX)
			vector_input(0xC0, (uint32_t) amounts[i], (uint64_t) amounts[9 - i]);
	}
	operation_put_transfer(vector_operation(OPERATION_TRANSFER, 0), outputs, 10, span_text(""));
	vector_end("integers of every width", one, 1);
}

static inline void
write_envelopes(void)
{
	Party one = party_of_key(SUITE_ED25519, 1);
	Party schnorr = party_of_key(SUITE_SCHNORR, 1);
	Party several = party_of_two_of_three();

	json_open(NULL, '{');
	json_hex("chain_id", fixture_chain, CHAIN_ID_SIZE);
	json_open("envelopes", '[');
	vector_transfer("transfer, suite 1", &one);
	vector_transfer("transfer, suite 2", &schnorr);
	vector_transfer("transfer by two of three", &several);
	for (size_t i = 0; i < BRANCHES; i++)
	{
		static const char *const names[BRANCHES] = { "transfer by the branch with a hash lock",
													 "transfer by the branch of two of three",
													 "transfer by the branch with a height lock" };
		Party branch = party_of_branch(i);

		vector_transfer(names[i], &branch);
	}
	vector_assets(&one);
	vector_exchange(&one);
	vector_widths(&one);
	json_close(']');
	json_close('}');
}

#endif
