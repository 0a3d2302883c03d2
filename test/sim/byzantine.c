/*
 * byzantine.c - faulty members: the honest replica with its mouth, and sometimes its head,
 * replaced. They hold each other's keys of none but their own; everything else they may do.
 */
#include "sim/sim.h"

#define MEMORY 128

static SimBytes *memory[MEMORY];
static size_t memory_count;
static PbftMessage message;
static uint8_t out[PBFT_MESSAGE_MAX];

void
sim_byzantine_reset(void)
{
	for (size_t i = 0; i < MEMORY; i++)
	{
		sim_free(memory[i]);
		memory[i] = NULL;
	}
	memory_count = 0;
}

static void
node_signs(const SimNode *node, McSpan bytes, uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	mac_sign_as(&node->keys.signer, node->keys.signer.self, bytes, signature);
}

static void
send_forged(SimNode *node, uint32_t member, const SimBody *body)
{
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	SimBytes *bytes;
	size_t size;

	message.sender = node->member;
	memcpy(message.instance, node->domain.instance, PBFT_INSTANCE_SIZE);
	if (pbft_kind_signed(message.kind))
	{
		size = pbft_message_signed(&message, &node->domain, signed_bytes);
		node_signs(node, span_of(signed_bytes, size), message.signature);
	}
	if (message.kind == PBFT_VIEW_CHANGE)
		memcpy(message.u.view_change.body.signature, message.signature, PBFT_SIGNATURE_SIZE);
	bytes = sim_bytes(out, pbft_message_encode(&message, out));
	bytes->has_body = body != NULL;
	if (body != NULL)
		bytes->body = *body;
	sim_send(node, member, bytes);
	sim_free(bytes);
}

/* The other block: same place in the chain, other contents. */
static void
equivocate(SimNode *node, bool broadcast, uint32_t member)
{
	PbftHeader header = message.u.proposal.header;
	SimBody body = { .tx = ++world.nonce, .witness = node->place };
	uint32_t from = broadcast ? 0 : member;
	uint32_t to = broadcast ? world.plan.n : member + 1;
	uint64_t side = sim_random(UINT64_MAX);
	McHash hash;

	sim_body_root(&body, &header.tx_root);
	pbft_header_hash(&header, &hash);
	sim_body_take(node, &header, &hash, &body);
	sim_resume_learn(&header, &hash);
	for (uint32_t i = from; i < to; i++)
	{
		if (i == node->member || (side >> (i % 64) & 1) == 0)
			continue;
		message.u.proposal.header = header;
		message.subject.hash = hash;
		send_forged(node, i,
					(node->byzantine & BYZ_WITHHOLD) == 0 || sim_chance(500000) ? &body : NULL);
		memset(&message.u, 0, sizeof(PbftHeader));
		message.kind = PBFT_PREPARE;
		message.subject.kind = PBFT_PREPARE;
		send_forged(node, i, NULL);
		message.kind = PBFT_COMMIT;
		message.subject.kind = PBFT_COMMIT;
		send_forged(node, i, NULL);
		message.kind = PBFT_PRE_PREPARE;
		message.subject.kind = PBFT_PRE_PREPARE;
	}
}

/* A1: to each another body for the same block: other contents, or the same transaction re-signed.
 */
static void
other_bodies(SimNode *node, bool broadcast, uint32_t member, const SimBytes *bytes)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		SimBytes *copy;

		if (i == node->member || (!broadcast && i != member))
			continue;
		copy = sim_bytes(bytes->data, bytes->size);
		copy->has_body = true;
		copy->body = bytes->body;
		if (sim_chance(300000))
			copy->body.tx ^= 1 + sim_random(1000);
		else if (sim_chance(700000))
			copy->body.witness ^= 1 + sim_random(1000);
		sim_send(node, i, copy);
		sim_free(copy);
	}
}

/* A signer fewer than there were, or one of them in two places. */
static void
truncate_certificate(PbftCertificate *certificate)
{
	uint32_t first = 0;

	while (first < certificate->member_count && !pbft_certificate_has(certificate, first))
		first++;
	if (first >= certificate->member_count)
		return;
	certificate->bitmap[first / 8] &= (uint8_t) ~(1u << (first % 8));
	for (uint32_t i = 0; i < certificate->member_count && sim_chance(700000); i++)
		if (i != first && !pbft_certificate_has(certificate, i))
		{
			certificate->bitmap[i / 8] |= (uint8_t) (1u << (i % 8));
			memcpy(certificate->signatures[i], certificate->signatures[first], PBFT_SIGNATURE_SIZE);
			return;
		}
}

static bool
truncate_message(void)
{
	if (message.kind == PBFT_VIEW_CHANGE && message.u.view_change.has_certificate)
		truncate_certificate(&message.u.view_change.certificate);
	else if (message.kind == PBFT_NEW_VIEW && message.u.new_view.has_certificate)
		truncate_certificate(&message.u.new_view.certificate);
	else if (message.kind == PBFT_NEW_VIEW)
		message.u.new_view.bodies[0] = message.u.new_view.bodies[message.u.new_view.body_count - 1];
	else if (message.kind == PBFT_PRE_PREPARE && message.u.proposal.has_checkpoint)
		truncate_certificate(&message.u.proposal.checkpoint);
	else if (message.kind == PBFT_CERTIFIED && message.u.certified.has_commit)
		truncate_certificate(&message.u.certified.commit);
	else if (message.kind == PBFT_CERTIFIED && message.u.certified.has_checkpoint)
		truncate_certificate(&message.u.certified.checkpoint);
	else
		return false;
	return true;
}

static void
worst_new_view(PbftNewView *new_view)
{
	uint32_t quorum = sim_chance(500000) ? pbft_quorum(world.plan.n) : 1;

	/* drop the highest lock while a quorum stays, or try it with one body */
	while (new_view->body_count > quorum)
	{
		uint32_t best = 0;

		for (uint32_t i = 1; i < new_view->body_count; i++)
			if (pbft_lock_compare(&new_view->bodies[i].lock, &new_view->bodies[best].lock) > 0)
				best = i;
		memmove(&new_view->bodies[best], &new_view->bodies[best + 1],
				(new_view->body_count - best - 1) * sizeof(new_view->bodies[0]));
		new_view->body_count--;
	}
}

static void
worst_certificate(SimNode *node, PbftNewView *new_view)
{
	PbftLock best = new_view->bodies[0].lock;

	for (uint32_t i = 1; i < new_view->body_count; i++)
		if (pbft_lock_compare(&new_view->bodies[i].lock, &best) > 0)
			best = new_view->bodies[i].lock;
	new_view->has_certificate = best.kind != PBFT_LOCK_ANCHOR;
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (node->replica->changes[i].has_certificate &&
			pbft_lock_proved(&best, &node->replica->changes[i].certificate))
			new_view->certificate = node->replica->changes[i].certificate;
}

static void
mutate(SimNode *node, bool broadcast, uint32_t member, const SimBytes *bytes)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		SimBytes *copy;

		if (i == node->member || (!broadcast && i != member))
			continue;
		copy = sim_bytes(bytes->data, bytes->size);
		copy->data[sim_random(copy->size)] ^= (uint8_t) (1u << sim_random(8));
		if (sim_chance(300000))
			copy->size = (uint32_t) sim_random(copy->size);
		sim_send(node, i, copy);
		sim_free(copy);
	}
}

static void
remember(SimBytes *bytes)
{
	size_t at = memory_count++ % MEMORY;

	sim_free(memory[at]);
	memory[at] = sim_share(bytes);
}

/* A certificate of a block nobody knows, with one signature in it. */
static void
forge_lock(SimNode *node, PbftViewChange *change)
{
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	PbftSubject *subject = &change->certificate.subject;
	size_t size;

	/* or a true certificate under a lock that claims more than it proves */
	if (change->has_certificate && sim_chance(500000))
	{
		change->body.lock.height++;
		put_be64(change->body.lock.hash.bytes, sim_random(UINT64_MAX));
		return;
	}
	memset(&change->certificate, 0, sizeof(change->certificate));
	subject->kind = PBFT_PREPARE;
	subject->view = change->body.view - 1;
	subject->height = node->replica->committed + 1;
	put_be64(subject->hash.bytes, sim_random(UINT64_MAX));
	change->certificate.member_count = world.plan.n;
	change->certificate.bitmap[node->member / 8] |= (uint8_t) (1u << (node->member % 8));
	size = pbft_subject_signed(&node->domain, subject, signed_bytes);
	node_signs(node, span_of(signed_bytes, size), change->certificate.signatures[node->member]);
	change->has_certificate = true;
	change->body.lock =
		(PbftLock){ PBFT_LOCK_PREPARED, subject->view, subject->height, subject->hash };
}

/* With every STATUS it asks for the next view: f members alone must not be followed (R9). */
static void
rush_view(SimNode *node)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_VIEW_CHANGE;
	message.u.view_change.body.member = node->member;
	message.u.view_change.body.view = node->replica->view + 1;
	message.u.view_change.body.lock =
		(PbftLock){ PBFT_LOCK_ANCHOR, 0, world.instances[node->at].anchor.height,
					world.instances[node->at].anchor.hash };
	message.u.view_change.has_certificate = false;
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (i != node->member)
			send_forged(node, i, NULL);
}

static bool
tamper_decoded(SimNode *node, bool broadcast, uint32_t member)
{
	uint32_t byzantine = node->byzantine;

	if (message.kind == PBFT_PRE_PREPARE && (byzantine & BYZ_EQUIVOCATE))
		equivocate(node, broadcast, member);
	if (message.kind == PBFT_VIEW_CHANGE && (byzantine & BYZ_FORGET_LOCK))
	{
		message.u.view_change.body.lock =
			(PbftLock){ PBFT_LOCK_ANCHOR, 0, world.instances[node->at].anchor.height,
						world.instances[node->at].anchor.hash };
		message.u.view_change.has_certificate = false;
	}
	else if (message.kind == PBFT_VIEW_CHANGE && (byzantine & BYZ_FORGE_LOCK))
		forge_lock(node, &message.u.view_change);
	else if (message.kind == PBFT_STATUS && broadcast && (byzantine & BYZ_RUSH_VIEW))
	{
		rush_view(node);
		return false;
	}
	else if (message.kind == PBFT_VIEW_CHANGE && (byzantine & BYZ_RUSH_VIEW))
		message.u.view_change.body.view += 1 + sim_random(1000);
	else if (message.kind == PBFT_NEW_VIEW && (byzantine & BYZ_WORST_NEW_VIEW))
	{
		worst_new_view(&message.u.new_view);
		worst_certificate(node, &message.u.new_view);
	}
	else if ((byzantine & BYZ_TRUNCATE) == 0 || sim_chance(500000) || !truncate_message())
		return false;
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (i != node->member && (broadcast || i == member))
			send_forged(node, i, NULL);
	return true;
}

bool
sim_tamper(SimNode *node, bool broadcast, uint32_t member, SimBytes *bytes)
{
	McProblem problem;
	uint32_t byzantine = node->byzantine;

	remember(bytes);
	if ((byzantine & BYZ_REPLAY) && sim_chance(200000))
	{
		SimBytes *old = memory[sim_random(memory_count < MEMORY ? memory_count : MEMORY)];

		sim_send(node, (uint32_t) sim_random(world.plan.n), old);
	}
	if ((byzantine & BYZ_MUTE) && sim_chance(300000))
		return true;
	if ((byzantine & BYZ_WITHHOLD) && sim_chance(700000))
		bytes->has_body = false;
	if ((byzantine & BYZ_MUTATE) && sim_chance(100000))
	{
		mutate(node, broadcast, member, bytes);
		return true;
	}
	if ((byzantine & BYZ_OTHER_BODY) && bytes->has_body)
	{
		other_bodies(node, broadcast, member, bytes);
		return true;
	}
	if (pbft_message_decode(span_of(bytes->data, bytes->size), &message, &problem) != MC_OK)
		return false;
	if (message.sender != node->member)
		return false;
	return tamper_decoded(node, broadcast, member);
}

/* Votes for whatever it hears of, in both phases. */
void
sim_byzantine_hears(SimNode *node, const PbftMessage *heard)
{
	if ((node->byzantine & BYZ_VOTE_ALL) == 0 || sim_chance(500000))
		return;
	if (heard->kind != PBFT_PRE_PREPARE &&
		(heard->kind != PBFT_PREPARE || !sim_honest(heard->sender) || sim_chance(900000)))
		return;
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		if (i == node->member)
			continue;
		memset(&message, 0, offsetof(PbftMessage, u));
		message.subject = heard->subject;
		message.kind = PBFT_PREPARE;
		message.subject.kind = PBFT_PREPARE;
		send_forged(node, i, NULL);
		message.kind = PBFT_COMMIT;
		message.subject.kind = PBFT_COMMIT;
		send_forged(node, i, NULL);
	}
}
