/*
 * recv_certified.c - M7: a block that was asked for, with the proofs of its order and its result.
 */
#include "pbft/replica.h"

McStatus
pbft_recv_certified(PbftReplica *replica, const PbftMessage *message)
{
	const PbftCertified *certified = &message->u.certified;
	McHash hash;

	pbft_header_hash(&certified->header, &hash);
	/* a proof may be told unasked, to who is in an older epoch (A8): it harms nobody */
	if (!pbft_was_asked(replica, certified->header.height, &hash) &&
		((!certified->has_commit && !certified->has_checkpoint) ||
		 certified->header.height > replica->committed + replica->config.window))
		return MC_CONSENSUS_UNASKED;
	if (certified->header.height > replica->committed)
		pbft_block_add(replica, &certified->header, &hash)->view_seen = replica->view;
	if (certified->has_commit)
		pbft_learn_commit(replica, &certified->commit);
	if (certified->has_checkpoint)
		pbft_learn_result(replica, &certified->checkpoint);
	pbft_fetched(replica, certified->header.height, &hash);
	pbft_enter_when_ready(replica);
	return MC_OK;
}
