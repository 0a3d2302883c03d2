/*
 * recv_pre_prepare.c - M1. Kept for its height when it is of this view and from its proposer;
 * judged when the tip reaches it (R3), so order of arrival does not matter.
 */
#include "pbft/replica.h"

/* E1: two proposals for one view and height. */
static void
second_proposal(PbftReplica *replica, const PbftSlot *slot, const PbftMessage *message)
{
	PbftMessage *first = &replica->scratch;

	*first = *message;
	first->subject.hash = slot->proposal_hash;
	first->u.proposal.header = slot->proposal;
	first->u.proposal.has_checkpoint = false;
	memcpy(first->signature, slot->proposal_signature, PBFT_SIGNATURE_SIZE);
	pbft_evidence(replica, first, message);
}

McStatus
pbft_recv_pre_prepare(PbftReplica *replica, const PbftMessage *message)
{
	PbftSlot *slot;
	uint64_t height = message->subject.height;

	if (message->u.proposal.has_checkpoint)
		pbft_learn_result(replica, &message->u.proposal.checkpoint);
	/* whoever has not entered the view asks again by STATUS when it has */
	if (message->subject.view != replica->view || !replica->active)
		return MC_CONSENSUS_RANGE;
	if (height <= replica->base.height || !pbft_in_window(replica, height))
		return MC_CONSENSUS_RANGE;
	if (message->sender != pbft_proposer(replica, height))
		return MC_CONSENSUS_PROPOSAL;
	slot = pbft_slot(replica, height);
	if (slot->proposed)
	{
		if (!hash_equal(&slot->proposal_hash, &message->subject.hash) &&
			message->sender != replica->config.self)
			second_proposal(replica, slot, message);
		return MC_OK;
	}
	if (height <= replica->tip)
		return MC_CONSENSUS_RANGE;
	slot->proposed = true;
	slot->proposal = message->u.proposal.header;
	slot->proposal_hash = message->subject.hash;
	memcpy(slot->proposal_signature, message->signature, PBFT_SIGNATURE_SIZE);
	return MC_OK;
}
