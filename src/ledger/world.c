/*
 * world.c - the TxWorld that operations see: outputs, spends, state rows and the book of one
 * transaction over committed state. Nothing here is final: world_cut undoes to a mark.
 */
#include "ledger/block_impl.h"

/* Transactions up to which clearing one by one is cheaper. */
#define SMALL_BLOCK 256

static uint32_t
output_bucket(const McHash *txid, uint32_t index)
{
	return (get_be32(txid->bytes) ^ index * 0x9E3779B1u) & (BUCKETS - 1);
}

static uint32_t
spend_bucket(uint64_t output_id)
{
	return (uint32_t) (output_id * 0x9E3779B97F4A7C15u >> 40) & (BUCKETS - 1);
}

/* FNV-1a, spread by one more multiplication: keys are short and mostly hashes. */
static uint32_t
row_bucket(TxTable table, McSpan key)
{
	uint64_t mix = 0xCBF29CE484222325u ^ (uint64_t) table;

	for (size_t i = 0; i < key.size; i++)
		mix = (mix ^ key.data[i]) * 0x100000001B3u;
	return (uint32_t) (mix * 0x9E3779B97F4A7C15u >> 40) & (BUCKETS - 1);
}

static BookEntry *
book_entry(LedgerBlock *block, uint32_t actor, const TxAsset *asset)
{
	BookEntry *entry;

	for (uint32_t i = 0; i < block->book_count; i++)
	{
		entry = &block->book[i];
		if (entry->actor == actor && strcmp(entry->asset.code, asset->code) == 0)
			return entry;
	}
	if (block->book_count == BOOK_MAX)
		return NULL;
	entry = &block->book[block->book_count++];
	*entry = (BookEntry){ .actor = actor, .asset = *asset };
	return entry;
}

static McStatus
book(LedgerBlock *block, uint32_t actor, const TxAsset *asset, int64_t amount, int sign,
	 McProblem *problem)
{
	BookEntry *entry = book_entry(block, actor, asset);

	if (entry == NULL)
		return status_problem(problem, MC_TOO_MANY_BALANCES, BOOK_MAX + 1, BOOK_MAX);
	entry->balance += sign * (__int128) amount;
	return MC_OK;
}

static const LedgerOutput *
find_in_block(const LedgerBlock *block, const TxInput *input)
{
	uint32_t at = block->output_heads[output_bucket(&input->txid, input->output_index)];

	for (; at != NO_ENTRY; at = block->output_next[at])
		if (block->outputs[at].index == input->output_index &&
			hash_equal(&block->outputs[at].txid, &input->txid))
			return &block->outputs[at];
	return NULL;
}

static bool
spent_in_block(const LedgerBlock *block, uint64_t output_id)
{
	uint32_t at = block->spend_heads[spend_bucket(output_id)];

	while (at != NO_ENTRY && block->spends[at].output_id != output_id)
		at = block->spend_next[at];
	return at != NO_ENTRY;
}

/* txid:index, as people write an output */
static void
input_name(const TxInput *input, char name[MC_PROBLEM_NAME_MAX])
{
	char reversed[10];
	int used = 0;
	uint32_t index = input->output_index;
	char *out = name + 2 * HASH_SIZE;

	hex_format(input->txid.bytes, HASH_SIZE, name);
	*out++ = ':';
	do
		reversed[used++] = (char) ('0' + index % 10);
	while ((index /= 10) > 0);
	while (used > 0)
		*out++ = reversed[--used];
	*out = '\0';
}

static McStatus
input_problem(const TxInput *input, McStatus status, McProblem *problem)
{
	char name[MC_PROBLEM_NAME_MAX];

	input_name(input, name);
	return status_problem_name(problem, status, name, strlen(name));
}

/*
 * A wrong height is an unknown output; no height is allowed for the young only (C6), and never for
 * a block's fees, whose name follows from the height.
 */
static bool
height_agrees(const LedgerBlock *block, const TxInput *input, const LedgerOutput *found)
{
	uint64_t found_height = OUTPUT_ID_HEIGHT(found->output_id);

	if (input->height == 0)
		return found->kind != LEDGER_OUTPUT_FEES &&
			   block->height - found_height <= INPUT_HEIGHT_WINDOW;
	return input->height == found_height;
}

static LedgerFound
find_output(LedgerBlock *block, const TxInput *input, LedgerOutput *output)
{
	const LedgerOutput *young = find_in_block(block, input);
	LedgerFound found = LEDGER_UNSPENT;

	if (young != NULL)
		*output = *young;
	else
		found = block->store.find_output(block->store.context, input, output);
	if (found == LEDGER_UNKNOWN || !height_agrees(block, input, output))
		return LEDGER_UNKNOWN;
	return found == LEDGER_SPENT || spent_in_block(block, output->output_id) ? LEDGER_SPENT
																			 : LEDGER_UNSPENT;
}

/* The actor whose address this is, NO_ENTRY when none of the transaction's. */
static uint32_t
actor_of(const TxView *view, const McAddress *address)
{
	for (uint32_t actor = 0; actor < view->actor_count; actor++)
	{
		McAddress candidate;

		tx_actor_address(view, actor, &candidate);
		if (hash_equal(&candidate, address))
			return actor;
	}
	return NO_ENTRY;
}

McStatus
world_spend(LedgerBlock *block, const TxInput *input, uint32_t input_index, McProblem *problem)
{
	LedgerSpend *spend;
	LedgerFound found;
	uint32_t actor;
	uint32_t bucket;

	if (block->spend_count == BLOCK_INPUTS_MAX)
		return status_problem(problem, MC_BLOCK_FULL, block->spend_count, BLOCK_INPUTS_MAX);
	spend = &block->spends[block->spend_count];
	found = find_output(block, input, &spend->output);
	if (found == LEDGER_UNKNOWN)
		return input_problem(input, MC_UNKNOWN_OUTPUT, problem);
	if (found == LEDGER_SPENT)
		return input_problem(input, MC_SPENT_OUTPUT, problem);
	actor = actor_of(block->view, &spend->output.address);
	if (actor == NO_ENTRY)
		return input_problem(input, MC_NOT_OWNER, problem);

	spend->output_id = spend->output.output_id;
	spend->position = block->tx_count;
	spend->input = input_index;
	bucket = spend_bucket(spend->output_id);
	block->spend_next[block->spend_count] = block->spend_heads[bucket];
	block->spend_heads[bucket] = block->spend_count++;
	return book(block, actor, &spend->output.asset, spend->output.amount, 1, problem);
}

McStatus
world_add_output(LedgerBlock *block, uint32_t actor, const TxOutput *output, LedgerOutputKind kind,
				 McProblem *problem)
{
	LedgerOutput *made;
	uint32_t bucket;

	assert(output->amount > 0);
	if (block->output_count == BLOCK_OUTPUTS_MAX)
		return status_problem(problem, MC_BLOCK_FULL, block->output_count, BLOCK_OUTPUTS_MAX);
	made = &block->outputs[block->output_count];
	*made = (LedgerOutput){
		.txid = block->view->txid,
		.index = block->output_index++,
		.output_id = OUTPUT_ID(block->height, block->output_count),
		.address = output->address,
		.asset = output->asset,
		.amount = output->amount,
		.position = block->tx_count,
		.actor = actor,
		.kind = kind,
	};
	bucket = output_bucket(&made->txid, made->index);
	block->output_next[block->output_count] = block->output_heads[bucket];
	block->output_heads[bucket] = block->output_count++;
	return book(block, actor, &output->asset, output->amount, -1, problem);
}

static McStatus
on_output(TxWorld *world, uint32_t actor, const TxOutput *output, McProblem *problem)
{
	LedgerBlock *block = world->ledger;

	return world_add_output(block, actor, output, block->output_kind, problem);
}

/* What is issued enters through the actor's book and leaves it as outputs. */
static McStatus
on_issued(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount, McProblem *problem)
{
	LedgerBlock *block = world->ledger;

	block->output_kind = LEDGER_OUTPUT_ISSUE;
	return book(block, actor, asset, amount, 1, problem);
}

static McStatus
on_burned(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount, McProblem *problem)
{
	LedgerBlock *block = world->ledger;

	if (block->burn_count == BLOCK_BURNS_MAX)
		return status_problem(problem, MC_BLOCK_FULL, block->burn_count, BLOCK_BURNS_MAX);
	block->burns[block->burn_count++] = (LedgerBurn){
		.position = block->tx_count,
		.number = block->burn_number++,
		.actor = actor,
		.asset = *asset,
		.amount = amount,
	};
	return book(block, actor, asset, amount, -1, problem);
}

uint32_t
world_find_row(const LedgerBlock *block, uint32_t at, TxTable table, McSpan key)
{
	while (at != NO_ENTRY &&
		   (block->rows[at].table != table || span_compare(block->rows[at].key, key) != 0))
		at = block->row_next[at];
	return at;
}

static bool
on_get_row(TxWorld *world, TxTable table, McSpan key, McSpan *value)
{
	LedgerBlock *block = world->ledger;
	uint32_t at = world_find_row(block, block->row_heads[row_bucket(table, key)], table, key);

	if (at != NO_ENTRY)
	{
		*value = block->rows[at].value;
		return true;
	}
	return block->store.get_row(block->store.context, table, key, value);
}

static McSpan
arena_copy(LedgerBlock *block, McSpan span)
{
	uint8_t *copy = block->arena + block->arena_used;

	assert(span.size <= BLOCK_ARENA_SIZE - block->arena_used);
	memcpy(copy, span.data, span.size);
	block->arena_used += span.size;
	return span_of(copy, span.size);
}

/* Rows are bounded by the kinds that write them: admission refuses before they could not. */
void
ledger_block_put_row(LedgerBlock *block, TxTable table, McSpan key, McSpan value)
{
	LedgerRow *row = &block->rows[block->row_count];
	uint32_t *head = &block->row_heads[row_bucket(table, key)];

	assert(block->row_count < BLOCK_ROWS_MAX);
	*row = (LedgerRow){
		.table = table,
		.position = block->tx_count,
		.key = arena_copy(block, key),
		.value = arena_copy(block, value),
	};
	block->row_next[block->row_count] = *head;
	*head = block->row_count++;
}

static void
on_put_row(TxWorld *world, TxTable table, McSpan key, McSpan value)
{
	ledger_block_put_row(world->ledger, table, key, value);
}

void
world_begin(LedgerBlock *block, const TxView *view)
{
	block->view = view;
	block->output_index = 0;
	block->burn_number = 0;
	block->book_count = 0;
	block->world = (TxWorld){
		.height = block->height,
		.block_time_ms = block->block_time_ms,
		.txid = view->txid,
		.chain_id = view->chain_id,
		.genesis = block->store.genesis,
		.ledger = block,
		.get_row = on_get_row,
		.put_row = on_put_row,
		.add_output = on_output,
		.add_issued = on_issued,
		.add_burned = on_burned,
	};
}

/* The sender's, whether or not anything else of the transaction is in the fee asset. */
McStatus
world_pay_fee(LedgerBlock *block, McProblem *problem)
{
	if (block->view->fee == 0)
		return MC_OK;
	return book(block, 0, &block->fees.asset, block->view->fee, -1, problem);
}

McStatus
world_balanced(const LedgerBlock *block, McProblem *problem)
{
	for (uint32_t i = 0; i < block->book_count; i++)
	{
		const BookEntry *entry = &block->book[i];
		__int128 wrong_by = entry->balance < 0 ? -entry->balance : entry->balance;

		if (wrong_by == 0)
			continue;
		status_problem_name(problem, entry->balance < 0 ? MC_NOT_COVERED : MC_NOT_CONSERVED,
							entry->asset.code, strlen(entry->asset.code));
		/* bounded by inputs x INT64_MAX, shown as far as an int64 goes */
		problem->number = wrong_by <= INT64_MAX ? (int64_t) wrong_by : INT64_MAX;
		return problem->status;
	}
	return MC_OK;
}

/*
 * Forgets the last block. Of a small one what it touched: a quarter of a megabyte set for one
 * transaction would take longer than the transaction, and its rows out of the caches.
 */
void
world_clear(LedgerBlock *block)
{
	if (block->tx_count > SMALL_BLOCK)
	{
		memset(block->output_heads, 0xFF, sizeof(block->output_heads));
		memset(block->spend_heads, 0xFF, sizeof(block->spend_heads));
		memset(block->submission_heads, 0xFF, sizeof(block->submission_heads));
		memset(block->row_heads, 0xFF, sizeof(block->row_heads));
		return;
	}
	for (uint32_t i = 0; i < block->output_count; i++)
		block->output_heads[output_bucket(&block->outputs[i].txid, block->outputs[i].index)] =
			NO_ENTRY;
	for (uint32_t i = 0; i < block->spend_count; i++)
		block->spend_heads[spend_bucket(block->spends[i].output_id)] = NO_ENTRY;
	for (uint32_t i = 0; i < block->row_count; i++)
		block->row_heads[row_bucket(block->rows[i].table, block->rows[i].key)] = NO_ENTRY;
	for (uint32_t i = 0; i < block->tx_count; i++)
		block->submission_heads[block->submission_buckets[i]] = NO_ENTRY;
}

void
world_cut(LedgerBlock *block, const LedgerMark *mark)
{
	while (block->output_count > mark->outputs)
	{
		const LedgerOutput *output = &block->outputs[--block->output_count];

		block->output_heads[output_bucket(&output->txid, output->index)] =
			block->output_next[block->output_count];
	}
	while (block->spend_count > mark->spends)
	{
		const LedgerSpend *spend = &block->spends[--block->spend_count];

		block->spend_heads[spend_bucket(spend->output_id)] = block->spend_next[block->spend_count];
	}
	while (block->row_count > mark->rows)
	{
		const LedgerRow *row = &block->rows[--block->row_count];

		block->row_heads[row_bucket(row->table, row->key)] = block->row_next[block->row_count];
	}
	block->burn_count = mark->burns;
	block->arena_used = mark->arena;
}

bool
ledger_block_get_row(void *context, TxTable table, McSpan key, McSpan *value)
{
	LedgerBlock *block = context;
	TxWorld world = { .ledger = block };

	return on_get_row(&world, table, key, value);
}
