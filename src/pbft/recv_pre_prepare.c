/*
 * recv_pre_prepare.c - M1. Kept for its height when it is of this view; judged when the tip reaches
 * it (R3), so order of arrival does not matter.
 */
#include "pbft/replica.h"

/* E1: two proposals for one view and height. */
static McStatus
compare(PbftReplica *replica, const PbftProposed *old, const PbftMessage *message)
{
	PbftMessage *first = &replica->scratch;

	if (hash_equal(&old->hash, &message->subject.hash))
		return MC_OK;
	*first = *message;
	first->subject.hash = old->hash;
	first->u.proposal.header = old->header;
	first->u.proposal.has_checkpoint = false;
	memcpy(first->signature, old->signature, PBFT_SIGNATURE_SIZE);
	pbft_evidence(replica, first, message);
	return MC_OK;
}

static void
early_fill(PbftProposed *early, const PbftMessage *message)
{
	early->height = message->subject.height;
	early->view = message->subject.view;
	early->hash = message->subject.hash;
	early->header = message->u.proposal.header;
	memcpy(early->signature, message->signature, PBFT_SIGNATURE_SIZE);
}

/* The sender's own places: what is nearest to the tip is dearest. */
static McStatus
keep_early(PbftReplica *replica, const PbftMessage *message)
{
	PbftProposed *places = replica->early[message->sender];
	PbftProposed *victim = &places[0];

	for (int i = 0; i < PBFT_EARLY_MAX; i++)
	{
		PbftProposed *early = &places[i];

		if (early->view != replica->view || early->height <= replica->tip)
			early->height = 0;
		if (early->height == message->subject.height)
			return compare(replica, early, message);
		if (early->height == 0 || (victim->height != 0 && early->height > victim->height))
			victim = early;
	}
	if (victim->height == 0 || victim->height > message->subject.height)
		early_fill(victim, message);
	return MC_OK;
}

McStatus
pbft_recv_pre_prepare(PbftReplica *replica, const PbftMessage *message)
{
	PbftProposed proposal;
	PbftSlot *slot;
	uint64_t height = message->subject.height;

	if (message->u.proposal.has_checkpoint)
		pbft_learn_result(replica, &message->u.proposal.checkpoint);
	/* whoever has not entered the view asks again by STATUS when it has */
	if (message->subject.view != replica->view || !replica->active)
		return MC_CONSENSUS_RANGE;
	if (height <= replica->base.height || !pbft_in_window(replica, height))
		return MC_CONSENSUS_RANGE;
	slot = pbft_slot(replica, height);
	if (slot->proposed && slot->proposal.header.proposer == message->sender)
		return compare(replica, &slot->proposal, message);
	if (height <= replica->tip)
		return MC_CONSENSUS_RANGE;
	if (height > replica->tip + 1)
		return keep_early(replica, message);
	if (message->sender != pbft_tip_proposer(replica))
		return MC_CONSENSUS_PROPOSAL;
	early_fill(&proposal, message);
	pbft_proposal_put(slot, &proposal);
	return MC_OK;
}
