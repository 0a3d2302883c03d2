/*
 * load_chain.c - the coins and the signed transfers of a load.
 */
#include "cli/load.h"

#include "base/digest.h"
#include "cli/key_file.h"
#include "tx/build.h"

#include <stdlib.h>
#include <string.h>

/* Each chain can be this many transfers long. */
#define CHAIN_UNITS 1000000000
#define CLOCK_MARGIN_MS 60000

static TxHeader
header_of(LoadWallet *wallet)
{
	int64_t now_ms = cli_now_us() / 1000;
	uint8_t number[8];
	McSpan parts[2] = { span_hash(&wallet->address), span_of(number, sizeof(number)) };
	TxHeader header = { .sender = wallet->address, .reference = span_of(NULL, 0) };
	McHash unique;

	put_be64(number, wallet->sequence++);
	digest_sha256(&unique, parts, 2);
	now_ms = (now_ms > wallet->time_ms ? now_ms : wallet->time_ms) - CLOCK_MARGIN_MS;
	memcpy(header.chain_id, wallet->chain_id, CHAIN_ID_SIZE);
	memcpy(header.submission, unique.bytes, SUBMISSION_SIZE);
	tx_name_submission((uint64_t) now_ms, header.submission);
	header.valid_from_ms = (uint64_t) now_ms;
	header.valid_until_ms = (uint64_t) (now_ms + wallet->window_ms);
	return header;
}

/* Signs what was built; returns the envelope's size. */
static size_t
seal(const LoadWallet *wallet, TxBuilder *builder, uint8_t *out, size_t capacity, McHash *txid)
{
	uint8_t *bytes = cli_alloc(capacity);
	WireWriter body;
	WireWriter envelope;
	McHash signing;
	McProblem problem;

	wire_writer_init(&body, bytes, capacity);
	cli_check(tx_build_body(builder, &body, &problem), &problem);
	tx_txid(wire_written(&body), txid);
	tx_signing_hash(wallet->chain_id, txid, &signing);
	wire_writer_init(&envelope, out, capacity);
	tx_put_envelope(&envelope, wire_written(&body), 1);
	tx_put_key_witness(&envelope, &wallet->secret, &signing);
	if (envelope.full)
		cli_fail("a transaction of the load does not fit into %zu bytes", capacity);
	free(bytes);
	return envelope.size;
}

static void
sign_transfer(LoadWallet *wallet, LoadChain *chain, LoadEnvelope *envelope)
{
	_Alignas(16) uint8_t memory[LOAD_ENVELOPE_MAX];
	TxOutput output = { .address = wallet->payee, .asset = wallet->asset, .amount = 1 };
	TxHeader header = header_of(wallet);
	TxBuilder builder;

	if (chain->units < 2)
		cli_fail("a chain of transfers is at its end");
	tx_build_init(&builder, &header, memory, sizeof(memory));
	tx_build_input(&builder, &chain->coin);
	operation_put_transfer(tx_build_operation(&builder, OPERATION_TRANSFER, 0), &output, 1,
						   span_of(NULL, 0));
	tx_build_change(&builder, 0, &wallet->asset, --chain->units);
	envelope->size = (uint32_t) seal(wallet, &builder, envelope->bytes, sizeof(envelope->bytes),
									 &envelope->txid);
	/* outputs are numbered through: the payment is 0, its change 1 */
	chain->coin = (TxInput){ .txid = envelope->txid, .output_index = 1 };
}

void
load_sign_ahead(LoadWallet *wallet, LoadChain *chain, uint32_t count)
{
	chain->ready = cli_alloc(count * sizeof(LoadEnvelope));
	for (uint32_t i = 0; i < count; i++)
		sign_transfer(wallet, chain, &chain->ready[i]);
	chain->ready_count = count;
}

void
load_next(LoadWallet *wallet, LoadChain *chain)
{
	if (chain->next < chain->ready_count)
		chain->current = chain->ready[chain->next++];
	else
		sign_transfer(wallet, chain, &chain->current);
}

/* ---- the coins ---------------------------------------------------------------------------------
 */

static void
submit(PGconn *connection, const uint8_t *bytes, size_t size)
{
	PGresult *result = PQexecParams(connection, "SELECT mes.submit($1)", 1, NULL,
									(const char *[]){ (const char *) bytes }, (int[]){ (int) size },
									(int[]){ 1 }, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		query_fail("the load cannot begin", result, connection);
	PQclear(result);
}

static McHash
issue(LoadWallet *wallet, PGconn *connection, uint32_t chain_count, uint8_t *memory, uint8_t *out)
{
	uint8_t empty_map = 0xA0;
	AssetRow row = { .supply = (int64_t) chain_count * CHAIN_UNITS,
					 .metadata = span_of(&empty_map, 1) };
	TxHeader header = header_of(wallet);
	TxBuilder builder;
	McHash txid;

	tx_build_init(&builder, &header, memory, TX_BYTES_MAX);
	operation_put_issue_asset(tx_build_operation(&builder, OPERATION_ISSUE_ASSET, 0),
							  &wallet->asset, &row);
	submit(connection, out, seal(wallet, &builder, out, TX_BYTES_MAX, &txid));
	return txid;
}

static McHash
split(LoadWallet *wallet, PGconn *connection, const McHash *issued, uint32_t chain_count,
	  uint8_t *memory, uint8_t *out)
{
	TxOutput *outputs = cli_alloc(chain_count * sizeof(TxOutput));
	TxHeader header = header_of(wallet);
	TxBuilder builder;
	McHash txid;

	for (uint32_t i = 0; i < chain_count; i++)
		outputs[i] = (TxOutput){ wallet->address, wallet->asset, CHAIN_UNITS };
	tx_build_init(&builder, &header, memory, TX_BYTES_MAX);
	tx_build_input(&builder, &(TxInput){ .txid = *issued });
	operation_put_transfer(tx_build_operation(&builder, OPERATION_TRANSFER, 0), outputs,
						   chain_count, span_of(NULL, 0));
	submit(connection, out, seal(wallet, &builder, out, TX_BYTES_MAX, &txid));
	return txid;
}

static void
ask_chain(LoadWallet *wallet, PGconn *connection)
{
	PGresult *result = query_one(connection, CHAIN_QUERY, 0, NULL);

	if (!PQgetisnull(result, 0, 4))
		cli_fail("this ledger takes fees, which mesctl load does not pay");
	cli_hex("chain id", PQgetvalue(result, 0, 0), wallet->chain_id, CHAIN_ID_SIZE);
	wallet->time_ms = cli_number("chain time", PQgetvalue(result, 0, 1), 0, INT64_MAX);
	wallet->window_ms = cli_number("window", PQgetvalue(result, 0, 2), 1, INT64_MAX);
	PQclear(result);
}

void
load_begin(LoadWallet *wallet, PGconn *connection, uint8_t suite, LoadChain *chains,
		   uint32_t chain_count)
{
	uint8_t *memory = cli_alloc(TX_BYTES_MAX);
	uint8_t *out = cli_alloc(TX_BYTES_MAX);
	SuiteSecret payee;
	uint8_t name[4];
	McHash txid;

	ask_chain(wallet, connection);
	key_new(suite, &wallet->secret);
	key_new(suite, &payee);
	condition_address_of_key(&wallet->secret.key, &wallet->address);
	condition_address_of_key(&payee.key, &wallet->payee);
	cli_random(name, sizeof(name));
	strcpy(wallet->asset.code, "LOAD");
	for (size_t i = 0; i < sizeof(name); i++)
	{
		wallet->asset.code[4 + 2 * i] = (char) ('A' + (name[i] >> 4));
		wallet->asset.code[5 + 2 * i] = (char) ('A' + (name[i] & 15));
	}
	txid = issue(wallet, connection, chain_count, memory, out);
	txid = split(wallet, connection, &txid, chain_count, memory, out);
	for (uint32_t i = 0; i < chain_count; i++)
		chains[i] =
			(LoadChain){ .coin = { .txid = txid, .output_index = i }, .units = CHAIN_UNITS };
	free(memory);
	free(out);
}
