/*
 * pbft_bounds.c - who is outside: observers, members of another epoch, closed ones; amnesia; what
 * the pool is told about the tip. One rule a test.
 */
#include "unit/pbft_peers.h"

static void
view_change_of(uint32_t sender, uint64_t view, const PbftCertificate *certificate)
{
	PbftViewChange *change = &message.u.view_change;

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_VIEW_CHANGE;
	memset(&change->body, 0, sizeof(change->body));
	change->body.member = sender;
	change->body.view = view;
	change->body.lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
	change->has_certificate = certificate != NULL;
	if (certificate != NULL)
	{
		change->body.lock =
			(PbftLock){ PBFT_LOCK_PREPARED, certificate->subject.view,
						certificate->subject.height, certificate->subject.hash };
		change->certificate = *certificate;
	}
	receive(sender);
}

/* E5, whichever of the two comes first; a lock as high as the COMMIT is no crime. */
static void
test_a_forgotten_commit_is_evidence(void)
{
	McHash one = { { 1 } };
	PbftCertificate certificate;

	begin();
	vote(PBFT_COMMIT, 1, 0, 1, &one);
	view_change_of(1, 1, NULL);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 1);
	view_change_of(2, 1, NULL);
	vote(PBFT_COMMIT, 2, 1, 1, &one);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 1);
	vote(PBFT_COMMIT, 2, 0, 1, &one);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 2);
	begin();
	certify(&certificate, PBFT_PREPARE, 0, 1, &one);
	vote(PBFT_COMMIT, 3, 0, 1, &one);
	view_change_of(3, 1, &certificate);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 0);
}

/* C8 (1): who attested for a RESUME votes no more, and remembers it over a restart. */
static void
test_a_closed_member_votes_no_more(void)
{
	McHash hash;

	begin();
	step((PbftEvent){ .kind = PBFT_EVENT_CLOSE });
	CHECK_INT(count_effects(PBFT_PERSIST), 1);
	CHECK_INT(count_notes(PBFT_NOTE_CLOSED), 1);
	accepted_first();
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	restart();
	pbft_effects_clear(&effects);
	hash = committed_first();
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	CHECK_INT(replica->committed, 1);
	executed(1, 1);
	CHECK_INT(count_sent(PBFT_CHECKPOINT), 0);
	expire_progress();
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 0);
	CHECK(!hash_is_zero(&hash));
	log_count = 0;
	step((PbftEvent){ .kind = PBFT_EVENT_SNAPSHOT });
	root = config.anchor;
	restart();
	CHECK(replica->closed);
}

static void
foreign(uint8_t kind, uint32_t link)
{
	message.kind = kind;
	message.sender = 1;
	memcpy(message.instance, "another!", PBFT_INSTANCE_SIZE);
	pbft_effects_clear(&effects);
	step((PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message, .sender = link });
}

/* A8: a member of an older epoch is given what it lacks above its results; one of a later epoch is
 * asked for what it claims to have, and nothing else of it is believed. */
static void
test_members_of_another_epoch(void)
{
	PbftSummary summary;

	begin();
	committed_first();
	memset(&message, 0, offsetof(PbftMessage, u));
	message.u.status = (PbftStatus){ .committed = 1, .stable = 0 };
	foreign(PBFT_STATUS, 2);
	CHECK_INT(count_effects(PBFT_SERVE), 1);
	CHECK_INT(effects.list[0].member, 2);
	CHECK_INT(effects.list[0].height, 1);
	message.u.status = (PbftStatus){ .committed = 90, .stable = 90 };
	foreign(PBFT_STATUS, 2);
	CHECK_INT(count_effects(PBFT_SERVE), 0);
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_STATUS,
					  .generation = replica->generation[PBFT_TIMER_STATUS] });
	CHECK_INT(count_sent(PBFT_FETCH), 1);
	CHECK_INT(message.u.fetch.height, 2);
	CHECK_INT(replica->fetch.member, 2);
	message.u.fetch = (PbftFetch){ .height = 1, .count = 3 };
	foreign(PBFT_FETCH, 77);
	CHECK_INT(count_effects(PBFT_SERVE), 1);
	CHECK_INT(effects.list[0].member, 77);
	CHECK_INT(effects.list[0].count, 3);
	foreign(PBFT_PREPARE, 2);
	CHECK_INT(count_effects(PBFT_SERVE), 0);
	pbft_summary(replica, &summary);
	CHECK_INT(summary.committed, 1);
}

/* What a quorum signed is taken from anybody; a bare block only when it was asked for. */
static void
test_a_proof_may_come_unasked(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	header = first_block(1);
	hash = hash_of(&header);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = header;
	message.u.certified.has_commit = false;
	message.u.certified.has_checkpoint = false;
	receive(1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
	message.u.certified.has_commit = true;
	certify(&message.u.certified.commit, PBFT_COMMIT, 0, 1, &hash);
	receive(1);
	CHECK_INT(replica->committed, 1);
}

/* The next block with both its certificates, as one who fetches it gets it. */
static McHash
certified_block(const McHash *parent, uint64_t height)
{
	PbftHeader header = block_on(parent, height, 0, 4000 + height, 1);
	McHash hash = hash_of(&header);
	PbftCertified *certified = &message.u.certified;
	PbftCertificate proof;
	uint8_t bytes[PBFT_SIGNED_MAX];
	size_t size;

	certify(&proof, PBFT_CHECKPOINT, 0, height, &hash);
	proof.subject.exec_root.bytes[0] = (uint8_t) height;
	size = pbft_subject_signed(&config.domain, &proof.subject, bytes);
	for (uint32_t i = 1; i < 4; i++)
		mac_sign_as(&signer, i, span_of(bytes, size), proof.signatures[i]);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	certified->header = header;
	certified->has_commit = certified->has_checkpoint = true;
	certify(&certified->commit, PBFT_COMMIT, 0, height, &hash);
	certified->checkpoint = proof;
	receive(1);
	return hash;
}

/* Votes and records that the result of one block costs, and what COMMIT_RESULT says of those above
 * it. */
static void
execute_behind(uint64_t height, int votes, uint32_t proved)
{
	uint32_t count = UINT32_MAX;

	pbft_effects_clear(&effects);
	executed(height, (uint8_t) height);
	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_COMMIT_RESULT)
			count = effects.list[i].count;
	CHECK_INT(count_sent(PBFT_CHECKPOINT), votes);
	CHECK_INT(count_effects(PBFT_PERSIST), votes);
	CHECK_INT(count, proved);
}

/* Far behind nobody waits for its vote: no signature and no sync a block. Near the end it votes. */
static void
test_who_is_behind_does_not_vote_on_settled_results(void)
{
	McHash hash;

	begin();
	hash = config.anchor.hash;
	for (uint64_t height = 1; height <= 12; height++)
		hash = certified_block(&hash, height);
	CHECK_INT(replica->committed, 12);
	CHECK_INT(replica->stable, 12);
	for (uint64_t height = 1; height + config.window <= 12; height++)
		execute_behind(height, 0, (uint32_t) (12 - height));
	for (uint64_t height = 13 - config.window; height <= 12; height++)
		execute_behind(height, 1, (uint32_t) (12 - height));
	CHECK_INT(replica->resulted, 12);
}

/* An observer follows votes, and asks for blocks without a signature. */
static void
test_an_observer_follows_and_asks(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	header = first_block(1);
	hash = hash_of(&header);
	config.self = 9;
	log_count = 0;
	start_with_log();
	status_of(2, 0, true, 5, 5);
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_STATUS,
					  .generation = replica->generation[PBFT_TIMER_STATUS] });
	CHECK_INT(count_sent(PBFT_STATUS), 0);
	CHECK_INT(count_sent(PBFT_FETCH), 1);
	CHECK_INT(message.sender, PBFT_NODE_MAX);
	CHECK_INT(message.u.fetch.height, 1);
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = header;
	message.u.certified.has_commit = true;
	message.u.certified.has_checkpoint = false;
	certify(&message.u.certified.commit, PBFT_COMMIT, 0, 1, &hash);
	receive(1);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	executed(1, 7);
	for (uint32_t i = 1; i < 4; i++)
		checkpoint(i, 1, &hash, 7);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 1);
	CHECK_INT(count_effects(PBFT_PERSIST), 0);
	config.self = 0;
}

/* Its members serve it, as a link and not as one of them. */
static void
test_who_has_no_seat_is_served(void)
{
	begin();
	memset(&message, 0, sizeof(message));
	message.kind = PBFT_FETCH;
	message.sender = PBFT_NODE_MAX;
	message.u.fetch = (PbftFetch){ .height = 1, .count = 4 };
	memcpy(message.instance, config.domain.instance, PBFT_INSTANCE_SIZE);
	step((PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message, .sender = 130 });
	CHECK_INT(count_effects(PBFT_SERVE), 1);
	CHECK_INT(effects.list[0].member, 130);
}

static const PbftEffect *
tip_said(void)
{
	const PbftEffect *last = NULL;

	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_TIP)
			last = &effects.list[i];
	return last;
}

/* The pool hears which chain is built on: accepted blocks, and their end with the view. */
static void
test_the_pool_hears_of_the_tip(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	CHECK(tip_said() != NULL && hash_equal(&tip_said()->hash, &hash));
	pbft_effects_clear(&effects);
	new_view(1, NULL);
	CHECK(tip_said() != NULL && hash_equal(&tip_said()->hash, &config.anchor.hash));
	CHECK_INT(count_effects(PBFT_TIP), 1);
}

static void
test_served_bytes_are_a_certified_block(void)
{
	static uint8_t out[PBFT_MESSAGE_MAX];
	uint8_t bytes[PBFT_CERTIFICATE_MAX];
	PbftCertificate certificate;
	PbftHeader header;
	McProblem problem;
	McHash hash;
	size_t size;

	begin();
	header = first_block(1);
	hash = hash_of(&header);
	certify(&certificate, PBFT_COMMIT, 0, 1, &hash);
	size = pbft_certificate_encode(&certificate, bytes);
	size = pbft_certified_encode(&config.domain, 1, &header, span_of(bytes, size),
								 span_of(NULL, 0), out);
	CHECK_INT(pbft_message_decode(span_of(out, size), &message, &problem), MC_OK);
	CHECK(message.u.certified.has_commit && !message.u.certified.has_checkpoint);
	CHECK_INT(pbft_message_verify(&message, &config.domain, 4, &config.crypto, &problem), MC_OK);
	CHECK_INT(pbft_certified_encode(&config.domain, 1, &header, span_of(bytes, 5),
									span_of(NULL, 0), out),
			  0);
}

/* C8 (3): the base, made final before, has its result signed anew for who had not applied it. */
static void
test_the_base_of_a_resume_is_attested_again(void)
{
	begin();
	config.resumed = true;
	config.anchor.height = 5;
	root = config.anchor;
	log_count = 0;
	restart();
	CHECK_INT(count_effects(PBFT_PERSIST), 1);
	CHECK(count_sent(PBFT_CHECKPOINT) > 0);
	CHECK_INT(message.subject.height, 5);
	CHECK(hash_equal(&message.subject.exec_root, &config.anchor.exec_root));
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	pbft_effects_clear(&effects);
	restart();
	CHECK_INT(count_effects(PBFT_PERSIST), 0);
}

int
main(void)
{
	RUN(test_a_forgotten_commit_is_evidence);
	RUN(test_a_closed_member_votes_no_more);
	RUN(test_members_of_another_epoch);
	RUN(test_a_proof_may_come_unasked);
	RUN(test_who_is_behind_does_not_vote_on_settled_results);
	RUN(test_an_observer_follows_and_asks);
	RUN(test_who_has_no_seat_is_served);
	RUN(test_the_pool_hears_of_the_tip);
	RUN(test_the_base_of_a_resume_is_attested_again);
	RUN(test_served_bytes_are_a_certified_block);
	free(replica);
	return CHECK_RESULT();
}
