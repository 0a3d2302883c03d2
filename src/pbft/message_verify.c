/*
 * message_verify.c - what a message proves by itself: signatures, certificates and the agreement of
 * its parts. Depends on the validator set only, never on a replica's state, so that receiving
 * backends do it once and in parallel (law 1).
 */
#include "pbft/sign.h"

int
pbft_lock_compare(const PbftLock *left, const PbftLock *right)
{
	bool left_anchor = left->kind == PBFT_LOCK_ANCHOR;
	bool right_anchor = right->kind == PBFT_LOCK_ANCHOR;

	if (left_anchor || right_anchor)
		return (int) right_anchor - (int) left_anchor;
	if (left->view != right->view)
		return left->view > right->view ? 1 : -1;
	return (left->height > right->height) - (left->height < right->height);
}

bool
pbft_lock_proved(const PbftLock *lock, const PbftCertificate *certificate)
{
	uint8_t kind = lock->kind == PBFT_LOCK_COMMITTED ? PBFT_COMMIT : PBFT_PREPARE;

	return certificate->subject.kind == kind && certificate->subject.view == lock->view &&
		   certificate->subject.height == lock->height &&
		   hash_equal(&certificate->subject.hash, &lock->hash);
}

static McStatus
view_problem(McProblem *problem, uint64_t view, const char *rule)
{
	status_problem_name(problem, MC_CONSENSUS_VIEW_CHANGE, rule, strlen(rule));
	problem->number = (int64_t) view;
	return MC_CONSENSUS_VIEW_CHANGE;
}

/* A9: a lock of the view asked for, or of a later one, cannot be; nor an unproved one. */
static McStatus
lock_verify(const PbftLock *lock, uint64_t view, bool has_certificate,
			const PbftCertificate *certificate, McProblem *problem)
{
	if (lock->kind == PBFT_LOCK_ANCHOR)
		return has_certificate ? view_problem(problem, view, "the anchor") : MC_OK;
	if (lock->view >= view)
		return view_problem(problem, view, "the lock's view");
	if (!has_certificate || !pbft_lock_proved(lock, certificate))
		return view_problem(problem, view, "the lock's certificate");
	return MC_OK;
}

static McStatus
view_change_verify(const PbftMessage *message, const PbftDomain *domain, uint32_t member_count,
				   const PbftCrypto *crypto, McProblem *problem)
{
	const PbftViewChange *change = &message->u.view_change;
	McStatus status;

	if (change->body.member != message->sender ||
		memcmp(change->body.signature, message->signature, PBFT_SIGNATURE_SIZE) != 0)
		return view_problem(problem, change->body.view, "the sender");
	status = lock_verify(&change->body.lock, change->body.view, change->has_certificate,
						 &change->certificate, problem);
	if (status != MC_OK || !change->has_certificate)
		return status;
	return pbft_certificate_verify(&change->certificate, domain, member_count, crypto, problem);
}

/* R12: Q distinct signed bodies for this view, and the certificate of the highest of their
 * locks. */
static McStatus
new_view_verify(const PbftMessage *message, const PbftDomain *domain, uint32_t member_count,
				const PbftCrypto *crypto, McProblem *problem)
{
	const PbftNewView *new_view = &message->u.new_view;
	const PbftLock *best;
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	McStatus status;

	if (new_view->body_count < pbft_quorum(member_count))
		return status_problem(problem, MC_CONSENSUS_QUORUM, new_view->body_count,
							  pbft_quorum(member_count));
	best = &new_view->bodies[0].lock;
	for (uint32_t i = 0; i < new_view->body_count; i++)
	{
		const PbftViewChangeBody *body = &new_view->bodies[i];
		size_t size = pbft_view_change_signed(body, domain, signed_bytes);

		if (body->member >= member_count)
			return status_problem(problem, MC_CONSENSUS_MEMBER, body->member, member_count);
		if (body->view != new_view->view)
			return view_problem(problem, new_view->view, "one view");
		if (!crypto->verify(crypto->context, body->member, span_of(signed_bytes, size),
							body->signature))
			return status_problem(problem, MC_CONSENSUS_SIGNATURE, body->member, member_count);
		if (pbft_lock_compare(&body->lock, best) > 0)
			best = &body->lock;
	}
	status = lock_verify(best, new_view->view, new_view->has_certificate, &new_view->certificate,
						 problem);
	if (status != MC_OK || !new_view->has_certificate)
		return status;
	return pbft_certificate_verify(&new_view->certificate, domain, member_count, crypto, problem);
}

static McStatus
proposal_verify(const PbftMessage *message, const PbftDomain *domain, uint32_t member_count,
				const PbftCrypto *crypto, McProblem *problem)
{
	const PbftProposal *proposal = &message->u.proposal;
	const PbftSubject *stable = &proposal->checkpoint.subject;
	McHash hash;

	pbft_header_hash(&proposal->header, &hash);
	if (!hash_equal(&hash, &message->subject.hash) ||
		proposal->header.height != message->subject.height)
		return status_problem(problem, MC_CONSENSUS_FORMAT, 0, 0);
	if (!proposal->has_checkpoint)
		return MC_OK;
	if (stable->height != proposal->header.stable_height ||
		!hash_equal(&stable->exec_root, &proposal->header.stable_exec_root))
		return status_problem(problem, MC_CONSENSUS_FORMAT, 0, 0);
	return pbft_certificate_verify(&proposal->checkpoint, domain, member_count, crypto, problem);
}

static McStatus
certified_verify(const PbftMessage *message, const PbftDomain *domain, uint32_t member_count,
				 const PbftCrypto *crypto, McProblem *problem)
{
	const PbftCertified *certified = &message->u.certified;
	McStatus status = MC_OK;

	if (certified->has_commit)
		status = pbft_certificate_verify(&certified->commit, domain, member_count, crypto, problem);
	if (status == MC_OK && certified->has_checkpoint)
		status =
			pbft_certificate_verify(&certified->checkpoint, domain, member_count, crypto, problem);
	return status;
}

McStatus
pbft_message_verify(const PbftMessage *message, const PbftDomain *domain, uint32_t member_count,
					const PbftCrypto *crypto, McProblem *problem)
{
	uint8_t signed_bytes[PBFT_SIGNED_MAX];

	if (message->sender >= member_count)
		return status_problem(problem, MC_CONSENSUS_MEMBER, message->sender, member_count);
	if (memcmp(message->instance, domain->instance, PBFT_INSTANCE_SIZE) != 0)
		return status_problem(problem, MC_CONSENSUS_INSTANCE, 0, 0);
	if (pbft_kind_signed(message->kind))
	{
		size_t size = pbft_message_signed(message, domain, signed_bytes);

		if (!crypto->verify(crypto->context, message->sender, span_of(signed_bytes, size),
							message->signature))
			return status_problem(problem, MC_CONSENSUS_SIGNATURE, message->sender, member_count);
	}
	switch (message->kind)
	{
		case PBFT_PRE_PREPARE:
			return proposal_verify(message, domain, member_count, crypto, problem);
		case PBFT_VIEW_CHANGE:
			return view_change_verify(message, domain, member_count, crypto, problem);
		case PBFT_NEW_VIEW:
			return new_view_verify(message, domain, member_count, crypto, problem);
		case PBFT_CERTIFIED:
			return certified_verify(message, domain, member_count, crypto, problem);
		default:
			return MC_OK;
	}
}
