/*
 * slot.c - the votes of the window (c, c + W]. One place per member, height and kind, so that a
 * member can only overwrite itself and a count of places is a count of members.
 */
#include "pbft/replica.h"

bool
pbft_in_window(const PbftReplica *replica, uint64_t height)
{
	return height > replica->committed && height - replica->committed <= replica->config.window;
}

PbftSlot *
pbft_slot(PbftReplica *replica, uint64_t height)
{
	PbftSlot *slot = &replica->slots[height % PBFT_WINDOW_MAX];

	assert(pbft_in_window(replica, height));
	if (slot->height != height)
	{
		memset(slot, 0, offsetof(PbftSlot, prepare));
		slot->height = height;
		for (uint32_t i = 0; i < replica->config.member_count; i++)
		{
			slot->prepare[i].view_next = 0;
			slot->commit[0][i].view_next = 0;
			slot->commit[1][i].view_next = 0;
		}
	}
	return slot;
}

static bool
vote_is(const PbftVote *vote, uint64_t view, const McHash *hash)
{
	return vote->view_next == view + 1 && hash_equal(&vote->hash, hash);
}

uint32_t
pbft_slot_prepares(const PbftReplica *replica, const PbftSlot *slot, uint64_t view,
				   const McHash *hash)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < replica->config.member_count; i++)
		count += vote_is(&slot->prepare[i], view, hash);
	return count;
}

/* A6: COMMITs of one and the same view only; votes of different views never add up (X1). */
uint32_t
pbft_slot_commits(const PbftReplica *replica, const PbftSlot *slot, uint64_t view,
				  const McHash *hash)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < replica->config.member_count; i++)
		count += vote_is(&slot->commit[0][i], view, hash) ||
				 vote_is(&slot->commit[1][i], view, hash);
	return count;
}

void
pbft_slot_certificate(const PbftReplica *replica, const PbftSlot *slot, uint8_t kind,
					  uint64_t view, const McHash *hash, PbftCertificate *out)
{
	memset(&out->subject, 0, sizeof(out->subject));
	memset(out->bitmap, 0, PBFT_BITMAP_SIZE);
	out->subject.kind = kind;
	out->subject.view = view;
	out->subject.height = slot->height;
	out->subject.hash = *hash;
	out->member_count = replica->config.member_count;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
	{
		const PbftVote *vote = &slot->prepare[i];

		if (kind == PBFT_COMMIT)
			vote = vote_is(&slot->commit[0][i], view, hash) ? &slot->commit[0][i]
															: &slot->commit[1][i];
		if (!vote_is(vote, view, hash))
			continue;
		out->bitmap[i / 8] |= (uint8_t) (1u << (i % 8));
		memcpy(out->signatures[i], vote->signature, PBFT_SIGNATURE_SIZE);
	}
}

static void
vote_put(PbftVote *vote, const PbftSubject *subject, const uint8_t *signature)
{
	vote->view_next = subject->view + 1;
	vote->hash = subject->hash;
	memcpy(vote->signature, signature, PBFT_SIGNATURE_SIZE);
}

/* Keeps, of the two stored COMMITs and the new one, that of my view and that of the highest
 * other. */
static void
commit_put(PbftReplica *replica, PbftSlot *slot, uint32_t member, const PbftSubject *subject,
		   const uint8_t *signature)
{
	PbftVote *first = &slot->commit[0][member];
	PbftVote *second = &slot->commit[1][member];
	uint64_t mine = replica->view + 1;
	PbftVote *victim;

	if (first->view_next == subject->view + 1 || second->view_next == subject->view + 1)
		return;
	if (first->view_next == mine)
		victim = second;
	else if (second->view_next == mine)
		victim = first;
	else
		victim = first->view_next < second->view_next ? first : second;
	if (victim->view_next < subject->view + 1 || subject->view + 1 == mine)
		vote_put(victim, subject, signature);
}

void
pbft_slot_store(PbftReplica *replica, PbftSlot *slot, uint32_t member, const PbftSubject *subject,
				const uint8_t *signature)
{
	assert(member < replica->config.member_count && subject->height == slot->height);
	if (subject->kind == PBFT_COMMIT)
		commit_put(replica, slot, member, subject, signature);
	else if (slot->prepare[member].view_next < subject->view + 1)
		vote_put(&slot->prepare[member], subject, signature);
}
