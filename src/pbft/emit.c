/*
 * emit.c - appends effects and signs own messages. The only file that writes into PbftEffects.
 */
#include "pbft/replica.h"

/* During replay nothing leaves: effects go to a place nobody reads. */
PbftEffect *
pbft_emit(PbftReplica *replica, PbftEffectKind kind)
{
	static const PbftEffect none;
	PbftEffects *out = replica->out;
	PbftEffect *effect;

	assert(!replica->replaying);
	assert(out->count < PBFT_EFFECTS_MAX);
	effect = &out->list[out->count++];
	*effect = none;
	effect->kind = kind;
	return effect;
}

McSpan
pbft_emit_bytes(PbftReplica *replica, const void *data, size_t size)
{
	PbftEffects *out = replica->out;
	size_t at = (out->used + 7) & ~(size_t) 7;

	assert(at + size <= PBFT_EFFECT_BYTES_MAX);
	memcpy(out->arena + at, data, size);
	out->used = at + size;
	return span_of(out->arena + at, size);
}

const PbftHeader *
pbft_emit_header(PbftReplica *replica, const PbftHeader *header)
{
	return (const PbftHeader *) (const void *) pbft_emit_bytes(replica, header, sizeof(*header))
		.data;
}

void
pbft_emit_note(PbftReplica *replica, PbftNote note, uint32_t member, uint64_t height)
{
	PbftEffect *effect;

	if (replica->replaying)
		return;
	effect = pbft_emit(replica, PBFT_NOTE);
	effect->note = note;
	effect->member = member;
	effect->height = height;
}

static McSpan
emit_encoded(PbftReplica *replica, const PbftMessage *message)
{
	PbftEffects *out = replica->out;
	size_t at = (out->used + 7) & ~(size_t) 7;
	size_t size;

	assert(at + PBFT_MESSAGE_MAX <= PBFT_EFFECT_BYTES_MAX);
	size = pbft_message_encode(message, out->arena + at);
	out->used = at + size;
	return span_of(out->arena + at, size);
}

static void
emit_message(PbftReplica *replica, PbftEffectKind kind, uint32_t member,
			 const PbftMessage *message)
{
	PbftEffect *effect;
	McSpan bytes;

	if (replica->replaying || (replica->config.member_count == 1 && replica->config.self == 0))
		return;
	bytes = emit_encoded(replica, message);
	effect = pbft_emit(replica, kind);
	effect->member = member;
	effect->bytes = bytes;
	if (message->kind == PBFT_PRE_PREPARE)
		effect->hash = message->subject.hash;
}

void
pbft_emit_send(PbftReplica *replica, uint32_t member, const PbftMessage *message)
{
	assert(member < replica->config.member_count);
	emit_message(replica, PBFT_SEND, member, message);
}

void
pbft_emit_broadcast(PbftReplica *replica, const PbftMessage *message)
{
	emit_message(replica, PBFT_BROADCAST, 0, message);
}

void
pbft_emit_certificate(PbftReplica *replica, PbftEffectKind kind, uint64_t height,
					  const McHash *hash, const PbftCertificate *certificate)
{
	PbftEffects *out = replica->out;
	PbftEffect *effect = pbft_emit(replica, kind);
	size_t at = (out->used + 7) & ~(size_t) 7;
	size_t size;

	assert(at + PBFT_CERTIFICATE_MAX <= PBFT_EFFECT_BYTES_MAX);
	size = pbft_certificate_encode(certificate, out->arena + at);
	out->used = at + size;
	effect->bytes = span_of(out->arena + at, size);
	effect->height = height;
	effect->hash = *hash;
}

/* Fills sender, instance and signature; everything else stands already. */
void
pbft_message_sign(PbftReplica *replica, PbftMessage *message)
{
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	size_t size;

	assert(pbft_kind_signed(message->kind));
	message->sender = replica->config.self;
	memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
	size = pbft_message_signed(message, &replica->config.domain, signed_bytes);
	replica->config.crypto.sign(replica->config.crypto.context, span_of(signed_bytes, size),
								message->signature);
	if (message->kind == PBFT_VIEW_CHANGE)
		memcpy(message->u.view_change.body.signature, message->signature, PBFT_SIGNATURE_SIZE);
}

/* The stored VIEW-CHANGE of a member, as it came. */
void
pbft_view_change_message(const PbftReplica *replica, uint32_t member, PbftMessage *message)
{
	const PbftViewChange *change = &replica->changes[member];

	assert(change->body.view > 0);
	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_VIEW_CHANGE;
	message->sender = member;
	memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
	memcpy(message->signature, change->body.signature, PBFT_SIGNATURE_SIZE);
	message->u.view_change = *change;
}

/* A stored vote as the message it came as: re-sent bytes are the bytes first sent (pitfall 15). */
void
pbft_vote_message(const PbftReplica *replica, uint8_t kind, uint32_t member, uint64_t height,
				  const PbftVote *vote, PbftMessage *message)
{
	assert(vote->view_next > 0);
	message->kind = kind;
	message->sender = member;
	memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
	memset(&message->subject, 0, sizeof(message->subject));
	message->subject.kind = kind;
	message->subject.view = vote->view_next - 1;
	message->subject.height = height;
	message->subject.hash = vote->hash;
	memcpy(message->signature, vote->signature, PBFT_SIGNATURE_SIZE);
}
