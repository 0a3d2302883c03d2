/*
 * order_recovery_pg.c - the order worker's part in a recovery (C8): it closes its instance and says
 * what it proves; and it begins the instance that a recovery made with the blocks that came along.
 */
#include "node/order_pg.h"

#include "node/recovery_pg.h"
#include "node/votelog_pg.h"
#include "utils/memutils.h"

/* ---- a statement -------------------------------------------------------------------------------
 */

static PbftInstance
instance(void)
{
	const NodeGenesis *genesis = order.genesis;

	return (PbftInstance){ .epoch = genesis->epoch,
						   .resume_no = genesis->resume_no,
						   .anchor_hash = genesis->anchor.hash,
						   .valset_hash = genesis->valset_hash };
}

/* D10, durable before anybody hears of it. False: this node's log is no witness. */
static bool
close_instance(void)
{
	PbftSummary summary;

	if (order.closed)
		return true;
	pbft_summary(order.replica, &summary);
	if (!order.genesis->seated || order.fenced || order.member_count == 1)
		return false;
	order_step((PbftEvent){ .kind = PBFT_EVENT_CLOSE });
	order_flush();
	if (order.fenced)
		return false;
	/* a start that nobody confirmed may have forgotten something (R17b) */
	order.closed = summary.echoed && summary.mode != PBFT_MODE_DIVERGED;
	order.fenced = true;
	order.fence_reason = "this node made a statement for a recovery";
	node_set_mode(NODE_FENCED, order.fence_reason, RECOVERY_HINT_CLOSED);
	ereport(LOG, (errmsg("meschain votes no more before the recovery that it made a statement "
						 "for")));
	return order.closed;
}

/* Every block between the tables and this one is here with its bodies: calls for each. */
static bool
chain_held(const McHash *hash, const PbftTip *tip, void (*take)(const HeldBlock *, StringInfo),
		   StringInfo out)
{
	McHash at = *hash;

	while (!hash_equal(&at, &tip->hash))
	{
		HeldBlock *block = block_find(&at);

		if (block == NULL || block->slots == NULL || !block_complete(block) ||
			block->header.height <= tip->height)
			return false;
		if (take != NULL)
			take(block, out);
		at = block->header.parent_hash;
	}
	return true;
}

static void
put_block(const HeldBlock *block, StringInfo out)
{
	McSpan record = block_record(block);
	uint8_t size[4];

	put_be32(size, (uint32_t) record.size);
	appendBinaryStringInfo(out, (const char *) size, sizeof(size));
	appendBinaryStringInfo(out, (const char *) record.data, (int) record.size);
}

/* A certificate is of use with the blocks up to it; what is a row here is held. */
static void
keep_if_held(PbftProof *proof, const PbftTip *tip, StringInfo blocks)
{
	const PbftSubject *subject = &proof->certificate.subject;

	if (!proof->present || subject->height <= tip->height)
		return;
	proof->present = chain_held(&subject->hash, tip, NULL, NULL);
	if (proof->present)
		(void) chain_held(&subject->hash, tip, put_block, blocks);
}

static void
fill_statement(PbftAttest *attest)
{
	PbftInstance at = instance();
	StringInfoData blocks;
	PbftTip tip;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	tip = node_shared->tip;
	LWLockRelease(node_shared->lock);
	initStringInfo(&blocks);
	pbft_attest(order.replica, &at, attest);
	keep_if_held(&attest->lock, &tip, &blocks);
	keep_if_held(&attest->commit, &tip, &blocks);
	keep_if_held(&attest->result, &tip, &blocks);
	/* a first key was never replaced: its log reaches back to genesis */
	attest->since_resume = order.genesis->incarnation == 0 ? 0 : at.resume_no;
	attest->since_epoch = order.genesis->incarnation == 0 ? 0 : at.epoch;
	recovery_write_file(RECOVERY_FILE_HELD, span_of(blocks.data, (size_t) blocks.len));
	pfree(blocks.data);
}

void
order_answer_recovery(void)
{
	RecoveryDesk *desk = &node_shared->recovery;

	if (pg_atomic_read_u32(&desk->stage) != RECOVERY_ASKED)
		return;
	pg_read_barrier();
	memset(&desk->attest, 0, sizeof(desk->attest));
	desk->witness = close_instance();
	if (desk->witness)
		fill_statement(&desk->attest);
	pg_write_barrier();
	pg_atomic_write_u32(&desk->stage, RECOVERY_ANSWERED);
}

bool
order_may_vote(void)
{
	PbftAttest *attest = palloc(sizeof(PbftAttest));
	McSpan statement;
	bool witness;
	bool made = recovery_kept_statement(order.voting.key.public_key, &witness, attest, &statement);
	bool may = !made || attest->resume_no <= order.genesis->resume_no;

	pfree(attest);
	return may;
}

/* ---- a recovery's first blocks -----------------------------------------------------------------
 */

static bool
find_block(McSpan blocks, const McHash *wanted, McSpan *record, PbftHeader *header)
{
	McHash hash;

	while (recovery_next_block(&blocks, record, header, &hash))
		if (hash_equal(&hash, wanted))
			return true;
	return false;
}

/* From the base down; what apply checked when it was handed in is here, or this node waits for it
 * as an observer would. */
void
order_take_recovery(uint64_t applied)
{
	McSpan blocks;
	McHash at = order.genesis->anchor.hash;
	McSpan record;
	PbftHeader header;

	if (!order.genesis->resumed || applied >= order.genesis->anchor.height)
		return;
	blocks = recovery_read_file(RECOVERY_FILE_BLOCKS);
	while (find_block(blocks, &at, &record, &header) && header.height > applied)
	{
		uint8_t logged[1 + PBFT_HEADER_SIZE] = { 1 };

		block_read_record(record);
		pbft_header_encode(&header, logged + 1);
		pbft_step(
			order.replica,
			&(PbftEvent){ .kind = PBFT_EVENT_RECORD, .bytes = span_of(logged, sizeof(logged)) },
			order.effects);
		at = header.parent_hash;
	}
}
