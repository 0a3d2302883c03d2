/*
 * accept.c - R3: whether a proposal may be voted for, and the PREPARE. Apart from the body's
 * presence and the clock, the answer is a function of the block and its ancestors (A2).
 */
#include "pbft/replica.h"

typedef enum Verdict
{
	VERDICT_GOOD,
	VERDICT_WAIT,
	VERDICT_BAD
} Verdict;

/* A15: what the header says of results is what this node knows; what it does not know yet, it waits
 * for. The certificate that came with the proposal has been learned before. */
static Verdict
check_stable(PbftReplica *replica, const PbftHeader *header, const PbftTip *parent)
{
	const PbftFinal *final;
	const PbftResultSlot *slot = &replica->results[header->stable_height % PBFT_LAG_MAX];
	const McHash *known;

	if (header->stable_height < parent->stable_height || header->stable_height >= header->height)
		return VERDICT_BAD;
	if (header->stable_height == parent->stable_height)
		return hash_equal(&header->stable_exec_root, &parent->stable_exec_root) ? VERDICT_GOOD
																				 : VERDICT_BAD;
	final = pbft_final(replica, header->stable_height);
	if (slot->height == header->stable_height && slot->stable)
		known = &slot->votes[slot->witness].exec_root;
	else if (final != NULL && final->executed && header->stable_height <= replica->stable)
		known = &final->exec_root;
	else if (header->stable_height == replica->root.height)
		known = &replica->root.exec_root;
	else
		return VERDICT_WAIT;
	return hash_equal(&header->stable_exec_root, known) ? VERDICT_GOOD : VERDICT_BAD;
}

/* A12: a clock that runs ahead must not stop the chain, nor one that stands an hour behind silence
 * its owner: f + 1 others' PREPAREs hold an honest clock's word. */
static Verdict
check_time(PbftReplica *replica, const PbftSlot *slot, const PbftTip *parent)
{
	uint32_t others;
	uint64_t ts = slot->proposal.header.ts_ms;

	if (ts <= parent->ts_ms)
		return VERDICT_BAD;
	if (ts == parent->ts_ms + 1 || ts <= pbft_clock(replica) + replica->config.drift_ms)
		return VERDICT_GOOD;
	others = pbft_slot_prepares(replica, slot, replica->view, &slot->proposal.hash);
	return others >= replica->faults + 1 ? VERDICT_GOOD : VERDICT_WAIT;
}

static Verdict
check_header(PbftReplica *replica, const PbftSlot *slot, const PbftTip *parent)
{
	const PbftHeader *header = &slot->proposal.header;
	const PbftChain *chain = pbft_tip_chain(replica);
	uint64_t skip_first;
	uint32_t skip_count;

	pbft_skips_due(replica, chain, &skip_first, &skip_count);
	if (header->shard != replica->config.domain.shard || header->epoch != replica->config.epoch ||
		header->height != parent->height + 1 || header->proposer != pbft_tip_proposer(replica) ||
		!pbft_chain_reveal_good(chain, header) || header->skip_first != skip_first ||
		!pbft_causes_within(&header->causes, replica->config.member_count) ||
		header->skip_count != skip_count ||
		(header->flags & ~PBFT_FLAG_YIELDS) != pbft_flags_due(replica, parent, chain))
		return VERDICT_BAD;
	return VERDICT_GOOD;
}

static void
ask_body(PbftReplica *replica, PbftBlock *block)
{
	PbftEffect *effect;

	if (block->body != PBFT_BODY_UNKNOWN)
		return;
	block->body = PBFT_BODY_ASKED;
	effect = pbft_emit(replica, PBFT_VALIDATE);
	effect->height = block->header.height;
	effect->hash = block->hash;
	effect->header = pbft_emit_header(replica, &block->header);
}

static bool
may_accept(const PbftReplica *replica)
{
	return replica->started && pbft_may_vote(replica) && replica->active &&
		   !replica->no_prepare && !replica->ended && replica->tip >= replica->committed &&
		   replica->tip + 1 - replica->committed <= replica->config.window &&
		   replica->tip + 1 - replica->stable <= replica->config.lag;
}

/* What came before its parent, once the parent says whose slot it is. */
static void
take_early(PbftReplica *replica, PbftSlot *slot)
{
	uint32_t proposer = pbft_tip_proposer(replica);

	if (proposer >= replica->config.member_count)
		return;
	for (int i = 0; i < PBFT_EARLY_MAX; i++)
	{
		PbftProposed *early = &replica->early[proposer][i];

		if (early->height == slot->height && early->view == replica->view)
			pbft_proposal_put(slot, early);
	}
}

/* Takes the waiting proposals above the tip, one by one, as far as they are good. */
void
pbft_accept_next(PbftReplica *replica)
{
	while (may_accept(replica))
	{
		PbftSlot *slot = pbft_slot(replica, replica->tip + 1);
		PbftBlock *block;
		PbftTip parent;

		if (!slot->proposed)
			take_early(replica, slot);
		if (!slot->proposed || slot->accepted ||
			!hash_equal(&slot->proposal.header.parent_hash, &replica->tip_hash) ||
			!pbft_block_tip(replica, &replica->tip_hash, &parent) ||
			(parent.flags & PBFT_FLAG_END_EPOCH) != 0)
			return;
		if (check_header(replica, slot, &parent) != VERDICT_GOOD ||
			check_stable(replica, &slot->proposal.header, &parent) != VERDICT_GOOD)
			return;
		block = pbft_block_add(replica, &slot->proposal.header, &slot->proposal.hash);
		ask_body(replica, block);
		if (block->body != PBFT_BODY_HELD ||
			check_time(replica, slot, &parent) != VERDICT_GOOD)
			return;
		pbft_accept(replica, slot, block);
	}
}

void
pbft_accept(PbftReplica *replica, PbftSlot *slot, PbftBlock *block)
{
	assert(slot->height == replica->tip + 1);
	assert(hash_equal(&block->header.parent_hash, &replica->tip_hash));
	slot->accepted = true;
	slot->accepted_hash = block->hash;
	replica->tip = slot->height;
	replica->tip_hash = block->hash;
	block->prepared = true;
	block->view_seen = replica->view;
	pbft_record_header(replica, block);
	pbft_prepare_vote(replica, slot->height, &block->hash);
}

/* The PREPARE of this node; at most one a view and height, because the tip only rises in a view. */
void
pbft_prepare_vote(PbftReplica *replica, uint64_t height, const McHash *hash)
{
	PbftSlot *slot = pbft_slot(replica, height);
	PbftMessage *message = &replica->scratch;

	assert(pbft_may_vote(replica) && replica->active && !replica->no_prepare);
	assert(slot->prepare[replica->config.self].view_next <= replica->view);
	memset(&message->subject, 0, sizeof(message->subject));
	memset(message->signature, 0, PBFT_SIGNATURE_SIZE);
	message->kind = PBFT_PREPARE;
	message->subject.kind = PBFT_PREPARE;
	message->subject.view = replica->view;
	message->subject.height = height;
	message->subject.hash = *hash;
	/*
	 * A PREPARE's signature has two uses: it travels, and it proves a lock to a new primary. Alone
	 * there is neither; what outlives the node are COMMIT and CHECKPOINT certificates, signed
	 * always.
	 */
	if (replica->config.member_count > 1)
	{
		pbft_message_sign(replica, message);
		pbft_record_message(replica, message);
		pbft_emit_broadcast(replica, message);
	}
	pbft_slot_store(replica, slot, replica->config.self, &message->subject, message->signature);
	pbft_check_prepared(replica, height);
}
