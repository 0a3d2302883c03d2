/*
 * tx_file.c - reads and writes coins and drafts. A file may come from anywhere: what it says is
 * checked here or by tx_read, and what a signer signs is shown from the body alone.
 */
#include "cli/tx_file.h"

#include "tx/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COINS_FORMAT "mes-coins-1"
#define DRAFT_FORMAT "mes-tx-1"

/* ---- coins -------------------------------------------------------------------------------------
 */

static TxAsset
parse_asset(const char *code)
{
	TxAsset asset;
	McProblem problem;

	cli_check(tx_asset_parse(span_text(code), &asset, &problem), &problem);
	return asset;
}

static void
add_coin(CoinFile *file, char **words)
{
	FileCoin *coin;

	file->coins = realloc(file->coins, (file->coin_count + 1) * sizeof(FileCoin));
	if (file->coins == NULL)
		cli_fail("out of memory");
	coin = &file->coins[file->coin_count++];
	memset(coin, 0, sizeof(*coin));
	cli_hex("txid", words[1], coin->input.txid.bytes, HASH_SIZE);
	coin->input.output_index = (uint32_t) cli_number("output index", words[2], 0, UINT32_MAX);
	coin->input.height = (uint64_t) cli_number("height", words[3], 0, INT64_MAX);
	coin->owner = cli_address(words[4]);
	coin->asset = parse_asset(words[5]);
	coin->units = cli_number("amount", words[6], 1, INT64_MAX);
}

static void
add_asset(CoinFile *file, char **words)
{
	file->assets = realloc(file->assets, (file->asset_count + 1) * sizeof(FileAsset));
	if (file->assets == NULL)
		cli_fail("out of memory");
	file->assets[file->asset_count++] =
		(FileAsset){ parse_asset(words[1]),
					 (int) cli_number("decimals", words[2], 0, ASSET_DECIMALS_MAX) };
}

static bool
take_line(CoinFile *file, char **words, size_t count)
{
	if (count == 2 && strcmp(words[0], "chain") == 0)
		cli_hex("chain id", words[1], file->chain_id, CHAIN_ID_SIZE);
	else if (count == 2 && strcmp(words[0], "time") == 0)
		file->time_ms = cli_number("time", words[1], 1, INT64_MAX);
	else if (count == 2 && strcmp(words[0], "window") == 0)
		file->window_ms = cli_number("window", words[1], 1, INT64_MAX);
	else if (count >= 2 && strcmp(words[0], "fee") == 0)
	{
		file->fee = cli_number("fee", words[1], 0, INT64_MAX);
		if (count == 3)
			file->fee_asset = parse_asset(words[2]);
	}
	else if (count == 3 && strcmp(words[0], "asset") == 0)
		add_asset(file, words);
	else if (count == 7 && strcmp(words[0], "coin") == 0)
		add_coin(file, words);
	else
		return false;
	return true;
}

void
coin_file_read(const char *path, CoinFile *file)
{
	char *text = (char *) cli_read(path, TX_FILE_MAX).data;
	char *line = cli_next_line(&text);
	char *words[8];
	int number = 1;

	memset(file, 0, sizeof(*file));
	if (line == NULL || strcmp(line, COINS_FORMAT) != 0)
		cli_fail("\"%s\" is no coin file; mesctl tx coins makes one", path);
	while ((line = cli_next_line(&text)) != NULL)
	{
		number++;
		if (!take_line(file, words, cli_split(line, words, 8)))
			cli_fail("\"%s\", line %d: unknown fact \"%s\"", path, number, words[0]);
	}
	if (file->time_ms == 0 || file->window_ms == 0)
		cli_fail("\"%s\" is cut short: it does not say chain, time and window", path);
}

/* ---- drafts ------------------------------------------------------------------------------------
 */

Draft *
draft_of_body(McSpan body)
{
	Draft *draft = cli_alloc(sizeof(Draft));
	uint8_t *bytes = cli_alloc(body.size + 16);
	WireWriter writer;
	McProblem problem;
	McStatus status;

	wire_writer_init(&writer, bytes, body.size + 16);
	tx_put_envelope(&writer, body, 0);
	status = tx_read(wire_written(&writer), &draft->view, &problem);
	if (status != MC_MISSING_WITNESS)
		cli_check(status, &problem);
	/* tx_read stops where the witnesses should be, before it hashes */
	tx_txid(draft->view.body, &draft->view.txid);
	draft->body = draft->view.body;
	return draft;
}

static McSpan
hex_span(const char *what, const char *text)
{
	size_t size = strlen(text) / 2;
	uint8_t *bytes = cli_alloc(size);

	cli_hex(what, text, bytes, size);
	return span_of(bytes, size);
}

void
draft_condition(McSpan bytes, TxCondition *condition, McAddress *address)
{
	WireReader reader;
	McProblem problem;
	McHash leaf;

	wire_reader_init(&reader, bytes);
	cli_check(condition_read(&reader, condition, &problem), &problem);
	if (!wire_read_end(&reader))
		cli_fail("bytes follow the end of the condition");
	condition_leaf(condition->bytes, &leaf);
	condition_address(&leaf, address);
}

static void
add_signature(Draft *draft, char **words)
{
	DraftSignature *added = &draft->signatures[draft->signature_count];
	TxCondition condition;

	if (draft->signature_count == TX_FILE_SIGNATURES_MAX)
		cli_fail("more than %d signatures", TX_FILE_SIGNATURES_MAX);
	draft_condition(hex_span("condition", words[1]), &condition, &added->address);
	added->condition = condition.bytes;
	added->signature.key_index =
		(uint32_t) cli_number("key", words[2], 0, (int64_t) condition.key_count - 1);
	cli_hex("signature", words[3], added->signature.bytes, SUITE_SIGNATURE_SIZE);
	draft->signature_count++;
}

Draft *
draft_read(const char *path)
{
	char *text = (char *) cli_read(path, TX_FILE_MAX).data;
	char *line = cli_next_line(&text);
	char *words[5];
	Draft *draft = NULL;

	if (line == NULL || strcmp(line, DRAFT_FORMAT) != 0)
		cli_fail("\"%s\" is no transaction of mesctl tx build", path);
	while ((line = cli_next_line(&text)) != NULL)
	{
		size_t count = cli_split(line, words, 5);

		if (count == 2 && strcmp(words[0], "body") == 0 && draft == NULL)
			draft = draft_of_body(hex_span("body", words[1]));
		else if (count == 4 && strcmp(words[0], "signature") == 0 && draft != NULL)
			add_signature(draft, words);
		else
			cli_fail("\"%s\": unknown fact \"%s\"", path, words[0]);
	}
	if (draft == NULL)
		cli_fail("\"%s\" holds no body", path);
	return draft;
}

void
draft_write(const Draft *draft, const char *path)
{
	char *text =
		cli_format("%s\nbody %s\n", DRAFT_FORMAT, cli_to_hex(draft->body.data, draft->body.size));

	for (size_t i = 0; i < draft->signature_count; i++)
	{
		const DraftSignature *one = &draft->signatures[i];

		text = cli_format(
			"%ssignature %s %u %s\n", text, cli_to_hex(one->condition.data, one->condition.size),
			one->signature.key_index, cli_to_hex(one->signature.bytes, SUITE_SIGNATURE_SIZE));
	}
	cli_write(path, span_text(text));
}

/* ---- the envelope ------------------------------------------------------------------------------
 */

/* The signatures of one actor, ascending by key, as many as the condition asks for. */
static uint32_t
gather(const Draft *draft, const McAddress *actor, TxCondition *condition,
	   TxSignature signatures[CONDITION_KEYS_MAX])
{
	uint32_t count = 0;

	for (uint32_t key = 0; key < CONDITION_KEYS_MAX; key++)
		for (size_t i = 0; i < draft->signature_count; i++)
		{
			const DraftSignature *one = &draft->signatures[i];
			McAddress address;

			if (one->signature.key_index != key || !hash_equal(&one->address, actor))
				continue;
			draft_condition(one->condition, condition, &address);
			if (count < condition->threshold &&
				(count == 0 || signatures[count - 1].key_index < key))
				signatures[count++] = one->signature;
		}
	return count;
}

McSpan
draft_envelope(const Draft *draft)
{
	uint8_t *bytes = cli_alloc(TX_BYTES_MAX);
	WireWriter writer;
	TxView view;
	McProblem problem;

	wire_writer_init(&writer, bytes, TX_BYTES_MAX);
	tx_put_envelope(&writer, draft->body, draft->view.actor_count);
	for (uint32_t i = 0; i < draft->view.actor_count; i++)
	{
		TxSignature signatures[CONDITION_KEYS_MAX];
		TxCondition condition = { 0 };
		McAddress actor;
		char text[ADDRESS_TEXT_SIZE + 1];
		uint32_t count;

		tx_actor_address(&draft->view, i, &actor);
		address_format(&actor, text);
		count = gather(draft, &actor, &condition, signatures);
		if (count == 0)
			cli_fail("%s has not signed", text);
		if (count < condition.threshold)
			cli_fail("%s has %u of %u signatures", text, count, condition.threshold);
		witness_put(&writer, condition.bytes, 0, NULL, 0, signatures, count, NULL);
	}
	if (writer.full)
		cli_fail("the transaction is larger than %d bytes", TX_BYTES_MAX);
	cli_check(tx_read(wire_written(&writer), &view, &problem), &problem);
	cli_check(tx_verify(&view, &problem), &problem);
	return wire_written(&writer);
}
