/*
 * pbft_resume.c - how members return: REJOIN of one, RESUME of two, three and four of four restored
 * from backups; and documents that must not be believed (C8, C9).
 */
#include "unit/pbft_verdict.h"

/* ---- backups and the new instance ---------------------------------------------------------- */

/* The tables of some blocks ago, no log worth the name. */
static void
restore_backup(uint32_t number, uint64_t blocks)
{
	Member *member = &members[number];

	member->fenced = true;
	member->log_count = 0;
	member->applied -= blocks;
	start(member);
}

/* What is certified comes from the others, as to anybody who is behind. */
static void
catch_up(Member *member, uint64_t height)
{
	for (uint32_t i = 0; i < MEMBERS && member->applied < height; i++)
		if (members[i].applied >= height)
		{
			memcpy(member->tables, members[i].tables, (height + 1) * sizeof(Stored));
			member->applied = height;
		}
}

static void
log_header(Member *member, const PbftHeader *header)
{
	uint8_t record[1 + PBFT_HEADER_SIZE] = { 1 };

	pbft_header_encode(header, record + 1);
	member->log[member->log_count++] = keep(record, sizeof(record));
}

static void
enter_resumed(Member *member)
{
	const Stored *base = find_header(&verdict.base);
	PbftConfig *config = &member->config;
	PbftInstance at = { .epoch = base->header.epoch + 1, .resume_no = verdict.resume_no,
						.anchor_hash = verdict.base, .valset_hash = verdict.hash };

	catch_up(member, verdict.agreed);
	config->anchor = (PbftTip){ .height = verdict.base_height, .hash = verdict.base,
								.ts_ms = base->header.ts_ms,
								.stable_height = base->header.stable_height,
								.stable_exec_root = base->header.stable_exec_root };
	if (member->applied == verdict.base_height)
		config->anchor.exec_root = member->tables[member->applied].exec_root;
	config->resumed = true;
	config->base_parent = base->header.parent_hash;
	member->fenced = false;
	member->log_count = 0;
	use_instance(member, &at);
	for (const Stored *block = base; block->header.height > member->applied;
		 block = find_header(&block->header.parent_hash))
		log_header(member, &block->header);
	start(member);
}

static void
run_into_trouble(uint32_t restored, uint64_t blocks)
{
	found();
	memset(attests, 0, sizeof(attests));
	start_all();
	run(200);
	CHECK(lowest() > 20);
	for (uint32_t i = MEMBERS - restored; i < MEMBERS; i++)
		restore_backup(i, blocks);
	run(500);
}

static void
resume_all(uint64_t resume_no)
{
	for (uint32_t i = 0; i < MEMBERS; i++)
		attest(i, resume_no);
	CHECK_INT(judge(resume_no), MC_OK);
	queue_head = queue_tail;
	for (uint32_t i = 0; i < MEMBERS; i++)
		enter_resumed(&members[i]);
	deliver_all();
}

/* ---- stories ------------------------------------------------------------------------------- */

/* Two fenced of four leave no quorum; with two whole logs nothing acknowledged is lost, unless one
 * of those two lied. */
static void
test_two_of_four_restored_from_backups_resume(void)
{
	McHash final;
	uint64_t height;

	run_into_trouble(2, 5);
	height = members[0].applied;
	final = members[0].tables[height].hash;
	run(1000);
	CHECK_INT(members[0].applied, height);
	resume_all(1);
	CHECK_INT(verdict.signers, 4);
	CHECK_INT(verdict.fenced, 2);
	CHECK(verdict.may_be_lost && verdict.only_if_intact_lied);
	CHECK(verdict.base_height >= height);
	run(400);
	CHECK(lowest() > height + 10);
	CHECK(hash_equal(&members[3].tables[height].hash, &final));
	CHECK_INT(members[2].fenced_notes, 1); /* of the life before */
	check_equal();
}

static void
test_three_of_four_restored_from_backups_resume(void)
{
	McHash final;
	uint64_t height;

	run_into_trouble(3, 4);
	height = members[0].applied;
	final = members[0].tables[height].hash;
	resume_all(1);
	CHECK_INT(verdict.fenced, 3);
	CHECK(verdict.may_be_lost && !verdict.only_if_intact_lied);
	run(400);
	CHECK(lowest() > height + 10);
	CHECK(hash_equal(&members[1].tables[height].hash, &final));
	check_equal();
}

/* All four from backups of different age: the newest block that a certificate proves is the base,
 * what came after it is lost, and the document says so. */
static void
test_four_of_four_restored_from_backups_resume(void)
{
	uint64_t height;

	run_into_trouble(0, 0);
	height = members[0].applied;
	for (uint32_t i = 0; i < MEMBERS; i++)
		restore_backup(i, 2 + 3 * i);
	resume_all(6);
	CHECK_INT(verdict.fenced, 4);
	CHECK(verdict.may_be_lost);
	CHECK_INT(verdict.results_from, verdict.agreed + 1);
	CHECK(verdict.base_height >= height - 3 && verdict.base_height <= height);
	run(400);
	CHECK(lowest() > height + 10);
	check_equal();
}

/* Blocks in flight: prepared by all, committed by nobody. They become the base, and are made final
 * and executed in the new instance. */
static void
test_a_prepared_block_survives_a_resume(void)
{
	McHash locked;
	uint64_t height;

	run_into_trouble(0, 0);
	mute = PBFT_COMMIT;
	run(15);
	height = members[0].replica->lock.height;
	locked = members[0].replica->lock.hash;
	CHECK(height > members[0].applied);
	mute = 0;
	resume_all(1);
	CHECK_INT(verdict.fenced, 0);
	CHECK(!verdict.may_be_lost);
	CHECK_INT(verdict.results_from, 0);
	CHECK_INT(verdict.base_height, height);
	CHECK(hash_equal(&verdict.base, &locked));
	run(400);
	CHECK(lowest() > height + 10);
	CHECK(hash_equal(&members[2].tables[height].hash, &locked));
	check_equal();
}

/* A member that restarts in the new instance finds its votes in the log that began with it. */
static void
test_a_restart_after_a_resume(void)
{
	uint64_t height;

	run_into_trouble(2, 5);
	resume_all(1);
	members[1].up = false;
	start(&members[1]);
	run(200);
	members[3].up = false;
	start(&members[3]);
	height = lowest();
	run(400);
	CHECK(lowest() > height + 5);
	CHECK_INT(members[1].fenced_notes, 0);
	CHECK_INT(members[3].fenced_notes, 1);
	check_equal();
}

/* With tables that end on the base its header is not in the new log: what was signed above it must
 * be known after a restart all the same, in the smallest window too. */
static void
test_a_restart_above_a_base_in_the_tables(void)
{
	PbftVote vote;
	const PbftSlot *slot;

	run_into_trouble(0, 0);
	for (uint32_t i = 0; i < MEMBERS; i++)
		restore_backup(i, 0);
	for (uint32_t i = 0; i < MEMBERS; i++)
		members[i].config.window = 1;
	resume_all(1);
	CHECK_INT(members[1].applied, verdict.base_height);
	mute = PBFT_COMMIT;
	run(100);
	slot = pbft_slot(members[1].replica, verdict.base_height + 1);
	vote = slot->prepare[1];
	CHECK(vote.view_next > 0);
	members[1].up = false;
	start(&members[1]);
	CHECK(members[1].replica->final_chain.valid);
	CHECK_INT(members[1].replica->committed, verdict.base_height);
	slot = pbft_slot(members[1].replica, verdict.base_height + 1);
	CHECK_INT(slot->prepare[1].view_next, vote.view_next);
	CHECK(hash_equal(&slot->prepare[1].hash, &vote.hash));
	mute = 0;
	run(400);
	CHECK(lowest() > verdict.base_height + 5);
	check_equal();
}

/* ---- documents that must not be believed --------------------------------------------------- */

static void
honest_tips(void)
{
	run_into_trouble(2, 5);
	for (uint32_t i = 0; i < MEMBERS; i++)
		attest(i, 1);
	CHECK_INT(judge(1), MC_OK);
}

static void
test_a_document_needs_a_quorum(void)
{
	honest_tips();
	attests[0].resume_no = 0;
	CHECK_INT(judge(1), MC_OK);
	attests[2].resume_no = 0;
	CHECK_INT(judge(1), MC_CONSENSUS_QUORUM);
}

static void
test_a_document_must_be_signed_by_all_it_names(void)
{
	PbftResumeRules known_rules = rules();

	honest_tips();
	attests[1].incarnation++;
	CHECK_INT(judge(1), MC_CONSENSUS_SIGNATURE);
	CHECK_INT(problem.number, 1);
	attest_sign(&attests[1]);
	CHECK_INT(judge(1), MC_OK);
	issued[0] ^= 1;
	CHECK_INT(pbft_resume_judge(&known_rules, span_of(document, document_size), issued, scratch,
								&verdict, &problem),
			  MC_CONSENSUS_SIGNATURE);
}

/* The bytes of another number, cut bytes, one member twice. */
static void
test_documents_out_of_shape(void)
{
	PbftResumeRules known_rules = rules();
	uint32_t refused = 0;

	honest_tips();
	CHECK_INT(judge(2), MC_CONSENSUS_INSTANCE);
	CHECK_INT(judge(1), MC_OK);
	for (size_t size = 0; size < document_size; size += 97)
		refused += pbft_resume_judge(&known_rules, span_of(document, size), issued, scratch,
									 &verdict, &problem) != MC_OK;
	CHECK_INT(refused, (document_size + 96) / 97);
	attests[1] = attests[0];
	CHECK_INT(judge(1), MC_CONSENSUS_MEMBER);
}

static void
forge_at(PbftProof *proof, const PbftInstance *at, uint8_t kind, uint64_t view, uint64_t height,
		 uint8_t name)
{
	PbftCertificate *certificate = &proof->certificate;
	PbftDomain domain = members[0].config.domain;
	uint8_t bytes[PBFT_SIGNED_MAX];
	size_t size;

	memset(proof, 0, sizeof(*proof));
	proof->present = true;
	proof->at = *at;
	pbft_instance(at->epoch, at->resume_no, &at->anchor_hash, &at->valset_hash, domain.instance);
	certificate->subject = (PbftSubject){ .kind = kind, .view = view, .height = height };
	certificate->subject.hash.bytes[0] = name;
	certificate->member_count = MEMBERS;
	certificate->bitmap[0] = 7;
	size = pbft_subject_signed(&domain, &certificate->subject, bytes);
	for (uint32_t i = 0; i < 3; i++)
		mac_sign_as(&members[0].signer, i, span_of(bytes, size), certificate->signatures[i]);
}

static void
forge(PbftProof *proof, uint8_t kind, uint64_t view, uint64_t height, uint8_t name)
{
	forge_at(proof, &members[0].at, kind, view, height, name);
}

/* Two COMMIT certificates beside each other: nothing is resumed, the document is the proof. */
static void
test_a_fork_resumes_nothing(void)
{
	honest_tips();
	forge(&attests[3].commit, PBFT_COMMIT, 0, attests[0].commit.certificate.subject.height - 1, 66);
	attest_sign(&attests[3]);
	CHECK_INT(judge(1), MC_CONSENSUS_FORK);
}

/* A certificate with too few signatures does not make a base, whatever view it claims. */
static void
test_an_unproved_lock_is_refused(void)
{
	honest_tips();
	forge(&attests[1].lock, PBFT_PREPARE, 900, members[0].applied + 1, 5);
	attests[1].lock.certificate.bitmap[0] = 3;
	attest_sign(&attests[1]);
	CHECK_INT(judge(1), MC_CONSENSUS_SIGNATURE);
}

/* Rank is the instance's number first, then the epoch, the view, the height (C8 (0)). */
static void
test_rank_of_certificates_over_instances(void)
{
	PbftInstance at;

	honest_tips();
	forge(&attests[0].lock, PBFT_PREPARE, 9, 99, 1);
	forge(&attests[1].lock, PBFT_PREPARE, 10, 98, 2);
	attests[2].commit.present = attests[2].result.present = false;
	attests[3].commit.present = attests[3].result.present = false;
	attests[0].commit.present = attests[0].result.present = false;
	attests[1].commit.present = attests[1].result.present = false;
	for (uint32_t i = 0; i < MEMBERS; i++)
		attest_sign(&attests[i]);
	CHECK_INT(judge(1), MC_OK);
	CHECK_INT(verdict.base.bytes[0], 2);
	CHECK_INT(verdict.base_height, 98);
	at = members[0].at;
	at.epoch++;
	forge_at(&attests[2].lock, &at, PBFT_PREPARE, 0, 97, 3);
	attest_sign(&attests[2]);
	CHECK_INT(judge(1), MC_OK);
	CHECK_INT(verdict.base.bytes[0], 3);
	at = members[0].at;
	at.resume_no++;
	forge_at(&attests[3].lock, &at, PBFT_PREPARE, 0, 96, 4);
	attest_sign(&attests[3]);
	CHECK_INT(judge(1), MC_OK);
	CHECK_INT(verdict.base.bytes[0], 4);
}

/* (5): with one fenced and a liar, two results of one height may each have had a quorum. */
static void
test_two_results_that_may_be_final_are_named(void)
{
	honest_tips();
	for (uint32_t i = 0; i < MEMBERS; i++)
	{
		attests[i].fenced = false;
		attests[i].result_count = 1;
		attests[i].results[0] = (PbftOwnResult){ .height = members[0].applied + 3 };
		attests[i].results[0].exec_root.bytes[0] = 1;
		attest_sign(&attests[i]);
	}
	CHECK_INT(judge(1), MC_OK);
	CHECK_INT(verdict.results_from, 0);
	attests[3].results[0].exec_root.bytes[0] = 2;
	attests[2].results[0].exec_root.bytes[0] = 2;
	attest_sign(&attests[2]);
	attest_sign(&attests[3]);
	CHECK_INT(judge(1), MC_OK);
	CHECK_INT(verdict.may_be_lost, false);
	CHECK_INT(verdict.results_from, members[0].applied + 3);
}

static void
test_two_tips_for_one_resume_are_evidence(void)
{
	honest_tips();
	attests[1] = attests[0];
	CHECK(!pbft_attest_conflict(&attests[0], &attests[1]));
	attests[1].fenced = true;
	CHECK(pbft_attest_conflict(&attests[0], &attests[1]));
	attests[1].resume_no++;
	CHECK(!pbft_attest_conflict(&attests[0], &attests[1]));
}

/* ---- REJOIN -------------------------------------------------------------------------------- */

static void
test_rejoin_survives_its_bytes(void)
{
	PbftRejoin rejoin = { .roster = 3, .incarnation = 8 };
	PbftRejoin read;
	uint8_t bytes[PBFT_REJOIN_SIZE];
	uint8_t first[PBFT_DOCUMENT_SIGNED_SIZE];
	uint8_t second[PBFT_DOCUMENT_SIGNED_SIZE];

	rejoin.voting_key[5] = 5;
	rejoin.log_uuid[6] = 6;
	pbft_rejoin_encode(&rejoin, bytes);
	CHECK_INT(pbft_rejoin_decode(span_of(bytes, sizeof(bytes)), &read, &problem), MC_OK);
	CHECK_INT(read.roster, 3);
	CHECK_INT(read.incarnation, 8);
	CHECK(read.voting_key[5] == 5 && read.log_uuid[6] == 6);
	CHECK_INT(pbft_rejoin_decode(span_of(bytes, sizeof(bytes) - 1), &read, &problem),
			  MC_CONSENSUS_FORMAT);
	pbft_rejoin_signed(&rejoin, first);
	rejoin.incarnation++;
	pbft_rejoin_signed(&rejoin, second);
	CHECK(memcmp(first, second, sizeof(first)) != 0);
}

/* A fenced member follows and serves until the next epoch names its new key; then it votes, and the
 * three others may lose one of them. */
static void
test_a_fenced_member_returns_with_the_next_epoch(void)
{
	uint64_t height;

	found();
	for (uint32_t i = 0; i < MEMBERS; i++)
		members[i].config.epoch_blocks = 60;
	start_all();
	run(100);
	restore_backup(2, 0);
	run(100);
	CHECK(members[2].applied > 20);
	CHECK_INT(members[2].replica->fenced, 1);
	while (members[0].at.epoch == 0)
		run(10);
	members[2].fenced = false; /* its REJOIN stood in a block of that epoch */
	members[2].log_count = 0;
	run(50);
	CHECK_INT(members[2].at.epoch, 1);
	start(&members[2]);
	run(300);
	members[3].up = false;
	height = lowest();
	run(1500);
	CHECK(lowest() > height + 10);
	check_equal();
}

int
main(void)
{
	RUN(test_two_of_four_restored_from_backups_resume);
	RUN(test_three_of_four_restored_from_backups_resume);
	RUN(test_four_of_four_restored_from_backups_resume);
	RUN(test_a_prepared_block_survives_a_resume);
	RUN(test_a_restart_after_a_resume);
	RUN(test_a_restart_above_a_base_in_the_tables);
	RUN(test_a_document_needs_a_quorum);
	RUN(test_a_document_must_be_signed_by_all_it_names);
	RUN(test_documents_out_of_shape);
	RUN(test_a_fork_resumes_nothing);
	RUN(test_an_unproved_lock_is_refused);
	RUN(test_rank_of_certificates_over_instances);
	RUN(test_two_results_that_may_be_final_are_named);
	RUN(test_two_tips_for_one_resume_are_evidence);
	RUN(test_rejoin_survives_its_bytes);
	RUN(test_a_fenced_member_returns_with_the_next_epoch);
	disband();
	return CHECK_RESULT();
}
