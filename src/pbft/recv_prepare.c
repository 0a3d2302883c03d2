/*
 * recv_prepare.c - M2.
 */
#include "pbft/replica.h"

McStatus
pbft_recv_prepare(PbftReplica *replica, const PbftMessage *message)
{
	uint64_t height = message->subject.height;
	const PbftVote *old;
	PbftSlot *slot;

	if (!pbft_in_window(replica, height) || message->subject.view < replica->view)
		return MC_CONSENSUS_RANGE;
	slot = pbft_slot(replica, height);
	old = &slot->prepare[message->sender];
	/* E2: two PREPAREs for one view and height */
	if (old->view_next == message->subject.view + 1 &&
		!hash_equal(&old->hash, &message->subject.hash))
	{
		pbft_vote_message(replica, PBFT_PREPARE, message->sender, height, old, &replica->scratch);
		pbft_evidence(replica, &replica->scratch, message);
		return MC_OK;
	}
	/* once a vote: a faulty member that repeats it would have a proposal for each */
	if (old->view_next != message->subject.view + 1)
		pbft_proposal_show(replica, slot, message);
	pbft_slot_store(replica, slot, message->sender, &message->subject, message->signature);
	pbft_check_prepared(replica, height);
	return MC_OK;
}
