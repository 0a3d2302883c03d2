/*
 * evidence.c - R18, A32: two signed messages that no honest member signs both. Bytes of both go
 * out; judging and slashing is the ledger's.
 */
#include "pbft/replica.h"

/* E5: who committed in an older view is locked at least there when it leaves for this one. */
bool
pbft_forgotten(const PbftViewChangeBody *body, uint64_t view, uint64_t height)
{
	const PbftLock committed = { .kind = PBFT_LOCK_PREPARED, .view = view, .height = height };

	return view < body->view && pbft_lock_compare(&body->lock, &committed) < 0;
}

void
pbft_evidence(PbftReplica *replica, const PbftMessage *first, const PbftMessage *second)
{
	uint8_t bytes[2 * (4 + PBFT_MESSAGE_MAX)];
	PbftEffect *effect;
	size_t left = pbft_message_encode(first, bytes + 4);
	size_t right = pbft_message_encode(second, bytes + 4 + left + 4);
	McSpan kept;

	assert(first->sender == second->sender);
	put_be32(bytes, (uint32_t) left);
	put_be32(bytes + 4 + left, (uint32_t) right);
	replica->evidence_seen++;
	kept = pbft_emit_bytes(replica, bytes, left + right + 8);
	effect = pbft_emit(replica, PBFT_NOTE);
	effect->note = PBFT_NOTE_EVIDENCE;
	effect->member = first->sender;
	effect->height = second->subject.height;
	effect->bytes = kept;
}
