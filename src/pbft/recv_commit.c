/*
 * recv_commit.c - M3. Counts in any mode and for any one view (R5 as A6 reads it).
 */
#include "pbft/replica.h"

McStatus
pbft_recv_commit(PbftReplica *replica, const PbftMessage *message)
{
	const PbftViewChange *change = &replica->changes[message->sender];
	uint64_t height = message->subject.height;
	PbftSlot *slot;

	if (!pbft_in_window(replica, height))
		return MC_CONSENSUS_RANGE;
	if (pbft_forgotten(&change->body, message->subject.view, height))
	{
		PbftMessage *second = &replica->scratch;

		pbft_view_change_message(replica, message->sender, second);
		pbft_evidence(replica, message, second);
		return MC_OK;
	}
	slot = pbft_slot(replica, height);
	for (int which = 0; which < 2; which++)
	{
		const PbftVote *old = &slot->commit[which][message->sender];

		/* E3: two COMMITs for one view and height */
		if (old->view_next != message->subject.view + 1 ||
			hash_equal(&old->hash, &message->subject.hash))
			continue;
		pbft_vote_message(replica, PBFT_COMMIT, message->sender, height, old, &replica->scratch);
		pbft_evidence(replica, &replica->scratch, message);
		return MC_OK;
	}
	pbft_slot_store(replica, slot, message->sender, &message->subject, message->signature);
	pbft_check_committed(replica, height, message->subject.view, &message->subject.hash);
	return MC_OK;
}
