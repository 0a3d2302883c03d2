/*
 * tx_plan.c - reads the words of `tx build`, finds the coins that pay, books the change. What the
 * result is worth is tx_read's to judge.
 */
#include "cli/tx_plan.h"

#include "tx/build.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 1024
#define CLOCK_MARGIN_MS 60000

typedef enum StepKind
{
	STEP_AS,
	STEP_TRANSFER,
	STEP_ISSUE,
	STEP_ISSUE_MORE,
	STEP_BURN,
	STEP_NOTARISE,
} StepKind;

static const struct
{
	const char *word;
	int arguments;
	const char *usage;
} grammar[] = {
	[STEP_AS] = { "as", 1, "as ADDRESS" },
	[STEP_TRANSFER] = { "transfer", 3, "transfer ADDRESS ASSET AMOUNT" },
	[STEP_ISSUE] = { "issue", 3, "issue CODE SUPPLY DECIMALS" },
	[STEP_ISSUE_MORE] = { "issue_more", 2, "issue_more CODE AMOUNT" },
	[STEP_BURN] = { "burn", 2, "burn ASSET AMOUNT" },
	[STEP_NOTARISE] = { "notarise", 1, "notarise HASH" },
};
#define GRAMMAR_COUNT (sizeof(grammar) / sizeof(grammar[0]))

typedef struct Step
{
	StepKind kind;
	char **arguments;
	McAddress actor;
} Step;

/* What an actor has to bring of an asset. */
typedef struct Need
{
	uint32_t actor;
	TxAsset asset;
	int64_t amount;
	int64_t paid;
} Need;

typedef struct Plan
{
	CoinFile *coins;
	const PlanOptions *options;
	TxBuilder builder;
	Step steps[STEPS_MAX];
	size_t step_count;
	Need needs[TX_ASSETS_MAX];
	size_t need_count;
} Plan;

static StepKind
step_kind(const char *word)
{
	for (size_t kind = 0; kind < GRAMMAR_COUNT; kind++)
		if (strcmp(grammar[kind].word, word) == 0)
			return (StepKind) kind;
	cli_usage("\"%s\" is no operation; there are transfer, issue, issue_more, burn, "
			  "notarise and as",
			  word);
}

static void
read_steps(Plan *plan, const McAddress *sender, int count, char **words)
{
	McAddress actor = *sender;

	for (int at = 0; at < count;)
	{
		StepKind kind = step_kind(words[at]);

		if (at + grammar[kind].arguments >= count)
			cli_usage("words are missing: %s", grammar[kind].usage);
		if (plan->step_count == STEPS_MAX)
			cli_usage("more than %d operations", STEPS_MAX);
		if (kind == STEP_AS)
			actor = cli_address(words[at + 1]);
		else
			plan->steps[plan->step_count++] = (Step){ kind, &words[at + 1], actor };
		at += grammar[kind].arguments + 1;
	}
	if (plan->step_count == 0)
		cli_usage("say what the transaction does; add --help to see the operations");
}

static int
decimals_of(const CoinFile *coins, const TxAsset *asset)
{
	for (size_t i = 0; i < coins->asset_count; i++)
		if (strcmp(coins->assets[i].asset.code, asset->code) == 0)
			return coins->assets[i].decimals;
	cli_fail("the coin file says nothing of asset %s; none of its addresses holds any",
			 asset->code);
}

static TxAsset
asset_of(const char *code)
{
	TxAsset asset;
	McProblem problem;

	cli_check(tx_asset_parse(span_text(code), &asset, &problem), &problem);
	return asset;
}

static void
need(Plan *plan, uint32_t actor, const TxAsset *asset, int64_t amount)
{
	size_t at = 0;

	while (at < plan->need_count &&
		   (plan->needs[at].actor != actor || strcmp(plan->needs[at].asset.code, asset->code) != 0))
		at++;
	if (at == TX_ASSETS_MAX)
		cli_fail("more than %d pairs of actor and asset", TX_ASSETS_MAX);
	if (at == plan->need_count)
		plan->needs[plan->need_count++] = (Need){ actor, *asset, 0, 0 };
	if (__builtin_add_overflow(plan->needs[at].amount, amount, &plan->needs[at].amount))
		cli_fail("the amounts of %s add up to more than there can be", asset->code);
}

/* Canonical maps are sorted by the bytes of the encoded keys: shorter ones come first. */
static int
compare_names(const void *left, const void *right)
{
	const char *a = *(const char *const *) left;
	const char *b = *(const char *const *) right;
	size_t a_size = strcspn(a, "=");
	size_t b_size = strcspn(b, "=");

	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	return memcmp(a, b, a_size);
}

static McSpan
metadata_of(const Plan *plan)
{
	const char *sorted[CLI_LIST_MAX];
	size_t count = plan->options->metadata.count;
	uint8_t *bytes = cli_alloc(TX_METADATA_MAX);
	WireWriter writer;

	memcpy(sorted, plan->options->metadata.items, count * sizeof(char *));
	qsort(sorted, count, sizeof(char *), compare_names);
	wire_writer_init(&writer, bytes, TX_METADATA_MAX);
	wire_put_map(&writer, count);
	for (size_t i = 0; i < count; i++)
	{
		size_t size = strcspn(sorted[i], "=");

		if (sorted[i][size] != '=' || size == 0)
			cli_usage("metadata \"%s\" is not name=value", sorted[i]);
		wire_put_text(&writer, span_of(sorted[i], size));
		wire_put_text(&writer, span_text(sorted[i] + size + 1));
	}
	if (writer.full)
		cli_fail("metadata is larger than %d bytes", TX_METADATA_MAX);
	return wire_written(&writer);
}

static void
put_transfer(Plan *plan, const Step *step, uint32_t actor)
{
	TxOutput output = { .address = cli_address(step->arguments[0]),
						.asset = asset_of(step->arguments[1]) };
	const char *memo = plan->options->memo;

	output.amount = cli_units(step->arguments[2], decimals_of(plan->coins, &output.asset));
	need(plan, actor, &output.asset, output.amount);
	operation_put_transfer(tx_build_operation(&plan->builder, OPERATION_TRANSFER, actor), &output,
						   1, span_text(memo != NULL ? memo : ""));
}

static void
put_issue(Plan *plan, const Step *step, uint32_t actor)
{
	TxAsset asset = asset_of(step->arguments[0]);
	int64_t decimals = cli_number("decimals", step->arguments[2], 0, ASSET_DECIMALS_MAX);
	AssetRow row = { .decimals = (uint8_t) decimals,
					 .open = true,
					 .issuer = step->actor,
					 .supply = cli_units(step->arguments[1], (int) decimals),
					 .metadata = metadata_of(plan) };

	operation_put_issue_asset(tx_build_operation(&plan->builder, OPERATION_ISSUE_ASSET, actor),
							  &asset, &row);
}

static void
put_step(Plan *plan, const Step *step)
{
	uint32_t actor = tx_build_actor_number(&plan->builder, &step->actor);
	TxAsset asset;
	McHash document;
	int64_t amount;

	switch (step->kind)
	{
		case STEP_TRANSFER:
			put_transfer(plan, step, actor);
			break;
		case STEP_ISSUE:
			put_issue(plan, step, actor);
			break;
		case STEP_ISSUE_MORE:
			asset = asset_of(step->arguments[0]);
			operation_put_issue_more(
				tx_build_operation(&plan->builder, OPERATION_ISSUE_MORE, actor), &asset,
				cli_units(step->arguments[1], decimals_of(plan->coins, &asset)));
			break;
		case STEP_BURN:
			asset = asset_of(step->arguments[0]);
			amount = cli_units(step->arguments[1], decimals_of(plan->coins, &asset));
			need(plan, actor, &asset, amount);
			operation_put_burn(tx_build_operation(&plan->builder, OPERATION_BURN, actor), &asset,
							   amount);
			break;
		default:
			cli_hex("document hash", step->arguments[0], document.bytes, HASH_SIZE);
			operation_put_notarise(tx_build_operation(&plan->builder, OPERATION_NOTARISE, actor),
								   &document, metadata_of(plan));
	}
}

static void
pay(Plan *plan, Need *wanted)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	McAddress owner =
		wanted->actor == 0 ? plan->builder.header.sender : plan->builder.actors[wanted->actor - 1];
	int decimals = decimals_of(plan->coins, &wanted->asset);

	for (size_t i = 0; i < plan->coins->coin_count && wanted->paid < wanted->amount; i++)
	{
		FileCoin *coin = &plan->coins->coins[i];

		if (coin->used || !hash_equal(&coin->owner, &owner) ||
			strcmp(coin->asset.code, wanted->asset.code) != 0)
			continue;
		if (__builtin_add_overflow(wanted->paid, coin->units, &wanted->paid))
			cli_fail("the coins of %s add up to more than there can be", wanted->asset.code);
		coin->used = true;
		tx_build_input(&plan->builder, &coin->input);
	}
	address_format(&owner, text);
	if (wanted->paid < wanted->amount)
		cli_fail("%s has %s %s and needs %s", text, cli_amount(wanted->paid, decimals),
				 wanted->asset.code, cli_amount(wanted->amount, decimals));
	if (wanted->paid > wanted->amount)
		tx_build_change(&plan->builder, wanted->actor, &wanted->asset,
						wanted->paid - wanted->amount);
}

static McAddress
sender_of(const CoinFile *coins, const PlanOptions *options)
{
	if (options->from != NULL)
		return cli_address(options->from);
	if (coins->coin_count == 0)
		cli_usage("the coin file holds no coin, so say who sends: --from ADDRESS");
	for (size_t i = 1; i < coins->coin_count; i++)
		if (!hash_equal(&coins->coins[i].owner, &coins->coins[0].owner))
			cli_usage("the coins belong to several addresses, so say who sends: --from ADDRESS");
	return coins->coins[0].owner;
}

static void
parse_uuid(const char *text, uint8_t uuid[SUBMISSION_SIZE])
{
	char digits[2 * SUBMISSION_SIZE + 1] = "";
	size_t count = 0;

	for (; *text != '\0' && count < sizeof(digits) - 1; text++)
		if (*text != '-')
			digits[count++] = *text;
	if (*text != '\0')
		cli_usage("the submission is no uuid: \"%s\" is left over", text);
	cli_hex("submission", digits, uuid, SUBMISSION_SIZE);
}

static TxHeader
header_of(const CoinFile *coins, const PlanOptions *options)
{
	int64_t now_ms = cli_now_us() / 1000;
	int64_t length_ms = options->valid_for_s > 0 ? options->valid_for_s * 1000 : coins->window_ms;
	TxHeader header = { .sender = sender_of(coins, options), .fee = coins->fee };

	if (length_ms > coins->window_ms)
		cli_usage("--valid-for is longer than the %d seconds that this ledger allows",
				  (int) (coins->window_ms / 1000));
	/* this machine's clock may be off, and a busy ledger's time is ahead of any */
	now_ms = (now_ms > coins->time_ms ? now_ms : coins->time_ms) - CLOCK_MARGIN_MS;
	memcpy(header.chain_id, coins->chain_id, CHAIN_ID_SIZE);
	header.valid_from_ms = (uint64_t) now_ms;
	header.valid_until_ms = (uint64_t) (now_ms + length_ms);
	header.reference = span_text(options->reference != NULL ? options->reference : "");
	if (options->submission != NULL)
		parse_uuid(options->submission, header.submission);
	else
	{
		cli_random(header.submission, SUBMISSION_SIZE);
		tx_name_submission((uint64_t) now_ms, header.submission);
	}
	return header;
}

static void
add_actors(Plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
	{
		const McAddress *actor = &plan->steps[i].actor;
		bool known = hash_equal(actor, &plan->builder.header.sender);

		for (uint32_t j = 0; j < plan->builder.actor_count; j++)
			known = known || hash_equal(actor, &plan->builder.actors[j]);
		if (!known && plan->builder.actor_count == TX_ACTORS_MAX)
			cli_fail("more than %d actors", TX_ACTORS_MAX);
		if (!known)
			tx_build_actor(&plan->builder, actor);
	}
}

McSpan
plan_body(CoinFile *coins, const PlanOptions *options, int count, char **words)
{
	Plan *plan = cli_alloc(sizeof(Plan));
	TxHeader header = header_of(coins, options);
	uint8_t *bytes = cli_alloc(TX_BYTES_MAX);
	WireWriter writer;
	McProblem problem;

	plan->coins = coins;
	plan->options = options;
	read_steps(plan, &header.sender, count, words);
	tx_build_init(&plan->builder, &header, cli_alloc(TX_BYTES_MAX), TX_BYTES_MAX);
	add_actors(plan);
	for (size_t i = 0; i < plan->step_count; i++)
		put_step(plan, &plan->steps[i]);
	if (coins->fee > 0)
		need(plan, 0, &coins->fee_asset, coins->fee);
	for (size_t i = 0; i < plan->need_count; i++)
		pay(plan, &plan->needs[i]);
	wire_writer_init(&writer, bytes, TX_BYTES_MAX);
	cli_check(tx_build_body(&plan->builder, &writer, &problem), &problem);
	return wire_written(&writer);
}
