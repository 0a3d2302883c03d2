/*
 * result.c - R6 as A14 and C2 read it: results become visible only with a quorum's signatures. A
 * member whose own result differs from the quorum's stops voting; it is behind, never wrong.
 */
#include "pbft/replica.h"

static bool
vote_equals(const PbftResultVote *left, const PbftResultVote *right)
{
	return left->used && right->used && hash_equal(&left->hash, &right->hash) &&
		   hash_equal(&left->exec_root, &right->exec_root) &&
		   hash_equal(&left->next_valset, &right->next_valset);
}

static PbftResultSlot *
result_slot(PbftReplica *replica, uint64_t height)
{
	PbftResultSlot *slot = &replica->results[height % PBFT_LAG_MAX];

	if (slot->height < height)
	{
		slot->height = height;
		slot->stable = false;
		for (uint32_t i = 0; i < replica->config.member_count; i++)
			slot->votes[i].used = false;
	}
	return slot;
}

static void
vote_put(PbftResultVote *vote, const PbftSubject *subject, const uint8_t *signature)
{
	vote->used = true;
	vote->hash = subject->hash;
	vote->exec_root = subject->exec_root;
	vote->next_valset = subject->next_valset;
	memcpy(vote->signature, signature, PBFT_SIGNATURE_SIZE);
}

/* The first vote of a member stands; a second one that differs is evidence, not a vote. */
void
pbft_result_store(PbftReplica *replica, uint32_t member, const PbftSubject *subject,
				  const uint8_t *signature)
{
	PbftResultSlot *slot = result_slot(replica, subject->height);
	uint32_t equal = 0;

	if (slot->height != subject->height || slot->votes[member].used)
		return;
	vote_put(&slot->votes[member], subject, signature);
	for (uint32_t i = 0; i < replica->config.member_count; i++)
		equal += vote_equals(&slot->votes[i], &slot->votes[member]);
	if (equal < replica->quorum || slot->stable)
		return;
	slot->stable = true;
	slot->witness = member;
}

bool
pbft_result_certificate(PbftReplica *replica, uint64_t height, PbftCertificate *out)
{
	const PbftResultSlot *slot = &replica->results[height % PBFT_LAG_MAX];
	const PbftResultVote *witness = &slot->votes[slot->witness];

	if (slot->height != height || !slot->stable)
		return false;
	memset(&out->subject, 0, sizeof(out->subject));
	memset(out->bitmap, 0, PBFT_BITMAP_SIZE);
	out->subject.kind = PBFT_CHECKPOINT;
	out->subject.height = height;
	out->subject.hash = witness->hash;
	out->subject.exec_root = witness->exec_root;
	out->subject.next_valset = witness->next_valset;
	out->member_count = replica->config.member_count;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
	{
		if (!vote_equals(&slot->votes[i], witness))
			continue;
		out->bitmap[i / 8] |= (uint8_t) (1u << (i % 8));
		memcpy(out->signatures[i], slot->votes[i].signature, PBFT_SIGNATURE_SIZE);
	}
	return true;
}

/* A verified certificate counts as the votes it is made of. One of a height that is done here is
 * what a header may name: after a restart nobody repeats its votes (A15). */
void
pbft_learn_result(PbftReplica *replica, const PbftCertificate *certificate)
{
	uint64_t height = certificate->subject.height;
	PbftResultSlot *slot;

	if (height + PBFT_LAG_MAX <= replica->resulted || height > replica->resulted + PBFT_LAG_MAX)
		return;
	slot = result_slot(replica, height);
	if (slot->height != height || slot->stable)
		return;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
		if (pbft_certificate_has(certificate, i) && i != replica->config.self)
		{
			vote_put(&slot->votes[i], &certificate->subject, certificate->signatures[i]);
			slot->witness = i;
		}
	/* R17b: a vote of this node above what is applied, and not in its log */
	if (replica->config.self < replica->config.member_count && height > replica->applied &&
		pbft_certificate_has(certificate, replica->config.self) &&
		!slot->votes[replica->config.self].used)
	{
		vote_put(&slot->votes[replica->config.self], &certificate->subject,
				 certificate->signatures[replica->config.self]);
		pbft_fence(replica);
	}
	slot->stable = pbft_certificate_signers(certificate) >= replica->quorum;
	pbft_advance_results(replica);
}

static void
diverge(PbftReplica *replica, uint64_t height)
{
	if (replica->diverged)
		return;
	replica->diverged = true;
	pbft_emit_note(replica, PBFT_NOTE_DIVERGED, replica->config.self, height);
}

/* False when the quorum's result of this height is not this node's. */
static bool
agrees(const PbftResultSlot *slot, const PbftFinal *final)
{
	const PbftResultVote *witness = &slot->votes[slot->witness];

	return hash_equal(&witness->hash, &final->hash) &&
		   hash_equal(&witness->exec_root, &final->exec_root) &&
		   hash_equal(&witness->next_valset, &final->next_valset);
}

static void
end_epoch(PbftReplica *replica, const PbftFinal *final)
{
	const PbftBlock *block = pbft_block_find(replica, &final->hash);
	PbftEffect *effect;

	if (replica->ended || final->height <= replica->config.anchor.height || block == NULL ||
		(block->header.flags & PBFT_FLAG_END_EPOCH) == 0)
		return;
	replica->ended = true;
	effect = pbft_emit(replica, PBFT_NOTE);
	effect->note = PBFT_NOTE_EPOCH_ENDED;
	effect->height = final->height;
	effect->hash = final->next_valset;
}

/* Blocks above this one whose results a quorum signed already: who executes them may commit
 * without waiting. */
static uint32_t
proved_above(const PbftReplica *replica, uint64_t height)
{
	uint32_t count = 0;

	for (uint64_t at = height + 1; at <= replica->committed && count < PBFT_LAG_MAX; at++, count++)
		if (replica->results[at % PBFT_LAG_MAX].height != at ||
			!replica->results[at % PBFT_LAG_MAX].stable)
			break;
	return count;
}

/* Results up to `height` are proved by its certificate: exec_root chains over exec_roots (A15). */
static void
give_results(PbftReplica *replica, uint64_t height)
{
	PbftCertificate certificate;

	if (!pbft_result_certificate(replica, height, &certificate))
		assert(!"a stable height has its certificate");
	for (uint64_t at = replica->resulted + 1; at <= height; at++)
	{
		const PbftFinal *final = pbft_final(replica, at);

		assert(final != NULL && final->executed);
		pbft_emit_certificate(replica, PBFT_COMMIT_RESULT, at, &final->hash, &certificate);
		replica->out->list[replica->out->count - 1].count = proved_above(replica, at);
		/* A17: the tables are never ahead of the log */
		replica->out->list[replica->out->count - 1].needs_sync = pbft_keeps_log(replica);
	}
	replica->resulted = height;
	end_epoch(replica, pbft_final(replica, height));
}

void
pbft_advance_results(PbftReplica *replica)
{
	uint64_t from = replica->resulted + 1;

	if (!replica->started || replica->replaying)
		return;
	for (uint64_t at = from; at <= replica->committed && at - from < PBFT_LAG_MAX; at++)
	{
		const PbftResultSlot *slot = &replica->results[at % PBFT_LAG_MAX];
		const PbftFinal *final = pbft_final(replica, at);

		if (slot->height != at || !slot->stable)
			continue;
		if (at > replica->stable)
			replica->stable = at;
		if (final == NULL || !final->executed)
			continue;
		if (!agrees(slot, final))
			diverge(replica, at);
		else if (!replica->diverged)
			give_results(replica, at);
	}
	pbft_ask_execute(replica);
}

/* D9 and CHECKPOINT: signed once for a height, whatever is executed again later (A14). */
static void
result_vote(PbftReplica *replica, const PbftFinal *final)
{
	PbftMessage *message = &replica->scratch;

	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_CHECKPOINT;
	message->subject.kind = PBFT_CHECKPOINT;
	message->subject.height = final->height;
	message->subject.hash = final->hash;
	message->subject.exec_root = final->exec_root;
	message->subject.next_valset = final->next_valset;
	pbft_message_sign(replica, message);
	pbft_record_message(replica, message);
	pbft_emit_broadcast(replica, message);
	pbft_result_store(replica, replica->config.self, &message->subject, message->signature);
}

/*
 * C8 (3): the base's result is signed in its new instance by who had applied it before, too.
 * Results are chained, so a quorum there proves everything below.
 */
void
pbft_vote_base_result(PbftReplica *replica)
{
	const PbftTip *root = &replica->root;
	PbftFinal final = { .height = root->height, .executed = true };
	const PbftResultSlot *slot = &replica->results[root->height % PBFT_LAG_MAX];

	if (!replica->config.resumed || root->height != replica->config.anchor.height ||
		!pbft_may_vote(replica) ||
		(slot->height == root->height && slot->votes[replica->config.self].used))
		return;
	final.hash = root->hash;
	final.exec_root = root->exec_root;
	result_vote(replica, &final);
}

/* A result with a window of proved ones above it: whoever lacks it asks for the proof, and one more
 * vote would only cost a sync for each block that a member behind catches up with. */
static bool
long_settled(const PbftReplica *replica, uint64_t height)
{
	return replica->stable >= height + replica->config.window;
}

/* Once for a height; what the log remembers of an earlier life must say the same. */
void
pbft_vote_result(PbftReplica *replica, uint64_t height)
{
	const PbftFinal *final = pbft_final(replica, height);
	const PbftResultSlot *slot = &replica->results[height % PBFT_LAG_MAX];
	const PbftResultVote *mine;

	if (!pbft_may_vote(replica) || final == NULL || !final->executed)
		return;
	mine = &slot->votes[replica->config.self];
	if (slot->height != height || !mine->used)
	{
		if (!long_settled(replica, height))
			result_vote(replica, final);
	}
	else if (!hash_equal(&mine->exec_root, &final->exec_root) ||
			 !hash_equal(&mine->next_valset, &final->next_valset))
		diverge(replica, height);
}

void
pbft_executed(PbftReplica *replica, const PbftEvent *event)
{
	PbftFinal *final = pbft_final(replica, event->height);
	const PbftBlock *block;

	assert(event->height == replica->executed + 1 && event->height <= replica->asked_execute);
	assert(final != NULL && !final->executed);
	block = pbft_block_find(replica, &final->hash);
	final->executed = true;
	final->exec_root = event->hash;
	/* an END_EPOCH block alone names who votes next (R15) */
	if (block != NULL && (block->header.flags & PBFT_FLAG_END_EPOCH) != 0 &&
		event->height > replica->config.anchor.height)
		final->next_valset = event->next_valset;
	replica->executed = event->height;
	pbft_vote_result(replica, event->height);
	pbft_advance_results(replica);
}

void
pbft_applied(PbftReplica *replica, uint64_t height)
{
	PbftEffect *effect;

	assert(height == replica->applied + 1 && height <= replica->resulted);
	replica->applied = height;
	/* A19, P29: not below stable alone, the quorum need not include this node */
	effect = pbft_emit(replica, PBFT_RELEASE);
	effect->height = height;
}
