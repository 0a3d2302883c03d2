/*
 * execute.c - a block's transactions one after the other: admit, spend, operate, give change,
 * balance; then the roots. A refusal becomes a receipt, never a stop (law 7).
 */
#include "ledger/execute.h"

#include "ledger/block_impl.h"
#include "tx/receipt.h"

size_t
ledger_block_size(void)
{
	return sizeof(LedgerBlock);
}

void
ledger_block_init(LedgerBlock *block)
{
	block->tx_count = BLOCK_TX_MAX; /* as if full: everything is to be cleared */
}

void
ledger_block_begin(LedgerBlock *block, const LedgerStore *store, uint64_t height,
				   uint64_t block_time_ms, const LedgerFees *fees, LtHash *state)
{
	assert(height > 0);
	world_clear(block);
	block->store = *store;
	block->height = height;
	block->block_time_ms = block_time_ms;
	block->fees = *fees;
	block->state = state;
	block->fees_paid = 0;
	block->tx_count = 0;
	block->output_count = 0;
	block->spend_count = 0;
	block->burn_count = 0;
	block->row_count = 0;
	block->arena_used = 0;
	merkle_builder_init(&block->receipts);
	merkle_builder_init(&block->writeset);
}

static uint32_t
submission_bucket(const TxView *view)
{
	/* from its end: uuids that begin with the time begin alike */
	return get_be32(view->submission + SUBMISSION_SIZE - 4) & (BUCKETS - 1);
}

static McStatus
check_submission(LedgerBlock *block, McProblem *problem)
{
	const TxView *view = block->view;
	uint32_t at = block->submission_heads[submission_bucket(view)];
	const McHash *first = NULL;
	McHash earlier;
	char name[2 * HASH_SIZE + 1];

	for (; at != NO_ENTRY && first == NULL; at = block->submission_next[at])
	{
		const TxView *other = block->txs[at].view;

		if (memcmp(other->submission, view->submission, SUBMISSION_SIZE) == 0 &&
			hash_equal(&other->sender, &view->sender))
			first = &other->txid;
	}
	if (first == NULL && block->store.submission_seen(block->store.context, &view->sender,
													  view->submission, &earlier))
		first = &earlier;
	if (first == NULL)
		return MC_OK;
	hex_format(first->bytes, HASH_SIZE, name);
	return status_problem_name(problem, MC_DUPLICATE, name, sizeof(name) - 1);
}

/* Room for the worst this transaction can do, so that nothing in the middle runs out. */
static McStatus
check_room(const LedgerBlock *block, McProblem *problem)
{
	size_t rows = block->row_count;
	size_t bytes = block->arena_used;
	TxOperation operation = { 0 };
	WireReader reader;

	wire_reader_init(&reader, block->view->operations);
	while (tx_next_operation(&reader, block->view, &operation))
	{
		const TxOperationKind *kind = operation_kind(operation.kind);

		assert(kind != NULL);
		rows += kind->rows_max > 0 ? kind->rows_max : OPERATION_ROWS_USUAL;
		bytes += 2 * operation.arguments.size + 256 + kind->state_bytes_max;
	}
	if (rows > BLOCK_ROWS_MAX)
		return status_problem(problem, MC_BLOCK_FULL, (int64_t) rows, BLOCK_ROWS_MAX);
	if (bytes > BLOCK_ARENA_SIZE / 2)
		return status_problem(problem, MC_BLOCK_FULL, (int64_t) block->arena_used,
							  BLOCK_ARENA_SIZE / 2);
	return MC_OK;
}

static McStatus
check_admission(LedgerBlock *block, McProblem *problem)
{
	/* a transaction may have been let in before the epoch whose rules it meets here */
	if (block->store.rules != NULL &&
		tx_check_rules(block->view, block->store.rules, problem) != MC_OK)
		return problem->status;
	if (tx_check_time(block->view, block->block_time_ms, problem) != MC_OK ||
		tx_check_height(block->view, block->height, problem) != MC_OK)
		return problem->status;
	if (check_submission(block, problem) != MC_OK)
		return problem->status;
	return check_room(block, problem);
}

static McStatus
spend_inputs(LedgerBlock *block, McProblem *problem)
{
	WireReader reader;
	TxInput input;
	uint32_t index = 0;

	wire_reader_init(&reader, block->view->inputs);
	while (tx_next_input(&reader, &input))
		if (world_spend(block, &input, index++, problem) != MC_OK)
			return problem->status;
	return MC_OK;
}

static McStatus
run_operations(LedgerBlock *block, McProblem *problem)
{
	WireReader reader;
	TxOperation operation = { 0 };

	wire_reader_init(&reader, block->view->operations);
	while (tx_next_operation(&reader, block->view, &operation))
	{
		const TxOperationKind *kind = operation_kind(operation.kind);

		assert(kind != NULL);
		block->output_kind = LEDGER_OUTPUT_PAYMENT;
		if (kind->execute(&operation, &block->world, problem) != MC_OK)
		{
			problem->operation = (int32_t) operation.index;
			return problem->status;
		}
	}
	return MC_OK;
}

static McStatus
give_change(LedgerBlock *block, McProblem *problem)
{
	WireReader reader;
	TxChange change;

	wire_reader_init(&reader, block->view->change);
	while (tx_next_change(&reader, &change))
	{
		TxOutput output = { .asset = change.asset, .amount = change.amount };

		tx_actor_address(block->view, change.actor, &output.address);
		if (world_add_output(block, change.actor, &output, LEDGER_OUTPUT_CHANGE, problem) != MC_OK)
			return problem->status;
	}
	return MC_OK;
}

static McStatus
run_transaction(LedgerBlock *block, McProblem *problem)
{
	if (check_admission(block, problem) != MC_OK || spend_inputs(block, problem) != MC_OK ||
		run_operations(block, problem) != MC_OK || give_change(block, problem) != MC_OK ||
		world_pay_fee(block, problem) != MC_OK || world_balanced(block, problem) != MC_OK)
		return problem->status;
	return MC_OK;
}

/* One entry of the write set: what happened to which element of the state. */
static void
write_entry(LedgerBlock *block, size_t *used, uint8_t action, const McHash *element)
{
	uint8_t *out = block->arena + block->arena_used + *used;

	assert(block->arena_used + *used + 1 + HASH_SIZE <= BLOCK_ARENA_SIZE);
	out[0] = action;
	memcpy(out + 1, element->bytes, HASH_SIZE);
	*used += 1 + HASH_SIZE;
}

#define WRITE_REMOVED 0
#define WRITE_ADDED 1

/* The value a row had before row i: an earlier row of the block or committed state. */
static bool
row_before(LedgerBlock *block, uint32_t i, McSpan *value)
{
	const LedgerRow *row = &block->rows[i];
	uint32_t before = world_find_row(block, block->row_next[i], row->table, row->key);

	if (before != NO_ENTRY)
	{
		block->rows[before].superseded = true;
		*value = block->rows[before].value;
		return true;
	}
	return block->store.get_row(block->store.context, row->table, row->key, value);
}

static void
commit_rows(LedgerBlock *block, const LedgerMark *mark, size_t *used)
{
	for (uint32_t i = mark->rows; i < block->row_count; i++)
	{
		const LedgerRow *row = &block->rows[i];
		McHash element;
		McSpan before;

		if (row_before(block, i, &before))
		{
			ledger_row_element(row->table, row->key, before, &element);
			lthash_remove(block->state, &element);
			write_entry(block, used, WRITE_REMOVED, &element);
		}
		ledger_row_element(row->table, row->key, row->value, &element);
		lthash_add(block->state, &element);
		write_entry(block, used, WRITE_ADDED, &element);
	}
}

/* Books a successful transaction into the state's set and into its leaf of the write set. */
static size_t
commit_effects(LedgerBlock *block, const LedgerMark *mark)
{
	size_t used = 0;
	McHash element;

	for (uint32_t i = mark->spends; i < block->spend_count; i++)
	{
		ledger_output_element(&block->spends[i].output, &element);
		lthash_remove(block->state, &element);
		write_entry(block, &used, WRITE_REMOVED, &element);
	}
	for (uint32_t i = mark->outputs; i < block->output_count; i++)
	{
		ledger_output_element(&block->outputs[i], &element);
		lthash_add(block->state, &element);
		write_entry(block, &used, WRITE_ADDED, &element);
	}
	commit_rows(block, mark, &used);
	block->fees_paid += block->view->fee;
	return used;
}

/* Every transaction has a leaf in both trees, at its position; a refused one wrote nothing. */
static void
add_leaves(LedgerBlock *block, const McProblem *problem, size_t write_size)
{
	McSpan writes = span_of(block->arena + block->arena_used, write_size);
	uint8_t receipt[RECEIPT_BYTES_MAX];
	WireWriter writer;
	McHash leaf;

	wire_writer_init(&writer, receipt, sizeof(receipt));
	receipt_write(&writer, &block->view->txid, problem);
	receipt_leaf(wire_written(&writer), &leaf);
	merkle_builder_add(&block->receipts, &leaf);
	merkle_leaf(&leaf, &writes, 1);
	merkle_builder_add(&block->writeset, &leaf);
}

McStatus
ledger_block_execute(LedgerBlock *block, const TxView *view)
{
	LedgerMark mark = { block->output_count, block->spend_count, block->burn_count,
						block->row_count, block->arena_used };
	LedgerTx *tx = &block->txs[block->tx_count];
	uint32_t bucket = submission_bucket(view);
	size_t write_size = 0;

	assert(block->tx_count < BLOCK_TX_MAX);
	block->submission_buckets[block->tx_count] = bucket;
	*tx = (LedgerTx){ .view = view, .first_output = mark.outputs, .first_spend = mark.spends };
	status_problem(&tx->problem, MC_OK, 0, 0);
	world_begin(block, view);
	if (run_transaction(block, &tx->problem) == MC_OK)
		write_size = commit_effects(block, &mark);
	else
		world_cut(block, &mark);
	add_leaves(block, &tx->problem, write_size);
	tx->output_count = block->output_count - mark.outputs;
	tx->spend_count = block->spend_count - mark.spends;
	/* a duplicate must not hide the first of its name */
	if (tx->problem.status != MC_DUPLICATE)
	{
		block->submission_next[block->tx_count] = block->submission_heads[bucket];
		block->submission_heads[bucket] = block->tx_count;
	}
	block->tx_count++;
	return tx->problem.status;
}

static void
add_fees(LedgerBlock *block, size_t *used)
{
	LedgerOutput *made = &block->outputs[block->output_count];
	McHash element;

	assert(block->output_count <= BLOCK_OUTPUTS_MAX);
	*made = (LedgerOutput){
		.output_id = OUTPUT_ID(block->height, block->output_count),
		.address = block->fees.payee,
		.asset = block->fees.asset,
		.amount = block->fees_paid,
		.position = block->tx_count,
		.kind = LEDGER_OUTPUT_FEES,
	};
	ledger_fees_txid(block->height, &made->txid);
	block->output_count++;
	ledger_output_element(made, &element);
	lthash_add(block->state, &element);
	write_entry(block, used, WRITE_ADDED, &element);
}

/*
 * The fees of one asset in one block are part of its supply, so they fit an int64. Their entry in
 * the write set is the leaf after the transactions', behind those of the block's own rows; a block
 * without either has no such leaf.
 */
void
ledger_block_close(LedgerBlock *block)
{
	LedgerMark mark = { .rows = block->row_count };
	McHash leaf;
	size_t used = 0;
	McSpan writes;

	while (mark.rows > 0 && block->rows[mark.rows - 1].position == block->tx_count)
		mark.rows--;
	commit_rows(block, &mark, &used);
	if (block->fees_paid != 0)
		add_fees(block, &used);
	if (used == 0)
		return;
	writes = span_of(block->arena + block->arena_used, used);
	merkle_leaf(&leaf, &writes, 1);
	merkle_builder_add(&block->writeset, &leaf);
}

void
ledger_block_roots(const LedgerBlock *block, LedgerRoots *roots)
{
	merkle_builder_root(&block->receipts, &roots->receipts_root);
	merkle_builder_root(&block->writeset, &roots->writeset_root);
	lthash_digest(block->state, &roots->state_digest);
}

const LedgerTx *
ledger_block_txs(const LedgerBlock *block, uint32_t *count)
{
	*count = block->tx_count;
	return block->txs;
}

const LedgerOutput *
ledger_block_outputs(const LedgerBlock *block, uint32_t *count)
{
	*count = block->output_count;
	return block->outputs;
}

const LedgerSpend *
ledger_block_spends(const LedgerBlock *block, uint32_t *count)
{
	*count = block->spend_count;
	return block->spends;
}

const LedgerBurn *
ledger_block_burns(const LedgerBlock *block, uint32_t *count)
{
	*count = block->burn_count;
	return block->burns;
}

const LedgerRow *
ledger_block_rows(const LedgerBlock *block, uint32_t *count)
{
	*count = block->row_count;
	return block->rows;
}

int64_t
ledger_block_fees(const LedgerBlock *block)
{
	return block->fees_paid;
}
