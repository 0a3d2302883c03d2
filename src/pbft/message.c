/*
 * message.c - the bounded codec of messages. Shape only: signatures are message_verify.c's.
 */
#include "base/digest.h"
#include "pbft/sign.h"

static void
lock_pack(PbftPacker *packer, const PbftLock *lock)
{
	pack_8(packer, lock->kind);
	pack_64(packer, lock->view);
	pack_64(packer, lock->height);
	pack_hash(packer, &lock->hash);
}

void
pbft_lock_unpack(PbftUnpacker *unpacker, PbftLock *lock)
{
	lock->kind = unpack_8(unpacker);
	lock->view = unpack_64(unpacker);
	lock->height = unpack_64(unpacker);
	unpack_hash(unpacker, &lock->hash);
	unpacker->bad |= lock->kind > PBFT_LOCK_COMMITTED;
	/* one meaning, one byte string: an anchor has no view */
	unpacker->bad |= lock->kind == PBFT_LOCK_ANCHOR && lock->view != 0;
}

static void
body_pack(PbftPacker *packer, const PbftViewChangeBody *body)
{
	pack_32(packer, body->member);
	pack_64(packer, body->view);
	lock_pack(packer, &body->lock);
	pack_bytes(packer, body->signature, PBFT_SIGNATURE_SIZE);
}

static void
body_unpack(PbftUnpacker *unpacker, PbftViewChangeBody *body)
{
	body->member = unpack_32(unpacker);
	body->view = unpack_64(unpacker);
	pbft_lock_unpack(unpacker, &body->lock);
	unpack_bytes(unpacker, body->signature, PBFT_SIGNATURE_SIZE);
}

static void
optional_pack(PbftPacker *packer, bool present, const PbftCertificate *certificate)
{
	pack_8(packer, present);
	if (present)
		pbft_certificate_pack(packer, certificate);
}

static bool
optional_unpack(PbftUnpacker *unpacker, uint8_t kind, PbftCertificate *certificate)
{
	bool present = unpack_bool(unpacker);

	if (present && !unpacker->bad)
	{
		pbft_certificate_unpack(unpacker, certificate);
		unpacker->bad |= kind != 0 && certificate->subject.kind != kind;
	}
	return present && !unpacker->bad;
}

static void
header_pack(PbftPacker *packer, const PbftHeader *header)
{
	uint8_t bytes[PBFT_HEADER_SIZE];

	pbft_header_encode(header, bytes);
	pack_bytes(packer, bytes, PBFT_HEADER_SIZE);
}

static void
header_unpack(PbftUnpacker *unpacker, PbftHeader *header)
{
	uint8_t bytes[PBFT_HEADER_SIZE];
	McProblem problem;

	unpack_bytes(unpacker, bytes, PBFT_HEADER_SIZE);
	if (pbft_header_decode(span_of(bytes, PBFT_HEADER_SIZE), header, &problem) != MC_OK)
		unpacker->bad = true;
}

/* How a member stands in its view. */
enum
{
	STATUS_ACTIVE = 1, /* else it waits for the NEW-VIEW */
	STATUS_OVERDUE = 2
};

/* The fields that STATUS and FETCH sign, also as they travel. */
static void
status_pack(PbftPacker *packer, const PbftStatus *status)
{
	pack_8(packer, status->phase);
	pack_64(packer, status->view);
	pack_8(packer, (status->active ? STATUS_ACTIVE : 0) | (status->overdue ? STATUS_OVERDUE : 0));
	pack_64(packer, status->tip);
	pack_64(packer, status->committed);
	pack_64(packer, status->stable);
	pack_64(packer, status->executed);
	pack_64(packer, status->clock_ms);
}

static void
status_unpack(PbftUnpacker *unpacker, PbftStatus *status)
{
	uint8_t standing;

	status->phase = unpack_8(unpacker);
	status->view = unpack_64(unpacker);
	standing = unpack_8(unpacker);
	unpacker->bad |=
		status->phase > PBFT_STATUS_ANSWERS || standing > (STATUS_ACTIVE | STATUS_OVERDUE);
	status->active = (standing & STATUS_ACTIVE) != 0;
	status->overdue = (standing & STATUS_OVERDUE) != 0;
	status->tip = unpack_64(unpacker);
	status->committed = unpack_64(unpacker);
	status->stable = unpack_64(unpacker);
	status->executed = unpack_64(unpacker);
	status->clock_ms = unpack_64(unpacker);
}

static void
fetch_pack(PbftPacker *packer, const PbftFetch *fetch)
{
	pack_64(packer, fetch->height);
	pack_32(packer, fetch->count);
	pack_hash(packer, &fetch->hash);
}

size_t
pbft_view_change_signed(const PbftViewChangeBody *body, const PbftDomain *domain,
						uint8_t out[PBFT_SIGNED_MAX])
{
	PbftPacker packer = { out, 0, PBFT_SIGNED_MAX };

	pbft_sign_prefix(&packer, domain, PBFT_VIEW_CHANGE);
	pack_64(&packer, body->view);
	lock_pack(&packer, &body->lock);
	return packer.size;
}

/* NEW-VIEW signs its view and a digest of the bodies it stands on. */
static void
new_view_pack_signed(PbftPacker *packer, const PbftNewView *new_view)
{
	uint8_t bytes[PBFT_NODE_MAX * 128];
	PbftPacker bodies = { bytes, 0, sizeof(bytes) };
	McHash digest;

	for (uint32_t i = 0; i < new_view->body_count; i++)
		body_pack(&bodies, &new_view->bodies[i]);
	digest_tagged(&digest, "MES1-new-view", span_of(bytes, bodies.size));
	pack_64(packer, new_view->view);
	pack_hash(packer, &digest);
}

size_t
pbft_message_signed(const PbftMessage *message, const PbftDomain *domain,
					uint8_t out[PBFT_SIGNED_MAX])
{
	PbftPacker packer = { out, 0, PBFT_SIGNED_MAX };

	assert(pbft_kind_signed(message->kind));
	if (message->kind == PBFT_VIEW_CHANGE)
		return pbft_view_change_signed(&message->u.view_change.body, domain, out);
	pbft_sign_prefix(&packer, domain, message->kind);
	if (message->kind == PBFT_NEW_VIEW)
		new_view_pack_signed(&packer, &message->u.new_view);
	else if (message->kind == PBFT_STATUS)
		status_pack(&packer, &message->u.status);
	else if (message->kind == PBFT_FETCH)
		fetch_pack(&packer, &message->u.fetch);
	else
		pbft_subject_pack(&packer, &message->subject);
	return packer.size;
}

/* CERTIFIED proves itself by its certificates, or by the hash that was asked for. */
bool
pbft_kind_signed(uint8_t kind)
{
	return kind != PBFT_CERTIFIED;
}

static void
content_pack(PbftPacker *packer, const PbftMessage *message)
{
	switch (message->kind)
	{
		case PBFT_PRE_PREPARE:
			pbft_subject_pack(packer, &message->subject);
			header_pack(packer, &message->u.proposal.header);
			optional_pack(packer, message->u.proposal.has_checkpoint,
						  &message->u.proposal.checkpoint);
			break;
		case PBFT_PREPARE:
		case PBFT_COMMIT:
		case PBFT_CHECKPOINT:
			pbft_subject_pack(packer, &message->subject);
			break;
		case PBFT_VIEW_CHANGE:
			body_pack(packer, &message->u.view_change.body);
			optional_pack(packer, message->u.view_change.has_certificate,
						  &message->u.view_change.certificate);
			break;
		case PBFT_NEW_VIEW:
			pack_64(packer, message->u.new_view.view);
			pack_8(packer, (uint8_t) message->u.new_view.body_count);
			for (uint32_t i = 0; i < message->u.new_view.body_count; i++)
				body_pack(packer, &message->u.new_view.bodies[i]);
			optional_pack(packer, message->u.new_view.has_certificate,
						  &message->u.new_view.certificate);
			break;
		case PBFT_CERTIFIED:
			header_pack(packer, &message->u.certified.header);
			optional_pack(packer, message->u.certified.has_commit, &message->u.certified.commit);
			optional_pack(packer, message->u.certified.has_checkpoint,
						  &message->u.certified.checkpoint);
			break;
		case PBFT_STATUS:
			status_pack(packer, &message->u.status);
			break;
		default:
			assert(message->kind == PBFT_FETCH);
			fetch_pack(packer, &message->u.fetch);
	}
}

size_t
pbft_message_encode(const PbftMessage *message, uint8_t out[PBFT_MESSAGE_MAX])
{
	PbftPacker packer = { out, 0, PBFT_MESSAGE_MAX };

	pack_8(&packer, message->kind);
	pack_32(&packer, message->sender);
	pack_bytes(&packer, message->instance, PBFT_INSTANCE_SIZE);
	if (pbft_kind_signed(message->kind))
		pack_bytes(&packer, message->signature, PBFT_SIGNATURE_SIZE);
	content_pack(&packer, message);
	return packer.size;
}

static void
new_view_unpack(PbftUnpacker *unpacker, PbftNewView *new_view)
{
	new_view->view = unpack_64(unpacker);
	new_view->body_count = unpack_8(unpacker);
	if (new_view->body_count > PBFT_NODE_MAX)
	{
		unpacker->bad = true;
		new_view->body_count = 0;
	}
	for (uint32_t i = 0; i < new_view->body_count; i++)
	{
		body_unpack(unpacker, &new_view->bodies[i]);
		/* ascending: distinct members by construction (pitfall 8) */
		unpacker->bad |= i > 0 && new_view->bodies[i].member <= new_view->bodies[i - 1].member;
	}
	new_view->has_certificate = optional_unpack(unpacker, 0, &new_view->certificate);
}

static void
content_unpack(PbftUnpacker *unpacker, PbftMessage *message)
{
	switch (message->kind)
	{
		case PBFT_PRE_PREPARE:
			pbft_subject_unpack(unpacker, message->kind, &message->subject);
			header_unpack(unpacker, &message->u.proposal.header);
			message->u.proposal.has_checkpoint =
				optional_unpack(unpacker, PBFT_CHECKPOINT, &message->u.proposal.checkpoint);
			break;
		case PBFT_PREPARE:
		case PBFT_COMMIT:
		case PBFT_CHECKPOINT:
			pbft_subject_unpack(unpacker, message->kind, &message->subject);
			break;
		case PBFT_VIEW_CHANGE:
			body_unpack(unpacker, &message->u.view_change.body);
			message->u.view_change.has_certificate =
				optional_unpack(unpacker, 0, &message->u.view_change.certificate);
			break;
		case PBFT_NEW_VIEW:
			new_view_unpack(unpacker, &message->u.new_view);
			break;
		case PBFT_CERTIFIED:
			header_unpack(unpacker, &message->u.certified.header);
			message->u.certified.has_commit =
				optional_unpack(unpacker, PBFT_COMMIT, &message->u.certified.commit);
			message->u.certified.has_checkpoint =
				optional_unpack(unpacker, PBFT_CHECKPOINT, &message->u.certified.checkpoint);
			break;
		case PBFT_STATUS:
			status_unpack(unpacker, &message->u.status);
			break;
		case PBFT_FETCH:
			message->u.fetch.height = unpack_64(unpacker);
			message->u.fetch.count = unpack_32(unpacker);
			unpack_hash(unpacker, &message->u.fetch.hash);
			unpacker->bad |= message->u.fetch.count > PBFT_FETCH_MAX;
			break;
		default:
			unpacker->bad = true;
	}
}

McStatus
pbft_message_decode(McSpan bytes, PbftMessage *message, McProblem *problem)
{
	PbftUnpacker unpacker = { bytes, 0, false };

	message->kind = unpack_8(&unpacker);
	message->sender = unpack_32(&unpacker);
	unpack_bytes(&unpacker, message->instance, PBFT_INSTANCE_SIZE);
	if (pbft_kind_signed(message->kind))
		unpack_bytes(&unpacker, message->signature, PBFT_SIGNATURE_SIZE);
	else
		memset(message->signature, 0, PBFT_SIGNATURE_SIZE);
	memset(&message->subject, 0, sizeof(message->subject));
	content_unpack(&unpacker, message);
	if (unpacker.bad || unpacker.offset != bytes.size)
		return status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker.offset, 0);
	return MC_OK;
}
