/*
 * recv_checkpoint.c - M6: a member's signed result.
 */
#include "pbft/replica.h"

McStatus
pbft_recv_checkpoint(PbftReplica *replica, const PbftMessage *message)
{
	const PbftSubject *subject = &message->subject;
	const PbftResultSlot *slot = &replica->results[subject->height % PBFT_LAG_MAX];
	const PbftResultVote *old = &slot->votes[message->sender];

	if (subject->height <= replica->resulted ||
		subject->height - replica->resulted > PBFT_LAG_MAX)
		return MC_CONSENSUS_RANGE;
	/* E7: two results for one height */
	if (slot->height == subject->height && old->used &&
		(!hash_equal(&old->hash, &subject->hash) ||
		 !hash_equal(&old->exec_root, &subject->exec_root) ||
		 !hash_equal(&old->next_valset, &subject->next_valset)))
	{
		PbftMessage *first = &replica->scratch;

		*first = *message;
		first->subject.hash = old->hash;
		first->subject.exec_root = old->exec_root;
		first->subject.next_valset = old->next_valset;
		memcpy(first->signature, old->signature, PBFT_SIGNATURE_SIZE);
		pbft_evidence(replica, first, message);
		return MC_OK;
	}
	pbft_result_store(replica, message->sender, subject, message->signature);
	pbft_advance_results(replica);
	return MC_OK;
}
