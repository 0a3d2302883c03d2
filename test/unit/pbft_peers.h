/*
 * pbft_peers.h - members 1 to 3, played by the test: their votes, proposals, certificates and
 * views, signed with their keys.
 */
#ifndef MESCHAIN_TEST_PBFT_PEERS_H
#define MESCHAIN_TEST_PBFT_PEERS_H

#include "unit/pbft_play.h"

static inline void
receive(uint32_t sender)
{
	uint8_t bytes[PBFT_SIGNED_MAX];

	message.sender = sender;
	memcpy(message.instance, config.domain.instance, PBFT_INSTANCE_SIZE);
	if (pbft_kind_signed(message.kind))
		mac_sign_as(&signer, sender,
					span_of(bytes, pbft_message_signed(&message, &config.domain, bytes)),
					message.signature);
	if (message.kind == PBFT_VIEW_CHANGE)
		memcpy(message.u.view_change.body.signature, message.signature, PBFT_SIGNATURE_SIZE);
	step((PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message, .sender = sender });
}

static inline PbftHeader
block_on(const McHash *parent, uint64_t height, uint64_t view, uint64_t ts_ms, uint8_t salt)
{
	PbftHeader header = { .version = PBFT_HEADER_VERSION, .height = height, .ts_ms = ts_ms };

	header.parent_hash = *parent;
	header.tx_root.bytes[0] = salt;
	header.proposer = replica->order[(view + height - replica->base.height - 1) % 4];
	header.skip_count = (uint32_t) view;
	header.stable_exec_root = config.anchor.exec_root;
	return header;
}

static inline McHash
hash_of(const PbftHeader *header)
{
	McHash hash;

	pbft_header_hash(header, &hash);
	return hash;
}

static inline void
vote(uint8_t kind, uint32_t sender, uint64_t view, uint64_t height, const McHash *hash)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = kind;
	message.subject = (PbftSubject){ .kind = kind, .view = view, .height = height, .hash = *hash };
	receive(sender);
}

static inline void
checkpoint(uint32_t sender, uint64_t height, const McHash *hash, uint8_t root_byte)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CHECKPOINT;
	message.subject = (PbftSubject){ .kind = PBFT_CHECKPOINT, .height = height, .hash = *hash };
	message.subject.exec_root.bytes[0] = root_byte;
	receive(sender);
}

static inline void
propose(const PbftHeader *header, uint64_t view)
{
	McHash hash = hash_of(header);

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_PRE_PREPARE;
	message.subject = (PbftSubject){ .kind = PBFT_PRE_PREPARE, .view = view, .hash = hash };
	message.subject.height = header->height;
	message.u.proposal.header = *header;
	message.u.proposal.has_checkpoint = false;
	receive(header->proposer);
}

static inline void
body_arrives(const McHash *hash)
{
	step((PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = *hash, .valid = true });
}

static inline void
certify(PbftCertificate *certificate, uint8_t kind, uint64_t view, uint64_t height,
		const McHash *hash)
{
	uint8_t bytes[PBFT_SIGNED_MAX];
	size_t size;

	memset(certificate, 0, sizeof(*certificate));
	certificate->subject = (PbftSubject){ .kind = kind, .view = view, .height = height };
	certificate->subject.hash = *hash;
	certificate->member_count = 4;
	certificate->bitmap[0] = 0x0e;
	size = pbft_subject_signed(&config.domain, &certificate->subject, bytes);
	for (uint32_t i = 1; i < 4; i++)
		mac_sign_as(&signer, i, span_of(bytes, size), certificate->signatures[i]);
}

/* NEW-VIEW by the right primary from members 1 to 3, all with this lock; NULL: the anchor. */
static inline void
new_view(uint64_t view, const PbftCertificate *certificate)
{
	PbftNewView *content = &message.u.new_view;
	uint8_t bytes[PBFT_SIGNED_MAX];

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_NEW_VIEW;
	memset(content, 0, sizeof(*content));
	content->view = view;
	content->body_count = 3;
	for (uint32_t i = 1; i < 4; i++)
	{
		PbftViewChangeBody *body = &content->bodies[i - 1];

		body->member = i;
		body->view = view;
		body->lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
		if (certificate != NULL)
			body->lock = (PbftLock){ PBFT_LOCK_PREPARED, certificate->subject.view,
									 certificate->subject.height, certificate->subject.hash };
		mac_sign_as(&signer, i,
					span_of(bytes, pbft_view_change_signed(body, &config.domain, bytes)),
					body->signature);
	}
	content->has_certificate = certificate != NULL;
	if (certificate != NULL)
		content->certificate = *certificate;
	receive(replica->order[view % 4]);
}

static inline PbftHeader
first_block(uint8_t salt)
{
	return block_on(&config.anchor.hash, 1, 0, 4000, salt);
}

static inline McHash
accepted_first(void)
{
	PbftHeader header = first_block(1);
	McHash hash = hash_of(&header);

	propose(&header, 0);
	body_arrives(&hash);
	return hash;
}

static inline McHash
committed_first(void)
{
	McHash hash = accepted_first();

	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	return hash;
}

static inline void
executed(uint64_t height, uint8_t root_byte)
{
	PbftEvent event = { .kind = PBFT_EVENT_EXECUTED, .height = height };

	event.hash.bytes[0] = root_byte;
	step(event);
}

#include "unit/pbft_standing.h"

#endif
