/*
 * view.c - what is done with an envelope that was read: walking its parts, verifying signatures,
 * judging it by the rules of its chain. Reads spans that tx_read checked, so walking cannot fail.
 */
#include "base/digest.h"
#include "tx/operation.h"
#include "tx/part.h"
#include "tx/witness.h"

bool
tx_next_operation(WireReader *reader, const TxView *view, TxOperation *operation)
{
	uint64_t kind = 0;
	uint64_t actor = 0;
	bool valid;

	if (wire_peek(reader) == WIRE_NOTHING)
		return false;
	operation->index = reader->offset == 0 ? 0 : operation->index + 1;
	valid = wire_read_tuple(reader, 3) && wire_read_uint(reader, &kind) &&
			wire_read_uint(reader, &actor) &&
			wire_read_bytes(reader, SIZE_MAX, &operation->arguments);
	assert(valid && actor < view->actor_count);
	operation->kind = (uint16_t) kind;
	operation->actor = (uint32_t) actor;
	tx_actor_address(view, operation->actor, &operation->actor_address);
	return valid;
}

bool
tx_next_change(WireReader *reader, TxChange *change)
{
	uint64_t actor = 0;
	bool valid;

	if (wire_peek(reader) == WIRE_NOTHING)
		return false;
	valid = wire_read_tuple(reader, 3) && wire_read_uint(reader, &actor) &&
			part_read_asset(reader, &change->asset, NULL) == MC_OK &&
			part_read_amount(reader, "", &change->amount, NULL) == MC_OK;
	assert(valid);
	change->actor = (uint32_t) actor;
	return valid;
}

void
tx_outputs_init(TxOutputs *outputs, const TxView *view)
{
	*outputs = (TxOutputs){ .view = view, .operation_index = -1 };
	wire_reader_init(&outputs->operations, view->operations);
	wire_reader_init(&outputs->change, view->change);
}

static bool
next_change_output(TxOutputs *outputs, TxOutput *output)
{
	TxChange change;

	outputs->operation_index = -1;
	if (!tx_next_change(&outputs->change, &change))
		return false;
	tx_actor_address(outputs->view, change.actor, &output->address);
	output->asset = change.asset;
	output->amount = change.amount;
	return true;
}

bool
tx_next_output(TxOutputs *outputs, TxOutput *output)
{
	for (;;)
	{
		const TxOperationKind *kind = operation_kind(outputs->operation.kind);

		if (kind != NULL && kind->next_output != NULL &&
			kind->next_output(&outputs->operation, &outputs->cursor, output))
		{
			outputs->operation_index = (int32_t) outputs->operation.index;
			return true;
		}
		if (!tx_next_operation(&outputs->operations, outputs->view, &outputs->operation))
			break;
		outputs->cursor = (TxOutputCursor){ 0 };
	}
	outputs->operation.kind = 0; /* none: only change is left */
	return next_change_output(outputs, output);
}

void
tx_signing_hash(const uint8_t chain_id[CHAIN_ID_SIZE], const McHash *txid, McHash *hash)
{
	McSpan parts[3] = { span_text("MES1-sign-tx"), span_of(chain_id, CHAIN_ID_SIZE),
						span_hash(txid) };

	digest_sha256(hash, parts, 3);
}

McStatus
tx_verify(const TxView *view, McProblem *problem)
{
	McStatus status = MC_OK;
	McHash signing_hash;
	WireReader reader;

	tx_signing_hash(view->chain_id, &view->txid, &signing_hash);
	wire_reader_init(&reader, view->witnesses);
	for (uint32_t i = 0; status == MC_OK && i < view->actor_count; i++)
	{
		McAddress actor;
		TxWitness witness;

		tx_actor_address(view, i, &actor);
		status = witness_read(&reader, NULL, &witness, problem);
		assert(status == MC_OK);
		status = witness_verify(&witness, &actor, &signing_hash, problem);
	}
	return status;
}

int64_t
tx_fee_floor(const TxRules *rules, const TxOperation *only)
{
	WireReader reader;
	McSpan code;

	if (rules->fee_asset.code[0] == '\0')
		return 0;
	if (only == NULL || only->kind != OPERATION_ISSUE_ASSET)
		return rules->fee_floor;
	wire_reader_init(&reader, only->arguments);
	if (wire_read_tuple(&reader, 5) && wire_read_text(&reader, ASSET_CODE_MAX, &code) &&
		span_compare(code, span_text(rules->fee_asset.code)) == 0)
		return 0;
	return rules->fee_floor;
}

static McStatus
check_fee(const TxView *view, const TxRules *rules, McProblem *problem)
{
	WireReader reader;
	TxOperation only = { 0 };
	int64_t floor;

	wire_reader_init(&reader, view->operations);
	floor = tx_fee_floor(
		rules,
		view->operation_count == 1 && tx_next_operation(&reader, view, &only) ? &only : NULL);
	if (rules->fee_asset.code[0] == '\0' && view->fee != 0)
		return status_problem(problem, MC_FEE_NOT_ZERO, view->fee, 0);
	if (rules->fee_asset.code[0] != '\0' && view->fee < floor)
		return status_problem(problem, MC_FEE_TOO_LOW, view->fee, floor);
	return MC_OK;
}

McStatus
tx_check_rules(const TxView *view, const TxRules *rules, McProblem *problem)
{
	uint64_t window_ms = view->valid_until_ms - view->valid_from_ms;

	if (memcmp(view->chain_id, rules->chain_id, CHAIN_ID_SIZE) != 0)
		return part_problem_hex(problem, MC_WRONG_CHAIN, view->chain_id, CHAIN_ID_SIZE);
	if (view->bytes.size > rules->bytes_max)
		return status_problem(problem, MC_TX_TOO_LARGE, (int64_t) view->bytes.size,
							  rules->bytes_max);
	if (view->signature_count > rules->signatures_max)
		return status_problem(problem, MC_TOO_MANY_SIGNATURES, view->signature_count,
							  rules->signatures_max);
	if (window_ms > rules->window_max_ms)
		return status_problem(problem, MC_WINDOW_TOO_LONG, (int64_t) window_ms,
							  (int64_t) rules->window_max_ms);
	return check_fee(view, rules, problem);
}

McStatus
tx_check_time(const TxView *view, uint64_t block_time_ms, McProblem *problem)
{
	if (block_time_ms < view->valid_from_ms)
		return status_problem(problem, MC_NOT_YET_VALID, (int64_t) view->valid_from_ms,
							  (int64_t) block_time_ms);
	if (block_time_ms > view->valid_until_ms)
		return status_problem(problem, MC_EXPIRED, (int64_t) view->valid_until_ms,
							  (int64_t) block_time_ms);
	return MC_OK;
}

McStatus
tx_check_height(const TxView *view, uint64_t height, McProblem *problem)
{
	if (height < view->lock_height)
		return status_problem(problem, MC_LOCKED, (int64_t) view->lock_height, (int64_t) height);
	return MC_OK;
}
