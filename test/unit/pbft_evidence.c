/*
 * pbft_evidence.c - R18, A32: what a replica calls evidence is a proof that anybody can judge, and
 * nothing that an honest member may sign is one. One rule a test.
 */
#include "pbft/evidence.h"

#include "unit/pbft_peers.h"

static PbftEvidence evidence;
static PbftVerdict verdict;

/* The proof in the last note, read back from its bytes. */
static PbftLie
noted(void)
{
	const PbftEffect *note = NULL;
	uint8_t again[PBFT_EVIDENCE_MAX];
	McProblem problem;

	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_NOTE && effects.list[i].note == PBFT_NOTE_EVIDENCE)
			note = &effects.list[i];
	CHECK(note != NULL);
	if (note == NULL)
		return PBFT_LIE_NONE;
	CHECK_INT(pbft_evidence_decode(note->bytes, &evidence, &problem), MC_OK);
	CHECK_INT(pbft_evidence_encode(&evidence, again), note->bytes.size);
	CHECK(memcmp(again, note->bytes.data, note->bytes.size) == 0);
	CHECK(mac_verify(&signer, note->member, pbft_statement_signed(&evidence.first),
					 evidence.first.signature));
	CHECK(mac_verify(&signer, note->member, pbft_statement_signed(&evidence.second),
					 evidence.second.signature));
	return pbft_evidence_judge(&evidence, &verdict);
}

static void
view_change(uint32_t sender, uint64_t view, const PbftCertificate *certificate)
{
	PbftViewChange *change = &message.u.view_change;

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_VIEW_CHANGE;
	memset(change, 0, sizeof(*change));
	change->body.member = sender;
	change->body.view = view;
	change->body.lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
	change->has_certificate = certificate != NULL;
	if (certificate != NULL)
	{
		change->certificate = *certificate;
		change->body.lock = (PbftLock){ PBFT_LOCK_PREPARED, certificate->subject.view,
										certificate->subject.height, certificate->subject.hash };
	}
	receive(sender);
}

static void
test_votes_of_each_kind_are_a_proof(void)
{
	McHash one = { { 1 } };
	McHash two = { { 2 } };
	PbftHeader header;

	begin();
	vote(PBFT_PREPARE, 1, 0, 2, &one);
	vote(PBFT_PREPARE, 1, 0, 2, &two);
	CHECK_INT(noted(), PBFT_LIE_PREPARES);
	CHECK_INT(verdict.height, 2);
	CHECK(pbft_domain_equal(&verdict.domain, &config.domain));
	vote(PBFT_COMMIT, 2, 3, 1, &one);
	vote(PBFT_COMMIT, 2, 3, 1, &two);
	CHECK_INT(noted(), PBFT_LIE_COMMITS);
	CHECK_INT(verdict.view, 3);
	checkpoint(1, 1, &one, 1);
	checkpoint(1, 1, &one, 2);
	CHECK_INT(noted(), PBFT_LIE_RESULTS);
	header = first_block(1);
	propose(&header, 0);
	header = first_block(2);
	propose(&header, 0);
	CHECK_INT(noted(), PBFT_LIE_PROPOSALS);
	CHECK_INT(verdict.height, 1);
}

static void
test_views_are_a_proof(void)
{
	PbftCertificate certificate;
	McHash one = { { 1 } };

	begin();
	certify(&certificate, PBFT_PREPARE, 0, 1, &one);
	view_change(1, 1, NULL);
	view_change(1, 1, &certificate);
	CHECK_INT(noted(), PBFT_LIE_VIEW_CHANGES);
	CHECK_INT(verdict.view, 1);
	begin();
	vote(PBFT_COMMIT, 1, 0, 1, &one);
	view_change(1, 2, NULL);
	CHECK_INT(noted(), PBFT_LIE_FORGOTTEN);
	CHECK_INT(verdict.view, 2);
	CHECK_INT(verdict.height, 1);
	begin();
	new_view(1, NULL);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 0);
	new_view(1, &certificate);
	CHECK_INT(noted(), PBFT_LIE_NEW_VIEWS);
}

/* Of two members that were offered different blocks each lacks what the other has. */
static void
test_another_offer_is_shown(void)
{
	McHash other = { { 9 } };
	PbftHeader header;
	uint32_t proposer;
	uint32_t voter;

	begin();
	(void) accepted_first();
	header = first_block(1);
	proposer = header.proposer;
	voter = proposer == 1 ? 2 : 1;
	pbft_effects_clear(&effects);
	vote(PBFT_PREPARE, proposer, 0, 1, &other);
	CHECK_INT(count_sent(PBFT_PRE_PREPARE), 0);
	vote(PBFT_PREPARE, voter, 0, 1, &other);
	CHECK_INT(count_sent(PBFT_PRE_PREPARE), 1);
	CHECK_INT(message.sender, proposer);
	CHECK_INT(message.u.proposal.header.proposer, proposer);
	CHECK(mac_verify(&signer, proposer,
					 span_of(evidence.first.bytes,
							 pbft_message_signed(&message, &config.domain, evidence.first.bytes)),
					 message.signature));
	pbft_effects_clear(&effects);
	vote(PBFT_PREPARE, voter, 0, 1, &other); /* again: nothing more */
	CHECK_INT(count_sent(PBFT_PRE_PREPARE), 0);
	header = first_block(2);
	propose(&header, 0);
	CHECK_INT(noted(), PBFT_LIE_PROPOSALS);
	pbft_effects_clear(&effects);
	vote(PBFT_PREPARE, 6 - proposer - voter, 1, 1, &other);
	CHECK_INT(count_sent(PBFT_PRE_PREPARE), 0);
}

/* ---- what proves nothing ----------------------------------------------------------------------
 */

static void
say(PbftStatement *statement, uint8_t kind, uint64_t view, uint64_t height, uint8_t hash)
{
	PbftSubject subject = { .kind = kind, .view = view, .height = height, .hash = { { hash } } };

	memset(statement, 0, sizeof(*statement));
	statement->size = (uint8_t) pbft_subject_signed(&config.domain, &subject, statement->bytes);
}

static PbftLie
judged(void)
{
	return pbft_evidence_judge(&evidence, &verdict);
}

static void
test_the_same_twice_is_no_lie(void)
{
	static const uint8_t kinds[] = { PBFT_PRE_PREPARE, PBFT_PREPARE, PBFT_COMMIT, PBFT_CHECKPOINT };

	begin();
	for (size_t i = 0; i < sizeof(kinds); i++)
	{
		say(&evidence.first, kinds[i], 0, 7, 1);
		say(&evidence.second, kinds[i], 0, 7, 1);
		CHECK_INT(judged(), PBFT_LIE_NONE);
		say(&evidence.second, kinds[i], 0, 7, 2);
		CHECK(judged() != PBFT_LIE_NONE);
	}
}

static void
test_other_views_heights_and_kinds_are_no_lie(void)
{
	begin();
	say(&evidence.first, PBFT_PREPARE, 1, 7, 1);
	say(&evidence.second, PBFT_PREPARE, 2, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
	say(&evidence.second, PBFT_PREPARE, 1, 8, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
	say(&evidence.second, PBFT_COMMIT, 1, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
	say(&evidence.second, PBFT_PRE_PREPARE, 1, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
}

/* A7: a log that ended, a chain beside this one. */
static void
test_another_instance_is_no_lie(void)
{
	begin();
	say(&evidence.first, PBFT_COMMIT, 1, 7, 1);
	config.domain.instance[7] ^= 1;
	say(&evidence.second, PBFT_COMMIT, 1, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
	config.domain.instance[7] ^= 1;
	config.domain.chain_id[0] ^= 1;
	say(&evidence.second, PBFT_COMMIT, 1, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
	config.domain.chain_id[0] ^= 1;
	config.domain.shard++;
	say(&evidence.second, PBFT_COMMIT, 1, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_NONE);
	config.domain.shard--;
	say(&evidence.second, PBFT_COMMIT, 1, 7, 2);
	CHECK_INT(judged(), PBFT_LIE_COMMITS);
}

static PbftLie
after_a_commit(uint64_t committed_view, uint64_t left_for, uint64_t lock_view, uint64_t lock_height)
{
	PbftViewChangeBody body = { .view = left_for };

	body.lock = (PbftLock){ PBFT_LOCK_PREPARED, lock_view, lock_height, { { 9 } } };
	say(&evidence.first, PBFT_COMMIT, committed_view, 7, 1);
	memset(&evidence.second, 0, sizeof(evidence.second));
	evidence.second.size =
		(uint8_t) pbft_view_change_signed(&body, &config.domain, evidence.second.bytes);
	return judged();
}

/* E5: who keeps the lock, or has a higher one, or left before, has forgotten nothing. */
static void
test_a_kept_lock_is_no_lie(void)
{
	begin();
	CHECK_INT(after_a_commit(2, 5, 2, 6), PBFT_LIE_FORGOTTEN);
	CHECK_INT(after_a_commit(2, 5, 1, 9), PBFT_LIE_FORGOTTEN);
	CHECK_INT(after_a_commit(2, 5, 2, 7), PBFT_LIE_NONE);
	CHECK_INT(after_a_commit(2, 5, 3, 1), PBFT_LIE_NONE);
	CHECK_INT(after_a_commit(2, 2, 0, 1), PBFT_LIE_NONE);
}

/* STATUS says now one thing and then another; nor is every string of the right size a statement. */
static void
test_other_bytes_are_no_statement(void)
{
	uint8_t bytes[PBFT_EVIDENCE_MAX + 1];
	PbftPacker packer = { bytes, 0, sizeof(bytes) };
	McProblem problem;
	size_t size;

	begin();
	say(&evidence.first, PBFT_COMMIT, 1, 7, 1);
	say(&evidence.second, PBFT_COMMIT, 1, 7, 2);
	size = pbft_evidence_encode(&evidence, bytes);
	CHECK_INT(pbft_evidence_decode(span_of(bytes, size), &evidence, &problem), MC_OK);
	CHECK_INT(pbft_evidence_decode(span_of(bytes, size - 1), &evidence, &problem),
			  MC_CONSENSUS_FORMAT);
	bytes[size] = 0;
	CHECK_INT(pbft_evidence_decode(span_of(bytes, size + 1), &evidence, &problem),
			  MC_CONSENSUS_FORMAT);
	bytes[0] = 255;
	CHECK_INT(pbft_evidence_decode(span_of(bytes, size), &evidence, &problem), MC_CONSENSUS_FORMAT);
	say(&evidence.first, PBFT_COMMIT, 1, 7, 1);
	evidence.second = evidence.first;
	evidence.second.size--;
	CHECK_INT(judged(), PBFT_LIE_NONE);
	evidence.second.size += 2;
	CHECK_INT(judged(), PBFT_LIE_NONE);
	pbft_sign_prefix(&packer, &config.domain, PBFT_STATUS);
	evidence.first.size = evidence.second.size = (uint8_t) packer.size;
	memcpy(evidence.first.bytes, bytes, packer.size);
	memcpy(evidence.second.bytes, bytes, packer.size);
	CHECK_INT(judged(), PBFT_LIE_NONE);
}

int
main(void)
{
	RUN(test_votes_of_each_kind_are_a_proof);
	RUN(test_views_are_a_proof);
	RUN(test_another_offer_is_shown);
	RUN(test_the_same_twice_is_no_lie);
	RUN(test_other_views_heights_and_kinds_are_no_lie);
	RUN(test_another_instance_is_no_lie);
	RUN(test_a_kept_lock_is_no_lie);
	RUN(test_other_bytes_are_no_statement);
	free(replica);
	return CHECK_RESULT();
}
