/*
 * evidence.c - see evidence.h; and how a replica comes to it. Rules are judged from the signed
 * bytes alone: what travels beside them proves nothing.
 */
#include "pbft/evidence.h"

#include "pbft/replica.h"

/* ---- bytes ------------------------------------------------------------------------------------
 */

static void
statement_pack(PbftPacker *packer, const PbftStatement *statement)
{
	pack_8(packer, statement->size);
	pack_bytes(packer, statement->bytes, statement->size);
	pack_bytes(packer, statement->signature, PBFT_SIGNATURE_SIZE);
}

static void
statement_unpack(PbftUnpacker *unpacker, PbftStatement *statement)
{
	memset(statement, 0, sizeof(*statement));
	statement->size = unpack_8(unpacker);
	if (statement->size > PBFT_SIGNED_MAX)
	{
		unpacker->bad = true;
		statement->size = 0;
	}
	unpack_bytes(unpacker, statement->bytes, statement->size);
	unpack_bytes(unpacker, statement->signature, PBFT_SIGNATURE_SIZE);
}

size_t
pbft_evidence_encode(const PbftEvidence *evidence, uint8_t out[PBFT_EVIDENCE_MAX])
{
	PbftPacker packer = { out, 0, PBFT_EVIDENCE_MAX };

	statement_pack(&packer, &evidence->first);
	statement_pack(&packer, &evidence->second);
	return packer.size;
}

McStatus
pbft_evidence_decode(McSpan bytes, PbftEvidence *evidence, McProblem *problem)
{
	PbftUnpacker unpacker = { bytes, 0, false };

	statement_unpack(&unpacker, &evidence->first);
	statement_unpack(&unpacker, &evidence->second);
	if (unpacker.bad || unpacker.offset != bytes.size)
		return status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker.offset, 0);
	return MC_OK;
}

/* ---- judging ----------------------------------------------------------------------------------
 */

/* A statement taken apart. */
typedef struct Spoken
{
	uint8_t kind;
	PbftDomain domain;
	PbftSubject subject;     /* PRE-PREPARE, PREPARE, COMMIT, CHECKPOINT */
	PbftViewChangeBody body; /* VIEW-CHANGE; its view: NEW-VIEW, too */
	McHash digest;           /* NEW-VIEW */
} Spoken;

static void
unpack_prefix(PbftUnpacker *unpacker, Spoken *spoken)
{
	uint8_t tag[4];

	unpack_bytes(unpacker, tag, sizeof(tag));
	unpacker->bad |= memcmp(tag, "MES1", sizeof(tag)) != 0;
	unpack_bytes(unpacker, spoken->domain.chain_id, PBFT_CHAIN_ID_SIZE);
	spoken->domain.shard = unpack_64(unpacker);
	spoken->domain.generation = unpack_32(unpacker);
	unpack_bytes(unpacker, spoken->domain.instance, PBFT_INSTANCE_SIZE);
	spoken->kind = unpack_8(unpacker);
}

static bool
take_apart(const PbftStatement *statement, Spoken *spoken)
{
	PbftUnpacker unpacker = { pbft_statement_signed(statement), 0, false };

	memset(spoken, 0, sizeof(*spoken));
	unpack_prefix(&unpacker, spoken);
	switch (spoken->kind)
	{
		case PBFT_PRE_PREPARE:
		case PBFT_PREPARE:
		case PBFT_COMMIT:
		case PBFT_CHECKPOINT:
			pbft_subject_unpack(&unpacker, spoken->kind, &spoken->subject);
			break;
		case PBFT_VIEW_CHANGE:
			spoken->body.view = unpack_64(&unpacker);
			pbft_lock_unpack(&unpacker, &spoken->body.lock);
			break;
		case PBFT_NEW_VIEW:
			spoken->body.view = unpack_64(&unpacker);
			unpack_hash(&unpacker, &spoken->digest);
			break;
		default:
			return false; /* STATUS and FETCH may say one thing now and another later */
	}
	return !unpacker.bad && unpacker.offset == statement->size;
}

/* E1 to E3, E7: of one kind, view and height, and not the same. */
static bool
votes_conflict(const PbftSubject *left, const PbftSubject *right)
{
	return left->view == right->view && left->height == right->height &&
		   !pbft_subject_equal(left, right);
}

/* E4, E6: of one kind and view, and not the same bytes. */
static bool
views_conflict(const PbftEvidence *evidence, const Spoken *left, const Spoken *right)
{
	return left->body.view == right->body.view &&
		   span_compare(pbft_statement_signed(&evidence->first),
						pbft_statement_signed(&evidence->second)) != 0;
}

static PbftLie
judge_same_kind(const PbftEvidence *evidence, const Spoken *left, const Spoken *right)
{
	switch (left->kind)
	{
		case PBFT_PRE_PREPARE:
			return votes_conflict(&left->subject, &right->subject) ? PBFT_LIE_PROPOSALS
																   : PBFT_LIE_NONE;
		case PBFT_PREPARE:
			return votes_conflict(&left->subject, &right->subject) ? PBFT_LIE_PREPARES
																   : PBFT_LIE_NONE;
		case PBFT_COMMIT:
			return votes_conflict(&left->subject, &right->subject) ? PBFT_LIE_COMMITS
																   : PBFT_LIE_NONE;
		case PBFT_CHECKPOINT:
			return votes_conflict(&left->subject, &right->subject) ? PBFT_LIE_RESULTS
																   : PBFT_LIE_NONE;
		case PBFT_VIEW_CHANGE:
			return views_conflict(evidence, left, right) ? PBFT_LIE_VIEW_CHANGES : PBFT_LIE_NONE;
		default:
			return views_conflict(evidence, left, right) ? PBFT_LIE_NEW_VIEWS : PBFT_LIE_NONE;
	}
}

static PbftLie
judge(const PbftEvidence *evidence, const Spoken *left, const Spoken *right)
{
	if (left->kind == right->kind)
		return judge_same_kind(evidence, left, right);
	if (left->kind == PBFT_COMMIT && right->kind == PBFT_VIEW_CHANGE &&
		pbft_forgotten(&right->body, left->subject.view, left->subject.height))
		return PBFT_LIE_FORGOTTEN;
	return PBFT_LIE_NONE;
}

PbftLie
pbft_evidence_judge(const PbftEvidence *evidence, PbftVerdict *verdict)
{
	Spoken left;
	Spoken right;

	memset(verdict, 0, sizeof(*verdict));
	if (!take_apart(&evidence->first, &left) || !take_apart(&evidence->second, &right) ||
		!pbft_domain_equal(&left.domain, &right.domain))
		return PBFT_LIE_NONE;
	verdict->lie = judge(evidence, &left, &right);
	verdict->domain = left.domain;
	verdict->view = right.kind == PBFT_VIEW_CHANGE || right.kind == PBFT_NEW_VIEW
						? right.body.view
						: right.subject.view;
	verdict->height = left.subject.height;
	return verdict->lie;
}

/* ---- in a replica -----------------------------------------------------------------------------
 */

/* E5: who committed in an older view is locked at least there when it leaves for this one. */
bool
pbft_forgotten(const PbftViewChangeBody *body, uint64_t view, uint64_t height)
{
	const PbftLock committed = { .kind = PBFT_LOCK_PREPARED, .view = view, .height = height };

	return view < body->view && pbft_lock_compare(&body->lock, &committed) < 0;
}

static void
quote(const PbftReplica *replica, const PbftMessage *message, PbftStatement *statement)
{
	memset(statement, 0, sizeof(*statement));
	statement->size =
		(uint8_t) pbft_message_signed(message, &replica->config.domain, statement->bytes);
	memcpy(statement->signature, message->signature, PBFT_SIGNATURE_SIZE);
}

void
pbft_evidence(PbftReplica *replica, const PbftMessage *first, const PbftMessage *second)
{
	uint8_t bytes[PBFT_EVIDENCE_MAX];
	PbftEvidence evidence;
	PbftEffect *effect;
	McSpan kept;

	assert(first->sender == second->sender);
	quote(replica, first, &evidence.first);
	quote(replica, second, &evidence.second);
	replica->evidence_seen++;
	kept = pbft_emit_bytes(replica, bytes, pbft_evidence_encode(&evidence, bytes));
	effect = pbft_emit(replica, PBFT_NOTE);
	effect->note = PBFT_NOTE_EVIDENCE;
	effect->member = first->sender;
	effect->height = second->subject.height;
	effect->bytes = kept;
}
