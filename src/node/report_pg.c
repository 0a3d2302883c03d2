/*
 * report_pg.c - the order worker reports who lied: what the core calls evidence becomes a
 * transaction of this node, and any member's next block names the liar (A10, R18). Nobody needs to
 * be trusted with it: the proof is judged by everybody who validates the block.
 */
#include "ledger/report.h"

#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "node/launcher_pg.h"
#include "node/order_pg.h"
#include "tx/build.h"

/* A member that goes on lying where it leads views and votes is reported so often at most. */
#define REPORT_AGAIN_MS 1000
#define REPORT_ENVELOPE_MAX (REPORT_BYTES_MAX + 1024)

/* Half of the window lies before the later of both clocks: chain time may run ahead or stand. */
static void
fill_header(TxHeader *header)
{
	const TxRules *rules = &order.genesis->rules;
	uint64_t now_ms = order_wall_ms();

	LWLockAcquire(node_shared->lock, LW_SHARED);
	now_ms = Max(now_ms, node_shared->tip.ts_ms);
	LWLockRelease(node_shared->lock);
	memset(header, 0, sizeof(*header));
	memcpy(header->chain_id, order.genesis->chain_id, CHAIN_ID_SIZE);
	condition_address_of_key(&order.voting.key, &header->sender);
	header->valid_from_ms = now_ms - Min(now_ms, rules->window_max_ms / 2);
	header->valid_until_ms = header->valid_from_ms + rules->window_max_ms;
	keys_random(header->submission, SUBMISSION_SIZE);
	tx_name_submission(now_ms, header->submission);
	header->reference = span_text("");
	header->fee = rules->fee_floor;
}

/* Signed by the voting key, in whose name this node speaks; 0: it did not fit. */
static size_t
build(uint32_t member, McSpan proof, uint8_t out[REPORT_ENVELOPE_MAX])
{
	uint64_t room[(REPORT_BYTES_MAX + 64) / 8];
	uint8_t body_bytes[REPORT_ENVELOPE_MAX];
	WireWriter body;
	WireWriter envelope;
	TxBuilder builder;
	TxHeader header;
	McProblem problem;
	McHash txid;
	McHash signing;

	fill_header(&header);
	tx_build_init(&builder, &header, room, sizeof(room));
	operation_put_report(tx_build_operation(&builder, OPERATION_REPORT, 0), member, proof);
	wire_writer_init(&body, body_bytes, sizeof(body_bytes));
	if (tx_build_body(&builder, &body, &problem) != MC_OK)
		return 0;
	tx_txid(wire_written(&body), &txid);
	tx_signing_hash(header.chain_id, &txid, &signing);
	wire_writer_init(&envelope, out, REPORT_ENVELOPE_MAX);
	tx_put_envelope(&envelope, wire_written(&body), 1);
	tx_put_key_witness(&envelope, &order.voting, &signing);
	return envelope.full ? 0 : envelope.size;
}

/* Into the pool, as a session's, but nobody waits for it. */
static void
hand_in(McSpan bytes)
{
	TxView view;
	McProblem problem;
	uint32_t slot;

	if (tx_read(bytes, &view, &problem) != MC_OK)
		elog(ERROR, "a report of this node cannot be read: status %d", (int) problem.status);
	slot = pool_claim(bytes.size);
	if (slot != POOL_NONE)
		(void) pool_publish(slot, &view, COMMIT_LOCAL, false);
}

void
order_report(const PbftEffect *effect)
{
	static uint64_t reported_ms[PBFT_NODE_MAX];
	uint8_t envelope[REPORT_ENVELOPE_MAX];
	uint64_t *last_ms = &reported_ms[effect->member];
	size_t size;

	if (!order.genesis->seated || effect->member == order.self ||
		(*last_ms != 0 && order.now_ms - *last_ms < REPORT_AGAIN_MS) ||
		pbft_left_out_as_liar(order.replica, effect->member))
		return;
	*last_ms = order.now_ms;
	ereport(LOG, (errmsg("meschain holds evidence against member \"%s\" and reports it",
						 order.genesis->document.members[effect->member].name),
				  errhint("mes.evidence shows it once it stands in a block.")));
	size = build(order.genesis->numbers[effect->member], effect->bytes, envelope);
	if (size > 0)
		hand_in(span_of(envelope, size));
}
