/*
 * record.c - the log: what is written before anything leaves, and how a restart reads it (R0, R17).
 * Alone (n = 1) no record needs a sync: the block's database transaction is the durable write (C4).
 */
#include "pbft/replica.h"

#define RECORD_MAX (1 + PBFT_MESSAGE_MAX)
#define STATE_MAX (8 + 1 + 1 + 1 + 8 + 8 + HASH_SIZE + 8 + HASH_SIZE + 4 + PBFT_CHAIN_MAX)

/* An observer has said nothing that it could forget; alone the tables are the log (C4). */
bool
pbft_keeps_log(const PbftReplica *replica)
{
	return replica->config.member_count > 1 && replica->config.self < replica->config.member_count;
}

/* What this node says is on disk before it leaves. A header or a certificate promises nothing: it
 * is written with the next sync, before the vote or the result that rests on it (D1, D4, D8). */
static void
emit_record(PbftReplica *replica, McSpan record, bool promise)
{
	PbftEffect *effect;
	McSpan kept;

	if (replica->config.self >= replica->config.member_count)
		return;
	kept = pbft_emit_bytes(replica, record.data, record.size);
	effect = pbft_emit(replica, PBFT_PERSIST);
	effect->bytes = kept;
	effect->needs_sync = promise && pbft_keeps_log(replica);
}

void
pbft_record_header(PbftReplica *replica, PbftBlock *block)
{
	uint8_t record[1 + PBFT_HEADER_SIZE];

	assert(block != NULL);
	if (block->logged)
		return;
	block->logged = true;
	if (replica->replaying)
		return;
	record[0] = PBFT_RECORD_HEADER;
	pbft_header_encode(&block->header, record + 1);
	emit_record(replica, span_of(record, sizeof(record)), false);
}

void
pbft_record_message(PbftReplica *replica, const PbftMessage *message)
{
	uint8_t record[RECORD_MAX];
	size_t size;

	if (replica->replaying)
		return;
	record[0] = PBFT_RECORD_MESSAGE;
	size = pbft_message_encode(message, record + 1);
	emit_record(replica, span_of(record, 1 + size), true);
}

void
pbft_record_certificate(PbftReplica *replica, const PbftCertificate *certificate)
{
	uint8_t record[1 + PBFT_CERTIFICATE_MAX];
	size_t size;

	if (replica->replaying)
		return;
	record[0] = PBFT_RECORD_CERTIFICATE;
	size = pbft_certificate_encode(certificate, record + 1);
	emit_record(replica, span_of(record, 1 + size), false);
}

static void
record_state(PbftReplica *replica)
{
	uint8_t record[1 + STATE_MAX];
	PbftPacker packer = { record, 0, sizeof(record) };

	pack_8(&packer, PBFT_RECORD_STATE);
	pack_64(&packer, replica->view);
	pack_8(&packer, replica->active);
	pack_8(&packer, replica->no_prepare);
	pack_8(&packer, replica->base.kind);
	pack_64(&packer, replica->base.view);
	pack_64(&packer, replica->base.height);
	pack_hash(&packer, &replica->base.hash);
	pack_64(&packer, replica->tip);
	pack_hash(&packer, &replica->tip_hash);
	pack_32(&packer, replica->consecutive_changes);
	pbft_chain_pack(&packer, &replica->final_chain, replica->config.member_count);
	emit_record(replica, span_of(record, packer.size), true);
}

/* D10: from here on no vote of this node exists in this instance. */
void
pbft_record_closed(PbftReplica *replica)
{
	uint8_t record[1] = { PBFT_RECORD_CLOSED };

	emit_record(replica, span_of(record, sizeof(record)), true);
}

static void
snapshot_votes(PbftReplica *replica)
{
	uint32_t self = replica->config.self;
	PbftMessage *message = &replica->scratch;

	for (uint64_t at = replica->committed + 1; at <= replica->committed + replica->config.window;
		 at++)
	{
		PbftSlot *slot = pbft_slot(replica, at);
		PbftVote *votes[3] = { &slot->prepare[self], &slot->commit[0][self],
							   &slot->commit[1][self] };

		for (int i = 0; i < 3; i++)
		{
			if (votes[i]->view_next == 0)
				continue;
			pbft_vote_message(replica, i == 0 ? PBFT_PREPARE : PBFT_COMMIT, self, at, votes[i],
							  message);
			pbft_record_message(replica, message);
		}
	}
}

static void
snapshot_results(PbftReplica *replica)
{
	uint32_t self = replica->config.self;
	PbftMessage *message = &replica->scratch;

	for (uint64_t at = replica->applied + 1; at <= replica->executed; at++)
	{
		const PbftResultSlot *slot = &replica->results[at % PBFT_LAG_MAX];

		if (slot->height != at || !slot->votes[self].used)
			continue;
		memset(message, 0, offsetof(PbftMessage, u));
		message->kind = PBFT_CHECKPOINT;
		message->sender = self;
		memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
		memcpy(message->signature, slot->votes[self].signature, PBFT_SIGNATURE_SIZE);
		message->subject.kind = PBFT_CHECKPOINT;
		message->subject.height = at;
		message->subject.hash = slot->votes[self].hash;
		message->subject.exec_root = slot->votes[self].exec_root;
		message->subject.next_valset = slot->votes[self].next_valset;
		pbft_record_message(replica, message);
	}
}

/* Everything a restart needs, in an order in which replay can take it: blocks, proofs, where the
 * node stands, then its votes. */
void
pbft_record_snapshot(PbftReplica *replica)
{
	const PbftViewChange *own = &replica->changes[replica->config.self];

	if (replica->config.self >= replica->config.member_count)
		return;
	for (uint32_t i = 0; i < PBFT_BLOCK_MAX; i++)
	{
		PbftBlock *block = &replica->blocks[i];

		if (!block->used || !block->logged || block->header.height <= replica->applied)
			continue;
		block->logged = false;
		pbft_record_header(replica, block);
	}
	if (replica->commit_certificate.subject.height > 0)
		pbft_record_certificate(replica, &replica->commit_certificate);
	if (replica->lock.kind != PBFT_LOCK_ANCHOR)
		pbft_record_certificate(replica, &replica->lock_certificate);
	if (own->body.view > 0)
	{
		pbft_view_change_message(replica, replica->config.self, &replica->scratch);
		pbft_record_message(replica, &replica->scratch);
	}
	if (replica->has_new_view)
		pbft_record_message(replica, &replica->new_view);
	record_state(replica);
	snapshot_votes(replica);
	snapshot_results(replica);
	if (replica->closed)
		pbft_record_closed(replica);
}
