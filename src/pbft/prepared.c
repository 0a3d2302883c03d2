/*
 * prepared.c - R4: a quorum prepared, so this node locks and commits. The lock is in the log before
 * the COMMIT leaves; the log remembers what a VIEW-CHANGE must report.
 */
#include "pbft/replica.h"

void
pbft_raise_lock(PbftReplica *replica, uint8_t kind, const PbftCertificate *from)
{
	PbftLock lock = { kind, from->subject.view, from->subject.height, from->subject.hash };

	if (pbft_lock_compare(&lock, &replica->lock) <= 0)
		return;
	replica->lock = lock;
	replica->lock_certificate = *from;
}

static void
commit_vote(PbftReplica *replica, PbftSlot *slot, const McHash *hash)
{
	PbftMessage *message = &replica->scratch;

	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_COMMIT;
	message->subject.kind = PBFT_COMMIT;
	message->subject.view = replica->view;
	message->subject.height = slot->height;
	message->subject.hash = *hash;
	pbft_message_sign(replica, message);
	pbft_record_message(replica, message);
	pbft_emit_broadcast(replica, message);
	pbft_slot_store(replica, slot, replica->config.self, &message->subject, message->signature);
	pbft_check_committed(replica, slot->height, replica->view, hash);
}

static bool
voted_commit(const PbftReplica *replica, const PbftSlot *slot)
{
	uint32_t self = replica->config.self;

	return slot->commit[0][self].view_next == replica->view + 1 ||
		   slot->commit[1][self].view_next == replica->view + 1;
}

void
pbft_check_prepared(PbftReplica *replica, uint64_t height)
{
	PbftSlot *slot;
	McHash hash;

	if (!replica->active || !pbft_may_vote(replica) || !pbft_in_window(replica, height))
		return;
	slot = pbft_slot(replica, height);
	hash = slot->accepted_hash;
	/* only what this node prepared itself in this view: what R16b skipped is final already */
	if (!slot->accepted || voted_commit(replica, slot) ||
		slot->prepare[replica->config.self].view_next != replica->view + 1 ||
		!hash_equal(&slot->prepare[replica->config.self].hash, &hash) ||
		pbft_slot_prepares(replica, slot, replica->view, &hash) < replica->quorum)
		return;
	if (replica->config.member_count > 1)
	{
		PbftCertificate certificate;

		pbft_slot_certificate(replica, slot, PBFT_PREPARE, replica->view, &hash, &certificate);
		pbft_raise_lock(replica, PBFT_LOCK_PREPARED, &certificate);
		pbft_record_certificate(replica, &certificate);
	}
	commit_vote(replica, slot, &hash);
}
