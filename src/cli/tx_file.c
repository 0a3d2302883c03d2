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

/* ---- branches ----------------------------------------------------------------------------------
 */

static void
parse_path(const char *text, DraftBranch *branch)
{
	size_t digits = strlen(text);

	if (digits % (2 * HASH_SIZE) != 0 || digits / (2 * HASH_SIZE) > POLICY_PATH_MAX)
		cli_fail("\"%s\" is no path of hashes in a policy", text);
	branch->path_count = (uint32_t) (digits / (2 * HASH_SIZE));
	cli_hex("path", text, branch->path, digits / 2);
}

void
draft_branch_parse(const char *text, DraftBranch *branch)
{
	char *copy = cli_format("%s", text);
	char *position = strchr(copy, ':');
	char *path = position != NULL ? strchr(position + 1, ':') : NULL;
	WireReader reader;
	McProblem problem;
	McHash leaf;
	McHash root;

	memset(branch, 0, sizeof(*branch));
	if (position != NULL && path == NULL)
		cli_fail("a branch is CONDITION or CONDITION:POSITION:PATH, not \"%s\"", text);
	if (position != NULL)
	{
		*position = *path = '\0';
		branch->position =
			(uint32_t) cli_number("position", position + 1, 0, (1 << POLICY_PATH_MAX) - 1);
		parse_path(path + 1, branch);
	}
	branch->bytes = hex_span("condition", copy);
	wire_reader_init(&reader, branch->bytes);
	cli_check(condition_read(&reader, &branch->condition, &problem), &problem);
	if (!wire_read_end(&reader))
		cli_fail("bytes follow the end of the condition");
	condition_leaf(branch->bytes, &leaf);
	condition_climb(&leaf, branch->position, branch->path, branch->path_count, &root);
	condition_address(&root, &branch->address);
}

char *
draft_branch_text(const DraftBranch *branch)
{
	char *condition = cli_to_hex(branch->bytes.data, branch->bytes.size);

	if (branch->path_count == 0)
		return condition;
	return cli_format("%s:%u:%s", condition, branch->position,
					  cli_to_hex(branch->path, branch->path_count * HASH_SIZE));
}

static void
add_signature(Draft *draft, char **words, size_t count)
{
	DraftSignature *added = &draft->signatures[draft->signature_count];

	if (draft->signature_count == TX_FILE_SIGNATURES_MAX)
		cli_fail("more than %d signatures", TX_FILE_SIGNATURES_MAX);
	memset(added, 0, sizeof(*added));
	draft_branch_parse(words[1], &added->branch);
	added->signature.key_index =
		(uint32_t) cli_number("key", words[2], 0, (int64_t) added->branch.condition.key_count - 1);
	cli_hex("signature", words[3], added->signature.bytes, SUITE_SIGNATURE_SIZE);
	added->has_preimage = count == 5;
	if (added->has_preimage)
		cli_hex("preimage", words[4], added->preimage, PREIMAGE_SIZE);
	draft->signature_count++;
}

Draft *
draft_read(const char *path)
{
	char *text = (char *) cli_read(path, TX_FILE_MAX).data;
	char *line = cli_next_line(&text);
	char *words[6];
	Draft *draft = NULL;

	if (line == NULL || strcmp(line, DRAFT_FORMAT) != 0)
		cli_fail("\"%s\" is no transaction of mesctl tx build", path);
	while ((line = cli_next_line(&text)) != NULL)
	{
		size_t count = cli_split(line, words, 6);

		if (count == 2 && strcmp(words[0], "body") == 0 && draft == NULL)
			draft = draft_of_body(hex_span("body", words[1]));
		else if ((count == 4 || count == 5) && strcmp(words[0], "signature") == 0 && draft != NULL)
			add_signature(draft, words, count);
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

		text = cli_format("%ssignature %s %u %s%s%s\n", text, draft_branch_text(&one->branch),
						  one->signature.key_index,
						  cli_to_hex(one->signature.bytes, SUITE_SIGNATURE_SIZE),
						  one->has_preimage ? " " : "",
						  one->has_preimage ? cli_to_hex(one->preimage, PREIMAGE_SIZE) : "");
	}
	cli_write(path, span_text(text));
}

/* ---- the envelope ------------------------------------------------------------------------------
 */

/* One branch of an actor's, and the signatures for it, ascending by key. */
typedef struct Gathered
{
	const DraftBranch *branch;
	uint32_t count; /* of at most threshold */
	const uint8_t *preimage;
	TxSignature signatures[CONDITION_KEYS_MAX];
} Gathered;

static bool
same_branch(const DraftBranch *a, const DraftBranch *b)
{
	return hash_equal(&a->address, &b->address) && a->bytes.size == b->bytes.size &&
		   memcmp(a->bytes.data, b->bytes.data, a->bytes.size) == 0;
}

static void
gather(const Draft *draft, const DraftBranch *branch, Gathered *gathered)
{
	*gathered = (Gathered){ .branch = branch };
	for (uint32_t key = 0; key < branch->condition.key_count; key++)
		for (size_t i = 0; i < draft->signature_count; i++)
		{
			const DraftSignature *one = &draft->signatures[i];

			if (one->signature.key_index != key || !same_branch(&one->branch, branch))
				continue;
			if (one->has_preimage)
				gathered->preimage = one->preimage;
			if (gathered->count < branch->condition.threshold)
				gathered->signatures[gathered->count++] = one->signature;
			break;
		}
}

/* The first branch that has what it asks for; else what the last one has, to be named. */
static bool
choose_branch(const Draft *draft, const McAddress *actor, Gathered *gathered)
{
	*gathered = (Gathered){ 0 };
	for (size_t i = 0; i < draft->signature_count; i++)
	{
		const DraftBranch *branch = &draft->signatures[i].branch;

		if (!hash_equal(&branch->address, actor))
			continue;
		gather(draft, branch, gathered);
		if (gathered->count == branch->condition.threshold &&
			(gathered->preimage != NULL) == branch->condition.hash_locked)
			return true;
	}
	return false;
}

static void
refuse_incomplete(const McAddress *actor, const Gathered *gathered)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	address_format(actor, text);
	if (gathered->branch == NULL)
		cli_fail("%s has not signed", text);
	if (gathered->count < gathered->branch->condition.threshold)
		cli_fail("%s has %u of %u signatures", text, gathered->count,
				 gathered->branch->condition.threshold);
	cli_fail("the branch of %s that is signed opens with a preimage: tx sign --preimage", text);
}

McSpan
draft_envelope(const Draft *draft)
{
	uint8_t *bytes = cli_alloc(TX_BYTES_MAX);
	Gathered *gathered = cli_alloc(sizeof(Gathered));
	WireWriter writer;
	TxView view;
	McProblem problem;

	wire_writer_init(&writer, bytes, TX_BYTES_MAX);
	tx_put_envelope(&writer, draft->body, draft->view.actor_count);
	for (uint32_t i = 0; i < draft->view.actor_count; i++)
	{
		McAddress actor;

		tx_actor_address(&draft->view, i, &actor);
		if (!choose_branch(draft, &actor, gathered))
			refuse_incomplete(&actor, gathered);
		witness_put(&writer, gathered->branch->bytes, gathered->branch->position,
					gathered->branch->path, gathered->branch->path_count, gathered->signatures,
					gathered->count, gathered->preimage);
	}
	if (writer.full)
		cli_fail("the transaction is larger than %d bytes", TX_BYTES_MAX);
	cli_check(tx_read(wire_written(&writer), &view, &problem), &problem);
	cli_check(tx_verify(&view, &problem), &problem);
	return wire_written(&writer);
}
